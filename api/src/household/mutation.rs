//! Mutations on households, persons, reviews and coverages.

use async_graphql::{Context, Object, Result};

use super::{
    input::{
        AddMemberInput, DecideReviewInput, DissolveHouseholdInput, EndInsuranceInput, EndMembershipInput,
        MoveHouseholdInput, MovePersonInput, RecordInsuranceInput, RecordPovertyStandardInput, RegisterHouseholdInput,
        ReviewHouseholdInput, UpdateHouseholdInput, UpdatePersonInput,
    },
    insurance, members, moves,
    payload::{
        EndInsurancePayload, HouseholdPayload, PersonPayload, PovertyReviewPayload, PovertyStandardPayload,
        RecordInsurancePayload,
    },
    person, review, service, standard,
};
use crate::{exchange::items::noted, request::Request};

#[derive(Default)]
pub struct HouseholdMutation;

#[Object]
impl HouseholdMutation {
    /// Registers a household with its members. For the communes.
    async fn register_household(
        &self,
        ctx: &Context<'_>,
        input: RegisterHouseholdInput,
    ) -> Result<Option<HouseholdPayload>> {
        Ok(Some(service::register(Request::of(ctx), input).await?.into()))
    }

    /// Updates a household's own data. For the communes.
    async fn update_household(
        &self,
        ctx: &Context<'_>,
        input: UpdateHouseholdInput,
    ) -> Result<Option<HouseholdPayload>> {
        Ok(Some(service::update(Request::of(ctx), input).await?.into()))
    }

    /// Moves a household with everybody and everything in it, also out of the caller's scope. For the communes.
    async fn move_household(&self, ctx: &Context<'_>, input: MoveHouseholdInput) -> Result<Option<HouseholdPayload>> {
        Ok(Some(moves::move_household(Request::of(ctx), input).await?.into()))
    }

    /// Ends a household; its members leave with it. CONFLICT while a loan or a benefit of it is open. For the communes.
    async fn dissolve_household(
        &self,
        ctx: &Context<'_>,
        input: DissolveHouseholdInput,
    ) -> Result<Option<HouseholdPayload>> {
        Ok(Some(moves::dissolve(Request::of(ctx), input).await?.into()))
    }

    /// Registers a person as a member of a household. For the communes.
    async fn add_member(&self, ctx: &Context<'_>, input: AddMemberInput) -> Result<Option<PersonPayload>> {
        Ok(Some(members::add(Request::of(ctx), input).await?.into()))
    }

    /// Updates what is known of a person: papers and categories for the communes, protected categories for social
    /// protection.
    async fn update_person(&self, ctx: &Context<'_>, input: UpdatePersonInput) -> Result<Option<PersonPayload>> {
        Ok(Some(person::update(Request::of(ctx), input).await?.into()))
    }

    /// Moves a person into another household in scope. A head can't leave others behind. For the communes.
    async fn move_person(&self, ctx: &Context<'_>, input: MovePersonInput) -> Result<Option<PersonPayload>> {
        Ok(Some(members::move_person(Request::of(ctx), input).await?.into()))
    }

    /// Ends a membership, by death or otherwise. A head can't leave others behind. For the communes.
    async fn end_membership(&self, ctx: &Context<'_>, input: EndMembershipInput) -> Result<Option<PersonPayload>> {
        Ok(Some(members::end(Request::of(ctx), input).await?.into()))
    }

    /// Records a poverty review; the class is computed by the standard of its day. For the communes.
    async fn review_household(
        &self,
        ctx: &Context<'_>,
        input: ReviewHouseholdInput,
    ) -> Result<Option<PovertyReviewPayload>> {
        Ok(Some(review::review(Request::of(ctx), input).await?.into()))
    }

    /// Records the decision on a review; the class is in force from the day that it names. For the communes.
    async fn decide_review(&self, ctx: &Context<'_>, input: DecideReviewInput) -> Result<Option<PovertyReviewPayload>> {
        Ok(Some(review::decide(Request::of(ctx), input).await?.into()))
    }

    /// Records a poverty standard, or corrects the one with the code: its figures as long as no review was taken under it, its
    /// days as far as they hold the reviews, its source and how certain it is at any time. The same again changes nothing. For
    /// the administrator of the lead department.
    async fn record_poverty_standard(
        &self,
        ctx: &Context<'_>,
        input: RecordPovertyStandardInput,
    ) -> Result<Option<PovertyStandardPayload>> {
        Ok(Some(PovertyStandardPayload::new(standard::record(Request::of(ctx), input).await?)))
    }

    /// Records coverages, item by item. For social insurance.
    async fn record_insurance(
        &self,
        ctx: &Context<'_>,
        input: RecordInsuranceInput,
    ) -> Result<Option<RecordInsurancePayload>> {
        let outcomes = insurance::record(Request::of(ctx), input).await?;
        Ok(Some(noted(ctx, outcomes, |coverage| [("InsuranceCoverage", *coverage)]).into()))
    }

    /// Ends a coverage earlier than recorded. For social insurance.
    async fn end_insurance(&self, ctx: &Context<'_>, input: EndInsuranceInput) -> Result<Option<EndInsurancePayload>> {
        Ok(Some(EndInsurancePayload::new(insurance::end(Request::of(ctx), input).await?)))
    }
}
