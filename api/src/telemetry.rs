//! The log: to the error stream, because the output stream carries results. Lines for people in demo mode, JSON for
//! collectors in production.

use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};

use tracing_subscriber::EnvFilter;

use crate::config::{Config, Mode};

/// Begins logging. A second call, as from a second test, changes nothing.
pub fn init(config: &Config) {
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(&config.log)).with_writer(io::stderr);
    let begun = match config.mode {
        Mode::Demo => log.with_ansi(io::stderr().is_terminal()).compact().try_init(),
        Mode::Production => log.json().flatten_event(true).try_init(),
    };
    if begun.is_ok() {
        panic::set_hook(Box::new(log_panic));
    }
}

/// A panic's message may quote the value it met, and with it a person. Only a message fixed in the code is logged.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let message = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(message withheld)");
    tracing::error!(place = panic.location().map(tracing::field::display), message, "panic");
}
