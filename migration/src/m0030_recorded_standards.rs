//! Poverty standards can be recorded and corrected: how often a row was written, when and by whom. A row that an agency
//! wrote is its own from then on: later releases' reference data leave it.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
ALTER TABLE poverty_standard ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE poverty_standard ADD COLUMN recorded_at BIGINT;
ALTER TABLE poverty_standard ADD COLUMN recorded_by BIGINT REFERENCES agency(id);
CREATE INDEX poverty_review_standard ON poverty_review (standard_id, reviewed_on);
";

const DOWN: &str = "
DROP INDEX poverty_review_standard;
ALTER TABLE poverty_standard DROP COLUMN recorded_by;
ALTER TABLE poverty_standard DROP COLUMN recorded_at;
ALTER TABLE poverty_standard DROP COLUMN version;
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
