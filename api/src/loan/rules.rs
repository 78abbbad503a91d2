//! Interest and schedules: pure functions over a loan's ledger and its product's dated rates.
//!
//! Interest runs by actual days over a year of 365 (Circular 14/2017/TT-NHNN: K+), on the balance of each day, at the
//! rate of that day, also of a loan that was out before the rate changed (`rules.md` C5). From the day after the maturity
//! it is a charge of its own at 130% of the rate (L10). Half a đồng is rounded up, once at the end of each charge. A frozen
//! loan bears none up to the last day of the freeze (K1). A reversed entry counts as though it had never been.

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
     CASE WHEN x.kind = 'INTEREST_PAYMENT' OR (x.kind = 'PRINCIPAL_REPAYMENT' AND x.reference = 'OPENING') THEN 1 ELSE 0 END \
     || '=' || COALESCE(CAST(x.until_on AS TEXT), ''), ';') \
     FROM loan_transaction x WHERE x.loan_id = {t}.id AND x.kind <> 'REVERSAL' \
     AND NOT EXISTS (SELECT 1 FROM loan_transaction r WHERE r.reverses_id = x.id))";
const RATES: &str = "(SELECT string_agg(r.effective_from || '=' || r.annual_rate, ';') FROM loan_rate r \
     WHERE r.product_code = {t}.product_code)";

/// The rate of a product on the first day of a version.
pub const RATE_AT_FIRST: &str = "COALESCE((SELECT r.annual_rate FROM loan_rate r WHERE r.product_code = {t}.code \
     AND r.effective_from <= {t}.effective_from ORDER BY r.effective_from DESC LIMIT 1), {t}.annual_rate)";

/// What overdue interest is of the rate, in percent.
const OVERDUE_RATES: &str = "(SELECT string_agg(o.effective_from || '=' || o.value || '=' || COALESCE(CAST(o.effective_to AS TEXT), ''), ';') \
     FROM loan_rule o WHERE o.code = 'OVERDUE_RATE')";

/// Ledger, rates, percent of the rate when overdue, term.
pub const INTEREST_INPUTS: &[&str] = &[LEDGER, RATES, OVERDUE_RATES, "{t}.term_months"];
/// Ledger, rates, first disbursement, disbursed amount, term, grace, outstanding principal.
pub const SCHEDULE_INPUTS: &[&str] =
    &[LEDGER, RATES, DISBURSED_THEN, "{t}.disbursed_amount", "{t}.term_months", "{t}.grace_months", OUTSTANDING_THEN];

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
    /// The last day of an extension or a freeze.
    pub until: Option<NaiveDate>,
}

/// A rate, percent a year, from a day on.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub from: NaiveDate,
    pub percent: Decimal,
}

/// What interest is worked out by, beside the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// From the first disbursement to the maturity.
    pub months: u32,
    pub rates: &'a [Rate],
    /// What overdue interest is of the rate, in percent.
    pub overdue: &'a [Rate],
}

/// Interest since the last settlement, each charge rounded by itself. Đồng.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Accrued {
    /// Up to the maturity.
    pub regular: i64,
    /// From the day after it.
    pub overdue: i64,
}

impl Accrued {
    pub const fn total(self) -> Option<i64> {
        self.regular.checked_add(self.overdue)
    }
}

/// Where a loan stands between two entries.
#[derive(Default)]
struct Stage {
    /// The first day that is overdue.
    late_from: Option<NaiveDate>,
    /// The day on which interest begins again; none outside a freeze.
    thaws_on: Option<NaiveDate>,
}

impl Stage {
    fn after(&mut self, entry: &Entry, months: u32) -> Option<()> {
        match entry.kind {
            Kind::Disbursement if self.late_from.is_none() => {
                self.late_from = Some(entry.on.checked_add_months(Months::new(months))?.succ_opt()?);
            }
            Kind::Extension => self.late_from = entry.until.and_then(|until| until.succ_opt()).or(self.late_from),
            Kind::Freeze => {
                self.thaws_on = Some(entry.until.and_then(|until| until.succ_opt()).unwrap_or(NaiveDate::MAX))
            }
            Kind::Unfreeze => self.thaws_on = None,
            _ => {}
        }
        Some(())
    }
}

/// Interest on the balances from the last settlement (or the first disbursement) to `to`.
pub fn interest(ledger: &[Entry], basis: Basis<'_>, to: NaiveDate) -> Option<Accrued> {
    let Some(first) = ledger.first() else { return Some(Accrued::default()) };
    let settled = ledger.iter().rev().find(|entry| entry.settles && entry.on <= to);
    let from = settled.unwrap_or(first).on;
    let (mut regular, mut overdue) = (Decimal::ZERO, Decimal::ZERO);
    let mut stage = Stage::default();
    for (index, entry) in ledger.iter().enumerate() {
        stage.after(entry, basis.months)?;
        let end = ledger.get(index + 1).map_or(to, |next| next.on.min(to));
        let start = stage.thaws_on.map_or(entry.on, |thaws| thaws.max(entry.on)).max(from);
        let late_from = stage.late_from.unwrap_or(NaiveDate::MAX);
        let balance = entry.balance_after;
        regular = regular.checked_add(over(balance, basis.rates, start, end.min(late_from))?)?;
        overdue = overdue.checked_add(late(balance, basis, start.max(late_from), end)?)?;
    }
    Some(Accrued { regular: half_up(regular)?, overdue: half_up(overdue)? })
}

/// Overdue interest on one balance between two days, unrounded.
fn late(balance: i64, basis: Basis<'_>, from: NaiveDate, to: NaiveDate) -> Option<Decimal> {
    let mut total = Decimal::ZERO;
    for (share, start, end) in periods(basis.overdue, from, to) {
        let part = over(balance, basis.rates, start, end)?.checked_mul(share)?;
        total = total.checked_add(part.checked_div(Decimal::ONE_HUNDRED)?)?;
    }
    Some(total)
}

/// The percentages in force between two days, each from a day up to another.
fn periods(rates: &[Rate], from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = (Decimal, NaiveDate, NaiveDate)> {
    rates.iter().enumerate().map(move |(index, rate)| {
        // The first known one also serves days before it: rates are kept from the plan's time on.
        let start = if index == 0 { from } else { rate.from.max(from) };
        (rate.percent, start, rates.get(index + 1).map_or(to, |next| next.from.min(to)))
    })
}

/// Interest on one balance between two days, unrounded.
fn over(balance: i64, rates: &[Rate], from: NaiveDate, to: NaiveDate) -> Option<Decimal> {
    let mut total = Decimal::ZERO;
    for (percent, start, end) in periods(rates, from, to) {
        let days = (end - start).num_days();
        if days > 0 {
            let part = Decimal::from(balance).checked_mul(percent)?.checked_mul(Decimal::from(days))?;
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

/// What a schedule spreads.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// Đồng.
    pub amount: i64,
    pub months: u32,
    /// The months of them in which only interest falls due (`rules.md` L7, L8); fewer than all.
    pub grace: u32,
}

/// Monthly instalments from the disbursement: interest alone in the grace, then equal parts of the principal; the last one
/// takes what doesn't divide. `repaid` principal counts from the first of them on.
pub fn instalments(spread: Spread, from: NaiveDate, rates: &[Rate], repaid: i64) -> Option<Vec<Instalment>> {
    let Spread { amount, months, grace } = spread;
    let part = amount.checked_div(i64::from(months.checked_sub(grace)?))?;
    let (mut left, mut unassigned, mut last_due) = (amount, repaid, from);
    let mut list = Vec::new();
    for number in 1..=months {
        let principal = match number {
            _ if number <= grace => 0,
            _ if number == months => left,
            _ => part,
        };
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
    accrued(inputs)?.total().map(Value::from).ok_or_else(overflow)
}

/// `Loan.overdueInterest(on)`.
pub fn overdue_interest(inputs: &Inputs<'_>) -> Result<Value> {
    Ok(Value::from(accrued(inputs)?.overdue))
}

fn accrued(inputs: &Inputs<'_>) -> Result<Accrued> {
    let on = inputs.argument::<Date>("on")?.map_or(inputs.day, |on| on.0);
    let (ledger, rates, overdue) = (ledger(inputs)?, rates(inputs, 1)?, overdue_rates(inputs, 2)?);
    let months = u32::try_from(inputs.integer(3).unwrap_or_default()).map_err(Failure::internal)?;
    interest(&ledger, Basis { months, rates: &rates, overdue: &overdue }, on).ok_or_else(overflow)
}

/// `Loan.schedule`: none before the disbursement.
pub fn schedule(inputs: &Inputs<'_>) -> Result<Value> {
    let (Some(from), Some(amount), Some(months)) = (inputs.date(2)?, inputs.integer(3), inputs.integer(4)) else {
        return Ok(Value::Null);
    };
    let months = u32::try_from(months).map_err(Failure::internal)?;
    let grace = u32::try_from(inputs.integer(5).unwrap_or_default()).map_err(Failure::internal)?;
    let repaid = amount - inputs.integer(6).unwrap_or_default();
    let spread = Spread { amount, months, grace };
    let list = instalments(spread, from, &rates(inputs, 1)?, repaid).ok_or_else(overflow)?;
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
        let [on, id, kind, amount, settles, until] = fields.as_slice() else { return Err(overflow()) };
        let until = if until.is_empty() { None } else { Some(parse::<NaiveDate>(until)?) };
        let kind = Kind::parse(kind).ok_or_else(|| Failure::internal("a ledger entry of no kind"))?;
        let key = (parse::<NaiveDate>(on)?, parse::<i64>(id)?);
        entries.push((key, kind, parse::<i64>(amount)?, *settles == "1", until));
    }
    entries.sort_by_key(|(key, ..)| *key);
    let mut balance_after = 0_i64;
    let entries = entries.into_iter().map(|((on, _), kind, amount, settles, until)| {
        balance_after = match kind {
            Kind::Disbursement => balance_after.checked_add(amount),
            Kind::PrincipalRepayment | Kind::WriteOff => balance_after.checked_sub(amount),
            _ => Some(balance_after),
        }
        .ok_or_else(overflow)?;
        Ok(Entry { on, kind, balance_after, settles, until })
    });
    entries.collect()
}

fn rates(inputs: &Inputs<'_>, index: usize) -> Result<Vec<Rate>> {
    let mut rates = Vec::new();
    for text in parts(inputs.text(index)) {
        let (from, percent) = text.split_once('=').ok_or_else(overflow)?;
        rates.push(Rate { from: parse(from)?, percent: parse(percent)? });
    }
    rates.sort_by_key(|rate| rate.from);
    Ok(rates)
}

fn overdue_rates(inputs: &Inputs<'_>, index: usize) -> Result<Vec<Rate>> {
    let mut rules = Vec::new();
    for text in parts(inputs.text(index)) {
        let fields: Vec<_> = text.split('=').collect();
        let [from, percent, to] = fields.as_slice() else { return Err(overflow()) };
        let to = if to.is_empty() { None } else { Some(parse(to)?) };
        rules.push((Rate { from: parse(from)?, percent: parse(percent)? }, to));
    }
    Ok(lasting(rules))
}

/// Overdue interest by rules with their last days: where one has ended and none goes on, the rate itself is charged.
fn lasting(mut rules: Vec<(Rate, Option<NaiveDate>)>) -> Vec<Rate> {
    rules.sort_by_key(|(rate, _)| rate.from);
    let next = rules.iter().skip(1).map(|(rate, _)| Some(rate.from)).chain([None]);
    let ends = rules.iter().zip(next).map(|((rate, to), next)| {
        let end = to.and_then(|to| to.succ_opt()).filter(|end| next != Some(*end));
        (*rate, end.map(|from| Rate { from, percent: Decimal::ONE_HUNDRED }))
    });
    ends.flat_map(|(rate, end)| [Some(rate), end]).flatten().collect()
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
#[path = "rules_tests.rs"]
mod tests;
