//! Mutations on the public keys of clients: for the agency that owns the client and keeps the private half.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::{client_keys, graphql::Client};
use crate::{
    error::Failure,
    read::{One, Records},
    request::Request,
};

/// A public key by which a client authenticates at `/oauth/token`.
#[derive(Clone, InputObject)]
pub struct RegisterClientKeyInput {
    /// The client.
    pub client_id: ID,
    /// The key as a JSON Web Key, without its private half: P-256, or RSA of 2048 to 4096 bits.
    pub jwk: String,
}

/// A key to remove.
#[derive(Clone, InputObject)]
pub struct RemoveClientKeyInput {
    /// The client.
    pub client_id: ID,
    /// The key's id.
    pub kid: String,
}

#[derive(Default)]
pub struct ClientKeyMutation;

#[Object]
impl ClientKeyMutation {
    /// Registers a public key of a client. For the agency that owns it.
    async fn register_client_key(
        &self,
        ctx: &Context<'_>,
        input: RegisterClientKeyInput,
    ) -> Result<Option<ClientKeyPayload>> {
        let (id, kid) = client_keys::register(Request::of(ctx), &input).await?;
        Ok(Some(ClientKeyPayload::new(id, kid)))
    }

    /// Removes a key of a client: what it signs is refused from now on. For the agency that owns it.
    async fn remove_client_key(
        &self,
        ctx: &Context<'_>,
        input: RemoveClientKeyInput,
    ) -> Result<Option<ClientKeyPayload>> {
        let id = client_keys::withdraw(Request::of(ctx), &input).await?;
        Ok(Some(ClientKeyPayload::new(id, input.kid)))
    }
}

pub struct ClientKeyPayload {
    id: i64,
    records: Records,
    kid: String,
}

impl ClientKeyPayload {
    fn new(id: i64, kid: String) -> Self {
        Self { id, records: Records::new([id]), kid }
    }
}

/// A client's key that was registered or removed.
#[Object]
impl ClientKeyPayload {
    /// The client.
    async fn client(&self, ctx: &Context<'_>) -> Result<One<Client>> {
        self.records.get(ctx, self.id).await?.ok_or_else(|| Failure::not_found("client").into())
    }

    /// The key's id: its own, or its thumbprint (RFC 7638).
    async fn kid(&self) -> &str {
        &self.kid
    }
}
