//! Figures of the register by district or commune: sub-selects over the unit `{t}`. `kept.rs` keeps what they sum up.

use chrono::SecondsFormat;
use serde_json::Value;

use crate::{
    access::{Need, Permission, Viewer},
    clock,
    error::Result,
    read::compute::Inputs,
};

/// Counts below this are hidden from those who see statistics only (`rules.md` D11).
pub const SMALLEST_COUNT: i64 = 5;

/// A figure of the unit today, as the triggers of the register's tables keep it (`m0021_kept_figures`).
macro_rules! kept {
    ($measure:literal) => {
        concat!(
            "(SELECT COALESCE(sum(k.amount), 0) FROM kept_figure k WHERE k.unit_id = {t}.id AND k.measure = '",
            $measure,
            "' AND k.day <= {day})"
        )
    };
}

pub const HOUSEHOLDS: &str = kept!("HOUSEHOLDS");
pub const POOR: &str = kept!("POOR");
pub const NEAR_POOR: &str = kept!("NEAR_POOR");
pub const NEWLY_ESCAPED: &str = kept!("NEWLY_ESCAPED");
pub const PERSONS: &str = kept!("PERSONS");
pub const INSURED_PERSONS: &str = kept!("INSURED_PERSONS");
pub const LOANS_OUTSTANDING: &str = kept!("LOANS_OUTSTANDING");
pub const LOANS_OVERDUE: &str = kept!("LOANS_OVERDUE");
pub const BENEFITS_PAID: &str = kept!("BENEFITS_PAID");
pub const ASSISTANCE_PAID: &str = kept!("ASSISTANCE_PAID");

/// Of the figures that count households or persons, for the printed policy.
pub const FEW: &str = "to the bank for 1 to 4";

/// A count of households or persons.
pub fn count(inputs: &Inputs<'_>) -> Result<Value> {
    Ok(counted(inputs.viewer, Permission::HouseholdRead, inputs.integer(0), false))
}

/// Insured persons, and all persons: the uninsured are the difference, and are hidden with them.
pub fn insured(inputs: &Inputs<'_>) -> Result<Value> {
    let uninsured = inputs.integer(1).unwrap_or_default() - inputs.integer(0).unwrap_or_default();
    Ok(counted(inputs.viewer, Permission::InsuranceRead, inputs.integer(0), is_small(uninsured)))
}

/// A live figure is for who can look at its records one by one: two looks at it tell what a household has done between
/// them. Of households and persons the bank sees only those that it needs; it gets their number unless that is small.
fn counted(viewer: &Viewer, permission: Permission, count: Option<i64>, tells: bool) -> Value {
    let shown = match viewer.need {
        Need::Everyone => true,
        Need::Credit => !tells && !is_small(count.unwrap_or_default()),
        Need::Nobody => false,
    };
    given(shown && viewer.may(permission), count)
}

/// A sum of loans. They are the bank's own records, and it sees all of them.
pub fn lent(inputs: &Inputs<'_>) -> Result<Value> {
    let seen = inputs.viewer.need != Need::Nobody && inputs.viewer.may(Permission::LoanRead);
    Ok(given(seen, inputs.integer(0)))
}

/// A sum of benefits, and what of it is monthly or urgent social assistance. That is left out for everybody: of what is left nobody can
/// work it out by the benefits that they see.
pub fn paid(inputs: &Inputs<'_>) -> Result<Value> {
    let rest = inputs.integer(0).unwrap_or_default() - inputs.integer(1).unwrap_or_default();
    Ok(given(sees_benefits(inputs.viewer), Some(rest)))
}

/// A sum of monthly and urgent social assistance.
pub fn assisted(inputs: &Inputs<'_>) -> Result<Value> {
    let seen = sees_benefits(inputs.viewer) && inputs.viewer.may(Permission::ProtectedCategoryRead);
    Ok(given(seen, inputs.integer(0)))
}

fn sees_benefits(viewer: &Viewer) -> bool {
    viewer.need == Need::Everyone && viewer.may(Permission::BenefitRead)
}

/// None at all is no secret of anybody's.
const fn is_small(count: i64) -> bool {
    0 < count && count < SMALLEST_COUNT
}

fn given(shown: bool, figure: Option<i64>) -> Value {
    if shown { Value::from(figure.unwrap_or_default()) } else { Value::Null }
}

pub fn as_of(inputs: &Inputs<'_>) -> Result<Value> {
    let instant = clock::from_micros(inputs.integer(0).unwrap_or_default());
    Ok(Value::String(instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
}
