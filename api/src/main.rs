//! The command line. Results go to the output stream; progress, log and complaints to the error stream.

mod cli;

use std::process::ExitCode;

/// A request makes some thousand small allocations; the system's allocator takes a fifth of its time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
