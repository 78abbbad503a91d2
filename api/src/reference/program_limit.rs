//! What a program pays a household or a person at most: dated, each with where it was read and how certain it is.
//!
//! `source` ends with the certainty: S from the plan, K known and not checked (K+ fairly sure). `basis` is STATED where the
//! plan says the figure, INFERRED where it follows from what the plan says, UNKNOWN where it rests on K.

use chrono::NaiveDate;
use entity::{
    EnumSet,
    enums::{Basis, FundingSource},
};
use sea_orm::{DatabaseTransaction, DbErr};
use serde::Deserialize;

use super::upsert::{Row, Table};

const TABLE: Table = Table {
    name: "program_limit",
    key: &["program_code", "rule", "effective_from"],
    columns: &[
        "program_code",
        "rule",
        "sources",
        "max_amount",
        "per_person",
        "yearly",
        "binding",
        "basis",
        "source",
        "effective_from",
    ],
    initial: &[],
};

/// Holds until the next of the same program and rule begins.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub program: String,
    /// Names it within the program.
    pub rule: String,
    /// Whose money counts; none: all of it.
    pub sources: Vec<FundingSource>,
    /// Đồng.
    pub max_amount: i64,
    /// Of one person; otherwise of a household.
    pub per_person: bool,
    /// Of one year; otherwise of all years together.
    pub yearly: bool,
    /// Refuses what exceeds it; otherwise it warns.
    pub binding: bool,
    pub from: NaiveDate,
    pub basis: Basis,
    pub source: String,
}

pub async fn write(tx: &DatabaseTransaction, limits: &[Limit]) -> Result<(), DbErr> {
    TABLE.write_unrecorded(tx, limits.iter().map(row).collect()).await?;
    Ok(())
}

fn row(limit: &Limit) -> Row {
    vec![
        limit.program.as_str().into(),
        limit.rule.as_str().into(),
        EnumSet::from(limit.sources.as_slice()).into(),
        limit.max_amount.into(),
        limit.per_person.into(),
        limit.yearly.into(),
        limit.binding.into(),
        limit.basis.into(),
        limit.source.as_str().into(),
        limit.from.into(),
    ]
}
