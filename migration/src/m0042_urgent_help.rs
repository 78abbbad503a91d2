//! Urgent social assistance: what a benefit of it helps after, what the law gives for it, as dated rows, and what was paid of it
//! as a part of the figure of monthly assistance (`m0039_assistance_figure`), since it tells of health too. The reference data are
//! loaded anew.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
ALTER TABLE benefit ADD COLUMN event_kind TEXT;
ALTER TABLE benefit ADD COLUMN event_on {date};
CREATE TABLE urgent_help_rule (
    id {id},
    code TEXT NOT NULL,
    coefficient TEXT,
    amount BIGINT CHECK (amount > 0),
    basis TEXT NOT NULL,
    source TEXT NOT NULL,
    effective_from {date} NOT NULL,
    effective_to {date},
    version INTEGER NOT NULL DEFAULT 1,
    recorded_at BIGINT,
    recorded_by BIGINT REFERENCES agency(id),
    UNIQUE (code, effective_from),
    CHECK ((coefficient IS NULL) <> (amount IS NULL))
);
UPDATE reference_load SET fingerprint = '';
";

/// What was granted stays, without what it was for.
const DOWN: &str = "
DROP TABLE IF EXISTS urgent_help_rule;
ALTER TABLE benefit DROP COLUMN event_on;
ALTER TABLE benefit DROP COLUMN event_kind;
UPDATE reference_load SET fingerprint = '';
";

/// Of which programs the figure is, before and from now on.
const BEFORE: &str = "= 'SOCIAL_ASSISTANCE'";
const WITH_URGENT_HELP: &str = "IN ('SOCIAL_ASSISTANCE', 'URGENT_HELP')";

const TRIGGERS: [&str; 4] = ["insert", "delete", "before_update", "update"];

const EMPTY: &str = "DELETE FROM kept_figure WHERE measure = 'ASSISTANCE_PAID'";

/// What rows of benefits contribute, to their commune and to their district.
fn contributions(source: &str, programs: &str, sqlite: bool) -> String {
    let always = if sqlite { "'0001-01-01'" } else { "DATE '0001-01-01'" };
    format!(
        "SELECT CASE o.own WHEN 1 THEN s.commune_id ELSE s.district_id END AS unit_id, 'ASSISTANCE_PAID' AS measure,
                {always} AS day, s.paid_amount AS amount
           FROM {source} s CROSS JOIN (SELECT 1 AS own UNION ALL SELECT 0) o
          WHERE s.paid_amount <> 0 AND s.program_id IN (SELECT id FROM program WHERE code {programs})"
    )
}

fn view(programs: &str, sqlite: bool) -> String {
    format!(
        "CREATE VIEW counted_assistance AS
         SELECT unit_id, measure, day, CAST(sum(amount) AS BIGINT) AS amount FROM ({}) c GROUP BY unit_id, measure, day",
        contributions("benefit", programs, sqlite)
    )
}

const FILL: &str = "INSERT INTO kept_figure (unit_id, measure, day, amount) \
     SELECT unit_id, measure, day, amount FROM counted_assistance";

/// SQLite: around each row's change.
fn triggers_of_rows(programs: &str) -> Vec<String> {
    let change = |row: &str, sign: &str| {
        let source = format!("(SELECT * FROM benefit WHERE id = {row}.id)");
        format!(
            "INSERT INTO kept_figure (unit_id, measure, day, amount)
             SELECT unit_id, measure, day, {sign}sum(amount) FROM ({}) c WHERE true GROUP BY unit_id, measure, day
             ON CONFLICT (unit_id, measure, day) DO UPDATE SET amount = kept_figure.amount + excluded.amount;",
            contributions(&source, programs, true)
        )
    };
    let columns = "UPDATE OF program_id, commune_id, district_id, paid_amount";
    [
        ("insert", "AFTER INSERT".to_owned(), change("new", "")),
        ("delete", "BEFORE DELETE".to_owned(), change("old", "-")),
        ("before_update", format!("BEFORE {columns}"), change("old", "-")),
        ("update", format!("AFTER {columns}"), change("new", "")),
    ]
    .map(|(name, when, body)| format!("CREATE TRIGGER kept_assistance_{name} {when} ON benefit BEGIN {body} END"))
    .into()
}

/// PostgreSQL: after each statement, what its new rows contribute, less what its old ones did. The triggers stay.
fn functions_of_statements(programs: &str) -> Vec<String> {
    let part = |rows: &str, sign: &str| {
        format!(
            "SELECT unit_id, measure, day, {sign}amount AS amount FROM ({}) s",
            contributions(rows, programs, false)
        )
    };
    let (after, before) = (part("new_rows", ""), part("old_rows", "-"));
    let both = format!("{after} UNION ALL {before}");
    [("insert", after), ("update", both), ("delete", before)]
        .map(|(event, changes)| {
            format!(
                "CREATE OR REPLACE FUNCTION kept_assistance_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             INSERT INTO kept_figure (unit_id, measure, day, amount) SELECT unit_id, measure, day, sum(amount) \
             FROM ({changes}) c GROUP BY unit_id, measure, day HAVING sum(amount) <> 0; RETURN NULL; END $$"
            )
        })
        .into()
}

/// Puts the sums of these programs in the place of those that were kept. On PostgreSQL the change of the table keeps writers
/// out until all is done, SQLite has one writer.
fn figure_of(programs: &str, sqlite: bool) -> Vec<String> {
    let mut steps = vec!["DROP VIEW counted_assistance".to_owned()];
    if sqlite {
        steps.extend(TRIGGERS.map(|name| format!("DROP TRIGGER kept_assistance_{name}")));
        steps.extend(triggers_of_rows(programs));
    } else {
        steps.push("SET LOCAL statement_timeout = 0".to_owned());
        steps.extend(functions_of_statements(programs));
    }
    steps.extend([view(programs, sqlite), EMPTY.to_owned(), FILL.to_owned()]);
    steps
}

async fn run(manager: &SchemaManager<'_>, steps: Vec<String>) -> Result<(), DbErr> {
    for step in steps {
        manager.get_connection().execute_unprepared(&step).await?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// All or nothing.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sqlite = manager.get_database_backend() == DatabaseBackend::Sqlite;
        crate::ddl::run(manager, UP).await?;
        run(manager, figure_of(WITH_URGENT_HELP, sqlite)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sqlite = manager.get_database_backend() == DatabaseBackend::Sqlite;
        crate::ddl::run(manager, DOWN).await?;
        run(manager, figure_of(BEFORE, sqlite)).await
    }
}
