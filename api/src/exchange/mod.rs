//! What makes the register interagency: every write in one transaction with its audit entry and change event, and
//! retries that return the first answer.
//!
//! Start with `write.rs`; services write through [`Write`] and nothing else. `ledger.rs` keeps what is read,
//! `server.rs` what commands on the server did; `joint.rs` has small writes share a transaction.

mod idempotency;
pub mod items;
pub mod joint;
pub mod ledger;
pub mod server;
mod write;

pub use idempotency::{Keyed, once, once_if_keyed, once_together};
pub use write::{Asked, Subject, Write, same_version};
