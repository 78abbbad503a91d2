//! A household's people: names, birth dates, papers, and what entitles them.

use chrono::{Datelike, NaiveDate};
use entity::{
    EnumSet,
    enums::{HouseholdCategory, PersonCategory, PovertyClass, ProtectedCategory, Relationship, Sex},
    ids::{HouseholdId, PersonId},
};

use super::{
    Maker,
    calendar::{FIRST_ENTRY_DONE, OPENED, age, minus_days},
    family::{Sketch, sketch},
    names,
    place::COAST,
    random::{Random, Topic},
    world::Commune,
};

/// A household and its people, as the other parts of the seed look at them.
pub struct Home<'w> {
    pub id: HouseholdId,
    pub code: String,
    pub commune: &'w Commune,
    pub class: Option<PovertyClass>,
    pub categories: EnumSet<HouseholdCategory>,
    pub registered_on: NaiveDate,
    /// The head first.
    pub members: Vec<Member>,
}

pub struct Member {
    pub id: PersonId,
    pub full_name: String,
    pub sex: Sex,
    pub born: NaiveDate,
    pub age: i64,
    pub national_id: Option<String>,
    pub relationship: Relationship,
    pub joined_on: NaiveDate,
    pub categories: EnumSet<PersonCategory>,
    pub protected: EnumSet<ProtectedCategory>,
}

impl Member {
    /// Whether the state pays an allowance every month (Decree 20/2021, article 5): severe disability, an orphan, the
    /// old without a pension.
    pub fn monthly_allowance(&self) -> bool {
        self.protected.contains(ProtectedCategory::SeverelyDisabled)
            || self.protected.contains(ProtectedCategory::ExtremelyDisabled)
            || self.categories.contains(PersonCategory::Orphan)
            || self.categories.contains(PersonCategory::LonelyElderly)
            || self.age >= 80
    }

    /// Of working age and not known to be unable.
    pub fn can_work(&self) -> bool {
        (16..60).contains(&self.age) && self.protected.is_empty() && !self.categories.contains(PersonCategory::Student)
    }
}

/// Makes a household's people; the class is known, the rest follows.
pub fn settle<'w>(
    maker: &mut Maker<'_>,
    random: &mut Random,
    (commune, code): (&'w Commune, String),
    class: Option<PovertyClass>,
) -> Home<'w> {
    let calendar = &maker.calendar;
    let registered_on = match class {
        None if random.percent(12) => calendar.between(random, FIRST_ENTRY_DONE, minus_days(calendar.last, 40)),
        _ => calendar.between(random, OPENED, FIRST_ENTRY_DONE),
    };
    // Nobody headed a household as a child when the register was opened.
    let least_age = 19 + i64::from(calendar.today.year() - OPENED.year()).max(5);
    let sketches = sketch(random, class, least_age);
    let merit = random.per_mille(28);
    let mut members = Vec::with_capacity(sketches.len());
    for sketch in &sketches {
        let mut member = member(maker, random, sketch);
        member.joined_on = registered_on.max(member.born);
        member.categories = categories(random, &member, &sketches, class, merit);
        member.protected = protected(random, &member, class);
        if without_pension(maker.seed, &member) {
            member.categories.insert(PersonCategory::WithoutPension);
        }
        members.push(member);
    }
    let id = HouseholdId(maker.register.household.id());
    let mut home = Home { id, code, commune, class, categories: EnumSet::new(), registered_on, members };
    home.categories = home_categories(random, &home);
    home
}

/// Somebody who was of the household and is no more: an old parent who died, a grown child who went away.
pub fn former(maker: &mut Maker<'_>, random: &mut Random, home: &Home<'_>, died: bool) -> Member {
    let head = home.members.first();
    let head_age = head.map_or(45, |head| head.age);
    let family = head.and_then(|head| head.full_name.split(' ').next()).and_then(names::known_family);
    let family = family.unwrap_or_else(|| names::family(random));
    let (relationship, age) = match died {
        true => (Relationship::Parent, (head_age + random.between(20, 30)).min(99)),
        false => (Relationship::Child, (head_age - random.between(20, 26)).max(18)),
    };
    let sex = random.pick(&[Sex::Female, Sex::Male]);
    let mut member = member(maker, random, &Sketch { relationship, sex, age, family });
    member.joined_on = home.registered_on.max(member.born);
    member
}

/// Somebody with name, birth and papers; what entitles them is not known yet.
fn member(maker: &mut Maker<'_>, random: &mut Random, sketch: &Sketch) -> Member {
    let last = maker.calendar.last;
    let born = minus_days(last, sketch.age * 365 + sketch.age / 4 + random.between(1, 360));
    let age = age(born, last);
    let full_name = names::full(random, sketch.family, sketch.sex, born.year());
    // Older people and small children may have none.
    let without_papers = match age {
        0 => 50,
        1..6 => 18,
        6..14 => 6,
        14..60 => 1,
        60..80 => 3,
        _ => 12,
    };
    let papers = !random.percent(without_papers);
    Member {
        id: PersonId(maker.register.person.id()),
        full_name,
        sex: sketch.sex,
        born,
        age,
        national_id: papers.then(|| maker.numbers.next(random, born, sketch.sex)).flatten(),
        relationship: sketch.relationship,
        joined_on: born,
        categories: EnumSet::new(),
        protected: EnumSet::new(),
    }
}

fn categories(
    random: &mut Random,
    member: &Member,
    household: &[Sketch],
    class: Option<PovertyClass>,
    merit: bool,
) -> EnumSet<PersonCategory> {
    use PersonCategory as Category;
    let mut set = EnumSet::new();
    let studies = match member.age {
        6..15 => 98,
        15..18 => 86,
        18..23 => 34,
        _ => 0,
    };
    let parentless = member.relationship == Relationship::Grandchild
        && !household.iter().any(|other| other.relationship == Relationship::Child);
    let old = member.age >= 60;
    for (category, holds) in [
        (Category::PersonWithMerit, merit && member.age >= 66),
        (Category::RelativeOfMerit, merit && (35..66).contains(&member.age) && random.percent(40)),
        (Category::Elderly, old),
        (Category::LonelyElderly, old && household.len() == 1 && class.is_some() && random.percent(60)),
        (Category::Orphan, parentless && member.age < 16 && random.percent(12)),
        (Category::ChildNoSupport, parentless && member.age < 16 && random.percent(6)),
        (Category::DischargedSoldier, member.sex == Sex::Male && (20..36).contains(&member.age) && random.percent(2)),
        (Category::ContractWorkerAbroad, (19..40).contains(&member.age) && random.per_mille(7)),
        (Category::Student, random.percent(studies)),
    ] {
        if holds {
            set.insert(category);
        }
    }
    if set.contains(Category::ContractWorkerAbroad) {
        set.remove(Category::Student);
    }
    set
}

/// Of the old who get nothing for merit most have no pension, and the commune has written so. Drawn apart, so that nothing else comes
/// out otherwise.
fn without_pension(seed: u64, member: &Member) -> bool {
    let may_be = member.age >= 70 && !member.categories.contains(PersonCategory::PersonWithMerit);
    may_be && Random::stream(seed, Topic::Pension, member.id.0).percent(70)
}

fn protected(random: &mut Random, member: &Member, class: Option<PovertyClass>) -> EnumSet<ProtectedCategory> {
    use ProtectedCategory as Category;
    let mut set = EnumSet::new();
    let in_need = class.is_some_and(|class| matches!(class, PovertyClass::Poor | PovertyClass::NearPoor));
    let chance = match (in_need, member.age) {
        (true, _) => 60,
        (false, 65..) => 30,
        (false, _) => 12,
    };
    if random.per_mille(chance) {
        set.insert(Category::Disabled);
        match random.weighted(&[(0, 40), (1, 45), (2, 15)]) {
            1 => set.insert(Category::SeverelyDisabled),
            2 => set.insert(Category::ExtremelyDisabled),
            _ => {}
        }
    }
    if member.age < 16 && random.per_mille(if in_need { 25 } else { 3 }) {
        set.insert(Category::SpecialChild);
    }
    if member.sex == Sex::Female && (18..60).contains(&member.age) && random.per_mille(1) {
        set.insert(Category::DvVictim);
    }
    set
}

fn home_categories(random: &mut Random, home: &Home<'_>) -> EnumSet<HouseholdCategory> {
    use HouseholdCategory as Category;
    let any = |test: &dyn Fn(&Member) -> bool| home.members.iter().any(test);
    let mut set = EnumSet::new();
    let merit = any(&|member| {
        member.categories.contains(PersonCategory::PersonWithMerit)
            || member.categories.contains(PersonCategory::RelativeOfMerit)
    });
    let coast = COAST.contains(&home.commune.district_code.as_str());
    for (category, holds) in [
        (Category::Merit, merit),
        (Category::SocialProtection, any(&Member::monthly_allowance)),
        (Category::FemaleHeaded, home.members.first().is_some_and(|head| head.sex == Sex::Female)),
        (Category::NoLabour, !any(&Member::can_work)),
        (Category::ClimateAffected, random.percent(if coast { 38 } else { 4 })),
    ] {
        if holds {
            set.insert(category);
        }
    }
    set
}
