//! Changed books as they are written: the new entries, the changes of status, and what the loans now come to. As few
//! statements for a thousand books as for one.

use std::sync::LazyLock;

use entity::{
    ids::{LoanId, LoanTransactionId},
    loan,
};
use sea_orm::{ConnectionTrait, Value};
use serde_json::json;

use super::{book::Book, store};
use crate::{
    db::{Cell, Column, Dialect, names},
    error::Result,
    exchange::Write,
};

/// What an entry of a ledger has of its own; who entered it and when, all of a write have alike.
const COLUMNS: [Column; 14] = [
    Column::number("loan_id"),
    Column::text("kind"),
    Column::number("amount"),
    Column::day("occurred_on"),
    Column::text("reference"),
    Column::number("balance_after"),
    Column::number("reverses_id").optional(),
    Column::day("until_on").optional(),
    Column::text("cause").optional(),
    Column::text("damage_percent").optional(),
    Column::text("reason").optional(),
    Column::text("damage_record").optional(),
    Column::day("damage_recorded_on").optional(),
    Column::number("damage_signed_by"),
];

/// A new entry of a ledger.
pub type Row = [Cell; COLUMNS.len()];

/// An entry as it was stored.
pub struct Stored {
    pub id: LoanTransactionId,
    pub loan: LoanId,
    pub reference: String,
}

/// Writes changed books. Tells the new entries.
pub async fn save(write: &mut Write<'_>, changed: Vec<(loan::Model, Book)>) -> Result<Vec<Stored>> {
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let standings = standings(write, &changed);
    let (mut entries, mut steps) = (Vec::new(), Vec::new());
    for (mut loan, book) in changed {
        let (new_entries, new_steps) = book.rows(loan.id, write);
        entries.extend(new_entries);
        steps.extend(new_steps);
        loan.version += 1;
        write.updated(
            store::subject(&loan),
            &["transactions", "status", "outstandingPrincipal", "overduePrincipal", "maturesOn"],
        );
    }
    store::insert(write, steps).await?;
    let db = &write.request.db;
    if db.dialect == Dialect::Sqlite {
        write.tx.execute_raw(db.statement(update(db.dialect, 1), standings.into())).await?;
        return insert_entries(write, entries).await;
    }
    let mut values = values(write, entries);
    values.extend(standings);
    stored(write, TOGETHER.as_str(), values).await
}

/// Inserts entries of ledgers and tells them as stored.
pub async fn insert_entries(write: &Write<'_>, entries: Vec<Row>) -> Result<Vec<Stored>> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    stored(write, &insert(write.request.db.dialect), values(write, entries)).await
}

async fn stored(write: &Write<'_>, sql: &str, values: Vec<Value>) -> Result<Vec<Stored>> {
    let rows = write.tx.query_all_raw(write.request.db.statement(sql, values)).await?;
    let stored = rows.iter().map(|row| {
        let (id, loan, reference) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        Ok(Stored { id: LoanTransactionId(id), loan: LoanId(loan), reference })
    });
    stored.collect()
}

/// Both in one statement, for PostgreSQL.
static TOGETHER: LazyLock<String> = LazyLock::new(|| {
    let dialect = Dialect::Postgres;
    let first = 3 + dialect.placeholders(&COLUMNS);
    format!("WITH updated AS ({}) {}", update(dialect, first), insert(dialect))
});

fn insert(dialect: Dialect) -> String {
    let (mark, names, rows) = (dialect.placeholder(), names(&COLUMNS), dialect.table(3, &COLUMNS));
    format!(
        "INSERT INTO loan_transaction (agency_id, recorded_at, {names}) SELECT {mark}1, {mark}2, e.* FROM ({rows}) AS e RETURNING id, loan_id, reference"
    )
}

/// What is bound in [`insert`].
fn values(write: &Write<'_>, entries: Vec<Row>) -> Vec<Value> {
    let request = write.request;
    let mut values = vec![request.viewer.agency_id.into(), request.micros().into()];
    values.extend(request.db.dialect.table_values(&COLUMNS, entries));
    values
}

/// What is bound in [`update`].
fn standings(write: &Write<'_>, changed: &[(loan::Model, Book)]) -> [Value; 3] {
    let (request, dialect) = (write.request, write.request.db.dialect);
    let today = request.today();
    let rows = changed.iter().map(|(loan, book)| {
        let standing = &book.standing;
        json!({
            "id": loan.id.0, "status": book.status, "disbursed": standing.disbursed,
            "outstanding": standing.outstanding, "overdue": standing.overdue(today),
            "disbursed_on": standing.disbursed_on, "matures_on": standing.matures_on,
        })
    });
    [dialect.json(rows.collect()), request.micros().into(), request.viewer.agency_id.into()]
}

/// What the books of loans come to; its first placeholder has this number. From JSON: of arrays PostgreSQL looks at the lengths,
/// and plans anew for each.
fn update(dialect: Dialect, first: usize) -> String {
    let from = dialect.rows(
        "book",
        first,
        &[
            ("id", "BIGINT"),
            ("status", "TEXT"),
            ("disbursed", "BIGINT"),
            ("outstanding", "BIGINT"),
            ("overdue", "BIGINT"),
            ("disbursed_on", "DATE"),
            ("matures_on", "DATE"),
        ],
    );
    let (mark, second, third) = (dialect.placeholder(), first + 1, first + 2);
    format!(
        "UPDATE loan SET status = book.status, disbursed_amount = book.disbursed, outstanding_principal = book.outstanding, \
         overdue_principal = book.overdue, disbursed_on = book.disbursed_on, matures_on = book.matures_on, \
         version = loan.version + 1, updated_at = {mark}{second}, updated_by = {mark}{third} FROM {from} WHERE loan.id = book.id"
    )
}
