//! `ansinh statistics`.

use ansinh::plan::{closing, kept};
use ansinh::startup::App;
use clap::Subcommand;

use super::{Problem, migrate, print};

#[derive(Subcommand)]
pub enum Statistics {
    /// Close yesterday, if it isn't closed yet, and print the day.
    Close,
    /// Count the rows of the register and compare them with the figures that are kept; fails where they differ.
    Verify,
    /// Count the rows of the register and keep what they give. Writers wait meanwhile.
    Recount,
}

pub async fn run(app: &App, command: Statistics) -> Result<(), Problem> {
    migrate::must_be_current(app).await?;
    match command {
        Statistics::Close => match closing::close_yesterday(app).await? {
            Some(day) => print(&format!("closed  {day}\n")),
            None => print("Yesterday was closed before; what is closed stays.\n"),
        },
        Statistics::Verify => verify(app).await,
        Statistics::Recount => {
            kept::count_anew(app).await?;
            print(AGREED)
        }
    }
}

const AGREED: &str = "The figures are what the rows give.\n";

async fn verify(app: &App) -> Result<(), Problem> {
    let differences = kept::differences(app).await?;
    for kept::Difference { unit, measure, day, kept, counted } in &differences {
        print(&format!("{unit}  {measure}  from {day} on: kept {kept}, counted {counted}\n"))?;
    }
    match differences.len() {
        0 => print(AGREED),
        count => Err(Problem::Failed(format!(
            "{count} figures are not what the rows give: \"ansinh statistics recount\" puts them right."
        ))),
    }
}
