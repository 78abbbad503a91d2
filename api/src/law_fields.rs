//! Fields that all rows of law show alike.

use serde_json::Value;

use crate::{
    error::Result,
    place::AGENCY,
    read::{
        compute::Inputs,
        projection::{Field, column, computed, one},
    },
};

/// From when on a version holds.
pub const EFFECTIVE_FROM: Field = column("effectiveFrom", "Date!", "effective_from").public().doc("First day.");

/// Until when it holds.
pub const EFFECTIVE_TO: Field =
    column("effectiveTo", "Date", "effective_to").public().doc("Last day; null while it lasts.");

/// What `expectedVersion` is held against.
pub const VERSION: Field = column("version", "Int!", "version").public().doc("Counts the writes.");

/// Who wrote a row of law.
pub const RECORDED_BY: Field = one("recordedBy", "Agency", &AGENCY, "{c}.id = {t}.recorded_by")
    .public()
    .doc("The agency that recorded or corrected it; null for what came with the service.");

/// Whether one of a row's numbers was not read in the law or in published text.
pub const UNVERIFIED: Field = computed("unverified", "Boolean!", &["{t}.basis"], unverified)
    .public()
    .doc("Known, and not checked against the law.");

fn unverified(inputs: &Inputs<'_>) -> Result<Value> {
    Ok(Value::Bool(inputs.text(0) == Some("UNKNOWN")))
}
