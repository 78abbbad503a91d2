//! Mutations on model projects.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use entity::enums::ItemStatus;

use super::{
    ModelParticipation, ModelProject, enrol,
    input::{CloseModelProjectInput, CreateModelProjectInput, EnrolHouseholdsInput, RecordCapitalRecoveryInput},
    service::{self, Written},
};
use crate::{
    error::Failure,
    exchange::items::{ItemError, Outcome, noted},
    read::{One, Records},
    request::Request,
    schema::Warning,
};

#[derive(Default)]
pub struct ModelProjectMutation;

#[Object]
impl ModelProjectMutation {
    /// Creates a livelihood model or a pilot site.
    async fn create_model_project(
        &self,
        ctx: &Context<'_>,
        input: CreateModelProjectInput,
    ) -> Result<Option<ModelProjectPayload>> {
        Ok(Some(service::create(Request::of(ctx), input).await?.into()))
    }

    /// Enrols households in a model and advances its capital to them, item by item.
    async fn enrol_households(
        &self,
        ctx: &Context<'_>,
        input: EnrolHouseholdsInput,
    ) -> Result<Option<EnrolHouseholdsPayload>> {
        let enrolled = enrol::enrol(Request::of(ctx), input).await?;
        Ok(Some(
            enrol::Enrolled { outcomes: noted(ctx, enrolled.outcomes, |id| [("ModelParticipation", *id)]), ..enrolled }
                .into(),
        ))
    }

    /// Records capital that a household pays back. The same receipt again answers the same and changes nothing.
    async fn record_capital_recovery(
        &self,
        ctx: &Context<'_>,
        input: RecordCapitalRecoveryInput,
    ) -> Result<Option<ModelParticipationPayload>> {
        let id = service::record_recovery(Request::of(ctx), input).await?;
        Ok(Some(ModelParticipationPayload { id, records: Records::new([id]) }))
    }

    /// Closes a model with the outcome of every household that still takes part.
    async fn close_model_project(
        &self,
        ctx: &Context<'_>,
        input: CloseModelProjectInput,
    ) -> Result<Option<ModelProjectPayload>> {
        Ok(Some(service::close(Request::of(ctx), input).await?.into()))
    }
}

/// A model project after a write.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ModelProjectPayload {
    #[graphql(skip)]
    id: i64,
    #[graphql(skip)]
    records: Records,
    /// What looks wrong in what was written.
    warnings: Vec<Warning>,
}

#[ComplexObject]
impl ModelProjectPayload {
    /// The project.
    async fn project(&self, ctx: &Context<'_>) -> Result<One<ModelProject>> {
        project(ctx, &self.records, self.id).await
    }
}

impl From<Written> for ModelProjectPayload {
    fn from(Written { id, warnings }: Written) -> Self {
        Self { id, records: Records::new([id]), warnings }
    }
}

/// What became of a batch of enrolments.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct EnrolHouseholdsPayload {
    #[graphql(skip)]
    id: i64,
    #[graphql(skip)]
    records: Records,
    /// In the order of the items.
    results: Vec<EnrolmentResult>,
    /// What looks wrong in what was written: a model of fewer than 10 or more than 12 households, say.
    warnings: Vec<Warning>,
}

#[ComplexObject]
impl EnrolHouseholdsPayload {
    /// The project.
    async fn project(&self, ctx: &Context<'_>) -> Result<One<ModelProject>> {
        project(ctx, &self.records, self.id).await
    }
}

impl From<enrol::Enrolled> for EnrolHouseholdsPayload {
    fn from(enrolled: enrol::Enrolled) -> Self {
        let records = Records::new(enrolled.outcomes.iter().filter_map(|outcome| outcome.record));
        let results = (0..).zip(enrolled.outcomes).map(|(index, outcome)| {
            let Outcome { status, record, error, .. } = outcome;
            EnrolmentResult { index, status, record, records: records.clone(), error }
        });
        Self {
            id: enrolled.project,
            records: Records::new([enrolled.project]),
            results: results.collect(),
            warnings: enrolled.warnings,
        }
    }
}

/// What became of one enrolment.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct EnrolmentResult {
    /// Of the item, from 0.
    index: i32,
    /// APPLIED or REFUSED.
    status: ItemStatus,
    #[graphql(skip)]
    record: Option<i64>,
    #[graphql(skip)]
    records: Records,
    /// Why it was refused.
    error: Option<ItemError>,
}

#[ComplexObject]
impl EnrolmentResult {
    /// The household's part in the model; null where the item was refused.
    async fn participation(&self, ctx: &Context<'_>) -> Result<Option<One<ModelParticipation>>> {
        match self.record {
            Some(id) => self.records.get(ctx, id).await,
            None => Ok(None),
        }
    }
}

pub struct ModelParticipationPayload {
    id: i64,
    records: Records,
}

/// A household's part in a model after a write.
#[Object]
impl ModelParticipationPayload {
    /// The household's part in the model.
    async fn participation(&self, ctx: &Context<'_>) -> Result<One<ModelParticipation>> {
        let found = self.records.get(ctx, self.id).await?;
        found.ok_or_else(|| Failure::not_found("participation").into())
    }
}

async fn project(ctx: &Context<'_>, records: &Records, id: i64) -> Result<One<ModelProject>> {
    records.get(ctx, id).await?.ok_or_else(|| Failure::not_found("project").into())
}
