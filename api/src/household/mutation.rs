//! Mutations on households and persons.

use async_graphql::{Context, Object, Result, SimpleObject};

use super::{
    graphql::Household,
    input::{RegisterHouseholdInput, UpdateHouseholdInput},
    service::{self, Written},
};
use crate::{
    read::{One, Records},
    request::Request,
    schema::Warning,
};

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
    async fn update_household(&self, ctx: &Context<'_>, input: UpdateHouseholdInput) -> Result<Option<HouseholdPayload>> {
        Ok(Some(service::update(Request::of(ctx), input).await?.into()))
    }
}

/// What a write on a household did.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct HouseholdPayload {
    #[graphql(skip)]
    id: i64,
    #[graphql(skip)]
    records: Records,
    /// Names of the fields that were written.
    applied: Vec<String>,
    /// What looks wrong in what was written.
    warnings: Vec<Warning>,
}

#[async_graphql::ComplexObject]
impl HouseholdPayload {
    /// The household; null where the change took it out of the caller's sight.
    async fn household(&self, ctx: &Context<'_>) -> Result<Option<One<Household>>> {
        self.records.get(ctx, self.id).await
    }
}

impl From<Written> for HouseholdPayload {
    fn from(written: Written) -> Self {
        let Written { id, applied, warnings } = written;
        Self { id, records: Records::new([id]), applied, warnings }
    }
}
