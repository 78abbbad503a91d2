use LoanChange::{Extension, Freeze, WriteOff};
use entity::{
    EnumSet,
    enums::{AreaKind, Basis, PovertyClass, SupportPurpose},
    ids::LoanProductId,
};
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn number(code: &str, value: &str, from: &str) -> loan_rule::Model {
    loan_rule::Model {
        id: 0,
        code: code.to_owned(),
        name: String::new(),
        value: value.to_owned(),
        basis: Basis::Stated,
        source: String::new(),
        effective_from: day(from),
        effective_to: None,
        version: 1,
        recorded_at: None,
        recorded_by: None,
    }
}

fn refused(code: &str, value: &str) -> Option<String> {
    check_rule(&number(code, value, "2026-01-01"), value.parse().unwrap()).err().and_then(|failure| failure.field)
}

#[test]
fn a_number_is_one_that_the_service_goes_by() {
    assert_eq!(refused("OVERDUE_RATE", "130"), None);
    assert_eq!(refused("OVERDUE_RATE", "127.5"), None);
    assert_eq!((refused("INTEREST_SUPPORT", "2.5"), refused("INTEREST_SUPPORT_ABOVE", "6")), (None, None));
    assert_eq!(refused("GROUP_MIN_MEMBERS", "5"), None);
    assert_eq!(refused("GROUP_MIN_MEMBER", "5").as_deref(), Some("input.code"));
    for (code, value) in [
        ("OVERDUE_RATE", "-130"),
        ("OVERDUE_RATE", "99"),
        ("OVERDUE_RATE", "1300"),
        ("OVERDUE_RATE", "130.0001"),
        ("INTEREST_SUPPORT", "-1"),
        ("INTEREST_SUPPORT_ABOVE", "101"),
        ("GROUP_MAX_MEMBERS", "0"),
        ("GROUP_MAX_MEMBERS", "5.5"),
    ] {
        assert_eq!(refused(code, value).as_deref(), Some("input.value"), "{code} {value}");
    }
    let known = [number("GROUP_MAX_MEMBERS", "60", "2013-03-05")];
    let least =
        |value: &str| members_agree(&number("GROUP_MIN_MEMBERS", value, "2026-01-01"), value.parse().unwrap(), &known);
    assert!(least("60").is_ok());
    assert!(least("61").unwrap_err().message.contains("60"));
    assert!(check_rate(Decimal::ZERO).is_ok() && check_rate(Decimal::new(7_488, 3)).is_ok());
    assert!(check_rate(Decimal::new(-1, 0)).is_err() && check_rate(Decimal::new(101, 0)).is_err());
}

#[test]
fn days_read_otherwise_to_the_later_end_of_both() {
    let row = |to: Option<&str>| loan_rule::Model {
        effective_to: to.map(day),
        ..number(INTEREST_SUPPORT, "2", "2022-01-01")
    };
    let last = |new, before: Option<Option<&str>>| last_changed(&row(new), before.map(row).as_ref());
    let (earlier, later) = (Some("2022-12-31"), Some("2023-12-31"));
    assert_eq!([last(earlier, None), last(None, None)], [earlier.map(day), None]);
    assert_eq!([last(earlier, Some(later)), last(later, Some(earlier))], [later.map(day), later.map(day)]);
    assert_eq!([last(None, Some(later)), last(later, Some(None))], [None, None]);
}

fn version(max_amount: i64) -> loan_product::Model {
    loan_product::Model {
        id: LoanProductId(1),
        code: "STUDENT".to_owned(),
        name: String::new(),
        max_amount,
        max_term_months: 132,
        grace_months: 12,
        annual_rate: "6.6".to_owned(),
        eligible_classes: EnumSet::from([PovertyClass::Poor]),
        eligible_categories: EnumSet::new(),
        eligible_area: None,
        purpose: SupportPurpose::Study,
        basis: Basis::Unknown,
        source: String::new(),
        effective_from: day("2022-05-19"),
        effective_to: None,
        version: 1,
        recorded_at: None,
        recorded_by: None,
    }
}

#[test]
fn a_version_goes_on_allowing_what_was_asked_for_under_it() {
    let lent = Lent { first: day("2023-01-05"), last: day("2026-11-20"), principal: 150, months: 60, grace: 6 };
    let before = version(240);
    let field =
        |new: &loan_product::Model| check_lent(&before, new, Some(lent)).err().and_then(|failure| failure.field);
    assert_eq!(field(&version(150)), None, "the largest loan still fits");
    assert_eq!(field(&version(149)).as_deref(), Some("input.maxAmount"));
    assert_eq!(field(&version(1_000)), None);
    let shorter = |months| loan_product::Model { max_term_months: months, ..version(240) };
    assert_eq!((field(&shorter(60)), field(&shorter(59)).as_deref()), (None, Some("input.maxTermMonths")));
    let stricter = |months| loan_product::Model { grace_months: months, ..version(240) };
    assert_eq!((field(&stricter(6)), field(&stricter(5)).as_deref()), (None, Some("input.graceMonths")));
    let wider = loan_product::Model { eligible_classes: EnumSet::new(), ..version(240) };
    assert_eq!(field(&wider).as_deref(), Some("input.eligibleClasses"));
    let urban = loan_product::Model { eligible_area: Some(AreaKind::Urban), ..version(240) };
    assert_eq!(field(&urban).as_deref(), Some("input.eligibleArea"));
    let until = |to: &str| loan_product::Model { effective_to: Some(day(to)), ..version(240) };
    assert_eq!(
        (field(&until("2026-11-20")), field(&until("2026-11-19")).as_deref()),
        (None, Some("input.effectiveTo"))
    );
    assert!(check_lent(&before, &loan_product::Model { purpose: SupportPurpose::Housing, ..version(1) }, None).is_ok());
}

#[test]
fn sums_and_terms_are_possible_ones() {
    assert!(check_product(&version(240_000_000)).is_ok());
    for wrong in [version(0), version(-1), version(i64::MAX), loan_product::Model { max_term_months: 0, ..version(1) }]
    {
        assert!(check_product(&wrong).is_err(), "{wrong:?}");
    }
    for wrong in [-1, 132, i32::MAX] {
        let refused = check_product(&loan_product::Model { grace_months: wrong, ..version(1) }).unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("input.graceMonths"));
        assert!(refused.message.contains("131"), "{}", refused.message);
    }
    let backwards = loan_product::Model { effective_to: Some(day("2022-05-18")), ..version(1) };
    assert_eq!(check_product(&backwards).unwrap_err().field.as_deref(), Some("input.effectiveTo"));
}

fn band(code: &str, change: LoanChange, damage: (i32, Option<i32>), term: (i32, Option<i32>)) -> risk_debt_rule::Model {
    risk_debt_rule::Model {
        id: 0,
        code: code.to_owned(),
        change,
        damage_from: damage.0,
        damage_below: damage.1,
        term_from: term.0,
        term_to: term.1,
        max_months: Some(36),
        max_term_percent: None,
        basis: Basis::Unknown,
        source: String::new(),
        effective_from: day("2026-01-01"),
        effective_to: None,
        version: 1,
        recorded_at: None,
        recorded_by: None,
    }
}

#[test]
fn a_band_is_one_that_can_be_gone_by() {
    let field = |band: risk_debt_rule::Model| check_band(&band).err().and_then(|failure| failure.field);
    assert_eq!(field(band("A", Freeze, (40, Some(80)), (1, None))), None);
    assert_eq!(field(band("A", WriteOff, (40, Some(80)), (1, None))).as_deref(), Some("input.change"));
    assert_eq!(field(band("A", Freeze, (-1, None), (1, None))).as_deref(), Some("input.damageFrom"));
    assert_eq!(field(band("A", Freeze, (40, Some(40)), (1, None))).as_deref(), Some("input.damageBelow"));
    assert_eq!(field(band("A", Freeze, (40, Some(101)), (1, None))).as_deref(), Some("input.damageBelow"));
    assert_eq!(field(band("A", Freeze, (40, None), (0, None))).as_deref(), Some("input.termFrom"));
    assert_eq!(field(band("A", Freeze, (40, None), (13, Some(12)))).as_deref(), Some("input.termTo"));
    let endless = risk_debt_rule::Model { max_months: None, ..band("A", Freeze, (40, None), (1, None)) };
    assert_eq!(field(endless).as_deref(), Some("input.maxMonths"));
}

proptest! {
    /// Whatever bands are recorded one after the other, a loss of a loan never lies in two.
    #[test]
    fn a_loss_lies_in_one_band(
        bands in prop::collection::vec((0..99_i32, prop::option::of(1..101_i32), 1..40_i32, prop::option::of(1..40_i32)), 0..10),
        damage in 0..=10_000_i64, term in 1..60_i32,
    ) {
        let mut known: Vec<risk_debt_rule::Model> = Vec::new();
        for (index, (from, below, term_from, term_to)) in bands.into_iter().enumerate() {
            let change = if index % 2 == 0 { Extension } else { Freeze };
            let new = band(&index.to_string(), change, (from, below), (term_from, term_to));
            if check_band(&new).is_ok() && alone(&new, &known).is_ok() {
                known.push(new);
            }
        }
        let damage = Decimal::new(damage, 2);
        let of = known.iter().filter(|rule| {
            Decimal::from(rule.damage_from) <= damage && rule.damage_below.is_none_or(|below| damage < Decimal::from(below))
                && rule.term_from <= term && rule.term_to.is_none_or(|to| term <= to)
        });
        prop_assert!(of.count() <= 1);
    }
}
