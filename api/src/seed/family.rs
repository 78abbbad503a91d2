//! Who lives together: relationships and ages that fit, before anybody has a name.

use entity::enums::{PovertyClass, Relationship, Sex};

use super::{names, random::Random};

/// A member of a household to be.
pub struct Sketch {
    pub relationship: Relationship,
    pub sex: Sex,
    pub age: i64,
    pub family: &'static str,
}

#[derive(Clone, Copy)]
enum Kind {
    Alone,
    Couple,
    Nuclear,
    SingleParent,
    ThreeGenerations,
    /// Children live with their grandparents while the parents work in the city.
    SkippedGeneration,
}

const USUAL: &[(Kind, u64)] = &[
    (Kind::Alone, 7),
    (Kind::Couple, 17),
    (Kind::Nuclear, 44),
    (Kind::SingleParent, 8),
    (Kind::ThreeGenerations, 21),
    (Kind::SkippedGeneration, 3),
];

/// Poverty is lonelier: more old people by themselves, more women with children and no husband.
const IN_POVERTY: &[(Kind, u64)] = &[
    (Kind::Alone, 20),
    (Kind::Couple, 15),
    (Kind::Nuclear, 28),
    (Kind::SingleParent, 17),
    (Kind::ThreeGenerations, 13),
    (Kind::SkippedGeneration, 7),
];

/// Children older than this have a household of their own.
const LEAVES_HOME: i64 = 28;

/// A household's members, the head first; the head is at least `least_age` years old.
pub fn sketch(random: &mut Random, class: Option<PovertyClass>, least_age: i64) -> Vec<Sketch> {
    let in_poverty = matches!(class, Some(PovertyClass::Poor | PovertyClass::NearPoor));
    let mut members = match random.weighted(if in_poverty { IN_POVERTY } else { USUAL }) {
        Kind::Alone => alone(random, least_age),
        Kind::Couple => {
            let age = if random.percent(25) { random.between(least_age + 4, 36) } else { random.between(52, 80) };
            couple(random, age)
        }
        Kind::Nuclear => nuclear(random, least_age),
        Kind::SingleParent => single_parent(random, least_age),
        Kind::ThreeGenerations if random.percent(60) => under_the_grandparents(random),
        Kind::ThreeGenerations => with_the_parents(random, least_age),
        Kind::SkippedGeneration => skipped_generation(random),
    };
    if let Some(head) = members.first().filter(|_| random.percent(3)) {
        members.push(another(random, head));
    }
    members
}

fn alone(random: &mut Random, least_age: i64) -> Vec<Sketch> {
    let age = if random.percent(75) { random.between(58, 92) } else { random.between(least_age, 55) };
    let sex = if random.percent(if age > 57 { 72 } else { 45 }) { Sex::Female } else { Sex::Male };
    vec![Sketch { relationship: Relationship::Head, sex, age, family: names::family(random) }]
}

/// Head and spouse, she up to four years younger than he is; seven heads in ten are men.
fn couple(random: &mut Random, age: i64) -> Vec<Sketch> {
    let man_heads = random.percent(70);
    let man = (Sex::Male, age, names::family(random));
    let woman = (Sex::Female, age - random.between(-2, 4), names::family(random));
    let (head, spouse) = if man_heads { (man, woman) } else { (woman, man) };
    [(Relationship::Head, head), (Relationship::Spouse, spouse)]
        .map(|(relationship, (sex, age, family))| Sketch { relationship, sex, age, family })
        .into()
}

fn nuclear(random: &mut Random, least_age: i64) -> Vec<Sketch> {
    let age = random.between(least_age + 4, 53);
    let mut members = couple(random, age);
    let (mother_age, father) = parents_of(&members);
    let count = child_count(random);
    members.extend(children(random, Relationship::Child, mother_age, father, count));
    members
}

fn single_parent(random: &mut Random, least_age: i64) -> Vec<Sketch> {
    let sex = if random.percent(78) { Sex::Female } else { Sex::Male };
    let age = random.between(least_age.max(28), 50);
    let family = names::family(random);
    let father = if sex == Sex::Male { family } else { names::family(random) };
    let mut members = vec![Sketch { relationship: Relationship::Head, sex, age, family }];
    let count = child_count(random).min(2);
    members.extend(children(random, Relationship::Child, age, father, count));
    members
}

/// The old couple, or the one who is left, heads the household of a married child.
fn under_the_grandparents(random: &mut Random) -> Vec<Sketch> {
    let young_age = random.between(27, 46);
    let old_age = young_age + random.between(22, 32);
    let mut members = couple(random, old_age);
    let (_, grandfather) = parents_of(&members);
    if random.percent(55) {
        members.truncate(1);
    }
    let son = random.percent(68);
    let mut young = couple(random, young_age);
    let father = if son { grandfather } else { names::family(random) };
    let (mother_age, _) = parents_of(&young);
    for member in &mut young {
        let own_child = (member.sex == Sex::Male) == son;
        member.relationship = if own_child { Relationship::Child } else { Relationship::InLaw };
        if member.sex == Sex::Male {
            member.family = father;
        } else if own_child {
            member.family = grandfather;
        }
    }
    members.extend(young);
    let count = child_count(random);
    members.extend(children(random, Relationship::Grandchild, mother_age, father, count));
    members
}

/// A couple with children heads the household in which an old parent lives.
fn with_the_parents(random: &mut Random, least_age: i64) -> Vec<Sketch> {
    let mut members = nuclear(random, least_age);
    let head_age = members.first().map_or(40, |head| head.age);
    const BOTH: &[Sex] = &[Sex::Female, Sex::Male];
    let alive = random.weighted(&[(BOTH, 40), (&[Sex::Female], 42), (&[Sex::Male], 18)]);
    for &sex in alive {
        let age = (head_age + random.between(21, 33)).min(98);
        let family = match (sex, members.first()) {
            (Sex::Male, Some(head)) => head.family,
            _ => names::family(random),
        };
        members.push(Sketch { relationship: Relationship::Parent, sex, age, family });
    }
    members
}

fn skipped_generation(random: &mut Random) -> Vec<Sketch> {
    let age = random.between(54, 74);
    let mut members = couple(random, age);
    if random.percent(50) {
        members.truncate(1);
    }
    let family = names::family(random);
    for _ in 0..random.weighted(&[(1, 6), (2, 4)]) {
        let (sex, age) = (sex(random), random.between(2, 17));
        members.push(Sketch { relationship: Relationship::Grandchild, sex, age, family });
    }
    members
}

/// A brother or sister of about the head's age, a distant relative, a lodger.
fn another(random: &mut Random, head: &Sketch) -> Sketch {
    let relationship =
        random.weighted(&[(Relationship::Sibling, 5), (Relationship::OtherRelative, 4), (Relationship::NotRelated, 1)]);
    let (age, family) = match relationship {
        Relationship::Sibling => ((head.age + random.between(-12, 12)).clamp(18, 95), head.family),
        _ => (random.between(16, 66), names::family(random)),
    };
    Sketch { relationship, sex: sex(random), age, family }
}

/// Children with their father's family name: the first born when the mother was 19 to 29, the others two to five years
/// apart.
fn children(
    random: &mut Random,
    relationship: Relationship,
    mother_age: i64,
    family: &'static str,
    count: usize,
) -> Vec<Sketch> {
    let mut mother_then = random.between(19, 29).max(mother_age - LEAVES_HOME).min(mother_age);
    let mut children = Vec::new();
    for _ in 0..count {
        let age = mother_age - mother_then;
        if age < 0 || mother_then > 44 {
            break;
        }
        children.push(Sketch { relationship, sex: sex(random), age, family });
        mother_then += random.between(2, 5);
    }
    children
}

fn child_count(random: &mut Random) -> usize {
    random.weighted(&[(1, 38), (2, 47), (3, 12), (4, 3)])
}

/// The mother's age and the father's family name of a couple.
fn parents_of(couple: &[Sketch]) -> (i64, &'static str) {
    let of = |sex: Sex| couple.iter().find(|member| member.sex == sex);
    (of(Sex::Female).map_or(30, |mother| mother.age), of(Sex::Male).map_or("Nguyễn", |father| father.family))
}

fn sex(random: &mut Random) -> Sex {
    // 105 boys to 100 girls, evened out by a longer life.
    if random.percent(50) { Sex::Male } else { Sex::Female }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::random::Topic;

    fn many(class: Option<PovertyClass>) -> Vec<Vec<Sketch>> {
        (0..5_000).map(|number| sketch(&mut Random::stream(7, Topic::Household, number), class, 26)).collect()
    }

    #[test]
    fn a_household_has_3_4_members_on_average_and_one_head() {
        let households = many(None);
        let members: usize = households.iter().map(Vec::len).sum();
        let average = members * 100 / households.len();
        assert!((335..355).contains(&average), "{average}");
        for household in &households {
            let heads = household.iter().filter(|member| member.relationship == Relationship::Head).count();
            assert_eq!((heads, household.first().map(|head| head.relationship)), (1, Some(Relationship::Head)));
        }
    }

    #[test]
    fn ages_and_names_fit_the_relationships() {
        for household in many(None).into_iter().chain(many(Some(PovertyClass::Poor))) {
            let head = household.first().unwrap();
            assert!((26..=98).contains(&head.age), "head of {}", head.age);
            for member in &household {
                assert!((0..=98).contains(&member.age), "{:?} of {}", member.relationship, member.age);
                let older = member.age - head.age;
                match member.relationship {
                    Relationship::Child => assert!(older <= -15, "child {older}"),
                    Relationship::Grandchild => assert!(older <= -30, "grandchild {older}"),
                    Relationship::Parent => assert!(older >= 21, "parent {older}"),
                    Relationship::Spouse => assert!(older.abs() <= 4 && member.sex != head.sex),
                    _ => {}
                }
                if member.relationship == Relationship::Child && head.sex == Sex::Male {
                    assert_eq!(member.family, head.family);
                }
            }
        }
    }

    #[test]
    fn poor_households_are_smaller_and_more_often_headed_by_women() {
        let share = |households: &[Vec<Sketch>], test: fn(&[Sketch]) -> bool| {
            households.iter().filter(|household| test(household)).count()
        };
        let (usual, poor) = (many(None), many(Some(PovertyClass::Poor)));
        let alone = |household: &[Sketch]| household.len() == 1;
        let woman = |household: &[Sketch]| household.first().is_some_and(|head| head.sex == Sex::Female);
        assert!(share(&poor, alone) > 2 * share(&usual, alone));
        assert!(share(&poor, woman) > share(&usual, woman));
    }
}
