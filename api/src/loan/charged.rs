//! What interest is charged by, held while it is charged: who would correct it waits, and then finds what was taken.

use entity::loan;
use sea_orm::ConnectionTrait;

use super::book::Book;
use crate::{db::Dialect, error::Result, exchange::Write};

/// The rates of products and what overdue interest is of them, in the order in which whoever corrects them locks them.
const HELD: &str = "WITH rate AS (SELECT r.id FROM loan_rate r WHERE {products} ORDER BY r.id FOR KEY SHARE), \
     rule AS (SELECT o.id FROM loan_rule o WHERE o.code = 'OVERDUE_RATE' ORDER BY o.id FOR KEY SHARE) \
     SELECT (SELECT count(*) FROM rate) + (SELECT count(*) FROM rule)";

/// Holds what the interest of these books is by until the write ends: one statement, whatever their number, and none where
/// no interest was taken. SQLite has one writer.
pub async fn hold(write: &Write<'_>, books: impl Iterator<Item = &(loan::Model, Book)>) -> Result<()> {
    let charged = books.filter(|(_, book)| book.takes_interest());
    let mut products: Vec<_> = charged.map(|(loan, _)| loan.product_code.clone()).collect();
    products.sort_unstable();
    products.dedup();
    let db = &write.request.db;
    if products.is_empty() || db.dialect == Dialect::Sqlite {
        return Ok(());
    }
    let among = db.dialect.one_of("r.product_code", &format!("{}1", db.dialect.placeholder()));
    let statement = db.statement(HELD.replace("{products}", &among), vec![db.dialect.texts(products)]);
    write.tx.execute_raw(statement).await?;
    Ok(())
}
