//! Numbers of the law that end without another: a ceiling that was abolished, where an end alone is a gap in which nothing is
//! lent, and a limit's last day, where it held until the next began.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
ALTER TABLE loan_ceiling ADD COLUMN abolished BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE program_limit ADD COLUMN effective_to {date};
";

const DOWN: &str = "
ALTER TABLE program_limit DROP COLUMN effective_to;
ALTER TABLE loan_ceiling DROP COLUMN abolished;
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
