//! How a loan runs after its disbursement: payments month by month, and what interrupts them.
//!
//! A household pays an equal share of the principal, rounded up to 1,000 đồng, and the interest on the same day of each
//! month; in a time of grace the interest alone. So a loan that runs as agreed is never behind, whether one counts by the month or by the half-year.

use chrono::NaiveDate;
use entity::{
    enums::{LoanStatus, RiskDebtCause},
    ids::LoanId,
};

use super::{
    calendar::{days, plus_days, plus_months},
    ledger::Ledger,
    random::Random,
};

#[derive(Clone, Copy, PartialEq)]
pub enum Course {
    Running,
    Extended,
    Repaid,
    Overdue,
    Frozen,
    WrittenOff,
}

pub struct Terms {
    pub loan: LoanId,
    pub principal: i64,
    pub disbursed_on: NaiveDate,
    pub term_months: i32,
    /// Those of them in which only interest is paid.
    pub grace_months: i32,
}

/// Where a loan stands, and what it went through after it became active.
pub struct Standing {
    pub changes: Vec<(LoanStatus, NaiveDate)>,
    pub matures_on: NaiveDate,
}

/// Keeps the ledger of a loan up to `last`.
pub fn run(ledger: &mut Ledger<'_>, random: &mut Random, last: NaiveDate, course: Course, terms: &Terms) -> Standing {
    disburse(ledger, random, last, terms);
    let matures_on = plus_months(terms.disbursed_on, terms.term_months);
    let due: Vec<NaiveDate> = (1..=terms.term_months)
        .map(|month| plus_months(terms.disbursed_on, month))
        .take_while(|day| *day <= last)
        .collect();
    let passed = due.len();
    let mut standing = Standing { changes: Vec::new(), matures_on };
    match course {
        Course::Running => pay(ledger, random, terms, &due),
        Course::Extended => {
            pay(ledger, random, terms, &due);
            if let Some(day) = due.last().filter(|_| ledger.balance > 0) {
                standing.matures_on = plus_months(matures_on, (terms.term_months / 2).min(12));
                ledger.extend(*day, standing.matures_on, format!("GH{}", terms.loan.0));
            }
        }
        Course::Repaid => {
            let early = matures_on > last || random.percent(20);
            let until = if early { count(random, 5.min(passed), passed) } else { passed };
            pay(ledger, random, terms, due.get(..until).unwrap_or_default());
            if let Some(day) = until.checked_sub(1).and_then(|at| due.get(at)) {
                ledger.pay(*day, ledger.balance, &format!("TT{}", terms.loan.0));
            }
        }
        Course::Overdue => {
            let until = passed.saturating_sub(count(random, 2, 6));
            pay(ledger, random, terms, due.get(..until).unwrap_or_default());
            standing.changes.push((LoanStatus::Overdue, plus_days(matures_on, 1)));
        }
        Course::Frozen => {
            let until = count(random, passed.saturating_sub(30).max(3), passed.saturating_sub(2).max(3));
            freeze(ledger, random, terms, due.get(..until).unwrap_or(&due), &mut standing);
        }
        Course::WrittenOff => {
            let until = count(random, 3, 6);
            let (frozen_on, cause) = freeze(ledger, random, terms, due.get(..until).unwrap_or(&due), &mut standing);
            let least = days(frozen_on, plus_months(frozen_on, 14));
            let day = plus_days(frozen_on, random.between(least, days(frozen_on, last).max(least))).min(last);
            ledger.write_off(day, cause, format!("XN{}", terms.loan.0));
            standing.changes.push((LoanStatus::WrittenOff, day));
        }
    }
    if let Some(day) = ledger.last_day().filter(|_| ledger.balance == 0 && standing.changes.is_empty()) {
        standing.changes.push((LoanStatus::Repaid, day));
    }
    standing
}

/// One loan in ten is paid out in two parts.
fn disburse(ledger: &mut Ledger<'_>, random: &mut Random, last: NaiveDate, terms: &Terms) {
    let second_on = plus_days(terms.disbursed_on, 20);
    let second = if random.percent(10) && second_on <= last { terms.principal * 2 / 5 } else { 0 };
    ledger.disburse(terms.disbursed_on, terms.principal - second, format!("GN{}-1", terms.loan.0));
    if second > 0 {
        ledger.disburse(second_on, second, format!("GN{}-2", terms.loan.0));
    }
}

fn pay(ledger: &mut Ledger<'_>, random: &mut Random, terms: &Terms, due: &[NaiveDate]) {
    const STEP: i64 = 1_000;
    let grace = i64::from(terms.grace_months);
    let months = (i64::from(terms.term_months) - grace).max(1);
    let share = (terms.principal + months * STEP - 1) / (months * STEP) * STEP;
    let mistaken = random.per_mille(5);
    for (number, day) in (1..).zip(due) {
        let receipt = format!("PT{}-{number:03}", terms.loan.0);
        if mistaken && number == 2 {
            ledger.mistake(*day, share, &receipt);
        }
        ledger.pay(*day, if number > grace { share } else { 0 }, &receipt);
    }
}

/// Payments until a loss, then a freeze of up to three years where 40 to below 80% were lost, of up to five above
/// (rules.md K1).
fn freeze(
    ledger: &mut Ledger<'_>,
    random: &mut Random,
    terms: &Terms,
    due: &[NaiveDate],
    standing: &mut Standing,
) -> (NaiveDate, (RiskDebtCause, u8)) {
    pay(ledger, random, terms, due);
    let cause = random.weighted(&[
        ((RiskDebtCause::NaturalDisaster, 60), 40),
        ((RiskDebtCause::NaturalDisaster, 85), 15),
        ((RiskDebtCause::Epidemic, 70), 25),
        ((RiskDebtCause::DeathOrMissing, 100), 20),
    ]);
    let day = plus_days(due.last().copied().unwrap_or(terms.disbursed_on), random.between(8, 25));
    let until = plus_months(day, if cause.1 < 80 { 36 } else { 60 });
    ledger.freeze(day, until, cause, format!("KN{}", terms.loan.0));
    standing.changes.push((LoanStatus::Frozen, day));
    (day, cause)
}

fn count(random: &mut Random, least: usize, most: usize) -> usize {
    let span = u64::try_from(most.saturating_sub(least)).unwrap_or(0) + 1;
    least + usize::try_from(random.below(span)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use entity::enums::LoanTransactionKind as Kind;

    use super::*;
    use crate::seed::{calendar::date, random::Topic};

    const RATES: &[(NaiveDate, i64)] = &[(date(2019, 3, 1), 6_600), (date(2025, 12, 1), 6_240)];
    const LAST: NaiveDate = date(2026, 11, 22);

    fn ran(course: Course, number: i64, disbursed_on: NaiveDate, term_months: i32) -> (Ledger<'static>, Standing) {
        let mut random = Random::stream(2, Topic::Household, number);
        let mut ledger = Ledger::new(RATES, disbursed_on);
        let terms = Terms { loan: LoanId(number), principal: 50_000_000, disbursed_on, term_months, grace_months: 0 };
        let standing = run(&mut ledger, &mut random, LAST, course, &terms);
        (ledger, standing)
    }

    /// Every balance follows from the one before it, nothing lies in the future, and receipts are not used twice.
    fn assert_consistent(ledger: &Ledger<'_>) {
        let mut balance = 0;
        let mut day = date(2019, 1, 1);
        let mut receipts = std::collections::BTreeSet::new();
        for entry in &ledger.entries {
            balance += match entry.kind {
                Kind::Disbursement | Kind::Reversal => entry.amount,
                Kind::PrincipalRepayment | Kind::WriteOff => -entry.amount,
                _ => 0,
            };
            assert_eq!(entry.balance_after, balance);
            assert!(balance >= 0 && day <= entry.on && entry.on <= LAST, "{entry:?}");
            assert!(receipts.insert((entry.receipt.clone(), entry.kind.as_str())), "{entry:?}");
            day = entry.on;
        }
        assert_eq!(ledger.balance, balance);
        assert_eq!(ledger.disbursed, 50_000_000);
    }

    #[test]
    fn every_course_ends_where_its_ledger_does() {
        for number in 0..400 {
            let start = plus_days(date(2024, 1, 5), number);
            for (course, status) in [
                (Course::Running, None),
                (Course::Extended, None),
                (Course::Repaid, Some(LoanStatus::Repaid)),
                (Course::Frozen, Some(LoanStatus::Frozen)),
            ] {
                let (ledger, standing) = ran(course, number, start, 60);
                assert_consistent(&ledger);
                assert_eq!(standing.changes.last().map(|(status, _)| *status), status);
                assert_eq!(ledger.balance == 0, status == Some(LoanStatus::Repaid));
            }
            let start = plus_days(date(2023, 1, 5), number);
            let (ledger, standing) = ran(Course::Overdue, number, start, 12);
            assert_consistent(&ledger);
            assert!(ledger.balance > 0 && standing.matures_on < LAST);
            let (ledger, standing) = ran(Course::WrittenOff, number, start, 60);
            assert_consistent(&ledger);
            let statuses: Vec<_> = standing.changes.iter().map(|(status, _)| *status).collect();
            assert_eq!((statuses, ledger.balance), (vec![LoanStatus::Frozen, LoanStatus::WrittenOff], 0));
        }
    }

    #[test]
    fn a_loan_that_runs_to_its_end_is_repaid() {
        let (ledger, standing) = ran(Course::Running, 3, date(2023, 5, 6), 24);
        assert_consistent(&ledger);
        assert_eq!(standing.changes, [(LoanStatus::Repaid, date(2025, 5, 6))]);
    }

    #[test]
    fn who_runs_as_agreed_is_never_behind_an_equal_share() {
        let (ledger, _) = ran(Course::Running, 5, date(2025, 1, 7), 60);
        for entry in ledger.entries.iter().filter(|entry| entry.kind == Kind::PrincipalRepayment) {
            let months = days(date(2025, 1, 7), entry.on) / 30;
            assert!((50_000_000 - entry.balance_after) * 60 >= 50_000_000 * months, "{entry:?}");
        }
    }
}
