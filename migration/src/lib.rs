//! How the store changes: one step a file, up and down, on SQLite and on PostgreSQL.
//!
//! Start with `ddl.rs`: the steps are plain SQL in which the few words that differ between the two databases are
//! written in braces. `m0001` to `m0003` are what others refer to, the rest follow the slices of the service.

mod ddl;
mod m0001_place;
mod m0002_plan;
mod m0003_registry;
mod m0004_support;
mod m0005_credit;
mod m0006_model_project;
mod m0007_sponsorship;
mod m0008_identity;
mod m0009_exchange;
mod m0010_search;
mod m0011_money_event;
mod m0012_reference;
mod m0013_clients;
mod m0014_oauth;
mod m0015_read_ledger;
mod m0016_operations;
mod m0017_closed_statistics;
mod m0018_number_look_up;
mod m0019_capital_reference;
mod m0020_ledger_aims;
mod m0021_kept_figures;
mod m0022_household_class;
mod m0025_score_limits;
mod m0026_unit_area;
mod m0027_support_rules;
mod m0028_credit_rules;
mod m0029_timeline_kinds;
mod m0030_recorded_standards;
mod m0031_recorded_credit_rules;
mod m0032_recorded_support_rules;
mod m0033_programs_beside_the_plan;
mod m0034_loan_override;
mod m0035_assistance_due;
mod m0036_grace;
mod m0038_assisted;
mod m0039_assistance_figure;
mod m0040_ledger_of_a_loan;
mod m0042_urgent_help;
mod m0043_names;
mod m0044_class_in_order;
mod m0045_abolished;
mod m0046_solvency_analysis;
mod m0047_replaced_indexes;

use sea_orm_migration::prelude::*;
pub use sea_orm_migration::{MigratorTrait, migrator::MigrationStatus};

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_place::Migration),
            Box::new(m0002_plan::Migration),
            Box::new(m0003_registry::Migration),
            Box::new(m0004_support::Migration),
            Box::new(m0005_credit::Migration),
            Box::new(m0006_model_project::Migration),
            Box::new(m0007_sponsorship::Migration),
            Box::new(m0008_identity::Migration),
            Box::new(m0009_exchange::Migration),
            Box::new(m0010_search::Migration),
            Box::new(m0011_money_event::Migration),
            Box::new(m0012_reference::Migration),
            Box::new(m0013_clients::Migration),
            Box::new(m0014_oauth::Migration),
            Box::new(m0015_read_ledger::Migration),
            Box::new(m0016_operations::Migration),
            Box::new(m0017_closed_statistics::Migration),
            Box::new(m0018_number_look_up::Migration),
            Box::new(m0019_capital_reference::Migration),
            Box::new(m0020_ledger_aims::Migration),
            Box::new(m0021_kept_figures::Migration),
            Box::new(m0022_household_class::Migration),
            Box::new(m0025_score_limits::Migration),
            Box::new(m0026_unit_area::Migration),
            Box::new(m0027_support_rules::Migration),
            Box::new(m0028_credit_rules::Migration),
            Box::new(m0029_timeline_kinds::Migration),
            Box::new(m0030_recorded_standards::Migration),
            Box::new(m0031_recorded_credit_rules::Migration),
            Box::new(m0032_recorded_support_rules::Migration),
            Box::new(m0033_programs_beside_the_plan::Migration),
            Box::new(m0034_loan_override::Migration),
            Box::new(m0035_assistance_due::Migration),
            Box::new(m0036_grace::Migration),
            Box::new(m0038_assisted::Migration),
            Box::new(m0039_assistance_figure::Migration),
            Box::new(m0040_ledger_of_a_loan::Migration),
            Box::new(m0042_urgent_help::Migration),
            Box::new(m0043_names::Migration),
            Box::new(m0044_class_in_order::Migration),
            Box::new(m0045_abolished::Migration),
            Box::new(m0046_solvency_analysis::Migration),
            Box::new(m0047_replaced_indexes::Migration),
        ]
    }
}
