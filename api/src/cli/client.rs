//! `ansinh client`, `ansinh agency-admin`.

use ansinh::identity::command::{self, NewClient};
use ansinh::startup::App;
use clap::{Args, Subcommand};

use super::{Problem, print};

#[derive(Subcommand)]
pub enum Client {
    /// Print every client: status, agency, scope, number of tokens, roles, name.
    List,
    /// Make a client that waits to be activated: by its agency, or here.
    Create(Create),
    /// Take a client into use, and print its secret where it gets its first. It is stored nowhere.
    Activate {
        /// Name of the client.
        #[arg(long, value_name = "NAME")]
        name: String,
    },
    /// Shut a client out for good, with its tokens.
    Disable {
        /// Name of the client.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Kept with the client.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Args)]
pub struct Create {
    /// Unique.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Code of the agency that owns it.
    #[arg(long, value_name = "CODE")]
    agency: String,
    /// Code of a role that its tokens may hold. Give it once for each role.
    #[arg(long = "role", value_name = "CODE", required = true)]
    roles: Vec<String>,
    /// Code of the widest unit of its tokens: province, district or commune.
    #[arg(long, value_name = "UNIT")]
    scope: String,
}

#[derive(Args)]
pub struct AgencyAdmin {
    /// Code of the agency.
    #[arg(long, value_name = "CODE")]
    agency: String,
    /// Name of the client that is made; "CODE agency_admin" where it is left out.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Code of the unit whose clients it administers.
    #[arg(long, value_name = "UNIT", default_value = "83")]
    scope: String,
}

pub async fn run(app: &App, order: Client) -> Result<(), Problem> {
    match order {
        Client::List => list(app).await,
        Client::Create(Create { name, agency, roles, scope }) => {
            let new = NewClient { name: &name, agency: &agency, roles: &roles, scope: &scope };
            Ok(command::create_client(app, &new).await?)
        }
        Client::Activate { name } => match command::activate_client(app, &name).await? {
            Some(secret) => print(&format!("{}\n", secret.reveal())),
            None => Ok(()),
        },
        Client::Disable { name, reason } => Ok(command::disable_client(app, &name, reason.as_deref()).await?),
    }
}

/// The name comes last: it may hold spaces.
async fn list(app: &App) -> Result<(), Problem> {
    let lines = command::clients(app).await?.into_iter().map(|client| {
        let roles = client.roles.unwrap_or_default();
        format!(
            "{:<8}  {:<10}  {:<5}  {:>4}  {roles}  {}\n",
            client.status, client.agency, client.scope, client.tokens, client.name
        )
    });
    print(&lines.collect::<String>())
}

/// Prints the token of the new administrator, alone. It is stored nowhere.
pub async fn agency_admin(app: &App, order: AgencyAdmin) -> Result<(), Problem> {
    let token = command::first_agency_admin(app, &order.agency, order.name.as_deref(), &order.scope).await?;
    print(&format!("{}\n", token.reveal()))
}
