//! Trusted documents: the operations that a client has registered, by the SHA-256 of their text. A client may be
//! bound to them, so that whoever steals its token can't ask anything else.
//!
//! `known.rs` finds a document for a request; `service.rs` registers and restricts for an agency's administrator,
//! `server.rs` for the command line.

mod known;
mod mutation;
pub mod server;
mod service;

pub use known::{Digest, Known};
pub use mutation::OperationsMutation;
