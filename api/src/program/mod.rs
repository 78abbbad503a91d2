//! Support programs and the benefits granted under them.
//!
//! Start with `projection.rs` for what is read, `service.rs` for the steps of a benefit from proposal to payment.

pub mod eligibility;
mod filter;
pub mod funding;
mod graphql;
mod input;
mod projection;
mod rules;

pub use filter::{BenefitFilter, benefit_filter};
pub use graphql::{Benefit, Program, ProgramQuery};
pub use input::FundingShareInput;
pub use projection::{BENEFIT, BENEFIT_PAYMENT, FUNDING_LINE, PROGRAM, funding_share};
