//! What clients, roles and tokens need to be managed over the network: how long a role's tokens may live, who offered
//! a client what it may do, and why it was shut out.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: &[(&str, &str)] =
    &[("role", "longest_token_days"), ("role", "version"), ("client", "offered_by"), ("client", "status_reason")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run(
            manager,
            "
ALTER TABLE role ADD COLUMN longest_token_days INTEGER NOT NULL DEFAULT 90 CHECK (longest_token_days > 0);
ALTER TABLE role ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE client ADD COLUMN offered_by BIGINT;
ALTER TABLE client ADD COLUMN status_reason TEXT;
CREATE INDEX client_role_role ON client_role (role_id);
CREATE INDEX client_agency ON client (agency_id, id);
",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        for index in ["client_role_role", "client_agency"] {
            database.execute_unprepared(&format!("DROP INDEX IF EXISTS {index}")).await?;
        }
        for (table, column) in COLUMNS {
            database.execute_unprepared(&format!("ALTER TABLE {table} DROP COLUMN {column}")).await?;
        }
        Ok(())
    }
}
