//! What a program pays a household or a person at most, as dated data; whether a benefit was approved against a rule, by
//! whom and why; standard levels and coefficients of monthly social assistance. The reference data are loaded anew.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
CREATE TABLE program_limit (
    id {id},
    program_code TEXT NOT NULL,
    rule TEXT NOT NULL,
    sources BIGINT NOT NULL,
    max_amount BIGINT NOT NULL CHECK (max_amount > 0),
    per_person BOOLEAN NOT NULL,
    yearly BOOLEAN NOT NULL,
    binding BOOLEAN NOT NULL,
    basis TEXT NOT NULL,
    source TEXT NOT NULL,
    effective_from {date} NOT NULL,
    UNIQUE (program_code, rule, effective_from)
);
CREATE TABLE benefit_override (
    id {id},
    benefit_id BIGINT NOT NULL UNIQUE REFERENCES benefit(id),
    rule TEXT NOT NULL,
    note TEXT NOT NULL,
    collided_type TEXT NOT NULL,
    collided_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    client_id BIGINT
);
CREATE TABLE assistance_level (
    id {id},
    amount BIGINT NOT NULL CHECK (amount > 0),
    basis TEXT NOT NULL,
    source TEXT NOT NULL,
    effective_from {date} NOT NULL UNIQUE
);
CREATE TABLE assistance_coefficient (
    id {id},
    code TEXT NOT NULL,
    coefficient TEXT NOT NULL,
    basis TEXT NOT NULL,
    source TEXT NOT NULL,
    effective_from {date} NOT NULL,
    effective_to {date},
    UNIQUE (code, effective_from)
);
UPDATE reference_load SET fingerprint = '';
";

const DOWN: &str = "
DROP TABLE IF EXISTS assistance_coefficient;
DROP TABLE IF EXISTS assistance_level;
DROP TABLE IF EXISTS benefit_override;
DROP TABLE IF EXISTS program_limit;
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
