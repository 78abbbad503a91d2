//! What was paid by a figure of assistance that is corrected: whoever corrects it is told. What was paid stands.

use chrono::NaiveDate;
use entity::enums::UrgentHelpKind;
use sea_orm::{ConnectionTrait, Value};

use super::{monthly, urgent};
use crate::{
    error::{Failure, Result},
    exchange::Write,
    schema::Warning,
};

const CODE: &str = "ASSISTANCE_PAID";

/// The days that read otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Changed {
    since: NaiveDate,
    until: Option<NaiveDate>,
}

impl Changed {
    /// `since`: the first of them, none where there are none; `until`: the last day of what is written. Days after the end of a
    /// row that ends earlier than before read otherwise too.
    pub fn of(since: Option<NaiveDate>, until: Option<NaiveDate>) -> Option<Self> {
        since.map(|since| Self { since, until: until.filter(|until| *until >= since) })
    }

    fn end(self) -> String {
        self.until.map_or_else(|| "…".to_owned(), |until| until.to_string())
    }
}

/// Of monthly assistance: what was paid in these days.
pub async fn monthly(write: &Write<'_>, days: Changed, field: &str) -> Result<Option<Warning>> {
    let (payments, sum) = paid(write, days, (monthly::PROGRAM, "y.paid_on", "")).await?;
    let (since, end) = (days.since, days.end());
    let warning = || {
        Warning::new(
            CODE,
            field,
            format!(
                "{sum} đồng of monthly social assistance was paid from {since} to {end}, in {payments} payments. It stands, and \
                 so does what was due of the months that it paid; others are worked out by the new figure."
            ),
            format!(
                "Từ {since} đến {end} đã chi {sum} đồng trợ giúp xã hội hằng tháng ({payments} lần chi). Khoản đã chi và \
                 mức hưởng của các tháng đã chi giữ nguyên; các tháng khác tính theo số mới."
            ),
        )
    };
    Ok((payments > 0).then(warning))
}

/// Of urgent assistance: what was paid after events of these days, of one kind; without one, of those that the standard level
/// counts for.
pub async fn urgent(
    write: &Write<'_>,
    kind: Option<UrgentHelpKind>,
    days: Changed,
    field: &str,
) -> Result<Option<Warning>> {
    let of = kind.map_or_else(
        || " AND b.event_kind IN (SELECT r.code FROM urgent_help_rule r WHERE r.coefficient IS NOT NULL)".to_owned(),
        |kind| format!(" AND b.event_kind = '{}'", kind.as_str()),
    );
    let (payments, sum) = paid(write, days, (urgent::PROGRAM, "b.event_on", &of)).await?;
    let (since, end) = (days.since, days.end());
    let warning = || {
        Warning::new(
            CODE,
            field,
            format!(
                "{sum} đồng of urgent social assistance was paid after events from {since} to {end}, in {payments} payments. It \
                 stands, and so does what was approved; what comes is held against the new figure."
            ),
            format!(
                "Đã chi {sum} đồng trợ giúp khẩn cấp cho các sự việc từ {since} đến {end} ({payments} lần chi). Khoản đã chi \
                 và đã duyệt giữ nguyên; các khoản khác theo số mới."
            ),
        )
    };
    Ok((payments > 0).then(warning))
}

/// How many payments of a program there were of these days, in the whole province, and their sum.
async fn paid(write: &Write<'_>, days: Changed, (program, day, of): (&str, &str, &str)) -> Result<(i64, i64)> {
    let mark = write.request.db.dialect.placeholder();
    let mut values: Vec<Value> = vec![program.into(), days.since.into()];
    let mut sql = format!(
        "SELECT count(*), CAST(COALESCE(sum(y.amount), 0) AS BIGINT) FROM benefit_payment y \
         JOIN benefit b ON b.id = y.benefit_id JOIN program g ON g.id = b.program_id \
         WHERE g.code = {mark}1 AND {day} >= {mark}2{of}"
    );
    if let Some(until) = days.until {
        values.push(until.into());
        sql.push_str(&format!(" AND {day} <= {mark}3"));
    }
    let row = write.tx.query_one_raw(write.request.db.statement(sql, values)).await?;
    let row = row.ok_or_else(|| Failure::internal("an aggregate without a row"))?;
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
}
