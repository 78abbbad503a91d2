//! What a program pays a household or a person at most, by the dated rows of `program_limit`. Pure: no database, no clock.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use entity::{
    EnumSet,
    enums::{FundingSource, Recurrence},
    program_limit,
};

use super::held::Period;
use crate::{
    error::{Failure, Result},
    schema::Warning,
};

/// The code of the warning where a limit that doesn't bind is exceeded.
pub const UNIT_COST_EXCEEDED: &str = "UNIT_COST_EXCEEDED";

/// One payment by its sources, and when it comes.
#[derive(Clone, Copy, Debug)]
pub struct Sum<'a> {
    pub shares: &'a [(FundingSource, i64)],
    pub period: Period,
}

/// The limits of programs on one day: of each rule the version in force.
pub struct Limits(HashMap<String, Vec<program_limit::Model>>);

impl Limits {
    pub fn on(versions: Vec<program_limit::Model>, day: NaiveDate) -> Self {
        let mut latest: HashMap<(String, String), program_limit::Model> = HashMap::new();
        for version in versions.into_iter().filter(|version| version.effective_from <= day) {
            let key = (version.program_code.clone(), version.rule.clone());
            let later = latest.get(&key).is_none_or(|known| known.effective_from < version.effective_from);
            if later {
                latest.insert(key, version);
            }
        }
        let mut limits: HashMap<String, Vec<_>> = HashMap::new();
        let in_force = |limit: &program_limit::Model| limit.effective_to.is_none_or(|to| to >= day);
        for ((program, _), limit) in latest.into_iter().filter(|(_, limit)| in_force(limit)) {
            limits.entry(program).or_default().push(limit);
        }
        // The total first, then the others by name, so that a refusal always names the same one.
        limits
            .values_mut()
            .for_each(|of| of.sort_by(|a, b| (a.sources.bits(), &a.rule).cmp(&(b.sources.bits(), &b.rule))));
        Self(limits)
    }

    pub fn of(&self, program: &str) -> &[program_limit::Model] {
        self.0.get(program).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether one of them counts persons.
    pub fn count_persons(&self, program: &str) -> bool {
        self.of(program).iter().any(|limit| limit.per_person)
    }
}

/// Refuses what exceeds a limit with what is held already, and warns where the limit doesn't bind. `heads`: how many people
/// both are for.
pub fn check<'a>(
    limits: &[program_limit::Model],
    claim: Sum<'_>,
    held: impl Iterator<Item = Sum<'a>> + Clone,
    heads: i64,
    field: &str,
) -> Result<Vec<Warning>> {
    let mut warnings = Vec::new();
    for limit in limits {
        let heads = if limit.per_person { heads.max(1) } else { 1 };
        let most = limit.max_amount.saturating_mul(heads);
        let held = held.clone().filter(|held| !limit.yearly || held.period.meets(claim.period));
        let before = held.fold(0_i64, |sum, held| sum.saturating_add(paid(limit, held)));
        let given = paid(limit, claim);
        // What doesn't touch the limit isn't refused for what was given before.
        if given == 0 || before.saturating_add(given) <= most {
            continue;
        }
        let exceeded = Exceeded { limit, most, before, given };
        if limit.binding {
            return Err(exceeded.refusal(field));
        }
        warnings.push(exceeded.warning(field));
    }
    Ok(warnings)
}

/// What a sum pays of the sources that a limit counts, in a year or in all.
fn paid(limit: &program_limit::Model, sum: Sum<'_>) -> i64 {
    let counts = |source| limit.sources == EnumSet::new() || limit.sources.contains(source);
    let once = sum.shares.iter().filter(|(source, _)| counts(*source));
    let once = once.fold(0_i64, |all, (_, amount)| all.saturating_add(*amount));
    once.saturating_mul(times(sum.period, limit.yearly))
}

/// How often something is paid, in one year or in all: without an end, without end; never once it ends before it begins.
pub fn times(period: Period, yearly: bool) -> i64 {
    let Period { recurrence, from, to } = period;
    if to.is_some_and(|to| to < from) {
        return 0;
    }
    match (recurrence, yearly) {
        (Recurrence::Once, _) | (Recurrence::Yearly, true) => 1,
        (Recurrence::Monthly, true) => to.map_or(12, |to| months(from, to).min(12)),
        (Recurrence::Monthly, false) => to.map_or(i64::MAX, |to| months(from, to)),
        (Recurrence::Yearly, false) => {
            to.map_or(i64::MAX, |to| i64::from(to.year()).saturating_sub(i64::from(from.year())).saturating_add(1))
        }
    }
}

/// The months that a period touches.
fn months(from: NaiveDate, to: NaiveDate) -> i64 {
    let number = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month());
    number(to).saturating_sub(number(from)).saturating_add(1).max(1)
}

struct Exceeded<'a> {
    limit: &'a program_limit::Model,
    most: i64,
    before: i64,
    given: i64,
}

impl Exceeded<'_> {
    fn texts(&self) -> (String, String) {
        let Self { limit, most, before, given } = self;
        let program_limit::Model { program_code: program, rule, source, .. } = limit;
        let (per, per_vi) = if limit.yearly { (" in a year", " trong một năm") } else { ("", "") };
        (
            format!(
                "{program} pays at most {most} đồng{per} by the limit {rule}; {before} is given, {given} more would exceed \
                 it ({source})."
            ),
            format!(
                "{program} hỗ trợ tối đa {most} đồng{per_vi} theo mức {rule}; đã hỗ trợ {before}, thêm {given} sẽ vượt mức \
                 ({source})."
            ),
        )
    }

    fn refusal(&self, field: &str) -> Failure {
        let (text, text_vi) = self.texts();
        Failure::input(field, text, text_vi)
    }

    fn warning(&self, field: &str) -> Warning {
        let (text, text_vi) = self.texts();
        Warning::new(UNIT_COST_EXCEEDED, field, text, text_vi)
    }
}

#[cfg(test)]
mod tests {
    use FundingSource::{CentralBudget, Household, ProvincialBudget, SocialMobilization};
    use entity::enums::Basis;
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn limit(rule: &str, sources: &[FundingSource], max_amount: i64) -> program_limit::Model {
        program_limit::Model {
            id: 0,
            program_code: "P".to_owned(),
            rule: rule.to_owned(),
            sources: EnumSet::from(sources),
            max_amount,
            per_person: false,
            yearly: false,
            binding: true,
            basis: Basis::Stated,
            source: "II.4.2; S".to_owned(),
            effective_from: day("2022-01-01"),
            effective_to: None,
            version: 1,
            recorded_at: None,
            recorded_by: None,
        }
    }

    fn once(on: &str) -> Period {
        Period { recurrence: Recurrence::Once, from: day(on), to: None }
    }

    fn sum<'a>(shares: &'a [(FundingSource, i64)], on: &str) -> Sum<'a> {
        Sum { shares, period: once(on) }
    }

    fn refused(limits: &[program_limit::Model], claim: Sum<'_>, held: &[Sum<'_>], heads: i64) -> Option<String> {
        check(limits, claim, held.iter().copied(), heads, "amount").err().map(|failure| failure.message)
    }

    #[test]
    fn a_merit_house_is_fifty_of_the_centre_and_twenty_raised_or_own() {
        let limits = [
            limit("TOTAL", &[], 70),
            limit("CENTRAL", &[CentralBudget], 50),
            limit("RAISED_OR_OWN", &[SocialMobilization, Household], 20),
        ];
        let refused = |shares: &[(FundingSource, i64)]| refused(&limits, sum(shares, "2022-05-01"), &[], 1);
        assert_eq!(refused(&[(CentralBudget, 50), (SocialMobilization, 10), (Household, 10)]), None);
        assert!(refused(&[(CentralBudget, 51)]).unwrap().contains("CENTRAL"));
        assert!(refused(&[(SocialMobilization, 11), (Household, 10)]).unwrap().contains("RAISED_OR_OWN"));
        assert!(refused(&[(CentralBudget, 50), (Household, 20), (ProvincialBudget, 1)]).unwrap().contains("TOTAL"));
    }

    #[test]
    fn what_is_held_counts_for_the_year_or_for_good() {
        let (shares, more) = ([(CentralBudget, 60)], [(CentralBudget, 41)]);
        let earlier = [sum(&shares, "2022-05-01")];
        let for_good = [limit("TOTAL", &[], 100)];
        let message = refused(&for_good, sum(&more, "2023-01-01"), &earlier, 1).unwrap();
        assert!(message.contains("60") && message.contains("41") && message.contains("100"), "{message}");
        let yearly = [program_limit::Model { yearly: true, ..limit("TOTAL", &[], 100) }];
        assert_eq!(refused(&yearly, sum(&more, "2023-01-01"), &earlier, 1), None);
        assert!(refused(&yearly, sum(&more, "2022-12-31"), &earlier, 1).is_some());
        let of_each = [program_limit::Model { per_person: true, ..limit("TOTAL", &[], 100) }];
        assert_eq!(refused(&of_each, sum(&more, "2022-12-31"), &earlier, 2), None, "200 for two people");
        assert_eq!(
            refused(&for_good, sum(&[(Household, 0)], "2022-05-01"), &[sum(&[(Household, 500)], "2022-05-01")], 1),
            None
        );
    }

    #[test]
    fn what_comes_back_counts_as_often_as_it_is_paid() {
        let shares = [(CentralBudget, 10)];
        let claim = |recurrence, to: Option<&str>| Sum {
            shares: &shares,
            period: Period { recurrence, from: day("2022-11-15"), to: to.map(day) },
        };
        let limits = [limit("TOTAL", &[], 20)];
        assert_eq!(refused(&limits, claim(Recurrence::Monthly, Some("2022-12-14")), &[], 1), None);
        assert!(refused(&limits, claim(Recurrence::Monthly, Some("2023-01-01")), &[], 1).is_some());
        assert!(refused(&limits, claim(Recurrence::Monthly, None), &[], 1).is_some(), "without end");
        assert_eq!(refused(&limits, claim(Recurrence::Yearly, Some("2023-12-31")), &[], 1), None);
        let yearly = [program_limit::Model { yearly: true, ..limit("TOTAL", &[], 119) }];
        assert!(refused(&yearly, claim(Recurrence::Monthly, None), &[], 1).is_some());
        assert_eq!(refused(&yearly, claim(Recurrence::Yearly, None), &[], 1), None);
    }

    #[test]
    fn a_limit_that_does_not_bind_warns() {
        let unit_cost = [program_limit::Model { binding: false, ..limit("CONTAINER", &[], 5) }];
        let warnings =
            check(&unit_cost, sum(&[(Household, 6)], "2022-05-01"), std::iter::empty(), 1, "amount").unwrap();
        assert_eq!(warnings.iter().map(|warning| warning.code.as_str()).collect::<Vec<_>>(), [UNIT_COST_EXCEEDED]);
    }

    #[test]
    fn of_each_rule_the_version_of_the_day_counts() {
        let version =
            |from: &str, max| program_limit::Model { effective_from: day(from), ..limit("PREMIUM", &[], max) };
        let versions = vec![version("2024-07-01", 3), version("2022-01-01", 1), version("2023-07-01", 2)];
        let last = Some(day("2026-01-01"));
        let versions: Vec<_> =
            versions.into_iter().map(|row| program_limit::Model { effective_to: last, ..row }).collect();
        for (on, expected) in [
            ("2021-12-31", None),
            ("2023-06-30", Some(1)),
            ("2023-07-01", Some(2)),
            ("2026-01-01", Some(3)),
            ("2026-01-02", None),
        ] {
            let limits = Limits::on(versions.clone(), day(on));
            assert_eq!(limits.of("P").first().map(|limit| limit.max_amount), expected, "{on}");
        }
    }

    proptest! {
        /// Whatever is taken one after the other, no limit is ever exceeded.
        #[test]
        fn limits_hold_over_any_sequence(amounts in prop::collection::vec((0..3_usize, 1..60_i64), 0..20)) {
            let limits = [limit("TOTAL", &[], 100), limit("CENTRAL", &[CentralBudget], 40)];
            let sources = [CentralBudget, ProvincialBudget, Household];
            let mut taken: Vec<[(FundingSource, i64); 1]> = Vec::new();
            for (source, amount) in amounts {
                let claim = [(sources[source], amount)];
                let held: Vec<_> = taken.iter().map(|shares| sum(shares, "2022-05-01")).collect();
                if refused(&limits, sum(&claim, "2022-06-01"), &held, 1).is_none() {
                    taken.push(claim);
                }
            }
            let of = |wanted: &[FundingSource]| taken.iter().flatten().filter(|(source, _)| wanted.contains(source)).map(|(_, amount)| amount).sum::<i64>();
            prop_assert!(of(&sources) <= 100 && of(&[CentralBudget]) <= 40);
        }
    }
}
