//! Root fields on administrative units and agencies.

use async_graphql::{Context, Object, Result};
use entity::enums::AdminLevel;

use super::{ADMIN_UNIT, AGENCY, UnitRef};
use crate::{
    read::{self, Many, Projected, projection::Projection},
    request::Request,
    schema::scalars::Date,
};

pub struct AdminUnit;
pub struct Agency;

impl Projected for AdminUnit {
    const PROJECTION: &'static Projection = &ADMIN_UNIT;
}

impl Projected for Agency {
    const PROJECTION: &'static Projection = &AGENCY;
}

#[derive(Default)]
pub struct PlaceQuery;

#[Object]
impl PlaceQuery {
    /// Units that exist on a day (without one, on the register's day for units), by code.
    async fn admin_units(
        &self,
        ctx: &Context<'_>,
        level: Option<AdminLevel>,
        parent: Option<UnitRef>,
        on: Option<Date>,
    ) -> Result<Option<Many<AdminUnit>>> {
        let day = on.map_or(Request::of(ctx).units_day, |on| on.0);
        read::many(ctx, "{t}.code, {t}.id", |rows| {
            rows.add(
                "({c}.valid_from IS NULL OR {c}.valid_from <= {0}) AND ({c}.valid_to IS NULL OR {c}.valid_to >= {0})",
                [day.into()],
            );
            if let Some(level) = level {
                rows.add("{c}.level = {0}", [level.as_str().into()]);
            }
            if let Some(parent) = parent {
                let parent = rows.catalog.resolve(&parent, "parent")?;
                rows.add("{c}.parent_id = {0}", [parent.id.into()]);
            }
            Ok(())
        })
        .await
    }

    /// The bodies that carry out the plan.
    async fn agencies(&self, ctx: &Context<'_>) -> Result<Option<Many<Agency>>> {
        read::many(ctx, "{t}.id", |_| Ok(())).await
    }
}
