//! What An Sinh stores: a module for each table, named after it, with typed ids, enums and sets of enums.
//!
//! The tables are grouped as in `migration/`, which has their constraints and indexes; callers write
//! `entity::household`, whatever the group. There are no relations here: reads are compiled from projections, and
//! writes look up rows by id.
//!
//! Units, unless a column says otherwise: `*_at` and `at` are microseconds since the Unix epoch, `*_to` and `ends_on`
//! are the last day in force (null while open), text called a decimal is canonical (`6.6`, never `6.60`).

pub mod enum_set;
pub mod enums;
pub mod ids;

mod closed;
mod credit;
mod credit_rules;
mod exchange;
mod identity;
mod model_projects;
mod place;
mod plans;
mod registry;
mod sponsorships;
mod support;

pub use closed::*;
pub use credit::*;
pub use credit_rules::*;
pub use enum_set::EnumSet;
pub use exchange::*;
pub use identity::*;
pub use model_projects::*;
pub use place::*;
pub use plans::*;
pub use registry::*;
pub use sponsorships::*;
pub use support::*;

#[cfg(test)]
mod tests;
