//! What commands on the server leave in the ledger. The server itself did it: such an entry has no client, no agency and
//! no roles; who may run commands there is kept by the machine.

use chrono::{DateTime, Utc};
use entity::{audit_entry, enums::AccessDecision};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use uuid::Uuid;

use crate::{clock, error::Result};

/// What a command did: the name of the mutation that does the same, or of the command, and to which record.
#[derive(Clone, Copy, Debug)]
pub struct Deed<'a> {
    pub operation: &'a str,
    pub type_name: &'a str,
    /// None for what has no row, such as a signing key.
    pub id: Option<i64>,
    /// GraphQL names.
    pub fields: &'a [&'a str],
}

/// One run of a command.
pub struct Command {
    id: String,
    at: i64,
}

impl Command {
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { id: format!("command-{}", Uuid::now_v7()), at: clock::to_micros(now) }
    }

    /// Notes what was done, in the transaction that does it.
    pub async fn note(&self, tx: &impl ConnectionTrait, deed: Deed<'_>) -> Result<()> {
        let entry = audit_entry::ActiveModel {
            at: Set(self.at),
            request_id: Set(self.id.clone()),
            client_id: Set(None),
            agency_id: Set(None),
            roles: Set(String::new()),
            operation: Set(format!("server/{}", deed.operation)),
            subject_type: Set(deed.type_name.to_owned()),
            subject_id: Set(deed.id),
            fields: Set(deed.fields.join(",")),
            decision: Set(AccessDecision::Allowed),
            ..Default::default()
        };
        audit_entry::Entity::insert(entry).exec_without_returning(tx).await?;
        Ok(())
    }
}

/// Notes the only deed of a command.
pub async fn note(tx: &impl ConnectionTrait, now: DateTime<Utc>, deed: Deed<'_>) -> Result<()> {
    Command::at(now).note(tx, deed).await
}
