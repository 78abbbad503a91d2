//! The report calendar: who owes which report for which period, and before which day.
//!
//! The data lists the reports in the order in which they fall due, which is not that of their periods (discrepancy
//! D27), and the rows keep it. A report is due *before* its day: that day itself is late.

use chrono::NaiveDate;
use sea_orm::{DatabaseTransaction, DbErr};
use serde::Deserialize;

use super::upsert::{Ids, Row, Table};

/// The submission is the users', and so is the note once they have written one.
const TABLE: Table = Table {
    name: "report_obligation",
    key: &["plan_id", "code", "reporter_id", "COALESCE(reporter_unit_id, 0)"],
    columns: &[
        "plan_id",
        "code",
        "period_start",
        "period_end",
        "due_before",
        "reporter_id",
        "reporter_unit_id",
        "position",
    ],
    initial: &["note"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub code: String,
    /// None, like the end and the day, where the plan gives no date.
    pub period_start: Option<NaiveDate>,
    pub period_end: Option<NaiveDate>,
    pub due_before: Option<NaiveDate>,
    /// Agencies that owe one report each.
    pub reporters: Vec<String>,
    /// The agency that stands for a body in every district, each of which owes its own report.
    pub district_reporter: Option<String>,
    pub note: Option<String>,
}

/// One report of one body.
pub struct Obligation<'a> {
    pub report: &'a Report,
    pub reporter: &'a str,
    /// The key of the reporter's district, where it stands for many.
    pub unit: Option<&'a str>,
}

pub fn obligations<'a>(reports: &'a [Report], districts: &'a [String]) -> Vec<Obligation<'a>> {
    let mut obligations = Vec::new();
    for report in reports {
        let agencies = report.reporters.iter().map(|reporter| Obligation { report, reporter, unit: None });
        obligations.extend(agencies);
        if let Some(reporter) = &report.district_reporter {
            obligations.extend(districts.iter().map(|unit| Obligation { report, reporter, unit: Some(unit) }));
        }
    }
    obligations
}

pub async fn write(
    tx: &DatabaseTransaction,
    plan: i64,
    obligations: &[Obligation<'_>],
    agencies: &Ids,
    units: &Ids,
) -> Result<(), DbErr> {
    let mut rows = Vec::new();
    for (position, obligation) in (1_i32..).zip(obligations) {
        let reporter = agencies.of(obligation.reporter)?;
        let unit = obligation.unit.map(|unit| units.of(unit)).transpose()?;
        rows.push(row(plan, position, obligation.report, reporter, unit));
    }
    TABLE.write(tx, rows).await?;
    Ok(())
}

fn row(plan: i64, position: i32, report: &Report, reporter: i64, unit: Option<i64>) -> Row {
    vec![
        plan.into(),
        report.code.as_str().into(),
        report.period_start.into(),
        report.period_end.into(),
        report.due_before.into(),
        reporter.into(),
        unit.into(),
        position.into(),
        report.note.as_deref().into(),
    ]
}
