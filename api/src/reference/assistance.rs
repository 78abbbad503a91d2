//! Social assistance: the dated standard levels, the coefficients of monthly assistance by ground, and what urgent help gives.
//!
//! `source` ends with the certainty: F found in published text, K known and not checked (K+ fairly sure). `basis` is UNKNOWN
//! where a figure rests on K: it isn't verified, and answers say so.

use chrono::NaiveDate;
use entity::enums::{AssistanceGround, Basis, UrgentHelpKind};
use sea_orm::{DatabaseTransaction, DbErr};
use serde::Deserialize;

use super::upsert::Table;

const LEVELS: Table = Table {
    name: "assistance_level",
    key: &["effective_from"],
    columns: &["amount", "basis", "source", "effective_from"],
    initial: &[],
};

const COEFFICIENTS: Table = Table {
    name: "assistance_coefficient",
    key: &["code", "effective_from"],
    columns: &["code", "coefficient", "level", "basis", "source", "effective_from", "effective_to"],
    initial: &[],
};

const URGENT: Table = Table {
    name: "urgent_help_rule",
    key: &["code", "effective_from"],
    columns: &["code", "coefficient", "amount", "basis", "source", "effective_from", "effective_to"],
    initial: &[],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assistance {
    pub levels: Vec<Level>,
    pub coefficients: Vec<Coefficient>,
    pub urgent: Vec<Urgent>,
}

/// Holds until the next begins.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Đồng a month.
    pub amount: i64,
    pub from: NaiveDate,
    pub basis: Basis,
    pub source: String,
}

/// Holds until the next of its ground begins, or to its last day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coefficient {
    pub code: AssistanceGround,
    /// A canonical decimal.
    pub coefficient: String,
    /// Đồng a month that it is times of, where that isn't the standard level.
    pub level: Option<i64>,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
    pub basis: Basis,
    pub source: String,
}

/// Times the standard level, or a sum; until the next of its kind begins, or to its last day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Urgent {
    pub code: UrgentHelpKind,
    /// A canonical decimal.
    pub coefficient: Option<String>,
    /// Đồng.
    pub amount: Option<i64>,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
    pub basis: Basis,
    pub source: String,
}

pub async fn write(tx: &DatabaseTransaction, assistance: &Assistance) -> Result<(), DbErr> {
    let level =
        |level: &Level| vec![level.amount.into(), level.basis.into(), level.source.as_str().into(), level.from.into()];
    LEVELS.write_unrecorded(tx, assistance.levels.iter().map(level).collect()).await?;
    let coefficient = |row: &Coefficient| {
        vec![
            row.code.into(),
            row.coefficient.as_str().into(),
            row.level.into(),
            row.basis.into(),
            row.source.as_str().into(),
            row.from.into(),
            row.to.into(),
        ]
    };
    COEFFICIENTS.write_unrecorded(tx, assistance.coefficients.iter().map(coefficient).collect()).await?;
    let urgent = |row: &Urgent| {
        vec![
            row.code.into(),
            row.coefficient.as_deref().into(),
            row.amount.into(),
            row.basis.into(),
            row.source.as_str().into(),
            row.from.into(),
            row.to.into(),
        ]
    };
    URGENT.write_unrecorded(tx, assistance.urgent.iter().map(urgent).collect()).await?;
    Ok(())
}
