//! The dated poverty standards: Decree 07/2021 through 2026, Decree 351/2025 from 2027.
//!
//! The standard before 2022 (Decision 59/2015) is not here: it had two income lines and called a household poor below
//! the lower one whatever its deprivations, which this rule cannot say.

use chrono::NaiveDate;
use entity::enums::Basis;
use sea_orm::{DatabaseTransaction, DbErr};
use serde::Deserialize;

use super::upsert::{Row, Table};

const TABLE: Table = Table {
    name: "poverty_standard",
    key: &["code"],
    columns: &[
        "code",
        "decree",
        "rural_line",
        "urban_line",
        "rural_average_line",
        "urban_average_line",
        "deprivations_for_poor",
        "effective_from",
        "effective_to",
        "basis",
        "source",
        "rural_score_line",
        "urban_score_line",
        "points_a_deprivation",
        "score_for_poor",
        "score_basis",
        "score_source",
    ],
    initial: &[],
};

/// Lines are đồng a person a month, the last amount that still belongs to the class.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    pub code: String,
    pub decree: String,
    pub rural_line: i64,
    pub urban_line: i64,
    pub rural_average_line: Option<i64>,
    pub urban_average_line: Option<i64>,
    pub deprivations_for_poor: i32,
    pub effective_from: NaiveDate,
    pub effective_to: NaiveDate,
    /// The weakest of the lines' and the number's: STATED where it was read in published text, INFERRED where concluded.
    pub basis: Basis,
    pub source: String,
    /// None where the form's limits aren't known.
    pub scores: Option<Scores>,
}

/// The limits of the two scores of the form that goes with a standard.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
    /// Score A up to which a household is under the income line.
    pub rural_line: i32,
    pub urban_line: i32,
    pub points_a_deprivation: i32,
    /// Score B from which a household under the line is poor.
    pub for_poor: i32,
    pub basis: Basis,
    pub source: String,
}

pub async fn write(tx: &DatabaseTransaction, standards: &[Standard]) -> Result<(), DbErr> {
    TABLE.write_unrecorded(tx, standards.iter().map(row).collect()).await?;
    Ok(())
}

fn row(standard: &Standard) -> Row {
    let scores = standard.scores.as_ref();
    let limit = |of: fn(&Scores) -> i32| scores.map(of).into();
    vec![
        standard.code.as_str().into(),
        standard.decree.as_str().into(),
        standard.rural_line.into(),
        standard.urban_line.into(),
        standard.rural_average_line.into(),
        standard.urban_average_line.into(),
        standard.deprivations_for_poor.into(),
        standard.effective_from.into(),
        standard.effective_to.into(),
        standard.basis.into(),
        standard.source.as_str().into(),
        limit(|scores| scores.rural_line),
        limit(|scores| scores.urban_line),
        limit(|scores| scores.points_a_deprivation),
        limit(|scores| scores.for_poor),
        scores.map_or(Basis::Unknown, |scores| scores.basis).into(),
        scores.map(|scores| scores.source.as_str()).into(),
    ]
}
