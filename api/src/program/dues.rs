//! What fell due of benefits of monthly assistance, month by month (Decree 20/2021/NĐ-CP art. 4 to 6). Pure.
//!
//! A month is worked out once, with the payment that first reaches it: what changes later, of the person or of the law,
//! changes the months after. A month that a payment reaches late pays no more than was approved, at the level of that
//! month. A month that one benefit of a person was paid for is owed by none of the others.

use chrono::NaiveDate;
use entity::ids::BenefitId;

use super::{
    assistance::Facts,
    assistance_rates::{Due, Rates},
    rules::month,
};
use crate::error::Result;

/// What was settled with the payments of a benefit.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    /// A day of the latest month that a payment reached.
    pub through: NaiveDate,
    /// What had fallen due by then, as it was worked out by then. Đồng.
    pub due: i64,
}

/// A benefit of monthly assistance, running or ended.
#[derive(Clone, Copy, Debug)]
pub struct Assistance {
    pub benefit: BenefitId,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
    /// Đồng a month.
    pub approved: i64,
    pub approved_on: NaiveDate,
    /// None before the first payment.
    pub settled: Option<Settled>,
}

impl Assistance {
    /// Whether its payments reached the month of a day.
    fn paid_for(&self, day: NaiveDate) -> bool {
        let reached = self.settled.is_some_and(|settled| month(day) <= month(settled.through));
        reached && month(self.from) <= month(day) && self.to.is_none_or(|to| month(day) <= month(to))
    }
}

/// What of a benefit among all of its person's fell due to the end of the month of `through`. `facts`: of a day, none after
/// death.
pub fn fallen_due<'a>(
    of: &Assistance,
    others: impl Iterator<Item = &'a Assistance> + Clone,
    rates: &Rates,
    facts: impl Fn(NaiveDate) -> Option<Facts>,
    (through, today): (NaiveDate, NaiveDate),
) -> Result<i64> {
    let mut sum = of.settled.map_or(0, |settled| settled.due);
    for day in rates.due_days((of.from, of.to), through) {
        if of.paid_for(day) || others.clone().any(|other| other.paid_for(day)) {
            continue;
        }
        let due = facts(day).map(|facts| rates.due(&facts)).transpose()?.flatten();
        let Some(Due { monthly, grounds, .. }) = due else { continue };
        let late = month(day) < month(today);
        let most = if late { rates.at_level_of(of.approved, of.approved_on, (day, &grounds))? } else { monthly };
        sum = sum.saturating_add(monthly.min(most));
    }
    Ok(sum)
}

#[cfg(test)]
#[path = "dues_tests.rs"]
mod tests;
