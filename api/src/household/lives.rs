//! What is known of persons over days, for what is paid to them month after month: one statement for the persons, one for
//! the decisions on their households. Nobody is locked.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    EnumSet,
    enums::{PersonCategory, PovertyClass, ProtectedCategory},
    ids::PersonId,
    person,
};
use sea_orm::{EntityTrait, QueryFilter};

use super::on_day::{Decision, decisions_by, in_force};
use crate::{error::Result, exchange::Write};

/// A person. Categories are today's: what they were isn't kept.
#[derive(Clone, Debug)]
pub struct Life {
    pub born: Option<NaiveDate>,
    pub died_on: Option<NaiveDate>,
    pub categories: EnumSet<PersonCategory>,
    pub protected: EnumSet<ProtectedCategory>,
    /// On the household that it lives in.
    decisions: Vec<Decision>,
}

impl Life {
    /// The class in force on a day, of the household.
    pub fn class_on(&self, day: NaiveDate) -> Option<PovertyClass> {
        in_force(&self.decisions, day).map(|decision| decision.class)
    }
}

/// These persons, by decisions that took effect by today.
pub async fn lives(write: &Write<'_>, persons: impl IntoIterator<Item = PersonId>) -> Result<HashMap<PersonId, Life>> {
    let dialect = write.request.db.dialect;
    let ids = dialect.numbers(persons.into_iter().map(|id| id.0));
    let query = person::Entity::find().filter(dialect.one_of_expr("person.id", ids));
    let people = query.all(&write.tx).await?;
    let homes = people.iter().filter_map(|person| person.household_id);
    let decided = decisions_by(write, homes, write.request.today()).await?;
    let life = |person: person::Model| {
        let decisions = person.household_id.and_then(|home| decided.get(&home)).cloned().unwrap_or_default();
        let person::Model { id, date_of_birth: born, died_on, categories, protected_categories: protected, .. } =
            person;
        (id, Life { born, died_on, categories, protected, decisions })
    };
    Ok(people.into_iter().map(life).collect())
}
