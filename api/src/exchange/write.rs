//! The one write transaction: rows, audit entries and change events together, or none.

use std::{collections::HashMap, sync::LazyLock};

use entity::{
    enums::{ChangeOperation, Purpose},
    ids::AdminUnitId,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};

use crate::{
    db::{Cell, Column, Dialect, names},
    error::{Failure, Result},
    request::Request,
};

/// What is noted of each record that was written; who wrote it, all of a write have alike.
const NOTED: [Column; 9] = [
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

/// Idempotency keys with what came of their work.
const KEPT: [Column; 4] = [
    Column::text("idempotency_key"),
    Column::text("input_hash"),
    Column::text("outcome"),
    Column::number("created_at"),
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

/// Values that tell who writes.
const WHO: usize = 7;

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
    /// Other requests than the one whose write it is, by the record that each changes.
    asked: HashMap<(&'static str, i64), Asked>,
    notes: Vec<[Cell; NOTED.len()]>,
    kept: Vec<[Cell; KEPT.len()]>,
}

impl<'a> Write<'a> {
    /// `operation`: the mutation's name.
    pub async fn begin(request: &'a Request, operation: &'static str) -> Result<Self> {
        let tx = request.db.begin().await?;
        Ok(Self { request, tx, operation, asked: HashMap::new(), notes: Vec::new(), kept: Vec::new() })
    }

    /// Notes that a record was written: which of its fields (GraphQL names), and how.
    pub fn changed(&mut self, operation: ChangeOperation, subject: Subject, fields: &[&str]) {
        let asked = self.asked.get(&(subject.type_name, subject.id));
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

    /// Whoever changes a record, where several requests share the write.
    pub fn asked(&mut self, record: Subject, by: Asked) {
        self.asked.insert((record.type_name, record.id), by);
    }

    /// Leaves a key with what came of its work for the end, where it costs no round trip of its own.
    pub(super) fn keep(&mut self, key: &str, hash: &str, outcome: String) {
        let at = self.request.micros();
        self.kept.push([key.into(), hash.into(), outcome.into(), at.into()]);
    }

    /// Writes the ledger and the feed and commits. What is acknowledged after this is durable.
    pub async fn commit(self) -> Result<()> {
        match self.commit_keys().await? {
            true => Ok(()),
            false => Err(Failure::internal("an idempotency key was taken")),
        }
    }

    /// The same, or nothing at all where somebody took one of its keys meanwhile: then it's false.
    pub(super) async fn commit_keys(mut self) -> Result<bool> {
        let keys = self.kept.len();
        // Who keeps several keeps them in one order.
        self.kept.sort_unstable();
        let kept = match self.request.db.dialect {
            _ if self.kept.is_empty() && self.notes.is_empty() => 0,
            Dialect::Postgres => self.together().await?,
            Dialect::Sqlite => self.one_by_one().await?,
        };
        if kept != keys {
            return Ok(false);
        }
        self.tx.commit().await.map_err(|error| Failure::unconfirmed(&error))?;
        Ok(true)
    }

    /// What is written before the commit, in one statement. Tells how many keys are kept.
    async fn together(&mut self) -> Result<usize> {
        let dialect = Dialect::Postgres;
        let mut values: Vec<_> = self.who().into();
        values.extend(dialect.table_values(&NOTED, std::mem::take(&mut self.notes)));
        values.extend(dialect.table_values(&KEPT, std::mem::take(&mut self.kept)));
        let counted = self.tx.query_one_raw(dialect.statement(TOGETHER.as_str(), values)).await?;
        let counted: i64 = counted.ok_or_else(|| Failure::internal("no count"))?.try_get_by_index(0)?;
        usize::try_from(counted).map_err(Failure::internal)
    }

    /// The same for a database that doesn't take several changes in one.
    async fn one_by_one(&mut self) -> Result<usize> {
        let dialect = Dialect::Sqlite;
        let db = &self.request.db;
        let viewer = &self.request.viewer;
        let table = |first, columns| format!("({})", dialect.table(first, columns));
        let mut count = 0;
        if !self.kept.is_empty() {
            let mut values = vec![viewer.client_id.into(), self.operation.into()];
            values.extend(dialect.table_values(&KEPT, std::mem::take(&mut self.kept)));
            let sql = kept("?1", "?2", &table(3, &KEPT));
            count = self.tx.execute_raw(db.statement(sql, values)).await?.rows_affected();
        }
        if !self.notes.is_empty() {
            let (who, agency) = (self.who(), [viewer.agency_id.into()]);
            let notes = dialect.table_values(&NOTED, std::mem::take(&mut self.notes));
            let (entries, events) = (entries(dialect, &table(WHO + 1, &NOTED)), events("?1", &table(2, &NOTED)));
            let values = who.into_iter().chain(notes.clone()).collect();
            self.tx.execute_raw(db.statement(entries, values)).await?;
            let values = agency.into_iter().chain(notes).collect();
            self.tx.execute_raw(db.statement(events, values)).await?;
        }
        usize::try_from(count).map_err(Failure::internal)
    }

    /// Who writes: the first placeholders of [`entries`].
    fn who(&self) -> [Value; WHO] {
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

/// The last statement of a write, for PostgreSQL.
static TOGETHER: LazyLock<String> = LazyLock::new(|| {
    let dialect = Dialect::Postgres;
    let (first, second) = (WHO + 1, WHO + 1 + dialect.placeholders(&NOTED));
    let (noted, rows) = (dialect.table(first, &NOTED), dialect.table(second, &KEPT));
    let (kept, entries) = (kept("$1", "$5", &format!("({rows})")), entries(dialect, "noted"));
    let events = events("$3", "noted");
    format!(
        "WITH kept AS ({kept} RETURNING 1), noted AS ({noted}), entered AS ({entries}), fed AS ({events}) \
         SELECT count(*) FROM kept"
    )
});

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

/// Keys with what came of their work, but for those that are there.
fn kept(client: &str, operation: &str, kept: &str) -> String {
    let names = names(&KEPT);
    format!(
        "INSERT INTO idempotency_key (client_id, operation, {names}) \
         SELECT {client}, {operation}, k.* FROM {kept} AS k WHERE TRUE ON CONFLICT DO NOTHING"
    )
}

/// CONFLICT unless the stored version is the expected one.
pub fn same_version(expected: i32, stored: i32) -> Result<()> {
    if expected == stored { Ok(()) } else { Err(Failure::version_moved(expected, stored)) }
}
