//! What had fallen due of monthly assistance when a payment of it was recorded: months that were paid once are not worked
//! out anew. Payments from before have none; their months count as paid in full.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
ALTER TABLE benefit_payment ADD COLUMN assistance_due BIGINT;
";

const DOWN: &str = "
ALTER TABLE benefit_payment DROP COLUMN assistance_due;
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
