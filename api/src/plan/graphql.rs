//! Root fields on the plan and on statistics.

use async_graphql::{Context, Object, Result};
use entity::enums::StatisticsGroup;

use super::projection::{CLOSED_STATISTICS, INDICATOR, PLAN, REPORT_OBLIGATION, STATISTICS_ROW};
use crate::{
    place::UnitRef,
    read::{self, Many, One, Projected, projection::Projection},
    request::Request,
};

pub struct Plan;
pub struct Indicator;
pub struct ReportObligation;
pub struct StatisticsRow;

impl Projected for Plan {
    const PROJECTION: &'static Projection = &PLAN;
}

impl Projected for Indicator {
    const PROJECTION: &'static Projection = &INDICATOR;
}

impl Projected for ReportObligation {
    const PROJECTION: &'static Projection = &REPORT_OBLIGATION;
}

impl Projected for StatisticsRow {
    const PROJECTION: &'static Projection = &STATISTICS_ROW;
}

#[derive(Default)]
pub struct PlanQuery;

#[Object]
impl PlanQuery {
    /// The plan of a year.
    async fn plan(&self, ctx: &Context<'_>, year: i32) -> Result<Option<One<Plan>>> {
        read::one(ctx, |rows| {
            rows.add("{c}.year = {0}", [year.into()]);
            Ok(())
        })
        .await
    }

    /// Figures by district or commune of the register's day for units, in the caller's scope; within a unit or
    /// everywhere. Of this moment for officers, of the last closed day for who sees statistics only; none before the
    /// first day is closed.
    async fn statistics(
        &self,
        ctx: &Context<'_>,
        group_by: StatisticsGroup,
        unit: Option<UnitRef>,
    ) -> Result<Option<Many<StatisticsRow>>> {
        let request = Request::of(ctx);
        let day = request.units_day;
        let live = STATISTICS_ROW.is_for(request.viewer.permissions);
        let from = if live { &STATISTICS_ROW } else { &CLOSED_STATISTICS };
        read::many_from(ctx, from, "{t}.code", |rows| {
            rows.add("{c}.level = {0}", [group_by.as_str().into()]);
            rows.add(
                "({c}.valid_from IS NULL OR {c}.valid_from <= {0}) AND ({c}.valid_to IS NULL OR {c}.valid_to >= {0})",
                [day.into()],
            );
            if let Some(unit) = unit {
                let unit = rows.catalog.resolve(&unit, "unit")?;
                rows.add(
                    "{c}.id = {0} OR {c}.parent_id = {0} \
                     OR {c}.parent_id IN (SELECT p.id FROM admin_unit p WHERE p.parent_id = {0})",
                    [unit.id.into()],
                );
            }
            Ok(())
        })
        .await
    }
}
