//! Random days of a district, looked at as somebody who keeps all figures of all days and subtracts them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    cell::Cells,
    figures::{Closing, Commune, Figures},
};

const DISTRICT: i64 = 9;

/// The figures of each day, of communes and district, with what was true of the communes.
fn close(days: &[Vec<Commune>]) -> Vec<BTreeMap<i64, Figures>> {
    let mut taken = Vec::new();
    let mut closed = Vec::new();
    for communes in days {
        let mut closing = Closing::new(Cells::remember(taken.iter().copied()));
        communes.iter().for_each(|commune| closing.counts(commune));
        closed.push(closing.finish());
        taken.append(&mut closing.cells.taken);
    }
    closed
}

fn commune(id: i64, classes: [i64; 3], others: i64, insured: i64, uninsured: i64) -> Commune {
    let [poor, near_poor, newly_escaped] = classes;
    let households = poor + near_poor + newly_escaped + others;
    let persons = insured + uninsured;
    Commune { id, district: DISTRICT, households, poor, near_poor, newly_escaped, persons, insured }
}

/// What an attacker gets of each day by subtracting: a number for each group of which nothing smaller can be had, none
/// where a figure is hidden.
fn groups(figures: &BTreeMap<i64, Figures>) -> BTreeMap<(i64, &'static str), Option<i64>> {
    let mut groups = BTreeMap::new();
    let of = |unit: i64| figures[&unit];
    let rest = |whole: Option<i64>, parts: &[Option<i64>]| Some(whole? - parts.iter().flatten().sum::<i64>());
    let communes = figures.keys().filter(|unit| **unit != DISTRICT);
    for unit in communes.clone() {
        let figures = of(*unit);
        let classes = [figures.poor, figures.near_poor, figures.newly_escaped];
        groups.insert((*unit, "poor"), figures.poor);
        groups.insert((*unit, "near poor"), figures.near_poor);
        groups.insert((*unit, "newly escaped"), figures.newly_escaped);
        groups.insert((*unit, "other households"), rest(figures.households, &classes));
        groups.insert((*unit, "insured"), figures.insured_persons);
        groups.insert((*unit, "uninsured"), rest(figures.persons, &[figures.insured_persons]));
    }
    let shown =
        |figure: fn(&Figures) -> Option<i64>| communes.clone().map(|unit| figure(&of(*unit))).collect::<Vec<_>>();
    let district = of(DISTRICT);
    groups.insert((DISTRICT, "poor"), rest(district.poor, &shown(|f| f.poor)));
    groups.insert((DISTRICT, "near poor"), rest(district.near_poor, &shown(|f| f.near_poor)));
    groups.insert((DISTRICT, "newly escaped"), rest(district.newly_escaped, &shown(|f| f.newly_escaped)));
    groups.insert((DISTRICT, "insured"), rest(district.insured_persons, &shown(|f| f.insured_persons)));
    // Of a commune without a number of households, the classes that it shows can be subtracted.
    let known = shown(|f| f.households.or(Some([f.poor, f.near_poor, f.newly_escaped].into_iter().flatten().sum())));
    groups.insert((DISTRICT, "other households"), rest(district.households, &known));
    let known = shown(|f| f.persons.or(f.insured_persons));
    groups.insert((DISTRICT, "uninsured"), rest(district.persons, &known));
    groups
}

/// That no group is of 1 to 4, and that none is on two days 1 to 4 apart.
fn safe(days: &[BTreeMap<i64, Figures>]) -> Result<(), String> {
    let mut seen: BTreeMap<(i64, &str), Vec<i64>> = BTreeMap::new();
    for figures in days {
        for (group, value) in groups(figures) {
            let Some(value) = value else { continue };
            let seen = seen.entry(group).or_default();
            if (1..5).contains(&value) || value < 0 || seen.iter().any(|past| (1..5).contains(&past.abs_diff(value))) {
                return Err(format!("{group:?} is {value} after {seen:?}"));
            }
            seen.push(value);
        }
    }
    Ok(())
}

/// Changes of the six numbers of a commune from one day to the next, mostly small ones.
fn changes() -> impl Strategy<Value = [i64; 6]> {
    let change = || prop_oneof![4 => Just(0_i64), 4 => -4..=4_i64, 1 => -20..=20_i64];
    [change(), change(), change(), change(), change(), change()]
}

/// Three communes over up to 30 days.
fn days() -> impl Strategy<Value = Vec<Vec<Commune>>> {
    let first = prop::collection::vec(prop::array::uniform6(0..=14_i64), 3);
    let more = prop::collection::vec(prop::collection::vec(changes(), 3), 1..30);
    (first, more).prop_map(|(mut numbers, more)| {
        let made = |numbers: &[[i64; 6]]| {
            let communes = (1..).zip(numbers);
            communes.map(|(id, [a, b, c, d, e, f])| commune(id, [*a, *b, *c], *d, *e, *f)).collect::<Vec<_>>()
        };
        let mut days = vec![made(&numbers)];
        for changes in more {
            for (number, change) in numbers.iter_mut().flatten().zip(changes.iter().flatten()) {
                *number = (*number + change).max(0);
            }
            days.push(made(&numbers));
        }
        days
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_subtraction_leads_to_fewer_than_five(days in days()) {
        let closed = close(&days);
        prop_assert_eq!(safe(&closed), Ok(()));
    }

    #[test]
    fn what_is_shown_is_nearly_true(days in days()) {
        for (communes, figures) in days.iter().zip(close(&days)) {
            for commune in communes {
                let shown = figures[&commune.id];
                for (shown, truth) in [(shown.poor, commune.poor), (shown.insured_persons, commune.insured)] {
                    prop_assert_eq!(shown.is_none(), (1..5).contains(&truth));
                    prop_assert!(shown.is_none_or(|shown| shown.abs_diff(truth) <= 4));
                }
                // Four cells, one of them the rest, which may be coarse.
                prop_assert!(shown.households.is_none_or(|shown| shown.abs_diff(commune.households) <= 3 * 4 + 8));
            }
        }
    }
}

#[test]
fn the_first_day_is_exact_but_for_what_is_small() {
    let communes =
        vec![commune(1, [3, 10, 0], 20, 50, 30), commune(2, [8, 10, 12], 20, 60, 3), commune(3, [4, 10, 12], 3, 2, 60)];
    let closed = close(&[communes]);
    let expected = |households, poor, near_poor, newly_escaped, persons, insured_persons| Figures {
        households,
        poor,
        near_poor,
        newly_escaped,
        persons,
        insured_persons,
        ..Figures::default()
    };
    // The three poor are among the rest, which is 20 rather than 23.
    assert_eq!(closed[0][&1], expected(Some(30), None, Some(10), Some(0), Some(80), Some(50)));
    assert_eq!(closed[0][&2], expected(Some(50), Some(8), Some(10), Some(12), None, Some(60)));
    // Seven households are neither near poor nor newly escaped.
    assert_eq!(closed[0][&3], expected(Some(27), None, Some(10), Some(12), Some(60), None));
    // Of the poor the eight of one commune, and five of the seven that the others hide; three uninsured are too few.
    assert_eq!(closed[0][&DISTRICT], expected(Some(107), Some(13), Some(30), Some(24), Some(200), Some(110)));
}

#[test]
fn a_number_that_was_hidden_isnt_told_by_the_next_day() {
    let day = |poor| vec![commune(1, [poor, 10, 10], 50, 80, 0), commune(2, [20, 10, 10], 50, 90, 0)];
    let closed = close(&[day(3), day(8), day(2), day(11)]);
    let households = |day: usize, unit: i64| closed[day][&unit].households.unwrap();
    // 53 others and poor go on as 50: else the day on which eight poor are shown would tell the three of before.
    assert_eq!((closed[0][&1].poor, households(0, 1)), (None, 70));
    assert_eq!((closed[1][&1].poor, households(1, 1)), (Some(8), 78));
    assert_eq!((closed[2][&1].poor, households(2, 1)), (None, 70));
    assert_eq!((closed[3][&1].poor, households(3, 1)), (Some(8), 78));
    assert_eq!([0, 1, 2, 3].map(|day| households(day, DISTRICT) - households(day, 1)), [90; 4]);
}

/// The check itself sees what it is for.
#[test]
fn plain_suppression_would_not_be_safe() {
    let plain = |communes: &[Commune]| {
        let hide = |number: i64| (!(1..5).contains(&number)).then_some(number);
        let figures = |c: &Commune| Figures {
            households: Some(c.households),
            poor: hide(c.poor),
            near_poor: hide(c.near_poor),
            newly_escaped: hide(c.newly_escaped),
            persons: Some(c.persons),
            insured_persons: hide(c.insured),
            ..Figures::default()
        };
        communes.iter().map(|c| (c.id, figures(c))).chain([(DISTRICT, Figures::default())]).collect()
    };
    assert!(safe(&[plain(&[commune(1, [8, 10, 10], 3, 50, 50)])]).is_err(), "three of no class");
    assert!(safe(&[plain(&[commune(1, [8, 10, 10], 9, 50, 3)])]).is_err(), "three uninsured");
    let days = [8, 9].map(|poor| plain(&[commune(1, [poor, 10, 10], 9, 50, 50)]));
    assert!(safe(&days).is_err(), "one became poor");
}
