//! `ansinh seed`.

use ansinh::config::Mode;
use ansinh::plan::{closing, kept};
use ansinh::seed::{self, Bar, SeedPlan};
use ansinh::startup::App;
use clap::Args;

use super::{Problem, migrate, print};

#[derive(Args)]
pub struct Seed {
    /// How many households to make; 3.4 people each on average.
    #[arg(long, value_name = "N")]
    households: u32,
    /// Another number makes another register.
    #[arg(long, value_name = "S", default_value_t = 2022)]
    random_seed: u64,
}

/// Makes the register and prints how many rows each table got.
pub async fn run(app: &App, order: Seed) -> Result<(), Problem> {
    if app.config.mode == Mode::Production {
        return Err(Problem::Usage("A production register takes no made-up households.".to_owned()));
    }
    migrate::up(app).await?;
    let plan = SeedPlan { households: order.households, random_seed: order.random_seed, today: app.clock.today() };
    let report = seed::run(&app.db.connection, plan, &Bar::new())
        .await
        .map_err(|error| Problem::Failed(format!("Nothing was seeded: {error}.")))?;
    closing::close_yesterday(app).await?;
    kept::fold(app).await?;
    let lines = report.rows.iter().map(|(table, rows)| format!("{rows:>10}  {table}\n"));
    print(&lines.collect::<String>())
}
