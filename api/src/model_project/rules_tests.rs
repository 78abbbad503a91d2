//! The rules of models against the plan's own numbers, and the capital of any sequence of movements.

use entity::{
    enums::{AdminLevel as Level, FundingSource as Source},
    ids::FundingLineId,
};
use proptest::prelude::*;

use super::*;

const M: i64 = 1_000_000;

fn share(source: Source, amount: i64) -> Share {
    Share { source, line_id: None, amount }
}

fn state(amount: i64) -> Capital {
    Capital { state: amount, mobilised: 0 }
}

#[test]
fn the_ceilings_are_thirty_million_of_the_state_and_twenty_mobilised() {
    let none = Capital::default();
    let both = Capital::of(&[
        share(Source::CentralBudget, 27 * M),
        share(Source::ProvincialBudget, 3 * M),
        share(Source::SocialMobilization, 20 * M),
        share(Source::Household, 90 * M),
    ])
    .unwrap();
    assert_eq!(both, Capital { state: 30 * M, mobilised: 20 * M });
    assert!(within_ceilings(none, both, "f").is_ok(), "the household's own money is not bounded");
    for (held, new) in [
        (none, state(30 * M + 1)),
        (state(10 * M), state(20 * M + 1)),
        (none, Capital { state: 0, mobilised: 20 * M + 1 }),
        (Capital { state: 0, mobilised: 1 }, Capital { state: 0, mobilised: 20 * M }),
        (state(1), state(i64::MAX)),
    ] {
        assert_eq!(within_ceilings(held, new, "f").unwrap_err().field.as_deref(), Some("f"), "{held:?} {new:?}");
    }
    assert!(within_ceilings(state(10 * M), state(20 * M), "f").is_ok());
}

#[test]
fn sums_of_shares_do_not_wrap_around() {
    assert_eq!(Capital::of(&[share(Source::CentralBudget, i64::MAX), share(Source::ProvincialBudget, 1)]), None);
}

#[test]
fn half_of_the_state_money_comes_back_and_none_of_other_money() {
    let mixed = Capital { state: 25_000_001, mobilised: 20 * M };
    assert_eq!(recoverable(ModelTrack::Livelihood, mixed), 12_500_000, "half a đồng is the household's");
    assert_eq!(recoverable(ModelTrack::Livelihood, Capital { state: 0, mobilised: 20 * M }), 0);
    assert_eq!(recoverable(ModelTrack::PilotSite, mixed), 0);
}

#[test]
fn a_level_belongs_to_pilot_sites() {
    assert!(check_level(ModelTrack::PilotSite, Some(Level::Commune)).is_ok());
    assert!(check_level(ModelTrack::Livelihood, None).is_ok());
    assert!(check_level(ModelTrack::PilotSite, None).is_err());
    assert!(check_level(ModelTrack::Livelihood, Some(Level::Commune)).is_err());
}

#[test]
fn pilot_sites_are_as_the_plan_means_them_or_noticed() {
    for level in Level::ALL {
        for site in Level::ALL {
            let planned = matches!(
                (level, site),
                (Level::Province | Level::District, Level::Commune) | (Level::Commune, Level::Hamlet)
            );
            assert_eq!(pilot_site_warning(Some(*level), Some(*site)).is_none(), planned, "{level:?} {site:?}");
        }
    }
    assert!(pilot_site_warning(None, Some(Level::District)).is_none(), "a livelihood model may be anywhere");
}

#[test]
fn a_project_runs_from_its_first_day() {
    let day = |day| NaiveDate::from_ymd_opt(2022, 5, day);
    let today = day(10).unwrap();
    assert_eq!(status_on(day(10), today), ModelStatus::Active);
    assert_eq!(status_on(day(11), today), ModelStatus::Planned);
    assert_eq!(status_on(None, today), ModelStatus::Planned);
    assert!(check_period(day(10), day(10)).is_ok());
    assert!(check_period(None, day(1)).is_ok());
    assert!(check_period(day(10), day(9)).is_err());
}

#[test]
fn ten_to_twelve_households_of_the_right_class_raise_no_warning() {
    for households in [0, 9, 13, 1_000] {
        assert!(size_warning(ModelTrack::Livelihood, households).is_some(), "{households}");
        assert!(size_warning(ModelTrack::PilotSite, households).is_none());
    }
    for households in 10..=12 {
        assert!(size_warning(ModelTrack::Livelihood, households).is_none(), "{households}");
    }
    for class in PovertyClass::ALL {
        let fits = matches!(class, PovertyClass::Poor | PovertyClass::NearPoor);
        assert_eq!(class_warning(ModelTrack::Livelihood, Some(*class), String::new()).is_none(), fits, "{class:?}");
        assert!(class_warning(ModelTrack::PilotSite, Some(*class), String::new()).is_none());
    }
    assert!(class_warning(ModelTrack::Livelihood, None, String::new()).is_some());
}

#[test]
fn what_is_still_out_at_the_close_is_noticed() {
    assert!(still_out_warning([0, 0].into_iter()).is_none());
    let warning = still_out_warning([15 * M, 0, 1].into_iter()).unwrap();
    assert!(
        warning.message.contains("15000001 đồng") && warning.message.contains("2 households"),
        "{}",
        warning.message
    );
}

#[test]
fn recovered_capital_is_no_new_money_of_a_line() {
    let of =
        |line: Option<i64>, amount| Share { line_id: line.map(FundingLineId), ..share(Source::CentralBudget, amount) };
    let check = |shares: &[Share], drawn: &[i64]| {
        let support = shares.iter().map(|share| share.amount).sum();
        new_money_of_lines(shares, support, drawn.iter().copied(), "funding").map_err(|failure| failure.message)
    };
    assert!(check(&[of(Some(1), 20)], &[]).is_ok());
    assert!(check(&[of(Some(1), 12), of(None, 8)], &[5, 3]).is_ok());
    assert!(check(&[of(None, 20)], &[20]).is_ok());
    let refused = check(&[of(Some(1), 12), of(Some(2), 1), of(None, 7)], &[5, 3]).unwrap_err();
    for figure in ["20 đồng 8", "at most 12", "13 names"] {
        assert!(refused.contains(figure), "{refused}");
    }
}

/// The capital of one household, as the rows keep it.
#[derive(Clone, Copy, Default)]
struct Part {
    advanced: i64,
    recoverable: i64,
    recovered: i64,
    reinvested: i64,
}

#[derive(Clone, Debug)]
enum Movement {
    /// A household gets so much from the budget and as much as there is from these participations.
    Enrol { amount: i64, from: Vec<usize> },
    /// A household pays back so many per cent of what is left to come back.
    Recover { which: usize, percent: i64 },
}

fn movement() -> impl Strategy<Value = Movement> {
    prop_oneof![
        (0..=STATE_CEILING, prop::collection::vec(0..40_usize, 0..4))
            .prop_map(|(amount, from)| Movement::Enrol { amount, from }),
        (0..40_usize, 0..=100_i64).prop_map(|(which, percent)| Movement::Recover { which, percent }),
    ]
}

proptest! {
    /// Whatever happens: what was advanced is what came from the budget and what was reinvested; what was recovered was
    /// reinvested or is at hand; nobody pays back more than half, and nothing is lent on twice.
    #[test]
    fn every_dong_is_traced(movements in prop::collection::vec(movement(), 0..60)) {
        let mut parts: Vec<Part> = Vec::new();
        let (mut from_budget, mut lent_on) = (0, 0);
        for movement in movements {
            match movement {
                Movement::Enrol { amount, mut from } => {
                    from.retain(|index| *index < parts.len());
                    from.sort_unstable();
                    from.dedup();
                    let available: Vec<_> =
                        from.iter().map(|index| (*index, parts[*index].recovered - parts[*index].reinvested)).collect();
                    let drawn = draw(amount, &available);
                    let paid: i64 = drawn.iter().map(|(_, amount)| amount).sum();
                    let at_hand: i64 = available.iter().map(|(_, amount)| amount).sum();
                    prop_assert_eq!(paid, amount.min(at_hand), "as far as it goes, and no further");
                    for (index, amount) in drawn {
                        prop_assert!(amount > 0);
                        parts[index].reinvested += amount;
                    }
                    lent_on += paid;
                    from_budget += amount - paid;
                    let recoverable = recoverable(ModelTrack::Livelihood, state(amount));
                    parts.push(Part { advanced: amount, recoverable, ..Part::default() });
                }
                Movement::Recover { which, percent } => {
                    if let Some(part) = parts.get_mut(which) {
                        part.recovered += (part.recoverable - part.recovered) * percent / 100;
                    }
                }
            }
        }
        let sum = |of: fn(&Part) -> i64| parts.iter().map(of).sum::<i64>();
        prop_assert_eq!(sum(|part| part.advanced), from_budget + lent_on);
        prop_assert_eq!(sum(|part| part.reinvested), lent_on);
        for part in &parts {
            let outstanding = part.recoverable - part.recovered;
            prop_assert!(outstanding >= 0 && part.reinvested <= part.recovered);
            prop_assert!(part.recoverable * 2 <= part.advanced && part.advanced - part.recoverable * 2 < 2);
        }
    }
}
