//! Mutations on administrative units.

use async_graphql::{Context, Object, Result};

use super::{
    AdminUnit,
    service::{self, RegisterHamletInput},
};
use crate::{
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
        self.records.written(ctx, self.id).await
    }
}
