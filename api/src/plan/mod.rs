//! The plan of a year, its indicators, tasks and reports, and the statistics of the register.
//!
//! Start with `projection.rs` for what is read, `service.rs` for what can be recorded.

mod graphql;
mod projection;
mod rules;
mod statistics;

pub use graphql::{Indicator, PlanQuery, ReportObligation};
pub use projection::{PLAN, REPORT_OBLIGATION, STATISTICS_ROW};
