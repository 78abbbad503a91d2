//! How long a product asks for interest only, and what a loan has of it. Loans from before have none: their schedule stays
//! what it was. The reference data are loaded anew.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
ALTER TABLE loan_product ADD COLUMN grace_months INTEGER NOT NULL DEFAULT 0;
ALTER TABLE loan ADD COLUMN grace_months INTEGER NOT NULL DEFAULT 0;
UPDATE reference_load SET fingerprint = '';
";

const DOWN: &str = "
ALTER TABLE loan DROP COLUMN grace_months;
ALTER TABLE loan_product DROP COLUMN grace_months;
UPDATE reference_load SET fingerprint = '';
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
