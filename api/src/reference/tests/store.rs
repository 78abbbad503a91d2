//! Loading into a migrated SQLite database in a file of its own.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use entity::{
    EnumSet,
    enums::{PersonCategory, PovertyClass},
};
use futures_util::future::join_all;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};

use super::super::{Loaded, load};

/// A database that goes with its value.
struct Store {
    db: DatabaseConnection,
    path: PathBuf,
}

impl Store {
    async fn migrated() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ansinh-reference-{}-{number}.db", std::process::id()));
        let db = connect(&path).await;
        db.execute_unprepared("PRAGMA journal_mode = WAL").await.unwrap();
        Migrator::up(&db, None).await.unwrap();
        Self { db, path }
    }

    async fn run(&self, sql: &str) {
        self.db.execute_unprepared(sql).await.unwrap();
    }

    async fn number(&self, sql: &str) -> i64 {
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        self.db.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    async fn text(&self, sql: &str) -> String {
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        self.db.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    /// As a new release finds it: with other data behind it.
    async fn forget_fingerprint(&self) {
        self.run("UPDATE reference_load SET fingerprint = 'older'").await;
    }

    async fn counts(&self) -> Vec<i64> {
        let mut counts = Vec::new();
        for (table, _) in ROWS {
            counts.push(self.number(&format!("SELECT count(*) FROM {table}")).await);
        }
        counts
    }
}

async fn connect(path: &Path) -> DatabaseConnection {
    Database::connect(format!("sqlite://{}?mode=rwc", path.display())).await.unwrap()
}

impl Drop for Store {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.path.display()));
        }
    }
}

const ROWS: [(&str, i64); 23] = [
    ("admin_unit", 1 + 9 + 157 + 3 + 2 + 1 + 48),
    ("admin_unit_successor", 1 + 157 + 3 + 2 + 14),
    ("unit_area", 157 + 3 + 2 + 48 + 30),
    ("agency", 29),
    ("agency_successor", 0),
    ("plan", 1),
    ("plan_source", 6),
    ("program", 10 + 2),
    ("program_agency", 18 + 38 + 3 + 3),
    ("funding_line", 24),
    ("indicator", 48),
    ("indicator_agency", 56),
    ("plan_task", 14),
    ("plan_task_agency", 22 + 47),
    ("report_obligation", 80),
    ("plan_discrepancy", 35),
    ("loan_product", 9 + 2),
    ("loan_rate", 9 + 7),
    ("loan_ceiling", 1),
    ("loan_ceiling_product", 3),
    ("loan_rule", 6),
    ("risk_debt_rule", 2 + 2),
    ("poverty_standard", 2),
];

#[tokio::test]
async fn loading_again_changes_nothing() {
    let store = Store::migrated().await;
    assert_eq!(load(&store.db).await.unwrap(), Loaded::Written);
    let expected: Vec<_> = ROWS.iter().map(|(_, rows)| *rows).collect();
    assert_eq!(store.counts().await, expected, "{ROWS:?}");
    assert_eq!(load(&store.db).await.unwrap(), Loaded::Unchanged);

    let ids = "SELECT group_concat(id || code || coalesce(valid_from, ''), ' ' ORDER BY id) FROM admin_unit";
    let before = store.text(ids).await;
    store.forget_fingerprint().await;
    assert_eq!(load(&store.db).await.unwrap(), Loaded::Written);
    assert_eq!(store.counts().await, expected);
    assert_eq!(store.text(ids).await, before, "ids are stable");
}

#[tokio::test]
async fn a_new_load_restores_facts_and_keeps_what_users_wrote() {
    let store = Store::migrated().await;
    load(&store.db).await.unwrap();
    store.run("UPDATE agency SET name = 'old'").await;
    store.run("UPDATE funding_line SET amount = 1, allocated = 7, allocation_decision = '1/QĐ-UBND'").await;
    store.run("UPDATE plan_task SET status = 'DONE'").await;
    store.run("UPDATE report_obligation SET submitted_at = 5, estimated = TRUE, note = 'ours'").await;
    store.run("UPDATE poverty_standard SET urban_line = 1").await;
    store.run("UPDATE poverty_standard SET recorded_by = (SELECT min(id) FROM agency) WHERE code = 'ND351-2025'").await;
    store.forget_fingerprint().await;
    load(&store.db).await.unwrap();
    let lines = "SELECT string_agg(CAST(urban_line AS TEXT), ' ' ORDER BY code) FROM poverty_standard";
    assert_eq!(store.text(lines).await, "2000000 1", "one that an agency corrected stays");
    assert_eq!(store.number("SELECT count(*) FROM agency WHERE name = 'old'").await, 0);
    assert_eq!(store.number("SELECT sum(amount) FROM funding_line").await, 1_032_750_000_000);
    let kept = "SELECT count(*) FROM funding_line WHERE allocated = 7 AND allocation_decision = '1/QĐ-UBND'";
    assert_eq!(store.number(kept).await, 24);
    assert_eq!(store.number("SELECT count(*) FROM plan_task WHERE status = 'DONE'").await, 14);
    let kept = "SELECT count(*) FROM report_obligation WHERE submitted_at = 5 AND estimated AND note = 'ours'";
    assert_eq!(store.number(kept).await, 80);
}

#[tokio::test]
async fn what_an_agency_recorded_of_the_law_is_its_own() {
    let store = Store::migrated().await;
    load(&store.db).await.unwrap();
    let rows = [
        ("loan_product", "max_amount = 1", "code = 'POOR'"),
        ("loan_rate", "source = '1'", "product_code = 'POOR' AND effective_from = '2025-12-01'"),
        ("loan_ceiling", "max_amount = 1", "code = 'PRODUCTION'"),
        ("loan_rule", "source = '1'", "code = 'OVERDUE_RATE'"),
        ("risk_debt_rule", "source = '1'", "code = 'FREEZE_40'"),
        ("program_limit", "max_amount = 1", "program_code = 'HOUSING_MERIT' AND rule = 'TOTAL'"),
        ("assistance_level", "amount = 1", "effective_from = '2024-07-01'"),
        ("assistance_coefficient", "coefficient = '1.1'", "code = 'POOR_WITH_HIV'"),
        ("urgent_help_rule", "source = '1'", "code = 'DEATH'"),
    ];
    for (table, change, of) in rows {
        store.run(&format!("UPDATE {table} SET {change}")).await;
        store.run(&format!("UPDATE {table} SET recorded_by = (SELECT min(id) FROM agency) WHERE {of}")).await;
    }
    store.run("DELETE FROM loan_ceiling_product WHERE product_code = 'NEAR_POOR'").await;
    store.forget_fingerprint().await;
    load(&store.db).await.unwrap();
    for (table, change, of) in rows {
        let kept = format!("SELECT count(*) FROM {table} WHERE {change}");
        assert_eq!(store.number(&kept).await, 1, "{table}: one row is the agency's, the others are the release's");
        assert_eq!(store.number(&format!("{kept} AND {of}")).await, 1, "{table}");
    }
    assert_eq!(store.number("SELECT count(*) FROM loan_ceiling_product").await, 2, "with its products");
}

#[tokio::test]
async fn of_nodes_that_start_together_one_writes() {
    let store = Store::migrated().await;
    let nodes = [connect(&store.path).await, connect(&store.path).await, connect(&store.path).await];
    let loads = nodes.iter().map(async |node| load(node).await.unwrap());
    let mut loaded = join_all(loads).await;
    loaded.sort_by_key(|loaded| *loaded == Loaded::Unchanged);
    assert_eq!(loaded, [Loaded::Written, Loaded::Unchanged, Loaded::Unchanged]);
    assert_eq!(store.number("SELECT count(*) FROM admin_unit").await, 221);
}

#[tokio::test]
async fn products_are_stored_with_their_dated_versions() {
    let store = Store::migrated().await;
    load(&store.db).await.unwrap();
    let water = "SELECT group_concat(max_amount || ' ' || annual_rate || ' ' || coalesce(effective_to, ''), ', ' \
                 ORDER BY effective_from) FROM loan_product WHERE code = 'WATER_SANITATION'";
    assert_eq!(store.text(water).await, "20000000 9 2024-09-01, 50000000 9 ");
    let classes = EnumSet::from([PovertyClass::Poor, PovertyClass::NearPoor, PovertyClass::NewlyEscaped]);
    let categories = EnumSet::from([PersonCategory::Orphan, PersonCategory::DischargedSoldier]);
    let stored = "SELECT eligible_classes * 1000 + eligible_categories FROM loan_product WHERE code = 'OVERSEAS_WORK'";
    assert_eq!(store.number(stored).await, classes.bits() * 1000 + categories.bits());
}
