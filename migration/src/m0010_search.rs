//! Search by a part of a name, without marks: trigrams on PostgreSQL, an FTS5 trigram index on SQLite.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

const POSTGRES: &str = "
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX household_search ON household USING gin (search_text gin_trgm_ops);
CREATE INDEX person_search ON person USING gin (name_folded gin_trgm_ops);
";

const POSTGRES_DOWN: &str = "
DROP INDEX IF EXISTS household_search;
DROP INDEX IF EXISTS person_search;
";

/// The index holds no copy of the text (`content=`): triggers keep it in step with its table.
fn sqlite_up(table: &str, column: &str) -> [String; 4] {
    let delete = format!(
        "INSERT INTO {table}_search ({table}_search, rowid, {column}) VALUES ('delete', old.id, old.{column});"
    );
    let insert = format!("INSERT INTO {table}_search (rowid, {column}) VALUES (new.id, new.{column});");
    [
        format!(
            "CREATE VIRTUAL TABLE {table}_search USING fts5 ({column}, content='{table}', content_rowid='id', \
             tokenize='trigram', detail='full')"
        ),
        format!("CREATE TRIGGER {table}_search_insert AFTER INSERT ON {table} BEGIN {insert} END"),
        format!("CREATE TRIGGER {table}_search_delete AFTER DELETE ON {table} BEGIN {delete} END"),
        format!(
            "CREATE TRIGGER {table}_search_update AFTER UPDATE OF {column} ON {table} \
             WHEN old.{column} <> new.{column} BEGIN {delete} {insert} END"
        ),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            return crate::ddl::run(manager, POSTGRES).await;
        }
        for statement in [sqlite_up("household", "search_text"), sqlite_up("person", "name_folded")].concat() {
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            return crate::ddl::run(manager, POSTGRES_DOWN).await;
        }
        for table in ["household", "person"] {
            for trigger in ["insert", "delete", "update"] {
                let drop = format!("DROP TRIGGER IF EXISTS {table}_search_{trigger}");
                manager.get_connection().execute_unprepared(&drop).await?;
            }
            manager.get_connection().execute_unprepared(&format!("DROP TABLE IF EXISTS {table}_search")).await?;
        }
        Ok(())
    }
}
