//! What partners can rely on, asked over HTTP on both databases. `fixture.rs` is the register that most of it reads.

mod as_of;
mod bad_input;
mod concurrency;
mod contract;
mod differential;
mod documents;
mod durability;
mod filters;
mod fixture;
mod household;
mod limits;
mod loan;
mod model_project;
mod permissions;
mod plan;
mod policy;
mod program;
mod projections;
mod relay;
mod scope;
mod semantics;
mod smoke;
mod sponsorship;
mod statements;
mod variables;
mod walk;
