//! What the law asks of policy credit beside each product: ceilings over several products, single numbers, and what may be
//! done about a risk debt by how much was lost.
//!
//! `source` ends with how certain its facts are, as with the products (`loan_product.rs`): S, F, or K with what is known and
//! not checked. `basis` is UNKNOWN where one of a row's numbers rests on K; the schema shows such a row as unverified.

use chrono::NaiveDate;
use entity::enums::{Basis, LoanChange};
use sea_orm::{DatabaseTransaction, DbErr};
use serde::Deserialize;

use super::upsert::{Links, Row, Table};

const CEILINGS: Table = Table {
    name: "loan_ceiling",
    key: &["code", "effective_from"],
    columns: &["code", "name", "max_amount", "basis", "source", "effective_from", "effective_to"],
    initial: &[],
};

const CEILING_PRODUCTS: Links =
    Links { name: "loan_ceiling_product", owner: "ceiling_id", columns: &["ceiling_id", "product_code"] };

const RULES: Table = Table {
    name: "loan_rule",
    key: &["code", "effective_from"],
    columns: &["code", "name", "value", "basis", "source", "effective_from", "effective_to"],
    initial: &[],
};

const RISK_DEBT: Table = Table {
    name: "risk_debt_rule",
    key: &["code", "effective_from"],
    columns: &[
        "code",
        "change",
        "damage_from",
        "damage_below",
        "term_from",
        "term_to",
        "max_months",
        "max_term_percent",
        "basis",
        "source",
        "effective_from",
        "effective_to",
    ],
    initial: &[],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditRules {
    pub ceilings: Vec<Ceiling>,
    pub rules: Vec<Rule>,
    pub risk_debt: Vec<RiskDebtRule>,
}

/// What a household may owe in several products together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceiling {
    pub code: String,
    pub name: String,
    /// Đồng.
    pub max_amount: i64,
    /// Codes of products.
    pub products: Vec<String>,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
    pub basis: Basis,
    pub source: String,
}

/// One number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub code: String,
    pub name: String,
    /// A canonical decimal, in what the name says.
    pub value: String,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
    pub basis: Basis,
    pub source: String,
}

/// A band of damages, in percent, and what it allows for loans of a term.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskDebtRule {
    pub code: String,
    pub change: LoanChange,
    pub damage_from: i32,
    pub damage_below: Option<i32>,
    /// Months.
    pub term_from: i32,
    pub term_to: Option<i32>,
    pub max_months: Option<i32>,
    /// Of the loan's term.
    pub max_term_percent: Option<i32>,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
    pub basis: Basis,
    pub source: String,
}

pub async fn write(tx: &DatabaseTransaction, data: &CreditRules) -> Result<(), DbErr> {
    for ceiling in &data.ceilings {
        let stored = CEILINGS.write_unrecorded(tx, vec![ceiling_row(ceiling)]).await?;
        for row in stored {
            let id: i64 = row.try_get("", "id")?;
            let products = ceiling.products.iter().map(|code| vec![id.into(), code.as_str().into()]);
            CEILING_PRODUCTS.replace(tx, [id], products.collect()).await?;
        }
    }
    RULES.write_unrecorded(tx, data.rules.iter().map(rule_row).collect()).await?;
    RISK_DEBT.write_unrecorded(tx, data.risk_debt.iter().map(risk_debt_row).collect()).await?;
    Ok(())
}

fn ceiling_row(ceiling: &Ceiling) -> Row {
    vec![
        ceiling.code.as_str().into(),
        ceiling.name.as_str().into(),
        ceiling.max_amount.into(),
        ceiling.basis.into(),
        ceiling.source.as_str().into(),
        ceiling.from.into(),
        ceiling.to.into(),
    ]
}

fn rule_row(rule: &Rule) -> Row {
    vec![
        rule.code.as_str().into(),
        rule.name.as_str().into(),
        rule.value.as_str().into(),
        rule.basis.into(),
        rule.source.as_str().into(),
        rule.from.into(),
        rule.to.into(),
    ]
}

fn risk_debt_row(rule: &RiskDebtRule) -> Row {
    vec![
        rule.code.as_str().into(),
        rule.change.into(),
        rule.damage_from.into(),
        rule.damage_below.into(),
        rule.term_from.into(),
        rule.term_to.into(),
        rule.max_months.into(),
        rule.max_term_percent.into(),
        rule.basis.into(),
        rule.source.as_str().into(),
        rule.from.into(),
        rule.to.into(),
    ]
}
