//! What An Sinh costs: the release service and a floor written by hand, driven in turn over one database.
//!
//! Start at `run.rs`. `scenario.rs` says what is asked, `floor/` answers it by hand, `drive.rs` makes the load,
//! `process.rs` reads what it cost, `report.rs` prints it.

mod compare;
mod drive;
mod floor;
mod fold;
mod ground;
mod inputs;
#[path = "../../tests/src/installation.rs"]
mod installation;
mod machine;
mod memory;
mod postgres;
mod process;
mod report;
mod run;
mod scenario;
mod scratch;
mod service;
mod serving;
mod sqlite;
mod start;
mod svg;
mod tokens;
mod trouble;
mod undo;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use run::Order;
use trouble::{Result, told};

/// Measures An Sinh beside a service written by hand for the same answers, on a throw-away database.
#[derive(Parser)]
#[command(name = "bench", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    order: Order,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the floor: what the scenarios need and nothing else. The measurement starts it by itself.
    Floor(floor::Order),
    /// Measure how soon the service is ready on a database that is filled.
    Start(start::Order),
    /// Measure how much memory the service takes at rest, for the largest pages and for slow readers.
    Memory(memory::Order),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Some(Command::Floor(order)) => floor::serve(&order),
        Some(Command::Start(order)) => wait_for(start::run(order)),
        Some(Command::Memory(order)) => wait_for(memory::run(order)),
        None => wait_for(run::run(arguments.order)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("bench: {}", told(trouble.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// The load comes from one thread: two cores are all that many a machine has, and most of them are for what is measured.
fn wait_for(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
