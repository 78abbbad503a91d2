//! The plan itself, the total it states for each source, and where it contradicts itself.

use chrono::NaiveDate;
use entity::enums::FundingSource;
use sea_orm::{DatabaseTransaction, DbErr};
use serde::Deserialize;

use super::upsert::{Ids, Table};

const PLAN: Table = Table {
    name: "plan",
    key: &["code"],
    columns: &["code", "year", "title", "title_en", "issued_on", "stated_total"],
    initial: &[],
};

const SOURCES: Table = Table {
    name: "plan_source",
    key: &["plan_id", "source"],
    columns: &["plan_id", "source", "stated", "position"],
    initial: &[],
};

const DISCREPANCIES: Table = Table {
    name: "plan_discrepancy",
    key: &["plan_id", "code"],
    columns: &[
        "plan_id",
        "code",
        "topic",
        "statement_a",
        "statement_b",
        "difference",
        "severity",
        "advice",
        "position",
    ],
    initial: &[],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub code: String,
    pub year: i32,
    pub title: String,
    pub title_en: String,
    pub issued_on: NaiveDate,
    /// The grand total the document prints, in đồng. It is not the sum of `stated`: the document lists the entrusted
    /// local capital and leaves it out of the total (discrepancy D04).
    pub stated_total: i64,
    pub stated: Vec<Stated>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    pub source: FundingSource,
    pub amount: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discrepancy {
    pub code: String,
    pub topic: String,
    pub statement_a: String,
    pub statement_b: Option<String>,
    pub difference: Option<String>,
    pub severity: String,
    pub advice: Option<String>,
}

/// Writes the plan and answers its id.
pub async fn write(tx: &DatabaseTransaction, plan: &Plan, discrepancies: &[Discrepancy]) -> Result<i64, DbErr> {
    let row = vec![
        plan.code.as_str().into(),
        plan.year.into(),
        plan.title.as_str().into(),
        plan.title_en.as_str().into(),
        plan.issued_on.into(),
        plan.stated_total.into(),
    ];
    let id = Ids::by_code(&PLAN.write(tx, vec![row]).await?)?.of(&plan.code)?;
    let sources = (1_i32..).zip(&plan.stated);
    let rows =
        sources.map(|(position, stated)| vec![id.into(), stated.source.into(), stated.amount.into(), position.into()]);
    SOURCES.write(tx, rows.collect()).await?;
    write_discrepancies(tx, id, discrepancies).await?;
    Ok(id)
}

async fn write_discrepancies(tx: &DatabaseTransaction, plan: i64, discrepancies: &[Discrepancy]) -> Result<(), DbErr> {
    let rows = (1_i32..).zip(discrepancies).map(|(position, discrepancy)| {
        vec![
            plan.into(),
            discrepancy.code.as_str().into(),
            discrepancy.topic.as_str().into(),
            discrepancy.statement_a.as_str().into(),
            discrepancy.statement_b.as_deref().into(),
            discrepancy.difference.as_deref().into(),
            discrepancy.severity.as_str().into(),
            discrepancy.advice.as_deref().into(),
            position.into(),
        ]
    });
    DISCREPANCIES.write(tx, rows.collect()).await?;
    Ok(())
}
