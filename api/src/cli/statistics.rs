//! `ansinh statistics`.

use ansinh::plan::closing;
use ansinh::startup::App;
use clap::Subcommand;

use super::{Problem, migrate, print};

#[derive(Subcommand)]
pub enum Statistics {
    /// Close yesterday, if it isn't closed yet, and print the day.
    Close,
}

pub async fn run(app: &App, command: Statistics) -> Result<(), Problem> {
    match command {
        Statistics::Close => {
            migrate::must_be_current(app).await?;
            match closing::close_yesterday(app).await? {
                Some(day) => print(&format!("closed  {day}\n")),
                None => print("Yesterday was closed before; what is closed stays.\n"),
            }
        }
    }
}
