//! Households of a commune by class: the class in force is one of two columns, so there is an index on each.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
CREATE INDEX household_class ON household (commune_id, poverty_class);
CREATE INDEX household_next_class ON household (commune_id, next_class) WHERE next_class IS NOT NULL;
";

const DOWN: &str = "
DROP INDEX IF EXISTS household_next_class;
DROP INDEX IF EXISTS household_class;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run(manager, DOWN).await
    }
}
