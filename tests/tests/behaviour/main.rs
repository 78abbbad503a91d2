//! What partners can rely on, asked over HTTP on both databases. `fixture.rs` is the register that most of it reads.

mod as_of;
mod bad_input;
mod contract;
mod concurrency;
mod differential;
mod documents;
mod filters;
mod fixture;
mod household;
mod loan;
mod permissions;
mod policy;
mod projections;
mod relay;
mod scope;
mod semantics;
mod smoke;
mod statements;
mod variables;
mod walk;
