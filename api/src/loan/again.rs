//! A contract that the bank sends again: what of it may have changed since.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    enums::LoanStatus,
    ids::{AgencyId, LoanId},
    loan, loan_transition,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::SimpleExpr};
use serde_json::json;

use super::store;
use crate::{
    error::{Failure, Result},
    exchange::Write,
};

/// The graces that are sent of each contract, by its number: a batch may name one twice.
pub type Graces<'a> = HashMap<&'a str, Vec<i32>>;

fn differs(loan: &loan::Model, sent: &Graces<'_>) -> bool {
    let mut graces = sent.get(loan.contract_number.as_str()).into_iter().flatten();
    graces.any(|grace| *grace != loan.grace_months)
}

/// Locks those of the loans that are sent with another grace than they have, and reads them anew.
pub async fn hold(write: &Write<'_>, loans: &mut Vec<loan::Model>, sent: &Graces<'_>) -> Result<()> {
    let (differing, mut others): (Vec<_>, Vec<_>) = loans.drain(..).partition(|loan| differs(loan, sent));
    if !differing.is_empty() {
        others.extend(locked(write, differing.iter().map(|loan| loan.id)).await?);
    }
    *loans = others;
    Ok(())
}

async fn locked(write: &Write<'_>, ids: impl Iterator<Item = LoanId>) -> Result<Vec<loan::Model>> {
    let dialect = write.request.db.dialect;
    let among = dialect.one_of_expr("loan.id", dialect.numbers(ids.map(|id| id.0)));
    let query = loan::Entity::find().filter(among).order_by_asc(loan::Column::Id).lock_exclusive();
    Ok(query.all(&write.tx).await?)
}

/// Gives loans another grace, in one statement: their schedules are of the bank's books, and contracts from before the
/// register knew of any have none.
pub async fn regrace(write: &mut Write<'_>, graces: &HashMap<LoanId, i32>) -> Result<()> {
    if graces.is_empty() {
        return Ok(());
    }
    let (db, by) = (&write.request.db, AgencyId(write.request.viewer.agency_id));
    let rows = graces.iter().map(|(id, grace)| json!({ "id": id.0, "grace": grace })).collect();
    let from = db.dialect.rows("sent", 1, &[("id", "BIGINT"), ("grace", "INTEGER")]);
    let mark = db.dialect.placeholder();
    let sql = format!(
        "UPDATE loan SET grace_months = sent.grace, version = loan.version + 1, updated_at = {mark}2, updated_by = {mark}3 \
         FROM {from} WHERE loan.id = sent.id"
    );
    let values = vec![db.dialect.json(rows), write.request.micros().into(), by.0.into()];
    write.tx.execute_raw(db.statement(sql, values)).await?;
    for loan in locked(write, graces.keys().copied()).await? {
        write.updated(store::subject(&loan), &["graceMonths"]);
    }
    Ok(())
}

/// The days on which approvals of these loans were taken back.
pub async fn taken_back(write: &Write<'_>, loans: &[loan::Model]) -> Result<HashMap<LoanId, NaiveDate>> {
    let rejected = loans.iter().filter(|loan| loan.status == LoanStatus::Rejected).map(|loan| loan.id.0).collect();
    steps(write, rejected, loan_transition::Column::ToStatus.eq(LoanStatus::Rejected)).await
}

/// Those of these loans that are sent with another grace and were asked for here, each with the day of that: their terms are no
/// longer the bank's own system's to say.
pub async fn asked_for(
    write: &Write<'_>,
    loans: &[loan::Model],
    sent: &Graces<'_>,
) -> Result<HashMap<LoanId, NaiveDate>> {
    let differing = loans.iter().filter(|loan| differs(loan, sent)).map(|loan| loan.id.0).collect();
    steps(write, differing, loan_transition::Column::ToStatus.eq(LoanStatus::Requested)).await
}

/// The days of such steps of these loans. Asks nothing where there are none.
async fn steps(write: &Write<'_>, loans: Vec<i64>, such: SimpleExpr) -> Result<HashMap<LoanId, NaiveDate>> {
    use loan_transition::Column as C;
    if loans.is_empty() {
        return Ok(HashMap::new());
    }
    let dialect = write.request.db.dialect;
    let query = loan_transition::Entity::find()
        .select_only()
        .columns([C::LoanId, C::OccurredOn])
        .filter(dialect.one_of_expr("loan_transition.loan_id", dialect.numbers(loans)))
        .filter(such);
    Ok(query.into_tuple::<(LoanId, NaiveDate)>().all(&write.tx).await?.into_iter().collect())
}

/// The refusal of another grace than a loan was granted with that was asked for here.
pub fn was_granted_here(number: &str, asked_on: NaiveDate, (stands, sent): (i32, i32)) -> Failure {
    Failure::conflict(
        format!(
            "The loan {number} was asked for here on {asked_on} and granted with {stands} months of grace, which stand; {sent} were given."
        ),
        format!(
            "Khoản vay {number} được đề nghị trên hệ thống này ngày {asked_on} và đã duyệt với {stands} tháng ân hạn, không thay đổi; \
             đã khai {sent}."
        ),
    )
}

/// The refusal of a contract that isn't one any more.
pub fn was_taken_back(number: &str, on: NaiveDate) -> Failure {
    Failure::conflict(
        format!(
            "The approval of {number} was taken back on {on}; a loan that is granted since has a number of its own."
        ),
        format!(
            "Việc phê duyệt hợp đồng {number} đã bị hủy ngày {on}; khoản vay được duyệt sau đó phải có số hợp đồng riêng."
        ),
    )
}
