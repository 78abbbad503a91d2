//! Inputs that record what the law and the plan set for support.

use async_graphql::{InputObject, MaybeUndefined};
use entity::enums::{AssistanceGround, Basis, FundingSource, UrgentHelpKind};

use crate::schema::scalars::{Date, Decimal, Vnd};

/// What a program pays at most from a day on: recorded anew, or in place of the limit with the rule and the first day.
#[derive(Clone, InputObject)]
pub struct RecordProgramLimitInput {
    /// The program.
    pub program_code: String,
    /// Names it within the program: TOTAL, CENTRAL.
    pub rule: String,
    /// Of the limit that is corrected; left out for a new one.
    pub expected_version: Option<i32>,
    /// Whose money counts; left out or empty: all of it.
    #[graphql(default)]
    pub sources: Vec<FundingSource>,
    /// At most so much.
    pub max_amount: Vnd,
    /// Of one person; otherwise of a household.
    pub per_person: bool,
    /// Of one year; otherwise of all years together.
    pub yearly: bool,
    /// Refuses what exceeds it; otherwise it warns.
    pub binding: bool,
    /// First day; it holds until the next of its rule begins.
    pub effective_from: Date,
    /// Last day, where it was abolished without another: nothing limits after it. Left out while it holds.
    pub effective_to: Option<Date>,
    /// STATED where the official text was read, INFERRED where it follows from it, UNKNOWN where nobody has checked it.
    pub basis: Basis,
    /// Where it was read, and how certain that is.
    pub source: String,
}

/// The standard level of social assistance from a day on: recorded anew, or in place of that of the day.
#[derive(Clone, InputObject)]
pub struct RecordAssistanceLevelInput {
    /// Of the level that is corrected; left out for a new one.
    pub expected_version: Option<i32>,
    /// A month.
    pub amount: Vnd,
    /// First day; it holds until the next begins.
    pub effective_from: Date,
    /// STATED where the official text was read, INFERRED where it follows from it, UNKNOWN where nobody has checked it.
    pub basis: Basis,
    /// Where it was read, and how certain that is.
    pub source: String,
}

/// How many standard levels a ground gives: recorded anew, or in place of the row with the ground and the first day.
#[derive(Clone, InputObject)]
pub struct RecordAssistanceCoefficientInput {
    /// What it is due for.
    pub ground: AssistanceGround,
    /// Of the row that is corrected; left out for a new one.
    pub expected_version: Option<i32>,
    /// Times the standard level, or `level`.
    pub coefficient: Decimal,
    /// A month, where the ground has an amount of its own as the social pension has; null: of the standard level. Left out: as
    /// in the row that is corrected or ended, otherwise of the standard level.
    pub level: MaybeUndefined<Vnd>,
    /// First day in force.
    pub effective_from: Date,
    /// Last day in force; left out while it isn't known.
    pub effective_to: Option<Date>,
    /// Ends the version before on the day before the first, where that would go on into this one.
    #[graphql(default)]
    pub ends_previous: bool,
    /// STATED where the official text was read, INFERRED where it follows from it, UNKNOWN where nobody has checked it.
    pub basis: Basis,
    /// Where it was read, and how certain that is.
    pub source: String,
}

/// What urgent help gives after an event: recorded anew, or in place of the row with the kind and the first day.
#[derive(Clone, InputObject)]
pub struct RecordUrgentHelpRuleInput {
    /// After what it helps.
    pub kind: UrgentHelpKind,
    /// Of the row that is corrected; left out for a new one.
    pub expected_version: Option<i32>,
    /// Times the standard level of the event's day; left out where `amount` says it.
    pub coefficient: Option<Decimal>,
    /// A sum; left out where `coefficient` says it.
    pub amount: Option<Vnd>,
    /// First day in force.
    pub effective_from: Date,
    /// Last day in force; left out while it isn't known.
    pub effective_to: Option<Date>,
    /// Ends the version before on the day before the first, where that would go on into this one.
    #[graphql(default)]
    pub ends_previous: bool,
    /// STATED where the official text was read, INFERRED where it follows from it, UNKNOWN where nobody has checked it.
    pub basis: Basis,
    /// Where it was read, and how certain that is.
    pub source: String,
}
