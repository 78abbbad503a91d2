//! `ansinh keys`.

use ansinh::clock::{Clock, SystemClock};
use ansinh::config::Config;
use ansinh::identity::keys::SigningKeys;
use ansinh::identity::rotation::{self, SHORTEST_OVERLAP, Unchanged};
use chrono::{SecondsFormat, TimeDelta};
use clap::{Args, Subcommand};

use super::token::period;
use super::{Problem, migrate, open, print, with_data_dir};

#[derive(Subcommand)]
pub enum Keys {
    /// Print each signing key: its id, what it does, and since when it signs.
    List,
    /// Publish a new signing key that begins to sign after an overlap, and take out those that no token needs any more.
    ///
    /// Running services that see this file notice within a second. Where each node has a file of its own, copy it to all
    /// of them within the overlap. A node into which the file is mounted by itself, without its folder, goes on seeing the
    /// old one until it is started anew.
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

/// Only a rotation that keeps old keys asks the database, for the last tokens that they signed.
pub async fn run(config: Config, command: Keys) -> Result<(), Problem> {
    match command {
        Keys::List => list(&keys(&config)?),
        Keys::Rotate(order) if order.compromised => {
            keys(&config)?;
            rotation::replace_all(&config, SystemClock.now())?;
            if note_replaced(config).await.is_err() {
                eprintln!(
                    "ansinh: The ledger could not be told: the database can't be reached or has another structure. Write \
                     down that the keys were replaced."
                );
            }
            print("A new key signs; for running services that see this file every token that was out has ended.\n")
        }
        Keys::Rotate(order) => {
            let app = open(config).await?;
            migrate::must_be_current(&app).await?;
            if order.retire {
                let gone = rotation::retire(&app).await?;
                return print(&format!("{gone} keys taken out.\n"));
            }
            let from = rotation::rotate(&app, order.overlap).await?;
            print(&format!(
                "A new key is published by running services that see this file; it signs from {}.\n",
                from.to_rfc3339_opts(SecondsFormat::Secs, true)
            ))
        }
    }
}

async fn note_replaced(config: Config) -> Result<(), Problem> {
    let app = open(config).await?;
    migrate::must_be_current(&app).await?;
    Ok(rotation::note(&app, "replaceKeys").await?)
}

/// The keys; the demo's are made where there are none.
fn keys(config: &Config) -> Result<SigningKeys, Problem> {
    with_data_dir(config)?;
    SigningKeys::open(config).map_err(|error| Problem::Failed(error.to_string()))
}

fn list(keys: &SigningKeys) -> Result<(), Problem> {
    let mut text = format!("{:<43}  {:<9}  since\n", "kid", "state");
    for key in rotation::list(keys, SystemClock.now()) {
        text.push_str(format!("{:<43}  {:<9}  {}", key.kid, key.state, key.since).trim_end());
        text.push('\n');
    }
    print(&text)
}

fn overlap(text: &str) -> Result<TimeDelta, String> {
    let overlap = period(text)?;
    if overlap < SHORTEST_OVERLAP { Err("at least 10m".to_owned()) } else { Ok(overlap) }
}
