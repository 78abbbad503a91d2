//! Monthly social assistance: what is due to a person by coefficient and standard level, both dated rows. Pure.
//!
//! Decree 20/2021/NĐ-CP art. 4 to 6. Which facts give which ground is a table (`assistance_grounds.rs`). The
//! register knows dates of birth, categories and classes. Whether somebody lives with HIV, raises children alone, could live
//! in a facility, lives in a specially difficult area, or has a pension where no category says that there is none, it
//! doesn't know: such grounds are named as not known and never guessed.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::{
    EnumSet,
    enums::{AssistanceGround as Ground, Basis, PersonCategory, PovertyClass, ProtectedCategory},
};
use rust_decimal::Decimal;

use super::{
    assistance_grounds::{GIVEN, degree},
    audience::of_age,
};
use crate::error::{Failure, Result};

/// What the register knows of a person on a day.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub born: Option<NaiveDate>,
    pub categories: EnumSet<PersonCategory>,
    pub protected: EnumSet<ProtectedCategory>,
    /// Of the household, on the day.
    pub class: Option<PovertyClass>,
    pub on: NaiveDate,
}

/// The grounds that a person has, and those of which the register doesn't know whether it has them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Grounds {
    pub given: Vec<Ground>,
    pub not_known: Vec<Ground>,
}

/// A coefficient in force.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Coefficient {
    pub coefficient: Decimal,
    /// Đồng a month that it is times of; none: the standard level.
    pub level: Option<i64>,
    pub basis: Basis,
    pub source: String,
}

impl Facts {
    /// Whether it is at least `from` and less than `below` years old; none where the day of birth isn't known.
    fn aged(&self, from: i32, below: i32) -> Result<Option<bool>> {
        of_age(self.born, from, below, self.on)
    }

    pub fn grounds(&self) -> Result<Grounds> {
        let mut grounds = Grounds::default();
        for given in GIVEN {
            if given.holds(self)? {
                grounds.given.push(given.ground);
            }
        }
        let unknown = &mut grounds.not_known;
        self.of_disability(unknown);
        self.of_children(unknown)?;
        self.of_the_elderly(unknown)?;
        if self.class == Some(PovertyClass::Poor) && self.aged(16, 151)? != Some(false) {
            unknown.extend([Ground::PoorWithHiv, Ground::PoorSingleParent]);
        }
        Ok(grounds)
    }

    /// More is due to who is a child or old, which isn't known without a day of birth.
    fn of_disability(&self, unknown: &mut Vec<Ground>) {
        if self.born.is_some() {
            return;
        }
        match degree(self.protected) {
            Some(ProtectedCategory::ExtremelyDisabled) => unknown.push(Ground::ExtremeDisabilityChildOrElderly),
            Some(_) => unknown.push(Ground::SevereDisabilityChildOrElderly),
            None => {}
        }
    }

    fn of_children(&self, unknown: &mut Vec<Ground>) -> Result<()> {
        let is = |aged: Option<bool>| aged == Some(true);
        let (infant, child) = (is(self.aged(0, 4)?), is(self.aged(4, 16)?));
        if self.categories.contains(PersonCategory::ChildNoSupport) {
            if self.born.is_none() {
                unknown.extend([Ground::NoSupportUnder4, Ground::NoSupport4To15, Ground::NoSupportStudying]);
            } else if is(self.aged(16, 23)?) && !self.categories.contains(PersonCategory::Student) {
                unknown.push(Ground::NoSupportStudying);
            }
        }
        let poor = self.class == Some(PovertyClass::Poor);
        if poor && infant {
            unknown.push(Ground::PoorChildWithHivUnder4);
        } else if poor && child {
            unknown.push(Ground::PoorChildWithHiv4To15);
        }
        if self.poor_or_near() && is(self.aged(0, 3)?) {
            unknown.push(Ground::ChildUnder3OfHardArea);
        }
        Ok(())
    }

    fn poor_or_near(&self) -> bool {
        matches!(self.class, Some(PovertyClass::Poor | PovertyClass::NearPoor))
    }

    fn of_the_elderly(&self, unknown: &mut Vec<Ground>) -> Result<()> {
        let is = |aged: Option<bool>| aged == Some(true);
        let lonely = self.categories.contains(PersonCategory::LonelyElderly);
        if lonely && self.class == Some(PovertyClass::Poor) {
            if self.born.is_none() {
                unknown.extend([Ground::PoorLonelyElderly60To79, Ground::PoorLonelyElderly80]);
            }
            unknown.push(Ground::ElderlyCaredForInCommunity);
        }
        if self.poor_or_near() && is(self.aged(75, 80)?) {
            unknown.push(Ground::Elderly75To79OfHardArea);
        }
        self.of_the_pension(unknown)
    }

    /// Whether who is old enough has a pension isn't known unless the register says that there is none.
    fn of_the_pension(&self, unknown: &mut Vec<Ground>) -> Result<()> {
        let is = |aged: Option<bool>| aged == Some(true);
        let says = self.categories.contains(PersonCategory::WithoutPension);
        if says && self.born.is_some() {
            return Ok(());
        }
        if is(self.aged(80, 151)?) {
            unknown.push(Ground::Elderly80WithoutPension);
        }
        // Without a day of birth what isn't known is the age.
        if says || is(self.aged(75, 151)?) {
            unknown.push(Ground::SocialPension75);
        }
        if self.poor_or_near() && (says || is(self.aged(70, 75)?)) {
            unknown.push(Ground::SocialPensionPoor70);
        }
        Ok(())
    }
}

/// Of several grounds only the highest counts: by coefficient, where they are of one level (art. 6.2); a social pension or
/// assistance, whichever is more (Law 41/2024/QH15; K). A poor single parent who is old, disabled or lives with HIV besides
/// gets both (art. 6.2). `level`: the standard one.
pub fn due(grounds: &[Ground], in_force: &BTreeMap<&str, Coefficient>, level: i64) -> Vec<Ground> {
    let known = grounds.iter().copied().filter(|ground| in_force.contains_key(ground.as_str()));
    let coefficient = |ground: &Ground| in_force.get(ground.as_str()).and_then(|row| row.monthly(level));
    let (parent, others): (Vec<_>, Vec<_>) = known.partition(|ground| *ground == Ground::PoorSingleParent);
    // The first of equal ones.
    let highest = others.into_iter().rev().max_by_key(coefficient);
    match (parent.first().copied(), highest) {
        (Some(parent), Some(other)) if adds_to_parent(other) => vec![parent, other],
        (Some(parent), Some(other)) if coefficient(&other) < coefficient(&parent) => vec![parent],
        (parent, None) => parent.into_iter().collect(),
        (_, Some(other)) => vec![other],
    }
}

/// Old, disabled, or living with HIV.
const fn adds_to_parent(ground: Ground) -> bool {
    matches!(
        ground,
        Ground::SevereDisability
            | Ground::SevereDisabilityChildOrElderly
            | Ground::ExtremeDisability
            | Ground::ExtremeDisabilityChildOrElderly
            | Ground::PoorWithHiv
            | Ground::PoorLonelyElderly60To79
            | Ground::PoorLonelyElderly80
            | Ground::Elderly75To79OfHardArea
            | Ground::Elderly80WithoutPension
            | Ground::ElderlyCaredForInCommunity
    )
}

impl Coefficient {
    /// Đồng, not yet rounded; none where it overflows.
    fn monthly(&self, standard: i64) -> Option<Decimal> {
        self.coefficient.checked_mul(Decimal::from(self.level.unwrap_or(standard)))
    }
}

/// Coefficient by level, half a đồng rounded up (art. 4: none of today's comes to a part of one).
pub fn amount(coefficient: Decimal, level: i64) -> Result<i64> {
    let exact = coefficient.checked_mul(Decimal::from(level));
    let rounded =
        exact.map(|exact| exact.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero));
    let amount = rounded.and_then(|rounded| i64::try_from(rounded).ok());
    amount.ok_or_else(|| Failure::internal("an allowance overflows"))
}

#[cfg(test)]
mod tests {
    use PersonCategory::{ChildNoSupport, LonelyElderly, Student};
    use ProtectedCategory::{Disabled, ExtremelyDisabled, SeverelyDisabled};
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn facts(born: &str) -> Facts {
        Facts {
            born: born.parse().ok(),
            categories: EnumSet::new(),
            protected: EnumSet::new(),
            class: None,
            on: day("2022-05-10"),
        }
    }

    fn disabled(born: &str, degree: ProtectedCategory) -> Vec<Ground> {
        Facts { protected: EnumSet::from([degree]), ..facts(born) }.grounds().unwrap().given
    }

    fn of(category: PersonCategory, born: &str, class: Option<PovertyClass>) -> Grounds {
        Facts { categories: EnumSet::from([category]), class, ..facts(born) }.grounds().unwrap()
    }

    fn coefficients() -> BTreeMap<&'static str, Coefficient> {
        let row = |ground: Ground, coefficient: &str| {
            let row = Coefficient {
                coefficient: coefficient.parse().unwrap(),
                level: None,
                basis: Basis::Unknown,
                source: String::new(),
            };
            (ground.as_str(), row)
        };
        [
            row(Ground::SevereDisability, "1.5"),
            row(Ground::ExtremeDisability, "2"),
            row(Ground::PoorSingleParent, "1"),
            row(Ground::PoorWithHiv, "1.5"),
            row(Ground::NoSupport4To15, "1.5"),
            row(Ground::NoSupportUnder4, "2.5"),
        ]
        .into()
    }

    #[test]
    fn disability_counts_more_for_children_and_the_old() {
        for (born, severe, extreme) in [
            ("1990-01-01", Ground::SevereDisability, Ground::ExtremeDisability),
            ("2006-05-10", Ground::SevereDisability, Ground::ExtremeDisability),
            ("2006-05-11", Ground::SevereDisabilityChildOrElderly, Ground::ExtremeDisabilityChildOrElderly),
            ("1962-05-10", Ground::SevereDisabilityChildOrElderly, Ground::ExtremeDisabilityChildOrElderly),
            ("1962-05-11", Ground::SevereDisability, Ground::ExtremeDisability),
        ] {
            assert_eq!(disabled(born, SeverelyDisabled), [severe], "{born}");
            assert_eq!(disabled(born, ExtremelyDisabled), [extreme], "{born}");
        }
        assert!(disabled("1990-01-01", Disabled).is_empty());
        let unborn = Facts { protected: EnumSet::from([SeverelyDisabled]), ..facts("") }.grounds().unwrap();
        assert_eq!(unborn.given, [Ground::SevereDisability]);
        assert_eq!(unborn.not_known, [Ground::SevereDisabilityChildOrElderly], "without a day of birth");
    }

    #[test]
    fn children_without_support_by_age_and_study() {
        assert_eq!(of(ChildNoSupport, "2018-05-11", None).given, [Ground::NoSupportUnder4]);
        assert_eq!(of(ChildNoSupport, "2018-05-10", None).given, [Ground::NoSupport4To15]);
        let older = of(ChildNoSupport, "2004-01-01", None);
        assert_eq!(
            (older.given.len(), older.not_known),
            (0, vec![Ground::NoSupportStudying]),
            "whether it studies isn't known"
        );
        let both = Facts { categories: EnumSet::from([ChildNoSupport, Student]), ..facts("2004-01-01") };
        assert_eq!(both.grounds().unwrap().given, [Ground::NoSupportStudying]);
        assert_eq!(of(ChildNoSupport, "1995-01-01", None), Grounds::default());
    }

    #[test]
    fn the_lonely_old_must_be_poor_and_what_is_not_known_is_not_guessed() {
        let poor = Some(PovertyClass::Poor);
        assert_eq!(of(LonelyElderly, "1950-01-01", poor).given, [Ground::PoorLonelyElderly60To79]);
        assert_eq!(of(LonelyElderly, "1942-05-10", poor).given, [Ground::PoorLonelyElderly80]);
        assert!(of(LonelyElderly, "1950-01-01", Some(PovertyClass::NearPoor)).given.is_empty());
        let old = facts("1940-01-01").grounds().unwrap();
        assert_eq!(
            (old.given.len(), old.not_known),
            (0, vec![Ground::Elderly80WithoutPension, Ground::SocialPension75]),
            "the pension isn't known"
        );
    }

    #[test]
    fn only_the_highest_counts_but_for_a_poor_single_parent() {
        let of = |grounds: &[Ground]| due(grounds, &coefficients(), 500_000);
        assert_eq!(of(&[Ground::NoSupport4To15, Ground::ExtremeDisability]), [Ground::ExtremeDisability]);
        assert_eq!(
            of(&[Ground::PoorSingleParent, Ground::SevereDisability]),
            [Ground::PoorSingleParent, Ground::SevereDisability]
        );
        assert_eq!(
            of(&[Ground::PoorWithHiv, Ground::PoorSingleParent]),
            [Ground::PoorSingleParent, Ground::PoorWithHiv]
        );
        assert_eq!(of(&[Ground::PoorSingleParent]), [Ground::PoorSingleParent]);
        assert_eq!(
            of(&[Ground::PoorSingleParent, Ground::NoSupport4To15]),
            [Ground::NoSupport4To15],
            "only the highest"
        );
        assert!(of(&[Ground::Elderly80WithoutPension]).is_empty(), "no coefficient is in force");
        assert!(of(&[]).is_empty());
    }

    #[test]
    fn of_a_pension_and_assistance_the_higher_sum_counts() {
        let mut rows = coefficients();
        let pension = |level| Coefficient {
            coefficient: Decimal::ONE,
            level: Some(level),
            basis: Basis::Unknown,
            source: String::new(),
        };
        let both = [Ground::SevereDisability, Ground::SocialPension75];
        rows.insert("SOCIAL_PENSION_75", pension(500_000));
        assert_eq!(due(&both, &rows, 500_000), [Ground::SevereDisability], "750,000 and 500,000");
        rows.insert("SOCIAL_PENSION_75", pension(800_000));
        assert_eq!(due(&both, &rows, 500_000), [Ground::SocialPension75]);
        assert_eq!(due(&both, &rows, 600_000), [Ground::SevereDisability], "900,000 and 800,000");
        let parent = [Ground::PoorSingleParent, Ground::SocialPension75];
        assert_eq!(
            due(&parent, &rows, 500_000),
            [Ground::SocialPension75],
            "not both: no assistance of Decree 20/2021"
        );
    }

    #[test]
    fn who_has_no_pension_gets_one_from_the_age_on() {
        let poor = Some(PovertyClass::NearPoor);
        let of = |born, class| of(PersonCategory::WithoutPension, born, class);
        assert_eq!(of("1947-05-10", None).given, [Ground::SocialPension75]);
        assert_eq!(of("1947-05-11", None), Grounds::default());
        assert_eq!(of("1947-05-11", poor).given, [Ground::SocialPensionPoor70]);
        assert_eq!(of("1952-05-10", poor).given, [Ground::SocialPensionPoor70]);
        assert!(of("1952-05-11", poor).given.is_empty());
        assert_eq!(of("1942-05-10", None).given, [Ground::Elderly80WithoutPension, Ground::SocialPension75]);
        let unborn = of("", poor);
        assert_eq!(
            (unborn.given.len(), unborn.not_known),
            (0, vec![Ground::SocialPension75, Ground::SocialPensionPoor70])
        );
        let unsaid = Facts { class: poor, ..facts("1950-01-01") }.grounds().unwrap();
        assert_eq!(
            (unsaid.given.len(), unsaid.not_known),
            (0, vec![Ground::SocialPensionPoor70]),
            "the pension isn't known"
        );
    }

    #[test]
    fn allowances_of_the_decrees() {
        let of = |coefficient: &str, level| amount(coefficient.parse().unwrap(), level).unwrap();
        assert_eq!([of("1.5", 270_000), of("2.5", 360_000), of("1.5", 500_000)], [405_000, 900_000, 750_000]);
        assert!(amount(Decimal::MAX, 500_000).is_err());
    }

    proptest! {
        /// A ground more never means less.
        #[test]
        fn another_ground_never_lowers_what_is_due(picks in prop::collection::vec(0..6_usize, 0..5), more in 0..6_usize) {
            let all = [Ground::SevereDisability, Ground::ExtremeDisability, Ground::PoorSingleParent, Ground::PoorWithHiv,
                Ground::NoSupport4To15, Ground::NoSupportUnder4];
            let rows = coefficients();
            let sum = |grounds: &[Ground]| due(grounds, &rows, 500_000).iter().map(|ground| rows[ground.as_str()].coefficient).sum::<Decimal>();
            let before: Vec<_> = picks.iter().map(|pick| all[*pick]).collect();
            let after: Vec<_> = before.iter().copied().chain([all[more]]).collect();
            let of_after = sum(&after);
            prop_assert!(of_after >= rows[all[more].as_str()].coefficient);
            prop_assert!(due(&after, &rows, 500_000).len() <= 2);
        }
    }
}
