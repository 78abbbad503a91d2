//! The report of the 5th: what became of the regular reviews that a commune took up (Decision 24/2021/QĐ-TTg art. 7;
//! `rules.md` R5, R2). Counted set-based over the reviews of a unit, as they stand when it is asked for.
//!
//! The register knows no request by itself: a request that was taken up is a review outside the yearly round. Who is
//! recognised as poor, near-poor or newly escaped gets the decision; whom a decision puts into another class is answered in
//! writing, under its number.

use chrono::{Datelike, NaiveDate};
use entity::enums::PovertyClass;
use serde_json::{Value, json};

use super::{
    days::number,
    reclassify::communes,
    rules::{REGULAR_START, decide_by},
};
use crate::{
    access::Permission as P,
    clock,
    error::{Failure, Result},
    place::ADMIN_UNIT,
    read::{
        compute::Inputs,
        projection::{Projection, Rows, column, computed, computed_objects, one, sql},
    },
};

/// The regular reviews that are reported in one month: of the 15th of the month before to the 14th, reported on the 5th,
/// from February to September (Decision 24/2021/QĐ-TTg art. 7; `rules.md` R5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RegularMonth {
    pub from: NaiveDate,
    pub through: NaiveDate,
    pub due_on: NaiveDate,
}

impl RegularMonth {
    /// None of a month without a report.
    pub fn of(year: i32, month: u32) -> Option<Self> {
        let reported = (2..=9).contains(&month);
        let day = |month, day| NaiveDate::from_ymd_opt(year, month, day).filter(|_| reported);
        let from = day(month.checked_sub(1)?, REGULAR_START)?;
        Some(Self { from, through: day(month, REGULAR_START.checked_sub(1)?)?, due_on: day(month, REPORTED_ON)? })
    }

    /// The one whose reviews end on this day.
    pub fn ending(through: NaiveDate) -> Option<Self> {
        Self::of(through.year(), through.month()).filter(|month| month.through == through)
    }
}

/// The day of the month on which the commune reports.
const REPORTED_ON: u32 = 5;

/// The year of the decision that has them reported (Decision 24/2021/QĐ-TTg).
const FIRST_YEAR: i32 = 2021;

/// The reviews that are reported in a month.
pub fn reported(year: i32, month: i32, today: NaiveDate) -> Result<RegularMonth> {
    if year < FIRST_YEAR {
        return Err(Failure::input(
            "year",
            format!("Regular reviews are reported since {FIRST_YEAR} (Decision 24/2021/QĐ-TTg); {year} was given."),
            format!(
                "Rà soát thường xuyên được báo cáo từ năm {FIRST_YEAR} (Quyết định 24/2021/QĐ-TTg); đã khai {year}."
            ),
        ));
    }
    let of = u32::try_from(month).ok().and_then(|month| RegularMonth::of(year, month));
    let of = of.ok_or_else(|| {
        Failure::input(
            "month",
            format!(
                "Regular reviews are reported from February to September; there is no report of {year}-{month:02}."
            ),
            format!("Rà soát thường xuyên được báo cáo từ tháng 2 đến tháng 9; không có báo cáo tháng {month}/{year}."),
        )
    })?;
    if of.from <= today {
        return Ok(of);
    }
    let RegularMonth { from, due_on, .. } = of;
    Err(Failure::input(
        "month",
        format!("The reviews that are reported on {due_on} begin on {from}; today is {today}."),
        format!("Đợt rà soát báo cáo ngày {due_on} bắt đầu từ ngày {from}; hôm nay là {today}."),
    ))
}

/// Day, class decided and number of reviews from the first day of the month's reviews to its last, which is the day of the
/// read: a month less a day before.
const REVIEWS: &str = concat!(
    "(SELECT string_agg(CAST(g.reviewed_on AS TEXT) || ':' || COALESCE(g.decided_class, '') || ':' || CAST(g.n AS TEXT), ' ') FROM \
     (SELECT r.reviewed_on, r.decided_class, count(*) AS n FROM household x JOIN poverty_review r ON r.household_id = x.id \
     WHERE r.reviewed_on <= {day} AND ",
    number!("r.reviewed_on"),
    " > ",
    number!("{day}"),
    " - 100 AND x.commune_id IN ",
    communes!(),
    " AND {seen_household.x} GROUP BY r.reviewed_on, r.decided_class) g)"
);

pub static REGULAR_REVIEW_REPORT: Projection = Projection::plain(
    "RegularReviewReport",
    "admin_unit",
    Rows::UnitInScope,
    &[
        one("unit", "AdminUnit!", &ADMIN_UNIT, "{c}.id = {t}.id").internal().doc("Whose reviews."),
        computed("from", "Date!", &["{day}"], from)
            .internal()
            .doc("The 15th of the month before: the first day of its reviews."),
        sql("through", "Date!", "{day}").internal().doc("Their last day."),
        computed("dueOn", "Date!", &["{day}"], due_on).internal().doc("The day of the report."),
        computed_objects("figures", "RegularReviewFigures!", &REGULAR_REVIEW_FIGURES, &[REVIEWS, "{now}"], figures)
            .personal()
            .doc("What became of them by now."),
    ],
)
.doc("What a commune, a district or the province reports of the regular reviews of a month.")
.guard(P::ReviewRead);

static REGULAR_REVIEW_FIGURES: Projection = Projection::embedded(
    "RegularReviewFigures",
    &[
        column("takenUp", "Int!", "taken_up").personal().doc("Reviews outside the yearly round: each was asked for."),
        column("poor", "Int!", "poor").personal().doc("Recognised as POOR."),
        column("nearPoor", "Int!", "near_poor").personal().doc("Recognised as NEAR_POOR."),
        column("newlyEscaped", "Int!", "newly_escaped").personal().doc("Recognised as NEWLY_ESCAPED."),
        column("answered", "Int!", "answered")
            .personal()
            .doc("Decided as of another class: answered in writing, with reasons."),
        column("open", "Int!", "open").personal().doc("Not decided yet."),
        column("overdue", "Int!", "overdue").personal().doc("Of the open ones, those beyond their 15 days today."),
        column("nextDueOn", "Date", "next_due_on")
            .personal()
            .doc("The earliest last day of the open ones; null where none is open."),
    ],
)
.doc("Regular reviews of a month by what became of them.");

/// The month whose reviews end on the day of the read.
fn month(inputs: &Inputs<'_>) -> Result<RegularMonth> {
    let through = inputs.date(0)?.ok_or_else(|| Failure::internal("a report without a day"))?;
    RegularMonth::ending(through).ok_or_else(|| Failure::internal("a report of another day"))
}

fn from(inputs: &Inputs<'_>) -> Result<Value> {
    Ok(Value::String(month(inputs)?.from.to_string()))
}

fn due_on(inputs: &Inputs<'_>) -> Result<Value> {
    Ok(Value::String(month(inputs)?.due_on.to_string()))
}

fn figures(inputs: &Inputs<'_>) -> Result<Value> {
    let today = clock::day(clock::from_micros(inputs.integer(1).unwrap_or_default()));
    let mut figures = Figures::default();
    for group in inputs.text(0).unwrap_or_default().split_whitespace() {
        let malformed = || Failure::internal("a count of reviews in another shape");
        let [day, class, count] =
            <[&str; 3]>::try_from(group.split(':').collect::<Vec<_>>()).map_err(|_| malformed())?;
        let class = if class.is_empty() { None } else { Some(PovertyClass::parse(class).ok_or_else(malformed)?) };
        figures.add(
            day.parse().map_err(Failure::internal)?,
            class,
            count.parse().map_err(Failure::internal)?,
            today,
        )?;
    }
    let Figures { poor, near_poor, newly_escaped, answered, open, overdue, next } = figures;
    Ok(json!({
        "takenUp": figures.taken_up()?, "poor": poor, "nearPoor": near_poor, "newlyEscaped": newly_escaped,
        "answered": answered, "open": open, "overdue": overdue, "nextDueOn": next.map(|day| day.to_string()),
    }))
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Figures {
    poor: i64,
    near_poor: i64,
    newly_escaped: i64,
    answered: i64,
    open: i64,
    overdue: i64,
    next: Option<NaiveDate>,
}

fn sum(of: impl IntoIterator<Item = i64>) -> Result<i64> {
    of.into_iter().try_fold(0_i64, i64::checked_add).ok_or_else(|| Failure::internal("numbers of reviews overflow"))
}

impl Figures {
    /// Reviews of a day with one decision. Those of the yearly round are none of them.
    fn add(&mut self, on: NaiveDate, class: Option<PovertyClass>, count: i64, today: NaiveDate) -> Result<()> {
        let Some(due) = decide_by(on) else { return Ok(()) };
        let Some(class) = class else {
            self.open = sum([self.open, count])?;
            self.overdue = sum([self.overdue, if due < today { count } else { 0 }])?;
            self.next = Some(self.next.map_or(due, |next| next.min(due)));
            return Ok(());
        };
        let of = match class {
            PovertyClass::Poor => &mut self.poor,
            PovertyClass::NearPoor => &mut self.near_poor,
            PovertyClass::NewlyEscaped => &mut self.newly_escaped,
            PovertyClass::Average | PovertyClass::BetterOff => &mut self.answered,
        };
        *of = sum([*of, count])?;
        Ok(())
    }

    fn taken_up(&self) -> Result<i64> {
        sum([self.poor, self.near_poor, self.newly_escaped, self.answered, self.open])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_open_is_overdue_after_fifteen_days() {
        let overdue = |today: &str| {
            let mut figures = Figures::default();
            figures.add(day("2026-02-20"), None, 3, day(today)).unwrap();
            figures.add(day("2026-03-10"), None, 1, day(today)).unwrap();
            (figures.open, figures.overdue, figures.next)
        };
        assert_eq!(overdue("2026-03-02"), (4, 0, Some(day("2026-03-02"))), "15 days from the 15th of February");
        assert_eq!(overdue("2026-03-03"), (4, 3, Some(day("2026-03-02"))));
        assert_eq!(overdue("2026-03-26"), (4, 4, Some(day("2026-03-02"))));
    }

    #[test]
    fn a_month_has_the_reviews_since_the_fifteenth_of_the_one_before() {
        let of =
            |month| RegularMonth::of(2026, month).map(|of| [of.from, of.through, of.due_on].map(|day| day.to_string()));
        assert_eq!(of(2).unwrap(), ["2026-01-15", "2026-02-14", "2026-02-05"]);
        assert_eq!(of(9).unwrap(), ["2026-08-15", "2026-09-14", "2026-09-05"]);
        assert!([0, 1, 10, 12, 13].into_iter().all(|month| of(month).is_none()));
        assert_eq!(RegularMonth::ending(day("2026-03-14")), RegularMonth::of(2026, 3));
        assert_eq!(RegularMonth::ending(day("2026-03-15")), None);
        for month in 2..9 {
            let (this, next) = (RegularMonth::of(2026, month).unwrap(), RegularMonth::of(2026, month + 1).unwrap());
            assert_eq!(this.through.succ_opt(), Some(next.from), "no day is between, none in two");
        }
    }

    proptest! {
        /// Each regular review counts once, none of the yearly round does, and no more are overdue than open.
        #[test]
        fn each_review_counts_once(reviews in prop::collection::vec((0..400_u64, 0..6_usize, 1..50_i64), 0..40), today in 0..800_u64) {
            let first = day("2026-01-01");
            let (mut figures, mut regular) = (Figures::default(), 0);
            for (after, class, count) in reviews {
                let on = first + chrono::Days::new(after);
                figures.add(on, PovertyClass::ALL.get(class).copied(), count, first + chrono::Days::new(today)).unwrap();
                regular += if decide_by(on).is_some() { count } else { 0 };
            }
            prop_assert_eq!(figures.taken_up().unwrap(), regular);
            prop_assert!(figures.overdue <= figures.open);
            prop_assert_eq!(figures.next.is_some(), figures.open > 0);
        }
    }
}
