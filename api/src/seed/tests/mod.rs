//! The register as a whole: its rows in memory, and in a database.

mod rows;
mod store;

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use super::{SeedPlan, calendar::date, make, register::Register, world::World};

/// A database in memory with the reference data and nothing else.
async fn reference_store() -> DatabaseConnection {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await.unwrap();
    Migrator::up(&db, None).await.unwrap();
    crate::reference::load(&db).await.unwrap();
    db
}

/// The reference data of this release.
pub async fn world() -> World {
    World::load(&reference_store().await).await.unwrap()
}

fn plan(households: u32, random_seed: u64) -> SeedPlan {
    SeedPlan { households, random_seed, today: date(2026, 11, 23) }
}

/// All rows of a plan at once.
async fn register(plan: SeedPlan) -> Register {
    let mut batches = Vec::new();
    make::make(
        world().await,
        &plan,
        |_| 0,
        |batch| {
            batches.push(batch.register);
            true
        },
    );
    let mut all = Register::after(|_| 0);
    for batch in batches {
        all.append(batch);
    }
    all
}
