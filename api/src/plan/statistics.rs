//! Figures of the register by district or commune: sub-selects over the unit `{t}`.

use chrono::SecondsFormat;
use serde_json::Value;

use crate::{access::Permission, clock, error::Result, read::compute::Inputs};

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

/// How many a sum is made of.
pub const LOANS: &str = by_unit!("count(*) FROM loan l WHERE ", "l.", " AND l.outstanding_principal > 0");
pub const LOANS_LATE: &str = by_unit!("count(*) FROM loan l WHERE ", "l.", " AND l.overdue_principal > 0");
pub const BENEFITS: &str = by_unit!("count(*) FROM benefit b WHERE ", "b.", " AND b.paid_amount > 0");

/// A count of households or persons; null where it is small and the viewer can't look at them one by one.
pub fn count(inputs: &Inputs<'_>) -> Result<Value> {
    let count = inputs.integer(0).unwrap_or_default();
    Ok(unless(is_small(count) && !inputs.viewer.may(Permission::HouseholdRead), count))
}

/// Insured persons, and all persons: the uninsured are the difference, and are hidden with them.
pub fn insured(inputs: &Inputs<'_>) -> Result<Value> {
    let (insured, persons) = (inputs.integer(0).unwrap_or_default(), inputs.integer(1).unwrap_or_default());
    let small = is_small(insured) || is_small(persons - insured);
    Ok(unless(small && !inputs.viewer.may(Permission::InsuranceRead), insured))
}

/// Sum and number of loans: what few owe tells what one owes.
pub fn lent(inputs: &Inputs<'_>) -> Result<Value> {
    sum(inputs, Permission::LoanRead)
}

/// Sum and number of benefits.
pub fn paid(inputs: &Inputs<'_>) -> Result<Value> {
    sum(inputs, Permission::BenefitRead)
}

fn sum(inputs: &Inputs<'_>, permission: Permission) -> Result<Value> {
    let (sum, of) = (inputs.integer(0).unwrap_or_default(), inputs.integer(1).unwrap_or_default());
    Ok(unless(is_small(of) && !inputs.viewer.may(permission), sum))
}

/// None at all is no secret of anybody's.
const fn is_small(count: i64) -> bool {
    0 < count && count < SMALLEST_COUNT
}

fn unless(hidden: bool, figure: i64) -> Value {
    if hidden { Value::Null } else { Value::from(figure) }
}

pub fn as_of(inputs: &Inputs<'_>) -> Result<Value> {
    let instant = clock::from_micros(inputs.integer(0).unwrap_or_default());
    Ok(Value::String(instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
}
