//! Loans worked by hand, and the balance under any sequence of movements.

use chrono::Days;
use proptest::prelude::*;

use super::*;

const TERMS: Terms = Terms { principal: 50_000_000, months: 12 };

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn entry(kind: Kind, amount: i64, on: &str) -> Entry {
    Entry::new(kind, amount, day(on), "R")
}

fn stored(id: i64, entry: Entry) -> Entry {
    Entry { id: Some(LoanTransactionId(id)), ..entry }
}

fn reversal(of: i64, on: &str) -> Entry {
    Entry { reverses: Some(LoanTransactionId(of)), ..entry(Kind::Reversal, 0, on) }
}

/// 50 M paid out on 10 January 2024, 20 M of it back on 10 May.
fn running() -> Ledger {
    Ledger::new(
        TERMS,
        [
            stored(1, entry(Kind::Disbursement, 50_000_000, "2024-01-10")),
            stored(2, entry(Kind::PrincipalRepayment, 20_000_000, "2024-05-10")),
        ],
    )
}

fn breach(ledger: &mut Ledger, entry: Entry) -> Breach {
    let before = ledger.clone();
    let refusal = ledger.add(entry).unwrap_err();
    assert_eq!(*ledger, before, "a refused entry leaves the ledger as it was");
    refusal.breach
}

#[test]
fn a_loan_runs_from_approval_to_repayment() {
    let mut ledger = Ledger::new(TERMS, []);
    assert_eq!(ledger.standing(), Ok(Standing::default()));
    let standing = ledger.add(entry(Kind::Disbursement, 30_000_000, "2024-01-31")).unwrap();
    assert_eq!((standing.disbursed, standing.outstanding), (30_000_000, 30_000_000));
    assert_eq!(standing.matures_on, Some(day("2025-01-31")));
    assert_eq!(standing.status(day("2025-01-31")), LoanStatus::Active);
    assert_eq!(
        (standing.status(day("2025-02-01")), standing.overdue(day("2025-02-01"))),
        (LoanStatus::Overdue, 30_000_000)
    );
    assert_eq!(standing.overdue(day("2025-01-31")), 0);
    assert_eq!(
        breach(&mut ledger, entry(Kind::Disbursement, 20_000_001, "2024-02-20")),
        Breach::AboveApproval { left: 20_000_000 }
    );
    ledger.add(entry(Kind::Disbursement, 20_000_000, "2024-02-20")).unwrap();
    let too_much = entry(Kind::PrincipalRepayment, 50_000_001, "2024-03-01");
    assert_eq!(breach(&mut ledger, too_much), Breach::AboveOutstanding { outstanding: 50_000_000 });
    let standing = ledger.add(entry(Kind::PrincipalRepayment, 50_000_000, "2024-03-01")).unwrap();
    assert_eq!((standing.status(day("2030-01-01")), standing.overdue(day("2030-01-01"))), (LoanStatus::Repaid, 0));
    assert_eq!(ledger.add(entry(Kind::InterestPayment, 5_000, "2024-03-01")).unwrap(), standing);
}

#[test]
fn an_earlier_day_is_checked_against_what_came_after() {
    let mut ledger = running();
    assert_eq!(breach(&mut ledger, entry(Kind::PrincipalRepayment, 1, "2024-01-09")), Breach::NotDisbursed);
    // 30 M are left in the end, but what was recorded since leaves only that of the 50 M that were out in March.
    let early = entry(Kind::PrincipalRepayment, 30_000_001, "2024-03-01");
    assert_eq!(breach(&mut ledger, early), Breach::AboveOutstanding { outstanding: 19_999_999 });
    let standing = ledger.add(entry(Kind::PrincipalRepayment, 30_000_000, "2024-03-01")).unwrap();
    assert_eq!(standing.outstanding, 0);
}

#[test]
fn a_freeze_an_extension_and_a_write_off_hold_only_where_they_make_sense() {
    let mut ledger = running();
    assert_eq!(breach(&mut ledger, entry(Kind::Unfreeze, 0, "2024-06-01")), Breach::NotFrozen);
    let same_day = entry(Kind::Extension, 0, "2024-06-01").until(Some(day("2025-01-10")));
    assert_eq!(breach(&mut ledger, same_day), Breach::NotLater { matures_on: day("2025-01-10") });
    let standing = ledger.add(entry(Kind::Extension, 0, "2024-06-01").until(Some(day("2025-07-10")))).unwrap();
    assert_eq!(standing.status(day("2025-07-10")), LoanStatus::Active);
    let standing = ledger.add(entry(Kind::Freeze, 0, "2024-07-01")).unwrap();
    assert_eq!((standing.status(day("2026-01-01")), standing.overdue(day("2026-01-01"))), (LoanStatus::Frozen, 0));
    assert_eq!(breach(&mut ledger, entry(Kind::Freeze, 0, "2024-07-02")), Breach::Frozen);
    let part = entry(Kind::WriteOff, 29_999_999, "2027-07-01");
    assert_eq!(breach(&mut ledger, part), Breach::NotTheBalance { outstanding: 30_000_000 });
    let standing = ledger.add(entry(Kind::WriteOff, 30_000_000, "2027-07-01")).unwrap();
    assert_eq!((standing.outstanding, standing.status(day("2027-07-01"))), (0, LoanStatus::WrittenOff));
    assert_eq!(breach(&mut ledger, entry(Kind::InterestPayment, 1, "2027-07-02")), Breach::WrittenOff);
}

#[test]
fn a_reversal_undoes_one_entry_once() {
    let mut ledger = running();
    let before = running().standing().unwrap();
    let paid = stored(3, entry(Kind::PrincipalRepayment, 30_000_000, "2024-06-10"));
    assert_eq!(ledger.add(paid).unwrap().status(day("2024-06-10")), LoanStatus::Repaid);
    assert_eq!(breach(&mut ledger, reversal(9, "2024-06-11")), Breach::NoSuchEntry);
    assert_eq!(breach(&mut ledger, reversal(3, "2024-06-09")), Breach::BeforeReversed { on: day("2024-06-10") });
    let undone = stored(4, reversal(3, "2024-06-11"));
    assert_eq!(ledger.add(undone).unwrap(), before);
    assert_eq!(breach(&mut ledger, reversal(3, "2024-06-12")), Breach::ReversedAlready);
    assert_eq!(breach(&mut ledger, reversal(4, "2024-06-12")), Breach::ReversalOfReversal);
    // Without the disbursement, the repayment of May would have nothing to repay.
    assert_eq!(breach(&mut ledger, reversal(1, "2024-06-12")), Breach::NotDisbursed);
    ledger.add(stored(5, reversal(2, "2024-06-12"))).unwrap();
    let standing = ledger.add(stored(6, reversal(1, "2024-06-12"))).unwrap();
    assert_eq!((standing, standing.status(day("2024-06-12"))), (Standing::default(), LoanStatus::Approved));
}

/// A movement that somebody may try: what, how much, how many days after the first of January, and of which entry.
fn movement() -> impl Strategy<Value = (usize, i64, u64, usize)> {
    (0..Kind::ALL.len(), 0..60_i64, 0..700_u64, 0..40_usize)
}

/// What a movement does to the balance, told from its kind alone.
fn signed(entry: &Entry) -> i64 {
    match entry.kind {
        Kind::Disbursement => entry.amount,
        Kind::PrincipalRepayment | Kind::WriteOff => -entry.amount,
        _ => 0,
    }
}

proptest! {
    #[test]
    fn the_balance_is_what_the_entries_sum_to(movements in prop::collection::vec(movement(), 1..80)) {
        let mut ledger = Ledger::new(TERMS, []);
        let mut made: Vec<Entry> = Vec::new();
        let mut balance = 0;
        for (kind, millions, days, pick) in movements {
            let on = day("2024-01-01") + Days::new(days);
            let kind = Kind::ALL[kind];
            let target = made.get(pick).cloned();
            let reverses = target.as_ref().filter(|_| kind == Kind::Reversal).and_then(|target| target.id);
            let amount = match (kind, &target) {
                (Kind::Reversal, None) => continue,
                (Kind::Reversal, Some(target)) => target.amount,
                (Kind::WriteOff, _) if millions % 2 == 0 => balance,
                _ => millions * 1_000_000,
            };
            let id = i64::try_from(made.len()).unwrap();
            let until = Some(on + Days::new(400));
            let entry = stored(id, Entry { reverses, ..Entry::new(kind, amount, on, "R").until(until) });
            let before = ledger.clone();
            let Ok(standing) = ledger.add(entry.clone()) else {
                prop_assert_eq!(&ledger, &before);
                continue;
            };
            balance += match reverses {
                Some(_) => -target.as_ref().map_or(0, signed),
                None => signed(&entry),
            };
            made.push(entry);
            prop_assert_eq!(standing.outstanding, balance);
            prop_assert!(0 <= balance && balance <= standing.disbursed && standing.disbursed <= TERMS.principal);
            let today = day("2027-01-01");
            prop_assert!(standing.overdue(today) <= balance);
            prop_assert_eq!(balance == 0, matches!(standing.status(today), LoanStatus::Approved | LoanStatus::Repaid | LoanStatus::WrittenOff));
            // Stored and read again in the order of entry, it is the same loan.
            prop_assert_eq!(Ledger::new(TERMS, made.clone()).standing().unwrap(), standing);
            prop_assert_eq!(prefixes(&made), Ok(()));
        }
    }
}

/// No day's balance was ever negative, counting only what still holds.
fn prefixes(made: &[Entry]) -> Result<(), i64> {
    let reversed: Vec<_> = made.iter().filter_map(|entry| entry.reverses).collect();
    let mut holding: Vec<_> = made.iter().filter(|entry| !entry.id.is_some_and(|id| reversed.contains(&id))).collect();
    holding.sort_by_key(|entry| entry.on);
    let mut balance = 0;
    for entry in holding {
        balance += signed(entry);
        if balance < 0 {
            return Err(balance);
        }
    }
    Ok(())
}
