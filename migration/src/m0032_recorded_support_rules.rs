//! What a program pays at most, and the levels and coefficients of social assistance, can be recorded and corrected: how often
//! a row was written, when and by whom. A row that an agency wrote is its own from then on.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
ALTER TABLE program_limit ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE program_limit ADD COLUMN recorded_at BIGINT;
ALTER TABLE program_limit ADD COLUMN recorded_by BIGINT REFERENCES agency(id);
ALTER TABLE assistance_level ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE assistance_level ADD COLUMN recorded_at BIGINT;
ALTER TABLE assistance_level ADD COLUMN recorded_by BIGINT REFERENCES agency(id);
ALTER TABLE assistance_coefficient ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE assistance_coefficient ADD COLUMN recorded_at BIGINT;
ALTER TABLE assistance_coefficient ADD COLUMN recorded_by BIGINT REFERENCES agency(id);
";

const DOWN: &str = "
ALTER TABLE assistance_coefficient DROP COLUMN recorded_by;
ALTER TABLE assistance_coefficient DROP COLUMN recorded_at;
ALTER TABLE assistance_coefficient DROP COLUMN version;
ALTER TABLE assistance_level DROP COLUMN recorded_by;
ALTER TABLE assistance_level DROP COLUMN recorded_at;
ALTER TABLE assistance_level DROP COLUMN version;
ALTER TABLE program_limit DROP COLUMN recorded_by;
ALTER TABLE program_limit DROP COLUMN recorded_at;
ALTER TABLE program_limit DROP COLUMN version;
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
