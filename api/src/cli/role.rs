//! `ansinh role`.

use ansinh::identity::purposes;
use ansinh::startup::App;
use clap::{Args, Subcommand};
use entity::enums::Purpose;

use super::{Problem, migrate};

#[derive(Subcommand)]
pub enum Role {
    /// Say what a role may be used for, and whether each request must name it in the header X-Purpose.
    Purposes(Purposes),
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
    migrate::must_be_current(app).await?;
    app.prepare().await?;
    match order {
        Role::Purposes(Purposes { code, allow, required, .. }) => {
            Ok(purposes::set_purposes(&app.db, &code, allow.into_iter().collect(), required).await?)
        }
    }
}

fn purpose(code: &str) -> Result<Purpose, String> {
    Purpose::parse(code).ok_or_else(|| format!("the purposes are {}", Purpose::NAMES.join(", ")))
}
