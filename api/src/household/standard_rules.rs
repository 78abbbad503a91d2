//! What a row of a poverty standard must fulfil, and what of it may still change. Pure.
//!
//! A standard says of two kinds of area up to which income a household is poor or near-poor, how many of the twelve
//! deprivations make the one of the other, up to which income its standard of living is average (Decree 07/2021/NĐ-CP
//! art. 3), and by which scores the form says the same (Circular 07/2021/TT-BLĐTBXH).

use chrono::NaiveDate;
use entity::{enums::Deprivation, poverty_standard::Model};

use crate::{
    error::{Failure, Result},
    law::{Days, within},
};

/// More than any standard will say of a month, đồng: a line above it has a zero too many.
pub const MOST: i64 = 1_000_000_000;

const fn days(standard: &Model) -> Days {
    Days { from: standard.effective_from, to: standard.effective_to }
}

/// The figures of a standard agree with each other.
pub fn check_figures(new: &Model) -> Result<()> {
    days(new).check()?;
    for (line, average, field, average_field) in [
        (new.rural_line, new.rural_average_line, "input.ruralLine", "input.ruralAverageLine"),
        (new.urban_line, new.urban_average_line, "input.urbanLine", "input.urbanAverageLine"),
    ] {
        within(field, line, 1, MOST)?;
        match average {
            Some(average) if average > MOST => return within(average_field, average, 1, MOST),
            Some(average) if average <= line => {
                return Err(Failure::input(
                    average_field,
                    format!("The average line, {average}, is not above the poverty line, {line}."),
                    format!("Mức sống trung bình {average} không cao hơn chuẩn thu nhập {line}."),
                ));
            }
            _ => {}
        }
    }
    check_deprivations(new.deprivations_for_poor)?;
    check_scores(new)
}

fn check_deprivations(needed: i32) -> Result<()> {
    let all = i64::try_from(Deprivation::ALL.len()).unwrap_or(i64::MAX);
    within("input.deprivationsForPoor", needed.into(), 1, all)
}

/// The limits of the scores are known together or not at all, and say the same as the deprivations.
fn check_scores(new: &Model) -> Result<()> {
    let limits = [
        (new.rural_score_line, "input.scores.ruralLine"),
        (new.urban_score_line, "input.scores.urbanLine"),
        (new.points_a_deprivation, "input.scores.pointsADeprivation"),
        (new.score_for_poor, "input.scores.forPoor"),
    ];
    for (limit, field) in limits {
        limit.map_or(Ok(()), |limit| within(field, limit.into(), 1, 10_000))?;
    }
    let (Some(points), Some(score)) = (new.points_a_deprivation, new.score_for_poor) else { return Ok(()) };
    let needed = new.deprivations_for_poor;
    let sum = points.saturating_mul(needed);
    if score == sum {
        return Ok(());
    }
    Err(Failure::input(
        "input.scores.forPoor",
        format!("{needed} deprivations of {points} points are {sum} points, not {score}."),
        format!("{needed} chiều thiếu hụt, mỗi chiều {points} điểm, là {sum} điểm, không phải {score}."),
    ))
}

/// CONFLICT where another standard is in force on one of its days.
pub fn check_apart(new: &Model, others: &[Model]) -> Result<()> {
    let clash = others.iter().find(|other| other.code != new.code && days(other).meet(days(new)));
    let Some(other) = clash else { return Ok(()) };
    let (code, Days { from, .. }, to) = (&other.code, days(other), days(other).end());
    Err(Failure::conflict(
        format!("The standard {code} is in force from {from} to {to}; one standard applies on a day."),
        format!("Chuẩn nghèo {code} có hiệu lực từ {from} đến {to}; mỗi ngày chỉ áp dụng một chuẩn."),
    )
    .with_field(if other.effective_from <= new.effective_from {
        "input.effectiveFrom"
    } else {
        "input.effectiveTo"
    }))
}

/// What was found under a standard is never found anew: with a review taken under it, its figures stand. Its days may
/// change as far as they still hold those reviews, and so may where it was read and how certain that is.
pub fn check_reviewed(before: &Model, new: &Model, reviewed: Option<(NaiveDate, NaiveDate)>) -> Result<()> {
    let Some((first, last)) = reviewed else { return Ok(()) };
    let changed = figures(new).into_iter().zip(figures(before)).find(|(new, before)| new.1 != before.1);
    if let Some(((field, _), (_, stored))) = changed {
        let stored = stored.map_or_else(|| "null".to_owned(), |stored| stored.to_string());
        return Err(Failure::conflict(
            format!(
                "Reviews were taken under {} since {first}, with {stored} here; their classes are not computed anew. Record \
                 another standard from a later day.",
                before.code
            ),
            format!(
                "Đã có kết quả rà soát theo chuẩn {} từ ngày {first}, với giá trị {stored}; kết quả cũ không được tính lại. \
                 Hãy ghi chuẩn mới từ ngày sau đó.",
                before.code
            ),
        )
        .with_field(field));
    }
    let field = if new.effective_from > first {
        "input.effectiveFrom"
    } else if new.effective_to.is_some_and(|to| to < last) {
        "input.effectiveTo"
    } else {
        return Ok(());
    };
    Err(Failure::conflict(
        format!("Reviews from {first} to {last} were taken under it; it must be in force on all of these days."),
        format!(
            "Đã có kết quả rà soát từ {first} đến {last} theo chuẩn này; chuẩn phải có hiệu lực trong các ngày đó."
        ),
    )
    .with_field(field))
}

/// What the class of a review follows from, each with its input.
fn figures(of: &Model) -> [(&'static str, Option<i64>); 9] {
    [
        ("input.ruralLine", Some(of.rural_line)),
        ("input.urbanLine", Some(of.urban_line)),
        ("input.ruralAverageLine", of.rural_average_line),
        ("input.urbanAverageLine", of.urban_average_line),
        ("input.deprivationsForPoor", Some(of.deprivations_for_poor.into())),
        ("input.scores.ruralLine", of.rural_score_line.map(i64::from)),
        ("input.scores.urbanLine", of.urban_score_line.map(i64::from)),
        ("input.scores.pointsADeprivation", of.points_a_deprivation.map(i64::from)),
        ("input.scores.forPoor", of.score_for_poor.map(i64::from)),
    ]
}

/// GraphQL names of what differs.
pub fn changed(before: &Model, new: &Model) -> Vec<&'static str> {
    [
        ("decree", before.decree != new.decree),
        ("ruralLine", before.rural_line != new.rural_line),
        ("urbanLine", before.urban_line != new.urban_line),
        ("ruralAverageLine", before.rural_average_line != new.rural_average_line),
        ("urbanAverageLine", before.urban_average_line != new.urban_average_line),
        ("deprivationsForPoor", before.deprivations_for_poor != new.deprivations_for_poor),
        ("effectiveFrom", before.effective_from != new.effective_from),
        ("effectiveTo", before.effective_to != new.effective_to),
        ("basis", before.basis != new.basis),
        ("source", before.source != new.source),
        ("ruralScoreLine", before.rural_score_line != new.rural_score_line),
        ("urbanScoreLine", before.urban_score_line != new.urban_score_line),
        ("pointsADeprivation", before.points_a_deprivation != new.points_a_deprivation),
        ("scoreForPoor", before.score_for_poor != new.score_for_poor),
        ("scoreBasis", before.score_basis != new.score_basis),
        ("scoreSource", before.score_source != new.score_source),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect()
}

#[cfg(test)]
#[path = "standard_rules_tests.rs"]
mod tests;
