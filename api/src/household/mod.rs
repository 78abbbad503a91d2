//! Households, their people, insurance coverages and poverty reviews.
//!
//! Start with `projection.rs` for what is read, `service.rs` for what can be done. `regular.rs` is the report on regular reviews,
//! `names.rs` keeps the names by which persons are searched.

mod check;
mod coverage;
mod days;
mod filter;
mod found;
mod graphql;
mod impact;
mod input;
mod insurance;
mod known;
mod lives;
mod look_up;
mod members;
mod moves;
mod mutation;
pub mod names;
pub mod national_id;
mod on_day;
mod order;
mod payload;
mod person;
mod projection;
mod reclassify;
mod regular;
mod review;
mod rules;
pub mod service;
mod standard;
mod standard_rules;
mod standing;
pub mod store;

pub use check::not_future;
pub(crate) use days::number;
pub use filter::birthday;
pub use graphql::{Household, HouseholdQuery, Person};
pub use impact::RECLASSIFICATION_IMPACT;
pub use lives::{Life, lives};
pub use mutation::HouseholdMutation;
pub use on_day::{HouseholdOn, PersonOn, household_on, households_on, people_on};
pub use projection::{HOUSEHOLD, INSURANCE_COVERAGE, MONEY_EVENT, PERSON, POVERTY_REVIEW, POVERTY_STANDARD};
pub use regular::REGULAR_REVIEW_REPORT;
pub use rules::{Lines, reclassified};
