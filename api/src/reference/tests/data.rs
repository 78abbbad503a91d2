//! The data against the figures of the plan, the administrative gazette and the law.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use entity::enums::{AdminLevel, AreaKind, Basis, FundingSource};
use rust_decimal::Decimal;

use super::{
    super::{
        Reference,
        loan_product::Product,
        report::obligations,
        unit::{Unit, areas_of, districts_on},
    },
    day,
};

fn reference() -> Reference {
    Reference::read().unwrap()
}

fn in_force(units: &[Unit], level: AdminLevel, on: &str) -> usize {
    units.iter().filter(|unit| unit.unit_type.level() == level && unit.in_force(day(on))).count()
}

#[test]
fn units_of_each_generation_are_as_many_as_the_law_made() {
    let units = reference().units;
    for (on, districts, communes) in [
        ("2022-04-07", 9, 157),
        ("2022-12-31", 9, 157),
        ("2023-04-10", 9, 157),
        ("2024-11-30", 9, 157),
        ("2024-12-01", 9, 148),
        ("2024-12-31", 9, 148),
        ("2025-06-30", 9, 148),
        ("2025-07-01", 0, 48),
    ] {
        let found =
            [AdminLevel::Province, AdminLevel::District, AdminLevel::Commune].map(|level| in_force(&units, level, on));
        assert_eq!(found, [1, districts, communes], "{on}");
    }
}

#[test]
fn wards_and_townships_are_urban() {
    let units = reference().units;
    let urban = |on: &str| {
        let of_day = units.iter().filter(|unit| unit.in_force(day(on)));
        of_day.filter(|unit| unit.unit_type.area_kind() == Some(AreaKind::Urban)).count()
    };
    assert_eq!(urban("2022-12-31"), 8 + 7);
    assert_eq!(urban("2023-04-10"), 8 + 10, "three communes became townships");
    assert_eq!(urban("2025-07-01"), 5, "no townships any more");
}

#[test]
fn the_land_of_every_commune_is_urban_or_rural_on_every_day() {
    let units = reference().units;
    let of = |code: &str, from: Option<NaiveDate>| {
        let unit = units.iter().find(|unit| unit.code == code && unit.from == from).unwrap();
        let areas = areas_of(unit, &units).into_iter();
        areas.map(|area| format!("{} {} {}", area.kind.as_str(), area.from, area.to)).collect::<Vec<_>>()
    };
    assert_eq!(of("28757", None), ["URBAN 0001-01-01 9999-12-31"], "a ward that went into a ward");
    assert_eq!(of("28801", None), ["URBAN 0001-01-01 2025-06-30", "RURAL 2025-07-01 9999-12-31"], "a township");
    assert_eq!(of("28786", None), ["RURAL 0001-01-01 2025-06-30", "URBAN 2025-07-01 9999-12-31"], "into a ward");
    let raised = units.iter().find(|unit| unit.from == Some(day("2023-04-10"))).unwrap();
    let before = units.iter().find(|unit| unit.successors.contains(&raised.key())).unwrap();
    assert_eq!(
        of(&before.code, None),
        ["RURAL 0001-01-01 2023-04-09", "URBAN 2023-04-10 2025-06-30", "RURAL 2025-07-01 9999-12-31"]
    );
    let mut changed = 0;
    for unit in units.iter().filter(|unit| unit.unit_type.level() == AdminLevel::Commune) {
        let areas = areas_of(unit, &units);
        assert_eq!(areas.last().unwrap().to, day("9999-12-31"), "{} ends nowhere", unit.key());
        for pair in areas.windows(2) {
            assert_eq!(pair[0].to.succ_opt(), Some(pair[1].from), "{} has a gap", unit.key());
        }
        let then = areas.iter().find(|area| area.from <= day("2027-01-01") && day("2027-01-01") <= area.to).unwrap();
        changed += usize::from(unit.from.is_none() && Some(then.kind) != unit.unit_type.area_kind());
    }
    assert_eq!(changed, 18, "7 townships, and communes that became parts of wards");
}

#[test]
fn a_code_names_one_unit_a_day() {
    let units = reference().units;
    let mut by_code = BTreeMap::<_, Vec<_>>::new();
    for unit in &units {
        by_code.entry(&unit.code).or_default().push((unit.from, unit.to));
    }
    for (code, mut lives) in by_code {
        lives.sort();
        for pair in lives.windows(2) {
            assert!(pair[0].1.unwrap() < pair[1].0.unwrap(), "{code} names two units on one day");
        }
    }
    let of_code = |on: &str| {
        units.iter().find(|unit| unit.code == "28858" && unit.in_force(day(on))).map(|unit| unit.name.as_str())
    };
    assert_eq!(of_code("2022-12-31"), Some("Xã Hữu Định"));
    assert_eq!(of_code("2025-07-01"), Some("Phường Phú Tân"));
}

#[test]
fn parents_are_one_level_up_and_live_as_long() {
    let units = reference().units;
    let by_key: BTreeMap<_, _> = units.iter().map(|unit| (unit.key(), unit)).collect();
    assert_eq!(by_key.len(), units.len(), "keys are unique");
    for unit in &units {
        let Some(parent) = &unit.parent else {
            assert_eq!(unit.unit_type.level(), AdminLevel::Province, "{}", unit.name);
            continue;
        };
        let parent = by_key[parent];
        let above = match unit.unit_type.level() {
            AdminLevel::Commune if unit.from < Some(day("2025-07-01")) => AdminLevel::District,
            _ => AdminLevel::Province,
        };
        assert_eq!(parent.unit_type.level(), above, "{}", unit.name);
        let ends_after = parent.to.is_none_or(|end| unit.to.is_some_and(|to| to <= end));
        assert!(parent.from <= unit.from && ends_after, "{}", unit.name);
    }
}

#[test]
fn every_unit_that_ended_has_a_successor_of_today_except_districts() {
    let units = reference().units;
    let by_key: BTreeMap<_, _> = units.iter().map(|unit| (unit.key(), unit)).collect();
    for unit in &units {
        let Some(to) = unit.to else {
            assert!(unit.successors.is_empty(), "{}", unit.name);
            continue;
        };
        let successors: Vec<_> = unit.successors.iter().map(|key| by_key[key]).collect();
        assert!(successors.is_sorted_by(|a, b| a.to.unwrap() < b.from.unwrap()), "{}: newest law last", unit.name);
        match successors[..] {
            [] => assert_eq!(unit.unit_type.level(), AdminLevel::District, "{}", unit.name),
            [first, .., last] | [first @ last] => {
                assert!(first.in_force(to.succ_opt().unwrap()), "{} is taken over the day after", unit.name);
                assert_eq!(last.to, None, "{} leads to a unit of today", unit.name);
            }
        }
    }
    let taken_over: BTreeSet<_> = units.iter().flat_map(|unit| &unit.successors).collect();
    let grown: Vec<_> = units.iter().filter(|unit| unit.from.is_some() && !taken_over.contains(&unit.key())).collect();
    assert!(grown.is_empty(), "each later unit was made of earlier ones");
}

#[test]
fn records_are_as_many_as_the_plan_has() {
    let reference = reference();
    assert_eq!(reference.agencies.len(), 29);
    let (of_the_plan, beside): (Vec<_>, Vec<_>) =
        reference.programs.iter().partition(|program| program.annex_item.is_some());
    assert_eq!((of_the_plan.len(), beside.len()), (10, 2));
    assert!(beside.iter().all(|program| program.lines.is_empty() && program.planned_amount() == 0));
    assert_eq!(reference.programs.iter().map(|program| program.lines.len()).sum::<usize>(), 24);
    assert_eq!(reference.indicators.len(), 48);
    assert_eq!(reference.tasks.len(), 14);
    assert_eq!(reference.discrepancies.len(), 35);
    assert_eq!(reference.products.len(), 9);
    let known = |code: &String| reference.products.iter().any(|product| product.code == *code);
    assert!(reference.credit.ceilings.iter().all(|ceiling| ceiling.products.iter().all(known)));
    let decimal = |value: &str| value.parse::<Decimal>().is_ok_and(|number| number.normalize().to_string() == value);
    assert!(reference.credit.rules.iter().all(|rule| decimal(&rule.value)));
    let basis = |basis| reference.agencies.iter().filter(|agency| agency.name_basis == basis).count();
    assert_eq!([Basis::Stated, Basis::Inferred, Basis::Unknown].map(basis), [21, 7, 1]);
}

#[test]
fn stated_and_computed_totals_differ_as_the_plan_differs() {
    let reference = reference();
    let mut lines = BTreeMap::<&str, i64>::new();
    for line in reference.programs.iter().flat_map(|program| &program.lines) {
        *lines.entry(line.source.as_str()).or_default() += line.amount;
    }
    let stated: BTreeMap<_, _> = reference.plan.stated.iter().map(|one| (one.source.as_str(), one.amount)).collect();
    for (source, stated_there, of_lines) in [
        (FundingSource::CentralBudget, 77_550_000_000, 77_550_000_000),
        (FundingSource::VbspCredit, 745_000_000_000, 741_250_000_000),
        (FundingSource::VbspEntrustedLocal, 25_000_000_000, 25_000_000_000),
        (FundingSource::ProvincialBudget, 17_350_000_000, 17_350_000_000),
        (FundingSource::SocialMobilization, 155_090_000_000, 155_090_000_000),
        (FundingSource::Household, 21_510_000_000, 16_510_000_000),
    ] {
        assert_eq!((stated[source.as_str()], lines[source.as_str()]), (stated_there, of_lines), "{source:?}");
    }
    assert_eq!(reference.plan.stated_total, 1_016_500_000_000);
    assert_eq!(lines.values().sum::<i64>(), 1_032_750_000_000);
}

#[test]
fn amounts_are_kept_as_stated_beside_what_they_compute_to() {
    let programs = reference().programs;
    let planned: BTreeMap<_, _> = programs.iter().map(|one| (one.code.as_str(), one.planned_amount())).collect();
    assert_eq!(planned["HI_NEAR_POOR"], 47_510_000_000, "stated, ten million over its lines");
    assert_eq!(planned["CREDIT_PRODUCTION"], 550_000_000_000, "the sum of its lines");
    let lines: BTreeMap<_, _> = programs.iter().flat_map(|one| &one.lines).map(|line| (&*line.code, line)).collect();
    assert_eq!((lines["VIII.2"].amount, lines["VIII.2"].computed()), (2_750_000_000, 27_500_000_000));
    assert_eq!(lines["III.2.1"].computed(), 33_253_635_240);
    assert_eq!(lines["IX.1"].computed(), 100_000_000, "no quantity: the amount");
}

#[test]
fn every_agency_named_is_one_of_the_29() {
    let reference = reference();
    let known: BTreeSet<_> = reference.agencies.iter().map(|agency| &agency.code).collect();
    assert_eq!(known.len(), 29);
    let programs = reference.programs.iter().flat_map(|one| one.leads.iter().chain(&one.coordinating));
    let indicators = reference.indicators.iter().flat_map(|one| &one.leads);
    let tasks = reference.tasks.iter().flat_map(|one| one.leads.iter().chain(&one.coordinating));
    let reports = reference.reports.iter().flat_map(|one| one.reporters.iter().chain(&one.district_reporter));
    for code in programs.chain(indicators).chain(tasks).chain(reports) {
        assert!(known.contains(code), "{code}");
    }
    assert!(reference.programs.iter().all(|program| !program.leads.is_empty()));
    assert!(reference.indicators.iter().all(|indicator| !indicator.leads.is_empty()));
    assert!(reference.tasks.iter().all(|task| !task.leads.is_empty()));
}

#[test]
fn each_district_owes_its_own_report() {
    let reference = reference();
    let districts = districts_on(&reference.units, reference.plan.issued_on);
    let obligations = obligations(&reference.reports, &districts);
    assert_eq!(obligations.len(), 7 * (2 + 9) + 3);
    let second: Vec<_> = obligations.iter().filter(|one| one.report.code == "Q2").collect();
    assert_eq!(second.iter().filter(|one| one.reporter == "DPC").count(), 9);
    assert_eq!(second.iter().filter_map(|one| one.unit).collect::<BTreeSet<_>>().len(), 9);
    let due: Vec<_> = obligations.iter().filter_map(|one| one.report.due_before).collect();
    assert!(due.is_sorted(), "in the order in which they fall due");
}

#[test]
fn targets_are_canonical_decimals() {
    let targets: Vec<_> = reference().indicators.into_iter().filter_map(|indicator| indicator.target).collect();
    assert_eq!(targets.len(), 47, "one indicator has no figure");
    for target in targets {
        assert_eq!(target.parse::<Decimal>().unwrap().normalize().to_string(), target);
    }
}

fn rate(products: &[Product], code: &str, on: &str) -> Decimal {
    let product = products.iter().find(|product| product.code == code).unwrap();
    product.rate_on(day(on)).unwrap().annual_rate.parse().unwrap()
}

#[test]
fn rates_follow_the_poor_rate_through_the_cut() {
    let products = reference().products;
    for (on, poor) in [("2022-12-31", "6.6"), ("2025-11-30", "6.6"), ("2025-12-01", "6.24")] {
        let poor: Decimal = poor.parse().unwrap();
        let rate = |code| rate(&products, code, on);
        assert_eq!(rate("POOR"), poor);
        assert_eq!(rate("NEAR_POOR"), poor * Decimal::new(12, 1), "120%");
        assert_eq!(rate("NEWLY_ESCAPED"), poor * Decimal::new(125, 2), "125%");
        assert_eq!(rate("STUDENT"), poor);
    }
    assert_eq!(rate(&products, "WATER_SANITATION", "2022-12-31"), Decimal::from(9));
    assert_eq!(rate(&products, "WATER_SANITATION", "2025-12-01"), Decimal::new(84, 1));
    for product in &products {
        assert!(product.rates.is_sorted_by(|a, b| a.from < b.from), "{}", product.code);
        assert!(product.terms.is_sorted_by(|a, b| a.from < b.from), "{}", product.code);
        assert!(product.rates[0].from <= product.terms[0].from, "{}", product.code);
    }
}

#[test]
fn poverty_standards_follow_each_other_without_a_gap() {
    let standards = reference().standards;
    assert_eq!(standards[0].effective_from, day("2022-01-01"));
    for pair in standards.windows(2) {
        assert_eq!(pair[0].effective_to.succ_opt(), Some(pair[1].effective_from));
    }
    assert_eq!((standards[0].rural_line, standards[0].urban_line), (1_500_000, 2_000_000));
    assert_eq!((standards[1].rural_line, standards[1].urban_line), (2_200_000, 2_800_000));
    let scores = standards[0].scores.as_ref().unwrap();
    let limits = [scores.rural_line, scores.urban_line, scores.points_a_deprivation, scores.for_poor];
    assert_eq!((limits, scores.basis), ([140, 175, 10, 30], Basis::Stated));
    assert!(standards[1].scores.is_none(), "the form of 2027 isn't known");
}

/// Whatever was lost and whatever the term, exactly one rule says what may be done.
#[test]
fn the_bands_of_risk_debt_leave_no_gap_and_no_overlap() {
    let rules = reference().credit.risk_debt;
    for (damage, term) in (0..=100).flat_map(|damage| [1, 12, 13, 120].map(|term| (damage, term))) {
        let fits = rules.iter().filter(|rule| {
            rule.damage_from <= damage
                && rule.damage_below.is_none_or(|below| damage < below)
                && rule.term_from <= term
                && rule.term_to.is_none_or(|to| term <= to)
        });
        assert_eq!(fits.count(), 1, "{damage}% of {term} months");
    }
}

#[test]
fn every_program_says_whom_it_is_for() {
    use crate::program::audience::AUDIENCES;
    let programs: BTreeSet<_> = reference().programs.into_iter().map(|program| program.code).collect();
    assert_eq!(AUDIENCES.iter().map(|(code, _)| (*code).to_owned()).collect::<BTreeSet<_>>(), programs);
}

#[test]
fn limits_of_cards_follow_from_the_base_pay() {
    let limits = reference().limits;
    let of = |program: &str, rule: &str| {
        let of = limits.iter().filter(|limit| limit.program == program && limit.rule == rule);
        of.map(|limit| (limit.from, limit.max_amount)).collect::<Vec<_>>()
    };
    for ((from, base), index) in
        [("2022-01-01", 1_490_000), ("2023-07-01", 1_800_000), ("2024-07-01", 2_340_000)].into_iter().zip(0..)
    {
        // 4.5% of twelve months.
        let premium = base * 12 * 45 / 1_000;
        for (program, rule, percent) in [
            ("HI_NEAR_POOR", "PREMIUM", 100),
            ("HI_NEAR_POOR", "CENTRAL", 70),
            ("HI_NEAR_POOR", "PROVINCIAL", 30),
            ("HI_ELDERLY", "PREMIUM", 100),
        ] {
            assert_eq!(of(program, rule)[index], (day(from), premium * percent / 100), "{program} {rule}");
        }
    }
    let programs: BTreeSet<_> = reference().programs.into_iter().map(|program| program.code).collect();
    assert!(limits.iter().all(|limit| programs.contains(&limit.program)));
}

#[test]
fn every_ground_of_assistance_has_a_coefficient_and_what_is_unchecked_says_so() {
    use entity::enums::AssistanceGround;
    let assistance = reference().assistance;
    let codes: BTreeSet<_> = assistance.coefficients.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(codes, AssistanceGround::NAMES.iter().copied().collect());
    for row in &assistance.coefficients {
        assert_eq!(row.coefficient.parse::<Decimal>().unwrap().normalize().to_string(), row.coefficient, "canonical");
        assert_eq!(row.basis == Basis::Unknown, row.source.contains("K+"), "{}", row.source);
        assert!(!row.source.contains(['|', '#']), "parts of rows are told apart by these");
    }
    let levels: Vec<_> = assistance.levels.iter().map(|level| (level.from, level.amount)).collect();
    assert_eq!(levels[1..], [(day("2021-07-01"), 360_000), (day("2024-07-01"), 500_000)]);
    assert!(assistance.levels.iter().all(|level| !level.source.contains(['|', '#'])));
}

#[test]
fn every_kind_of_urgent_help_gives_something_and_nobody_has_checked_what() {
    use entity::enums::UrgentHelpKind;
    let rules = reference().assistance.urgent;
    let codes: Vec<_> = rules.iter().map(|rule| rule.code.as_str()).collect();
    assert_eq!(codes, UrgentHelpKind::NAMES);
    let gives: Vec<_> = rules.iter().map(|rule| (rule.coefficient.as_deref(), rule.amount)).collect();
    let times = [(Some("50"), None), (Some("10"), None), (Some("20"), None)];
    let sums = [(None, Some(40_000_000)), (None, Some(30_000_000)), (None, Some(20_000_000))];
    assert_eq!(gives, [times, sums].concat());
    for rule in rules {
        assert!(rule.basis == Basis::Unknown && rule.source.ends_with("; K"), "{}", rule.source);
        assert_eq!((rule.from, rule.to), (day("2021-07-01"), None));
    }
}
