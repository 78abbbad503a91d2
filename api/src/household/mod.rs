//! Households, their people, insurance coverages and poverty reviews.
//!
//! Start with `projection.rs` for what is read, `service.rs` for what can be done.

mod check;
mod coverage;
mod filter;
mod found;
mod graphql;
mod input;
mod insurance;
mod look_up;
mod members;
mod moves;
mod mutation;
pub mod national_id;
mod order;
mod payload;
mod person;
mod projection;
mod review;
mod rules;
pub mod service;
mod standing;
pub mod store;

pub use check::not_future;
pub use filter::birthday;
pub use graphql::{Household, HouseholdQuery, Person};
pub use mutation::HouseholdMutation;
pub use projection::{HOUSEHOLD, INSURANCE_COVERAGE, MONEY_EVENT, PERSON, POVERTY_REVIEW, POVERTY_STANDARD};
