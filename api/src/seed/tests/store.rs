//! The register in a SQLite database.

use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use tokio::sync::Notify;

use super::{plan, reference_store, register};
use crate::seed::{Progress, SeedError, SeedPlan, Silent, calendar::date, make::BATCH, run};

async fn number(db: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// Each counts what should not be.
const FAULTS: &[&str] = &[
    "SELECT COUNT(*) FROM pragma_foreign_key_check",
    "SELECT COUNT(*) FROM household h WHERE dissolved_on IS NULL AND 1 <>
       (SELECT COUNT(*) FROM person p WHERE p.household_id = h.id AND p.relationship = 'HEAD')",
    "SELECT COUNT(*) FROM person p JOIN household h ON h.id = p.household_id WHERE p.commune_id <> h.commune_id",
    "SELECT COUNT(*) FROM household h JOIN admin_unit u ON u.id = h.commune_id WHERE h.code NOT LIKE u.code || '-%'",
    "SELECT COUNT(*) FROM benefit b WHERE paid_amount <>
       (SELECT COALESCE(SUM(amount), 0) FROM benefit_payment WHERE benefit_id = b.id)",
    "SELECT COUNT(*) FROM person WHERE date_of_birth NOT LIKE '____-__-__' OR updated_at < created_at",
    "SELECT COUNT(*) FROM household WHERE updated_at < created_at OR created_at < 1500000000000000",
];

#[tokio::test]
async fn three_hundred_households_fill_an_empty_register_once() {
    let db = reference_store().await;
    let report = run(&db, plan(300, 1), &Silent).await.unwrap();
    for (table, rows) in &report.rows {
        let skipped = if *table == "admin_unit" { " WHERE level = 'HAMLET'" } else { "" };
        let stored = number(&db, &format!("SELECT COUNT(*) FROM {table}{skipped}")).await;
        assert_eq!(u64::try_from(stored).unwrap(), *rows, "{table}");
    }
    assert_eq!(report.of("household"), 300);
    for sql in FAULTS {
        assert_eq!(number(&db, sql).await, 0, "{sql}");
    }
    let found = "SELECT COUNT(*) FROM person_search WHERE person_search MATCH '\"nguyen\"'";
    assert!(number(&db, found).await > 200);
    // What others write goes on after the seed's ids.
    let last = number(&db, "SELECT MAX(id) FROM household").await;
    assert_eq!(number(&db, "SELECT seq FROM sqlite_sequence WHERE name = 'household'").await, last);
}

#[tokio::test]
async fn a_seed_replaces_a_seed_but_nothing_that_somebody_worked_on() {
    let db = reference_store().await;
    run(&db, plan(300, 1), &Silent).await.unwrap();
    run(&db, plan(50, 2), &Silent).await.unwrap();
    assert_eq!(number(&db, "SELECT COUNT(*) FROM household").await, 50);
    for sql in FAULTS {
        assert_eq!(number(&db, sql).await, 0, "{sql}");
    }
    // A token made by command is no work on the register.
    let command = "INSERT INTO audit_entry (at, request_id, roles, operation, subject_type, fields, decision) \
                   VALUES (0, 'c', '', 'server/issueToken', 'Token', '', 'ALLOWED')";
    db.execute_unprepared(command).await.unwrap();
    run(&db, plan(50, 2), &Silent).await.unwrap();
    for sql in [
        "INSERT INTO client (name, agency_id, scope_unit_id, status, created_at, updated_at) VALUES ('a', 1, 1, 'ACTIVE', 0, 0)",
        "INSERT INTO audit_entry (at, request_id, client_id, agency_id, roles, operation, subject_type, fields, decision) \
         VALUES (0, 'r', 1, 1, '', 'updateHousehold', 'Household', '', 'ALLOWED')",
    ] {
        db.execute_unprepared(sql).await.unwrap();
    }
    let again = run(&db, plan(5, 1), &Silent).await;
    assert!(matches!(again, Err(SeedError::InUse(50))), "{again:?}");
    assert_eq!(number(&db, "SELECT COUNT(*) FROM household").await, 50);
}

#[tokio::test]
async fn what_is_stored_is_what_was_made() {
    let db = reference_store().await;
    run(&db, plan(200, 3), &Silent).await.unwrap();
    let made = register(plan(200, 3)).await;
    for person in &made.person.made {
        let sql =
            format!("SELECT COUNT(*) FROM person WHERE id = {} AND full_name = '{}'", person.id.0, person.full_name);
        assert_eq!(number(&db, &sql).await, 1, "{person:?}");
    }
    let balances: i64 = made.loan.made.iter().map(|loan| loan.outstanding_principal).sum();
    assert_eq!(number(&db, "SELECT SUM(outstanding_principal) FROM loan").await, balances);
}

/// Tells when the first households have been written.
#[derive(Default)]
struct Watch {
    written: AtomicU64,
    first: Notify,
}

impl Progress for Watch {
    fn start(&self, _what: &'static str, _total: u64) {}

    fn advance(&self, steps: u64) {
        self.written.fetch_add(steps, Ordering::SeqCst);
        self.first.notify_one();
    }
}

#[tokio::test]
async fn an_interrupted_seed_leaves_nothing() {
    let db = reference_store().await;
    let watch = Watch::default();
    tokio::select! {
        _ = run(&db, plan(100_000, 1), &watch) => panic!("was to be interrupted"),
        () = watch.first.notified() => {}
    }
    assert_eq!(watch.written.load(Ordering::SeqCst), u64::from(BATCH));
    assert_eq!(number(&db, "SELECT COUNT(*) FROM household").await, 0);
    assert_eq!(run(&db, plan(40, 1), &Silent).await.unwrap().of("household"), 40);
}

#[tokio::test]
async fn a_plan_out_of_range_is_refused() {
    let db = reference_store().await;
    for plan in [plan(0, 1), plan(10_000_001, 1), SeedPlan { today: date(2022, 6, 30), ..plan(10, 1) }] {
        let refused = run(&db, plan, &Silent).await;
        assert!(matches!(refused, Err(SeedError::Plan(_))), "{refused:?}");
    }
    assert_eq!(
        run(&db, SeedPlan { today: date(2022, 12, 31), ..plan(400, 1) }, &Silent).await.unwrap().of("household"),
        400
    );
}

#[tokio::test]
async fn a_store_without_reference_data_is_refused() {
    let db = reference_store().await;
    db.execute_unprepared("UPDATE agency SET code = 'OTHER' WHERE code = 'VBSP'").await.unwrap();
    let refused = run(&db, plan(10, 1), &Silent).await;
    assert!(matches!(&refused, Err(SeedError::Reference(what)) if what.contains("VBSP")), "{refused:?}");
}
