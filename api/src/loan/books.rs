//! The books of loans as they are opened: each with its whole ledger. A batch of a thousand receipts reads tens of thousands of
//! entries, so that on PostgreSQL a ledger comes as one row of arrays: a row for each entry takes longer to unpack than to read.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    enums::LoanTransactionKind as Kind,
    ids::{LoanId, LoanTransactionId},
    loan, loan_transaction,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryResult, QuerySelect, Value,
    sqlx::{Row, postgres::PgRow},
};

use super::{
    book::Book,
    ledger::{Entry, Ledger, Terms},
};
use crate::{
    db::Dialect,
    error::{Failure, Result},
    exchange::Write,
};

type Ledgers = HashMap<LoanId, Vec<Entry>>;

/// What of their ledgers is read.
pub enum Entries<'a> {
    All,
    /// But for interest that was paid, unless it was under one of these references: half of a ledger, which what is done to
    /// principal asks nothing of.
    WithoutInterest(&'a HashSet<String>),
}

/// The books of loans.
pub async fn books(write: &Write<'_>, loans: &[&loan::Model], entries: Entries<'_>) -> Result<HashMap<LoanId, Book>> {
    if loans.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = write.request.db.dialect.numbers(loans.iter().map(|loan| loan.id.0));
    let mut ledgers = match write.request.db.dialect {
        Dialect::Postgres => as_arrays(write, ids, entries).await?,
        Dialect::Sqlite => row_by_row(write, ids, entries).await?,
    };
    let books = loans.iter().map(|loan| {
        let months = u32::try_from(loan.term_months).map_err(Failure::internal)?;
        let terms = Terms { principal: loan.principal, months };
        let mut entries = ledgers.remove(&loan.id).unwrap_or_default();
        entries.sort_unstable_by_key(|entry| entry.id);
        Ok((loan.id, Book::open(Ledger::new(terms, entries), loan.status)))
    });
    books.collect()
}

/// The book of one loan.
pub async fn book(write: &Write<'_>, loan: &loan::Model) -> Result<Book> {
    let mut books = books(write, &[loan], Entries::All).await?;
    books.remove(&loan.id).ok_or_else(|| Failure::internal("a loan without a book"))
}

async fn row_by_row(write: &Write<'_>, loans: Value, entries: Entries<'_>) -> Result<Ledgers> {
    use loan_transaction::Column as C;
    let dialect = write.request.db.dialect;
    let mut query = loan_transaction::Entity::find()
        .select_only()
        .columns([C::LoanId, C::Id, C::Kind, C::Amount, C::OccurredOn, C::Reference, C::UntilOn, C::ReversesId])
        .filter(dialect.one_of_expr("loan_transaction.loan_id", loans));
    if let Entries::WithoutInterest(references) = entries {
        let referred = dialect.texts(references.iter().cloned());
        let referred = dialect.one_of_expr("loan_transaction.reference", referred);
        query = query.filter(Condition::any().add(C::Kind.ne(Kind::InterestPayment)).add(referred));
    }
    let mut ledgers = Ledgers::new();
    for (loan, id, kind, amount, on, reference, until, reverses) in query.into_tuple().all(&write.tx).await? {
        ledgers.entry(loan).or_default().push(Entry { id: Some(id), kind, amount, on, reference, until, reverses });
    }
    Ok(ledgers)
}

/// All arrays of a row are in one order, whichever it is.
async fn as_arrays(write: &Write<'_>, loans: Value, entries: Entries<'_>) -> Result<Ledgers> {
    let db = &write.request.db;
    let (of_loans, loans) = db.dialect.among("loan_id", "$1", loans);
    let mut values = vec![loans];
    let referred = if let Entries::WithoutInterest(references) = entries {
        values.push(db.dialect.texts(references.iter().cloned()));
        // Hashed, which an array that is not yet known when the statement is planned isn't.
        "AND (kind <> 'INTEREST_PAYMENT' OR reference IN (SELECT unnest(CAST($2 AS TEXT[]))))"
    } else {
        ""
    };
    let sql = format!(
        "SELECT loan_id, array_agg(id), array_agg(kind), array_agg(amount), array_agg(occurred_on), array_agg(reference), \
         array_agg(until_on), array_agg(reverses_id) FROM loan_transaction WHERE {of_loans} {referred} GROUP BY loan_id"
    );
    let rows = write.tx.query_all_raw(db.statement(sql, values)).await?;
    rows.iter().map(ledger).collect()
}

fn ledger(row: &QueryResult) -> Result<(LoanId, Vec<Entry>)> {
    let row = row.try_as_pg_row().ok_or_else(|| Failure::internal("arrays of another database than PostgreSQL"))?;
    let ids: Vec<i64> = column(row, 1)?;
    let kinds: Vec<String> = column(row, 2)?;
    let amounts: Vec<i64> = column(row, 3)?;
    let days: Vec<NaiveDate> = column(row, 4)?;
    let references: Vec<String> = column(row, 5)?;
    let untils: Vec<Option<NaiveDate>> = column(row, 6)?;
    let reversed: Vec<Option<i64>> = column(row, 7)?;
    let entries = ids.into_iter().zip(kinds).zip(amounts).zip(days).zip(references).zip(untils).zip(reversed);
    let entries = entries.map(|((((((id, kind), amount), on), reference), until), reverses)| {
        let kind = Kind::parse(&kind).ok_or_else(|| Failure::internal(format!("an entry of the kind {kind}")))?;
        let reverses = reverses.map(LoanTransactionId);
        Ok(Entry { id: Some(LoanTransactionId(id)), kind, amount, on, reference, until, reverses })
    });
    Ok((LoanId(column(row, 0)?), entries.collect::<Result<_>>()?))
}

fn column<'r, T>(row: &'r PgRow, index: usize) -> Result<T>
where
    T: sea_orm::sqlx::Decode<'r, sea_orm::sqlx::Postgres> + sea_orm::sqlx::Type<sea_orm::sqlx::Postgres>,
{
    row.try_get(index).map_err(Failure::internal)
}
