//! What policy credit asks of a borrower and of the bank, as dated rows: where the household must live, what it may owe in
//! several products together, single numbers, what may be done about a risk debt, the record of a damage, and savings and credit groups. The reference data are loaded anew.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
ALTER TABLE loan_product ADD COLUMN eligible_area TEXT;
CREATE TABLE loan_ceiling (
    id {id},
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    max_amount BIGINT NOT NULL,
    basis TEXT NOT NULL,
    source TEXT NOT NULL,
    effective_from {date} NOT NULL,
    effective_to {date},
    UNIQUE (code, effective_from)
);
CREATE TABLE loan_ceiling_product (
    ceiling_id BIGINT NOT NULL REFERENCES loan_ceiling(id),
    product_code TEXT NOT NULL,
    PRIMARY KEY (ceiling_id, product_code)
);
CREATE TABLE loan_rule (
    id {id},
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    basis TEXT NOT NULL,
    source TEXT NOT NULL,
    effective_from {date} NOT NULL,
    effective_to {date},
    UNIQUE (code, effective_from)
);
CREATE TABLE risk_debt_rule (
    id {id},
    code TEXT NOT NULL,
    change TEXT NOT NULL,
    damage_from INTEGER NOT NULL,
    damage_below INTEGER,
    term_from INTEGER NOT NULL,
    term_to INTEGER,
    max_months INTEGER,
    max_term_percent INTEGER,
    basis TEXT NOT NULL,
    source TEXT NOT NULL,
    effective_from {date} NOT NULL,
    effective_to {date},
    UNIQUE (code, effective_from)
);
CREATE TABLE savings_group (
    id {id},
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    organisation TEXT NOT NULL,
    commune_id BIGINT NOT NULL REFERENCES admin_unit(id),
    district_id BIGINT NOT NULL REFERENCES admin_unit(id),
    hamlet_id BIGINT REFERENCES admin_unit(id),
    members INTEGER NOT NULL CHECK (members > 0),
    {bookkeeping}
);
CREATE INDEX savings_group_commune ON savings_group (commune_id, id);
CREATE INDEX savings_group_district ON savings_group (district_id, id);
ALTER TABLE loan ADD COLUMN group_id BIGINT REFERENCES savings_group(id);
CREATE INDEX loan_group ON loan (group_id);
ALTER TABLE loan_transaction ADD COLUMN damage_record TEXT;
ALTER TABLE loan_transaction ADD COLUMN damage_recorded_on {date};
ALTER TABLE loan_transaction ADD COLUMN damage_signed_by BIGINT NOT NULL DEFAULT 0;
UPDATE reference_load SET fingerprint = '';
";

const DOWN: &str = "
DROP INDEX IF EXISTS loan_group;
ALTER TABLE loan DROP COLUMN group_id;
DROP TABLE IF EXISTS savings_group;
ALTER TABLE loan_transaction DROP COLUMN damage_signed_by;
ALTER TABLE loan_transaction DROP COLUMN damage_recorded_on;
ALTER TABLE loan_transaction DROP COLUMN damage_record;
DROP TABLE IF EXISTS risk_debt_rule;
DROP TABLE IF EXISTS loan_rule;
DROP TABLE IF EXISTS loan_ceiling_product;
DROP TABLE IF EXISTS loan_ceiling;
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
