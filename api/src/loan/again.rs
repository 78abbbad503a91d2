//! A contract that the bank sends again: what of it may have changed since.

use std::collections::HashMap;

use entity::{
    ids::{AgencyId, LoanId},
    loan,
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::store;
use crate::{error::Result, exchange::Write};

/// Locks those of the loans that are sent with another grace than they have, and reads them anew.
pub async fn hold(write: &Write<'_>, loans: &mut Vec<loan::Model>, sent: &HashMap<&str, i32>) -> Result<()> {
    let differs =
        |loan: &loan::Model| sent.get(loan.contract_number.as_str()).is_some_and(|grace| *grace != loan.grace_months);
    let (differing, mut others): (Vec<_>, Vec<_>) = loans.drain(..).partition(differs);
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
