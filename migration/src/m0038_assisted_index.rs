//! People who may be entitled to monthly social assistance, few of many: whom the list of the unserved looks through.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
CREATE INDEX person_assisted ON person (commune_id, id) WHERE household_id IS NOT NULL AND died_on IS NULL
    AND ((protected_categories & 6) <> 0 OR (categories & 40) <> 0);
";

const DOWN: &str = "
DROP INDEX IF EXISTS person_assisted;
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
