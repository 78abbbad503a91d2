//! Figures of the register by district or commune: sub-selects over the unit `{t}`.

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

/// The same figure by the column that the unit's level is kept in.
macro_rules! by_unit {
    ($select:literal, $column:literal, $($rest:tt)*) => {
        concat!(
            "(CASE {t}.level WHEN 'DISTRICT' THEN (SELECT ", $select, $column, "district_id = {t}.id", $($rest)*,
            ") ELSE (SELECT ", $select, $column, "commune_id = {t}.id", $($rest)*, ") END)"
        )
    };
}

macro_rules! households_of_class {
    ($class:literal) => {
        by_unit!(
            "count(*) FROM household h WHERE ",
            "h.",
            concat!(
                " AND h.dissolved_on IS NULL \
                 AND CASE WHEN h.next_class_on <= {day} THEN h.next_class ELSE h.poverty_class END = '",
                $class,
                "'"
            )
        )
    };
}

pub const HOUSEHOLDS: &str = by_unit!("count(*) FROM household h WHERE ", "h.", " AND h.dissolved_on IS NULL");
pub const POOR: &str = households_of_class!("POOR");
pub const NEAR_POOR: &str = households_of_class!("NEAR_POOR");
pub const NEWLY_ESCAPED: &str = households_of_class!("NEWLY_ESCAPED");
pub const PERSONS: &str =
    by_unit!("count(*) FROM person p WHERE ", "p.", " AND p.household_id IS NOT NULL AND p.died_on IS NULL");
pub const INSURED_PERSONS: &str = by_unit!(
    "count(*) FROM person p WHERE ",
    "p.",
    " AND p.household_id IS NOT NULL AND p.died_on IS NULL AND EXISTS (SELECT 1 FROM insurance_coverage c \
     WHERE c.person_id = p.id AND c.kind = 'HEALTH' AND c.valid_from <= {day} \
     AND (c.valid_to IS NULL OR c.valid_to >= {day}))"
);
pub const LOANS_OUTSTANDING: &str = by_unit!("COALESCE(sum(l.outstanding_principal), 0) FROM loan l WHERE ", "l.", "");
pub const LOANS_OVERDUE: &str = by_unit!("COALESCE(sum(l.overdue_principal), 0) FROM loan l WHERE ", "l.", "");
pub const BENEFITS_PAID: &str = by_unit!("COALESCE(sum(b.paid_amount), 0) FROM benefit b WHERE ", "b.", "");

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

/// A sum of benefits.
pub fn paid(inputs: &Inputs<'_>) -> Result<Value> {
    let seen = inputs.viewer.need == Need::Everyone && inputs.viewer.may(Permission::BenefitRead);
    Ok(given(seen, inputs.integer(0)))
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
