//! What makes the register interagency: every write in one transaction with its audit entry and change event, and
//! retries that return the first answer.
//!
//! Start with `write.rs`; services write through [`Write`] and nothing else. `ledger.rs` keeps what is read,
//! `server.rs` what commands on the server did.

mod idempotency;
pub mod items;
pub mod ledger;
pub mod server;
mod together;
mod write;

pub use idempotency::{once, once_if_keyed};
pub use write::{Subject, Write, same_version};
