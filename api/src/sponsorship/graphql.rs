//! Root fields on sponsors.

use async_graphql::{Context, Object, Result};

use super::{GIFT, PLEDGE, SPONSOR, SPONSORSHIP};
use crate::{
    read::{
        self, Connection, One, PageArgs, Projected,
        projection::{Projection, Sort},
    },
    search,
};

pub struct Sponsor;
pub struct Pledge;
pub struct Gift;
pub struct Sponsorship;

impl Projected for Sponsor {
    const PROJECTION: &'static Projection = &SPONSOR;
}

impl Projected for Pledge {
    const PROJECTION: &'static Projection = &PLEDGE;
}

impl Projected for Gift {
    const PROJECTION: &'static Projection = &GIFT;
}

impl Projected for Sponsorship {
    const PROJECTION: &'static Projection = &SPONSORSHIP;
}

#[derive(Default)]
pub struct SponsorshipQuery;

#[Object]
impl SponsorshipQuery {
    /// The sponsor with this code.
    async fn sponsor(&self, ctx: &Context<'_>, code: String) -> Result<Option<One<Sponsor>>> {
        read::one(ctx, |rows| {
            rows.add("{c}.code = {0}", [code.into()]);
            Ok(())
        })
        .await
    }

    /// Sponsors, in order of entry; with a part of the name, marks and case do not matter.
    async fn sponsors(
        &self,
        ctx: &Context<'_>,
        search: Option<String>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Option<Connection<Sponsor>>> {
        let page = PageArgs { first, after, last, before };
        read::page(ctx, Sort::BY_ID, page, |rows| match search {
            Some(text) => search::plain(rows, "name_folded", &text, "search"),
            None => Ok(()),
        })
        .await
    }
}
