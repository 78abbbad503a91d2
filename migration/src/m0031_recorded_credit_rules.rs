//! What the law sets for policy credit can be recorded and corrected: products' versions, rates, ceilings, single numbers,
//! the bands of risk debt. How often a row was written, when and by whom; how certain a rate is. A row that an agency wrote
//! is its own from then on. The reference data are loaded anew.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
ALTER TABLE loan_product ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE loan_product ADD COLUMN recorded_at BIGINT;
ALTER TABLE loan_product ADD COLUMN recorded_by BIGINT REFERENCES agency(id);
ALTER TABLE loan_rate ADD COLUMN basis TEXT NOT NULL DEFAULT 'UNKNOWN';
ALTER TABLE loan_rate ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE loan_rate ADD COLUMN recorded_at BIGINT;
ALTER TABLE loan_rate ADD COLUMN recorded_by BIGINT REFERENCES agency(id);
ALTER TABLE loan_ceiling ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE loan_ceiling ADD COLUMN recorded_at BIGINT;
ALTER TABLE loan_ceiling ADD COLUMN recorded_by BIGINT REFERENCES agency(id);
ALTER TABLE loan_rule ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE loan_rule ADD COLUMN recorded_at BIGINT;
ALTER TABLE loan_rule ADD COLUMN recorded_by BIGINT REFERENCES agency(id);
ALTER TABLE risk_debt_rule ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE risk_debt_rule ADD COLUMN recorded_at BIGINT;
ALTER TABLE risk_debt_rule ADD COLUMN recorded_by BIGINT REFERENCES agency(id);
CREATE INDEX loan_product_version ON loan (product_id, requested_on);
UPDATE reference_load SET fingerprint = '';
";

const DOWN: &str = "
DROP INDEX loan_product_version;
ALTER TABLE risk_debt_rule DROP COLUMN recorded_by;
ALTER TABLE risk_debt_rule DROP COLUMN recorded_at;
ALTER TABLE risk_debt_rule DROP COLUMN version;
ALTER TABLE loan_rule DROP COLUMN recorded_by;
ALTER TABLE loan_rule DROP COLUMN recorded_at;
ALTER TABLE loan_rule DROP COLUMN version;
ALTER TABLE loan_ceiling DROP COLUMN recorded_by;
ALTER TABLE loan_ceiling DROP COLUMN recorded_at;
ALTER TABLE loan_ceiling DROP COLUMN version;
ALTER TABLE loan_rate DROP COLUMN recorded_by;
ALTER TABLE loan_rate DROP COLUMN recorded_at;
ALTER TABLE loan_rate DROP COLUMN version;
ALTER TABLE loan_rate DROP COLUMN basis;
ALTER TABLE loan_product DROP COLUMN recorded_by;
ALTER TABLE loan_product DROP COLUMN recorded_at;
ALTER TABLE loan_product DROP COLUMN version;
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
