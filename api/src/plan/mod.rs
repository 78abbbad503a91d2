//! The plan of a year, its indicators, tasks and reports, and the statistics of the register.
//!
//! Start with `projection.rs` for what is read, `service.rs` for what can be recorded.

mod graphql;
mod input;
mod mutation;
mod projection;
mod rules;
mod service;
mod statistics;

pub use graphql::{Indicator, PlanQuery, ReportObligation};
pub use mutation::PlanMutation;
pub use projection::{PLAN, REPORT_OBLIGATION, STATISTICS_ROW};
