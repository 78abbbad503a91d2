//! `ansinh migrate`.

use ansinh::error::Failure;
use ansinh::startup::App;
use clap::Subcommand;
use migration::{MigrationStatus, Migrator, MigratorTrait};

use super::{Problem, print};

#[derive(Subcommand)]
pub enum Migrate {
    /// Apply every step that is not applied yet, and load the reference data.
    Up,
    /// Undo the last steps. Their tables are dropped with what is in them.
    Down {
        /// How many steps to undo.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        steps: u32,
        /// Undo them all, down to an empty database.
        #[arg(long, conflicts_with = "steps")]
        all: bool,
    },
    /// Print each step and whether it is applied.
    Status,
}

pub async fn run(app: &App, command: Migrate) -> Result<(), Problem> {
    match command {
        Migrate::Up => up(app).await,
        Migrate::Down { steps, all } => {
            let steps = if all { None } else { Some(steps) };
            Ok(Migrator::down(&app.db.connection, steps).await.map_err(Failure::from)?)
        }
        Migrate::Status => status(app).await,
    }
}

/// The newest structure, with the reference data of this version.
pub async fn up(app: &App) -> Result<(), Problem> {
    Migrator::up(&app.db.connection, None).await.map_err(Failure::from)?;
    Ok(app.prepare().await?)
}

/// Refuses a database that lacks steps: the service would fail on it request by request.
pub async fn must_be_current(app: &App) -> Result<(), Problem> {
    let pending = Migrator::get_pending_migrations_read_only(&app.db.connection).await.map_err(Failure::from)?;
    match pending.len() {
        0 => Ok(()),
        count => Err(Problem::Failed(format!(
            "The database lacks {count} migration steps of this version: run \"ansinh migrate up\" first."
        ))),
    }
}

async fn status(app: &App) -> Result<(), Problem> {
    let steps = Migrator::get_migration_with_status_read_only(&app.db.connection).await.map_err(Failure::from)?;
    let lines = steps.iter().map(|step| match step.status() {
        MigrationStatus::Applied => format!("applied  {}\n", step.name()),
        MigrationStatus::Pending => format!("pending  {}\n", step.name()),
    });
    print(&lines.collect::<String>())
}
