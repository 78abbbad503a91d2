//! The ledger of one loan while it is made: each entry with the balance after it, interest to the đồng.

use chrono::NaiveDate;
use entity::enums::{LoanTransactionKind as Kind, RiskDebtCause};

use super::calendar::days;

/// Rates are thousandths of a percent a year, and a year has 365 days.
const RATE_UNIT: i64 = 100 * 1_000 * 365;

/// An entry as it will be written.
#[derive(Clone, Debug)]
pub struct Entry {
    pub kind: Kind,
    pub amount: i64,
    pub on: NaiveDate,
    /// The bank's receipt; one can carry principal and interest.
    pub receipt: String,
    pub balance_after: i64,
    /// Position of the entry that this one undoes.
    pub reverses: Option<usize>,
    pub until: Option<NaiveDate>,
    pub cause: Option<(RiskDebtCause, u8)>,
}

impl Entry {
    /// Why, where the kind of the entry does not say it.
    pub fn reason(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Reversal => Some("Nhập nhầm hợp đồng"),
            Kind::Extension => Some("Chưa thu hoạch kịp kỳ trả nợ"),
            Kind::Freeze => Some("Thiệt hại do nguyên nhân khách quan, có biên bản xác nhận"),
            Kind::WriteOff => Some("Hết thời gian khoanh nợ, không còn khả năng trả nợ"),
            _ => None,
        }
    }
}

/// A ledger and what its entries add up to.
pub struct Ledger<'w> {
    /// From the day of each, oldest first; they change for balances already out, too.
    rates: &'w [(NaiveDate, i64)],
    pub entries: Vec<Entry>,
    pub balance: i64,
    pub disbursed: i64,
    /// Interest that ran up since it was last paid, in đồng times `RATE_UNIT`.
    accrued: i64,
    accrued_until: NaiveDate,
}

impl<'w> Ledger<'w> {
    pub fn new(rates: &'w [(NaiveDate, i64)], from: NaiveDate) -> Self {
        Self { rates, entries: Vec::new(), balance: 0, disbursed: 0, accrued: 0, accrued_until: from }
    }

    pub fn disburse(&mut self, on: NaiveDate, amount: i64, receipt: String) {
        self.accrue(on);
        self.balance += amount;
        self.disbursed += amount;
        self.enter(Kind::Disbursement, on, amount, receipt);
    }

    /// Pays principal, no more than what is out, and all interest to the day.
    pub fn pay(&mut self, on: NaiveDate, principal: i64, receipt: &str) {
        self.accrue(on);
        let interest = half_up(self.accrued, RATE_UNIT);
        if interest > 0 {
            self.accrued = 0;
            self.enter(Kind::InterestPayment, on, interest, receipt.to_owned());
        }
        let principal = principal.min(self.balance);
        if principal > 0 {
            self.balance -= principal;
            self.enter(Kind::PrincipalRepayment, on, principal, receipt.to_owned());
        }
    }

    /// A repayment that belonged to another contract, found out and undone on the same day.
    pub fn mistake(&mut self, on: NaiveDate, principal: i64, receipt: &str) {
        let amount = principal.min(self.balance);
        if amount == 0 {
            return;
        }
        self.accrue(on);
        self.balance -= amount;
        self.enter(Kind::PrincipalRepayment, on, amount, format!("{receipt}-N"));
        self.balance += amount;
        let reverses = self.entries.len() - 1;
        self.enter(Kind::Reversal, on, amount, format!("{receipt}-H"));
        self.change_last(|entry| entry.reverses = Some(reverses));
    }

    pub fn extend(&mut self, on: NaiveDate, until: NaiveDate, receipt: String) {
        self.enter(Kind::Extension, on, 0, receipt);
        self.change_last(|entry| entry.until = Some(until));
    }

    /// No interest runs up from here on.
    pub fn freeze(&mut self, on: NaiveDate, until: NaiveDate, cause: (RiskDebtCause, u8), receipt: String) {
        self.accrue(on);
        self.rates = &[];
        self.enter(Kind::Freeze, on, 0, receipt);
        self.change_last(|entry| {
            entry.until = Some(until);
            entry.cause = Some(cause);
        });
    }

    pub fn write_off(&mut self, on: NaiveDate, cause: (RiskDebtCause, u8), receipt: String) {
        let amount = std::mem::take(&mut self.balance);
        self.enter(Kind::WriteOff, on, amount, receipt);
        self.change_last(|entry| entry.cause = Some(cause));
    }

    pub fn last_day(&self) -> Option<NaiveDate> {
        self.entries.last().map(|entry| entry.on)
    }

    fn enter(&mut self, kind: Kind, on: NaiveDate, amount: i64, receipt: String) {
        let balance_after = self.balance;
        self.entries.push(Entry { kind, amount, on, receipt, balance_after, reverses: None, until: None, cause: None });
    }

    fn change_last(&mut self, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.entries.last_mut() {
            change(entry);
        }
    }

    /// Interest by actual days, each at the rate of the day.
    fn accrue(&mut self, until: NaiveDate) {
        for (position, (from, rate)) in self.rates.iter().enumerate() {
            let first = (*from).max(self.accrued_until);
            let end = self.rates.get(position + 1).map_or(until, |(next, _)| until.min(*next));
            self.accrued += self.balance * rate * days(first, end).max(0);
        }
        self.accrued_until = until;
    }
}

fn half_up(amount: i64, unit: i64) -> i64 {
    (2 * amount + unit) / (2 * unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::calendar::date;

    const RATES: &[(NaiveDate, i64)] = &[(date(2019, 3, 1), 6_600), (date(2025, 12, 1), 6_240)];

    /// 50 M at 6.6% over 30 days: 50,000,000 x 0.066 x 30 / 365 = 271,232.88.
    #[test]
    fn interest_is_by_actual_days_and_rounded_half_up() {
        let mut ledger = Ledger::new(RATES, date(2024, 4, 1));
        ledger.disburse(date(2024, 4, 1), 50_000_000, "A".to_owned());
        ledger.pay(date(2024, 5, 1), 1_000_000, "B");
        let amounts: Vec<_> =
            ledger.entries.iter().map(|entry| (entry.kind, entry.amount, entry.balance_after)).collect();
        assert_eq!(
            amounts,
            [
                (Kind::Disbursement, 50_000_000, 50_000_000),
                (Kind::InterestPayment, 271_233, 50_000_000),
                (Kind::PrincipalRepayment, 1_000_000, 49_000_000),
            ]
        );
        assert_eq!([half_up(1, 2), half_up(49, 100), half_up(50, 100)], [1, 0, 1]);
    }

    /// 20 November to 20 December 2025 on 10 M: 11 days at 6.6% and 19 at 6.24% are 19,890.41 + 32,482.19.
    #[test]
    fn a_new_rate_counts_from_its_day_also_for_money_that_is_out() {
        let mut ledger = Ledger::new(RATES, date(2025, 11, 20));
        ledger.disburse(date(2025, 11, 20), 10_000_000, "A".to_owned());
        ledger.pay(date(2025, 12, 20), 0, "B");
        assert_eq!(ledger.entries.last().map(|entry| entry.amount), Some(52_373));
    }

    #[test]
    fn a_mistake_leaves_the_balance_and_names_what_it_undoes() {
        let mut ledger = Ledger::new(RATES, date(2024, 1, 5));
        ledger.disburse(date(2024, 1, 5), 9_000_000, "A".to_owned());
        ledger.mistake(date(2024, 2, 5), 500_000, "B");
        let last = ledger.entries.last().unwrap();
        assert_eq!(
            (last.kind, last.amount, last.reverses, ledger.balance),
            (Kind::Reversal, 500_000, Some(1), 9_000_000)
        );
    }

    #[test]
    fn frozen_money_bears_no_interest_and_what_is_written_off_is_gone() {
        let cause = (RiskDebtCause::NaturalDisaster, 85);
        let mut ledger = Ledger::new(RATES, date(2022, 1, 5));
        ledger.disburse(date(2022, 1, 5), 9_000_000, "A".to_owned());
        ledger.pay(date(2022, 2, 5), 0, "B");
        ledger.freeze(date(2022, 2, 5), date(2025, 2, 5), cause, "C".to_owned());
        ledger.pay(date(2023, 2, 5), 0, "D");
        assert_eq!(ledger.entries.last().map(|entry| entry.kind), Some(Kind::Freeze));
        ledger.write_off(date(2025, 3, 5), cause, "E".to_owned());
        assert_eq!((ledger.balance, ledger.entries.last().map(|entry| entry.amount)), (0, Some(9_000_000)));
    }
}
