//! `ansinh keys`.

use ansinh::identity::rotation::{self, SHORTEST_OVERLAP, Unchanged};
use ansinh::startup::App;
use chrono::{SecondsFormat, TimeDelta};
use clap::{Args, Subcommand};

use super::token::period;
use super::{Problem, migrate, print};

#[derive(Subcommand)]
pub enum Keys {
    /// Print each signing key: its id, what it does, and since when it signs.
    List,
    /// Publish a new signing key that begins to sign after an overlap, and take out those that no token needs any more.
    ///
    /// Running services notice the file within a second. Where each node has a file of its own, copy it to all of them
    /// within the overlap.
    Rotate(Rotate),
}

#[derive(Args)]
pub struct Rotate {
    /// How long the new key is published before it signs: at least 10m, because partners keep the public keys for 5.
    #[arg(long, value_name = "PERIOD", default_value = "1h", value_parser = overlap)]
    overlap: TimeDelta,
    /// Make no new key: only take out the old ones whose last token has ended.
    #[arg(long, conflicts_with = "overlap")]
    retire: bool,
    /// A private key has leaked: replace all keys at once. Every token that is out ends.
    #[arg(long, conflicts_with_all = ["overlap", "retire"])]
    compromised: bool,
}

impl From<Unchanged> for Problem {
    fn from(unchanged: Unchanged) -> Self {
        match unchanged {
            Unchanged::Refused(error) => Self::Usage(error.to_string()),
            Unchanged::Failed(failure) => failure.into(),
        }
    }
}

pub async fn run(app: &App, command: Keys) -> Result<(), Problem> {
    match command {
        Keys::List => list(app),
        Keys::Rotate(order) if order.compromised => {
            rotation::replace_all(app)?;
            print("A new key signs; every token that was out has ended.\n")
        }
        Keys::Rotate(order) => {
            migrate::must_be_current(app).await?;
            if order.retire {
                let gone = rotation::retire(app).await?;
                return print(&format!("{gone} keys taken out.\n"));
            }
            let from = rotation::rotate(app, order.overlap).await?;
            print(&format!(
                "A new key is published; it signs from {}.\n",
                from.to_rfc3339_opts(SecondsFormat::Secs, true)
            ))
        }
    }
}

fn list(app: &App) -> Result<(), Problem> {
    let mut text = format!("{:<43}  {:<9}  since\n", "kid", "state");
    for key in rotation::list(app) {
        text.push_str(format!("{:<43}  {:<9}  {}", key.kid, key.state, key.since).trim_end());
        text.push('\n');
    }
    print(&text)
}

fn overlap(text: &str) -> Result<TimeDelta, String> {
    let overlap = period(text)?;
    if overlap < SHORTEST_OVERLAP { Err("at least 10m".to_owned()) } else { Ok(overlap) }
}
