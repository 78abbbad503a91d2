//! Since when a household is off the list of the poor and near-poor: who escaped is kept by the dates of the decisions.

use chrono::NaiveDate;
use serde_json::Value;

use super::rules;
use crate::{error::Result, read::compute::Inputs};

/// The first day of the first decision off the list after the last one on it, of decisions in force by the day. Where the
/// register knows of none on it, what counts is the first that calls the household newly escaped. Of expressions.
macro_rules! escaped_on {
    ($household:expr, $day:expr) => {
        concat!(
            "(SELECT min(e.effective_from) FROM poverty_review e WHERE e.household_id = ",
            $household,
            " AND e.decided_class NOT IN ('POOR', 'NEAR_POOR') AND e.effective_from <= ",
            $day,
            " AND NOT EXISTS (SELECT 1 FROM poverty_review l WHERE l.household_id = e.household_id \
               AND l.decided_class IN ('POOR', 'NEAR_POOR') AND l.effective_from > e.effective_from AND l.effective_from <= ",
            $day,
            ") AND (e.decided_class = 'NEWLY_ESCAPED' OR EXISTS (SELECT 1 FROM poverty_review l \
               WHERE l.household_id = e.household_id AND l.decided_class IN ('POOR', 'NEAR_POOR') \
               AND l.effective_from < e.effective_from)))"
        )
    };
}
pub(super) use escaped_on;

/// The same of the household that is read.
pub const ESCAPED_ON: &str = escaped_on!("{t}.id", "{day}");

/// `Household.newlyEscapedUntil`.
pub fn newly_escaped_until(inputs: &Inputs<'_>) -> Result<Value> {
    let escaped: Option<NaiveDate> = inputs.date(0)?;
    Ok(escaped.map_or(Value::Null, |on| Value::String(rules::newly_escaped_until(on).to_string())))
}
