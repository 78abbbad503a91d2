//! Figures that contradict each other, days that meet, and what stands once a review was taken.

use entity::{enums::Basis, ids::PovertyStandardId};
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Decree 07/2021/NĐ-CP.
fn standard() -> Model {
    Model {
        id: PovertyStandardId(1),
        code: "A".to_owned(),
        decree: "07/2021/NĐ-CP".to_owned(),
        rural_line: 1_500_000,
        urban_line: 2_000_000,
        rural_average_line: Some(2_250_000),
        urban_average_line: Some(3_000_000),
        deprivations_for_poor: 3,
        effective_from: day("2022-01-01"),
        effective_to: Some(day("2026-12-31")),
        basis: Basis::Stated,
        source: "art. 3".to_owned(),
        rural_score_line: Some(140),
        urban_score_line: Some(175),
        points_a_deprivation: Some(10),
        score_for_poor: Some(30),
        score_basis: Basis::Stated,
        score_source: None,
        version: 1,
        recorded_at: None,
        recorded_by: None,
    }
}

fn with(change: impl FnOnce(&mut Model)) -> Model {
    let mut standard = standard();
    change(&mut standard);
    standard
}

fn field(result: Result<()>) -> String {
    result.err().and_then(|failure| failure.field).unwrap_or_default()
}

#[test]
fn figures_that_contradict_each_other_are_refused_by_field() {
    assert!(check_figures(&standard()).is_ok());
    assert!(check_figures(&with(|new| new.effective_to = None)).is_ok());
    let cases: Vec<(Model, &str)> = vec![
        (with(|new| new.effective_to = Some(day("2021-12-31"))), "input.effectiveTo"),
        (with(|new| new.rural_line = 0), "input.ruralLine"),
        (with(|new| new.urban_line = MOST + 1), "input.urbanLine"),
        (with(|new| new.rural_average_line = Some(1_500_000)), "input.ruralAverageLine"),
        (with(|new| new.urban_average_line = Some(MOST + 1)), "input.urbanAverageLine"),
        (with(|new| new.deprivations_for_poor = 0), "input.deprivationsForPoor"),
        (with(|new| new.deprivations_for_poor = 13), "input.deprivationsForPoor"),
        (with(|new| new.deprivations_for_poor = 4), "input.scores.forPoor"),
        (with(|new| new.points_a_deprivation = Some(0)), "input.scores.pointsADeprivation"),
        (with(|new| new.urban_score_line = Some(-1)), "input.scores.urbanLine"),
    ];
    for (new, expected) in cases {
        assert_eq!(field(check_figures(&new)), expected);
    }
}

#[test]
fn one_standard_applies_on_a_day() {
    let other = |from: &str, to: Option<&str>| {
        with(|new| {
            new.code = "B".to_owned();
            (new.effective_from, new.effective_to) = (day(from), to.map(day));
        })
    };
    for (from, to, expected) in [
        ("2027-01-01", None, ""),
        ("2021-01-01", Some("2021-12-31"), ""),
        ("2026-12-31", None, "input.effectiveTo"),
        ("2021-01-01", Some("2022-01-01"), "input.effectiveFrom"),
        ("2021-01-01", None, "input.effectiveFrom"),
        ("2023-01-01", Some("2023-01-01"), "input.effectiveTo"),
    ] {
        assert_eq!(field(check_apart(&standard(), &[standard(), other(from, to)])), expected, "{from}");
    }
}

#[test]
fn a_review_fixes_the_figures_and_holds_the_days() {
    let reviewed = Some((day("2022-03-15"), day("2025-11-01")));
    let check = |new: &Model| field(check_reviewed(&standard(), new, reviewed));
    assert_eq!(check(&with(|new| new.rural_line = 1_600_000)), "input.ruralLine");
    assert_eq!(check(&with(|new| new.urban_average_line = None)), "input.urbanAverageLine");
    assert_eq!(check(&with(|new| new.score_for_poor = None)), "input.scores.forPoor");
    assert_eq!(check(&with(|new| new.effective_from = day("2022-03-16"))), "input.effectiveFrom");
    assert_eq!(check(&with(|new| new.effective_to = Some(day("2025-10-31")))), "input.effectiveTo");
    assert_eq!(check(&with(|new| new.effective_to = Some(day("2025-11-01")))), "");
    assert_eq!(check(&with(|new| new.effective_to = None)), "", "prolonged, as Decree 351/2025 did");
    assert_eq!(check(&with(|new| (new.basis, new.source) = (Basis::Inferred, "báo".to_owned()))), "");
    assert!(check_reviewed(&standard(), &with(|new| new.rural_line = 1), None).is_ok(), "nobody was reviewed by it");
}

proptest! {
    /// Under a standard with reviews, whatever is let through leaves every figure that a class follows from.
    #[test]
    fn no_old_class_could_come_out_otherwise(
        rural in 1..4_000_000_i64, average in prop::option::of(1..4_000_000_i64), needed in 1..=12_i32, from in 0..800_u64, same in any::<bool>(),
    ) {
        let new = with(|new| {
            if !same {
                (new.rural_line, new.rural_average_line, new.deprivations_for_poor) = (rural, average, needed);
            }
            new.effective_from = day("2021-06-01") + chrono::Days::new(from);
        });
        let reviewed = (day("2022-03-15"), day("2025-11-01"));
        if check_reviewed(&standard(), &new, Some(reviewed)).is_ok() {
            prop_assert_eq!(figures(&new), figures(&standard()));
            prop_assert!(new.effective_from <= reviewed.0);
        }
    }
}
