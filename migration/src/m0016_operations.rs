//! The operations that a client has registered, and whether it may run others.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run(
            manager,
            "
ALTER TABLE client ADD COLUMN registered_only BOOLEAN NOT NULL DEFAULT FALSE;
CREATE TABLE client_operation (
    id {id},
    client_id BIGINT NOT NULL REFERENCES client(id),
    sha256 TEXT NOT NULL,
    name TEXT,
    document TEXT NOT NULL,
    registered_at BIGINT NOT NULL,
    UNIQUE (client_id, sha256)
);
",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::drop_tables(manager, &["client_operation"]).await?;
        crate::ddl::run(manager, "ALTER TABLE client DROP COLUMN registered_only;").await
    }
}
