//! The limits of the review form's scores belong to the standard, as dated data: null where they are not known.
//! `basis` and `score_basis` say how certain the lines and the limits are. The reference data are loaded anew.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
ALTER TABLE poverty_standard ADD COLUMN basis TEXT NOT NULL DEFAULT 'UNKNOWN';
ALTER TABLE poverty_standard ADD COLUMN rural_score_line INTEGER;
ALTER TABLE poverty_standard ADD COLUMN urban_score_line INTEGER;
ALTER TABLE poverty_standard ADD COLUMN points_a_deprivation INTEGER;
ALTER TABLE poverty_standard ADD COLUMN score_for_poor INTEGER;
ALTER TABLE poverty_standard ADD COLUMN score_basis TEXT NOT NULL DEFAULT 'UNKNOWN';
ALTER TABLE poverty_standard ADD COLUMN score_source TEXT;
UPDATE reference_load SET fingerprint = '';
";

const DOWN: &str = "
ALTER TABLE poverty_standard DROP COLUMN score_source;
ALTER TABLE poverty_standard DROP COLUMN score_basis;
ALTER TABLE poverty_standard DROP COLUMN score_for_poor;
ALTER TABLE poverty_standard DROP COLUMN points_a_deprivation;
ALTER TABLE poverty_standard DROP COLUMN urban_score_line;
ALTER TABLE poverty_standard DROP COLUMN rural_score_line;
ALTER TABLE poverty_standard DROP COLUMN basis;
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
