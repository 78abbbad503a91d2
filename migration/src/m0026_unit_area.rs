//! Urban or rural, by the day: what the land of a commune belonged to before and after the unit was renamed, raised or
//! merged. The rows follow from the units and their successors; the reference data are loaded anew to write them.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
CREATE TABLE unit_area (
    unit_id BIGINT NOT NULL REFERENCES admin_unit(id),
    area_kind TEXT NOT NULL,
    valid_from {date} NOT NULL,
    valid_to {date} NOT NULL,
    PRIMARY KEY (unit_id, valid_from)
);
UPDATE reference_load SET fingerprint = '';
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::drop_tables(manager, &["unit_area"]).await
    }
}
