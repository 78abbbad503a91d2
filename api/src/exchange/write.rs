//! The one write transaction: rows, audit entries and change events together, or none.

use entity::{
    audit_entry, change_event,
    enums::{AccessDecision, ChangeOperation},
    ids::{AdminUnitId, AgencyId, ClientId, TokenId},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, EntityTrait, QueryTrait,
    sea_query::UpdateStatement,
};

use super::together::{Change, together};
use crate::{
    error::{Failure, Result},
    request::Request,
};

/// Rows of one insert: SQLite takes 32,766 values a statement, PostgreSQL 65,535; so much fits for entries and events together.
const ROWS: usize = 1_000;

/// What a write was about: a record of a GraphQL type, where it lies, and its version after the write.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    pub type_name: &'static str,
    pub id: i64,
    pub version: i32,
    /// None for records of no commune, such as programs.
    pub commune_id: Option<AdminUnitId>,
    pub district_id: Option<AdminUnitId>,
}

/// A write under way. Dropped without [`Write::commit`], it leaves nothing behind.
pub struct Write<'a> {
    pub request: &'a Request,
    pub tx: DatabaseTransaction,
    operation: &'static str,
    audits: Vec<audit_entry::ActiveModel>,
    events: Vec<change_event::ActiveModel>,
    /// Goes with the entries and events.
    last: Option<Change>,
}

impl<'a> Write<'a> {
    /// `operation`: the mutation's name.
    pub async fn begin(request: &'a Request, operation: &'static str) -> Result<Self> {
        let tx = request.db.begin().await?;
        Ok(Self { request, tx, operation, audits: Vec::new(), events: Vec::new(), last: None })
    }

    /// Notes that a record was written: which of its fields (GraphQL names), and how.
    pub fn changed(&mut self, operation: ChangeOperation, subject: Subject, fields: &[&str]) {
        let (viewer, at) = (&self.request.viewer, self.request.micros());
        self.audits.push(audit_entry::ActiveModel {
            id: NotSet,
            at: Set(at),
            request_id: Set(self.request.id.clone()),
            client_id: Set(Some(ClientId(viewer.client_id))),
            token_id: Set(Some(TokenId(viewer.token_id))),
            agency_id: Set(Some(AgencyId(viewer.agency_id))),
            roles: Set(viewer.roles.join(",")),
            operation: Set(self.operation.to_owned()),
            subject_type: Set(subject.type_name.to_owned()),
            subject_id: Set(Some(subject.id)),
            fields: Set(fields.join(",")),
            decision: Set(AccessDecision::Allowed),
            purpose: Set(viewer.stated.purpose),
            legal_basis: Set(viewer.stated.legal_basis.clone()),
            subjects: NotSet,
            aimed: NotSet,
        });
        self.events.push(change_event::ActiveModel {
            id: NotSet,
            // The database knows its transaction; on SQLite the id alone is the order.
            transaction_id: NotSet,
            at: Set(at),
            operation: Set(operation),
            subject_type: Set(subject.type_name.to_owned()),
            subject_id: Set(subject.id),
            version: Set(subject.version),
            agency_id: Set(Some(AgencyId(viewer.agency_id))),
            commune_id: Set(subject.commune_id),
            district_id: Set(subject.district_id),
        });
    }

    pub fn created(&mut self, subject: Subject, fields: &[&str]) {
        self.changed(ChangeOperation::Created, subject, fields);
    }

    pub fn updated(&mut self, subject: Subject, fields: &[&str]) {
        self.changed(ChangeOperation::Updated, subject, fields);
    }

    /// Leaves a change for the end, where it costs no round trip of its own.
    pub(super) fn at_last(&mut self, change: UpdateStatement) {
        self.last = Some(Change::Update(change));
    }

    /// Writes the ledger and the feed and commits. What is acknowledged after this is durable.
    pub async fn commit(mut self) -> Result<()> {
        let mut last = self.last.take();
        let mut events = chunks(self.events);
        // Each record that was written has one of each.
        for entries in chunks(self.audits) {
            let mut changes: Vec<Change> = last.take().into_iter().collect();
            changes.push(Change::Insert(audit_entry::Entity::insert_many(entries).into_query()));
            changes
                .extend(events.next().map(|rows| Change::Insert(change_event::Entity::insert_many(rows).into_query())));
            together(&self.tx, changes).await?;
        }
        together(&self.tx, last.into_iter().collect()).await?;
        self.tx.commit().await.map_err(|error| Failure::unconfirmed(&error))
    }
}

/// CONFLICT unless the stored version is the expected one.
pub fn same_version(expected: i32, stored: i32) -> Result<()> {
    if expected == stored { Ok(()) } else { Err(Failure::version_moved(expected, stored)) }
}

fn chunks<T>(mut rows: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    std::iter::from_fn(move || {
        if rows.is_empty() {
            return None;
        }
        let rest = rows.split_off(rows.len().min(ROWS));
        Some(std::mem::replace(&mut rows, rest))
    })
}
