//! The harness of the behaviour tests.
//!
//! Start with `both.rs`: a test is written once and runs on SQLite and on PostgreSQL. `database.rs` gives each test a
//! database of its own, `postgres.rs` the throw-away cluster under it, `service.rs` the service over it and its callers;
//! `graphql_js.rs` is the reference that answers are compared with, `process.rs` the binary as a process to kill, `signer.rs` somebody else's key.

pub mod both;
pub mod database;
pub mod graphql_js;
pub mod installation;
pub mod patience;
pub mod postgres;
pub mod process;
pub mod scratch;
pub mod service;
pub mod signer;
