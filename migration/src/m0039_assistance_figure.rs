//! What was paid of monthly social assistance, as a figure of its own beside all benefits (`BENEFITS_PAID` of
//! `m0021_kept_figures`): who may not read of disabilities is shown the difference, and can't work out the rest.
//!
//! Kept as the others are: `counted_assistance` is a count of the rows, triggers add what a statement changes.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// What rows of benefits contribute, to their commune and to their district.
fn contributions(source: &str, sqlite: bool) -> String {
    let always = if sqlite { "'0001-01-01'" } else { "DATE '0001-01-01'" };
    format!(
        "SELECT CASE o.own WHEN 1 THEN s.commune_id ELSE s.district_id END AS unit_id, 'ASSISTANCE_PAID' AS measure,
                {always} AS day, s.paid_amount AS amount
           FROM {source} s CROSS JOIN (SELECT 1 AS own UNION ALL SELECT 0) o
          WHERE s.paid_amount <> 0 AND s.program_id IN (SELECT id FROM program WHERE code = 'SOCIAL_ASSISTANCE')"
    )
}

fn view(sqlite: bool) -> String {
    format!(
        "CREATE VIEW counted_assistance AS
         SELECT unit_id, measure, day, CAST(sum(amount) AS BIGINT) AS amount FROM ({}) c GROUP BY unit_id, measure, day",
        contributions("benefit", sqlite)
    )
}

const FILL: &str = "INSERT INTO kept_figure (unit_id, measure, day, amount) \
     SELECT unit_id, measure, day, amount FROM counted_assistance";

/// SQLite: around each row's change.
fn triggers_of_rows() -> Vec<String> {
    let change = |row: &str, sign: &str| {
        let source = format!("(SELECT * FROM benefit WHERE id = {row}.id)");
        format!(
            "INSERT INTO kept_figure (unit_id, measure, day, amount)
             SELECT unit_id, measure, day, {sign}sum(amount) FROM ({}) c WHERE true GROUP BY unit_id, measure, day
             ON CONFLICT (unit_id, measure, day) DO UPDATE SET amount = kept_figure.amount + excluded.amount;",
            contributions(&source, true)
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

/// PostgreSQL: after each statement, what its new rows contribute, less what its old ones did.
fn triggers_of_statements() -> Vec<String> {
    let part = |rows: &str, sign: &str| {
        format!("SELECT unit_id, measure, day, {sign}amount AS amount FROM ({}) s", contributions(rows, false))
    };
    let (after, before) = (part("new_rows", ""), part("old_rows", "-"));
    let mut made = Vec::new();
    for (event, rows, changes) in [
        ("insert", "NEW TABLE AS new_rows", after.clone()),
        ("update", "OLD TABLE AS old_rows NEW TABLE AS new_rows", format!("{after} UNION ALL {before}")),
        ("delete", "OLD TABLE AS old_rows", before),
    ] {
        made.push(format!(
            "CREATE FUNCTION kept_assistance_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             INSERT INTO kept_figure (unit_id, measure, day, amount) SELECT unit_id, measure, day, sum(amount) \
             FROM ({changes}) c GROUP BY unit_id, measure, day HAVING sum(amount) <> 0; RETURN NULL; END $$"
        ));
        made.push(format!(
            "CREATE TRIGGER kept_assistance_{event} AFTER {event} ON benefit REFERENCING {rows} \
             FOR EACH STATEMENT EXECUTE FUNCTION kept_assistance_{event}()"
        ));
    }
    made.push(
        "CREATE FUNCTION kept_assistance_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         DELETE FROM kept_figure WHERE measure = 'ASSISTANCE_PAID'; RETURN NULL; END $$"
            .to_owned(),
    );
    made.push(
        "CREATE TRIGGER kept_assistance_truncate AFTER TRUNCATE ON benefit \
         FOR EACH STATEMENT EXECUTE FUNCTION kept_assistance_truncate()"
            .to_owned(),
    );
    made
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sqlite = manager.get_database_backend() == DatabaseBackend::Sqlite;
        // Triggers first: they keep writers out until the rows are counted.
        let mut steps = if sqlite { triggers_of_rows() } else { vec!["SET LOCAL statement_timeout = 0".to_owned()] };
        if !sqlite {
            steps.extend(triggers_of_statements());
        }
        steps.extend([view(sqlite), FILL.to_owned()]);
        for step in steps {
            manager.get_connection().execute_unprepared(&step).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sqlite = manager.get_database_backend() == DatabaseBackend::Sqlite;
        let drops = |names: &[&str], drop: fn(&str) -> String| names.iter().map(|name| drop(name)).collect::<Vec<_>>();
        let mut steps = match sqlite {
            true => drops(&["insert", "delete", "before_update", "update"], |name| {
                format!("DROP TRIGGER IF EXISTS kept_assistance_{name}")
            }),
            false => drops(&["insert", "update", "delete", "truncate"], |name| {
                format!("DROP FUNCTION IF EXISTS kept_assistance_{name}() CASCADE")
            }),
        };
        steps.push("DROP VIEW IF EXISTS counted_assistance".to_owned());
        steps.push("DELETE FROM kept_figure WHERE measure = 'ASSISTANCE_PAID'".to_owned());
        for step in steps {
            manager.get_connection().execute_unprepared(&step).await?;
        }
        Ok(())
    }
}
