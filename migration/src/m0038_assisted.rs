//! People who may be entitled to monthly social assistance, few of many: whom the list of the unserved looks through. And a
//! coefficient may be of an amount of its own, as the social pension's is. The reference data are loaded anew.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
CREATE INDEX person_assisted ON person (commune_id, id) WHERE household_id IS NOT NULL AND died_on IS NULL
    AND ((protected_categories & 6) <> 0 OR (categories & 552) <> 0);
ALTER TABLE assistance_coefficient ADD COLUMN level BIGINT;
UPDATE reference_load SET fingerprint = '';
";

/// The release before doesn't know the social pension, nor amounts of a ground's own, nor who has no pension.
const DOWN: &str = "
DELETE FROM assistance_coefficient WHERE code IN ('SOCIAL_PENSION_75', 'SOCIAL_PENSION_POOR_70') OR level IS NOT NULL;
ALTER TABLE assistance_coefficient DROP COLUMN level;
UPDATE loan_product SET eligible_categories = eligible_categories & 511 WHERE (eligible_categories & 512) <> 0;
UPDATE person SET categories = categories & 511 WHERE (categories & 512) <> 0;
DROP INDEX IF EXISTS person_assisted;
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
