//! What a measurement stands on: a filled register in a database of its own, and the service's program.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use tokio_postgres::SimpleQueryMessage;

use crate::{
    machine::Machine,
    postgres::{self, Cluster},
    report::{Conditions, seconds, tell},
    scratch::Scratch,
    service::{self, Program},
    sqlite::Sqlite,
    trouble::{Result, While},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Database {
    Postgres,
    Sqlite,
}

#[derive(Args)]
pub struct Setup {
    /// How many households the register has; 3.4 people each.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub households: u32,
    #[arg(long, value_enum, default_value_t = Database::Postgres)]
    pub database: Database,
    /// The service to measure; without it `ansinh` beside this program, built where it is missing.
    #[arg(long, value_name = "PATH")]
    pub service: Option<PathBuf>,
    /// Keep the register in this folder, and use the one that is there.
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
}

/// Where the register is.
pub enum Store {
    Postgres(Cluster),
    Sqlite(Sqlite),
}

pub struct Ground {
    pub store: Store,
    pub program: Program,
    pub households: u32,
    /// How long it took to fill the register; none where it was found filled.
    pub seeded: Option<Duration>,
    /// Last: folders go when nothing runs in them any more.
    _folders: (Scratch, Option<Scratch>),
}

impl Ground {
    pub async fn prepare(setup: &Setup) -> Result<Self> {
        let scratch = Scratch::temporary()?;
        let kept = setup.keep.as_deref().map(Scratch::given).transpose()?;
        let home = kept.as_ref().unwrap_or(&scratch).path().to_owned();
        let store = match setup.database {
            Database::Postgres => Store::Postgres(Cluster::start(&home, scratch.path()).await?),
            Database::Sqlite => Store::Sqlite(Sqlite::at(home.join("register.db")).await?),
        };
        let program = Program::new(setup.service.as_deref(), &home.join("service"), store.url())?;
        tell(&format!("{}; {}", store.name(), program.path().display()));
        let households = setup.households;
        let mut ground = Self { store, program, households, seeded: None, _folders: (scratch, kept) };
        ground.fill().await?;
        Ok(ground)
    }

    pub fn conditions(&self) -> Conditions {
        let database_settings: &[&str] = match &self.store {
            Store::Postgres(_) => postgres::SETTINGS,
            Store::Sqlite(_) => &[],
        };
        Conditions {
            command: std::env::args().skip(1).collect::<Vec<_>>().join(" "),
            machine: Machine::of_this(),
            database: self.store.name(),
            database_settings: database_settings.iter().map(|&setting| setting.to_owned()).collect(),
            service_settings: service::SETTINGS.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            households: self.households,
            seeding_seconds: self.seeded.map(|took| took.as_secs_f64()),
        }
    }

    /// Brings the structure up to date and fills an empty register.
    async fn fill(&mut self) -> Result<()> {
        self.program.run(&["migrate", "up"])?;
        let there = self.store.rows("SELECT count(*) FROM household").await?;
        let there = there.first().and_then(|row| row.first().cloned().flatten()).unwrap_or_default();
        let asked = self.households.to_string();
        if there == asked {
            tell(&format!("the register that was kept, {there} households"));
            return Ok(());
        }
        if there != "0" {
            return Err(format!("the register that was kept has {there} households, not {asked}").into());
        }
        let began = Instant::now();
        self.program.run(&["seed", "--households", &asked])?;
        let took = began.elapsed();
        tell(&format!("{asked} households seeded in {}", seconds(took)));
        self.seeded = Some(took);
        let began = Instant::now();
        self.store.tidy().await?;
        tell(&format!("statistics of the planner made in {}", seconds(began.elapsed())));
        Ok(())
    }
}

impl Store {
    pub fn name(&self) -> String {
        match self {
            Self::Postgres(cluster) => format!("PostgreSQL {}", cluster.version),
            Self::Sqlite(file) => format!("SQLite {}", file.version),
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Postgres(cluster) => cluster.url("service"),
            Self::Sqlite(file) => file.url(),
        }
    }

    /// Rows as texts; none is null.
    pub async fn rows(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        match self {
            Self::Postgres(cluster) => {
                let answer = cluster.owner().await?.simple_query(sql).await.during(|| sql.to_owned())?;
                let rows = answer.iter().filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => {
                        Some((0..row.len()).map(|place| row.get(place).map(str::to_owned)).collect())
                    }
                    _ => None,
                });
                Ok(rows.collect())
            }
            Self::Sqlite(file) => file.rows(sql).await,
        }
    }

    /// What a database does by itself some time after much was written.
    async fn tidy(&self) -> Result<()> {
        match self {
            Self::Postgres(cluster) => Ok(cluster.owner().await?.batch_execute("VACUUM ANALYZE").await?),
            Self::Sqlite(file) => file.execute("ANALYZE").await,
        }
    }
}
