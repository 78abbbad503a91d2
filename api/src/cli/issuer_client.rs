//! `ansinh issuer-client`.

use ansinh::identity::introduce::{self, Link};
use ansinh::startup::App;
use clap::{Args, Subcommand};

use super::{Problem, migrate, print};

#[derive(Subcommand)]
pub enum IssuerClient {
    /// Say which client an outside issuer means by a name.
    Add {
        #[command(flatten)]
        named: Named,
        /// Name of the client.
        #[arg(long, value_name = "NAME")]
        client: String,
    },
    /// Print what the issuers call clients: issuer, name in the tokens, client.
    List,
    /// Take that back; the issuer's tokens of this client end.
    Remove {
        #[command(flatten)]
        named: Named,
    },
}

#[derive(Args)]
pub struct Named {
    /// The issuer, as the settings have it.
    #[arg(long, value_name = "ISSUER")]
    issuer: String,
    /// What its tokens call the client, by default in the claim azp.
    #[arg(long, value_name = "NAME")]
    subject: String,
}

pub async fn run(app: &App, command: IssuerClient) -> Result<(), Problem> {
    migrate::must_be_current(app).await?;
    match command {
        IssuerClient::Add { named, client } => Ok(introduce::link(app, &named.issuer, &named.subject, &client).await?),
        IssuerClient::List => {
            let line = |link: Link| format!("{}  {}  {}\n", link.issuer, link.subject, link.client);
            print(&introduce::links(app).await?.into_iter().map(line).collect::<String>())
        }
        IssuerClient::Remove { named } => Ok(introduce::unlink(app, &named.issuer, &named.subject).await?),
    }
}
