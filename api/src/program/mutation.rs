//! Mutations on support programs and benefits.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use entity::enums::ItemStatus;

use super::{
    Outcomes, Written,
    allocation::{self, Allocated},
    decision,
    graphql::{Benefit, BenefitPayment, FundingLine, Program},
    input::{
        AllocateFundingInput, DecideBenefitsInput, ProposeBenefitsInput, RecordBenefitPaymentsInput,
        RecordProgramSpendingInput,
    },
    payment, proposal, spending,
    workflow::Step,
};
use crate::{
    error::Failure,
    exchange::items::{ItemError, noted},
    read::{One, Records},
    request::Request,
    schema::Warning,
};

#[derive(Default)]
pub struct ProgramMutation;

#[Object]
impl ProgramMutation {
    /// Proposes benefits. For the communes and the Front.
    async fn propose_benefits(
        &self,
        ctx: &Context<'_>,
        input: ProposeBenefitsInput,
    ) -> Result<Option<BenefitsPayload>> {
        Ok(Some(noted(ctx, proposal::propose(Request::of(ctx), input).await?, Written::records).into()))
    }

    /// Verifies proposed benefits. For the districts.
    async fn verify_benefits(&self, ctx: &Context<'_>, input: DecideBenefitsInput) -> Result<Option<BenefitsPayload>> {
        Ok(Some(noted(ctx, decision::decide(Request::of(ctx), Step::Verify, input).await?, Written::records).into()))
    }

    /// Approves verified benefits, within what their funding lines were allocated. For the program's lead agencies
    /// and DOLISA, which coordinates the plan; never for who proposed.
    async fn approve_benefits(&self, ctx: &Context<'_>, input: DecideBenefitsInput) -> Result<Option<BenefitsPayload>> {
        Ok(Some(noted(ctx, decision::decide(Request::of(ctx), Step::Approve, input).await?, Written::records).into()))
    }

    /// Rejects proposed or verified benefits, with a note. For who verifies or approves.
    async fn reject_benefits(&self, ctx: &Context<'_>, input: DecideBenefitsInput) -> Result<Option<BenefitsPayload>> {
        Ok(Some(noted(ctx, decision::decide(Request::of(ctx), Step::Reject, input).await?, Written::records).into()))
    }

    /// Cancels benefits that are not completed, with a note. What was paid stays paid.
    async fn cancel_benefits(&self, ctx: &Context<'_>, input: DecideBenefitsInput) -> Result<Option<BenefitsPayload>> {
        Ok(Some(noted(ctx, decision::decide(Request::of(ctx), Step::Cancel, input).await?, Written::records).into()))
    }

    /// Records payments of approved benefits: DISBURSED from the first, COMPLETED with the last of a sum paid once.
    async fn record_benefit_payments(
        &self,
        ctx: &Context<'_>,
        input: RecordBenefitPaymentsInput,
    ) -> Result<Option<BenefitsPayload>> {
        Ok(Some(noted(ctx, payment::record(Request::of(ctx), input).await?, Written::records).into()))
    }

    /// Records money spent under a program for no single household.
    async fn record_program_spending(
        &self,
        ctx: &Context<'_>,
        input: RecordProgramSpendingInput,
    ) -> Result<Option<ProgramSpendingPayload>> {
        Ok(Some(spending::record(Request::of(ctx), input).await?.into()))
    }

    /// Records what was granted to a funding line; that caps what is committed against it.
    async fn allocate_funding(
        &self,
        ctx: &Context<'_>,
        input: AllocateFundingInput,
    ) -> Result<Option<FundingLinePayload>> {
        Ok(Some(allocation::allocate(Request::of(ctx), input).await?.into()))
    }
}

/// What became of each item, in their order.
#[derive(SimpleObject)]
pub struct BenefitsPayload {
    /// One for each item.
    results: Vec<BenefitResult>,
}

/// What became of an item.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct BenefitResult {
    #[graphql(skip)]
    written: Option<Written>,
    #[graphql(skip)]
    benefits: Records,
    #[graphql(skip)]
    payments: Records,
    /// The item's place in the batch, from 0.
    index: usize,
    /// Whether it was written.
    status: ItemStatus,
    /// Why it was refused.
    error: Option<ItemError>,
    /// What looks wrong in what was written.
    warnings: Vec<Warning>,
}

#[ComplexObject]
impl BenefitResult {
    /// The benefit; null where the item was refused.
    async fn benefit(&self, ctx: &Context<'_>) -> Result<Option<One<Benefit>>> {
        match &self.written {
            Some(written) => self.benefits.get(ctx, written.benefit).await,
            None => Ok(None),
        }
    }

    /// The payment that the item recorded.
    async fn payment(&self, ctx: &Context<'_>) -> Result<Option<One<BenefitPayment>>> {
        match self.written.as_ref().and_then(|written| written.payment) {
            Some(id) => self.payments.get(ctx, id).await,
            None => Ok(None),
        }
    }
}

impl From<Outcomes> for BenefitsPayload {
    fn from(outcomes: Outcomes) -> Self {
        let written = || outcomes.iter().filter_map(|outcome| outcome.record.as_ref());
        let benefits = Records::new(written().map(|written| written.benefit));
        let payments = Records::new(written().filter_map(|written| written.payment));
        let results = outcomes.into_iter().enumerate().map(|(index, outcome)| BenefitResult {
            warnings: outcome.record.as_ref().map(|written| written.warnings.clone()).unwrap_or_default(),
            written: outcome.record,
            benefits: benefits.clone(),
            payments: payments.clone(),
            index,
            status: outcome.status,
            error: outcome.error,
        });
        Self { results: results.collect() }
    }
}

/// The program that spent.
pub struct ProgramSpendingPayload {
    id: i64,
    programs: Records,
}

#[Object]
impl ProgramSpendingPayload {
    /// The program, with its progress.
    async fn program(&self, ctx: &Context<'_>) -> Result<One<Program>> {
        Ok(self.programs.get(ctx, self.id).await?.ok_or_else(|| Failure::not_found("input.programCode"))?)
    }
}

impl From<i64> for ProgramSpendingPayload {
    fn from(id: i64) -> Self {
        Self { id, programs: Records::new([id]) }
    }
}

/// The line that was granted money.
pub struct FundingLinePayload {
    ids: Allocated,
    programs: Records,
    lines: Records,
}

#[Object]
impl FundingLinePayload {
    /// The line's program.
    async fn program(&self, ctx: &Context<'_>) -> Result<One<Program>> {
        Ok(self.programs.get(ctx, self.ids.program).await?.ok_or_else(|| Failure::not_found("input.programCode"))?)
    }

    /// The line, as allocated.
    async fn line(&self, ctx: &Context<'_>) -> Result<One<FundingLine>> {
        Ok(self.lines.get(ctx, self.ids.line).await?.ok_or_else(|| Failure::not_found("input.lineCode"))?)
    }
}

impl From<Allocated> for FundingLinePayload {
    fn from(ids: Allocated) -> Self {
        Self { programs: Records::new([ids.program]), lines: Records::new([ids.line]), ids }
    }
}
