//! Totals of the plan as SQL over its rows, when a target is met or a report late, and what a reading and a report must
//! fulfil.

use std::str::FromStr;

use chrono::NaiveDate;
use entity::{enums::Comparator, report_obligation};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    clock,
    error::{Failure, Result},
    program::fives::paid_in_fives,
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

/// Both for who sees statistics only.
pub const DISBURSED_TOTAL_IN_FIVES: &str = concat!(
    "(SELECT CAST(COALESCE(sum(c.amount), 0) AS BIGINT) FROM ",
    paid_in_fives!(" IN (SELECT p.id FROM program p WHERE p.plan_id = {t}.id)"),
    " c)"
);
pub const DISBURSED_BY_SOURCE_IN_FIVES: &str = concat!(
    "(SELECT CAST(COALESCE(sum(c.amount), 0) AS BIGINT) FROM ",
    paid_in_fives!(" IN (SELECT p.id FROM program p WHERE p.plan_id = {t}.plan_id)"),
    " c WHERE c.source = {t}.source)"
);

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

/// A reading in the indicator's unit: not negative, a percentage at most 100, and of the fraction both parts or none,
/// over more than nothing.
pub fn check_reading(
    unit: &str,
    value: Decimal,
    numerator: Option<Decimal>,
    denominator: Option<Decimal>,
) -> Result<()> {
    if value < Decimal::ZERO || (unit == "PERCENT" && value > Decimal::ONE_HUNDRED) {
        return Err(Failure::input(
            "input.value",
            format!("{value} is no value in {unit}."),
            format!("Giá trị {value} không hợp lệ với đơn vị tính {unit}."),
        ));
    }
    let fraction = match (numerator, denominator) {
        (None, None) => true,
        (Some(numerator), Some(denominator)) => numerator >= Decimal::ZERO && denominator > Decimal::ZERO,
        _ => false,
    };
    if fraction {
        return Ok(());
    }
    Err(Failure::input(
        "input.denominator",
        "Give numerator and denominator both or none; the denominator is more than 0.",
        "Phải khai cả tử số và mẫu số hoặc không khai; mẫu số lớn hơn 0.",
    ))
}

/// Whether an agency submits what a reporter owes: its own reports, and DOLISA those of the collective reporters of the
/// province, which it collects and consolidates (plan, section III.2). The districts have a client each.
pub fn reports_for(agency: &str, reporter: &str) -> bool {
    agency == reporter || (agency == "DOLISA" && matches!(reporter, "ALL_DEPTS" | "MASS_ORGS"))
}

/// Handed in once, with figures of no day before the period.
pub fn check_report(obligation: &report_obligation::Model, as_of: NaiveDate) -> Result<()> {
    if let Some(submitted) = obligation.submitted_at {
        let on = clock::day(clock::from_micros(submitted));
        return Err(Failure::conflict(
            format!("This report was submitted on {on}."),
            format!("Báo cáo này đã được nộp ngày {on}."),
        )
        .with_field("input.obligationId"));
    }
    if let Some(start) = obligation.period_start.filter(|start| as_of < *start) {
        return Err(Failure::input(
            "input.asOf",
            format!("The period begins on {start}; figures of {as_of} say nothing of it."),
            format!("Kỳ báo cáo bắt đầu ngày {start}; số liệu đến ngày {as_of} chưa thuộc kỳ này."),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use entity::ids::{AgencyId, PlanId, ReportObligationId};

    use super::*;

    #[test]
    fn a_reading_fits_its_unit() {
        let number = |text: &str| Decimal::from_str(text).unwrap();
        let check = |unit, value, numerator: Option<&str>, denominator: Option<&str>| {
            check_reading(unit, number(value), numerator.map(number), denominator.map(number))
                .map_err(|failure| failure.field.unwrap())
        };
        assert_eq!(check("PERCENT", "2.95", Some("118"), Some("4000")), Ok(()));
        assert_eq!(check("PERCENT", "100", None, None), Ok(()));
        assert_eq!(check("PERCENT", "100.01", None, None), Err("input.value".to_owned()));
        assert_eq!(check("PERSON", "20000", None, None), Ok(()));
        assert_eq!(check("PERSON", "-1", None, None), Err("input.value".to_owned()));
        for (numerator, denominator) in
            [(Some("1"), None), (None, Some("1")), (Some("1"), Some("0")), (Some("-1"), Some("1"))]
        {
            assert_eq!(check("PERCENT", "1", numerator, denominator), Err("input.denominator".to_owned()));
        }
    }

    #[test]
    fn a_report_is_the_reporters_or_collected_by_dolisa() {
        assert!(reports_for("DPC", "DPC"));
        assert!(!reports_for("DOLISA", "DPC"));
        assert!(reports_for("DOLISA", "DOLISA"));
        assert!(reports_for("DOLISA", "ALL_DEPTS"));
        assert!(!reports_for("PSI", "ALL_DEPTS"));
        assert!(!reports_for("PSI", "MASS_ORGS"));
    }

    #[test]
    fn a_report_is_handed_in_once_and_not_before_its_period() {
        let mut obligation = report_obligation::Model {
            id: ReportObligationId(1),
            plan_id: PlanId(1),
            code: "Q2".to_owned(),
            period_start: Some(day("2022-04-01")),
            period_end: Some(day("2022-06-30")),
            due_before: Some(day("2022-06-10")),
            reporter_id: AgencyId(1),
            reporter_unit_id: None,
            submitted_at: None,
            as_of: None,
            estimated: None,
            note: None,
            position: 1,
        };
        assert!(check_report(&obligation, day("2022-04-01")).is_ok());
        assert_eq!(check_report(&obligation, day("2022-03-31")).unwrap_err().field.as_deref(), Some("input.asOf"));
        obligation.submitted_at = Some(0);
        assert!(check_report(&obligation, day("2022-04-01")).unwrap_err().message.contains("1970-01-01"));
    }

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
        let q1 =
            is_late(Some(day("2022-03-31")), Some(day("2022-03-10")), None, Some(day("2022-04-07")), day("2022-12-31"));
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
