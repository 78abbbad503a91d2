//! Mutations on the plan.

use async_graphql::{Context, Object, Result};

use super::{
    graphql::{Indicator, ReportObligation},
    input::{RecordIndicatorInput, SubmitReportInput},
    service,
};
use crate::{
    error::Failure,
    read::{One, Records},
    request::Request,
};

#[derive(Default)]
pub struct PlanMutation;

#[Object]
impl PlanMutation {
    /// Records a reading of an indicator; the newest of the whole province is its actual value.
    async fn record_indicator(
        &self,
        ctx: &Context<'_>,
        input: RecordIndicatorInput,
    ) -> Result<Option<RecordIndicatorPayload>> {
        let id = service::record_indicator(Request::of(ctx), input).await?;
        Ok(Some(RecordIndicatorPayload { id, records: Records::new([id]) }))
    }

    /// Hands in a report, once. For the agency that owes it; a district's for who covers the district. What all
    /// departments or mass organisations owe together is handed in by DOLISA, which collects it.
    async fn submit_report(&self, ctx: &Context<'_>, input: SubmitReportInput) -> Result<Option<SubmitReportPayload>> {
        let id = service::submit_report(Request::of(ctx), input).await?;
        Ok(Some(SubmitReportPayload { id, records: Records::new([id]) }))
    }
}

/// The indicator that was read.
pub struct RecordIndicatorPayload {
    id: i64,
    records: Records,
}

#[Object]
impl RecordIndicatorPayload {
    /// The indicator, with its newest value.
    async fn indicator(&self, ctx: &Context<'_>) -> Result<One<Indicator>> {
        Ok(self.records.get(ctx, self.id).await?.ok_or_else(|| Failure::not_found("input.code"))?)
    }
}

/// The report that was handed in.
pub struct SubmitReportPayload {
    id: i64,
    records: Records,
}

#[Object]
impl SubmitReportPayload {
    /// The obligation, met.
    async fn report(&self, ctx: &Context<'_>) -> Result<One<ReportObligation>> {
        Ok(self.records.get(ctx, self.id).await?.ok_or_else(|| Failure::not_found("input.obligationId"))?)
    }
}
