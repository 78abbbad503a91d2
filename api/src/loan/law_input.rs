//! Inputs that record what the law sets for policy credit.

use async_graphql::InputObject;
use entity::enums::{AreaKind, Basis, LoanChange, PersonCategory, PovertyClass, SupportPurpose};

use crate::schema::scalars::{Date, Decimal, Vnd};

/// One number of the law: recorded anew, or in place of the one with the code and the first day.
#[derive(Clone, InputObject)]
pub struct RecordLoanRuleInput {
    /// OVERDUE_RATE, INTEREST_SUPPORT, INTEREST_SUPPORT_ABOVE, GROUP_MIN_MEMBERS, GROUP_MAX_MEMBERS or SOLVENCY_ANALYSIS_YEARS: the
    /// numbers that something goes by.
    pub code: String,
    /// Of the row that is corrected; left out for a new one.
    pub expected_version: Option<i32>,
    /// Vietnamese name, with what the value is in.
    pub name: String,
    /// The number.
    pub value: Decimal,
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

/// The terms of a product from a day on: recorded anew, or in place of those with the code and the first day.
#[derive(Clone, InputObject)]
pub struct RecordLoanProductInput {
    /// Of the product; its versions share it.
    pub code: String,
    /// Of the version that is corrected; left out for a new one.
    pub expected_version: Option<i32>,
    /// Vietnamese name.
    pub name: String,
    /// Ceiling of one loan.
    pub max_amount: Vnd,
    /// Longest term.
    pub max_term_months: i32,
    /// How long only interest falls due, in months; below the longest term. Left out: as in the version that is corrected or
    /// ended, otherwise none.
    pub grace_months: Option<i32>,
    /// Percent a year on the first day. Another one than the product's on that day is its rate from then on.
    pub annual_rate: Decimal,
    /// Whose households may borrow; with no categories either, any.
    #[graphql(default)]
    pub eligible_classes: Vec<PovertyClass>,
    /// Who may borrow whatever the class.
    #[graphql(default)]
    pub eligible_categories: Vec<PersonCategory>,
    /// Where the household must live; left out: anywhere.
    pub eligible_area: Option<AreaKind>,
    /// What the money is for.
    pub purpose: SupportPurpose,
    /// First day of the version.
    pub effective_from: Date,
    /// Last day of it; left out while it isn't known.
    pub effective_to: Option<Date>,
    /// Ends the version before on the day before the first, where that would go on into this one.
    #[graphql(default)]
    pub ends_previous: bool,
    /// STATED where the official text was read, INFERRED where it follows from it, UNKNOWN where nobody has checked it.
    pub basis: Basis,
    /// Where it was read, and how certain that is.
    pub source: String,
}

/// A product's rate from a day on, for balances already out too: recorded anew, or in place of that of the day.
#[derive(Clone, InputObject)]
pub struct RecordLoanRateInput {
    /// The product.
    pub product_code: String,
    /// Of the rate that is corrected; left out for a new one.
    pub expected_version: Option<i32>,
    /// Percent a year.
    pub annual_rate: Decimal,
    /// First day; it holds until the next begins.
    pub effective_from: Date,
    /// STATED where the official text was read, INFERRED where it follows from it, UNKNOWN where nobody has checked it.
    pub basis: Basis,
    /// Where it was read, and how certain that is.
    pub source: String,
}

/// What a household may owe in several products together: recorded anew, or in place of the one with the code and the first
/// day.
#[derive(Clone, InputObject)]
pub struct RecordLoanCeilingInput {
    /// Names it.
    pub code: String,
    /// Of the ceiling that is corrected; left out for a new one.
    pub expected_version: Option<i32>,
    /// Vietnamese name.
    pub name: String,
    /// What a household may owe and have been granted in them together.
    pub max_amount: Vnd,
    /// The products that count against it.
    pub product_codes: Vec<String>,
    /// First day in force.
    pub effective_from: Date,
    /// Last day in force; left out while it isn't known.
    pub effective_to: Option<Date>,
    /// Whether it was abolished: after the last day nothing holds its products together. Otherwise nothing is lent of them after
    /// it, until another is recorded.
    #[graphql(default)]
    pub abolished: bool,
    /// Ends the version before on the day before the first, where that would go on into this one.
    #[graphql(default)]
    pub ends_previous: bool,
    /// STATED where the official text was read, INFERRED where it follows from it, UNKNOWN where nobody has checked it.
    pub basis: Basis,
    /// Where it was read, and how certain that is.
    pub source: String,
}

/// What may be done about a debt by how much was lost: recorded anew, or in place of the rule with the code and the first day.
#[derive(Clone, InputObject)]
pub struct RecordRiskDebtRuleInput {
    /// Names it.
    pub code: String,
    /// Of the rule that is corrected; left out for a new one.
    pub expected_version: Option<i32>,
    /// EXTENSION or FREEZE.
    pub change: LoanChange,
    /// From a damage of so many percent on.
    pub damage_from: i32,
    /// Below so many percent; left out: to the whole.
    pub damage_below: Option<i32>,
    /// For loans of so many months and more.
    pub term_from: i32,
    /// For loans of so many months and fewer; left out: any.
    pub term_to: Option<i32>,
    /// The longest time, in months.
    pub max_months: Option<i32>,
    /// The longest time, as percent of the loan's term.
    pub max_share_of_term: Option<i32>,
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
