//! Root fields on households and persons.

use async_graphql::{Context, Object, Result};

use super::{
    HOUSEHOLD, INSURANCE_COVERAGE, PERSON, POVERTY_REVIEW, POVERTY_STANDARD, RECLASSIFICATION_IMPACT,
    REGULAR_REVIEW_REPORT,
    filter::{HouseholdFilter, PersonFilter},
    look_up, national_id,
    order::HouseholdOrder,
    regular,
};
use crate::{
    access::Permission,
    place::{UnitRef, above_hamlets},
    read::{
        self, Connection, Many, Matches, One, PageArgs, Projected,
        projection::{Projection, Sort},
    },
    request::Request,
    schema::{scalars::Date, too_many},
};

pub struct Household;
pub struct Person;
pub struct InsuranceCoverage;
pub struct PovertyReview;
pub struct PovertyStandard;
pub struct ReclassificationImpact;
pub struct RegularReviewReport;

impl Projected for Household {
    const PROJECTION: &'static Projection = &HOUSEHOLD;
}

impl Projected for Person {
    const PROJECTION: &'static Projection = &PERSON;
}

impl Projected for InsuranceCoverage {
    const PROJECTION: &'static Projection = &INSURANCE_COVERAGE;
}

impl Projected for PovertyReview {
    const PROJECTION: &'static Projection = &POVERTY_REVIEW;
}

impl Projected for PovertyStandard {
    const PROJECTION: &'static Projection = &POVERTY_STANDARD;
}

impl Projected for ReclassificationImpact {
    const PROJECTION: &'static Projection = &RECLASSIFICATION_IMPACT;
}

impl Projected for RegularReviewReport {
    const PROJECTION: &'static Projection = &REGULAR_REVIEW_REPORT;
}

/// Most numbers of one look-up.
const MAX_NUMBERS: usize = 1_000;

#[derive(Default)]
pub struct HouseholdQuery;

#[Object]
impl HouseholdQuery {
    /// The household with this code: as it is, or as it was on a day.
    async fn household(&self, ctx: &Context<'_>, code: String, on: Option<Date>) -> Result<Option<One<Household>>> {
        read::one_on(ctx, on.map(|on| on.0), |rows| {
            rows.add("{c}.code = {0}", [code.into()]);
            Ok(())
        })
        .await
    }

    /// Households in the caller's scope, by code or by when they were last written.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the contract")]
    async fn households(
        &self,
        ctx: &Context<'_>,
        filter: Option<HouseholdFilter>,
        order_by: Option<HouseholdOrder>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Option<Connection<Household>>> {
        let page = PageArgs { first, after, last, before };
        let sort = order_by.unwrap_or_default().sort();
        read::page(ctx, sort, page, |rows| filter.unwrap_or_default().conditions(rows)).await
    }

    /// The person with this personal number; CONFLICT where several people claim it. Numbers under which the caller sees
    /// nobody are counted: too many in an hour or a day are LIMIT_EXCEEDED.
    async fn person(&self, ctx: &Context<'_>, national_id: String) -> Result<Option<One<Person>>> {
        Request::of(ctx).viewer.require(Permission::NationalIdRead)?;
        national_id::check(&national_id, "nationalId")?;
        read::sole(ctx, look_up::OF_ONE, |rows| {
            rows.add("{c}.national_id = {0}", [national_id.into()]);
            Ok(())
        })
        .await
    }

    /// Who bears these personal numbers: up to 1,000, in the order given. Those under which the caller sees nobody are
    /// counted as by `person`.
    async fn persons_by_national_id(
        &self,
        ctx: &Context<'_>,
        national_ids: Vec<String>,
    ) -> Result<Option<Vec<PersonMatch>>> {
        Request::of(ctx).viewer.require(Permission::NationalIdRead)?;
        if national_ids.len() > MAX_NUMBERS {
            return Err(too_many("nationalIds", national_ids.len(), MAX_NUMBERS).into());
        }
        for (index, number) in national_ids.iter().enumerate() {
            national_id::check(number, &format!("nationalIds.{index}"))?;
        }
        // Which of them are somebody's is told also where no person is selected.
        read::tells_of(ctx, &PERSON, None);
        look_up::of_many(Request::of(ctx), &national_ids, "nationalIds").await?;
        let persons = Matches::new("national_id", national_ids.iter().cloned());
        let found = national_ids.into_iter().map(|national_id| PersonMatch { national_id, persons: persons.clone() });
        Ok(Some(found.collect()))
    }

    /// Persons in the caller's scope, in order of entry.
    async fn persons(
        &self,
        ctx: &Context<'_>,
        filter: Option<PersonFilter>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Option<Connection<Person>>> {
        let page = PageArgs { first, after, last, before };
        read::page(ctx, Sort::BY_ID, page, |rows| filter.unwrap_or_default().conditions(rows)).await
    }

    /// The dated standards by which poverty is measured, oldest first.
    async fn poverty_standards(&self, ctx: &Context<'_>) -> Result<Option<Many<PovertyStandard>>> {
        read::many(ctx, "{t}.effective_from", |_| Ok(())).await
    }

    /// What a poverty standard would make of the households of a commune, a district or the province (without a unit, of
    /// the caller's own), by the latest review of each. Nothing is written.
    async fn reclassification_impact(
        &self,
        ctx: &Context<'_>,
        standard_code: String,
        unit: Option<UnitRef>,
    ) -> Result<Option<One<ReclassificationImpact>>> {
        let request = Request::of(ctx);
        let unit = above_hamlets(request, unit.as_ref(), "unit")?;
        request.catalog.knows_standard(&request.db, &standard_code, "standardCode").await?;
        read::one(ctx, |rows| {
            rows.add("{c}.standard_code = {0} AND {c}.id = {1}", [standard_code.into(), unit.into()]);
            Ok(())
        })
        .await
    }

    /// What a commune, a district or the province (without a unit, the caller's own) reports of regular reviews on the 5th of
    /// a month, from February to September: those taken up from the 15th of the month before, as they stand now.
    async fn regular_review_report(
        &self,
        ctx: &Context<'_>,
        year: i32,
        month: i32,
        unit: Option<UnitRef>,
    ) -> Result<Option<One<RegularReviewReport>>> {
        let request = Request::of(ctx);
        let unit = above_hamlets(request, unit.as_ref(), "unit")?;
        let reported = regular::reported(year, month, request.today())?;
        read::one_on(ctx, Some(reported.through), |rows| {
            rows.add("{c}.id = {0}", [unit.into()]);
            Ok(())
        })
        .await
    }
}

pub struct PersonMatch {
    national_id: String,
    persons: Matches,
}

/// What the service knows of one number that a partner holds: several people can claim one number.
#[Object]
impl PersonMatch {
    /// The number as it was given.
    async fn national_id(&self) -> &str {
        &self.national_id
    }

    /// Who bears it, as far as the caller may see them.
    async fn persons(&self, ctx: &Context<'_>) -> Result<Many<Person>> {
        self.persons.get(ctx, &self.national_id).await
    }
}
