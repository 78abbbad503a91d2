//! The one write transaction: rows, audit entries and change events together, or none.

use std::collections::HashMap;

use entity::{
    enums::{ChangeOperation, Purpose},
    ids::AdminUnitId,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};
use serde_json::json;

use crate::{
    db::{Cell, Column, Dialect},
    error::{Failure, Result},
    request::Request,
};

/// What is noted of each record that was written; who wrote it, all of a write have alike.
const COLUMNS: [Column; 9] = [
    Column::number("at"),
    Column::text("request_id"),
    Column::text("subject_type"),
    Column::number("subject_id"),
    Column::text("fields"),
    Column::text("operation"),
    Column::number("version"),
    Column::number("commune_id").optional(),
    Column::number("district_id").optional(),
];

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

/// A request by its id, and when it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub request_id: String,
    pub at: i64,
}

impl Asked {
    pub fn by(request: &Request) -> Self {
        Self { request_id: request.id.clone(), at: request.micros() }
    }
}

/// A write under way. Dropped without [`Write::commit`], it leaves nothing behind.
pub struct Write<'a> {
    pub request: &'a Request,
    pub tx: DatabaseTransaction,
    operation: &'static str,
    /// Other requests than the one whose write it is, by the id of the record that each has changed.
    asked: HashMap<i64, Asked>,
    notes: Vec<[Cell; COLUMNS.len()]>,
    /// Idempotency keys with what came of their work.
    outcomes: Vec<(String, String)>,
}

impl<'a> Write<'a> {
    /// `operation`: the mutation's name.
    pub async fn begin(request: &'a Request, operation: &'static str) -> Result<Self> {
        let tx = request.db.begin().await?;
        Ok(Self { request, tx, operation, asked: HashMap::new(), notes: Vec::new(), outcomes: Vec::new() })
    }

    /// Notes that a record was written: which of its fields (GraphQL names), and how.
    pub fn changed(&mut self, operation: ChangeOperation, subject: Subject, fields: &[&str]) {
        let asked = self.asked.get(&subject.id);
        let Asked { request_id, at } = asked.cloned().unwrap_or_else(|| Asked::by(self.request));
        self.notes.push([
            at.into(),
            request_id.into(),
            subject.type_name.into(),
            subject.id.into(),
            fields.join(",").into(),
            operation.as_str().into(),
            i64::from(subject.version).into(),
            subject.commune_id.map(|id| id.0).into(),
            subject.district_id.map(|id| id.0).into(),
        ]);
    }

    pub fn created(&mut self, subject: Subject, fields: &[&str]) {
        self.changed(ChangeOperation::Created, subject, fields);
    }

    pub fn updated(&mut self, subject: Subject, fields: &[&str]) {
        self.changed(ChangeOperation::Updated, subject, fields);
    }

    /// Whoever changes the record with this id, where several requests share the write.
    pub fn asked(&mut self, id: i64, by: Asked) {
        self.asked.insert(id, by);
    }

    /// Leaves what came of a key's work for the end, where it costs no round trip of its own.
    pub(super) fn keep(&mut self, key: String, outcome: String) {
        self.outcomes.push((key, outcome));
    }

    /// Writes the ledger and the feed and commits. What is acknowledged after this is durable.
    pub async fn commit(mut self) -> Result<()> {
        let db = &self.request.db;
        let last = match db.dialect {
            Dialect::Sqlite => self.one_by_one(),
            Dialect::Postgres => self.together().into_iter().collect(),
        };
        for (sql, values) in last {
            self.tx.execute_raw(db.statement(sql, values)).await?;
        }
        self.tx.commit().await.map_err(|error| Failure::unconfirmed(&error))
    }

    /// What is written before the commit, in one statement.
    fn together(&mut self) -> Option<(String, Vec<Value>)> {
        let dialect = Dialect::Postgres;
        if self.notes.is_empty() && self.outcomes.is_empty() {
            return None;
        }
        let mut values: Vec<_> = self.who().into();
        let noted = dialect.table(values.len() + 1, &COLUMNS);
        values.extend(dialect.table_values(&COLUMNS, std::mem::take(&mut self.notes)));
        values.push(self.outcomes());
        let (kept, entries) = (kept(dialect, "$1", values.len()), entries(dialect, "noted"));
        let events = events("$3", "noted");
        Some((format!("WITH kept AS ({kept}), noted AS ({noted}), entered AS ({entries}) {events}"), values))
    }

    /// The same for a database that doesn't take several changes in one.
    fn one_by_one(&mut self) -> Vec<(String, Vec<Value>)> {
        let dialect = Dialect::Sqlite;
        let viewer = &self.request.viewer;
        let mut last = Vec::new();
        if !self.outcomes.is_empty() {
            last.push((kept(dialect, "?1", 2), vec![viewer.client_id.into(), self.outcomes()]));
        }
        if !self.notes.is_empty() {
            let (who, agency) = (self.who(), [viewer.agency_id.into()]);
            let notes = dialect.table_values(&COLUMNS, std::mem::take(&mut self.notes));
            let table = |first| format!("({})", dialect.table(first, &COLUMNS));
            let (entries, events) = (entries(dialect, &table(who.len() + 1)), events("?1", &table(2)));
            last.push((entries, who.into_iter().chain(notes.clone()).collect()));
            last.push((events, agency.into_iter().chain(notes).collect()));
        }
        last
    }

    /// The keys with what came of their work.
    fn outcomes(&self) -> Value {
        let outcomes = self.outcomes.iter().map(|(key, outcome)| json!({ "taken": key, "given": outcome }));
        self.request.db.dialect.json(outcomes.collect())
    }

    /// Who writes: the first placeholders of [`entries`].
    fn who(&self) -> [Value; 7] {
        let viewer = &self.request.viewer;
        [
            viewer.client_id.into(),
            viewer.token_id.into(),
            viewer.agency_id.into(),
            viewer.roles.join(",").into(),
            self.operation.into(),
            viewer.stated.purpose.map(Purpose::as_str).into(),
            viewer.stated.legal_basis.clone().into(),
        ]
    }
}

/// The audit entries of what was noted.
fn entries(dialect: Dialect, noted: &str) -> String {
    let mark = dialect.placeholder();
    format!(
        "INSERT INTO audit_entry (at, request_id, client_id, token_id, agency_id, roles, operation, purpose, legal_basis, \
         subject_type, subject_id, fields, decision) SELECT n.at, n.request_id, {mark}1, {mark}2, {mark}3, {mark}4, {mark}5, \
         {mark}6, {mark}7, n.subject_type, n.subject_id, n.fields, 'ALLOWED' FROM {noted} AS n"
    )
}

/// Its change events. The database knows its transaction; on SQLite the id alone is the order.
fn events(agency: &str, noted: &str) -> String {
    format!(
        "INSERT INTO change_event (at, operation, subject_type, subject_id, version, agency_id, commune_id, district_id) \
         SELECT n.at, n.operation, n.subject_type, n.subject_id, n.version, {agency}, n.commune_id, n.district_id \
         FROM {noted} AS n"
    )
}

/// What came of the work of a client's keys; the list of them is the placeholder with this number.
fn kept(dialect: Dialect, client: &str, list: usize) -> String {
    let from = dialect.rows("k", list, &[("taken", "TEXT"), ("given", "TEXT")]);
    format!(
        "UPDATE idempotency_key SET outcome = k.given FROM {from} \
         WHERE idempotency_key.client_id = {client} AND idempotency_key.idempotency_key = k.taken"
    )
}

/// CONFLICT unless the stored version is the expected one.
pub fn same_version(expected: i32, stored: i32) -> Result<()> {
    if expected == stored { Ok(()) } else { Err(Failure::version_moved(expected, stored)) }
}
