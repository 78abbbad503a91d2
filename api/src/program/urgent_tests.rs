use entity::enums::Basis;

use super::{
    super::assistance_example::{day, level},
    *,
};
use crate::schema::scalars::{Date, Vnd};

fn item(program: &str, kind: Option<Kind>, on: Option<&str>, person: bool) -> BenefitInput {
    BenefitInput {
        program_code: program.to_owned(),
        household_id: "h".into(),
        person_id: person.then(|| "p".into()),
        amount: Vnd(1),
        recurrence: Recurrence::Once,
        starts_on: None,
        ends_on: None,
        funding: Vec::new(),
        event_kind: kind,
        event_on: on.map(|on| Date(day(on))),
        note: None,
        asks_override: None,
    }
}

fn field<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().field.unwrap()
}

#[test]
fn an_event_is_the_programs_and_of_no_other() {
    let asked = |item: &BenefitInput| event(item, day("2026-11-23"));
    let house = Some(Kind::HouseDestroyed);
    assert_eq!(asked(&item("HOUSING_MERIT", None, None, false)).unwrap(), None);
    assert_eq!(field(asked(&item("HOUSING_MERIT", house, None, false))), "eventKind");
    assert_eq!(field(asked(&item("SOCIAL_ASSISTANCE", None, Some("2026-11-01"), true))), "eventOn");
    assert_eq!(field(asked(&item(PROGRAM, None, Some("2026-11-01"), false))), "eventKind");
    assert_eq!(field(asked(&item(PROGRAM, house, None, false))), "eventOn");
    for (on, taken) in [("2021-06-30", false), ("2021-07-01", true), ("2026-11-23", true), ("2026-11-24", false)] {
        assert_eq!(asked(&item(PROGRAM, house, Some(on), false)).is_ok(), taken, "{on}");
    }
    let monthly = BenefitInput { recurrence: Recurrence::Monthly, ..item(PROGRAM, house, Some("2026-11-01"), false) };
    assert_eq!(field(asked(&monthly)), "recurrence");
}

#[test]
fn what_befalls_a_person_is_of_one_and_what_befalls_a_house_of_all() {
    for kind in Kind::ALL {
        let of_person = matches!(kind, Kind::Death | Kind::SeriousInjury | Kind::Funeral);
        for person in [false, true] {
            let taken = event(&item(PROGRAM, Some(*kind), Some("2026-11-01"), person), day("2026-11-23"));
            assert_eq!(taken.is_ok(), person == of_person, "{kind:?} {person}");
        }
    }
}

#[test]
fn a_death_is_of_its_day_and_a_funeral_not_before_it() {
    let stage = Stage::Proposal { asks: false };
    let born = Some(day("2022-05-05"));
    let check =
        |kind, on: &str, died: Option<&str>| check_life(Event { kind, on: day(on) }, (born, died.map(day)), stage);
    assert!(check(Kind::Death, "2026-11-01", Some("2026-11-01")).is_ok());
    assert_eq!(field(check(Kind::Death, "2026-11-02", Some("2026-11-01"))), "eventOn");
    assert!(check(Kind::Funeral, "2026-11-03", Some("2026-11-01")).is_ok());
    assert_eq!(field(check(Kind::Funeral, "2026-10-31", Some("2026-11-01"))), "eventOn");
    assert_eq!(field(check(Kind::Death, "2026-11-01", None)), "personId");
    for (on, died, taken) in [
        ("2022-05-04", None, false),
        ("2022-05-05", None, true),
        ("2026-11-01", Some("2026-11-01"), true),
        ("2026-11-02", Some("2026-11-01"), false),
    ] {
        let injury = check(Kind::SeriousInjury, on, died);
        assert_eq!(injury.is_ok(), taken, "{on} {died:?}");
        if let Err(refused) = injury {
            assert!(refused.message.contains(on) && refused.field.as_deref() == Some("eventOn"), "{}", refused.message);
        }
    }
}

fn given() -> Given {
    let rule = |kind: Kind, coefficient: Option<&str>, amount, from: &str, to: Option<&str>| urgent_help_rule::Model {
        id: 0,
        code: kind.as_str().to_owned(),
        coefficient: coefficient.map(str::to_owned),
        amount,
        basis: Basis::Unknown,
        source: "K".to_owned(),
        effective_from: day(from),
        effective_to: to.map(day),
        version: 1,
        recorded_at: None,
        recorded_by: None,
    };
    Given {
        levels: Rates {
            levels: vec![level(360_000, "2021-07-01"), level(500_000, "2024-07-01")],
            coefficients: Vec::new(),
        },
        rules: vec![
            rule(Kind::Death, Some("50"), None, "2021-07-01", None),
            rule(Kind::HouseDamaged, None, Some(20_000_000), "2021-07-01", Some("2025-12-31")),
            rule(Kind::HouseDamaged, None, Some(30_000_000), "2026-02-01", None),
        ],
    }
}

#[test]
fn the_amount_is_that_of_the_events_day() {
    let stage = Stage::Proposal { asks: false };
    let check = |kind, on: &str, amount| given().check(amount, Event { kind, on: day(on) }, stage);
    for (kind, on, sum) in [
        (Kind::Death, "2024-06-30", 18_000_000),
        (Kind::Death, "2024-07-01", 25_000_000),
        (Kind::HouseDamaged, "2025-12-31", 20_000_000),
        (Kind::HouseDamaged, "2026-02-01", 30_000_000),
    ] {
        assert!(check(kind, on, sum).is_ok(), "{kind:?} of {on}");
        for wrong in [sum - 1, sum + 1, 0, i64::MAX] {
            let refused = check(kind, on, wrong).unwrap_err();
            assert_eq!(refused.field.as_deref(), Some("amount"));
            assert!(refused.message.contains(&sum.to_string()) && refused.message.contains(on), "{}", refused.message);
        }
    }
    for (kind, on) in [(Kind::HouseDamaged, "2026-01-15"), (Kind::Funeral, "2026-01-15"), (Kind::Death, "2021-06-30")] {
        assert_eq!(field(check(kind, on, 1)), "eventOn", "nothing is in force");
    }
}
