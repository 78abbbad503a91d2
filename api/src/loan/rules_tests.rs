//! Loans worked by hand to the đồng.

use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn rate(from: &str, percent: &str) -> Rate {
    Rate { from: day(from), percent: Some(percent.parse().unwrap()) }
}

fn entry(on: &str, kind: Kind, balance_after: i64) -> Entry {
    Entry { on: day(on), kind, balance_after, settles: kind == Kind::InterestPayment, until: None }
}

fn until(on: &str, kind: Kind, balance_after: i64, until: &str) -> Entry {
    Entry { until: Some(day(until)), ..entry(on, kind, balance_after) }
}

/// The poor's rate, and 130% of it after the maturity.
fn poor() -> (Vec<Rate>, Vec<Rate>) {
    (vec![rate("2019-03-01", "6.6"), rate("2025-12-01", "6.24")], vec![rate("2019-03-01", "130")])
}

fn accrued(ledger: &[Entry], months: u32, to: &str) -> (i64, i64) {
    let (rates, overdue) = poor();
    let accrued = interest(ledger, Basis { months, rates: &rates, overdue: &overdue, support: &[] }, day(to)).unwrap();
    (accrued.regular, accrued.overdue)
}

#[test]
fn a_year_on_one_balance_is_the_rate() {
    let ledger = [entry("2022-05-01", Kind::Disbursement, 50_000_000)];
    assert_eq!(accrued(&ledger, 36, "2023-05-01"), (3_300_000, 0));
    assert_eq!(accrued(&ledger, 36, "2022-05-01"), (0, 0));
    // 50,000,000 x 6.6% x 30 / 365 = 271,232.876…
    assert_eq!(accrued(&ledger, 36, "2022-05-31"), (271_233, 0));
    assert_eq!(accrued(&[], 36, "2022-05-31"), (0, 0));
}

#[test]
fn repayments_rate_changes_and_freezes_count_by_day() {
    let ledger = [
        entry("2025-11-01", Kind::Disbursement, 36_500_000),
        entry("2025-11-11", Kind::InterestPayment, 36_500_000),
        entry("2025-11-21", Kind::PrincipalRepayment, 18_250_000),
    ];
    // 36.5 M: 6,600 a day; 18.25 M: 3,300 a day, from 1 December 3,120 a day.
    assert_eq!(accrued(&ledger, 36, "2025-12-11"), (10 * 6_600 + 10 * 3_300 + 10 * 3_120, 0));
    let frozen = [ledger[0], entry("2025-11-11", Kind::Freeze, 36_500_000)];
    assert_eq!(accrued(&frozen, 36, "2026-11-11"), (10 * 6_600, 0));
}

/// 50 M for 12 months, paid out on 15 January 2025, nothing paid since. It matures on 15 January 2026.
///
/// Before the cut: 15 January to 1 December 2025, 320 days of 3,300,000 / 365: 2,893,150.685.
/// After it: 1 December 2025 to 16 January 2026, 46 days of 3,120,000 / 365: 393,205.479. Together 3,286,356.164.
/// Overdue: 16 January to 16 March 2026, 59 days of 3,120,000 x 130% / 365: 655,627.397.
#[test]
fn from_the_day_after_the_maturity_130_percent_of_the_rate() {
    let ledger = [entry("2025-01-15", Kind::Disbursement, 50_000_000)];
    assert_eq!(accrued(&ledger, 12, "2026-01-15"), (3_277_808, 0), "45 days after the cut: 3,277,808.219");
    assert_eq!(accrued(&ledger, 12, "2026-01-16"), (3_286_356, 0), "the day of the maturity is not overdue");
    // One day: 4,056,000 / 365 = 11,112.329.
    assert_eq!(accrued(&ledger, 12, "2026-01-17"), (3_286_356, 11_112));
    assert_eq!(accrued(&ledger, 12, "2026-03-16"), (3_286_356, 655_627));
}

/// The same loan, extended on 10 February 2026 to 15 July: 25 days overdue, 4,056,000 x 25 / 365 = 277,808.219, and from
/// then on 34 days as agreed, 3,120,000 x 34 / 365 = 290,630.137, on top of 3,286,356.164.
#[test]
fn an_extension_ends_the_delay_from_its_day_on() {
    let ledger = [
        entry("2025-01-15", Kind::Disbursement, 50_000_000),
        until("2026-02-10", Kind::Extension, 50_000_000, "2026-07-15"),
    ];
    assert_eq!(accrued(&ledger, 12, "2026-03-16"), (3_576_986, 277_808));
}

/// Overdue interest is on what is left: 20 M of 50 M are paid back on 31 January 2026 with all interest so far; 30 M are
/// overdue for 28 days of February, 30,000,000 x 6.24% x 130% x 28 / 365 = 186,687.123.
#[test]
fn overdue_interest_is_on_what_is_left_since_the_last_payment() {
    let ledger = [
        entry("2025-01-15", Kind::Disbursement, 50_000_000),
        entry("2026-02-01", Kind::PrincipalRepayment, 30_000_000),
        entry("2026-02-01", Kind::InterestPayment, 30_000_000),
    ];
    assert_eq!(accrued(&ledger, 12, "2026-03-01"), (0, 186_687));
}

/// Frozen on 15 March 2025 to the end of the year: 59 days before, 533,424.658, none meanwhile, and from 1 to 10 January
/// 2026 9 days, 76,931.507; whoever forgets to unfreeze it doesn't make it free.
#[test]
fn a_freeze_stops_interest_until_its_last_day() {
    let ledger = [
        entry("2025-01-15", Kind::Disbursement, 50_000_000),
        until("2025-03-15", Kind::Freeze, 50_000_000, "2025-12-31"),
    ];
    assert_eq!(accrued(&ledger, 36, "2025-12-31"), (533_425, 0));
    assert_eq!(accrued(&ledger, 36, "2026-01-10"), (610_356, 0));
    let unfrozen = [ledger[0], ledger[1], entry("2025-12-01", Kind::Unfreeze, 50_000_000)];
    // 31 days of December on top: 264,986.301 + 610,356.164.
    assert_eq!(accrued(&unfrozen, 36, "2026-01-10"), (875_342, 0));
}

#[test]
fn where_no_rule_goes_on_nothing_is_known() {
    let rule = |from: &str, percent: &str, to: Option<&str>| (rate(from, percent), to.map(day));
    let found = |rules| {
        let rates = lasting(rules).into_iter();
        rates.map(|rate| (rate.from.to_string(), rate.percent.map(|percent| percent.to_string()))).collect::<Vec<_>>()
    };
    let pair = |from: &str, percent: &str| (from.to_owned(), Some(percent.to_owned()));
    let ended = vec![rule("2024-01-01", "150", None), rule("2019-03-01", "130", Some("2022-12-31"))];
    assert_eq!(found(ended), [pair("2019-03-01", "130"), ("2023-01-01".to_owned(), None), pair("2024-01-01", "150")]);
    let followed = vec![rule("2019-03-01", "130", Some("2023-12-31")), rule("2024-01-01", "150", None)];
    assert_eq!(found(followed), [pair("2019-03-01", "130"), pair("2024-01-01", "150")]);
    assert_eq!(found(Vec::new()), []);
}

/// The loan matures on 15 January 2026; what overdue interest is of the rate is known to the end of January.
#[test]
fn interest_of_days_without_law_is_not_guessed() {
    let (rates, _) = poor();
    let ledger = [entry("2025-01-15", Kind::Disbursement, 50_000_000)];
    let overdue = lasting(vec![(rate("2019-03-01", "130"), Some(day("2026-01-31")))]);
    let of = |ledger: &[Entry], rates: &[Rate], overdue: &[Rate], to: &str| {
        interest(ledger, Basis { months: 12, rates, overdue, support: &[] }, day(to))
            .map(|accrued| (accrued.regular, accrued.overdue))
    };
    // 16 January to 1 February, 16 days of 4,056,000 / 365: 177,797.260.
    assert_eq!(of(&ledger, &rates, &overdue, "2026-02-01"), Ok((3_286_356, 177_797)));
    let gap = Unknown::OverdueRate { on: day("2026-02-01") };
    assert_eq!(of(&ledger, &rates, &overdue, "2026-02-02"), Err(gap));
    assert_eq!(of(&ledger, &rates, &[], "2026-01-17"), Err(Unknown::OverdueRate { on: day("2026-01-16") }));
    // In term nobody asks what overdue interest is of the rate, nor where nothing is owed.
    assert_eq!(of(&ledger, &rates, &[], "2026-01-16"), Ok((3_286_356, 0)));
    let repaid = [ledger[0], entry("2026-02-01", Kind::PrincipalRepayment, 0)];
    assert_eq!(of(&repaid, &rates, &overdue, "2026-09-01"), Ok((3_286_356, 177_797)));
    assert_eq!(of(&ledger, &[], &overdue, "2025-01-16"), Err(Unknown::Rate { on: day("2025-01-15") }));
    assert_eq!(in_force(&overdue, day("2026-01-31")), Some(Decimal::from(130)));
    assert_eq!((in_force(&overdue, day("2026-02-01")), in_force(&[], day("2026-02-01"))), (None, None));
    assert_eq!(in_force(&overdue, day("2010-01-01")), Some(Decimal::from(130)), "the first serves earlier days");
}

/// 2 points of rates above 6%, in 2022 and 2023.
fn supported() -> [Support; 1] {
    let (points, above) = (Decimal::from(2), Decimal::from(6));
    [Support { from: day("2022-01-01"), until: Some(day("2024-01-01")), points, above }]
}

/// 50 M at 6.6% over a year within the two: 3,300,000, of which the State pays 2 points, 1,000,000.
///
/// From 1 December 2023 to 1 February 2024, 62 days of 3,300,000 / 365 are 560,547.945; of December's 31 days the State pays
/// 1,000,000 x 31 / 365, 84,931.507: 84,932, and the borrower 475,616.
#[test]
fn the_state_pays_two_points_of_the_interest_in_term() {
    let (rates, overdue) = poor();
    let of = |months: u32, rates: &[Rate], support: &[Support], from: &str, to: &str| {
        let ledger = [entry(from, Kind::Disbursement, 50_000_000)];
        interest(&ledger, Basis { months, rates, overdue: &overdue, support }, day(to)).unwrap()
    };
    let with = supported();
    let accrued = |regular, support| Accrued { regular, support, overdue: 0 };
    assert_eq!(of(36, &rates, &with, "2022-05-01", "2023-05-01"), accrued(2_300_000, 1_000_000));
    assert_eq!(of(36, &rates, &with, "2023-12-01", "2024-02-01"), accrued(475_616, 84_932));
    assert_eq!(of(36, &rates, &with, "2024-01-01", "2025-01-01").support, 0);
    assert_eq!(of(36, &[rate("2015-10-01", "3")], &with, "2022-05-01", "2023-05-01"), accrued(1_500_000, 0));
    // What is overdue isn't: 1 May to 2 June, 32 days of 1,000,000 / 365, 87,671.233; all of the rest is charged in full.
    let (late, alone) =
        (of(1, &rates, &with, "2022-05-01", "2022-07-02"), of(1, &rates, &[], "2022-05-01", "2022-07-02"));
    assert_eq!((late.support, late.overdue, late.regular), (87_671, alone.overdue, alone.regular - 87_671));
    // A schedule asks the borrower for its own part: 31 days of 6.6% of 50 M are 280,273.973, of 2% 84,931.507.
    let spread = Spread { amount: 50_000_000, months: 36, grace: 0 };
    let list = instalments(spread, day("2022-05-01"), (&rates, &with), 0).unwrap();
    assert_eq!(list[0].interest, 280_274 - 84_932);
}

#[test]
fn half_a_dong_is_rounded_up_once_a_charge() {
    let one_percent = [rate("2019-03-01", "1")];
    let charge = |balance| {
        let ledger = [entry("2026-01-01", Kind::Disbursement, balance)];
        let basis = Basis { months: 12, rates: &one_percent, overdue: &[], support: &[] };
        interest(&ledger, basis, day("2026-01-02")).unwrap().regular
    };
    // 18,250 x 1% / 365 = 0.5.
    assert_eq!((charge(18_249), charge(18_250), charge(54_750)), (0, 1, 2));
}

#[test]
fn a_schedule_adds_up_to_the_principal() {
    let rates = [rate("2019-03-01", "6.6")];
    let spread = Spread { amount: 50_000_000, months: 36, grace: 0 };
    let list = instalments(spread, day("2022-01-31"), (&rates, &[]), 2_000_000).unwrap();
    assert_eq!(list.len(), 36);
    assert_eq!(list.iter().map(|part| part.principal).sum::<i64>(), 50_000_000);
    assert_eq!(list.iter().map(|part| part.paid).sum::<i64>(), 2_000_000);
    assert_eq!(list[0].due_on, day("2022-02-28"));
    assert_eq!((list[0].paid, list[1].paid, list[2].paid), (1_388_888, 611_112, 0));
}

/// A house of the poor (L7): 25 M at 3% for 15 years, 5 of them of grace, paid out on 15 January 2022.
///
/// Interest of 15 January to 15 February 2022, 31 days: 25,000,000 x 3% x 31 / 365 = 63,698.630; of the 28 days after it,
/// 57,534.247. Principal from the 61st month on, 15 February 2027: 25,000,000 / 120 = 208,333.333, so 119 parts of 208,333 and
/// a last one of 208,373. The 62nd month bears 28 days of 24,791,667 x 3%: 57,054.795.
#[test]
fn in_the_grace_only_interest_falls_due() {
    let rates = [rate("2015-10-01", "3")];
    let spread = Spread { amount: 25_000_000, months: 180, grace: 60 };
    let list = instalments(spread, day("2022-01-15"), (&rates, &[]), 300_000).unwrap();
    assert_eq!(list.len(), 180);
    assert_eq!((list[0].principal, list[0].interest), (0, 63_699));
    assert_eq!((list[1].principal, list[1].interest), (0, 57_534));
    assert!(list[..60].iter().all(|part| part.principal == 0 && part.paid == 0 && part.interest > 0));
    let months = |from: usize| {
        list[from..].iter().map(|part| (part.principal, part.interest, part.paid)).take(2).collect::<Vec<_>>()
    };
    assert_eq!(list[60].due_on, day("2027-02-15"));
    assert_eq!(months(60), [(208_333, 63_699, 208_333), (208_333, 57_055, 91_667)]);
    assert_eq!((list[178].principal, list[179].principal), (208_333, 208_373));
    assert_eq!(list[179].due_on, day("2037-01-15"));
    assert_eq!(list.iter().map(|part| part.principal).sum::<i64>(), 25_000_000);
    assert_eq!(
        instalments(Spread { grace: 180, ..spread }, day("2022-01-15"), (&rates, &[]), 0),
        Err(Unknown::Overflow),
        "nothing is left to spread"
    );
}

fn on(days: u64) -> NaiveDate {
    day("2025-01-01") + chrono::Days::new(days)
}

fn total(ledger: &[Entry], months: u32, to: NaiveDate) -> i64 {
    let (rates, overdue) = poor();
    interest(ledger, Basis { months, rates: &rates, overdue: &overdue, support: &[] }, to).unwrap().total().unwrap()
}

proptest! {
    /// However a rule ends, interest is what it is without the end, or it isn't told.
    #[test]
    fn a_gap_never_makes_it_another_figure(months in 1..24_u32, days in 0..1_500_u64, ends in 0..1_500_u64) {
        let (rates, overdue) = poor();
        let ledger = [Entry { on: on(0), ..entry("2025-01-01", Kind::Disbursement, 50_000_000) }];
        let ended = lasting(vec![(overdue[0], Some(on(ends)))]);
        let whole = interest(&ledger, Basis { months, rates: &rates, overdue: &overdue, support: &[] }, on(days)).unwrap();
        let late_from = on(0) + chrono::Months::new(months) + chrono::Days::new(1);
        match interest(&ledger, Basis { months, rates: &rates, overdue: &ended, support: &[] }, on(days)) {
            Ok(known) => prop_assert_eq!(known, whole),
            Err(unknown) => {
                prop_assert_eq!(unknown, Unknown::OverdueRate { on: on(ends + 1).max(late_from) });
                prop_assert!(on(days) > late_from && on(days) > on(ends + 1));
            }
        }
    }

    /// What the borrower and the State pay together is the interest as it is without support.
    #[test]
    fn support_and_the_rest_are_the_whole(
        balance in 1..200_000_000_i64, months in 1..60_u32, before in 0..1_500_u64, days in 0..1_500_u64, points in 0..12_i64,
    ) {
        let (rates, overdue) = poor();
        let ledger = [Entry { on: on(0) - chrono::Days::new(before), ..entry("2025-01-01", Kind::Disbursement, balance) }];
        let support = [Support { points: Decimal::from(points), ..supported()[0] }];
        let to = ledger[0].on + chrono::Days::new(days);
        let of = |support: &[Support]| interest(&ledger, Basis { months, rates: &rates, overdue: &overdue, support }, to).unwrap();
        let (whole, parts) = (of(&[]), of(&support));
        prop_assert_eq!((parts.regular + parts.support, parts.overdue), (whole.regular, whole.overdue));
        prop_assert!(parts.regular >= 0 && parts.support >= 0);
    }

    #[test]
    fn interest_grows_with_time_and_with_the_balance(
        balance in 1..200_000_000_i64, more in 0..50_000_000_i64, months in 1..60_u32, days in 0..1_500_u64, later in 0..500_u64,
    ) {
        let ledger = |balance| [Entry { on: on(0), ..entry("2025-01-01", Kind::Disbursement, balance) }];
        let then = total(&ledger(balance), months, on(days));
        prop_assert!(then <= total(&ledger(balance), months, on(days + later)));
        prop_assert!(then <= total(&ledger(balance + more), months, on(days)));
        // An earlier maturity never makes it cheaper.
        prop_assert!(then + 1 >= total(&ledger(balance), months + 1, on(days)), "but for a rounding more");
    }

    /// Charged in two parts, it is the same but for what the roundings of each charge leave over.
    #[test]
    fn two_charges_are_as_much_as_one(balance in 1..200_000_000_i64, months in 1..36_u32, first in 0..900_u64, then in 0..900_u64) {
        let out = Entry { on: on(0), ..entry("2025-01-01", Kind::Disbursement, balance) };
        let paid = Entry { on: on(first), ..entry("2025-01-01", Kind::InterestPayment, balance) };
        let whole = total(&[out], months, on(first + then));
        let parts = total(&[out], months, on(first)) + total(&[out, paid], months, on(first + then));
        prop_assert!((whole - parts).abs() <= 3, "{} and {}", whole, parts);
    }

    #[test]
    fn the_parts_of_any_schedule_sum_to_its_principal(
        amount in 1..500_000_000_i64, months in 1..300_u32, grace in 0..300_u32, repaid in 0..500_000_000_i64,
    ) {
        let (rates, _) = poor();
        let (repaid, grace) = (repaid.min(amount), grace % months);
        let list = instalments(Spread { amount, months, grace }, on(0), (&rates, &[]), repaid).unwrap();
        let (free, rest) = list.split_at(usize::try_from(grace).unwrap());
        prop_assert!(free.iter().all(|part| part.principal == 0 && part.paid == 0));
        let parts: Vec<_> = rest.iter().map(|part| part.principal).collect();
        prop_assert!(parts.windows(2).all(|pair| pair[0] <= pair[1]), "the last takes what doesn't divide");
        prop_assert_eq!(list.iter().map(|part| part.principal).sum::<i64>(), amount);
        prop_assert_eq!(list.iter().map(|part| part.paid).sum::<i64>(), repaid);
        prop_assert!(list.iter().all(|part| part.interest >= 0 && part.paid <= part.principal));
    }
}
