//! The ledger also holds reads, and each entry what it was for; a role says what it may be used for.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Entries of reads name their records in `subjects` and have no `subject_id`, so the index leaves them out: each
/// further row of it would be paid by every read. IF NOT EXISTS, because another connection of SQLite's still believes
/// in the dropped one until it looks.
const UP: &str = "
ALTER TABLE audit_entry ADD COLUMN purpose TEXT;
ALTER TABLE audit_entry ADD COLUMN legal_basis TEXT;
ALTER TABLE audit_entry ADD COLUMN subjects {json};
DROP INDEX audit_entry_subject;
CREATE INDEX IF NOT EXISTS audit_entry_subject ON audit_entry (subject_type, subject_id) WHERE subject_id IS NOT NULL;
ALTER TABLE role ADD COLUMN purposes BIGINT;
ALTER TABLE role ADD COLUMN purpose_required BOOLEAN NOT NULL DEFAULT FALSE;
";

const DOWN: &str = "
ALTER TABLE role DROP COLUMN purpose_required;
ALTER TABLE role DROP COLUMN purposes;
DROP INDEX audit_entry_subject;
CREATE INDEX IF NOT EXISTS audit_entry_subject ON audit_entry (subject_type, subject_id);
ALTER TABLE audit_entry DROP COLUMN subjects;
ALTER TABLE audit_entry DROP COLUMN legal_basis;
ALTER TABLE audit_entry DROP COLUMN purpose;
";

/// PostgreSQL would look each client and agency up, and lock their rows, for every entry of a read. An entry tells of
/// what was; it needs no row that still is.
const FREE: &str = "
ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_client_id_fkey;
ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_agency_id_fkey;
";

const HELD: &str = "
ALTER TABLE audit_entry ADD CONSTRAINT audit_entry_client_id_fkey FOREIGN KEY (client_id) REFERENCES client(id);
ALTER TABLE audit_entry ADD CONSTRAINT audit_entry_agency_id_fkey FOREIGN KEY (agency_id) REFERENCES agency(id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run(manager, UP).await?;
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            crate::ddl::run(manager, FREE).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run(manager, DOWN).await?;
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            crate::ddl::run(manager, HELD).await?;
        }
        Ok(())
    }
}
