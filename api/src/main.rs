//! The command line. Results go to the output stream; progress, log and complaints to the error stream.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
