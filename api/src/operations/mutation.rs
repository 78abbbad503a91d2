//! Mutations on registered operations.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};

use super::service::{self, RegisterOperationsInput, RestrictToRegisteredInput};
use crate::{
    identity::Client,
    read::{One, Records},
    request::Request,
};

#[derive(Default)]
pub struct OperationsMutation;

#[Object]
impl OperationsMutation {
    /// Registers operations for a client of the caller's agency. One that it has already stays as it is.
    async fn register_operations(
        &self,
        ctx: &Context<'_>,
        input: RegisterOperationsInput,
    ) -> Result<Option<RegisterOperationsPayload>> {
        let (id, digests) = service::register(Request::of(ctx), input).await?;
        let document_ids = digests.iter().map(|digest| format!("sha256:{digest}")).collect();
        Ok(Some(RegisterOperationsPayload { id, records: Records::new([id]), document_ids }))
    }

    /// Binds a client of the caller's agency to the operations that it has registered, or sets it free.
    async fn restrict_to_registered(
        &self,
        ctx: &Context<'_>,
        input: RestrictToRegisteredInput,
    ) -> Result<Option<RestrictToRegisteredPayload>> {
        let id = service::restrict(Request::of(ctx), input).await?;
        Ok(Some(RestrictToRegisteredPayload { id, records: Records::new([id]) }))
    }
}

/// The client and what was registered.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct RegisterOperationsPayload {
    #[graphql(skip)]
    id: i64,
    #[graphql(skip)]
    records: Records,
    /// What to send as `documentId`, in the order of the documents.
    document_ids: Vec<String>,
}

#[ComplexObject]
impl RegisterOperationsPayload {
    /// The client.
    async fn client(&self, ctx: &Context<'_>) -> Result<One<Client>> {
        self.records.written(ctx, self.id).await
    }
}

pub struct RestrictToRegisteredPayload {
    id: i64,
    records: Records,
}

/// The client after the change.
#[Object]
impl RestrictToRegisteredPayload {
    /// The client.
    async fn client(&self, ctx: &Context<'_>) -> Result<One<Client>> {
        self.records.written(ctx, self.id).await
    }
}
