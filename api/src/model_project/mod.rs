//! Livelihood models and pilot sites, the households in them, and their revolving capital.
//!
//! Start with `projection.rs` for what is read, `service.rs` for what can be done.

mod enrol;
mod graphql;
mod input;
mod mutation;
mod pilot;
mod projection;
mod rules;
mod service;
mod store;
mod trace;

pub use graphql::{ModelParticipation, ModelProject, ModelProjectQuery};
pub use mutation::ModelProjectMutation;
pub use pilot::PILOT_COVERAGE;
pub use projection::{MODEL_PARTICIPATION, MODEL_PROJECT};
