//! Policy credit: products with dated rates, loans, and their ledger.
//!
//! Start with `rules.rs` for interest and schedules, `service.rs` for the steps of a loan.

mod filter;
mod graphql;
mod projection;
mod rules;

pub use filter::{LoanFilter, loan_filter};
pub use graphql::{Loan, LoanProduct, LoanQuery, LoanTransaction};
pub use projection::{LOAN, LOAN_PRODUCT, LOAN_TRANSACTION};
