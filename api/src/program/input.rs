//! Inputs of the mutations on support programs and benefits.

use async_graphql::{ID, InputObject};
use entity::enums::{FundingSource, Recurrence, UrgentHelpKind};

use crate::{
    place::UnitRef,
    schema::scalars::{Date, Vnd},
};

/// The record, and the version that the change is meant for.
#[derive(Clone, InputObject)]
pub struct VersionedId {
    /// The record.
    pub id: ID,
    /// Another version stored is a CONFLICT.
    pub expected_version: i32,
}

/// A part of a sum, and whose money it is.
#[derive(Clone, InputObject)]
pub struct FundingShareInput {
    /// Whose money.
    pub source: FundingSource,
    /// A line of the program, of this source; left out for money outside the plan's lines.
    pub line_code: Option<String>,
    /// How much of the sum.
    pub amount: Vnd,
}

/// A benefit proposed.
#[derive(Clone, InputObject)]
pub struct BenefitInput {
    /// The program that pays it.
    pub program_code: String,
    /// The household that gets it.
    pub household_id: ID,
    /// The member that it is for; left out: the whole household.
    pub person_id: Option<ID>,
    /// The whole sum; for a recurring benefit the sum of one period.
    pub amount: Vnd,
    /// Once, every month or every year.
    #[graphql(default_with = "Recurrence::Once")]
    pub recurrence: Recurrence,
    /// First day; a recurring benefit needs it.
    pub starts_on: Option<Date>,
    /// Last day; left out while it lasts.
    pub ends_on: Option<Date>,
    /// Each source once; together they are the amount.
    pub funding: Vec<FundingShareInput>,
    /// After what urgent assistance helps; for the program URGENT_HELP, which needs it.
    pub event_kind: Option<UrgentHelpKind>,
    /// The day on which it happened; for the program URGENT_HELP, which needs it.
    pub event_on: Option<Date>,
    /// Why, in the officer's words.
    pub note: Option<String>,
    /// Asks that this program may pay though another one of its purpose does in the same year; the note says why. The
    /// approver decides.
    pub asks_override: Option<bool>,
}

/// Benefits proposed together.
#[derive(Clone, InputObject)]
pub struct ProposeBenefitsInput {
    /// Up to 1,000.
    pub items: Vec<BenefitInput>,
    /// A retry with the same key returns the first answer.
    pub idempotency_key: String,
}

/// One step for many benefits.
#[derive(Clone, InputObject)]
pub struct DecideBenefitsInput {
    /// Up to 1,000, each benefit once.
    pub items: Vec<VersionedId>,
    /// A retry with the same key returns the first answer.
    pub idempotency_key: String,
    /// The day of the decision; left out: today.
    pub decided_on: Option<Date>,
    /// Why; needed to reject and to cancel.
    pub note: Option<String>,
    /// Why a program may pay a household though another one of its purpose does in the same year: kept with each benefit
    /// of the batch that collides so. For approvals, by who holds `benefit:override`.
    pub override_note: Option<String>,
}

/// A payment made.
#[derive(Clone, InputObject)]
pub struct BenefitPaymentInput {
    /// The benefit, approved.
    pub benefit_id: ID,
    /// Paid.
    pub amount: Vnd,
    /// Whose money: one of the benefit's sources.
    pub source: FundingSource,
    /// The day of payment.
    pub paid_on: Date,
    /// The payer's voucher; unique for the benefit. The same payment again is UNCHANGED.
    pub reference: String,
}

/// Payments recorded together.
#[derive(Clone, InputObject)]
pub struct RecordBenefitPaymentsInput {
    /// Up to 1,000.
    pub items: Vec<BenefitPaymentInput>,
    /// A retry with the same key returns the first answer.
    pub idempotency_key: String,
}

/// Money spent under a program for no single household: bridges, classrooms, training, conferences.
#[derive(Clone, InputObject)]
pub struct RecordProgramSpendingInput {
    /// The program that paid.
    pub program_code: String,
    /// A line of the program, of this source; left out for money outside the plan's lines.
    pub line_code: Option<String>,
    /// Whose money.
    pub source: FundingSource,
    /// Spent.
    pub amount: Vnd,
    /// The day of payment.
    pub spent_on: Date,
    /// How many of what the program counts.
    pub quantity: Option<i32>,
    /// Where; left out: for the whole province.
    pub unit: Option<UnitRef>,
    /// For what.
    pub description: String,
    /// The payer's voucher; unique in the program. The same spending again changes nothing.
    pub reference: String,
}

/// What was granted to a funding line.
#[derive(Clone, InputObject)]
pub struct AllocateFundingInput {
    /// The program.
    pub program_code: String,
    /// A line of the program.
    pub line_code: String,
    /// Granted in all, not in addition; at least what is committed already.
    pub allocated: Vnd,
    /// The number of the decision.
    pub decision_number: String,
    /// The day of the decision.
    pub decided_on: Date,
}
