//! How a review makes a class of a household, and which class is in force on a day.

use chrono::NaiveDate;
use entity::{
    enums::{AreaKind, PovertyClass},
    household, poverty_standard,
};

/// What a standard says of one kind of area. Lines are đồng a person and month, the last amount of the class.
#[derive(Clone, Copy, Debug)]
pub struct Lines {
    pub poor: i64,
    /// None where the standard has no class of average living standard.
    pub average: Option<i64>,
    pub deprivations_for_poor: i32,
}

/// Points of the form for one deprived indicator (`rules.md` R8).
pub const POINTS_A_DEPRIVATION: i32 = 10;

impl Lines {
    pub const fn of(standard: &poverty_standard::Model, area: AreaKind) -> Self {
        let (poor, average) = match area {
            AreaKind::Rural => (standard.rural_line, standard.rural_average_line),
            AreaKind::Urban => (standard.urban_line, standard.urban_average_line),
        };
        Self { poor, average, deprivations_for_poor: standard.deprivations_for_poor }
    }

    /// The class by income and number of deprivations (Decree 07/2021/NĐ-CP art. 3; `rules.md` P2, P3). Above all lines
    /// there is no statutory class, which is BETTER_OFF here.
    pub fn by_income(self, income: i64, deprivations: i32) -> PovertyClass {
        if income <= self.poor {
            return self.under_the_line(deprivations);
        }
        match self.average {
            Some(line) if income <= line => PovertyClass::Average,
            _ => PovertyClass::BetterOff,
        }
    }

    /// The class by the form's two scores (Circular 07/2021/TT-BLĐTBXH; `rules.md` R8). `line`: the points that stand
    /// for the income line. None above it: the points don't tell average from better-off.
    pub const fn by_scores(self, line: i32, score_a: i32, score_b: i32) -> Option<PovertyClass> {
        if score_a > line { None } else { Some(self.under_the_line(score_b / POINTS_A_DEPRIVATION)) }
    }

    const fn under_the_line(self, deprivations: i32) -> PovertyClass {
        if deprivations >= self.deprivations_for_poor { PovertyClass::Poor } else { PovertyClass::NearPoor }
    }
}

/// The points of score A that stand for the income line, of the standards whose form has them: annexes III and IV of
/// Circular 07/2021/TT-BLĐTBXH belong to Decree 07/2021/NĐ-CP.
pub fn points_of_line(standard: &str, area: AreaKind) -> Option<i32> {
    match (standard, area) {
        ("ND07-2021", AreaKind::Rural) => Some(140),
        ("ND07-2021", AreaKind::Urban) => Some(175),
        _ => None,
    }
}

/// The class of a household in force, and the one that a decision has named for a later day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Classes {
    pub now: Option<PovertyClass>,
    pub next: Option<(PovertyClass, NaiveDate)>,
}

impl Classes {
    pub fn of(household: &household::Model) -> Self {
        Self { now: household.poverty_class, next: household.next_class.zip(household.next_class_on) }
    }

    /// With a next class that is due put in force.
    pub fn settled(self, today: NaiveDate) -> Self {
        match self.next {
            Some((class, on)) if on <= today => Self { now: Some(class), next: None },
            _ => self,
        }
    }

    /// After a decision. None while another one waits for its day: there is room for one.
    pub fn decided(self, class: PovertyClass, from: NaiveDate, today: NaiveDate) -> Option<Self> {
        let settled = self.settled(today);
        if settled.next.is_some() {
            return None;
        }
        Some(if from <= today {
            Self { now: Some(class), next: None }
        } else {
            Self { next: Some((class, from)), ..settled }
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::Days;
    use proptest::prelude::*;

    use super::*;
    use PovertyClass::{Average, BetterOff, NearPoor, Poor};

    fn decree_07(area: AreaKind) -> Lines {
        let (poor, average) = match area {
            AreaKind::Rural => (1_500_000, 2_250_000),
            AreaKind::Urban => (2_000_000, 3_000_000),
        };
        Lines { poor, average: Some(average), deprivations_for_poor: 3 }
    }

    #[test]
    fn the_decrees_own_borders() {
        let cases = [
            (AreaKind::Rural, 1_500_000, 3, Poor),
            (AreaKind::Rural, 1_500_000, 2, NearPoor),
            (AreaKind::Rural, 1_500_001, 5, Average),
            (AreaKind::Rural, 2_250_000, 0, Average),
            (AreaKind::Rural, 2_250_001, 12, BetterOff),
            (AreaKind::Urban, 2_000_000, 3, Poor),
            (AreaKind::Urban, 2_000_001, 3, Average),
            (AreaKind::Urban, 3_000_000, 3, Average),
            (AreaKind::Urban, 3_000_001, 3, BetterOff),
            (AreaKind::Rural, 0, 0, NearPoor),
        ];
        for (area, income, deprivations, class) in cases {
            assert_eq!(decree_07(area).by_income(income, deprivations), class, "{area:?} {income} {deprivations}");
        }
    }

    #[test]
    fn without_an_average_line_nothing_lies_above_the_poor_but_better_off() {
        let lines = Lines { poor: 2_200_000, average: None, deprivations_for_poor: 3 };
        assert_eq!(lines.by_income(2_200_000, 3), Poor);
        assert_eq!(lines.by_income(2_200_001, 3), BetterOff);
    }

    #[test]
    fn scores_tell_the_classes_under_the_line() {
        let cases = [
            (AreaKind::Rural, 140, 30, Some(Poor)),
            (AreaKind::Rural, 140, 29, Some(NearPoor)),
            (AreaKind::Rural, 141, 30, None),
            (AreaKind::Urban, 175, 120, Some(Poor)),
            (AreaKind::Urban, 175, 0, Some(NearPoor)),
            (AreaKind::Urban, 176, 0, None),
        ];
        for (area, score_a, score_b, class) in cases {
            let line = points_of_line("ND07-2021", area).unwrap();
            assert_eq!(decree_07(area).by_scores(line, score_a, score_b), class, "{area:?} {score_a} {score_b}");
        }
        assert_eq!(points_of_line("ND351-2025", AreaKind::Rural), None);
    }

    fn rank(class: PovertyClass) -> Option<usize> {
        [Poor, NearPoor, Average, BetterOff].iter().position(|one| *one == class)
    }

    fn area() -> impl Strategy<Value = AreaKind> {
        prop_oneof![Just(AreaKind::Rural), Just(AreaKind::Urban)]
    }

    proptest! {
        #[test]
        fn more_income_never_makes_poorer(area in area(), deprivations in 0..=12, a in 0..4_000_000_i64, b in 0..4_000_000_i64) {
            let lines = decree_07(area);
            let (less, more) = (a.min(b), a.max(b));
            let class = |income: i64| rank(lines.by_income(income, deprivations)).unwrap();
            prop_assert!(class(less) <= class(more));
        }

        #[test]
        fn more_deprivations_never_make_richer(area in area(), income in 0..4_000_000_i64, a in 0..=12_i32, b in 0..=12_i32) {
            let lines = decree_07(area);
            let class = |deprivations: i32| rank(lines.by_income(income, deprivations)).unwrap();
            prop_assert!(class(a.max(b)) <= class(a.min(b)));
        }

        #[test]
        fn scores_and_incomes_of_one_household_agree(area in area(), under in any::<bool>(), deprivations in 0..=12) {
            let (lines, line) = (decree_07(area), points_of_line("ND07-2021", area).unwrap());
            let (income, score) = if under { (lines.poor, line) } else { (lines.poor + 1, line + 1) };
            let by_income = lines.by_income(income, deprivations);
            let by_scores = lines.by_scores(line, score, deprivations * POINTS_A_DEPRIVATION);
            prop_assert_eq!(by_scores, under.then_some(by_income));
        }

        /// Decisions as they come, each from a later day than the one before: whatever is stored, the class in force
        /// today is that of the last decision whose day has come.
        #[test]
        fn the_class_in_force_is_the_last_decision_whose_day_has_come(
            decisions in proptest::collection::vec((0..40_u64, -30..30_i64, 0..4_usize), 1..12),
        ) {
            let start = NaiveDate::from_ymd_opt(2022, 1, 1).unwrap();
            let mut classes = Classes { now: None, next: None };
            let mut taken: Vec<(NaiveDate, PovertyClass)> = Vec::new();
            let mut today = start;
            for (later, offset, class) in decisions {
                today = today + Days::new(later);
                let from = today + chrono::TimeDelta::days(offset);
                let class = [Poor, NearPoor, Average, BetterOff][class];
                if taken.last().is_none_or(|(last, _)| *last < from) {
                    let waits = taken.last().is_some_and(|(last, _)| *last > today);
                    match classes.decided(class, from, today) {
                        Some(decided) => {
                            prop_assert!(!waits);
                            classes = decided;
                            taken.push((from, class));
                        }
                        None => prop_assert!(waits),
                    }
                }
                let in_force = taken.iter().rev().find(|(from, _)| *from <= today).map(|(_, class)| *class);
                prop_assert_eq!(classes.settled(today).now, in_force);
            }
        }
    }
}
