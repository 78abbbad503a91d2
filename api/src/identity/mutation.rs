//! Mutations on clients, roles and tokens.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};

use super::{
    graphql::{Client, Role, Token},
    input::{
        ClientInput, CreateClientInput, CreateRoleInput, IssueTokenInput, RevokeTokenInput, UpdateClientInput,
        UpdateRoleInput,
    },
    keys::SigningKeys,
    service,
};
use crate::{
    config::Secret,
    error::Failure,
    read::{One, Projected, Records},
    request::Request,
};

#[derive(Default)]
pub struct IdentityMutation;

#[Object]
impl IdentityMutation {
    /// Makes a client. It can do nothing until its agency activates it. For the platform.
    async fn create_client(&self, ctx: &Context<'_>, input: CreateClientInput) -> Result<Option<ClientPayload>> {
        Ok(Some(ClientPayload::new(service::create_client(Request::of(ctx), input).await?, None)))
    }

    /// Takes a client into use; its secret is shown once. For the agency that owns it.
    async fn activate_client(&self, ctx: &Context<'_>, input: ClientInput) -> Result<Option<ClientPayload>> {
        let (id, secret) = service::activate_client(Request::of(ctx), input).await?;
        Ok(Some(ClientPayload::new(id, secret)))
    }

    /// Changes a client. With a role more or a wider scope it waits for its agency again; less acts at once. For the
    /// platform.
    async fn update_client(&self, ctx: &Context<'_>, input: UpdateClientInput) -> Result<Option<ClientPayload>> {
        Ok(Some(ClientPayload::new(service::update_client(Request::of(ctx), input).await?, None)))
    }

    /// Shuts a client out for good, with its tokens, at once. For its agency and the platform.
    async fn disable_client(&self, ctx: &Context<'_>, input: ClientInput) -> Result<Option<ClientPayload>> {
        Ok(Some(ClientPayload::new(service::disable_client(Request::of(ctx), input).await?, None)))
    }

    /// Gives a client a new secret, shown once; the old one ends at once. For the agency that owns it.
    async fn rotate_client_secret(&self, ctx: &Context<'_>, input: ClientInput) -> Result<Option<ClientPayload>> {
        let (id, secret) = service::rotate_secret(Request::of(ctx), input).await?;
        Ok(Some(ClientPayload::new(id, Some(secret))))
    }

    /// Makes a role. For the platform.
    async fn create_role(&self, ctx: &Context<'_>, input: CreateRoleInput) -> Result<Option<RolePayload>> {
        Ok(Some(RolePayload(Record::new(service::create_role(Request::of(ctx), input).await?))))
    }

    /// Changes a role that isn't built in. What it no longer allows ends at once; with more, or for more
    /// purposes, the clients that hold it wait for their agencies again. For the platform.
    async fn update_role(&self, ctx: &Context<'_>, input: UpdateRoleInput) -> Result<Option<RolePayload>> {
        Ok(Some(RolePayload(Record::new(service::update_role(Request::of(ctx), input).await?))))
    }

    /// Issues a token, shown once. For the agency that owns the client.
    async fn issue_token(&self, ctx: &Context<'_>, input: IssueTokenInput) -> Result<Option<IssueTokenPayload>> {
        let keys = ctx.data_unchecked::<Arc<SigningKeys>>();
        let (id, secret) = service::issue_token(Request::of(ctx), keys, input).await?;
        Ok(Some(IssueTokenPayload { record: Record::new(id), secret }))
    }

    /// Ends a token at once. For its agency and the platform.
    async fn revoke_token(&self, ctx: &Context<'_>, input: RevokeTokenInput) -> Result<Option<RevokeTokenPayload>> {
        Ok(Some(RevokeTokenPayload(Record::new(service::revoke_token(Request::of(ctx), input).await?))))
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

pub struct ClientPayload {
    record: Record,
    secret: Option<Secret>,
}

impl ClientPayload {
    fn new(id: i64, secret: Option<Secret>) -> Self {
        Self { record: Record::new(id), secret }
    }
}

/// A client after a write.
#[Object]
impl ClientPayload {
    /// The client.
    async fn client(&self, ctx: &Context<'_>) -> Result<One<Client>> {
        self.record.get(ctx, "client").await
    }

    /// Shown once, here, to the agency that owns the client, and stored nowhere.
    async fn secret(&self) -> Option<&str> {
        self.secret.as_ref().map(Secret::reveal)
    }
}

pub struct RolePayload(Record);

/// A role after a write.
#[Object]
impl RolePayload {
    /// The role.
    async fn role(&self, ctx: &Context<'_>) -> Result<One<Role>> {
        self.0.get(ctx, "role").await
    }
}

pub struct IssueTokenPayload {
    record: Record,
    secret: Secret,
}

/// A new token.
#[Object]
impl IssueTokenPayload {
    /// The token, without its secret.
    async fn token(&self, ctx: &Context<'_>) -> Result<One<Token>> {
        self.record.get(ctx, "token").await
    }

    /// The bearer token: shown once, here, and stored nowhere.
    async fn secret(&self) -> &str {
        self.secret.reveal()
    }
}

pub struct RevokeTokenPayload(Record);

/// A token that has ended.
#[Object]
impl RevokeTokenPayload {
    /// The token.
    async fn token(&self, ctx: &Context<'_>) -> Result<One<Token>> {
        self.0.get(ctx, "token").await
    }
}
