//! Root fields on the caller, clients and roles.

use async_graphql::{Context, Object, Result};

use super::projection::{CLIENT, ROLE, TOKEN, VIEWER};
use crate::{
    error::Failure,
    read::{
        self, Connection, Many, One, PageArgs, Projected,
        projection::{Projection, Sort},
    },
};

pub struct Viewer;
pub struct Role;
pub struct Client;
pub struct Token;

impl Projected for Viewer {
    const PROJECTION: &'static Projection = &VIEWER;
}

impl Projected for Role {
    const PROJECTION: &'static Projection = &ROLE;
}

impl Projected for Client {
    const PROJECTION: &'static Projection = &CLIENT;
}

impl Projected for Token {
    const PROJECTION: &'static Projection = &TOKEN;
}

#[derive(Default)]
pub struct IdentityQuery;

#[Object]
impl IdentityQuery {
    /// The caller: what its token can do.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<One<Viewer>> {
        let viewer = read::one(ctx, |_| Ok(())).await?;
        Ok(viewer.ok_or_else(|| Failure::internal("the caller's token is gone"))?)
    }

    /// Systems that call the service, in order of entry: those of one's own agency, of all with `client:readAll`.
    async fn clients(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Option<Connection<Client>>> {
        read::page(ctx, Sort::BY_ID, PageArgs { first, after, last, before }, |_| Ok(())).await
    }

    /// Named sets of permissions.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Option<Many<Role>>> {
        read::many(ctx, "{t}.code", |_| Ok(())).await
    }
}
