//! What was done by a row of the law on policy credit: asked before it is corrected.

use chrono::NaiveDate;
use entity::{
    ids::{LoanCeilingId, LoanProductId},
    loan_ceiling_product, loan_product,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Value};

use super::law_rules::Lent;
use crate::{
    error::{Failure, Result},
    exchange::Write,
};

/// An interest payment that holds, of loan `l`.
const TAKEN: &str = "SELECT max(x.occurred_on) FROM loan_transaction x JOIN loan l ON l.id = x.loan_id \
     WHERE x.kind = 'INTEREST_PAYMENT' AND NOT EXISTS (SELECT 1 FROM loan_transaction r WHERE r.reverses_id = x.id)";

/// It may hold overdue interest. A maturity that an extension moved tells nothing of the days before it.
const LATE: &str = " AND (x.occurred_on > l.matures_on \
     OR EXISTS (SELECT 1 FROM loan_transaction e WHERE e.loan_id = l.id AND e.kind = 'EXTENSION'))";

/// An entry that holds and settled the interest of the days before it, on a day before that of `x`.
const SETTLED: &str = "SELECT 1 FROM loan_transaction y WHERE y.loan_id = x.loan_id AND y.occurred_on < x.occurred_on \
     AND (y.kind = 'INTEREST_PAYMENT' OR y.kind = 'PRINCIPAL_REPAYMENT' AND y.reference = 'OPENING') \
     AND NOT EXISTS (SELECT 1 FROM loan_transaction r WHERE r.reverses_id = y.id)";

/// The last day up to which interest of a product was taken, where that is of days from `since` on.
pub async fn interest_taken(write: &Write<'_>, product: &str, since: Option<NaiveDate>) -> Result<Option<NaiveDate>> {
    let mark = write.request.db.dialect.placeholder();
    taken(write, format!("{TAKEN} AND l.product_code = {mark}1"), vec![product.into()], since).await
}

/// The last day up to which interest of days between two was taken, whatever the product: of loans that were out by the last of
/// them and not settled beyond it before. None for `until`: all days from the first on.
pub async fn interest_taken_of_days(
    write: &Write<'_>,
    since: NaiveDate,
    until: Option<NaiveDate>,
) -> Result<Option<NaiveDate>> {
    let mark = write.request.db.dialect.placeholder();
    let Some(until) = until else { return taken(write, TAKEN.to_owned(), Vec::new(), Some(since)).await };
    let sql = format!("{TAKEN} AND l.disbursed_on <= {mark}1 AND NOT EXISTS ({SETTLED} AND y.occurred_on > {mark}1)");
    taken(write, sql, vec![until.into()], Some(since)).await
}

/// The same of overdue interest, whatever the product.
pub async fn overdue_interest_taken(write: &Write<'_>, since: Option<NaiveDate>) -> Result<Option<NaiveDate>> {
    taken(write, format!("{TAKEN}{LATE}"), Vec::new(), since).await
}

async fn taken(
    write: &Write<'_>,
    mut sql: String,
    mut values: Vec<Value>,
    since: Option<NaiveDate>,
) -> Result<Option<NaiveDate>> {
    let dialect = write.request.db.dialect;
    if let Some(since) = since {
        values.push(since.into());
        sql.push_str(&format!(" AND x.occurred_on > {}{}", dialect.placeholder(), values.len()));
    }
    let row = write.tx.query_one_raw(dialect.statement(sql, values)).await?;
    let row = row.ok_or_else(|| Failure::internal("an aggregate without a row"))?;
    Ok(row.try_get_by_index(0)?)
}

/// Of the loans asked for under a version, wherever in the province; none without any. A sum or a term that the version
/// never allowed is the bank's own (`recordLoans`) and holds nothing back.
pub async fn lent(write: &Write<'_>, id: LoanProductId, before: &loan_product::Model) -> Result<Option<Lent>> {
    let dialect = write.request.db.dialect;
    let mark = dialect.placeholder();
    let (most, longest, grace) = (before.max_amount, before.max_term_months, before.grace_months);
    let sql = format!(
        "SELECT min(requested_on), max(requested_on), \
         max(CASE WHEN principal <= {mark}2 THEN principal ELSE 0 END), \
         max(CASE WHEN term_months <= {mark}3 THEN term_months ELSE 0 END), \
         max(CASE WHEN grace_months <= {mark}4 THEN grace_months ELSE 0 END) \
         FROM loan WHERE product_id = {mark}1 AND status <> 'REJECTED'"
    );
    let values = vec![id.0.into(), most.into(), longest.into(), grace.into()];
    let row = write.tx.query_one_raw(dialect.statement(sql, values)).await?;
    let row = row.ok_or_else(|| Failure::internal("an aggregate without a row"))?;
    let (first, last): (Option<NaiveDate>, Option<NaiveDate>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let (Some(first), Some(last)) = (first, last) else { return Ok(None) };
    let principal: Option<i64> = row.try_get_by_index(2)?;
    let (months, grace): (Option<i32>, Option<i32>) = (row.try_get_by_index(3)?, row.try_get_by_index(4)?);
    let (principal, months) = (principal.unwrap_or_default(), months.unwrap_or_default());
    Ok(Some(Lent { first, last, principal, months, grace: grace.unwrap_or_default() }))
}

/// Codes of the products of a ceiling, in their order.
pub async fn ceiling_products(write: &Write<'_>, id: LoanCeilingId) -> Result<Vec<String>> {
    let query = loan_ceiling_product::Entity::find().filter(loan_ceiling_product::Column::CeilingId.eq(id));
    let mut codes: Vec<_> = query.all(&write.tx).await?.into_iter().map(|product| product.product_code).collect();
    codes.sort_unstable();
    Ok(codes)
}

/// Writes the products of a ceiling anew.
pub async fn put_ceiling_products(write: &Write<'_>, id: LoanCeilingId, codes: &[String]) -> Result<()> {
    let own = loan_ceiling_product::Column::CeilingId.eq(id);
    loan_ceiling_product::Entity::delete_many().filter(own).exec(&write.tx).await?;
    let rows = codes
        .iter()
        .map(|code| loan_ceiling_product::ActiveModel { ceiling_id: Set(id), product_code: Set(code.clone()) });
    loan_ceiling_product::Entity::insert_many(rows).exec_without_returning(&write.tx).await?;
    Ok(())
}
