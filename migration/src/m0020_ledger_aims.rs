//! An entry of the ledger says what was aimed at where no record was found or seen, and one of a command on the server
//! has no client and no agency: the server itself did it.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

const POSTGRES_UP: &str = "
ALTER TABLE audit_entry ALTER COLUMN client_id DROP NOT NULL;
ALTER TABLE audit_entry ALTER COLUMN agency_id DROP NOT NULL;
ALTER TABLE audit_entry ADD COLUMN aimed {json};
";

/// The structure before has no place for the server's entries.
const POSTGRES_DOWN: &str = "
ALTER TABLE audit_entry DROP COLUMN aimed;
DELETE FROM audit_entry WHERE client_id IS NULL OR agency_id IS NULL;
ALTER TABLE audit_entry ALTER COLUMN agency_id SET NOT NULL;
ALTER TABLE audit_entry ALTER COLUMN client_id SET NOT NULL;
";

/// SQLite can't take NOT NULL back, so the table is made anew. The names of the columns that both have.
const KEPT: &str = "id, at, request_id, client_id, token_id, agency_id, roles, operation, subject_type, subject_id, \
     fields, decision, purpose, legal_basis, subjects";

/// IF NOT EXISTS, because another connection still believes in what this one dropped until it looks; for the same reason
/// no column is added to the table that is made.
const SQLITE: &str = "
CREATE TABLE IF NOT EXISTS audit_entry_kept AS SELECT {kept} FROM audit_entry;
DROP TABLE audit_entry;
CREATE TABLE IF NOT EXISTS audit_entry (
    id {id},
    at BIGINT NOT NULL,
    request_id TEXT NOT NULL,
    client_id BIGINT{needed} REFERENCES client(id),
    token_id BIGINT,
    agency_id BIGINT{needed} REFERENCES agency(id),
    roles TEXT NOT NULL,
    operation TEXT NOT NULL,
    subject_type TEXT NOT NULL,
    subject_id BIGINT,
    fields TEXT NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('ALLOWED', 'DENIED'))
, purpose TEXT, legal_basis TEXT, subjects {json}{aimed});
INSERT INTO audit_entry ({kept}) SELECT {kept} FROM audit_entry_kept{of_clients};
DROP TABLE audit_entry_kept;
CREATE INDEX IF NOT EXISTS audit_entry_subject ON audit_entry (subject_type, subject_id) WHERE subject_id IS NOT NULL;
";

fn sqlite(up: bool) -> String {
    let (needed, aimed, of_clients) = if up {
        ("", ", aimed {json}", "")
    } else {
        (" NOT NULL", "", " WHERE client_id IS NOT NULL AND agency_id IS NOT NULL")
    };
    let script = SQLITE.replace("{kept}", KEPT).replace("{needed}", needed);
    script.replace("{aimed}", aimed).replace("{of_clients}", of_clients)
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// On SQLite too: entries that were copied and dropped halfway would be lost.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DatabaseBackend::Postgres => crate::ddl::run(manager, POSTGRES_UP).await,
            _ => crate::ddl::run(manager, &sqlite(true)).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DatabaseBackend::Postgres => crate::ddl::run(manager, POSTGRES_DOWN).await,
            _ => crate::ddl::run(manager, &sqlite(false)).await,
        }
    }
}
