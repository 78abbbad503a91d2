//! What partners can rely on, asked over HTTP on both databases. `fixture.rs` is the register that most of it reads.

mod as_of;
mod bad_input;
mod closed_statistics;
mod concurrency;
mod contract;
mod declared;

mod differential;
mod documents;
mod durability;
mod explain;
mod filters;
mod fixture;
mod household;
mod identity;
mod loan;
mod model_project;
mod mutations;
mod need;
mod number_look_up;
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
