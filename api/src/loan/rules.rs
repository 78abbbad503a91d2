//! Interest and schedules: pure functions over a loan's ledger and its product's dated rates. `figures.rs` reads them.
//!
//! Interest runs by actual days over a year of 365 (Circular 14/2017/TT-NHNN: K+), on the balance of each day, at the
//! rate of that day, also of a loan that was out before the rate changed (`rules.md` C5). From the day after the maturity
//! it is a charge of its own at 130% of the rate (L10). Half a đồng is rounded up, once at the end of each charge. A frozen
//! loan bears none up to the last day of the freeze (K1). What the State supports (`support.rs`) is taken off. A reversed entry counts as though it had never been.

use chrono::{Months, NaiveDate};
use entity::enums::LoanTransactionKind as Kind;
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

use super::support::Support;

/// Days of a year of interest, times a hundred per cent.
const YEAR_OF_PERCENT: Decimal = Decimal::from_parts(36_500, 0, 0, false, 0);

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

/// The entries that hold, in their order, each with the balance after it; none where it overflows. Beside an entry's day,
/// kind and sum: whether it settles interest, and the last day of an extension or a freeze.
pub fn balances(
    entries: impl IntoIterator<Item = (NaiveDate, Kind, i64, bool, Option<NaiveDate>)>,
) -> Option<Vec<Entry>> {
    let mut balance_after = 0_i64;
    let entries = entries.into_iter().map(|(on, kind, amount, settles, until)| {
        balance_after = match kind {
            Kind::Disbursement => balance_after.checked_add(amount)?,
            Kind::PrincipalRepayment | Kind::WriteOff => balance_after.checked_sub(amount)?,
            _ => balance_after,
        };
        Some(Entry { on, kind, balance_after, settles, until })
    });
    entries.collect()
}

/// A rate from a day on.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub from: NaiveDate,
    /// Percent a year, or of the rate; none where what was in force has ended and nothing follows: nobody guesses it.
    pub percent: Option<Decimal>,
}

/// Why interest can't be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unknown {
    /// The product has no rate on the day.
    Rate {
        on: NaiveDate,
    },
    /// Nothing says on the day what overdue interest is of the rate.
    OverdueRate {
        on: NaiveDate,
    },
    Overflow,
}

/// What interest is worked out by, beside the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// From the first disbursement to the maturity.
    pub months: u32,
    pub rates: &'a [Rate],
    /// What overdue interest is of the rate, in percent.
    pub overdue: &'a [Rate],
    /// What of it the State pays.
    pub support: &'a [Support],
}

/// Interest since the last settlement, each charge rounded by itself. Đồng.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Accrued {
    /// Up to the maturity, without what is supported.
    pub regular: i64,
    /// What the State pays of it.
    pub support: i64,
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
pub fn interest(ledger: &[Entry], basis: Basis<'_>, to: NaiveDate) -> Result<Accrued, Unknown> {
    let Some(first) = ledger.first() else { return Ok(Accrued::default()) };
    let settled = ledger.iter().rev().find(|entry| entry.settles && entry.on <= to);
    let from = settled.unwrap_or(first).on;
    let (mut regular, mut overdue, mut supported) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    let mut stage = Stage::default();
    for (index, entry) in ledger.iter().enumerate() {
        stage.after(entry, basis.months).ok_or(Unknown::Overflow)?;
        let end = ledger.get(index + 1).map_or(to, |next| next.on.min(to));
        let start = stage.thaws_on.map_or(entry.on, |thaws| thaws.max(entry.on)).max(from);
        let late_from = stage.late_from.unwrap_or(NaiveDate::MAX);
        let balance = entry.balance_after;
        let in_term = (start, end.min(late_from));
        regular = sum(regular, over(balance, basis.rates, in_term.0, in_term.1)?)?;
        supported = sum(supported, paid_by_state(balance, basis.rates, basis.support, in_term)?)?;
        overdue = sum(overdue, late(balance, basis, start.max(late_from), end)?)?;
    }
    let (regular, support) = charge(regular, supported)?;
    Ok(Accrued { regular, support, overdue: half_up(overdue).ok_or(Unknown::Overflow)? })
}

/// What the borrower and what the State pays of a charge: together they are the charge, rounded.
fn charge(regular: Decimal, supported: Decimal) -> Result<(i64, i64), Unknown> {
    let (whole, support) = half_up(regular).zip(half_up(supported)).ok_or(Unknown::Overflow)?;
    Ok((whole.checked_sub(support).ok_or(Unknown::Overflow)?, support))
}

/// What the State pays of the interest on one balance between two days, unrounded.
fn paid_by_state(
    balance: i64,
    rates: &[Rate],
    supports: &[Support],
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Decimal, Unknown> {
    let mut total = Decimal::ZERO;
    for support in supports {
        let (from, to) = (from.max(support.from), support.until.map_or(to, |until| until.min(to)));
        for (percent, start, end) in periods(balance, rates, from, to) {
            let points = percent.map(|percent| support.of(percent));
            total = sum(total, over(balance, &[Rate { from: start, percent: points }], start, end)?)?;
        }
    }
    Ok(total)
}

/// Overdue interest on one balance between two days, unrounded.
fn late(balance: i64, basis: Basis<'_>, from: NaiveDate, to: NaiveDate) -> Result<Decimal, Unknown> {
    let mut total = Decimal::ZERO;
    for (share, start, end) in periods(balance, basis.overdue, from, to) {
        let share = share.ok_or(Unknown::OverdueRate { on: start })?;
        let part = over(balance, basis.rates, start, end)?.checked_mul(share);
        let part = part.and_then(|part| part.checked_div(Decimal::ONE_HUNDRED)).ok_or(Unknown::Overflow)?;
        total = sum(total, part)?;
    }
    Ok(total)
}

/// The percentages in force between two days, each from a day up to another; none where nothing is owed.
fn periods(
    balance: i64,
    rates: &[Rate],
    from: NaiveDate,
    to: NaiveDate,
) -> impl Iterator<Item = (Option<Decimal>, NaiveDate, NaiveDate)> {
    let in_force = rates.iter().enumerate().map(move |(index, rate)| {
        // The first known one also serves days before it: rates are kept from the plan's time on.
        let start = if index == 0 { from } else { rate.from.max(from) };
        (rate.percent, start, rates.get(index + 1).map_or(to, |next| next.from.min(to)))
    });
    let nothing = rates.is_empty().then_some((None, from, to));
    in_force.chain(nothing).filter(move |(_, start, end)| balance != 0 && start < end)
}

/// Interest on one balance between two days, unrounded.
fn over(balance: i64, rates: &[Rate], from: NaiveDate, to: NaiveDate) -> Result<Decimal, Unknown> {
    let mut total = Decimal::ZERO;
    for (percent, start, end) in periods(balance, rates, from, to) {
        let percent = percent.ok_or(Unknown::Rate { on: start })?;
        let days = Decimal::from((end - start).num_days());
        let part = Decimal::from(balance).checked_mul(percent).and_then(|part| part.checked_mul(days));
        total = sum(total, part.and_then(|part| part.checked_div(YEAR_OF_PERCENT)).ok_or(Unknown::Overflow)?)?;
    }
    Ok(total)
}

fn sum(one: Decimal, other: Decimal) -> Result<Decimal, Unknown> {
    one.checked_add(other).ok_or(Unknown::Overflow)
}

/// What of these is in force on a day; the first serves the days before it.
pub fn in_force(rates: &[Rate], on: NaiveDate) -> Option<Decimal> {
    let begun = rates.iter().rev().find(|rate| rate.from <= on);
    begun.or_else(|| rates.first())?.percent
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
pub fn instalments(
    spread: Spread,
    from: NaiveDate,
    (rates, support): (&[Rate], &[Support]),
    repaid: i64,
) -> Result<Vec<Instalment>, Unknown> {
    let Spread { amount, months, grace } = spread;
    let part = months.checked_sub(grace).and_then(|left| amount.checked_div(left.into())).ok_or(Unknown::Overflow)?;
    let (mut left, mut unassigned, mut last_due) = (amount, repaid, from);
    let mut list = Vec::new();
    for number in 1..=months {
        let principal = match number {
            _ if number <= grace => 0,
            _ if number == months => left,
            _ => part,
        };
        let due_on = from.checked_add_months(Months::new(number)).ok_or(Unknown::Overflow)?;
        let supported = paid_by_state(left, rates, support, (last_due, due_on))?;
        let (interest, _) = charge(over(left, rates, last_due, due_on)?, supported)?;
        let paid = unassigned.min(principal);
        unassigned -= paid;
        left -= principal;
        last_due = due_on;
        list.push(Instalment { due_on, principal, interest, paid });
    }
    Ok(list)
}

/// Overdue interest by rules with their last days: where one has ended and none goes on, nothing is known.
pub fn lasting(mut rules: Vec<(Rate, Option<NaiveDate>)>) -> Vec<Rate> {
    rules.sort_by_key(|(rate, _)| rate.from);
    let next = rules.iter().skip(1).map(|(rate, _)| Some(rate.from)).chain([None]);
    let ends = rules.iter().zip(next).map(|((rate, to), next)| {
        let end = to.and_then(|to| to.succ_opt()).filter(|end| next != Some(*end));
        (*rate, end.map(|from| Rate { from, percent: None }))
    });
    ends.flat_map(|(rate, end)| [Some(rate), end]).flatten().collect()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
