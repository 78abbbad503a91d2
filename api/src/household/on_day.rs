//! What households and their people are on a day, as far as it entitles to something: support, credit and models ask the
//! same. For batches, each kind of record with one statement.
//!
//! The class is that of the decision in force on the day, never the household's row: the day is often a past one, and some
//! decisions wait for theirs. Urban or rural is the land on the day (`unit_area`), whatever unit it belongs to now.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    EnumSet,
    enums::{AreaKind, HouseholdCategory, InsuranceKind, PersonCategory, PovertyClass, ProtectedCategory},
    household, household_history,
    ids::{AdminUnitId, HouseholdId, PersonId},
    insurance_coverage, person, poverty_review, unit_area,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rules::{listed, newly_escaped_until};
use crate::{
    error::{Failure, Result},
    exchange::Write,
};

/// A household on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct HouseholdOn {
    /// In force; none where none was decided by then.
    pub class: Option<PovertyClass>,
    /// The first day of the decision that it rests on, and its number.
    pub since: Option<NaiveDate>,
    pub decision: Option<String>,
    /// The last day on which it counts as newly escaped for credit; none while it is on the list, or never was.
    pub newly_escaped_until: Option<NaiveDate>,
    pub categories: EnumSet<HouseholdCategory>,
    pub area_kind: AreaKind,
}

/// A living person of a household on a day.
#[derive(Clone, Debug)]
pub struct PersonOn {
    pub id: PersonId,
    pub born: Option<NaiveDate>,
    pub categories: EnumSet<PersonCategory>,
    pub protected: EnumSet<ProtectedCategory>,
    /// Has health insurance.
    pub insured: bool,
}

/// These households on a day.
pub async fn households_on<'a>(
    write: &Write<'_>,
    households: impl Iterator<Item = &'a household::Model> + Clone,
    day: NaiveDate,
) -> Result<HashMap<HouseholdId, HouseholdOn>> {
    let mut decided = decisions_by(write, households.clone().map(|household| household.id), day).await?;
    let lived = lived(write, households, day).await?;
    let on = lived.into_iter().map(|(id, Lived { categories, area_kind, .. })| {
        let decisions = decided.remove(&id).unwrap_or_default();
        let (class, since, decision) = match in_force(&decisions, day) {
            Some(Decision { class, from, number, .. }) => (Some(*class), Some(*from), number.clone()),
            None => (None, None, None),
        };
        let newly_escaped_until = escaped_on(&decisions, day).map(newly_escaped_until);
        (id, HouseholdOn { class, since, decision, newly_escaped_until, categories, area_kind })
    });
    Ok(on.collect())
}

/// One household on a day.
pub async fn household_on(write: &Write<'_>, household: &household::Model, day: NaiveDate) -> Result<HouseholdOn> {
    let mut on = households_on(write, [household].into_iter(), day).await?;
    on.remove(&household.id).ok_or_else(|| Failure::internal("a household without standing"))
}

/// The kind of area that the household lived in on a day.
pub async fn area_kind_on(write: &Write<'_>, household: &household::Model, day: NaiveDate) -> Result<AreaKind> {
    let lived = lived(write, [household].into_iter(), day).await?;
    Ok(lived.get(&household.id).map_or(household.area_kind, |lived| lived.area_kind))
}

/// A decided class from a day to a day.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Decision {
    pub class: PovertyClass,
    from: NaiveDate,
    to: Option<NaiveDate>,
    number: Option<String>,
}

/// The decisions that took effect by a day, in their order.
pub(super) async fn decisions_by(
    write: &Write<'_>,
    households: impl Iterator<Item = HouseholdId>,
    day: NaiveDate,
) -> Result<HashMap<HouseholdId, Vec<Decision>>> {
    use poverty_review::Column::{DecidedClass, EffectiveFrom, Id};
    let dialect = write.request.db.dialect;
    let ids = dialect.numbers(households.map(|id| id.0));
    let query = poverty_review::Entity::find()
        .filter(dialect.one_of_expr("poverty_review.household_id", ids))
        .filter(DecidedClass.is_not_null())
        .filter(EffectiveFrom.lte(day))
        .order_by_asc(EffectiveFrom)
        .order_by_asc(Id);
    let mut decided: HashMap<_, Vec<_>> = HashMap::new();
    for review in query.all(&write.tx).await? {
        let poverty_review::Model {
            household_id, decided_class, effective_from, effective_to, decision_number, ..
        } = review;
        let Some((class, from)) = decided_class.zip(effective_from) else { continue };
        let decision = Decision { class, from, to: effective_to, number: decision_number };
        decided.entry(household_id).or_default().push(decision);
    }
    Ok(decided)
}

pub(super) fn in_force(decisions: &[Decision], day: NaiveDate) -> Option<&Decision> {
    decisions.iter().rev().find(|decision| decision.from <= day && decision.to.is_none_or(|to| to >= day))
}

/// Since when the household is off the list of the poor and near-poor, as `standing.rs` says it in SQL.
fn escaped_on(decisions: &[Decision], day: NaiveDate) -> Option<NaiveDate> {
    let by_then = || decisions.iter().filter(|decision| decision.from <= day);
    let last_listed = by_then().filter(|decision| listed(decision.class)).map(|decision| decision.from).max();
    let counts = |decision: &&Decision| match last_listed {
        Some(last) => !listed(decision.class) && decision.from >= last,
        None => decision.class == PovertyClass::NewlyEscaped,
    };
    by_then().find(counts).map(|decision| decision.from)
}

/// Where a household lived, and what it was beside its class.
#[derive(Clone, Copy, Debug)]
struct Lived {
    commune: AdminUnitId,
    categories: EnumSet<HouseholdCategory>,
    area_kind: AreaKind,
}

/// Of these households on a day, before they were registered that of their first day: urban or rural as their commune was
/// then, also where it went on in another unit. Where that isn't known, as the household has it.
async fn lived<'a>(
    write: &Write<'_>,
    households: impl Iterator<Item = &'a household::Model> + Clone,
    day: NaiveDate,
) -> Result<HashMap<HouseholdId, Lived>> {
    let past = history_on(write, households.clone().filter(|household| day < household.history_from), day).await?;
    let mut lived: HashMap<_, _> = households
        .map(|household| {
            let household::Model { id, commune_id: commune, categories, area_kind, .. } = *household;
            (id, past.get(&id).copied().unwrap_or(Lived { commune, categories, area_kind }))
        })
        .collect();
    let areas = areas_on(write, lived.values().map(|lived| lived.commune).collect(), day).await?;
    for lived in lived.values_mut() {
        lived.area_kind = areas.get(&lived.commune).copied().unwrap_or(lived.area_kind);
    }
    Ok(lived)
}

/// What households were before they became what their rows say.
async fn history_on(
    write: &Write<'_>,
    households: impl Iterator<Item = &household::Model>,
    day: NaiveDate,
) -> Result<HashMap<HouseholdId, Lived>> {
    let ids: Vec<_> = households.map(|household| household.id.0).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let dialect = write.request.db.dialect;
    let query = household_history::Entity::find()
        .filter(dialect.one_of_expr("household_history.household_id", dialect.numbers(ids)))
        .filter(household_history::Column::ValidTo.gte(day))
        .order_by_desc(household_history::Column::ValidFrom);
    let rows = query.all(&write.tx).await?;
    // Of several the first one stays.
    let of = |past: household_history::Model| {
        let household_history::Model { household_id, commune_id: commune, categories, area_kind, .. } = past;
        (household_id, Lived { commune, categories, area_kind })
    };
    Ok(rows.into_iter().map(of).collect())
}

/// Urban or rural, of these communes on a day.
async fn areas_on(
    write: &Write<'_>,
    communes: HashSet<AdminUnitId>,
    day: NaiveDate,
) -> Result<HashMap<AdminUnitId, AreaKind>> {
    let dialect = write.request.db.dialect;
    let query = unit_area::Entity::find()
        .filter(dialect.one_of_expr("unit_area.unit_id", dialect.numbers(communes.into_iter().map(|id| id.0))))
        .filter(unit_area::Column::ValidFrom.lte(day))
        .filter(unit_area::Column::ValidTo.gte(day));
    Ok(query.all(&write.tx).await?.into_iter().map(|area| (area.unit_id, area.area_kind)).collect())
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
        let person::Model { id, date_of_birth: born, categories, protected_categories: protected, .. } = person;
        let insured = insured.contains(&id);
        homes.entry(household).or_default().push(PersonOn { id, born, categories, protected, insured });
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

#[cfg(test)]
mod tests {
    use PovertyClass::{Average, NearPoor, NewlyEscaped, Poor};

    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Decisions, each in force until the next one.
    fn history(decisions: &[(PovertyClass, &str)]) -> Vec<Decision> {
        let until = decisions.iter().skip(1).map(|(_, next)| on(next).pred_opt()).chain([None]);
        let decision = |((class, from), to): (&(PovertyClass, &str), _)| Decision {
            class: *class,
            from: on(from),
            to,
            number: None,
        };
        decisions.iter().zip(until).map(decision).collect()
    }

    fn of(decisions: &[Decision], day: NaiveDate) -> Option<(PovertyClass, NaiveDate)> {
        in_force(decisions, day).map(|decision| (decision.class, decision.from))
    }

    #[test]
    fn the_class_of_the_day_counts() {
        let decisions = history(&[(Poor, "2022-01-01"), (NearPoor, "2024-01-01"), (NewlyEscaped, "2025-01-01")]);
        assert_eq!(of(&decisions, on("2021-12-31")), None);
        assert_eq!(of(&decisions, on("2022-01-01")), Some((Poor, on("2022-01-01"))));
        assert_eq!(of(&decisions, on("2024-12-31")), Some((NearPoor, on("2024-01-01"))));
        assert_eq!(of(&decisions, on("2026-06-01")), Some((NewlyEscaped, on("2025-01-01"))));
    }

    #[test]
    fn who_leaves_the_list_has_escaped_since_the_first_decision_off_it() {
        let decisions = history(&[(Poor, "2022-01-01"), (NewlyEscaped, "2024-01-01"), (Average, "2025-01-01")]);
        assert_eq!(escaped_on(&decisions, on("2023-12-31")), None, "on the list");
        assert_eq!(escaped_on(&decisions, on("2024-06-01")), Some(on("2024-01-01")));
        assert_eq!(escaped_on(&decisions, on("2026-06-01")), Some(on("2024-01-01")), "whatever it is called since");
        let fell_back =
            history(&[(Poor, "2020-01-01"), (Average, "2021-01-01"), (Poor, "2022-01-01"), (Average, "2023-01-01")]);
        assert_eq!(escaped_on(&fell_back, on("2022-06-01")), None);
        assert_eq!(escaped_on(&fell_back, on("2023-06-01")), Some(on("2023-01-01")));
        let unknown_before = history(&[(Average, "2023-01-01"), (NewlyEscaped, "2024-01-01")]);
        assert_eq!(escaped_on(&unknown_before, on("2024-06-01")), Some(on("2024-01-01")));
        assert_eq!(escaped_on(&unknown_before, on("2023-06-01")), None, "never known to be on the list");
    }
}
