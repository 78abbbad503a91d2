//! `ansinh loans`.

use ansinh::{loan::proof, startup::App};
use clap::Subcommand;

use super::{Problem, migrate, print};

#[derive(Subcommand)]
pub enum Loans {
    /// Work every loan out anew from its ledger and compare; fails where they differ.
    Verify,
}

pub async fn run(app: &App, command: Loans) -> Result<(), Problem> {
    migrate::must_be_current(app).await?;
    match command {
        Loans::Verify => verify(app).await,
    }
}

/// Prints each difference as it is met.
async fn verify(app: &App) -> Result<(), Problem> {
    let (mut count, mut unprinted) = (0_u64, None);
    let loans = proof::differences(app, |difference| {
        let proof::Difference { contract_number, what, stored, derived } = difference;
        count += 1;
        if let Err(problem) = print(&format!("{contract_number}  {what}: stored {stored}, derived {derived}\n")) {
            unprinted = Some(problem);
        }
    })
    .await?;
    match (unprinted, count) {
        (Some(problem), _) => Err(problem),
        (None, 0) => print(&format!("{loans} loans are what their ledgers come to.\n")),
        (None, _) => {
            Err(Problem::Failed(format!("{count} figures of {loans} loans are not what their ledgers come to.")))
        }
    }
}
