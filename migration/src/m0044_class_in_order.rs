//! PostgreSQL: households of a commune by class in the order of their codes, with all that counting them takes, so that a page
//! and its total cost about the same however many there are.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
SET LOCAL statement_timeout = 0;
CREATE INDEX household_class_in_order ON household (commune_id, poverty_class, code, id)
    INCLUDE (next_class, next_class_on, categories) WHERE poverty_class IS NOT NULL;
CREATE INDEX household_next_class_in_order ON household (commune_id, next_class, code, id)
    INCLUDE (poverty_class, next_class_on, categories) WHERE next_class IS NOT NULL;
";

const DOWN: &str = "
DROP INDEX household_next_class_in_order;
DROP INDEX household_class_in_order;
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
