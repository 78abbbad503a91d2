//! Policy credit: products with dated rates, loans, and their ledger.
//!
//! Start with `rules.rs` for interest and schedules, `ledger.rs` for what a loan's entries come to, `granting.rs` for
//! the way to a contract, `eligibility.rs`, `ceiling.rs` and `split.rs` for what it asks, `service.rs` and `change.rs` for what the bank does to a running loan, `opening.rs` and `repayments.rs` for
//! its batches.

mod book;
mod ceiling;
mod change;
mod check;
mod contract;
mod eligibility;
mod filter;
mod funding;
mod granting;
mod graphql;
mod input;
mod ledger;
mod mutation;
mod opening;
mod projection;
mod refusal;
mod repayments;
mod risk_debt;
mod rule_projection;
mod rules;
mod service;
mod split;
mod store;

pub use filter::{LoanFilter, loan_filter};
pub use graphql::{Loan, LoanProduct, LoanQuery, LoanTransaction};
pub use mutation::LoanMutation;
pub use projection::{LOAN, LOAN_PRODUCT, LOAN_TRANSACTION};
pub use rule_projection::{LOAN_RULE, RISK_DEBT_RULE};
