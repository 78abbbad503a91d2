//! Every migration goes up, down and up again on both databases, and leaves nothing behind on its way down.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use std::collections::BTreeSet;
use tests::{
    both::EmptyDatabase,
    both_databases,
    database::{DbBackend, TestDatabase},
};

/// Everything that a migration can make, a line each.
const SQLITE_OBJECTS: &str = "SELECT type || ' ' || name || ' ' || COALESCE(sql, '') FROM sqlite_master \
     WHERE name NOT LIKE 'sqlite_%'";

/// Steps that change rows and nothing else.
const ROWS_ONLY: &[&str] = &["m0019_capital_reference"];

/// Steps that change PostgreSQL only.
const POSTGRES_ONLY: &[&str] = &["m0043_names", "m0044_class_in_order", "m0047_replaced_indexes"];

/// Extensions are left out: they may have been there before us, so a migration leaves them where they are.
const POSTGRES_OBJECTS: &str = "
    SELECT 'relation ' || c.relkind::text || ' ' || c.relname || COALESCE(' ' || pg_get_viewdef(c.oid), '')
        FROM pg_class c WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'column ' || c.relname || '.' || attname || ' ' || format_type(atttypid, atttypmod)
            || ' ' || attnotnull::text || ' ' || attidentity::text || ' ' || COALESCE(pg_get_expr(adbin, adrelid), '')
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid)
        FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function ' || proname FROM pg_proc p
        WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')";

async fn lines(connection: &DatabaseConnection, query: &str) -> BTreeSet<String> {
    let statement = Statement::from_string(connection.get_database_backend(), query);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

async fn objects(connection: &DatabaseConnection) -> BTreeSet<String> {
    let query = match connection.get_database_backend() {
        DbBackend::Sqlite => SQLITE_OBJECTS,
        _ => POSTGRES_OBJECTS,
    };
    lines(connection, query).await
}

async fn up(connection: &DatabaseConnection) {
    Migrator::up(connection, Some(1)).await.unwrap();
}

async fn down(connection: &DatabaseConnection) {
    Migrator::down(connection, Some(1)).await.unwrap();
}

both_databases! {
    async fn each_step_goes_up_down_and_up(t: &EmptyDatabase) {
        let connection = t.0.connect().await;
        Migrator::install(&connection).await.unwrap();
        let nothing = objects(&connection).await;
        let mut before = nothing.clone();
        for step in Migrator::migrations() {
            up(&connection).await;
            let after = objects(&connection).await;
            let other = connection.get_database_backend() == DbBackend::Sqlite && POSTGRES_ONLY.contains(&step.name());
            let unchanged = ROWS_ONLY.contains(&step.name()) || other;
            assert_eq!(after == before, unchanged, "{} makes something", step.name());
            down(&connection).await;
            assert_eq!(objects(&connection).await, before, "{} takes back what it made", step.name());
            up(&connection).await;
            assert_eq!(objects(&connection).await, after, "{} makes the same again", step.name());
            before = after;
        }
        Migrator::down(&connection, None).await.unwrap();
        assert_eq!(objects(&connection).await, nothing);
        Migrator::up(&connection, None).await.unwrap();
        assert_eq!(objects(&connection).await, before);
    }

    async fn entries_of_the_ledger_outlive_a_change_of_their_table(t: &TestDatabase) {
        let connection = t.connect().await;
        for sql in [
            "INSERT INTO client (name, agency_id, scope_unit_id, status, created_at, updated_at)
                SELECT 'a', (SELECT min(id) FROM agency), (SELECT min(id) FROM admin_unit), 'ACTIVE', 0, 0",
            "INSERT INTO audit_entry (at, request_id, client_id, agency_id, roles, operation, subject_type, fields, decision, subjects)
                SELECT 7, 'r', id, agency_id, 'x', 'household', '', 'Household.code', 'ALLOWED', '{}' FROM client",
            "INSERT INTO audit_entry (at, request_id, roles, operation, subject_type, fields, decision)
                VALUES (8, 'c', '', 'server/issueToken', 'Token', '', 'ALLOWED')",
        ] {
            connection.execute_unprepared(sql).await.unwrap();
        }
        let steps = Migrator::migrations().iter().rev().take_while(|step| step.name() != "m0020_ledger_aims").count();
        let entries = "SELECT request_id || ' ' || operation || ' ' || at || ' ' || COALESCE(CAST(client_id AS TEXT), '-') || ' ' ||
            COALESCE(CAST(subjects AS TEXT), '-') FROM audit_entry";
        let before = lines(&connection, entries).await;
        assert_eq!(before.len(), 2);
        Migrator::down(&connection, Some(u32::try_from(steps).unwrap() + 1)).await.unwrap();
        let kept: BTreeSet<_> = before.into_iter().filter(|entry| entry.starts_with("r ")).collect();
        assert_eq!(lines(&connection, entries).await, kept, "the structure before has no place for the server's");
        Migrator::up(&connection, None).await.unwrap();
        assert_eq!(lines(&connection, entries).await, kept);
    }

    async fn what_was_granted_beside_the_plan_outlives_a_way_back(t: &TestDatabase) {
        let connection = t.connect().await;
        for sql in [
            "INSERT INTO program (code, name, name_en, unit, purpose, planned_amount, lead_basis, position)
                VALUES ('BESIDE', 'a', 'a', 'PERSON', 'CASH_ASSISTANCE', 0, 'INFERRED', 11)",
            "INSERT INTO sponsor (code, name, name_folded, kind, version, created_at, updated_at) VALUES ('S', 'a', 'a', 'PERSON', 1, 0, 0)",
            "INSERT INTO gift (sponsor_id, program_id, kind, amount, given_on, reference, version, created_at, updated_at)
                SELECT s.id, p.id, 'MONEY', 5, '2026-01-01', 'R', 1, 0, 0 FROM sponsor s, program p WHERE p.code = 'BESIDE'",
        ] {
            connection.execute_unprepared(sql).await.unwrap();
        }
        let granted = "SELECT p.code || ' ' || g.amount || ' ' || CASE WHEN p.plan_id IS NULL THEN 'beside' ELSE 'in' END
            FROM gift g JOIN program p ON p.id = g.program_id";
        assert_eq!(lines(&connection, granted).await, BTreeSet::from(["BESIDE 5 beside".to_owned()]));
        let steps = Migrator::migrations().iter().rev().take_while(|step| step.name() != "m0033_programs_beside_the_plan").count();
        Migrator::down(&connection, Some(u32::try_from(steps).unwrap() + 1)).await.unwrap();
        let in_the_plan = BTreeSet::from(["BESIDE 5 in".to_owned()]);
        assert_eq!(lines(&connection, granted).await, in_the_plan, "the structure before has no place beside it");
        let unplanned = "INSERT INTO program (code, name, name_en, unit, purpose, planned_amount, lead_basis, position, annex_item)
            VALUES ('X', 'a', 'a', 'PERSON', 'GIFT', 0, 'INFERRED', 12, '')";
        assert!(connection.execute_unprepared(unplanned).await.is_err(), "without a plan");
        Migrator::up(&connection, None).await.unwrap();
        assert_eq!(lines(&connection, granted).await, in_the_plan);
    }

    async fn the_figure_of_assistance_is_exact_on_the_way_back_and_again(t: &TestDatabase) {
        let connection = t.connect().await;
        let benefit = |program: &str, paid: i32| {
            format!(
                "INSERT INTO benefit (program_id, household_id, commune_id, district_id, status, amount, recurrence, proposed_on, paid_amount,
                    version, created_at, updated_at)
                 SELECT g.id, h.id, h.commune_id, h.district_id, 'DISBURSED', 9, 'ONCE', '2026-01-01', {paid}, 1, 0, 0
                 FROM program g, household h WHERE g.code = '{program}'"
            )
        };
        for sql in [
            "INSERT INTO household (code, commune_id, district_id, area_kind, search_text, registered_on, history_from, created_at, updated_at)
                SELECT 'A', id, parent_id, 'RURAL', '', '2020-01-01', '2020-01-01', 0, 0 FROM admin_unit
                WHERE id = (SELECT min(id) FROM admin_unit WHERE level = 'COMMUNE')".to_owned(),
            benefit("URGENT_HELP", 5),
            benefit("SOCIAL_ASSISTANCE", 2),
        ] {
            connection.execute_unprepared(&sql).await.unwrap();
        }
        let sums = "SELECT CAST((SELECT sum(amount) FROM kept_figure WHERE measure = 'ASSISTANCE_PAID') AS TEXT) || ' ' ||
            CAST((SELECT sum(amount) FROM counted_assistance) AS TEXT)";
        // Each in its commune and in its district.
        let are = |both: &str| BTreeSet::from([format!("{both} {both}")]);
        assert_eq!(lines(&connection, sums).await, are("14"));
        let steps = Migrator::migrations().iter().rev().take_while(|step| step.name() != "m0042_urgent_help").count();
        Migrator::down(&connection, Some(u32::try_from(steps).unwrap() + 1)).await.unwrap();
        assert_eq!(lines(&connection, sums).await, are("4"), "of the program that the release before knows");
        connection.execute_unprepared("UPDATE benefit SET paid_amount = paid_amount + 1").await.unwrap();
        assert_eq!(lines(&connection, sums).await, are("6"));
        Migrator::up(&connection, None).await.unwrap();
        assert_eq!(lines(&connection, sums).await, are("18"));
        connection.execute_unprepared("DELETE FROM benefit WHERE paid_amount = 6").await.unwrap();
        assert_eq!(lines(&connection, sums).await, are("6"));
    }

    async fn the_way_back_leaves_nothing_of_the_social_pension(t: &TestDatabase) {
        let connection = t.connect().await;
        for sql in [
            "INSERT INTO assistance_coefficient (code, coefficient, level, basis, source, effective_from, version) VALUES
                ('SOCIAL_PENSION_75', '1', 500000, 'STATED', 's', '2030-01-01', 1), ('SOCIAL_PENSION_75', '1', NULL, 'STATED', 's', '2031-01-01', 1),
                ('SOCIAL_PENSION_POOR_70', '1', NULL, 'STATED', 's', '2031-01-01', 1), ('LONELY_ELDERLY', '1.5', NULL, 'STATED', 's', '2031-01-01', 1)",
            "INSERT INTO loan_product (code, name, max_amount, max_term_months, annual_rate, eligible_classes, eligible_categories, purpose, basis,
                source, effective_from, version) VALUES ('X', 'x', 1, 12, '6', 0, 513, 'PRODUCTION', 'STATED', 's', '2030-01-01', 1)",
        ] {
            connection.execute_unprepared(sql).await.unwrap();
        }
        let steps = Migrator::migrations().iter().rev().take_while(|step| step.name() != "m0038_assisted").count();
        Migrator::down(&connection, Some(u32::try_from(steps).unwrap() + 1)).await.unwrap();
        let coefficients = "SELECT code FROM assistance_coefficient WHERE effective_from >= '2030-01-01' OR code LIKE 'SOCIAL_PENSION%'";
        assert_eq!(lines(&connection, coefficients).await, BTreeSet::from(["LONELY_ELDERLY".to_owned()]));
        let products = "SELECT code || ' ' || eligible_categories FROM loan_product WHERE effective_from = '2030-01-01' OR (eligible_categories & 512) <> 0";
        assert_eq!(lines(&connection, products).await, BTreeSet::from(["X 1".to_owned()]));
        Migrator::up(&connection, None).await.unwrap();
    }

    async fn a_step_runs_once(t: &TestDatabase) {
        let connection = t.connect().await;
        let before = objects(&connection).await;
        Migrator::up(&connection, None).await.unwrap();
        assert_eq!(objects(&connection).await, before);
        let steps = Migrator::migrations().len();
        assert_eq!(Migrator::get_applied_migrations(&connection).await.unwrap().len(), steps);
    }
}

/// One code runs on both, so a column that only one of them has would be found by nobody else before a client does.
#[tokio::test]
#[cfg_attr(no_postgres, ignore = "no PostgreSQL 15 or newer on this machine")]
async fn both_databases_have_the_same_columns() {
    let (sqlite, postgres) = (TestDatabase::new(DbBackend::Sqlite).await, TestDatabase::new(DbBackend::Postgres).await);
    // The full-text index of SQLite keeps itself in tables; `sqlite_%` are SQLite's own. Names are PostgreSQL's index.
    let sqlite_columns = "
        SELECT t.name || '.' || c.name || CASE WHEN c.\"notnull\" OR c.pk THEN ' NOT NULL' ELSE '' END
        FROM pragma_table_list t, pragma_table_info(t.name) c
        WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let postgres_columns = "
        SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT IN ('name_part', 'name_word')";
    let sqlite_columns = lines(&sqlite.connect().await, sqlite_columns).await;
    let postgres_columns = lines(&postgres.connect().await, postgres_columns).await;
    let differ: Vec<_> = sqlite_columns.symmetric_difference(&postgres_columns).collect();
    assert!(differ.is_empty() && sqlite_columns.len() > 100, "only one has {differ:#?}");
}

#[tokio::test]
#[cfg_attr(no_postgres, ignore = "no PostgreSQL 15 or newer on this machine")]
async fn names_of_persons_that_are_there_are_learnt() {
    let t = TestDatabase::new(DbBackend::Postgres).await;
    let connection = t.connect().await;
    let steps = Migrator::migrations().iter().rev().take_while(|step| step.name() != "m0043_names").count();
    Migrator::down(&connection, Some(u32::try_from(steps).unwrap() + 1)).await.unwrap();
    let comes = "INSERT INTO person (commune_id, district_id, full_name, name_folded, created_at, updated_at)
         SELECT u.id, u.id, n, n, 0, 0 FROM (SELECT min(id) AS id FROM admin_unit) u, unnest(ARRAY['le thi an', 'le an', 'le an']) n";
    connection.execute_unprepared(comes).await.unwrap();
    Migrator::up(&connection, None).await.unwrap();
    let parts = "SELECT part || ' of ' || folded || ': ' || count(*) FROM name_part GROUP BY part, folded";
    let known = [
        "le thi an of le thi an: 1",
        "thi an of le thi an: 1",
        "an of le thi an: 1",
        "le an of le an: 1",
        "an of le an: 1",
    ];
    assert_eq!(lines(&connection, parts).await, known.map(str::to_owned).into());
    let words = "SELECT word || ': ' || count(*) FROM name_word GROUP BY word";
    assert_eq!(lines(&connection, words).await, ["le: 1", "thi: 1", "an: 1"].map(str::to_owned).into());
}
