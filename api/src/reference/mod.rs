//! Reference data: what the register knows before anybody writes to it.
//!
//! Administrative units in their generations, agencies, the plan of 2022 with its programs, indicators, tasks, reports
//! and discrepancies, limits of programs, coefficients of social assistance, loan products with dated rates, rules of credit,
//! poverty standards. The facts are JSON files in `data/`, one
//! record a line, embedded in the binary; each subject has a file here that reads them (pure) and writes them.
//!
//! [`load`] runs at every start. Rows are found again by their natural keys, so ids are stable, and columns that users
//! write (allocated sums, task states, submitted reports, readings) are never touched. A record that leaves the data
//! stays in the store: others may point to it, so removing it is a migration's work.

mod agency;
mod assistance;
mod credit_rule;
mod indicator;
mod loan_product;
mod plan;
mod poverty_standard;
mod program;
mod program_limit;
mod report;
mod task;
#[cfg(test)]
mod tests;
mod unit;
mod upsert;

use std::fmt::Write as _;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, Statement, TransactionTrait,
    sea_query::{Expr, ExprTrait, Query},
};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// What [`load`] found to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Loaded {
    /// The store already held this release's data.
    Unchanged,
    Written,
}

/// Brings the store's reference data to that of this binary, in one transaction. The schema must be migrated.
///
/// Cheap when nothing changed: one hash and one lookup. Nodes that start together wait for each other, and one writes.
///
/// # Errors
/// Any error of the database; nothing is written then.
pub async fn load(db: &DatabaseConnection) -> Result<Loaded, DbErr> {
    let fingerprint = fingerprint();
    if stored_fingerprint(db).await?.as_ref() == Some(&fingerprint) {
        return Ok(Loaded::Unchanged);
    }
    let reference = Reference::read()?;
    let tx = db.begin().await?;
    if lock(&tx).await? == fingerprint {
        tx.rollback().await?;
        return Ok(Loaded::Unchanged);
    }
    reference.write(&tx).await?;
    store_fingerprint(&tx, fingerprint).await?;
    tx.commit().await?;
    Ok(Loaded::Written)
}

/// The embedded data, read.
struct Reference {
    units: Vec<unit::Unit>,
    agencies: Vec<agency::Agency>,
    plan: plan::Plan,
    discrepancies: Vec<plan::Discrepancy>,
    programs: Vec<program::Program>,
    limits: Vec<program_limit::Limit>,
    indicators: Vec<indicator::Indicator>,
    tasks: Vec<task::Task>,
    reports: Vec<report::Report>,
    products: Vec<loan_product::Product>,
    credit: credit_rule::CreditRules,
    standards: Vec<poverty_standard::Standard>,
    assistance: assistance::Assistance,
}

const UNITS: &str = include_str!("data/units.json");
const AGENCIES: &str = include_str!("data/agencies.json");
const PLAN: &str = include_str!("data/plan.json");
const DISCREPANCIES: &str = include_str!("data/discrepancies.json");
const PROGRAMS: &str = include_str!("data/programs.json");
const PROGRAM_LIMITS: &str = include_str!("data/program_limits.json");
const INDICATORS: &str = include_str!("data/indicators.json");
const TASKS: &str = include_str!("data/tasks.json");
const REPORTS: &str = include_str!("data/reports.json");
const LOAN_PRODUCTS: &str = include_str!("data/loan_products.json");
const CREDIT_RULES: &str = include_str!("data/credit_rules.json");
const ASSISTANCE: &str = include_str!("data/assistance.json");
const POVERTY_STANDARDS: &str = include_str!("data/poverty_standards.json");

impl Reference {
    fn read() -> Result<Self, DbErr> {
        Ok(Self {
            units: parse(UNITS)?,
            agencies: parse(AGENCIES)?,
            plan: parse(PLAN)?,
            discrepancies: parse(DISCREPANCIES)?,
            programs: parse(PROGRAMS)?,
            limits: parse(PROGRAM_LIMITS)?,
            indicators: parse(INDICATORS)?,
            tasks: parse(TASKS)?,
            reports: parse(REPORTS)?,
            products: parse(LOAN_PRODUCTS)?,
            credit: parse(CREDIT_RULES)?,
            standards: parse(POVERTY_STANDARDS)?,
            assistance: parse(ASSISTANCE)?,
        })
    }

    async fn write(&self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        let units = unit::write(tx, &self.units).await?;
        let agencies = agency::write(tx, &self.agencies).await?;
        let plan = plan::write(tx, &self.plan, &self.discrepancies).await?;
        program::write(tx, plan, &self.programs, &agencies).await?;
        program_limit::write(tx, &self.limits).await?;
        indicator::write(tx, plan, &self.indicators, &agencies).await?;
        task::write(tx, plan, &self.tasks, &agencies).await?;
        let districts = unit::districts_on(&self.units, self.plan.issued_on);
        let obligations = report::obligations(&self.reports, &districts);
        report::write(tx, plan, &obligations, &agencies, &units).await?;
        loan_product::write(tx, &self.products).await?;
        credit_rule::write(tx, &self.credit).await?;
        poverty_standard::write(tx, &self.standards).await?;
        assistance::write(tx, &self.assistance).await
    }
}

/// The row of `reference_load` that speaks for all of it.
const NAME: &str = "reference";

fn parse<T: DeserializeOwned>(data: &str) -> Result<T, DbErr> {
    serde_json::from_str(data).map_err(|error| DbErr::Custom(format!("embedded reference data: {error}")))
}

/// SHA-256 in hexadecimal of the data and of the release, since a release may make other rows of the same data.
fn fingerprint() -> String {
    let mut hash = Sha256::new();
    for part in [
        env!("CARGO_PKG_VERSION"),
        UNITS,
        AGENCIES,
        PLAN,
        DISCREPANCIES,
        PROGRAMS,
        PROGRAM_LIMITS,
        INDICATORS,
        TASKS,
        REPORTS,
        LOAN_PRODUCTS,
        CREDIT_RULES,
        POVERTY_STANDARDS,
        ASSISTANCE,
    ] {
        hash.update(part);
        hash.update([0]);
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

async fn stored_fingerprint(db: &DatabaseConnection) -> Result<Option<String>, DbErr> {
    let query =
        Query::select().column("fingerprint").from("reference_load").and_where(Expr::col("name").eq(NAME)).take();
    db.query_one(&query).await?.map(|row| row.try_get("", "fingerprint")).transpose()
}

/// Holds every other loader off until the transaction ends, and answers the fingerprint stored by then.
///
/// A write and not a read comes first: on PostgreSQL it waits for the row of whoever loads now, on SQLite for the
/// write lock, which a transaction that began by reading could be refused.
async fn lock(tx: &DatabaseTransaction) -> Result<String, DbErr> {
    let statement = Statement::from_sql_and_values(
        tx.get_database_backend(),
        "INSERT INTO reference_load (name, fingerprint) VALUES ($1, '') \
         ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING fingerprint",
        [NAME.into()],
    );
    let row = tx.query_one_raw(statement).await?;
    row.map_or_else(|| Ok(String::new()), |row| row.try_get("", "fingerprint"))
}

async fn store_fingerprint(tx: &DatabaseTransaction, fingerprint: String) -> Result<(), DbErr> {
    let update = Query::update()
        .table("reference_load")
        .value("fingerprint", fingerprint)
        .and_where(Expr::col("name").eq(NAME))
        .take();
    tx.execute(&update).await?;
    Ok(())
}
