//! Mutations on sponsors, pledges, gifts and sponsored households.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};

use super::{
    Gift, Pledge, Sponsor, Sponsorship, giving,
    input::{
        BeginSponsorshipInput, EndSponsorshipInput, RecordGiftInput, RecordPledgeInput, RegisterSponsorInput,
        UpdateSponsorInput,
    },
    service,
};
use crate::{
    error::Failure,
    read::{One, Projected, Records},
    request::Request,
    schema::Warning,
};

#[derive(Default)]
pub struct SponsorshipMutation;

#[Object]
impl SponsorshipMutation {
    /// Registers a sponsor. For the Fatherland Front, as all of sponsorship.
    async fn register_sponsor(&self, ctx: &Context<'_>, input: RegisterSponsorInput) -> Result<Option<SponsorPayload>> {
        Ok(Some(SponsorPayload(Record::new(service::register(Request::of(ctx), input).await?))))
    }

    /// Updates a sponsor's own data.
    async fn update_sponsor(&self, ctx: &Context<'_>, input: UpdateSponsorInput) -> Result<Option<SponsorPayload>> {
        Ok(Some(SponsorPayload(Record::new(service::update(Request::of(ctx), input).await?))))
    }

    /// Records a sponsor's promise. The same reference again answers the same and changes nothing.
    async fn record_pledge(&self, ctx: &Context<'_>, input: RecordPledgeInput) -> Result<Option<PledgePayload>> {
        Ok(Some(PledgePayload(Record::new(service::record_pledge(Request::of(ctx), input).await?))))
    }

    /// Records what a sponsor gave. The same reference again answers the same and changes nothing.
    async fn record_gift(&self, ctx: &Context<'_>, input: RecordGiftInput) -> Result<Option<GiftPayload>> {
        let giving::Given { id, warnings } = giving::record_gift(Request::of(ctx), input).await?;
        Ok(Some(GiftPayload { record: Record::new(id), warnings }))
    }

    /// A sponsor begins to look after a household.
    async fn begin_sponsorship(
        &self,
        ctx: &Context<'_>,
        input: BeginSponsorshipInput,
    ) -> Result<Option<SponsorshipPayload>> {
        Ok(Some(SponsorshipPayload(Record::new(giving::begin_sponsorship(Request::of(ctx), input).await?))))
    }

    /// A sponsor no longer looks after a household.
    async fn end_sponsorship(
        &self,
        ctx: &Context<'_>,
        input: EndSponsorshipInput,
    ) -> Result<Option<SponsorshipPayload>> {
        Ok(Some(SponsorshipPayload(Record::new(giving::end_sponsorship(Request::of(ctx), input).await?))))
    }
}

/// The record that a payload answers with.
struct Record {
    id: i64,
    records: Records,
}

impl Record {
    fn new(id: i64) -> Self {
        Self { id, records: Records::new([id]) }
    }

    async fn get<T: Projected>(&self, ctx: &Context<'_>, field: &str) -> Result<One<T>> {
        self.records.get(ctx, self.id).await?.ok_or_else(|| Failure::not_found(field).into())
    }
}

pub struct SponsorPayload(Record);

/// A sponsor after a write.
#[Object]
impl SponsorPayload {
    /// The sponsor.
    async fn sponsor(&self, ctx: &Context<'_>) -> Result<One<Sponsor>> {
        self.0.get(ctx, "sponsor").await
    }
}

pub struct PledgePayload(Record);

/// A pledge after a write.
#[Object]
impl PledgePayload {
    /// The pledge.
    async fn pledge(&self, ctx: &Context<'_>) -> Result<One<Pledge>> {
        self.0.get(ctx, "pledge").await
    }
}

/// A gift after a write.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct GiftPayload {
    #[graphql(skip)]
    record: Record,
    /// What looks wrong in what was written.
    warnings: Vec<Warning>,
}

#[ComplexObject]
impl GiftPayload {
    /// The gift.
    async fn gift(&self, ctx: &Context<'_>) -> Result<One<Gift>> {
        self.record.get(ctx, "gift").await
    }
}

pub struct SponsorshipPayload(Record);

/// A sponsorship after a write.
#[Object]
impl SponsorshipPayload {
    /// The sponsorship.
    async fn sponsorship(&self, ctx: &Context<'_>) -> Result<One<Sponsorship>> {
        self.0.get(ctx, "sponsorship").await
    }
}
