//! Policy credit: products with dated rates, loans, and their ledger.
//!
//! Start with `rules.rs` for interest and schedules (`figures.rs` reads them), `ledger.rs` for what a loan's entries come to (`books.rs` opens ledgers, `save.rs` writes what came to them), `proof.rs` for the proof
//! that loans say the same. `granting.rs` is the way to a contract (`cancel.rs` back), `eligibility.rs`, `ceiling.rs` and `split.rs` what it asks,
//! `group.rs` the savings and credit groups that vet; `service.rs` and `change.rs` are what the bank does to a running loan,
//! `opening.rs` (`again.rs` for a contract that comes again) and `repayments.rs` its batches. `classification.rs` is the yearly one of debts, `solvency.rs` the analysis of who can repay,
//! `law.rs` records and corrects what the law sets.

mod again;
mod book;
mod books;
mod cancel;
mod ceiling;
mod change;
mod charged;
mod check;
mod classification;
mod contract;
mod eligibility;
#[cfg(test)]
mod example;
mod figures;
mod filter;
mod funding;
mod granting;
mod graphql;
mod group;
mod input;
mod law;
mod law_input;
mod law_mutation;
mod law_rules;
mod law_store;
mod ledger;
mod mutation;
mod opening;
mod projection;
pub mod proof;
mod refusal;
mod repayments;
mod risk_debt;
mod rule_projection;
mod rules;
mod save;
mod service;
mod solvency;
mod split;
mod store;
mod support;

pub use classification::DEBT_CLASSIFICATION;
pub use filter::{LoanFilter, loan_filter};
pub use graphql::{Loan, LoanProduct, LoanQuery, LoanTransaction};
pub use law_mutation::LoanLawMutation;
pub use mutation::LoanMutation;
pub use projection::{LOAN, LOAN_PRODUCT, LOAN_TRANSACTION, SAVINGS_GROUP};
pub use repayments::Receipts;
pub use rule_projection::{LOAN_RULE, RISK_DEBT_RULE};
