//! The ten support programs of the plan's money annex, I to X, with their 24 funding lines; and beside the plan what the
//! law pays every year: monthly social assistance and urgent help.
//!
//! The annex has a column for the lead agency, but nothing survives in it: the leads are those that the tasks or the
//! body name for the program, and its note says where.

use entity::enums::{Basis, FundingSource, SupportPurpose};
use sea_orm::{DatabaseTransaction, DbErr};
use serde::Deserialize;

use super::{
    agency,
    upsert::{Ids, Links, Row, Table},
};

const PROGRAMS: Table = Table {
    name: "program",
    key: &["code"],
    columns: &[
        "plan_id",
        "code",
        "annex_item",
        "name",
        "name_en",
        "unit",
        "purpose",
        "planned_quantity",
        "planned_amount",
        "lead_basis",
        "position",
        "note",
    ],
    initial: &[],
};

const AGENCIES: Links =
    Links { name: "program_agency", owner: "program_id", columns: &["program_id", "agency_id", "part", "position"] };

/// Without what was allocated: that is decided later, by `allocateFunding`.
const LINES: Table = Table {
    name: "funding_line",
    key: &["program_id", "code"],
    columns: &[
        "program_id",
        "code",
        "name",
        "source",
        "quantity",
        "unit_cost",
        "amount",
        "computed",
        "position",
        "note",
    ],
    initial: &[],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    pub code: String,
    /// None of a program that no plan lists.
    pub annex_item: Option<String>,
    pub name: String,
    pub name_en: String,
    /// What the program counts: HOUSE, HOUSEHOLD, PERSON, GIFT; ACTIVITY for conferences and training.
    pub unit: String,
    pub purpose: SupportPurpose,
    /// None where the program has no single quantity.
    pub quantity: Option<i32>,
    /// None where the plan states amounts of lines only.
    pub stated_amount: Option<i64>,
    pub leads: Vec<String>,
    pub lead_basis: Basis,
    pub coordinating: Vec<String>,
    pub note: Option<String>,
    pub lines: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub code: String,
    pub name: String,
    pub source: FundingSource,
    pub quantity: Option<i32>,
    /// In đồng. Where the plan prints none it is derived, as the note then says.
    pub unit_cost: Option<i64>,
    /// As the plan states it, in đồng.
    pub amount: i64,
    pub note: Option<String>,
}

impl Program {
    pub fn planned_amount(&self) -> i64 {
        self.stated_amount.unwrap_or_else(|| self.lines.iter().map(|line| line.amount).sum())
    }
}

impl Line {
    /// Quantity by unit cost, the stated amount where one of them is missing. It need not agree with the amount: line
    /// VIII.2 states a tenth (discrepancy D02).
    pub fn computed(&self) -> i64 {
        self.quantity.zip(self.unit_cost).map_or(self.amount, |(quantity, cost)| i64::from(quantity) * cost)
    }
}

pub async fn write(tx: &DatabaseTransaction, plan: i64, programs: &[Program], agencies: &Ids) -> Result<(), DbErr> {
    let rows = (1_i32..).zip(programs).map(|(position, program)| row(plan, position, program));
    let ids = Ids::by_code(&PROGRAMS.write(tx, rows.collect()).await?)?;
    let mut lines = Vec::new();
    let mut parts = Vec::new();
    for program in programs {
        let id = ids.of(&program.code)?;
        lines.extend((1_i32..).zip(&program.lines).map(|(position, line)| line_row(id, position, line)));
        parts.push((id, &program.leads, &program.coordinating));
    }
    LINES.write(tx, lines).await?;
    agency::write_parts(tx, &AGENCIES, parts, agencies).await
}

fn row(plan: i64, position: i32, program: &Program) -> Row {
    vec![
        program.annex_item.is_some().then_some(plan).into(),
        program.code.as_str().into(),
        program.annex_item.as_deref().into(),
        program.name.as_str().into(),
        program.name_en.as_str().into(),
        program.unit.as_str().into(),
        program.purpose.into(),
        program.quantity.into(),
        program.planned_amount().into(),
        program.lead_basis.into(),
        position.into(),
        program.note.as_deref().into(),
    ]
}

fn line_row(program: i64, position: i32, line: &Line) -> Row {
    vec![
        program.into(),
        line.code.as_str().into(),
        line.name.as_str().into(),
        line.source.into(),
        line.quantity.into(),
        line.unit_cost.into(),
        line.amount.into(),
        line.computed().into(),
        position.into(),
        line.note.as_deref().into(),
    ]
}
