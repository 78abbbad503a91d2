//! How a review makes a class of a household, and which class is in force on a day.

use chrono::{Datelike, Days, Months, NaiveDate};
use entity::{
    enums::{AreaKind, PovertyClass},
    household, poverty_standard,
};

/// What a standard says of one kind of area. Lines are đồng a person and month, the last amount of the class.
#[derive(Clone, Copy, Debug)]
pub struct Lines {
    pub poor: i64,
    /// None where the standard's class of average living standard isn't known.
    pub average: Option<i64>,
    pub deprivations_for_poor: i32,
    /// None where the limits of the form aren't known.
    pub scores: Option<Scores>,
}

/// The limits of the form's two scores (Circular 07/2021/TT-BLĐTBXH annexes III and IV; `rules.md` R8).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Scores {
    /// Score A that stands for the income line: the last that is under it.
    pub line: i32,
    pub points_a_deprivation: i32,
    /// Score B from which a household under the line is poor.
    pub for_poor: i32,
}

impl Lines {
    pub fn of(standard: &poverty_standard::Model, area: AreaKind) -> Self {
        let (poor, average, line) = match area {
            AreaKind::Rural => (standard.rural_line, standard.rural_average_line, standard.rural_score_line),
            AreaKind::Urban => (standard.urban_line, standard.urban_average_line, standard.urban_score_line),
        };
        let limits = line.zip(standard.points_a_deprivation).zip(standard.score_for_poor);
        let scores = limits.map(|((line, points), for_poor)| Scores { line, points_a_deprivation: points, for_poor });
        Self { poor, average, deprivations_for_poor: standard.deprivations_for_poor, scores }
    }

    /// The class by income and number of deprivations (Decree 07/2021/NĐ-CP art. 3; `rules.md` P2, P3). Above all lines
    /// there is no statutory class, which is BETTER_OFF here.
    pub fn by_income(self, income: i64, deprivations: i32) -> PovertyClass {
        if income <= self.poor {
            return under_the_line(deprivations >= self.deprivations_for_poor);
        }
        match self.average {
            Some(line) if income <= line => PovertyClass::Average,
            _ => PovertyClass::BetterOff,
        }
    }

    /// Whether the standard's data tell AVERAGE from BETTER_OFF for this income.
    pub const fn tells_above(self, income: i64) -> bool {
        income <= self.poor || self.average.is_some()
    }
}

impl Scores {
    /// The class by the form's two scores. None above the line: the points don't tell average from better-off.
    pub const fn class(self, score_a: i32, score_b: i32) -> Option<PovertyClass> {
        if score_a > self.line { None } else { Some(under_the_line(score_b >= self.for_poor)) }
    }
}

const fn under_the_line(poor: bool) -> PovertyClass {
    if poor { PovertyClass::Poor } else { PovertyClass::NearPoor }
}

/// Whether a household of the class is on the list of the poor and near-poor, which the yearly review goes through
/// (Decision 24/2021/QĐ-TTg art. 4.1; `rules.md` R4).
pub const fn listed(class: PovertyClass) -> bool {
    matches!(class, PovertyClass::Poor | PovertyClass::NearPoor)
}

/// Whether reviews are made on the day: once a year from 1 September to 14 December, or by request in the month from
/// the 15th on (Decision 24/2021/QĐ-TTg art. 3; `rules.md` R1, R2).
pub fn in_review_period(day: NaiveDate) -> bool {
    is_periodic(day) || day.day() >= REGULAR_START
}

fn is_periodic(day: NaiveDate) -> bool {
    ((9, 1)..=(12, 14)).contains(&(day.month(), day.day()))
}

/// The day of the month on which a regular review starts.
pub const REGULAR_START: u32 = 15;
/// Days from the start of a regular review to the decision.
const DAYS_TO_DECIDE: u64 = 15;

/// The last day for the decision on a regular review (Decision 24/2021/QĐ-TTg art. 3, 5; `rules.md` R2); none for a
/// review of the yearly round.
pub fn decide_by(reviewed_on: NaiveDate) -> Option<NaiveDate> {
    let start = reviewed_on.with_day(reviewed_on.day().min(REGULAR_START))?;
    (!is_periodic(reviewed_on)).then_some(start)?.checked_add_days(Days::new(DAYS_TO_DECIDE))
}

/// The class that a standard leads to when the commune decides: what it says of the household, but who leaves the list
/// of the poor and near-poor has newly escaped, and stays so for three years (`rules.md` R3, L3). None where the
/// standard's data don't tell which class above the line.
pub fn reclassified(
    lines: Lines,
    income: i64,
    deprivations: i32,
    current: Option<PovertyClass>,
    newly_escaped: bool,
) -> Option<PovertyClass> {
    if income <= lines.poor {
        return Some(lines.by_income(income, deprivations));
    }
    if newly_escaped || current.is_some_and(listed) {
        return Some(PovertyClass::NewlyEscaped);
    }
    lines.tells_above(income).then(|| lines.by_income(income, deprivations))
}

/// Months for which a household counts as newly escaped for credit (Decision 28/2015/QĐ-TTg; `rules.md` L3).
const MONTHS_NEWLY_ESCAPED: Months = Months::new(36);

/// The last day on which a household that escaped on this one counts as newly escaped: at most three years.
pub fn newly_escaped_until(escaped_on: NaiveDate) -> NaiveDate {
    escaped_on.checked_add_months(MONTHS_NEWLY_ESCAPED).unwrap_or(NaiveDate::MAX)
}

/// Whether more than half of some people are such, where of some it isn't known: indicator 1.2 of Decree 07/2021/NĐ-CP.
/// None where that decides, and of nobody.
pub const fn more_than_half(of: i64, such: i64, unknown: i64) -> Option<bool> {
    if of == 0 {
        None
    } else if such * 2 > of {
        Some(true)
    } else if (such + unknown) * 2 <= of {
        Some(false)
    } else {
        None
    }
}

/// Whether one of some people is such, where of some it isn't known: indicators 2.1, 2.2, 3.1 and 3.2.
pub const fn anybody(such: i64, unknown: i64) -> Option<bool> {
    if such > 0 {
        Some(true)
    } else if unknown > 0 {
        None
    } else {
        Some(false)
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
    use proptest::prelude::*;

    use super::*;
    use PovertyClass::{Average, BetterOff, NearPoor, Poor};

    fn decree_07(area: AreaKind) -> Lines {
        let (poor, average, line) = match area {
            AreaKind::Rural => (1_500_000, 2_250_000, 140),
            AreaKind::Urban => (2_000_000, 3_000_000, 175),
        };
        let scores = Some(Scores { line, points_a_deprivation: 10, for_poor: 30 });
        Lines { poor, average: Some(average), deprivations_for_poor: 3, scores }
    }

    /// Rural.
    fn decree_351() -> Lines {
        Lines { poor: 2_200_000, average: None, deprivations_for_poor: 3, scores: None }
    }

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
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
        let lines = decree_351();
        assert_eq!(lines.by_income(2_200_000, 3), Poor);
        assert_eq!(lines.by_income(2_200_001, 3), BetterOff);
        assert!(lines.tells_above(2_200_000) && !lines.tells_above(2_200_001));
        assert!(decree_07(AreaKind::Rural).tells_above(2_200_001));
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
            let scores = decree_07(area).scores.unwrap();
            assert_eq!(scores.class(score_a, score_b), class, "{area:?} {score_a} {score_b}");
        }
    }

    #[test]
    fn reviews_have_their_days() {
        for (day, regular) in [
            ("2026-08-31", true),
            ("2026-08-14", false),
            ("2026-09-01", true),
            ("2026-12-14", true),
            ("2026-12-15", true),
            ("2027-01-14", false),
            ("2027-01-15", true),
        ] {
            assert_eq!(in_review_period(on(day)), regular, "{day}");
        }
        assert_eq!(decide_by(on("2027-01-15")), Some(on("2027-01-30")));
        assert_eq!(decide_by(on("2027-01-31")), Some(on("2027-01-30")), "the review started on the 15th");
        assert_eq!(decide_by(on("2027-02-15")), Some(on("2027-03-02")));
        assert_eq!(decide_by(on("2027-03-03")), Some(on("2027-03-18")));
        assert_eq!(decide_by(on("2026-09-01")), None);
        assert_eq!(decide_by(on("2026-12-15")), Some(on("2026-12-30")));
    }

    #[test]
    fn what_is_not_known_decides_nothing() {
        assert_eq!(more_than_half(4, 2, 0), Some(false), "half is not more than half");
        assert_eq!(more_than_half(4, 3, 1), Some(true));
        assert_eq!(more_than_half(4, 2, 1), None);
        assert_eq!(more_than_half(4, 1, 1), Some(false));
        assert_eq!(more_than_half(0, 0, 0), None);
        assert_eq!([anybody(1, 1), anybody(0, 1), anybody(0, 0)], [Some(true), None, Some(false)]);
    }

    #[test]
    fn another_standard_takes_in_and_lets_go() {
        use PovertyClass::NewlyEscaped as Escaped;
        let (old, new) = (decree_07(AreaKind::Rural), decree_351());
        for (lines, income, deprivations, current, escaped, class) in [
            (new, 2_200_000, 3, Some(Average), false, Some(Poor)),
            (new, 2_200_000, 2, Some(BetterOff), false, Some(NearPoor)),
            (new, 2_200_000, 2, None, false, Some(NearPoor)),
            (new, 1_500_000, 3, Some(Escaped), true, Some(Poor)),
            (new, 2_200_001, 3, Some(Poor), false, Some(Escaped)),
            (new, 2_200_001, 3, Some(Escaped), true, Some(Escaped)),
            (new, 2_200_001, 3, Some(Escaped), false, None),
            (new, 2_200_001, 3, Some(Average), false, None),
            (old, 2_250_000, 3, Some(Escaped), false, Some(Average)),
            (old, 2_250_001, 0, Some(Average), false, Some(BetterOff)),
        ] {
            let found = reclassified(lines, income, deprivations, current, escaped);
            assert_eq!(found, class, "{income} {deprivations} {current:?} {escaped}");
        }
        assert_eq!(newly_escaped_until(on("2024-01-01")), on("2027-01-01"));
        assert_eq!(newly_escaped_until(on("2024-02-29")), on("2027-02-28"));
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
        fn more_income_never_makes_poorer_under_another_standard(
            current in proptest::option::of(proptest::sample::select(PovertyClass::ALL)),
            escaped in any::<bool>(), deprivations in 0..=12, a in 0..4_000_000_i64, b in 0..4_000_000_i64,
        ) {
            let (less, more) = (a.min(b), a.max(b));
            for lines in [decree_07(AreaKind::Rural), decree_351()] {
                let under = |income| reclassified(lines, income, deprivations, current, escaped).is_some_and(listed);
                prop_assert!(under(less) || !under(more));
            }
        }

        #[test]
        fn scores_and_incomes_of_one_household_agree(area in area(), under in any::<bool>(), deprivations in 0..=12) {
            let lines = decree_07(area);
            let scores = lines.scores.unwrap();
            let (income, score) = if under { (lines.poor, scores.line) } else { (lines.poor + 1, scores.line + 1) };
            let by_income = lines.by_income(income, deprivations);
            let by_scores = scores.class(score, deprivations * scores.points_a_deprivation);
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
