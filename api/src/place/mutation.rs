//! Mutations on administrative units.

use async_graphql::{Context, Object, Result};

use super::{
    AdminUnit,
    service::{self, RegisterHamletInput},
};
use crate::{
    error::Failure,
    read::{One, Records},
    request::Request,
};

#[derive(Default)]
pub struct PlaceMutation;

#[Object]
impl PlaceMutation {
    /// Registers a hamlet or urban quarter of a commune. For the communes.
    async fn register_hamlet(
        &self,
        ctx: &Context<'_>,
        input: RegisterHamletInput,
    ) -> Result<Option<RegisterHamletPayload>> {
        let id = service::register_hamlet(Request::of(ctx), input).await?;
        Ok(Some(RegisterHamletPayload { id, records: Records::new([id]) }))
    }
}

pub struct RegisterHamletPayload {
    id: i64,
    records: Records,
}

/// The hamlet that was registered.
#[Object]
impl RegisterHamletPayload {
    /// The hamlet with its code.
    async fn hamlet(&self, ctx: &Context<'_>) -> Result<One<AdminUnit>> {
        let hamlet = self.records.get(ctx, self.id).await?;
        Ok(hamlet.ok_or_else(|| Failure::internal("a hamlet that was registered is gone"))?)
    }
}
