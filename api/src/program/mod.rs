//! Support programs and the benefits granted under them.
//!
//! Start with `projection.rs` for what is read. What can be done with a benefit, in its order: `proposal.rs`,
//! `decision.rs` (the steps of `workflow.rs`), `payment.rs` (the account of `account.rs`); `entitlement.rs` is who may get it, by
//! `audience.rs`, `held.rs` and `limits.rs`; `lending.rs` asks `held.rs` for the bank, `advancing.rs` for models. `assistance.rs` is monthly social assistance,
//! `monthly.rs` its benefits; `urgent.rs` is help after an event. `law.rs` records and corrects limits, levels and coefficients,
//! `urgent_law.rs` what urgent help gives, `law_paid.rs` tells what was paid by a row before. `allocation.rs` is what
//! funding lines may take, `hopes.rs` what the plan merely hopes for, `funding.rs` whose money a sum is, `spending.rs` money for no single household;
//! `mobilisation.rs` what sponsors promised and gave for it; `fives.rs` is what who sees statistics only gets of a program's sums.

mod account;
pub mod advancing;
mod allocation;
mod assistance;
pub mod assistance_due;
#[cfg(test)]
mod assistance_example;
mod assistance_grounds;
mod assistance_rates;
pub(crate) mod audience;
mod decision;
mod dues;
pub mod eligibility;
mod entitlement;
mod filter;
pub(crate) mod fives;
pub mod funding;
mod graphql;
mod held;
mod hopes;
mod input;
mod law;
mod law_input;
mod law_mutation;
mod law_paid;
mod law_projection;
pub mod lending;
mod limits;
mod mobilisation;
mod monthly;
mod mutation;
mod payment;
mod projection;
mod proposal;
mod recipients;
mod rules;
mod spending;
mod store;
mod subject;
mod urgent;
mod urgent_law;
mod workflow;

pub use fives::IN_FIVES;

use entity::ids::BenefitId;
use serde::{Deserialize, Serialize};

use crate::{exchange::items::Outcome, schema::Warning};

pub use allocation::Allocations;
pub use filter::{BenefitFilter, benefit_filter};
pub use graphql::{Benefit, Program, ProgramQuery};
pub use input::FundingShareInput;
pub use law_mutation::{SupportLawMutation, SupportLawQuery};
pub use law_projection::{ASSISTANCE_COEFFICIENT, ASSISTANCE_LEVEL, URGENT_HELP_RULE};
pub use mutation::ProgramMutation;
pub use projection::{BENEFIT, BENEFIT_PAYMENT, FUNDING_LINE, PROGRAM, funding_share};
pub use rules::not_future;
pub use spending::unit_in_scope;

/// What became of each item of a batch on benefits.
type Outcomes = Vec<Outcome<Written>>;

/// The ids of what an item wrote.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Written {
    benefit: i64,
    payment: Option<i64>,
    /// What looks wrong in it; answers that were kept before there were any have none.
    #[serde(default)]
    warnings: Vec<Warning>,
}

impl Written {
    const fn benefit(id: BenefitId, warnings: Vec<Warning>) -> Self {
        Self { benefit: id.0, payment: None, warnings }
    }

    /// By GraphQL type, for the ledger of accesses.
    fn records(&self) -> impl Iterator<Item = (&'static str, i64)> + use<> {
        let payment = self.payment.map(|id| ("BenefitPayment", id));
        [("Benefit", self.benefit)].into_iter().chain(payment)
    }
}
