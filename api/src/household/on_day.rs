//! What households and their people are on a day, as far as it entitles to something: for batches, each kind of record
//! with one statement.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    EnumSet,
    enums::{AreaKind, HouseholdCategory, InsuranceKind, PersonCategory, PovertyClass},
    household, household_history,
    ids::{HouseholdId, PersonId},
    insurance_coverage, person, poverty_review,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{error::Result, exchange::Write};

/// A household on a day.
#[derive(Clone, Debug)]
pub struct HouseholdOn {
    /// In force; none where none was ever decided.
    pub class: Option<PovertyClass>,
    /// The first day of the decision that it rests on, and its number.
    pub since: Option<NaiveDate>,
    pub decision: Option<String>,
    pub categories: EnumSet<HouseholdCategory>,
    pub area_kind: AreaKind,
}

/// A living person of a household on a day.
#[derive(Clone, Debug)]
pub struct PersonOn {
    pub id: PersonId,
    pub born: Option<NaiveDate>,
    pub categories: EnumSet<PersonCategory>,
    /// Has health insurance.
    pub insured: bool,
}

/// These households on a day, not later than today.
pub async fn households_on<'a>(
    write: &Write<'_>,
    households: impl Iterator<Item = &'a household::Model> + Clone,
    day: NaiveDate,
) -> Result<HashMap<HouseholdId, HouseholdOn>> {
    let mut decided = decided_on(write, households.clone(), day).await?;
    let mut past = history_on(write, households.clone().filter(|household| day < household.history_from), day).await?;
    let today = write.request.today();
    let on = households.map(|household| {
        let review = decided.remove(&household.id);
        let class = if day < today {
            review.as_ref().and_then(|review| review.decided_class)
        } else {
            class_now(household, day)
        };
        let review = review.filter(|review| review.decided_class == class);
        let (categories, area_kind) = past.remove(&household.id).unwrap_or((household.categories, household.area_kind));
        let (since, decision) = review.map_or((None, None), |review| (review.effective_from, review.decision_number));
        (household.id, HouseholdOn { class, since, decision, categories, area_kind })
    });
    Ok(on.collect())
}

/// A household's class in force on a day that is not past.
pub fn class_now(household: &household::Model, day: NaiveDate) -> Option<PovertyClass> {
    let next = household.next_class_on.is_some_and(|from| from <= day);
    if next { household.next_class } else { household.poverty_class }
}

/// The reviews whose decisions are in force on a day.
async fn decided_on(
    write: &Write<'_>,
    households: impl Iterator<Item = &household::Model>,
    day: NaiveDate,
) -> Result<HashMap<HouseholdId, poverty_review::Model>> {
    use poverty_review::Column::{DecidedClass, EffectiveFrom, EffectiveTo, Id};
    let dialect = write.request.db.dialect;
    let ids = dialect.numbers(households.map(|household| household.id.0));
    let query = poverty_review::Entity::find()
        .filter(dialect.one_of_expr("poverty_review.household_id", ids))
        .filter(DecidedClass.is_not_null())
        .filter(EffectiveFrom.lte(day))
        .filter(Condition::any().add(EffectiveTo.is_null()).add(EffectiveTo.gte(day)))
        .order_by_asc(EffectiveFrom)
        .order_by_asc(Id);
    Ok(query.all(&write.tx).await?.into_iter().map(|review| (review.household_id, review)).collect())
}

type Then = (EnumSet<HouseholdCategory>, AreaKind);

/// What households were before they became what their rows say.
async fn history_on(
    write: &Write<'_>,
    households: impl Iterator<Item = &household::Model>,
    day: NaiveDate,
) -> Result<HashMap<HouseholdId, Then>> {
    let ids: Vec<_> = households.map(|household| household.id.0).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let dialect = write.request.db.dialect;
    let query = household_history::Entity::find()
        .filter(dialect.one_of_expr("household_history.household_id", dialect.numbers(ids)))
        .filter(household_history::Column::ValidFrom.lte(day))
        .filter(household_history::Column::ValidTo.gte(day));
    let rows = query.all(&write.tx).await?;
    Ok(rows.into_iter().map(|past| (past.household_id, (past.categories, past.area_kind))).collect())
}

/// The people of these households who live on a day.
pub async fn people_on(
    write: &Write<'_>,
    households: impl IntoIterator<Item = HouseholdId>,
    day: NaiveDate,
) -> Result<HashMap<HouseholdId, Vec<PersonOn>>> {
    let dialect = write.request.db.dialect;
    let ids = dialect.numbers(households.into_iter().map(|id| id.0));
    let died = person::Column::DiedOn;
    let people = person::Entity::find()
        .filter(dialect.one_of_expr("person.household_id", ids))
        .filter(Condition::any().add(died.is_null()).add(died.gt(day)))
        .order_by_asc(person::Column::Id)
        .all(&write.tx)
        .await?;
    let insured = insured_on(write, people.iter().map(|person| person.id), day).await?;
    let mut homes: HashMap<_, Vec<_>> = HashMap::new();
    for person in people {
        let Some(household) = person.household_id else { continue };
        let person::Model { id, date_of_birth: born, categories, .. } = person;
        homes.entry(household).or_default().push(PersonOn { id, born, categories, insured: insured.contains(&id) });
    }
    Ok(homes)
}

/// Those of the persons who have health insurance on a day.
async fn insured_on(
    write: &Write<'_>,
    persons: impl Iterator<Item = PersonId>,
    day: NaiveDate,
) -> Result<HashSet<PersonId>> {
    use insurance_coverage::Column::{Kind, PersonId as Person, ValidFrom, ValidTo};
    let dialect = write.request.db.dialect;
    let ids = dialect.numbers(persons.map(|id| id.0));
    let query = insurance_coverage::Entity::find()
        .select_only()
        .column(Person)
        .filter(dialect.one_of_expr("insurance_coverage.person_id", ids))
        .filter(Kind.eq(InsuranceKind::Health))
        .filter(ValidFrom.lte(day))
        .filter(Condition::any().add(ValidTo.is_null()).add(ValidTo.gte(day)));
    let found: Vec<PersonId> = query.into_tuple().all(&write.tx).await?;
    Ok(found.into_iter().collect())
}
