//! Root fields on model projects.

use async_graphql::{Context, InputObject, Object, Result};
use entity::enums::{ModelStatus, ModelTrack};

use super::{MODEL_PARTICIPATION, MODEL_PROJECT, PILOT_COVERAGE, pilot};
use crate::{
    error::Failure,
    place::{UnitRef, above_hamlets},
    read::{
        self, Conditions, Connection, One, PageArgs, Projected,
        projection::{Projection, Sort, SortKind},
    },
    request::Request,
    schema::scalars::Date,
};

pub struct ModelProject;
pub struct ModelParticipation;
pub struct PilotCoverage;

impl Projected for ModelProject {
    const PROJECTION: &'static Projection = &MODEL_PROJECT;
}

impl Projected for ModelParticipation {
    const PROJECTION: &'static Projection = &MODEL_PARTICIPATION;
}

impl Projected for PilotCoverage {
    const PROJECTION: &'static Projection = &PILOT_COVERAGE;
}

/// Which model projects.
#[derive(Default, InputObject)]
pub struct ModelProjectFilter {
    /// Livelihood models or pilot sites.
    pub track: Option<ModelTrack>,
    /// Of these statuses.
    pub statuses: Option<Vec<ModelStatus>>,
    /// In this unit.
    pub unit: Option<UnitRef>,
}

impl ModelProjectFilter {
    fn conditions(self, rows: &mut Conditions<'_>) -> Result<(), Failure> {
        if let Some(track) = self.track {
            rows.add("{c}.track = {0}", [track.as_str().into()]);
        }
        if let Some(statuses) = self.statuses {
            rows.one_of_texts("{c}.status", statuses.into_iter().map(ModelStatus::as_str));
        }
        if let Some(unit) = self.unit {
            unit.condition(rows, "filter.unit")?;
        }
        Ok(())
    }
}

#[derive(Default)]
pub struct ModelProjectQuery;

#[Object]
impl ModelProjectQuery {
    /// The model project with this code.
    async fn model_project(&self, ctx: &Context<'_>, code: String) -> Result<Option<One<ModelProject>>> {
        read::one(ctx, |rows| {
            rows.add("{c}.code = {0}", [code.into()]);
            Ok(())
        })
        .await
    }

    /// Model projects in the caller's scope, by code.
    async fn model_projects(
        &self,
        ctx: &Context<'_>,
        filter: Option<ModelProjectFilter>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Option<Connection<ModelProject>>> {
        let page = PageArgs { first, after, last, before };
        let sort = Sort::by("code", "code", SortKind::Text);
        read::page(ctx, sort, page, |rows| filter.unwrap_or_default().conditions(rows)).await
    }

    /// How far the plan's pilot sites are chosen in a commune, a district or the province (without a unit, the caller's
    /// own): the sites and the units of a day; without one, the sites of today by the register's day for units.
    async fn pilot_coverage(
        &self,
        ctx: &Context<'_>,
        unit: Option<UnitRef>,
        on: Option<Date>,
    ) -> Result<Option<One<PilotCoverage>>> {
        let request = Request::of(ctx);
        let unit = above_hamlets(request, unit.as_ref(), "unit")?;
        let on = on.map(|on| on.0);
        read::one_on(ctx, on, |rows| pilot::of_unit(rows, unit, on.unwrap_or(request.units_day))).await
    }
}
