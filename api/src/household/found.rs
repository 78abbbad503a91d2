//! What a review found: the standard it was taken under, the class that follows, and what looks wrong.

use chrono::NaiveDate;
use entity::{
    EnumSet,
    enums::{AreaKind, PovertyClass},
    poverty_standard,
};

use super::{
    input::ReviewHouseholdInput,
    rules::{Lines, in_review_period},
};
use crate::{
    error::{Failure, Result},
    schema::Warning,
};

pub fn not_negative(input: &ReviewHouseholdInput) -> Result<()> {
    let given = [
        ("incomePerCapita", input.income_per_capita.map(|income| income.0)),
        ("scoreA", input.score_a.map(i64::from)),
        ("scoreB", input.score_b.map(i64::from)),
    ];
    match given.into_iter().find(|(_, value)| value.is_some_and(|value| value < 0)) {
        None => Ok(()),
        Some((field, _)) => Err(Failure::input(
            format!("input.{field}"),
            format!("{field} can't be negative."),
            format!("{field} không được âm."),
        )),
    }
}

/// The standard in force on the day of a review; where one is named, it must be that.
pub fn standard<'a>(
    standards: &'a [poverty_standard::Model],
    named: Option<&str>,
    on: NaiveDate,
) -> Result<&'a poverty_standard::Model> {
    let in_force = standards.iter().find(|standard| in_force_on(standard, on));
    let Some(code) = named else { return in_force.ok_or_else(|| none_in_force(standards, on)) };
    let named = standards.iter().find(|standard| standard.code == code).ok_or_else(|| {
        Failure::input(
            "input.standardCode",
            format!("There is no poverty standard with the code {code}."),
            format!("Không có chuẩn nghèo nào mang mã {code}."),
        )
    })?;
    if in_force_on(named, on) { Ok(named) } else { Err(not_in_force(named, in_force, on)) }
}

fn in_force_on(standard: &poverty_standard::Model, day: NaiveDate) -> bool {
    standard.effective_from <= day && standard.effective_to.is_none_or(|to| day <= to)
}

fn none_in_force(standards: &[poverty_standard::Model], on: NaiveDate) -> Failure {
    let known: Vec<_> =
        standards.iter().map(|standard| format!("{} {}", standard.code, period(standard, "–"))).collect();
    let known = known.join(", ");
    Failure::input(
        "input.reviewedOn",
        format!("No poverty standard that this register knows was in force on {on}; it knows {known}."),
        format!("Không có chuẩn nghèo nào có hiệu lực vào ngày {on}; hệ thống chỉ có {known}."),
    )
}

fn not_in_force(named: &poverty_standard::Model, other: Option<&poverty_standard::Model>, on: NaiveDate) -> Failure {
    let code = &named.code;
    let (instead, instead_vi) = other.map_or_else(Default::default, |other| {
        (format!(" {} was.", other.code), format!(" Chuẩn có hiệu lực vào ngày đó là {}.", other.code))
    });
    Failure::input(
        "input.standardCode",
        format!("{code} is in force from {}, not on {on}.{instead}", period(named, "to")),
        format!("{code} có hiệu lực từ {}, không phải vào ngày {on}.{instead_vi}", period(named, "đến")),
    )
}

fn period(standard: &poverty_standard::Model, to: &str) -> String {
    let last = standard.effective_to.map_or_else(String::new, |last| format!(" {to} {last}"));
    format!("{}{last}", standard.effective_from)
}

fn deprivations(input: &ReviewHouseholdInput) -> i32 {
    let count = EnumSet::from(input.deprivations.as_slice()).iter().count();
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The class by income; by both scores where the income isn't given.
pub fn class(input: &ReviewHouseholdInput, standard: &poverty_standard::Model, area: AreaKind) -> Result<PovertyClass> {
    let lines = Lines::of(standard, area);
    if let Some(income) = input.income_per_capita {
        return Ok(lines.by_income(income.0, deprivations(input)));
    }
    let field = "input.incomePerCapita";
    let Some((score_a, score_b)) = input.score_a.zip(input.score_b) else {
        return Err(Failure::input(
            field,
            "Give the income per person and month, or both scores of the form.",
            "Hãy khai thu nhập bình quân đầu người một tháng, hoặc cả điểm A và điểm B.",
        ));
    };
    let Some(scores) = lines.scores else {
        return Err(Failure::input(
            field,
            format!("The standard {} has no known scores; give the income per person and month.", standard.code),
            format!("Chuẩn {} chưa có thang điểm; hãy khai thu nhập bình quân đầu người.", standard.code),
        ));
    };
    scores.class(score_a, score_b).ok_or_else(|| {
        Failure::input(
            field,
            "Above the poverty line only the income tells which class it is; give the income per person and month.",
            "Trên chuẩn nghèo, chỉ thu nhập mới xác định được mức sống; hãy khai thu nhập bình quân đầu người.",
        )
    })
}

/// What looks wrong. The form's rounding, the interviewer's eye or a late entry may well be right.
pub fn warnings(input: &ReviewHouseholdInput, standard: &poverty_standard::Model, area: AreaKind) -> Vec<Warning> {
    let lines = Lines::of(standard, area);
    let income = input.income_per_capita.map(|income| income.0);
    let mut warnings: Vec<_> = out_of_period(input.reviewed_on.0).into_iter().collect();
    if income.is_some_and(|income| !lines.tells_above(income)) {
        warnings.push(Warning::new(
            "AVERAGE_LINE_UNKNOWN",
            "input.incomePerCapita",
            format!(
                "The average line of {} isn't known; the computed class is BETTER_OFF for want of it.",
                standard.code
            ),
            format!("Chưa có mức sống trung bình theo chuẩn {}; mức tính được tạm là BETTER_OFF.", standard.code),
        ));
    }
    let Some(scores) = lines.scores else { return warnings };
    let counted = deprivations(input).saturating_mul(scores.points_a_deprivation);
    if input.score_b.is_some_and(|score| score != counted) {
        warnings.push(Warning::new(
            "SCORE_MISMATCH",
            "input.scoreB",
            format!("The deprivations add up to {counted} points."),
            format!("Các chỉ số thiếu hụt cộng lại là {counted} điểm."),
        ));
    }
    let sides = income.zip(input.score_a);
    if sides.is_some_and(|(income, score)| (income <= lines.poor) != (score <= scores.line)) {
        warnings.push(Warning::new(
            "SCORE_MISMATCH",
            "input.scoreA",
            "Income and score A lie on different sides of the poverty line.",
            "Thu nhập và điểm A nằm ở hai phía của chuẩn nghèo.",
        ));
    }
    warnings
}

fn out_of_period(on: NaiveDate) -> Option<Warning> {
    (!in_review_period(on)).then(|| {
        Warning::new(
            "REVIEW_PERIOD",
            "input.reviewedOn",
            "Households are reviewed from 1 September to 14 December, or by request from the 15th of a month on.",
            "Hộ được rà soát từ 01/9 đến 14/12, hoặc rà soát thường xuyên từ ngày 15 hàng tháng.",
        )
    })
}
