//! What makes the register interagency: the audit ledger, the change feed, answers kept for retries.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &["audit_entry", "change_event", "idempotency_key"];

/// `transaction_id` orders the feed by commit: a reader stops below the oldest transaction still open, which a
/// sequence can't tell (it counts before the commit). SQLite has one writer at a time, there the id is enough.
const UP: &str = "
CREATE TABLE audit_entry (
    id {id},
    at BIGINT NOT NULL,
    request_id TEXT NOT NULL,
    client_id BIGINT NOT NULL REFERENCES client(id),
    token_id BIGINT,
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    roles TEXT NOT NULL,
    operation TEXT NOT NULL,
    subject_type TEXT NOT NULL,
    subject_id BIGINT,
    fields TEXT NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('ALLOWED', 'DENIED'))
);
CREATE INDEX audit_entry_subject ON audit_entry (subject_type, subject_id);
CREATE TABLE change_event (
    id {id},
    transaction_id BIGINT NOT NULL {transaction_id},
    at BIGINT NOT NULL,
    operation TEXT NOT NULL,
    subject_type TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    agency_id BIGINT REFERENCES agency(id),
    commune_id BIGINT,
    district_id BIGINT
);
CREATE INDEX change_event_order ON change_event (transaction_id, id);
CREATE TABLE idempotency_key (
    client_id BIGINT NOT NULL REFERENCES client(id),
    idempotency_key TEXT NOT NULL,
    operation TEXT NOT NULL,
    input_hash TEXT NOT NULL,
    outcome TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, idempotency_key)
);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let default = match manager.get_database_backend() {
            DatabaseBackend::Postgres => "DEFAULT (pg_current_xact_id()::text::bigint)",
            _ => "DEFAULT 0",
        };
        crate::ddl::run(manager, &UP.replace("{transaction_id}", default)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::drop_tables(manager, TABLES).await
    }
}
