//! Inputs of the mutations on the plan.

use async_graphql::{ID, InputObject};

use crate::{
    place::UnitRef,
    schema::scalars::{Date, Decimal},
};

/// A reading of an indicator on a day.
#[derive(Clone, InputObject)]
pub struct RecordIndicatorInput {
    /// Of the indicator, unique in its plan.
    pub code: String,
    /// The plan's year.
    pub plan_year: i32,
    /// In the indicator's unit; not negative, and a percentage not above 100.
    pub value: Decimal,
    /// The day of the figure.
    pub as_of: Date,
    /// What was counted; with the denominator or not at all.
    pub numerator: Option<Decimal>,
    /// Of how many.
    pub denominator: Option<Decimal>,
    /// Where; left out: in the whole province, which the plan's target is for.
    pub unit: Option<UnitRef>,
    /// What the figure needs said, such as what its denominator counts.
    pub note: Option<String>,
}

/// A report handed in.
#[derive(Clone, InputObject)]
pub struct SubmitReportInput {
    /// Which report of which body.
    pub obligation_id: ID,
    /// The day of its figures.
    pub as_of: Date,
    /// Whether the rest of the period is estimated.
    pub estimated: bool,
    /// What the report needs said.
    pub note: Option<String>,
}
