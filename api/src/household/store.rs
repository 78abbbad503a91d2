//! Look-ups of households and persons for writing: within the viewer's scope, and locked until the write ends.

use entity::{
    household,
    ids::{HouseholdId, PersonId},
    person,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    error::{Failure, Result},
    exchange::Write,
};

/// The household with this id; NOT_FOUND where there is none in scope. It is locked until the write ends.
pub async fn household(write: &Write<'_>, id: HouseholdId, field: &str) -> Result<household::Model> {
    let query = household::Entity::find_by_id(id).lock_exclusive();
    let scope = write.request.viewer.scope;
    let query = scope.filter(query, household::Column::CommuneId, household::Column::DistrictId);
    query.one(&write.tx).await?.ok_or_else(|| Failure::not_found(field))
}

/// The households with these ids that are in scope, locked; for batches.
pub async fn households(write: &Write<'_>, ids: impl IntoIterator<Item = HouseholdId>) -> Result<Vec<household::Model>> {
    let ids = write.request.db.dialect.numbers(ids.into_iter().map(|id| id.0));
    let query = household::Entity::find().filter(write.request.db.dialect.one_of_expr("household.id", ids)).lock_exclusive();
    let scope = write.request.viewer.scope;
    let query = scope.filter(query, household::Column::CommuneId, household::Column::DistrictId);
    Ok(query.all(&write.tx).await?)
}

/// The person with this id; NOT_FOUND where there is none in scope. It is locked until the write ends.
pub async fn person(write: &Write<'_>, id: PersonId, field: &str) -> Result<person::Model> {
    let query = person::Entity::find_by_id(id).lock_exclusive();
    let scope = write.request.viewer.scope;
    let query = scope.filter(query, person::Column::CommuneId, person::Column::DistrictId);
    query.one(&write.tx).await?.ok_or_else(|| Failure::not_found(field))
}

/// The persons with these ids that are in scope, locked; for batches.
pub async fn persons(write: &Write<'_>, ids: impl IntoIterator<Item = PersonId>) -> Result<Vec<person::Model>> {
    let ids = write.request.db.dialect.numbers(ids.into_iter().map(|id| id.0));
    let query = person::Entity::find().filter(write.request.db.dialect.one_of_expr("person.id", ids)).lock_exclusive();
    let scope = write.request.viewer.scope;
    let query = scope.filter(query, person::Column::CommuneId, person::Column::DistrictId);
    Ok(query.all(&write.tx).await?)
}

/// Everybody in a household, locked.
pub async fn members(write: &Write<'_>, household: HouseholdId) -> Result<Vec<person::Model>> {
    let query = person::Entity::find().filter(person::Column::HouseholdId.eq(household)).lock_exclusive();
    Ok(query.all(&write.tx).await?)
}

/// Which of these personal numbers a living person bears already, other than `except`. Whoever it is: the number is
/// the province's, and the answer tells no more than that it is taken.
pub async fn numbers_in_use(write: &Write<'_>, numbers: &[String], except: Option<PersonId>) -> Result<Vec<String>> {
    let mut query = person::Entity::find()
        .select_only()
        .column(person::Column::NationalId)
        .filter(person::Column::NationalId.is_in(numbers))
        .filter(person::Column::DiedOn.is_null());
    if let Some(id) = except {
        query = query.filter(person::Column::Id.ne(id));
    }
    let found: Vec<Option<String>> = query.into_tuple().all(&write.tx).await?;
    Ok(found.into_iter().flatten().collect())
}
