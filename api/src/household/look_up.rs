//! Looking people up by personal number, bounded. Of a number's twelve digits six are random and the rest follow from
//! papers (`rules.md` N1): with the last three known a thousand tries find the person. So a number under which the caller
//! sees nobody is counted, whether it is nobody's or somebody's out of reach, and a client that has used up its hour or
//! its day is refused, on hits too: else the refusal would tell them apart.
//!
//! The count is in the database, for each client, and is added before anything is answered.

use std::{collections::HashSet, pin::Pin};

use chrono::{DateTime, TimeDelta};
use sea_orm::{ConnectionTrait, QueryResult, Statement};

use super::{national_id::several, store};
use crate::{
    error::{Code, Failure, Result},
    read::{Beside, Looked},
    request::Request,
};

/// The argument of `person`.
const FIELD: &str = "nationalId";

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
/// A day begins at midnight in Viet Nam.
const AHEAD: i64 = 7 * HOUR;

/// A node whose clock is behind counts in the hour that has begun.
const ADD: &str = "INSERT INTO number_look_up (client_id, hour, in_hour, day, in_day) VALUES ({1}, {2}, {4}, {3}, {4}) \
     ON CONFLICT (client_id) DO UPDATE SET \
     in_hour = CASE WHEN number_look_up.hour < excluded.hour THEN 0 ELSE number_look_up.in_hour END + excluded.in_hour, \
     hour = CASE WHEN number_look_up.hour < excluded.hour THEN excluded.hour ELSE number_look_up.hour END, \
     in_day = CASE WHEN number_look_up.day < excluded.day THEN 0 ELSE number_look_up.in_day END + excluded.in_day, \
     day = CASE WHEN number_look_up.day < excluded.day THEN excluded.day ELSE number_look_up.day END \
     RETURNING in_hour, in_day";
const ASK: &str = "SELECT CASE WHEN hour < {2} THEN 0 ELSE in_hour END, CASE WHEN day < {3} THEN 0 ELSE in_day END \
     FROM number_look_up WHERE client_id = {1}";

/// Before a person's number is changed: each counts, for one person could be given a thousand numbers one after the other
/// until the warning comes.
pub async fn of_changed(request: &Request, field: &str) -> Result<()> {
    count(request, 1, field).await
}

/// Before numbers of new people are written: a warning will tell that somebody in the province bears one, which counts where the caller
/// sees nobody under it. A number that is free does not count, so that a commune can register all its people; but who has
/// used up its hour or day is refused on free ones too. Not in the transaction of the write, which a refusal undoes.
pub async fn of_written(request: &Request, numbers: Vec<String>, field: &str) -> Result<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    let hidden = store::numbers_hidden(request, numbers).await?;
    count(request, hidden, field).await
}

/// Adds so many misses to what the client has, none where it found all; LIMIT_EXCEEDED where that is too many.
pub async fn count(request: &Request, missed: usize, field: &str) -> Result<()> {
    let (hour, day) = times(request);
    let mut values = vec![request.viewer.client_id.into(), hour.into(), day.into()];
    if missed > 0 {
        values.push(i64::try_from(missed).map_err(Failure::internal)?.into());
    }
    let mut sql = if missed > 0 { ADD } else { ASK }.to_owned();
    for number in 1..=4 {
        sql = sql.replace(&format!("{{{number}}}"), &format!("{}{number}", request.db.dialect.placeholder()));
    }
    let statement = request.db.statement(sql, values);
    let rows = if missed > 0 { added(request, statement).await? } else { request.db.read(statement).await? };
    let Some(row) = rows.first() else { return Ok(()) };
    within(request, row.try_get_by_index(0)?, row.try_get_by_index(1)?, field)
}

/// LIMIT_EXCEEDED where so many misses of this hour or this day are too many.
fn within(request: &Request, in_hour: i64, in_day: i64, field: &str) -> Result<()> {
    let ((hour, day), limit) = (times(request), request.number_misses);
    if in_day > limit.day {
        return Err(used_up(request, (day + 1) * DAY - AHEAD, field));
    }
    if in_hour > limit.hour {
        return Err(used_up(request, (hour + 1) * HOUR, field));
    }
    Ok(())
}

/// The hour and the day that it is.
fn times(request: &Request) -> (i64, i64) {
    let now = request.micros();
    (now.div_euclid(HOUR), (now + AHEAD).div_euclid(DAY))
}

/// In a transaction: a read is tried anew where its connection dies, and would count twice.
async fn added(request: &Request, statement: Statement) -> Result<Vec<QueryResult>> {
    let tx = request.db.begin().await?;
    let rows = tx.query_all_raw(statement).await?;
    tx.commit().await?;
    Ok(rows)
}

fn used_up(request: &Request, again: i64, field: &str) -> Failure {
    let limit = request.number_misses;
    let again = DateTime::from_timestamp_micros(again).map(|again| again + TimeDelta::microseconds(AHEAD));
    let again = again.map(|again| again.format("%H:%M %d/%m/%Y").to_string()).unwrap_or_default();
    Failure::new(
        Code::LimitExceeded,
        format!(
            "Too many personal numbers were asked for under which you see nobody: at most {} an hour and {} a day. Ask \
             again from {again} on (time of Viet Nam), with numbers from papers.",
            limit.hour, limit.day
        ),
        format!(
            "Đã tra cứu quá nhiều số định danh không tìm thấy: tối đa {} số mỗi giờ và {} số mỗi ngày. Hãy tra cứu lại từ \
             {again}.",
            limit.hour, limit.day
        ),
    )
    .with_field(field)
}

/// Before these numbers are looked up at once: counts those under which the caller sees nobody.
pub async fn of_many(request: &Request, numbers: &[String], field: &str) -> Result<()> {
    let numbers: HashSet<&String> = numbers.iter().collect();
    if numbers.is_empty() {
        return Ok(());
    }
    let seen = store::numbers_seen(request, numbers.iter().copied().cloned()).await?;
    count(request, numbers.len().saturating_sub(seen), field).await
}

/// After `person(nationalId)` was read and before anything of it is answered: the same, and CONFLICT where several people
/// claim the number. What was counted before is read with the person, so that a hit costs no statement more: of several look-ups
/// at one moment none sees the misses of the others, as many as a document has root fields.
pub const OF_ONE: Looked =
    Looked { beside: Beside { table: "number_look_up", columns: &["hour", "in_hour", "day", "in_day"] }, then: of_one };

fn of_one(request: &Request, found: usize, counted: Vec<i64>) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
    Box::pin(async move {
        let &[of_hour, in_hour, of_day, in_day] = counted.as_slice() else {
            return count(request, 1, FIELD).await;
        };
        let (hour, day) = times(request);
        let of_now = |then, now, counted| if then < now { 0 } else { counted };
        within(request, of_now(of_hour, hour, in_hour), of_now(of_day, day, in_day), FIELD)?;
        if found > 1 { Err(several()) } else { Ok(()) }
    })
}
