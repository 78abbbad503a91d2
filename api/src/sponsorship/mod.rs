//! Sponsors, what they pledge and give, and the households that they look after.
//!
//! The contract has none of this yet; the types follow its style (`docs/contract.md`). Start with `projection.rs` for
//! what is read, `service.rs` and `giving.rs` for what can be done.

mod giving;
mod graphql;
mod input;
mod mutation;
mod projection;
mod rules;
mod service;
mod store;

pub use graphql::{Gift, Pledge, Sponsor, Sponsorship, SponsorshipQuery};
pub use mutation::SponsorshipMutation;
pub use projection::{GIFT, PLEDGE, SPONSOR, SPONSORSHIP};
