//! Which reference data the store holds, and the key by which its reports are found again.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run(
            manager,
            "
CREATE TABLE reference_load (
    name TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL
);
CREATE UNIQUE INDEX report_obligation_key
    ON report_obligation (plan_id, code, reporter_id, COALESCE(reporter_unit_id, 0));
",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX IF EXISTS report_obligation_key").await?;
        crate::ddl::drop_tables(manager, &["reference_load"]).await
    }
}
