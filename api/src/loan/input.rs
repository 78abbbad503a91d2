//! Inputs of the mutations on loans.

use async_graphql::{ID, InputObject};
use entity::enums::{DamageRecordSigner, LoanChange, MassOrganisation, RiskDebtCause};

use crate::{
    program::FundingShareInput,
    schema::scalars::{Date, Decimal, Vnd},
};

/// A household asks; until the bank answers, the bank sees it.
#[derive(Clone, InputObject)]
pub struct RequestLoanInput {
    /// What kind of loan.
    pub product_code: String,
    /// The borrowing household.
    pub household_id: ID,
    /// A living member of it.
    pub borrower_id: Option<ID>,
    /// Principal asked for, within the product's ceiling.
    pub amount: Vnd,
    /// Within the product's longest term.
    pub term_months: i32,
    /// The day of the request; the product's terms of that day count.
    pub requested_on: Date,
    /// A retry with the same key returns the first answer.
    pub idempotency_key: Option<String>,
}

/// A savings and credit group, as its mass organisation keeps it.
#[derive(Clone, InputObject)]
pub struct RegisterSavingsGroupInput {
    /// Unique.
    pub code: String,
    /// Vietnamese name.
    pub name: String,
    /// Who runs it.
    pub organisation: MassOrganisation,
    /// Where it is.
    pub commune_code: String,
    /// The hamlet of its members.
    pub hamlet_id: Option<ID>,
    /// Fewer than 5 or more than 60 are kept with a warning.
    pub members: i32,
}

/// What changes of a group; what is left out stays.
#[derive(Clone, InputObject)]
pub struct UpdateSavingsGroupInput {
    /// The group.
    pub id: ID,
    /// The version that the update is meant for.
    pub expected_version: i32,
    /// Vietnamese name.
    pub name: Option<String>,
    /// Who runs it.
    pub organisation: Option<MassOrganisation>,
    /// Fewer than 5 or more than 60 are kept with a warning.
    pub members: Option<i32>,
}

/// A group vets a request in public (bình xét).
#[derive(Clone, InputObject)]
pub struct VetLoanInput {
    /// The loan.
    pub loan_id: ID,
    /// The version that the vetting is meant for.
    pub expected_version: i32,
    /// The group, of the household's commune.
    pub group_id: ID,
    /// The day of it.
    pub vetted_on: Date,
    /// What else is to be said.
    pub note: Option<String>,
}

/// The commune committee confirms who asks.
#[derive(Clone, InputObject)]
pub struct ConfirmLoanInput {
    /// The loan.
    pub loan_id: ID,
    /// The version that the confirmation is meant for.
    pub expected_version: i32,
    /// The day of it.
    pub confirmed_on: Date,
    /// What else is to be said.
    pub note: Option<String>,
}

/// The bank's answer to a confirmed request.
#[derive(Clone, InputObject)]
pub struct DecideLoanInput {
    /// The loan.
    pub loan_id: ID,
    /// The version that the decision is meant for.
    pub expected_version: i32,
    /// Whether the loan is granted.
    pub approve: bool,
    /// The bank's number, needed for an approval.
    pub contract_number: Option<String>,
    /// What is granted; what was asked for where left out.
    pub principal: Option<Vnd>,
    /// What was asked for where left out.
    pub term_months: Option<i32>,
    /// How long only interest falls due, within the product's; the product's where left out, of a term that isn't longer all
    /// but its last month.
    pub grace_months: Option<i32>,
    /// Whose money it is; the shares sum to the principal.
    pub funding: Option<Vec<FundingShareInput>>,
    /// The day of the decision.
    pub decided_on: Date,
    /// Needed for a refusal.
    pub reason: Option<String>,
    /// Why the loan is granted though a program pays the household for its purpose in the same year: kept with the loan
    /// that collides so. By who holds `loan:override`.
    pub override_note: Option<String>,
}

/// The bank takes an approval back before anything is paid out.
#[derive(Clone, InputObject)]
pub struct CancelLoanInput {
    /// The loan.
    pub loan_id: ID,
    /// The version that the cancellation is meant for.
    pub expected_version: i32,
    /// The day of it.
    pub cancelled_on: Date,
    /// Why: the bank's reason or the borrower's.
    pub reason: String,
}

/// A loan as it stands in the bank's own system, with its balance on a day: opening balances, and 11,000 contracts in
/// eleven calls.
#[derive(Clone, InputObject)]
pub struct LoanInput {
    /// The bank's, unique in the register.
    pub contract_number: String,
    /// What kind of loan.
    pub product_code: String,
    /// The plan's program that it counts in; that of its funding lines where left out.
    pub program_code: Option<String>,
    /// The borrowing household.
    pub household_id: ID,
    /// Who signed for the household.
    pub borrower_id: Option<ID>,
    /// As approved.
    pub principal: Vnd,
    /// Months from the disbursement.
    pub term_months: i32,
    /// How long only interest falls due, below the term. Left out: the product's of the day of the approval where the term is
    /// its longest, otherwise none; of a contract that is recorded already, what it has. Another than that is taken over.
    pub grace_months: Option<i32>,
    /// The day of the approval.
    pub approved_on: Date,
    /// The disbursement; left out, the loan is approved and not yet paid out.
    pub disbursed_on: Option<Date>,
    /// The balance on `balanceOn`; the whole principal where left out.
    pub outstanding_principal: Option<Vnd>,
    /// The day of the balance, needed with `outstandingPrincipal`.
    pub balance_on: Option<Date>,
    /// Whose money it is; the shares sum to the principal.
    pub funding: Option<Vec<FundingShareInput>>,
}

/// Loans from the bank's own system.
#[derive(Clone, InputObject)]
pub struct RecordLoansInput {
    /// At most 1,000.
    pub items: Vec<LoanInput>,
    /// A retry with the same key returns the first answer.
    pub idempotency_key: String,
}

/// Money paid out to the borrower.
#[derive(Clone, InputObject)]
pub struct DisburseLoanInput {
    /// The loan.
    pub loan_id: ID,
    /// The version that the disbursement is meant for.
    pub expected_version: i32,
    /// All disbursements of a loan sum to its principal at most.
    pub amount: Vnd,
    /// The day of the payment.
    pub occurred_on: Date,
    /// The bank's receipt.
    pub reference: String,
}

/// One receipt: principal, interest, or both.
#[derive(Clone, InputObject)]
pub struct RepaymentInput {
    /// The loan's.
    pub contract_number: String,
    /// Never above the outstanding principal.
    #[graphql(default_with = "Vnd(0)")]
    pub principal: Vnd,
    /// Interest paid.
    #[graphql(default_with = "Vnd(0)")]
    pub interest: Vnd,
    /// The day of the payment.
    pub occurred_on: Date,
    /// The bank's receipt; the same one again is recorded once.
    pub reference: String,
}

/// Receipts from the bank's own system.
#[derive(Clone, InputObject)]
pub struct RecordRepaymentsInput {
    /// At most 1,000, in order.
    pub items: Vec<RepaymentInput>,
    /// A retry with the same key returns the first answer.
    pub idempotency_key: String,
}

/// Whether a borrower can repay, as the bank found on a day.
#[derive(Clone, InputObject)]
pub struct SolvencyAnalysisInput {
    /// The loan's.
    pub contract_number: String,
    /// The day of the analysis.
    pub analysed_on: Date,
    /// What was found.
    pub finding: String,
}

/// Analyses of whether borrowers can repay.
#[derive(Clone, InputObject)]
pub struct RecordSolvencyAnalysesInput {
    /// At most 1,000.
    pub items: Vec<SolvencyAnalysisInput>,
    /// A retry with the same key returns the first answer.
    pub idempotency_key: String,
}

/// What an agency does to a running loan beside repayments.
#[derive(Clone, InputObject)]
pub struct ChangeLoanInput {
    /// The loan.
    pub loan_id: ID,
    /// The version that the change is meant for.
    pub expected_version: i32,
    /// What is done.
    pub change: LoanChange,
    /// The day of it.
    pub occurred_on: Date,
    /// The bank's document.
    pub reference: String,
    /// Of a write-off: the whole balance.
    pub amount: Option<Vnd>,
    /// Of an extension: the new maturity. Of a freeze: its last day.
    pub until: Option<Date>,
    /// What made the debt a risk debt: needed for a freeze and a write-off.
    pub cause: Option<RiskDebtCause>,
    /// How much of the capital and the goods was lost, 0 to 100. It decides what may be done (`riskDebtRules`): needed for
    /// a freeze, and for an extension with a cause.
    pub damage_percent: Option<Decimal>,
    /// The paper on the damage; without it the change bears a warning.
    pub damage_record: Option<DamageRecordInput>,
    /// Why.
    pub reason: String,
}

/// The record of a damage (biên bản xác định thiệt hại).
#[derive(Clone, InputObject)]
pub struct DamageRecordInput {
    /// Its number.
    pub number: String,
    /// Its day.
    pub recorded_on: Date,
    /// Borrower, commune and bank, and the group of a loan in one.
    pub signed_by: Vec<DamageRecordSigner>,
}

/// Undoes one entry of a loan's ledger.
#[derive(Clone, InputObject)]
pub struct ReverseLoanTransactionInput {
    /// The entry.
    pub transaction_id: ID,
    /// The version of the loan that the reversal is meant for.
    pub expected_version: i32,
    /// The bank's document.
    pub reference: String,
    /// The day of the reversal.
    pub occurred_on: Date,
    /// Why.
    pub reason: String,
}
