//! `ansinh client-key`.

use std::path::PathBuf;

use ansinh::identity::client_keys;
use ansinh::startup::App;
use clap::Subcommand;

use super::token::instant;
use super::{Problem, migrate, print};

#[derive(Subcommand)]
pub enum ClientKey {
    /// Register a public key of a client's agency, which keeps the private half, and print the key's id.
    Add {
        /// Name of the client.
        #[arg(long, value_name = "NAME")]
        client: String,
        /// File with the public key as a JSON Web Key: P-256, or RSA of 2048 to 4096 bits.
        #[arg(long, value_name = "FILE")]
        jwk: PathBuf,
    },
    /// Print the ids of a client's keys and since when it has them.
    List {
        /// Name of the client.
        #[arg(long, value_name = "NAME")]
        client: String,
    },
    /// Remove a key: what it signs is refused from now on.
    Remove {
        /// Name of the client.
        #[arg(long, value_name = "NAME")]
        client: String,
        /// The key's id.
        #[arg(long, value_name = "KID")]
        kid: String,
    },
}

pub async fn run(app: &App, command: ClientKey) -> Result<(), Problem> {
    migrate::must_be_current(app).await?;
    match command {
        ClientKey::Add { client, jwk } => {
            let text = std::fs::read_to_string(&jwk)
                .map_err(|error| Problem::Usage(format!("{} cannot be read: {error}.", jwk.display())))?;
            let kid = client_keys::add(app, &client, &text).await?;
            print(&format!("{kid}\n"))
        }
        ClientKey::List { client } => {
            let keys = client_keys::listed(app, &client).await?.into_iter();
            print(&keys.map(|(kid, since)| format!("{}  {kid}\n", instant(Some(since)))).collect::<String>())
        }
        ClientKey::Remove { client, kid } => Ok(client_keys::remove(app, &client, &kid).await?),
    }
}
