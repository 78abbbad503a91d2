//! Dated rows of law that an agency records and corrects: what their tables have in common. Slices say what a row must
//! fulfil and what follows from it.
//!
//! A row is found by its code and its first day; with another first day it is another version, and one version is in force
//! on a day. Writers lock the whole table first and read it then, so that of two at once the second sees the first.

use chrono::NaiveDate;
use entity::ids::AgencyId;
use rust_decimal::Decimal;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Order, QueryOrder, QuerySelect, Value, sea_query::Expr};

use crate::{
    access::{Owned, Permission, Scope, may_write},
    error::{Failure, Result},
    exchange::{Subject, Write, same_version},
    request::Request,
    schema::{Warning, text},
};

pub use crate::law_fields::{EFFECTIVE_FROM, EFFECTIVE_TO, RECORDED_BY, UNVERIFIED, VERSION};
pub(crate) use crate::law_rows::{new_row, row_of_law};

const MAX_SOURCE: usize = 1_000;

/// The days of a version.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Days {
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
}

impl Days {
    /// Of what holds until the next begins: its first day only, so that no two meet.
    pub const fn of(from: NaiveDate) -> Self {
        Self { from, to: Some(from) }
    }

    /// BAD_USER_INPUT where they end before they begin.
    pub fn check(self) -> Result<()> {
        let from = self.from;
        match self.to {
            Some(to) if to < from => Err(Failure::input(
                "input.effectiveTo",
                format!("The last day, {to}, lies before the first, {from}."),
                format!("Ngày hết hiệu lực {to} trước ngày có hiệu lực {from}."),
            )),
            _ => Ok(()),
        }
    }

    pub fn meet(self, other: Self) -> bool {
        let last = |days: Self| days.to.unwrap_or(NaiveDate::MAX);
        self.from <= last(other) && other.from <= last(self)
    }

    /// The last day in words; `…` while it lasts.
    pub fn end(self) -> String {
        self.to.map_or_else(|| "…".to_owned(), |to| to.to_string())
    }
}

/// A row of law.
pub trait Law: Clone {
    /// Its GraphQL type.
    const TYPE: &'static str;
    /// In words, English and Vietnamese.
    const WORDS: (&'static str, &'static str);
    /// The input that names it.
    const NAMED_BY: &'static str = "input.code";

    fn id(&self) -> i64;
    fn version(&self) -> i32;
    /// What versions of it share.
    fn code(&self) -> String;
    fn days(&self) -> Days;
    /// What it says: GraphQL names and values, without what it is found by.
    fn says(&self) -> Vec<(&'static str, Value)>;
    #[must_use]
    fn stamped(self, id: i64, version: i32) -> Self;
    /// The same with its last day, written when and by whom `by` is; none of what holds until the next begins.
    fn ended(self, _on: NaiveDate, _by: &Self) -> Option<Self> {
        None
    }
}

/// What a record came to.
#[derive(Debug)]
pub struct Recorded {
    pub id: i64,
    /// The last day of the version before, where that was ended for it.
    pub previous_ended_on: Option<NaiveDate>,
    pub warnings: Vec<Warning>,
}

/// A version that ends for the next one.
#[derive(Debug)]
pub struct Ending<L> {
    pub before: L,
    pub ended: L,
    on: NaiveDate,
}

/// What tells nothing that anything follows from: it may be set right at any time.
const OF_NO_EFFECT: &[&str] = &["name", "basis", "source"];
const END: &str = "effectiveTo";

/// What is to be done with a row.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// It says so already.
    Same(i64),
    New,
    Correct {
        id: i64,
        version: i32,
        fields: Vec<&'static str>,
        /// From this day on the law reads otherwise; none where only its source, its certainty or its name do.
        since: Option<NaiveDate>,
    },
}

impl Step {
    /// The first day on which the law reads otherwise than before.
    pub fn since(&self, new: &impl Law) -> Option<NaiveDate> {
        match self {
            Self::Same(_) => None,
            Self::New => Some(new.days().from),
            Self::Correct { since, .. } => *since,
        }
    }
}

/// From which day on a row counts that says something else since one: the first of its code serves the days before it too,
/// so none.
pub fn counts_from<L: Law>(new: &L, known: &[L], since: NaiveDate) -> Option<NaiveDate> {
    let earlier = |other: &L| other.code() == new.code() && other.days().from < since;
    known.iter().any(earlier).then_some(since)
}

/// FORBIDDEN unless the viewer may record law of this owner: for the whole province only.
pub fn may_record(request: &Request, owned: Owned, field: &str) -> Result<()> {
    request.viewer.require(Permission::StandardWrite)?;
    may_write(&request.viewer, owned, field)?;
    if matches!(request.viewer.scope, Scope::Province { .. }) {
        return Ok(());
    }
    Err(Failure::forbidden(
        "What the law sets is the whole province's; your scope is a part of it.",
        "Quy định áp dụng cho toàn tỉnh; phạm vi của bạn chỉ là một phần.",
    ))
}

/// When and by whom a row is written.
pub fn stamp(request: &Request) -> (Option<i64>, Option<AgencyId>) {
    (Some(request.micros()), Some(AgencyId(request.viewer.agency_id)))
}

/// Where a row was read.
pub fn source(given: &str) -> Result<String> {
    text::required(given, "input.source", MAX_SOURCE)
}

/// A figure between two others.
pub fn within(field: &str, given: i64, least: i64, most: i64) -> Result<()> {
    if (least..=most).contains(&given) {
        return Ok(());
    }
    Err(Failure::input(
        field,
        format!("{given} is no such figure: it lies between {least} and {most}."),
        format!("Giá trị {given} không hợp lệ; phải từ {least} đến {most}."),
    ))
}

/// A decimal between two whole numbers, with three places at most.
pub fn decimal(field: &str, given: Decimal, least: i64, most: i64) -> Result<()> {
    if (Decimal::from(least)..=Decimal::from(most)).contains(&given) && given.normalize().scale() <= 3 {
        return Ok(());
    }
    Err(Failure::input(
        field,
        format!("{given} is no such figure: it lies between {least} and {most}, with three decimals at most."),
        format!("Giá trị {given} không hợp lệ; phải từ {least} đến {most}, tối đa ba chữ số thập phân."),
    ))
}

/// The version with the same first day.
pub fn found<'a, L: Law>(new: &L, known: &'a [L]) -> Option<&'a L> {
    known.iter().find(|row| row.code() == new.code() && row.days().from == new.days().from)
}

/// With `asked`, ends the version that would go on into the days of a new one on the day before them, also in `known`: no
/// day is then without law between the two. None where nothing goes on, and where the new one is there already.
pub fn ending<L: Law>(new: &L, known: &mut [L], asked: bool) -> Option<Ending<L>> {
    if !asked || found(new, known).is_some() {
        return None;
    }
    let from = new.days().from;
    let earlier = known.iter_mut().filter(|row| row.code() == new.code() && row.days().from < from);
    let last = earlier.max_by_key(|row| row.days().from)?;
    if last.days().to.is_some_and(|to| to < from) {
        return None;
    }
    let on = from.pred_opt()?;
    let (before, ended) = (last.clone(), last.clone().ended(on, new)?);
    *last = ended.clone();
    Some(Ending { before, ended, on })
}

/// What a row is recorded in place of: the version that it corrects, or the one that ends for it.
pub fn before<'a, L: Law>(new: &L, known: &'a [L], ending: Option<&'a Ending<L>>) -> Option<&'a L> {
    found(new, known).or_else(|| ending.map(|ending| &ending.before))
}

/// Writes a row as [`put`] does, and before it the end of the version that ends for it.
pub async fn put_next<E>(
    write: &mut Write<'_>,
    ending: Option<Ending<E::Model>>,
    step: &Step,
    new: E::Model,
) -> Result<Recorded>
where
    E: EntityTrait,
    E::Model: Law + IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: Send,
    E::Column: std::str::FromStr,
{
    let mut previous_ended_on = None;
    if let Some(Ending { before, ended, on }) = ending {
        let end = Step::Correct { id: before.id(), version: before.version(), fields: vec![END], since: on.succ_opt() };
        put::<E>(write, &end, ended).await?;
        previous_ended_on = Some(on);
    }
    Ok(Recorded { id: put::<E>(write, step, new).await?, previous_ended_on, warnings: Vec::new() })
}

/// What is to be done to have the row say so. `besides`: what differs and isn't in the row itself. CONFLICT where its days
/// meet those of another version, where it is there and no version was named, and where it has moved on.
pub fn step<L: Law>(new: &L, known: &[L], expected: Option<i32>, besides: &[&'static str]) -> Result<Step> {
    let Some(before) = found(new, known) else {
        return if expected.is_some() { Err(nothing_to_correct(new)) } else { apart(new, known).map(|()| Step::New) };
    };
    let mut fields = changed(before, new);
    fields.extend(besides);
    if fields.is_empty() {
        return Ok(Step::Same(before.id()));
    }
    let Some(expected) = expected else { return Err(there_already(before)) };
    same_version(expected, before.version())?;
    apart(new, known)?;
    let since = since(before.days(), new.days(), &fields);
    Ok(Step::Correct { id: before.id(), version: before.version(), fields, since })
}

/// GraphQL names of what differs.
fn changed<L: Law>(before: &L, new: &L) -> Vec<&'static str> {
    let pairs = new.says().into_iter().zip(before.says());
    pairs.filter(|(new, before)| new.1 != before.1).map(|(new, _)| new.0).collect()
}

/// From its first day on where a figure differs; where only the end does, from the day after the earlier one.
fn since(before: Days, new: Days, fields: &[&'static str]) -> Option<NaiveDate> {
    if fields.iter().any(|field| *field != END && !OF_NO_EFFECT.contains(field)) {
        return Some(new.from);
    }
    let end = before.to.into_iter().chain(new.to).min();
    end.filter(|_| fields.contains(&END)).and_then(|end| end.succ_opt())
}

fn apart<L: Law>(new: &L, known: &[L]) -> Result<()> {
    let others = known.iter().filter(|row| row.code() == new.code() && row.days().from != new.days().from);
    let Some(row) = others.into_iter().find(|row| row.days().meet(new.days())) else { return Ok(()) };
    let (code, (what, what_vi), other) = (new.code(), L::WORDS, row.days());
    let (from, to) = (other.from, other.end());
    let may_end = other.from < new.days().from && row.clone().ended(other.from, new).is_some();
    let (or, or_vi) = if may_end { (", or say endsPrevious", " hoặc chọn endsPrevious") } else { ("", "") };
    Err(Failure::conflict(
        format!("The {what} {code} has a version from {from} to {to}; one is in force on a day. End that one before{or}."),
        format!(
            "{what_vi} {code} đã có nội dung áp dụng từ {from} đến {to}; mỗi ngày chỉ áp dụng một. Hãy kết thúc nội dung đó \
             trước{or_vi}."
        ),
    )
    .with_field(if other.from <= new.days().from {
        "input.effectiveFrom"
    } else {
        "input.effectiveTo"
    }))
}

fn nothing_to_correct<L: Law>(new: &L) -> Failure {
    let (code, (what, what_vi), from) = (new.code(), L::WORDS, new.days().from);
    Failure::input(
        L::NAMED_BY,
        format!("There is no {what} {code} from {from} on to correct."),
        format!("Không có {what_vi} {code} áp dụng từ ngày {from} để sửa."),
    )
}

fn there_already<L: Law>(before: &L) -> Failure {
    let (code, (what, what_vi), from, version) = (before.code(), L::WORDS, before.days().from, before.version());
    Failure::conflict(
        format!("There is a {what} {code} from {from} on already; to correct it name its version, {version}."),
        format!("Đã có {what_vi} {code} áp dụng từ ngày {from}; để sửa, hãy nêu phiên bản hiện có là {version}."),
    )
    .with_field(L::NAMED_BY)
}

/// All rows of a table, for one that writes them: whoever else would write one, or uses one under a lock, waits. They are
/// read once they are locked, since a new one may have come meanwhile.
pub async fn lock<E: EntityTrait>(write: &Write<'_>) -> Result<Vec<E::Model>> {
    let query = E::find().order_by(Expr::col("id"), Order::Asc);
    query.clone().lock_exclusive().all(&write.tx).await?;
    Ok(query.all(&write.tx).await?)
}

/// Writes the row as the step says, with its audit entry and change event, and tells its id.
pub async fn put<E>(write: &mut Write<'_>, step: &Step, new: E::Model) -> Result<i64>
where
    E: EntityTrait,
    E::Model: Law + IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: Send,
    E::Column: std::str::FromStr,
{
    let (before, version) = match step {
        Step::Same(id) => return Ok(*id),
        Step::New => (None, 1),
        Step::Correct { id, version, .. } => (Some(*id), version.saturating_add(1)),
    };
    let mut row = new.clone().stamped(before.unwrap_or_default(), version).into_active_model().reset_all();
    let id = match before {
        Some(id) => row.update(&write.tx).await.map(|_| id)?,
        None => {
            let column = "id".parse().map_err(|_| Failure::internal("a row of law without an id"))?;
            row.not_set(column);
            row.insert(&write.tx).await?.id()
        }
    };
    let subject = Subject { type_name: E::Model::TYPE, id, version, commune_id: None, district_id: None };
    match step {
        Step::Correct { fields, .. } => write.updated(subject, fields),
        _ => {
            let says = new.says();
            let found_by = [E::Model::NAMED_BY.trim_start_matches("input."), "effectiveFrom"];
            let mut fields: Vec<_> = found_by.into_iter().chain(says.iter().map(|(field, _)| *field)).collect();
            fields.dedup();
            write.created(subject, &fields);
        }
    }
    Ok(id)
}

#[cfg(test)]
#[path = "law_tests.rs"]
mod tests;
