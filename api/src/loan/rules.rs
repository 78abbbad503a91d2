//! Interest and schedules: pure functions over a loan's ledger and its product's dated rates.
//!
//! Interest runs by actual days over a year of 365 (Circular 14/2017/TT-NHNN: K+), on the balance of each day, at the
//! rate of that day; half a đồng is rounded up, once at the end. A frozen loan bears none (`rules.md` K1). A reversed
//! entry counts as though it had never been.

use std::str::FromStr;

use chrono::{Months, NaiveDate};
use entity::enums::LoanTransactionKind as Kind;
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde_json::{Value, json};

use crate::{
    error::{Failure, Result},
    read::compute::Inputs,
    schema::scalars::Date,
};

/// Days of a year of interest, times a hundred per cent.
const YEAR_OF_PERCENT: Decimal = Decimal::from_parts(36_500, 0, 0, false, 0);

/// The entries that hold. A balance carried over tells nothing of interest before it: its day is the last one settled.
const LEDGER: &str = "(SELECT string_agg(x.occurred_on || '=' || x.id || '=' || x.kind || '=' || x.amount || '=' || \
     CASE WHEN x.kind = 'INTEREST_PAYMENT' OR (x.kind = 'PRINCIPAL_REPAYMENT' AND x.reference = 'OPENING') THEN 1 ELSE 0 END, ';') \
     FROM loan_transaction x WHERE x.loan_id = {t}.id AND x.kind <> 'REVERSAL' \
     AND NOT EXISTS (SELECT 1 FROM loan_transaction r WHERE r.reverses_id = x.id))";
const RATES: &str = "(SELECT string_agg(r.effective_from || '=' || r.annual_rate, ';') FROM loan_rate r \
     WHERE r.product_code = {t}.product_code)";

/// Ledger, rates.
pub const INTEREST_INPUTS: &[&str] = &[LEDGER, RATES];
/// Ledger, rates, first disbursement, disbursed amount, term, outstanding principal.
pub const SCHEDULE_INPUTS: &[&str] =
    &[LEDGER, RATES, DISBURSED_THEN, "{t}.disbursed_amount", "{t}.term_months", OUTSTANDING_THEN];

/// The first disbursement, where it was not after the day.
pub const DISBURSED_THEN: &str = "CASE WHEN {t}.disbursed_on <= {day} THEN {t}.disbursed_on END";
/// The balance on the day, by the days of the entries, which need not be the order of entry.
pub const OUTSTANDING_THEN: &str = "CAST(COALESCE((SELECT sum(CASE COALESCE(u.kind, x.kind) WHEN 'DISBURSEMENT' THEN x.amount \
     WHEN 'PRINCIPAL_REPAYMENT' THEN -x.amount WHEN 'WRITE_OFF' THEN -x.amount ELSE 0 END \
     * CASE WHEN u.id IS NULL THEN 1 ELSE -1 END) \
     FROM loan_transaction x LEFT JOIN loan_transaction u ON u.id = x.reverses_id \
     WHERE x.loan_id = {t}.id AND x.occurred_on <= {day}), 0) AS BIGINT)";

/// An entry of the ledger as far as interest needs it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub on: NaiveDate,
    pub kind: Kind,
    /// Principal outstanding after it, in the order of the days.
    pub balance_after: i64,
    /// Whether interest up to its day is settled.
    pub settles: bool,
}

/// A rate, percent a year, from a day on.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub from: NaiveDate,
    pub percent: Decimal,
}

/// Interest on the balances from the last settlement (or the first disbursement) to `to`, in đồng.
pub fn interest(ledger: &[Entry], rates: &[Rate], to: NaiveDate) -> Option<i64> {
    let from = ledger.iter().rev().find(|entry| entry.settles && entry.on <= to);
    let from = from.or_else(|| ledger.first())?.on;
    let mut total = Decimal::ZERO;
    let mut frozen = false;
    for (index, entry) in ledger.iter().enumerate() {
        frozen = match entry.kind {
            Kind::Freeze => true,
            Kind::Unfreeze => false,
            _ => frozen,
        };
        let until = ledger.get(index + 1).map_or(to, |next| next.on.min(to));
        if !frozen {
            total = total.checked_add(over(entry.balance_after, rates, entry.on.max(from), until)?)?;
        }
    }
    half_up(total)
}

/// Interest on one balance between two days, unrounded.
fn over(balance: i64, rates: &[Rate], from: NaiveDate, to: NaiveDate) -> Option<Decimal> {
    let mut total = Decimal::ZERO;
    for (index, rate) in rates.iter().enumerate() {
        // The first known rate also serves days before it: rates are kept from the plan's time on.
        let start = if index == 0 { from } else { rate.from.max(from) };
        let end = rates.get(index + 1).map_or(to, |next| next.from.min(to));
        let days = (end - start).num_days();
        if days > 0 {
            let part = Decimal::from(balance).checked_mul(rate.percent)?.checked_mul(Decimal::from(days))?;
            total = total.checked_add(part.checked_div(YEAR_OF_PERCENT)?)?;
        }
    }
    Some(total)
}

fn half_up(amount: Decimal) -> Option<i64> {
    amount.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()
}

/// One part of a loan.
#[derive(Debug, PartialEq)]
pub struct Instalment {
    pub due_on: NaiveDate,
    pub principal: i64,
    pub interest: i64,
    pub paid: i64,
}

/// Equal monthly instalments of `amount` from the disbursement; the last one takes what doesn't divide. `repaid`
/// principal counts from the first instalment on.
pub fn instalments(amount: i64, months: u32, from: NaiveDate, rates: &[Rate], repaid: i64) -> Option<Vec<Instalment>> {
    let part = amount.checked_div(i64::from(months))?;
    let (mut left, mut unassigned, mut last_due) = (amount, repaid, from);
    let mut list = Vec::new();
    for number in 1..=months {
        let principal = if number == months { left } else { part };
        let due_on = from.checked_add_months(Months::new(number))?;
        let interest = half_up(over(left, rates, last_due, due_on)?)?;
        let paid = unassigned.min(principal);
        unassigned -= paid;
        left -= principal;
        last_due = due_on;
        list.push(Instalment { due_on, principal, interest, paid });
    }
    Some(list)
}

/// `Loan.accruedInterest(on)`.
pub fn accrued_interest(inputs: &Inputs<'_>) -> Result<Value> {
    let on = inputs.argument::<Date>("on")?.map_or(inputs.day, |on| on.0);
    let (ledger, rates) = (ledger(inputs)?, rates(inputs)?);
    if ledger.is_empty() {
        return Ok(Value::from(0));
    }
    interest(&ledger, &rates, on).map(Value::from).ok_or_else(overflow)
}

/// `Loan.schedule`: none before the disbursement.
pub fn schedule(inputs: &Inputs<'_>) -> Result<Value> {
    let (Some(from), Some(amount), Some(months)) = (inputs.date(2)?, inputs.integer(3), inputs.integer(4)) else {
        return Ok(Value::Null);
    };
    let months = u32::try_from(months).map_err(Failure::internal)?;
    let repaid = amount - inputs.integer(5).unwrap_or_default();
    let list = instalments(amount, months, from, &rates(inputs)?, repaid).ok_or_else(overflow)?;
    let objects = list.into_iter().zip(1..).map(|(part, number)| {
        json!({
            "number": number, "dueOn": part.due_on.to_string(), "principal": part.principal,
            "interest": part.interest, "paid": part.paid,
        })
    });
    Ok(objects.collect())
}

fn overflow() -> Failure {
    Failure::internal("a loan's figures overflow")
}

fn ledger(inputs: &Inputs<'_>) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for text in parts(inputs.text(0)) {
        let fields: Vec<_> = text.split('=').collect();
        let [on, id, kind, amount, settles] = fields.as_slice() else { return Err(overflow()) };
        let kind = Kind::parse(kind).ok_or_else(|| Failure::internal("a ledger entry of no kind"))?;
        entries.push((parse::<NaiveDate>(on)?, parse::<i64>(id)?, kind, parse::<i64>(amount)?, *settles == "1"));
    }
    entries.sort_by_key(|(on, id, ..)| (*on, *id));
    let mut balance_after = 0_i64;
    let entries = entries.into_iter().map(|(on, _, kind, amount, settles)| {
        balance_after = match kind {
            Kind::Disbursement => balance_after.checked_add(amount),
            Kind::PrincipalRepayment | Kind::WriteOff => balance_after.checked_sub(amount),
            _ => Some(balance_after),
        }
        .ok_or_else(overflow)?;
        Ok(Entry { on, kind, balance_after, settles })
    });
    entries.collect()
}

fn rates(inputs: &Inputs<'_>) -> Result<Vec<Rate>> {
    let mut rates = Vec::new();
    for text in parts(inputs.text(1)) {
        let (from, percent) = text.split_once('=').ok_or_else(overflow)?;
        rates.push(Rate { from: parse(from)?, percent: parse(percent)? });
    }
    rates.sort_by_key(|rate| rate.from);
    Ok(rates)
}

fn parts(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.unwrap_or_default().split(';').filter(|part| !part.is_empty())
}

fn parse<T: FromStr>(text: &str) -> Result<T>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(Failure::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn rate(from: &str, percent: &str) -> Rate {
        Rate { from: day(from), percent: percent.parse().unwrap() }
    }

    fn entry(on: &str, kind: Kind, balance_after: i64) -> Entry {
        Entry { on: day(on), kind, balance_after, settles: kind == Kind::InterestPayment }
    }

    #[test]
    fn a_year_on_one_balance_is_the_rate() {
        let ledger = [entry("2022-05-01", Kind::Disbursement, 50_000_000)];
        let rates = [rate("2019-03-01", "6.6")];
        assert_eq!(interest(&ledger, &rates, day("2023-05-01")), Some(3_300_000));
        assert_eq!(interest(&ledger, &rates, day("2022-05-01")), Some(0));
        // 50,000,000 x 6.6% x 30 / 365 = 271,232.876…
        assert_eq!(interest(&ledger, &rates, day("2022-05-31")), Some(271_233));
    }

    #[test]
    fn repayments_rate_changes_and_freezes_count_by_day() {
        let rates = [rate("2019-03-01", "6.6"), rate("2025-12-01", "6.24")];
        let ledger = [
            entry("2025-11-01", Kind::Disbursement, 36_500_000),
            entry("2025-11-11", Kind::InterestPayment, 36_500_000),
            entry("2025-11-21", Kind::PrincipalRepayment, 18_250_000),
        ];
        // 10 days at 66,000 /10… : 36.5 M: 6,600 a day; 18.25 M: 3,300 a day, from 1 December 3,120 a day.
        assert_eq!(interest(&ledger, &rates, day("2025-12-11")), Some(10 * 6_600 + 10 * 3_300 + 10 * 3_120));
        let frozen = [ledger[0], entry("2025-11-11", Kind::Freeze, 36_500_000)];
        assert_eq!(interest(&frozen, &rates, day("2026-11-11")), Some(10 * 6_600));
    }

    #[test]
    fn a_schedule_adds_up_to_the_principal() {
        let rates = [rate("2019-03-01", "6.6")];
        let list = instalments(50_000_000, 36, day("2022-01-31"), &rates, 2_000_000).unwrap();
        assert_eq!(list.len(), 36);
        assert_eq!(list.iter().map(|part| part.principal).sum::<i64>(), 50_000_000);
        assert_eq!(list.iter().map(|part| part.paid).sum::<i64>(), 2_000_000);
        assert_eq!(list[0].due_on, day("2022-02-28"));
        assert_eq!((list[0].paid, list[1].paid, list[2].paid), (1_388_888, 611_112, 0));
    }
}
