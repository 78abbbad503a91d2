//! Which facts give which ground of monthly social assistance: one table. What is due to a person is worked out by it
//! (`assistance.rs`), and the list of who is entitled and gets nothing takes its SQL from it. Pure.
//!
//! Decree 20/2021/NĐ-CP art. 5 and 6; Law 41/2024/QH15 and Decree 176/2025/NĐ-CP for the social pension (ages: K+). Grounds of which the register never knows have no line.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::{
    EnumSet,
    enums::{
        AssistanceGround as Ground,
        PersonCategory::{self, ChildNoSupport, LonelyElderly, Student, WithoutPension},
        PovertyClass,
        ProtectedCategory::{self, ExtremelyDisabled, SeverelyDisabled},
    },
};

use super::{assistance::Facts, audience::of_age};
use crate::error::Result;

/// A ground, and all that it takes.
pub struct Given {
    pub ground: Ground,
    /// This degree of disability.
    disability: Option<ProtectedCategory>,
    /// All of these.
    categories: &'static [PersonCategory],
    /// A household of one of these classes; empty: of any, or of none.
    classes: &'static [PovertyClass],
    aged: Aged,
}

/// Years: at least the first and less than the second.
#[derive(Clone, Copy, Debug)]
enum Aged {
    Within(i32, i32),
    /// Younger, or older.
    Outside(i32, i32),
    /// Also where the day of birth isn't known.
    WithinOrUnknown(i32, i32),
}

const fn of_disability(ground: Ground, degree: ProtectedCategory, aged: Aged) -> Given {
    Given { ground, disability: Some(degree), categories: &[], classes: &[], aged }
}

const fn of(
    ground: Ground,
    categories: &'static [PersonCategory],
    classes: &'static [PovertyClass],
    aged: Aged,
) -> Given {
    Given { ground, disability: None, categories, classes, aged }
}

/// Nobody is older.
const LIFE: i32 = 151;
/// Neither a child nor old (art. 6.1.e).
const GROWN_UP: (i32, i32) = (16, 60);
const POOR: &[PovertyClass] = &[PovertyClass::Poor];
const POOR_OR_NEAR: &[PovertyClass] = &[PovertyClass::Poor, PovertyClass::NearPoor];

pub const GIVEN: &[Given] = &[
    of_disability(Ground::ExtremeDisability, ExtremelyDisabled, Aged::WithinOrUnknown(GROWN_UP.0, GROWN_UP.1)),
    of_disability(Ground::ExtremeDisabilityChildOrElderly, ExtremelyDisabled, Aged::Outside(GROWN_UP.0, GROWN_UP.1)),
    of_disability(Ground::SevereDisability, SeverelyDisabled, Aged::WithinOrUnknown(GROWN_UP.0, GROWN_UP.1)),
    of_disability(Ground::SevereDisabilityChildOrElderly, SeverelyDisabled, Aged::Outside(GROWN_UP.0, GROWN_UP.1)),
    of(Ground::NoSupportUnder4, &[ChildNoSupport], &[], Aged::Within(0, 4)),
    of(Ground::NoSupport4To15, &[ChildNoSupport], &[], Aged::Within(4, 16)),
    of(Ground::NoSupportStudying, &[ChildNoSupport, Student], &[], Aged::Within(16, 23)),
    of(Ground::PoorLonelyElderly60To79, &[LonelyElderly], POOR, Aged::Within(60, 80)),
    of(Ground::PoorLonelyElderly80, &[LonelyElderly], POOR, Aged::Within(80, LIFE)),
    // To 30 June 2025 by its coefficient; the social pension is in its place from then on by its own.
    of(Ground::Elderly80WithoutPension, &[WithoutPension], &[], Aged::Within(80, LIFE)),
    of(Ground::SocialPension75, &[WithoutPension], &[], Aged::Within(75, LIFE)),
    of(Ground::SocialPensionPoor70, &[WithoutPension], POOR_OR_NEAR, Aged::Within(70, 75)),
];

/// The degree that counts: of several the highest.
pub fn degree(protected: EnumSet<ProtectedCategory>) -> Option<ProtectedCategory> {
    [ExtremelyDisabled, SeverelyDisabled].into_iter().find(|degree| protected.contains(*degree))
}

impl Given {
    pub fn holds(&self, facts: &Facts) -> Result<bool> {
        let of_degree = self.disability.is_none() || self.disability == degree(facts.protected);
        let of_category = self.categories.iter().all(|category| facts.categories.contains(*category));
        let of_class = self.classes.is_empty() || facts.class.is_some_and(|class| self.classes.contains(&class));
        let aged = |from, below| of_age(facts.born, from, below, facts.on);
        let of_age = match self.aged {
            Aged::Within(from, below) => aged(from, below)? == Some(true),
            Aged::Outside(from, below) => aged(from, below)? == Some(false),
            Aged::WithinOrUnknown(from, below) => aged(from, below)? != Some(false),
        };
        Ok(of_degree && of_category && of_class && of_age)
    }

    /// The same of person `{m}`, while a coefficient of the ground is in force.
    fn sql(&self, births: &mut Births<'_>) -> Result<String> {
        let mut all = Vec::new();
        if let Some(degree) = self.disability {
            all.push(any_of("protected_categories", EnumSet::from([degree]).bits()));
        }
        if self.disability == Some(SeverelyDisabled) {
            let more = any_of("protected_categories", EnumSet::from([ExtremelyDisabled]).bits());
            all.push(format!("NOT {more}"));
        }
        all.extend(self.categories.iter().map(|category| any_of("categories", EnumSet::from([*category]).bits())));
        if !self.classes.is_empty() {
            let classes: Vec<_> = self.classes.iter().map(|class| format!("'{}'", class.as_str())).collect();
            all.push(format!("{CLASS} IN ({})", classes.join(", ")));
        }
        all.push(match self.aged {
            Aged::Within(from, below) => births.within(from, below)?,
            Aged::Outside(from, below) => format!("NOT {}", births.within(from, below)?),
            Aged::WithinOrUnknown(from, below) => {
                format!("({{m}}.date_of_birth IS NULL OR {})", births.within(from, below)?)
            }
        });
        all.push(format!(
            "EXISTS (SELECT 1 FROM assistance_coefficient k WHERE k.code = '{}' AND k.effective_from <= {{day}} \
             AND (k.effective_to IS NULL OR k.effective_to >= {{day}}))",
            self.ground.as_str()
        ));
        Ok(format!("({})", all.join(" AND ")))
    }
}

/// The class by the decision in force, as assistance is worked out by it: the row of the household may say another.
const CLASS: &str = "(SELECT r.decided_class FROM poverty_review r WHERE r.household_id = {m}.household_id \
     AND r.decided_class IS NOT NULL AND r.effective_from <= {day} \
     AND (r.effective_to IS NULL OR r.effective_to >= {day}) ORDER BY r.effective_from DESC, r.id DESC LIMIT 1)";

/// Person `{m}` has any of these categories.
fn any_of(column: &str, bits: i64) -> String {
    format!("({{m}}.{column} & {bits}) <> 0")
}

/// Days of birth, each bound once.
struct Births<'a> {
    /// The latest day of birth of who is of so many years.
    of: &'a dyn Fn(i32) -> Result<NaiveDate>,
    /// By age, with its place among the values.
    bound: BTreeMap<i32, usize>,
    days: Vec<NaiveDate>,
    first: usize,
}

impl Births<'_> {
    fn within(&mut self, from: i32, below: i32) -> Result<String> {
        let (youngest, too_old) = (self.place(from)?, self.place(below)?);
        Ok(format!("({{m}}.date_of_birth <= {{{youngest}}} AND {{m}}.date_of_birth > {{{too_old}}})"))
    }

    fn place(&mut self, age: i32) -> Result<usize> {
        if let Some(place) = self.bound.get(&age) {
            return Ok(*place);
        }
        let place = self.first.saturating_add(self.days.len());
        self.days.push((self.of)(age)?);
        self.bound.insert(age, place);
        Ok(place)
    }
}

/// Whether assistance is due today to person `{m}` by what the register knows, with the days that it binds from `first` on.
/// `birthday`: the latest day of birth of who is of so many years today.
pub fn entitled(first: usize, birthday: &dyn Fn(i32) -> Result<NaiveDate>) -> Result<(String, Vec<NaiveDate>)> {
    let mut births = Births { of: birthday, bound: BTreeMap::new(), days: Vec::new(), first };
    let grounds = GIVEN.iter().map(|given| given.sql(&mut births)).collect::<Result<Vec<_>>>()?;
    let condition = format!(
        "{} AND EXISTS (SELECT 1 FROM assistance_level v WHERE v.effective_from <= {{day}}) AND ({})",
        candidates(),
        grounds.join(" OR ")
    );
    Ok((condition, births.days))
}

/// Who may have a ground at all: the rows of the index `person_assisted`, word for word.
fn candidates() -> String {
    let disabilities: EnumSet<_> = GIVEN.iter().filter_map(|given| given.disability).collect();
    // Of several categories that a ground takes the first is the rarest.
    let categories: EnumSet<_> = GIVEN.iter().filter_map(|given| given.categories.first().copied()).collect();
    format!("({} OR {})", any_of("protected_categories", disabilities.bits()), any_of("categories", categories.bits()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// One ground of a disability, one of having no support, one of being old and lonely, one pension; and none that isn't
        /// known besides.
        #[test]
        fn of_each_kind_there_is_one_ground_at_most(
            categories in 0..1024_i64, protected in 0..32_i64, age in 0..40_000_u64, known in any::<bool>(), class in 0..6_usize,
        ) {
            let on: NaiveDate = "2026-11-23".parse().unwrap();
            let facts = Facts {
                born: known.then(|| on - chrono::Days::new(age)),
                categories: EnumSet::from_bits(categories).unwrap(),
                protected: EnumSet::from_bits(protected).unwrap(),
                class: PovertyClass::ALL.get(class).copied(),
                on,
            };
            let grounds = facts.grounds().unwrap();
            for kind in ["DISABILITY", "NO_SUPPORT", "LONELY", "SOCIAL_PENSION"] {
                let of_kind = grounds.given.iter().filter(|ground| ground.as_str().contains(kind)).count();
                prop_assert!(of_kind <= 1, "{:?}", grounds.given);
                prop_assert!(kind != "DISABILITY" || (of_kind == 1) == degree(facts.protected).is_some());
            }
            prop_assert!(grounds.given.iter().all(|ground| !grounds.not_known.contains(ground)));
        }
    }

    #[test]
    fn the_index_holds_the_candidates() {
        let step = include_str!("../../../migration/src/m0038_assisted.rs");
        assert!(step.contains(&candidates().replace("{m}.", "")), "{}", candidates());
    }

    #[test]
    fn each_line_has_what_the_index_looks_for() {
        for given in GIVEN {
            assert!(given.disability.is_some() || !given.categories.is_empty(), "{:?}", given.ground);
        }
    }

    #[test]
    fn a_day_of_birth_is_bound_once() {
        let (condition, days) =
            entitled(3, &|age| crate::household::birthday("2026-11-23".parse().unwrap(), age, "")).unwrap();
        assert_eq!(days.len(), 9, "16, 60, 0, 4, 23, 80, 151, 75, 70");
        assert!((3..12).all(|place| condition.contains(&format!("{{{place}}}"))) && !condition.contains("{12}"));
    }
}
