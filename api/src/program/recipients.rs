//! Whether those that a batch of benefits would go to are whom its programs are for, on one day: the facts are loaded for
//! all items together, `audience.rs` judges.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    household,
    ids::{HouseholdId, PersonId},
};

use super::{
    assistance::Facts,
    audience::{Audience, Recipient, Told},
    limits::Limits,
};
use crate::{
    access::Permission,
    error::{Failure, Result},
    exchange::Write,
    household::{HouseholdOn, PersonOn, households_on, people_on},
};

pub struct Recipients {
    on: NaiveDate,
    told: Told,
    households: HashMap<HouseholdId, HouseholdOn>,
    /// Of households of which a program asks who lives in them.
    people: HashMap<HouseholdId, Vec<PersonOn>>,
}

impl Recipients {
    /// `named`: each household and the code of a program that would pay it something.
    pub async fn load(
        write: &Write<'_>,
        households: &HashMap<HouseholdId, household::Model>,
        named: &[(HouseholdId, &str)],
        limits: &Limits,
        on: NaiveDate,
    ) -> Result<Self> {
        let asks = |program: &str| Audience::of(program).asks_people() || limits.count_persons(program);
        let asked: HashSet<_> = named.iter().filter(|(_, program)| asks(program)).map(|(id, _)| *id).collect();
        let people = if asked.is_empty() { HashMap::new() } else { people_on(write, asked, on).await? };
        let viewer = &write.request.viewer;
        Ok(Self {
            on,
            told: Told {
                decisions: viewer.may(Permission::ReviewRead),
                insurance: viewer.may(Permission::InsuranceRead),
            },
            households: households_on(write, households.values(), on).await?,
            people,
        })
    }

    /// How many living people a household has, where a program counts them.
    pub fn heads(&self, household: HouseholdId) -> i64 {
        let people = self.people.get(&household).map_or(0, Vec::len);
        i64::try_from(people).unwrap_or(i64::MAX)
    }

    /// What monthly assistance of a person goes by, on the day.
    pub fn facts(&self, household: HouseholdId, person: PersonId) -> Option<Facts> {
        let class = self.households.get(&household)?.class;
        let person = self.people.get(&household)?.iter().find(|one| one.id == person)?;
        let PersonOn { born, categories, protected, .. } = *person;
        Some(Facts { born, categories, protected, class, on: self.on })
    }

    /// Refuses a household, or a person of it, that the program is not for on the day.
    pub fn check(&self, program: &str, household: &household::Model, person: Option<PersonId>) -> Result<()> {
        let standing = self.households.get(&household.id);
        let standing = standing.ok_or_else(|| Failure::internal("a household without standing"))?;
        let people = self.people.get(&household.id).map(Vec::as_slice).unwrap_or_default();
        let recipient = Recipient {
            program,
            code: &household.code,
            household: standing,
            person: person.and_then(|id| people.iter().find(|one| one.id == id)),
            people: if person.is_some() { &[] } else { people },
            on: self.on,
        };
        Audience::of(program).check(&recipient, self.told)
    }
}
