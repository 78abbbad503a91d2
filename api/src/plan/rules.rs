//! Totals of the plan as SQL over its rows, and when a target is met or a report late.

use std::str::FromStr;

use chrono::NaiveDate;
use entity::enums::Comparator;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    clock,
    error::{Failure, Result},
    read::compute::Inputs,
};

/// The newest reading for the whole province, for `{t}` of `indicator`.
pub const LATEST_VALUE: &str = "(SELECT r.value FROM indicator_reading r WHERE r.indicator_id = {t}.id AND r.unit_id IS NULL \
     AND r.as_of <= {day} ORDER BY r.as_of DESC, r.id DESC LIMIT 1)";
pub const LATEST_DAY: &str = "(SELECT r.as_of FROM indicator_reading r WHERE r.indicator_id = {t}.id AND r.unit_id IS NULL \
     AND r.as_of <= {day} ORDER BY r.as_of DESC, r.id DESC LIMIT 1)";

/// Sums of funding lines: of the plan `{t}`, and of one source of it.
pub const COMPUTED_TOTAL: &str = "(SELECT COALESCE(sum(f.amount), 0) FROM funding_line f JOIN program p ON p.id = f.program_id \
     WHERE p.plan_id = {t}.id)";
pub const COMPUTED_BY_SOURCE: &str = "(SELECT COALESCE(sum(f.amount), 0) FROM funding_line f JOIN program p ON p.id = f.program_id \
     WHERE p.plan_id = {t}.plan_id AND f.source = {t}.source)";

/// What was paid out under the plan `{t}`.
pub const DISBURSED_TOTAL: &str = "((SELECT COALESCE(sum(b.paid_amount), 0) FROM benefit b JOIN program p ON p.id = b.program_id WHERE p.plan_id = {t}.id) \
     + (SELECT COALESCE(sum(l.disbursed_amount), 0) FROM loan l JOIN program p ON p.id = l.program_id WHERE p.plan_id = {t}.id) \
     + (SELECT COALESCE(sum(x.support_amount), 0) FROM model_participation x JOIN model_project m ON m.id = x.project_id \
          JOIN program p ON p.id = m.program_id WHERE p.plan_id = {t}.id) \
     + (SELECT COALESCE(sum(s.amount), 0) FROM program_spending s JOIN program p ON p.id = s.program_id WHERE p.plan_id = {t}.id))";

/// The same for one source.
pub const DISBURSED_BY_SOURCE: &str = "((SELECT COALESCE(sum(y.amount), 0) FROM benefit_payment y JOIN benefit b ON b.id = y.benefit_id \
          JOIN program p ON p.id = b.program_id WHERE p.plan_id = {t}.plan_id AND y.source = {t}.source) \
     + (SELECT COALESCE(sum(f.amount), 0) FROM loan_funding f JOIN loan l ON l.id = f.loan_id JOIN program p ON p.id = l.program_id \
         WHERE p.plan_id = {t}.plan_id AND f.source = {t}.source AND l.disbursed_amount > 0) \
     + (SELECT COALESCE(sum(f.amount), 0) FROM participation_funding f JOIN model_participation x ON x.id = f.participation_id \
          JOIN model_project m ON m.id = x.project_id JOIN program p ON p.id = m.program_id \
         WHERE p.plan_id = {t}.plan_id AND f.source = {t}.source) \
     + (SELECT COALESCE(sum(s.amount), 0) FROM program_spending s JOIN program p ON p.id = s.program_id \
         WHERE p.plan_id = {t}.plan_id AND s.source = {t}.source))";

/// Whether the reading reaches the target: comparator, target, reading.
pub fn met(inputs: &Inputs<'_>) -> Result<Value> {
    let (Some(comparator), Some(target), Some(actual)) = (inputs.text(0), inputs.text(1), inputs.text(2)) else {
        return Ok(Value::Null);
    };
    let comparator = Comparator::parse(comparator).ok_or_else(|| Failure::internal("a comparator of no kind"))?;
    let (target, actual) = (decimal(target)?, decimal(actual)?);
    Ok(Value::Bool(reaches(comparator, target, actual)))
}

fn decimal(text: &str) -> Result<Decimal> {
    Decimal::from_str(text).map_err(Failure::internal)
}

/// `GT` is the plan's "trên", `LT` its "dưới": the bound itself is not enough.
pub fn reaches(comparator: Comparator, target: Decimal, actual: Decimal) -> bool {
    match comparator {
        Comparator::Eq => actual == target,
        Comparator::Gte => actual >= target,
        Comparator::Gt => actual > target,
        Comparator::Lte => actual <= target,
        Comparator::Lt => actual < target,
    }
}

/// Period end, due day, submission, issue of the plan.
pub const LATE_INPUTS: &[&str] = &[
    "{t}.period_end",
    "{t}.due_before",
    "{t}.submitted_at",
    "(SELECT p.issued_on FROM plan p WHERE p.id = {t}.plan_id)",
];

pub fn late(inputs: &Inputs<'_>) -> Result<Value> {
    let submitted = inputs.integer(2).map(|micros| clock::day(clock::from_micros(micros)));
    let late = is_late(inputs.date(0)?, inputs.date(1)?, submitted, inputs.date(3)?, inputs.day);
    Ok(Value::Bool(late))
}

/// "Trước ngày 10" excludes the 10th. A period that ended before the plan was issued can't be reported in time: no
/// alarm (discrepancy D25).
fn is_late(
    period_end: Option<NaiveDate>,
    due_before: Option<NaiveDate>,
    submitted: Option<NaiveDate>,
    issued: Option<NaiveDate>,
    today: NaiveDate,
) -> bool {
    if period_end.zip(issued).is_some_and(|(end, issued)| end < issued) {
        return false;
    }
    due_before.is_some_and(|due| submitted.unwrap_or(today) >= due)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_due_day_itself_is_late() {
        let (end, due, issued) = (day("2022-06-30"), day("2022-06-10"), day("2022-04-07"));
        let late = |submitted: Option<&str>, today| {
            is_late(Some(end), Some(due), submitted.map(day), Some(issued), day(today))
        };
        assert!(!late(None, "2022-06-09"));
        assert!(late(None, "2022-06-10"));
        assert!(!late(Some("2022-06-09"), "2023-01-01"));
        assert!(late(Some("2022-06-10"), "2023-01-01"));
    }

    #[test]
    fn no_alarm_for_a_period_before_the_plan() {
        let q1 = is_late(
            Some(day("2022-03-31")),
            Some(day("2022-03-10")),
            None,
            Some(day("2022-04-07")),
            day("2022-12-31"),
        );
        assert!(!q1);
        assert!(!is_late(None, None, None, Some(day("2022-04-07")), day("2030-01-01")), "no due day, never late");
    }

    #[test]
    fn the_bound_itself_is_not_above() {
        let (target, above) = (Decimal::from(80), Decimal::from(81));
        assert!(!reaches(Comparator::Gt, target, target));
        assert!(reaches(Comparator::Gt, target, above));
        assert!(reaches(Comparator::Gte, target, target));
        assert!(!reaches(Comparator::Lt, target, target));
        assert!(reaches(Comparator::Lte, target, target));
        assert!(!reaches(Comparator::Eq, target, above));
    }
}
