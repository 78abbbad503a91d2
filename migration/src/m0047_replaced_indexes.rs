//! PostgreSQL: indexes in whose place others have come (`m0043_names`, `m0044_class_in_order`). In a step of its own: whoever reads
//! or writes the tables waits for it, but for no more than a moment, and not for the others to be made.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
DROP INDEX person_search;
DROP INDEX household_next_class;
DROP INDEX household_class;
";

const DOWN: &str = "
SET LOCAL statement_timeout = 0;
CREATE INDEX household_class ON household (commune_id, poverty_class);
CREATE INDEX household_next_class ON household (commune_id, next_class) WHERE next_class IS NOT NULL;
CREATE INDEX person_search ON person USING gin (name_folded gin_trgm_ops);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run_on_postgres(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run_on_postgres(manager, DOWN).await
    }
}
