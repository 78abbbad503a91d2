//! Look-ups of households and persons for writing: as far as the viewer sees them, and locked until the write ends.
//!
//! Writers lock in one order, so that they wait for each other rather than block each other: households by id, then
//! persons by id, then what hangs on them. What hangs on one is looked for by way of it, so that a row out of sight is never
//! locked and costs no more than one that isn't there.

use chrono::NaiveDate;
use entity::{
    household,
    ids::{HouseholdId, InsuranceCoverageId, PersonId, PovertyReviewId, PovertyStandardId},
    insurance_coverage, person, poverty_review, poverty_standard,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::LockType,
};

use crate::{
    error::{Failure, Result},
    exchange::Write,
    request::Request,
};

/// The household with this id; NOT_FOUND where the viewer sees none. It is locked until the write ends.
pub async fn household(write: &Write<'_>, id: HouseholdId, field: &str) -> Result<household::Model> {
    let query = household::Entity::find_by_id(id).lock_exclusive();
    write.request.visible(query).one(&write.tx).await?.ok_or_else(|| Failure::not_found(field))
}

/// The households with these ids that the viewer sees, locked; for batches.
pub async fn households(
    write: &Write<'_>,
    ids: impl IntoIterator<Item = HouseholdId>,
) -> Result<Vec<household::Model>> {
    let dialect = write.request.db.dialect;
    let ids = dialect.numbers(ids.into_iter().map(|id| id.0));
    let query = household::Entity::find().filter(dialect.one_of_expr("household.id", ids));
    let query = query.order_by_asc(household::Column::Id).lock_exclusive();
    Ok(write.request.visible(query).all(&write.tx).await?)
}

/// The person with this id; NOT_FOUND where the viewer sees none. It is locked until the write ends.
pub async fn person(write: &Write<'_>, id: PersonId, field: &str) -> Result<person::Model> {
    let query = person::Entity::find_by_id(id).lock_exclusive();
    write.request.visible(query).one(&write.tx).await?.ok_or_else(|| Failure::not_found(field))
}

/// The person with this id, and its household and the `other` one as far as the viewer sees them; all locked.
pub async fn person_and_households(
    write: &Write<'_>,
    id: PersonId,
    other: Option<HouseholdId>,
    field: &str,
) -> Result<(person::Model, Vec<household::Model>)> {
    // Households are locked first, so the person is read twice.
    let seen = person::Entity::find_by_id(id).one(&write.tx).await?.and_then(|person| person.household_id);
    let households = households(write, seen.into_iter().chain(other)).await?;
    let person = person(write, id, field).await?;
    if person.household_id != seen {
        return Err(Failure::conflict(
            "The person was moved by another writer at the same moment. Nothing was written; read it again.",
            "Một yêu cầu khác vừa chuyển nhân khẩu này. Chưa có gì được ghi; hãy đọc lại.",
        ));
    }
    Ok((person, households))
}

/// The persons with these ids that the viewer sees, locked; for batches.
pub async fn persons(write: &Write<'_>, ids: impl IntoIterator<Item = PersonId>) -> Result<Vec<person::Model>> {
    bearers(write, ids, Vec::new()).await
}

/// The persons that the viewer sees with one of these ids or personal numbers, locked; for batches.
pub async fn bearers(
    write: &Write<'_>,
    ids: impl IntoIterator<Item = PersonId>,
    numbers: Vec<String>,
) -> Result<Vec<person::Model>> {
    let dialect = write.request.db.dialect;
    let mut named = Condition::any();
    named = named.add(dialect.one_of_expr("person.id", dialect.numbers(ids.into_iter().map(|id| id.0))));
    if !numbers.is_empty() {
        named = named.add(dialect.one_of_expr("person.national_id", dialect.texts(numbers)));
    }
    let query = person::Entity::find().filter(named).order_by_asc(person::Column::Id).lock_exclusive();
    Ok(write.request.visible(query).all(&write.tx).await?)
}

/// Everybody in a household, locked.
pub async fn members(write: &Write<'_>, household: HouseholdId) -> Result<Vec<person::Model>> {
    let query = person::Entity::find().filter(person::Column::HouseholdId.eq(household));
    Ok(query.order_by_asc(person::Column::Id).lock_exclusive().all(&write.tx).await?)
}

/// How many of these personal numbers the viewer sees somebody under.
pub async fn numbers_seen(request: &Request, numbers: impl IntoIterator<Item = String>) -> Result<usize> {
    let dialect = request.db.dialect;
    let query = person::Entity::find()
        .select_only()
        .column(person::Column::NationalId)
        .distinct()
        .filter(dialect.one_of_expr("person.national_id", dialect.texts(numbers)));
    let found: Vec<Option<String>> = request.visible(query).into_tuple().all(&request.db.connection).await?;
    Ok(found.len())
}

/// How many of these personal numbers living people bear, none of whom the viewer sees.
pub async fn numbers_hidden(request: &Request, numbers: impl IntoIterator<Item = String>) -> Result<usize> {
    let dialect = request.db.dialect;
    let query = person::Entity::find()
        .select_only()
        .column(person::Column::NationalId)
        .distinct()
        .filter(dialect.one_of_expr("person.national_id", dialect.texts(numbers)))
        .filter(person::Column::DiedOn.is_null());
    let taken: Vec<Option<String>> = query.into_tuple().all(&request.db.connection).await?;
    if taken.is_empty() {
        return Ok(0);
    }
    let seen = numbers_seen(request, taken.iter().flatten().cloned()).await?;
    Ok(taken.len().saturating_sub(seen))
}

/// Which of these personal numbers a living person bears already, other than `except`. Whoever it is: the number is
/// the province's, and the answer tells no more than that it is taken. Who asks has counted those out of sight first
/// (`look_up.rs`).
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

/// The dated poverty standards, oldest first. Until the write ends nobody corrects them: what is found under a standard is
/// found by what it says.
pub async fn standards(write: &Write<'_>) -> Result<Vec<poverty_standard::Model>> {
    let query = poverty_standard::Entity::find().order_by_asc(poverty_standard::Column::EffectiveFrom);
    Ok(query.lock(LockType::KeyShare).all(&write.tx).await?)
}

/// The standards for one that writes them: who would take a review, or write another standard, waits. The rows are read
/// once they are locked, since a new one may have come meanwhile.
pub async fn lock_standards(write: &Write<'_>) -> Result<Vec<poverty_standard::Model>> {
    let query = poverty_standard::Entity::find().order_by_asc(poverty_standard::Column::Id);
    query.clone().lock_exclusive().all(&write.tx).await?;
    Ok(query.all(&write.tx).await?)
}

/// The first and last day of reviews taken under a standard, wherever in the province; none without any.
pub async fn reviewed_under(write: &Write<'_>, id: PovertyStandardId) -> Result<Option<(NaiveDate, NaiveDate)>> {
    let dialect = write.request.db.dialect;
    let sql = format!(
        "SELECT min(reviewed_on), max(reviewed_on) FROM poverty_review WHERE standard_id = {}1",
        dialect.placeholder()
    );
    let row = write.tx.query_one_raw(dialect.statement(sql, vec![id.0.into()])).await?;
    let row = row.ok_or_else(|| Failure::internal("an aggregate without a row"))?;
    let (first, last): (Option<NaiveDate>, Option<NaiveDate>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    Ok(first.zip(last))
}

/// A review and its household, which the viewer must see and is locked: the lock is the one on its reviews too.
pub async fn review(
    write: &Write<'_>,
    id: PovertyReviewId,
    field: &str,
) -> Result<(poverty_review::Model, household::Model)> {
    let of = poverty_review::Entity::find_by_id(id).select_only().column(poverty_review::Column::HouseholdId);
    let query = household::Entity::find().filter(household::Column::Id.in_subquery(of.into_query())).lock_exclusive();
    let household = write.request.visible(query).one(&write.tx).await?.ok_or_else(|| Failure::not_found(field))?;
    let review = poverty_review::Entity::find_by_id(id).lock_exclusive().one(&write.tx).await?;
    Ok((review.ok_or_else(|| Failure::not_found(field))?, household))
}

/// The reviews of a household, which is locked.
pub async fn reviews(write: &Write<'_>, household: HouseholdId) -> Result<Vec<poverty_review::Model>> {
    let query = poverty_review::Entity::find().filter(poverty_review::Column::HouseholdId.eq(household));
    Ok(query.order_by_asc(poverty_review::Column::Id).all(&write.tx).await?)
}

/// A coverage and its person, whom the viewer must see and who is locked: the lock is the one on its coverages too.
pub async fn coverage(
    write: &Write<'_>,
    id: InsuranceCoverageId,
    field: &str,
) -> Result<(insurance_coverage::Model, person::Model)> {
    let of = insurance_coverage::Entity::find_by_id(id).select_only().column(insurance_coverage::Column::PersonId);
    let query = person::Entity::find().filter(person::Column::Id.in_subquery(of.into_query())).lock_exclusive();
    let person = write.request.visible(query).one(&write.tx).await?.ok_or_else(|| Failure::not_found(field))?;
    let coverage = insurance_coverage::Entity::find_by_id(id).lock_exclusive().one(&write.tx).await?;
    Ok((coverage.ok_or_else(|| Failure::not_found(field))?, person))
}

/// The coverages of these persons, who are locked.
pub async fn coverages(
    write: &Write<'_>,
    persons: impl IntoIterator<Item = PersonId>,
) -> Result<Vec<insurance_coverage::Model>> {
    let dialect = write.request.db.dialect;
    let persons = dialect.numbers(persons.into_iter().map(|id| id.0));
    let query = insurance_coverage::Entity::find()
        .filter(dialect.one_of_expr("insurance_coverage.person_id", persons))
        .order_by_asc(insurance_coverage::Column::Id);
    Ok(query.all(&write.tx).await?)
}
