//! A register that looks like Ben Tre, for trying things out, for tests and for measuring.
//!
//! [`run`] fills an empty register (or one that only a seed has written to): households in the communes of the plan, their people, insurance, poverty reviews,
//! loans, benefits, model projects and sponsors. The same plan over the same reference data gives the same rows, byte for
//! byte, on both databases. Nothing in it is true of anybody: names, numbers and lives are drawn.
//!
//! Start with `make.rs`, which goes through the communes, and `household.rs`, which makes one household. `world.rs` is
//! what the seed finds in the store; `write.rs` is the only file that knows a database. What happened lies between
//! the opening of the register in 2019 and the day before `today`.
//!
//! It writes rows in bulk, in one transaction, and therefore neither change events nor audit entries: nobody did these
//! things, and nobody follows the feed of an empty register.

mod benefit;
mod calendar;
mod credit;
mod family;
mod household;
mod insurance;
mod ledger;
mod make;
mod models;
mod names;
mod numbers;
mod people;
mod place;
mod progress;
mod project;
mod random;
mod register;
mod repayment;
mod review;
mod sponsors;
mod support;
#[cfg(test)]
mod tests;
mod world;
mod write;

use std::{collections::BTreeMap, fmt};

use chrono::NaiveDate;
use sea_orm::{DatabaseConnection, DbErr};
use tokio::{sync::mpsc, task};

use make::{Batch, Maker};
pub use progress::{Bar, Progress, Silent};
use world::World;
use write::Sink;

/// More households than this the codes and personal numbers are not meant for.
pub const MOST_HOUSEHOLDS: u32 = 10_000_000;
/// Before this day the plan's year has hardly begun.
pub const EARLIEST_TODAY: NaiveDate = calendar::date(2022, 7, 1);

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct SeedPlan {
    /// 1 to [`MOST_HOUSEHOLDS`]; 3.4 people each on average.
    pub households: u32,
    pub random_seed: u64,
    /// The day on which the register is looked at, in Ben Tre; from [`EARLIEST_TODAY`] on.
    pub today: NaiveDate,
}

/// How many rows were written, by table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SeedReport {
    pub rows: BTreeMap<&'static str, u64>,
}

impl SeedReport {
    pub fn of(&self, table: &str) -> u64 {
        self.rows.get(table).copied().unwrap_or(0)
    }
}

/// Why nothing was written.
#[derive(Debug)]
pub enum SeedError {
    /// The register has households, and somebody has written to it: their number.
    InUse(i64),
    /// The plan can't be made: why.
    Plan(String),
    /// The reference data lack something: what.
    Reference(String),
    Database(DbErr),
    /// The generator stopped before its end.
    Interrupted,
}

impl fmt::Display for SeedError {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(households) => write!(
                text,
                "the register has {households} households, and somebody has written to it: seed an empty one, by another \
                 DATABASE_URL or ANSINH_DATA_DIR"
            ),
            Self::Plan(why) => write!(text, "{why}"),
            Self::Reference(what) => write!(text, "the reference data have no {what}: run the migrations first"),
            Self::Database(error) => write!(text, "the database refused the seed: {error}"),
            Self::Interrupted => write!(text, "the seed was interrupted; nothing was written"),
        }
    }
}

impl std::error::Error for SeedError {}

impl From<DbErr> for SeedError {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

impl SeedPlan {
    fn check(&self) -> Result<(), SeedError> {
        if !(1..=MOST_HOUSEHOLDS).contains(&self.households) {
            return Err(SeedError::Plan(format!("households must be 1 to {MOST_HOUSEHOLDS}")));
        }
        if self.today < EARLIEST_TODAY {
            return Err(SeedError::Plan(format!("a register can be seeded for {EARLIEST_TODAY} or later")));
        }
        Ok(())
    }
}

/// Fills a register that is empty or only seeded, or changes nothing: all rows are written in one transaction. The store must be migrated and
/// hold the reference data.
///
/// One thread makes rows while the database writes those before, so memory holds some thousand households at a time (about 130 MB), whatever their number.
pub async fn run(db: &DatabaseConnection, plan: SeedPlan, progress: &dyn Progress) -> Result<SeedReport, SeedError> {
    plan.check()?;
    let world = World::load(db).await?;
    let mut sink = Sink::open(db, plan.households).await?;
    let last_ids = sink.last_ids().await?;
    progress.start("Households", u64::from(plan.households));
    let (sender, mut batches) = mpsc::channel::<Batch>(1);
    let maker = task::spawn_blocking(move || {
        let last_id = |table: &str| last_ids.get(table).copied().unwrap_or(0);
        make::make(world, &plan, last_id, |batch| sender.blocking_send(batch).is_ok());
    });
    let mut report = SeedReport::default();
    while let Some(batch) = batches.recv().await {
        for (table, count) in batch.register.counts() {
            *report.rows.entry(table).or_default() += u64::try_from(count).unwrap_or(0);
        }
        batch.register.write(&mut sink).await?;
        progress.advance(u64::from(batch.households));
    }
    maker.await.map_err(|_| SeedError::Interrupted)?;
    progress.start("Indexes and statistics", 0);
    sink.close().await?;
    Ok(report)
}
