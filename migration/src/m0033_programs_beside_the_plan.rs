//! Programs that no plan lists: what the law pays every year. Such a program has no plan and no number in an annex. The
//! reference data are loaded anew.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP_POSTGRES: &str = "
ALTER TABLE program ALTER COLUMN plan_id DROP NOT NULL;
ALTER TABLE program ALTER COLUMN annex_item DROP NOT NULL;
";
const DOWN_POSTGRES: &str = "
ALTER TABLE program ALTER COLUMN plan_id SET NOT NULL;
ALTER TABLE program ALTER COLUMN annex_item SET NOT NULL;
";

const LOAD_ANEW: &str = "UPDATE reference_load SET fingerprint = '';\n";

/// The release before knows no program without a plan. What was granted under one is kept: it counts in the first plan.
const IN_A_PLAN: &str = "UPDATE program SET plan_id = (SELECT min(id) FROM plan) WHERE plan_id IS NULL;
UPDATE program SET annex_item = '' WHERE annex_item IS NULL;
";

/// SQLite drops no NOT NULL of a table that is there, and many tables refer to this one. The text of the table is changed
/// where SQLite keeps it, which its manual describes for constraints that rows don't show; a table made and dropped tells
/// other connections that the schema is another one.
fn text_of_the_table(changes: [(&str, &str); 2]) -> String {
    let [(plan, plan_now), (item, item_now)] = changes;
    format!(
        "PRAGMA writable_schema = ON;
UPDATE sqlite_master SET sql = replace(replace(sql, '{plan}', '{plan_now}'), '{item}', '{item_now}')
    WHERE type = 'table' AND name = 'program';
PRAGMA writable_schema = RESET;
CREATE TABLE program_changed (id INTEGER);
DROP TABLE program_changed;
"
    )
}

const PLAN: (&str, &str) = ("plan_id BIGINT NOT NULL", "plan_id BIGINT");
const ITEM: (&str, &str) = ("annex_item TEXT NOT NULL", "annex_item TEXT");

const fn back((from, to): (&'static str, &'static str)) -> (&'static str, &'static str) {
    (to, from)
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// All or nothing.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => text_of_the_table([PLAN, ITEM]),
            _ => UP_POSTGRES.to_owned(),
        };
        crate::ddl::run(manager, &format!("{table}{LOAD_ANEW}")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => text_of_the_table([back(PLAN), back(ITEM)]),
            _ => DOWN_POSTGRES.to_owned(),
        };
        crate::ddl::run(manager, &format!("{IN_A_PLAN}{table}{LOAD_ANEW}")).await
    }
}
