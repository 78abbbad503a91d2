//! The plan of a year, its indicators, tasks and reports, and the statistics of the register.
//!
//! Start with `projection.rs` for what is read, `service.rs` for what can be recorded, `closing/` for the figures of a
//! day as those get them who see statistics only, `kept.rs` for the live ones.

pub mod closing;
mod graphql;
mod input;
pub mod kept;
mod mutation;
mod projection;
mod rules;
mod service;
mod sponsored;
mod statistics;

pub use graphql::{Indicator, PlanQuery, ReportObligation};
pub use mutation::PlanMutation;
pub use projection::{CLOSED_STATISTICS, PLAN, REPORT_OBLIGATION, STATISTICS_ROW};
