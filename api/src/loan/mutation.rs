//! Mutations on loans.
//!
//! Payloads resolve their fields one by one (`serial`), so that their keys stand in the order of the query.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use entity::enums::ItemStatus;

use super::{
    cancel, change, granting,
    graphql::{Loan, LoanTransaction, SavingsGroup},
    group::{self, Kept},
    input::{
        CancelLoanInput, ChangeLoanInput, ConfirmLoanInput, DecideLoanInput, DisburseLoanInput, RecordLoansInput,
        RecordRepaymentsInput, RecordSolvencyAnalysesInput, RegisterSavingsGroupInput, RequestLoanInput,
        ReverseLoanTransactionInput, UpdateSavingsGroupInput, VetLoanInput,
    },
    opening, repayments,
    service::{self, Written},
    solvency,
};
use crate::{
    exchange::items::{ItemError, Outcome, noted},
    read::{Many, One, Records},
    request::Request,
    schema::Warning,
};

#[derive(Default)]
pub struct LoanMutation;

#[Object]
impl LoanMutation {
    /// Registers the request of a household; its number is `REQ-<year>-<id>` until the bank gives one. For the communes.
    async fn request_loan(&self, ctx: &Context<'_>, input: RequestLoanInput) -> Result<Option<LoanPayload>> {
        Ok(Some(granting::request(Request::of(ctx), input).await?.into()))
    }

    /// Registers a savings and credit group. For the mass organisations.
    async fn register_savings_group(
        &self,
        ctx: &Context<'_>,
        input: RegisterSavingsGroupInput,
    ) -> Result<Option<SavingsGroupPayload>> {
        Ok(Some(group::register(Request::of(ctx), input).await?.into()))
    }

    /// Updates a savings and credit group. For the mass organisations.
    async fn update_savings_group(
        &self,
        ctx: &Context<'_>,
        input: UpdateSavingsGroupInput,
    ) -> Result<Option<SavingsGroupPayload>> {
        Ok(Some(group::update(Request::of(ctx), input).await?.into()))
    }

    /// A savings and credit group vets a request. For the mass organisations; who vets does not decide.
    async fn vet_loan(&self, ctx: &Context<'_>, input: VetLoanInput) -> Result<Option<LoanPayload>> {
        Ok(Some(group::vet(Request::of(ctx), input).await?.into()))
    }

    /// Confirms a request. For the communes.
    async fn confirm_loan(&self, ctx: &Context<'_>, input: ConfirmLoanInput) -> Result<Option<LoanPayload>> {
        Ok(Some(granting::confirm(Request::of(ctx), input).await?.into()))
    }

    /// Grants or refuses a confirmed request. For the bank; who asked or confirmed does not decide.
    async fn decide_loan(&self, ctx: &Context<'_>, input: DecideLoanInput) -> Result<Option<LoanPayload>> {
        Ok(Some(granting::decide(Request::of(ctx), input).await?.into()))
    }

    /// Takes an approval back while nothing is paid out; the loan is then REJECTED. For the bank.
    async fn cancel_loan(&self, ctx: &Context<'_>, input: CancelLoanInput) -> Result<Option<LoanPayload>> {
        Ok(Some(cancel::cancel(Request::of(ctx), input).await?.into()))
    }

    /// Records loans as they stand in the bank's own system.
    async fn record_loans(&self, ctx: &Context<'_>, input: RecordLoansInput) -> Result<Option<RecordLoansPayload>> {
        let outcomes = opening::record(Request::of(ctx), input).await?;
        Ok(Some(RecordLoansPayload::of(noted(ctx, outcomes, Written::records))))
    }

    /// Records that a loan was paid out, at once or in parts. For the bank.
    async fn disburse_loan(&self, ctx: &Context<'_>, input: DisburseLoanInput) -> Result<Option<LoanPayload>> {
        Ok(Some(service::disburse(Request::of(ctx), input).await?.into()))
    }

    /// Records receipts of principal and interest. For the bank.
    async fn record_repayments(
        &self,
        ctx: &Context<'_>,
        input: RecordRepaymentsInput,
    ) -> Result<Option<RecordRepaymentsPayload>> {
        let outcomes = repayments::record(Request::of(ctx), input).await?;
        Ok(Some(RecordRepaymentsPayload::of(noted(ctx, outcomes, Written::records))))
    }

    /// Records what the bank found of whether borrowers can repay, which it analyses every three years (Decision 976/QĐ-TTg
    /// 2015). For the bank.
    async fn record_solvency_analyses(
        &self,
        ctx: &Context<'_>,
        input: RecordSolvencyAnalysesInput,
    ) -> Result<Option<RecordSolvencyAnalysesPayload>> {
        let outcomes = solvency::record(Request::of(ctx), input).await?;
        Ok(Some(RecordSolvencyAnalysesPayload::of(noted(ctx, outcomes, Written::records))))
    }

    /// Extends, freezes, unfreezes or writes off a loan. For the bank.
    async fn change_loan(&self, ctx: &Context<'_>, input: ChangeLoanInput) -> Result<Option<LoanPayload>> {
        Ok(Some(change::change(Request::of(ctx), input).await?.into()))
    }

    /// Undoes one entry of a loan's ledger by another one. For the bank.
    async fn reverse_loan_transaction(
        &self,
        ctx: &Context<'_>,
        input: ReverseLoanTransactionInput,
    ) -> Result<Option<LoanPayload>> {
        Ok(Some(service::reverse(Request::of(ctx), input).await?.into()))
    }
}

/// What a write on a savings and credit group did.
#[derive(SimpleObject)]
#[graphql(complex, serial)]
pub struct SavingsGroupPayload {
    #[graphql(skip)]
    id: i64,
    #[graphql(skip)]
    groups: Records,
    /// What looks wrong in what was written.
    warnings: Vec<Warning>,
}

#[ComplexObject]
impl SavingsGroupPayload {
    /// The group as it is now.
    async fn group(&self, ctx: &Context<'_>) -> Result<One<SavingsGroup>> {
        self.groups.written(ctx, self.id).await
    }
}

impl From<Kept> for SavingsGroupPayload {
    fn from(kept: Kept) -> Self {
        Self { id: kept.group, groups: Records::new([kept.group]), warnings: kept.warnings }
    }
}

pub struct LoanPayload {
    written: Written,
    loans: Records,
    entries: Records,
}

/// What a write on a loan did.
#[Object(serial)]
impl LoanPayload {
    /// The loan as it is now.
    async fn loan(&self, ctx: &Context<'_>) -> Result<One<Loan>> {
        self.loans.written(ctx, self.written.loan).await
    }

    /// The entries that this call made in its ledger.
    async fn transactions(&self, ctx: &Context<'_>) -> Result<Many<LoanTransaction>> {
        self.entries.list(ctx, &self.written.transactions).await
    }

    /// What looks wrong in what was written.
    async fn warnings(&self) -> &[Warning] {
        &self.written.warnings
    }
}

impl From<Written> for LoanPayload {
    fn from(written: Written) -> Self {
        let (loans, entries) = (Records::new([written.loan]), Records::new(written.transactions.iter().copied()));
        Self { written, loans, entries }
    }
}

/// The loans and entries of a batch, each read by one statement.
fn records(outcomes: &[Outcome<Written>]) -> (Records, Records) {
    let written = || outcomes.iter().filter_map(|outcome| outcome.record.as_ref());
    let entries = written().flat_map(|written| written.transactions.iter().copied());
    (Records::new(written().map(|written| written.loan)), Records::new(entries))
}

/// What became of loans from the bank's own system.
#[derive(SimpleObject)]
pub struct RecordLoansPayload {
    /// One for each item, in its order.
    results: Vec<LoanResult>,
}

/// What became of a loan of a batch.
#[derive(SimpleObject)]
#[graphql(complex, serial)]
pub struct LoanResult {
    #[graphql(skip)]
    id: Option<i64>,
    #[graphql(skip)]
    loans: Records,
    /// The item's place in the batch, from 0.
    index: usize,
    /// APPLIED, UNCHANGED where the same was recorded before, or REFUSED.
    status: ItemStatus,
    /// Why it was refused.
    error: Option<ItemError>,
}

#[ComplexObject]
impl LoanResult {
    /// The loan as it is now; null where the item was refused.
    async fn loan(&self, ctx: &Context<'_>) -> Result<Option<One<Loan>>> {
        match self.id {
            Some(id) => self.loans.get(ctx, id).await,
            None => Ok(None),
        }
    }
}

impl LoanResult {
    fn of(outcomes: Vec<Outcome<Written>>) -> Vec<Self> {
        let (loans, _) = records(&outcomes);
        let results = outcomes.into_iter().enumerate().map(|(index, Outcome { status, record, error, .. })| Self {
            id: record.map(|written| written.loan),
            loans: loans.clone(),
            index,
            status,
            error,
        });
        results.collect()
    }
}

impl RecordLoansPayload {
    fn of(outcomes: Vec<Outcome<Written>>) -> Self {
        Self { results: LoanResult::of(outcomes) }
    }
}

/// What became of analyses.
#[derive(SimpleObject)]
pub struct RecordSolvencyAnalysesPayload {
    /// One for each item, in its order.
    results: Vec<LoanResult>,
}

impl RecordSolvencyAnalysesPayload {
    fn of(outcomes: Vec<Outcome<Written>>) -> Self {
        Self { results: LoanResult::of(outcomes) }
    }
}

/// What became of receipts.
#[derive(SimpleObject)]
pub struct RecordRepaymentsPayload {
    /// One for each item, in its order.
    results: Vec<RepaymentResult>,
}

/// What became of one of them.
#[derive(SimpleObject)]
#[graphql(complex, serial)]
pub struct RepaymentResult {
    #[graphql(skip)]
    written: Option<Written>,
    #[graphql(skip)]
    loans: Records,
    #[graphql(skip)]
    entries: Records,
    /// The item's place in the batch, from 0.
    index: usize,
    /// APPLIED, UNCHANGED where the same receipt was recorded before, or REFUSED.
    status: ItemStatus,
    /// Why it was refused.
    error: Option<ItemError>,
}

#[ComplexObject]
impl RepaymentResult {
    /// The loan as it is after the whole batch; null where the item was refused.
    async fn loan(&self, ctx: &Context<'_>) -> Result<Option<One<Loan>>> {
        match &self.written {
            Some(written) => self.loans.get(ctx, written.loan).await,
            None => Ok(None),
        }
    }

    /// The receipt's entries; none where the item was refused.
    async fn transactions(&self, ctx: &Context<'_>) -> Result<Many<LoanTransaction>> {
        let ids = self.written.as_ref().map_or(&[][..], |written| &written.transactions);
        self.entries.list(ctx, ids).await
    }
}

impl RecordRepaymentsPayload {
    fn of(outcomes: Vec<Outcome<Written>>) -> Self {
        let (loans, entries) = records(&outcomes);
        let results = outcomes.into_iter().enumerate().map(|(index, Outcome { status, record, error, .. })| {
            RepaymentResult { written: record, loans: loans.clone(), entries: entries.clone(), index, status, error }
        });
        Self { results: results.collect() }
    }
}
