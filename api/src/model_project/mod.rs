//! Livelihood models and pilot sites, the households in them, and their revolving capital.
//!
//! Start with `projection.rs` for what is read, `service.rs` for what can be done.

mod graphql;
mod projection;

pub use graphql::{ModelParticipation, ModelProject, ModelProjectQuery};
pub use projection::{MODEL_PARTICIPATION, MODEL_PROJECT};
