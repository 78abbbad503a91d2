//! Sponsors, what they pledge and give, and the households that they look after.
//!
//! The contract has none of this yet; the types follow its style (`docs/contract.md`).

mod graphql;
mod projection;

pub use graphql::{Gift, Pledge, Sponsor, Sponsorship, SponsorshipQuery};
pub use projection::{GIFT, PLEDGE, SPONSOR, SPONSORSHIP};
