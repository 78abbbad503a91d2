//! A loan's ledger by one look into an index: its entries lie all over the table, since they come in month by month, and
//! every receipt reads them all. On PostgreSQL the index has what a book is opened with.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
CREATE INDEX loan_transaction_of_loan ON loan_transaction (loan_id, id)
";

const BESIDE: &str = "INCLUDE (kind, amount, occurred_on, reference, until_on, reverses_id)";

const DOWN: &str = "
DROP INDEX loan_transaction_of_loan;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let beside = if manager.get_database_backend() == DatabaseBackend::Postgres { BESIDE } else { "" };
        crate::ddl::run(manager, &format!("{UP}{beside};")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run(manager, DOWN).await
    }
}
