//! The standard levels and coefficients of monthly social assistance by day, and what they make of a person's facts. Pure.

use std::{collections::BTreeMap, iter::successors};

use chrono::{Datelike, Months, NaiveDate};
use entity::{
    assistance_coefficient, assistance_level,
    enums::{AssistanceGround as Ground, Basis},
};
use rust_decimal::Decimal;

use super::{
    assistance::{Coefficient, Facts, Grounds, amount, due},
    rules::month,
};
use crate::error::{Failure, Result};

/// A standard level, until the next one begins.
#[derive(Clone, Debug)]
pub struct Level {
    /// Đồng a month.
    pub amount: i64,
    pub basis: Basis,
    pub source: String,
    pub from: NaiveDate,
}

/// A coefficient of a ground, until the next one of it begins or to its last day.
#[derive(Clone, Debug)]
pub struct Dated {
    pub ground: String,
    pub row: Coefficient,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
}

/// All of them, of all days.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    pub levels: Vec<Level>,
    pub coefficients: Vec<Dated>,
}

/// What is due to a person for a month.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    pub level: i64,
    pub level_source: String,
    pub grounds: Vec<Ground>,
    pub not_known: Vec<Ground>,
    /// Of the grounds together; 0 for none.
    pub coefficient: Decimal,
    /// Đồng.
    pub monthly: i64,
    pub sources: Vec<String>,
    pub unverified: bool,
}

impl Rates {
    pub fn of(levels: Vec<assistance_level::Model>, rows: Vec<assistance_coefficient::Model>) -> Result<Self> {
        let level = |row: assistance_level::Model| {
            let assistance_level::Model { amount, basis, source, effective_from: from, .. } = row;
            Level { amount, basis, source, from }
        };
        let dated = |row: assistance_coefficient::Model| {
            let coefficient = row.coefficient.parse().map_err(Failure::internal)?;
            let (ground, from, to) = (row.code, row.effective_from, row.effective_to);
            let row = Coefficient { coefficient, level: row.level, basis: row.basis, source: row.source };
            Ok(Dated { ground, row, from, to })
        };
        let coefficients = rows.into_iter().map(dated).collect::<Result<_>>()?;
        Ok(Self { levels: levels.into_iter().map(level).collect(), coefficients })
    }

    pub fn level(&self, on: NaiveDate) -> Option<&Level> {
        self.levels.iter().filter(|level| level.from <= on).max_by_key(|level| level.from)
    }

    fn coefficients(&self, on: NaiveDate) -> BTreeMap<&str, Coefficient> {
        let mut found: BTreeMap<&str, &Dated> = BTreeMap::new();
        for dated in self.coefficients.iter().filter(|one| one.from <= on && one.to.is_none_or(|to| to >= on)) {
            let latest = found.get(dated.ground.as_str()).is_none_or(|known| known.from <= dated.from);
            if latest {
                found.insert(&dated.ground, dated);
            }
        }
        found.into_iter().map(|(ground, dated)| (ground, dated.row.clone())).collect()
    }

    /// What is due by a person's facts of a day; the level is the standard one, or the ground's own; none where no level is in force.
    pub fn due(&self, facts: &Facts) -> Result<Option<Due>> {
        let Some(level) = self.level(facts.on) else { return Ok(None) };
        let Grounds { given, not_known } = facts.grounds()?;
        let coefficients = self.coefficients(facts.on);
        let grounds = due(&given, &coefficients, level.amount);
        let rows: Vec<_> = grounds.iter().filter_map(|ground| coefficients.get(ground.as_str())).collect();
        let coefficient = rows.iter().map(|row| row.coefficient).sum::<Decimal>();
        // What has a level of its own is never due beside something else.
        let own = rows.iter().find_map(|row| Some((row.level?, row.basis, &row.source)));
        let (level, basis, source) = own.unwrap_or((level.amount, level.basis, &level.source));
        Ok(Some(Due {
            level,
            level_source: source.clone(),
            monthly: amount(coefficient, level)?,
            coefficient,
            // A ground without a coefficient gives nothing on that day, known or not.
            not_known: not_known.into_iter().filter(|ground| coefficients.contains_key(ground.as_str())).collect(),
            sources: rows.iter().map(|row| row.source.clone()).collect(),
            unverified: basis == Basis::Unknown || rows.iter().any(|row| row.basis == Basis::Unknown),
            grounds,
        }))
    }

    /// The days by which months fall due from a day to another, to the end of the month of `through`: the first of each
    /// month, of the first one the day on which it began. None before a level is known.
    pub fn due_days(
        &self,
        (from, to): (NaiveDate, Option<NaiveDate>),
        through: NaiveDate,
    ) -> impl Iterator<Item = NaiveDate> + use<> {
        let known = self.levels.iter().map(|level| level.from).min();
        let last = to.map_or(through, |to| to.min(through));
        let next = |day: &NaiveDate| day.with_day(1).and_then(|first| first.checked_add_months(Months::new(1)));
        let days = successors(known.map(|known| from.max(known)), next);
        days.take_while(move |day| month(*day) <= month(last) && to.is_none_or(|to| *day <= to))
    }

    /// What was approved on a day, at the level of another, on which it is due for these grounds.
    pub fn at_level_of(
        &self,
        approved: i64,
        approved_on: NaiveDate,
        (on, grounds): (NaiveDate, &[Ground]),
    ) -> Result<i64> {
        let level = |day| {
            let rows = self.coefficients(day);
            let own = grounds.iter().find_map(|ground| rows.get(ground.as_str())?.level);
            own.or_else(|| Some(self.level(day)?.amount))
        };
        let (Some(then), Some(level)) = (level(approved_on), level(on)) else { return Ok(approved) };
        let coefficient = Decimal::from(approved).checked_div(Decimal::from(then));
        coefficient.map_or(Ok(approved), |coefficient| amount(coefficient, level))
    }
}

#[cfg(test)]
mod tests {
    use entity::{
        EnumSet,
        enums::{PersonCategory, PovertyClass, ProtectedCategory},
    };
    use proptest::prelude::*;

    use super::{
        super::assistance_example::{dated, day, level},
        *,
    };

    fn rates() -> Rates {
        Rates {
            levels: vec![level(500_000, "2024-07-01"), level(360_000, "2021-07-01")],
            coefficients: vec![
                dated(Ground::SevereDisability, "1.5"),
                dated(Ground::SevereDisabilityChildOrElderly, "2"),
            ],
        }
    }

    /// What is due by month to who has no pension, of whom the register knows the day of birth only.
    fn pensions(born: &str, class: Option<PovertyClass>, days: &[&str]) -> Vec<(i64, Vec<Ground>)> {
        let own = |ground: Ground, level, from: &str, to: Option<&str>| {
            let of = dated(ground, "1");
            Dated { row: Coefficient { level, ..of.row }, from: day(from), to: to.map(day), ..of }
        };
        let mut rates = rates();
        rates.coefficients.extend([
            own(Ground::Elderly80WithoutPension, None, "2021-07-01", Some("2025-06-30")),
            own(Ground::SocialPension75, Some(500_000), "2025-07-01", None),
            own(Ground::SocialPensionPoor70, Some(500_000), "2025-07-01", None),
        ]);
        rates.levels.push(level(600_000, "2026-07-01"));
        let due = |on: &&str| {
            let categories = EnumSet::from([PersonCategory::WithoutPension]);
            let facts = Facts { born: born.parse().ok(), categories, protected: EnumSet::new(), class, on: day(on) };
            let due = rates.due(&facts).unwrap().unwrap();
            assert_eq!(due.monthly, amount(due.coefficient, due.level).unwrap());
            (due.monthly, due.grounds)
        };
        days.iter().map(due).collect()
    }

    #[test]
    fn a_social_pension_takes_the_place_of_the_allowance_of_the_old() {
        use Ground::{
            Elderly80WithoutPension as Allowance, SocialPension75 as Pension, SocialPensionPoor70 as OfThePoor,
        };
        let days = ["2024-06-01", "2024-07-01", "2025-06-30", "2025-07-01", "2026-07-01"];
        let over_80 = pensions("1940-03-02", None, &days);
        let expected =
            [(360_000, Allowance), (500_000, Allowance), (500_000, Allowance), (500_000, Pension), (500_000, Pension)];
        assert_eq!(
            over_80,
            expected.map(|(sum, ground)| (sum, vec![ground])),
            "the standard level of 2026 isn't the pension's"
        );
        let none = || (0, vec![]);
        let at_76 = pensions("1949-07-01", None, &days);
        assert_eq!(at_76, [none(), none(), none(), (500_000, vec![Pension]), (500_000, vec![Pension])]);
        let poor = pensions(
            "1951-07-02",
            Some(PovertyClass::NearPoor),
            &["2025-06-30", "2025-07-01", "2026-07-01", "2026-07-02"],
        );
        assert_eq!(poor, [none(), (500_000, vec![OfThePoor]), (500_000, vec![OfThePoor]), (500_000, vec![Pension])]);
        assert_eq!(pensions("1951-07-02", None, &["2026-07-01", "2026-07-02"]), [none(), (500_000, vec![Pension])]);
    }

    fn facts(on: NaiveDate) -> Option<Facts> {
        let protected = EnumSet::from([ProtectedCategory::SeverelyDisabled]);
        Some(Facts { born: "1990-01-01".parse().ok(), categories: EnumSet::new(), protected, class: None, on })
    }

    fn sum_of(
        facts: impl Fn(NaiveDate) -> Option<Facts>,
        from: NaiveDate,
        to: Option<NaiveDate>,
        by: NaiveDate,
    ) -> i64 {
        let rates = rates();
        let due = |day| facts(day).and_then(|facts| rates.due(&facts).unwrap()).map_or(0, |due| due.monthly);
        rates.due_days((from, to), by).map(due).sum()
    }

    fn fallen(from: &str, to: Option<&str>, through: &str) -> i64 {
        sum_of(facts, day(from), to.map(day), day(through))
    }

    #[test]
    fn what_was_approved_follows_the_level() {
        let at = |on: &str| rates().at_level_of(540_000, day("2024-06-20"), (day(on), &[])).unwrap();
        assert_eq!((at("2024-06-01"), at("2024-07-01")), (540_000, 750_000));
        assert_eq!(at("2020-01-01"), 540_000, "no level is known");
    }

    #[test]
    fn a_month_is_due_by_the_level_of_its_first_day() {
        assert_eq!(fallen("2024-06-20", None, "2024-06-20"), 540_000, "the month in which it begins is one");
        assert_eq!(fallen("2024-06-20", None, "2024-06-30"), 540_000);
        assert_eq!(fallen("2024-06-20", None, "2024-07-01"), 540_000 + 750_000);
        assert_eq!(fallen("2024-05-31", None, "2024-08-31"), 2 * 540_000 + 2 * 750_000);
        assert_eq!(fallen("2024-06-20", Some("2024-07-01"), "2026-01-01"), 540_000 + 750_000, "it ended");
        assert_eq!(fallen("2024-06-20", None, "2024-05-31"), 0, "it hasn't begun");
        assert_eq!(fallen("2010-01-01", None, "2021-06-30"), 0, "no level is known");
        assert_eq!(fallen("2010-01-01", None, "2021-08-01"), 2 * 540_000);
    }

    #[test]
    fn nothing_is_due_after_death_and_age_counts_by_the_month() {
        let died = |on: NaiveDate| facts(on).filter(|_| on < day("2024-08-15"));
        let sum = sum_of(died, day("2024-07-01"), None, day("2024-12-31"));
        assert_eq!(sum, 2 * 750_000);
        let turns_sixty = |on: NaiveDate| facts(on).map(|facts| Facts { born: "1964-08-02".parse().ok(), ..facts });
        let sum = sum_of(turns_sixty, day("2024-07-01"), None, day("2024-09-30"));
        assert_eq!(sum, 2 * 750_000 + 1_000_000);
    }

    proptest! {
        /// What fell due never falls, and the sum to a month is that to the month before with that month's.
        #[test]
        fn months_add_up(from in 0..2_000_u64, months in 0..40_u32) {
            let from = day("2021-01-15") + chrono::Days::new(from);
            let through = from.checked_add_months(Months::new(months)).unwrap();
            let sum = |to| sum_of(facts, from, None, to);
            let first = through.with_day(1).unwrap();
            let one = sum_of(facts, first.max(from), None, through);
            let before = if first <= from { 0 } else { sum(first.pred_opt().unwrap()) };
            prop_assert_eq!(sum(through), before + one);
        }
    }
}
