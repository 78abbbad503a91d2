//! Analyses of whether borrowers can repay. The reference data are loaded anew, for how often they are due.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
CREATE TABLE solvency_analysis (
    id {id},
    loan_id BIGINT NOT NULL REFERENCES loan(id),
    analysed_on {date} NOT NULL,
    finding TEXT NOT NULL,
    at BIGINT NOT NULL,
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    UNIQUE (loan_id, analysed_on)
);
UPDATE reference_load SET fingerprint = '';
";

const DOWN: &str = "
DROP TABLE IF EXISTS solvency_analysis;
DELETE FROM loan_rule WHERE code = 'SOLVENCY_ANALYSIS_YEARS';
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
