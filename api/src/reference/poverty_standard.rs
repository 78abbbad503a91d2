//! The dated poverty standards: Decree 07/2021 through 2026, Decree 351/2025 from 2027.
//!
//! The standard before 2022 (Decision 59/2015) is not here: it had two income lines and called a household poor below
//! the lower one whatever its deprivations, which this rule cannot say.

use chrono::NaiveDate;
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
        "source",
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
    pub source: String,
}

pub async fn write(tx: &DatabaseTransaction, standards: &[Standard]) -> Result<(), DbErr> {
    TABLE.write(tx, standards.iter().map(row).collect()).await?;
    Ok(())
}

fn row(standard: &Standard) -> Row {
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
        standard.source.as_str().into(),
    ]
}
