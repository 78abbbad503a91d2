use SupportPurpose::{Housing, OverseasWork, WaterSanitation};

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn once(on: &str) -> Period {
    Period { recurrence: Recurrence::Once, from: day(on), to: None }
}

fn paid(kind: Kind, program: Option<i64>, purpose: SupportPurpose, period: Period) -> Held {
    let (place, code) = (Place::Stored(7), "CODE".to_owned());
    let program = program.map(ProgramId);
    Held {
        kind,
        place,
        code,
        program,
        purpose,
        person: None,
        period,
        event: None,
        granted: true,
        shares: Vec::new(),
        spent: false,
    }
}

fn wanted(kind: Kind, program: Option<i64>, purpose: SupportPurpose, period: Period) -> Wanted {
    Wanted { kind, program: program.map(ProgramId), purpose, person: None, period, event: None }
}

fn found(program: i64, purpose: SupportPurpose, on: &str, held: &Held) -> Option<Rule> {
    let wanted = wanted(Kind::Benefit, Some(program), purpose, once(on));
    collision(wanted, [held].into_iter()).map(|(rule, _)| rule)
}

#[test]
fn nobody_gets_a_second_house_in_any_year() {
    let house = paid(Kind::Benefit, Some(1), Housing, once("2022-05-01"));
    assert_eq!(found(1, Housing, "2026-05-01", &house), Some(Rule::SecondHouse), "of the same program");
    assert_eq!(found(2, Housing, "2026-05-01", &house), Some(Rule::SecondHouse));
    let loan = paid(Kind::Loan, Some(2), Housing, once("2020-05-01"));
    assert_eq!(found(2, Housing, "2026-05-01", &loan), None, "a poor house is lent for and given to together");
    assert_eq!(found(1, Housing, "2026-05-01", &loan), Some(Rule::SecondHouse));
    let banks_own = paid(Kind::Loan, None, Housing, once("2020-05-01"));
    assert_eq!(found(2, Housing, "2026-05-01", &banks_own), Some(Rule::SecondHouse));
}

#[test]
fn two_programs_of_a_purpose_do_not_pay_in_one_year() {
    let other = paid(Kind::Benefit, Some(1), WaterSanitation, once("2022-05-01"));
    assert_eq!(found(2, WaterSanitation, "2022-12-31", &other), Some(Rule::SamePurpose));
    assert_eq!(found(2, WaterSanitation, "2023-01-01", &other), None, "the year after");
    assert_eq!(found(2, OverseasWork, "2022-12-31", &other), None, "of another purpose");
    assert_eq!(found(1, WaterSanitation, "2022-12-31", &other), None, "one program");
    let lasting = Period { recurrence: Recurrence::Monthly, from: day("2021-03-01"), to: None };
    let lasting = paid(Kind::Benefit, Some(1), WaterSanitation, lasting);
    assert_eq!(found(2, WaterSanitation, "2026-01-01", &lasting), Some(Rule::SamePurpose));
    let model = paid(Kind::ModelParticipation, Some(1), SupportPurpose::Livelihood, once("2022-05-01"));
    assert_eq!(found(2, SupportPurpose::Livelihood, "2022-06-01", &model), Some(Rule::SamePurpose));
}

#[test]
fn a_first_day_in_the_past_leads_to_no_other_year() {
    let of =
        |recurrence, starts_on: &str| Period::of(recurrence, Some(day(starts_on)), None, day("2022-05-01")).years();
    assert_eq!(of(Recurrence::Once, "2020-01-01"), (2022, 2022));
    assert_eq!(of(Recurrence::Once, "2023-01-01"), (2023, 2023));
    assert_eq!(of(Recurrence::Monthly, "2020-01-01"), (2020, i32::MAX));
}

#[test]
fn a_loan_and_a_gift_of_one_water_container_are_the_trap() {
    let loan = |purpose| paid(Kind::Loan, Some(1), purpose, once("2022-05-01"));
    assert_eq!(found(1, WaterSanitation, "2022-06-01", &loan(WaterSanitation)), Some(Rule::SamePurpose));
    assert_eq!(found(1, OverseasWork, "2022-06-01", &loan(OverseasWork)), None, "a loan with its training");
}

#[test]
fn a_person_has_one_monthly_assistance_at_a_time() {
    let months =
        |from: &str, to: Option<&str>| Period { recurrence: Recurrence::Monthly, from: day(from), to: to.map(day) };
    let cash = SupportPurpose::CashAssistance;
    let held = paid(Kind::Benefit, Some(1), cash, months("2026-01-01", Some("2026-06-30")));
    let held = Held { person: Some(PersonId(3)), ..held };
    let found = |person, period| {
        let wanted = Wanted { person: Some(PersonId(person)), ..wanted(Kind::Benefit, Some(1), cash, period) };
        collision(wanted, [&held].into_iter()).map(|(rule, _)| rule)
    };
    assert_eq!(found(3, months("2026-06-30", None)), Some(Rule::SecondAssistance));
    assert_eq!(found(3, months("2025-06-01", Some("2026-01-01"))), Some(Rule::SecondAssistance));
    let held = Held { period: months("2026-01-31", Some("2026-06-01")), ..held.clone() };
    let beside = |from: &str| {
        let wanted = wanted(Kind::Benefit, Some(1), cash, months(from, None));
        collision(Wanted { person: Some(PersonId(3)), ..wanted }, [&held].into_iter()).map(|(rule, _)| rule)
    };
    assert_eq!(beside("2026-06-02"), Some(Rule::SecondAssistance), "each would pay the month whole");
    assert_eq!(beside("2026-07-01"), None);
    assert_eq!(found(3, months("2026-07-01", None)), None, "after it, in the same year");
    assert_eq!(found(3, months("2025-01-01", Some("2025-12-31"))), None);
    assert_eq!(found(4, months("2026-03-01", None)), None, "another person of the household");
}

#[test]
fn what_was_spent_counts_once_in_its_year() {
    let period = Period { recurrence: Recurrence::Monthly, from: day("2025-11-01"), to: Some(day("2026-02-10")) };
    let running = paid(Kind::Benefit, Some(1), WaterSanitation, period);
    assert_eq!(running.paid_in(), period);
    let spent = Held { spent: true, ..running };
    assert_eq!(spent.paid_in(), once("2026-02-10"));
    let house = Held { spent: true, ..paid(Kind::Benefit, Some(1), Housing, once("2022-05-01")) };
    assert_eq!(house.paid_in(), once("2022-05-01"));
    assert_eq!(found(1, Housing, "2026-05-01", &house), Some(Rule::SecondHouse), "begun and not finished");
}

#[test]
fn a_loan_looks_at_what_is_given_as_a_gift_looks_at_what_is_lent() {
    let found = |program: Option<i64>, purpose, held: &Held| {
        let wanted = wanted(Kind::Loan, program, purpose, once("2022-06-01"));
        collision(wanted, [held].into_iter()).map(|(rule, _)| rule)
    };
    let gift = paid(Kind::Benefit, Some(1), WaterSanitation, once("2022-05-01"));
    assert_eq!(found(Some(1), WaterSanitation, &gift), Some(Rule::SamePurpose), "one container, of one program");
    let training = paid(Kind::Benefit, Some(1), OverseasWork, once("2022-05-01"));
    assert_eq!(found(Some(1), OverseasWork, &training), None, "a loan with its training");
    assert_eq!(found(Some(2), OverseasWork, &training), Some(Rule::SamePurpose));
    assert_eq!(found(None, OverseasWork, &training), Some(Rule::SamePurpose), "outside the programs");
    let earlier = Held { period: once("2021-12-31"), ..training };
    assert_eq!(found(Some(2), OverseasWork, &earlier), None, "the year before");
    let house = paid(Kind::Benefit, Some(1), Housing, once("2015-05-01"));
    assert_eq!(found(Some(1), Housing, &house), None, "a poor house is lent for and given to together");
    assert_eq!(found(Some(2), Housing, &house), Some(Rule::SecondHouse), "in any year");
    assert_eq!(found(None, Housing, &house), Some(Rule::SecondHouse));
    let lent = paid(Kind::Loan, Some(1), OverseasWork, once("2022-05-01"));
    assert_eq!(found(Some(2), OverseasWork, &lent), None, "loans beside loans are the ceilings' matter");
}

#[test]
fn the_record_is_told_to_who_may_read_it_and_the_sentence_is_one() {
    let message = |kind, may: &[Permission]| {
        let held = paid(kind, None, WaterSanitation, once("2022-05-01"));
        let wanted = wanted(Kind::Benefit, Some(1), WaterSanitation, once("2022-06-01"));
        refusal(Rule::SamePurpose, &held, wanted, PermissionSet::of(may)).message
    };
    let hidden = message(Kind::Loan, &[Permission::BenefitRead]);
    assert_eq!(hidden, message(Kind::ModelParticipation, &[Permission::BenefitRead]));
    let shown = message(Kind::Loan, &[Permission::LoanRead]);
    assert_eq!(shown, format!("{hidden} It is the Loan {} (CODE).", global_id::encode("Loan", 7)));
}

#[test]
fn a_loan_that_is_not_paid_out_may_be_in_any_year_to_come() {
    let loan = paid(Kind::Loan, None, WaterSanitation, Period::until_paid(day("2026-12-28")));
    assert_eq!(found(1, WaterSanitation, "2027-01-05", &loan), Some(Rule::SamePurpose));
    assert_eq!(found(1, WaterSanitation, "2025-12-31", &loan), None, "never before its approval");
}

#[test]
fn capital_of_models_goes_by_the_same_rules() {
    let livelihood = SupportPurpose::Livelihood;
    let rule = |held: Held, purpose| {
        let wanted = wanted(Kind::ModelParticipation, Some(1), purpose, once("2026-05-01"));
        collision(wanted, [&held].into_iter()).map(|(rule, _)| rule)
    };
    let of = |kind, program, purpose, on: &str| paid(kind, Some(program), purpose, once(on));
    assert_eq!(rule(of(Kind::Benefit, 2, livelihood, "2026-01-05"), livelihood), Some(Rule::SamePurpose));
    assert_eq!(rule(of(Kind::Loan, 2, livelihood, "2026-01-05"), livelihood), Some(Rule::SamePurpose));
    assert_eq!(rule(of(Kind::Benefit, 1, livelihood, "2026-01-05"), livelihood), None, "of one program");
    assert_eq!(rule(of(Kind::Benefit, 2, livelihood, "2025-01-05"), livelihood), None, "of another year");
    assert_eq!(
        rule(of(Kind::ModelParticipation, 2, livelihood, "2026-01-05"), livelihood),
        None,
        "the ceilings' matter"
    );
    assert_eq!(rule(of(Kind::Benefit, 2, Housing, "2020-01-05"), Housing), None, "capital is no house");
}

#[test]
fn urgent_assistance_goes_by_its_event_alone() {
    use entity::enums::UrgentHelpKind as E;
    let cash = SupportPurpose::CashAssistance;
    let of = |kind, on: &str| Some(Event { kind, on: day(on) });
    let wanted = |program, event, person: Option<i64>| Wanted {
        event,
        person: person.map(PersonId),
        ..wanted(Kind::Benefit, Some(program), cash, once("2026-11-01"))
    };
    let helped = Held {
        event: of(E::SeriousInjury, "2026-11-01"),
        person: Some(PersonId(3)),
        ..paid(Kind::Benefit, Some(2), cash, once("2026-11-01"))
    };
    let found = |wanted, held: &Held| collision(wanted, [held].into_iter()).map(|(rule, _)| rule);
    let asks = |kind, on, person| found(wanted(2, of(kind, on), person), &helped);
    assert_eq!(asks(E::SeriousInjury, "2026-11-01", Some(3)), Some(Rule::SameEvent));
    assert_eq!(asks(E::SeriousInjury, "2026-11-02", Some(3)), None, "another day");
    assert_eq!(asks(E::Death, "2026-11-01", Some(3)), None, "another kind");
    assert_eq!(asks(E::SeriousInjury, "2026-11-01", Some(4)), None, "another person");
    let buried = Held { event: of(E::Funeral, "2026-11-12"), ..helped.clone() };
    assert_eq!(found(wanted(2, of(E::Funeral, "2026-11-13"), Some(3)), &buried), Some(Rule::SameEvent), "buried once");
    let house = Held { event: of(E::HouseDestroyed, "2026-11-01"), person: None, ..helped.clone() };
    assert_eq!(found(wanted(2, house.event, None), &house), Some(Rule::SameEvent));
    let of_house = |kind, on| found(wanted(2, of(kind, on), None), &house);
    assert_eq!(of_house(E::HouseDamaged, "2026-11-01"), Some(Rule::SameEvent), "one house is either");
    assert_eq!(of_house(E::HouseDamaged, "2026-11-02"), None, "another day");
    assert_eq!(of_house(E::HouseMustMove, "2026-11-01"), None, "what is destroyed may have to move");
    // Neither is it a second program of the purpose, nor does it make another one a second.
    let monthly = paid(Kind::Benefit, Some(1), cash, Period { recurrence: Recurrence::Monthly, ..once("2026-01-01") });
    assert_eq!(found(wanted(2, helped.event, Some(3)), &monthly), None);
    assert_eq!(found(wanted(1, None, Some(3)), &helped), None);
    assert_eq!(found(wanted(1, None, Some(3)), &monthly), None, "one program");
    let words = |may| refusal(Rule::SameEvent, &helped, wanted(2, helped.event, Some(3)), may).message;
    let (told, untold) = (PermissionSet::of(Permission::ALL), PermissionSet::of(&[Permission::BenefitRead]));
    assert!(words(told).contains("It is the Benefit") && !words(untold).contains("It is"), "{}", words(untold));
}
