//! What the mutations answer.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use entity::enums::ItemStatus;

use super::{
    graphql::{Household, InsuranceCoverage, Person, PovertyReview, PovertyStandard},
    review::Reviewed,
    service::Written,
};
use crate::{
    exchange::items::{ItemError, Outcome},
    read::{One, Records},
    schema::Warning,
};

/// What a write on a household did.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct HouseholdPayload {
    #[graphql(skip)]
    id: i64,
    #[graphql(skip)]
    records: Records,
    /// Names of the fields that were written.
    applied: Vec<String>,
    /// What looks wrong in what was written.
    warnings: Vec<Warning>,
}

#[ComplexObject]
impl HouseholdPayload {
    /// The household; null where the change took it out of the caller's sight.
    async fn household(&self, ctx: &Context<'_>) -> Result<Option<One<Household>>> {
        self.records.get(ctx, self.id).await
    }
}

impl From<Written> for HouseholdPayload {
    fn from(written: Written) -> Self {
        let Written { id, applied, warnings } = written;
        Self { id, records: Records::new([id]), applied, warnings }
    }
}

/// What a write on a person did.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct PersonPayload {
    #[graphql(skip)]
    id: i64,
    #[graphql(skip)]
    records: Records,
    /// Names of the fields that were written.
    applied: Vec<String>,
    /// What looks wrong in what was written.
    warnings: Vec<Warning>,
}

#[ComplexObject]
impl PersonPayload {
    /// The person; null where the change took it out of the caller's sight.
    async fn person(&self, ctx: &Context<'_>) -> Result<Option<One<Person>>> {
        self.records.get(ctx, self.id).await
    }
}

impl From<Written> for PersonPayload {
    fn from(written: Written) -> Self {
        let Written { id, applied, warnings } = written;
        Self { id, records: Records::new([id]), applied, warnings }
    }
}

/// What a write on a review did.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct PovertyReviewPayload {
    #[graphql(skip)]
    review_id: i64,
    #[graphql(skip)]
    household_id: i64,
    #[graphql(skip)]
    reviews: Records,
    #[graphql(skip)]
    households: Records,
    /// What looks wrong in what was written.
    warnings: Vec<Warning>,
}

#[ComplexObject]
impl PovertyReviewPayload {
    /// The review.
    async fn review(&self, ctx: &Context<'_>) -> Result<One<PovertyReview>> {
        self.reviews.written(ctx, self.review_id).await
    }

    /// Its household, with the class in force.
    async fn household(&self, ctx: &Context<'_>) -> Result<One<Household>> {
        self.households.written(ctx, self.household_id).await
    }
}

impl From<Reviewed> for PovertyReviewPayload {
    fn from(reviewed: Reviewed) -> Self {
        let (review_id, household_id) = (reviewed.review.0, reviewed.household.0);
        let (reviews, households) = (Records::new([review_id]), Records::new([household_id]));
        Self { review_id, household_id, reviews, households, warnings: reviewed.warnings }
    }
}

/// What became of each item, in their order.
#[derive(SimpleObject)]
pub struct RecordInsurancePayload {
    /// One for each item.
    results: Vec<InsuranceResult>,
}

/// What became of one item.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct InsuranceResult {
    #[graphql(skip)]
    id: Option<i64>,
    #[graphql(skip)]
    records: Records,
    /// The item's place in the input, from 0.
    index: usize,
    /// APPLIED, UNCHANGED where the same coverage is recorded already, or REFUSED.
    status: ItemStatus,
    /// Why it was refused.
    error: Option<ItemError>,
}

#[ComplexObject]
impl InsuranceResult {
    /// The coverage; null where the item was refused.
    async fn coverage(&self, ctx: &Context<'_>) -> Result<Option<One<InsuranceCoverage>>> {
        match self.id {
            Some(id) => self.records.get(ctx, id).await,
            None => Ok(None),
        }
    }
}

impl From<Vec<Outcome<i64>>> for RecordInsurancePayload {
    fn from(outcomes: Vec<Outcome<i64>>) -> Self {
        // Clones of one `Records` share one statement.
        let records = Records::new(outcomes.iter().filter_map(|outcome| outcome.record));
        let results = outcomes.into_iter().enumerate().map(|(index, Outcome { status, record, error, .. })| {
            InsuranceResult { id: record, records: records.clone(), index, status, error }
        });
        Self { results: results.collect() }
    }
}

pub struct EndInsurancePayload {
    id: i64,
    records: Records,
}

/// The coverage that was ended.
#[Object]
impl EndInsurancePayload {
    /// The coverage with its last day.
    async fn coverage(&self, ctx: &Context<'_>) -> Result<One<InsuranceCoverage>> {
        self.records.written(ctx, self.id).await
    }
}

impl EndInsurancePayload {
    pub fn new(id: i64) -> Self {
        Self { id, records: Records::new([id]) }
    }
}

pub struct PovertyStandardPayload {
    id: i64,
    records: Records,
}

impl PovertyStandardPayload {
    pub fn new(id: i64) -> Self {
        Self { id, records: Records::new([id]) }
    }
}

/// A poverty standard after a write.
#[Object]
impl PovertyStandardPayload {
    /// The standard.
    async fn standard(&self, ctx: &Context<'_>) -> Result<One<PovertyStandard>> {
        self.records.written(ctx, self.id).await
    }
}
