//! What policy credit asks of a borrower: where the household must live. The reference data are loaded anew.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
ALTER TABLE loan_product ADD COLUMN eligible_area TEXT;
UPDATE reference_load SET fingerprint = '';
";

const DOWN: &str = "
ALTER TABLE loan_product DROP COLUMN eligible_area;
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
