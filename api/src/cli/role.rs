//! `ansinh role`.

use ansinh::identity::{
    command::{self, NewRole, RoleChanges},
    purposes,
};
use ansinh::startup::App;
use clap::{Args, Subcommand};
use entity::enums::Purpose;

use super::{Problem, print};

#[derive(Subcommand)]
pub enum Role {
    /// Print every role: built in or own, days that its tokens may live, code, permissions.
    List,
    /// Make a role of the province's own.
    Create(Create),
    /// Change a role that isn't built in. What is left out stays.
    ///
    /// What it no longer allows ends at once. With more, the clients that hold it wait until they are activated again;
    /// their names are printed.
    Update(Update),
    /// Say what a role may be used for, and whether each request must name it in the header X-Purpose.
    Purposes(Purposes),
}

#[derive(Args)]
pub struct Create {
    /// Unique: small letters, digits and _.
    #[arg(long, value_name = "CODE")]
    code: String,
    /// Vietnamese name.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it allows, such as household:read. Give it once for each permission.
    #[arg(long = "permission", value_name = "CODE", required = true)]
    permissions: Vec<String>,
    /// Days that a token with this role may live, 1 to 365; 90 where it is left out.
    #[arg(long, value_name = "DAYS")]
    longest_token_days: Option<i32>,
}

#[derive(Args)]
pub struct Update {
    /// The role's code.
    #[arg(long, value_name = "CODE")]
    code: String,
    /// Vietnamese name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// All that it allows, in place of what it allowed. Give it once for each permission.
    #[arg(long = "permission", value_name = "CODE")]
    permissions: Option<Vec<String>>,
    /// Days that a token with this role may live, 1 to 365.
    #[arg(long, value_name = "DAYS")]
    longest_token_days: Option<i32>,
}

#[derive(Args)]
pub struct Purposes {
    /// Code of the role, such as bank_officer.
    #[arg(value_name = "ROLE")]
    code: String,
    /// The purposes, with commas between: LOAN_APPRAISAL,REPORTING.
    #[arg(long, value_name = "CODES", value_delimiter = ',', value_parser = purpose, required_unless_present = "any")]
    allow: Vec<Purpose>,
    /// Any purpose.
    #[arg(long, conflicts_with = "allow")]
    any: bool,
    /// Give nothing on persons to a request that names no purpose.
    #[arg(long)]
    required: bool,
}

pub async fn run(app: &App, order: Role) -> Result<(), Problem> {
    match order {
        Role::List => list(app).await,
        Role::Create(Create { code, name, permissions, longest_token_days }) => {
            let new = NewRole {
                code: &code,
                name: &name,
                permissions: &permissions,
                longest_token_days,
                purposes: &[],
                purpose_required: false,
            };
            Ok(command::create_role(app, &new).await?)
        }
        Role::Purposes(Purposes { code, allow, required, .. }) => {
            Ok(purposes::set_purposes(app, &code, allow.into_iter().collect(), required).await?)
        }
        Role::Update(Update { code, name, permissions, longest_token_days }) => {
            let (name, permissions) = (name.as_deref(), permissions.as_deref());
            let changes = RoleChanges { name, permissions, longest_token_days, ..RoleChanges::default() };
            let waiting = command::update_role(app, &code, &changes).await?;
            print(&waiting.into_iter().map(|name| name + "\n").collect::<String>())
        }
    }
}

async fn list(app: &App) -> Result<(), Problem> {
    let lines = command::roles(app).await?.into_iter().map(|listed| {
        let (role, kind) = (&listed.role, if listed.role.built_in { "built-in" } else { "own" });
        format!("{kind:<8}  {:>4}  {:<20}  {}\n", role.longest_token_days, role.code, listed.permissions.join(","))
    });
    print(&lines.collect::<String>())
}

fn purpose(code: &str) -> Result<Purpose, String> {
    Purpose::parse(code).ok_or_else(|| format!("the purposes are {}", Purpose::NAMES.join(", ")))
}
