//! The account of one benefit: what each source has to pay, and what it has paid. Pure.

use chrono::NaiveDate;
use entity::{
    enums::{BenefitStatus, FundingSource, Recurrence},
    ids::FundingLineId,
};

use super::{
    rules::{MOST, positive, too_much},
    workflow,
};
use crate::error::{Failure, Result};

/// The share of one source.
#[derive(Clone, Debug)]
pub struct Share {
    pub source: FundingSource,
    pub line: Option<FundingLineId>,
    /// Đồng: in all, or in one period.
    pub amount: i64,
    /// Đồng so far.
    pub paid: i64,
}

impl Share {
    /// What it commits of its line, as `rules::COMMITTED_BY_LINE` counts it, and `fives` for who sees statistics only.
    pub fn committed(&self) -> i64 {
        self.amount.max(self.paid)
    }
}

#[derive(Clone, Debug)]
pub struct Account {
    pub status: BenefitStatus,
    pub recurrence: Recurrence,
    pub shares: Vec<Share>,
    /// The day of the latest payment.
    pub last: Option<NaiveDate>,
}

impl Account {
    /// Đồng of all sources so far.
    pub fn paid(&self) -> i64 {
        self.shares.iter().fold(0, |sum, share| sum.saturating_add(share.paid))
    }

    /// Pays from one source and tells the statuses that this leads through. Refused, it leaves all as it was.
    ///
    /// No source pays more than its share as often as it fell due, `times`, where that is what holds. What is paid once is
    /// complete when all shares are paid; what comes back never is by a payment.
    pub fn pay(
        &mut self,
        (source, amount): (FundingSource, i64),
        on: NaiveDate,
        times: Option<i64>,
    ) -> Result<&'static [BenefitStatus]> {
        positive(amount, "amount")?;
        workflow::check_payable(self.status)?;
        let once = self.recurrence == Recurrence::Once;
        let total = self.shares.iter().try_fold(amount, |sum, share| sum.checked_add(share.paid));
        let known: Vec<_> = self.shares.iter().map(|share| share.source.as_str()).collect();
        let Some(share) = self.shares.iter_mut().find(|share| share.source == source) else {
            return Err(no_share(source, &known));
        };
        if total.is_none_or(|total| total > MOST) {
            return Err(too_much("amount"));
        }
        let paid = share.paid.checked_add(amount).ok_or_else(|| too_much("amount"))?;
        if let Some(most) = times.map(|times| share.amount.saturating_mul(times)).filter(|most| paid > *most) {
            return Err(if once { above_share(share, amount) } else { above_periods(share, most, amount) });
        }
        share.paid = paid;
        self.last = self.last.max(Some(on));
        let in_full = once && self.shares.iter().all(|share| share.paid == share.amount);
        let steps = workflow::paid(self.status, in_full);
        self.status = steps.last().copied().unwrap_or(self.status);
        Ok(steps)
    }
}

/// What comes back, paid beyond what fell due.
fn above_periods(share: &Share, most: i64, amount: i64) -> Failure {
    let Share { source, amount: each, paid, .. } = share;
    let (source, left) = (source.as_str(), most.saturating_sub(*paid));
    Failure::input(
        "amount",
        format!(
            "{source} pays {each} đồng of this benefit each time: {most} fell due, {paid} is paid; {left} is left, {amount} \
             was given."
        ),
        format!(
            "Nguồn {source} chi {each} đồng mỗi kỳ: đến hạn {most}, đã chi {paid}, còn {left}; không thể chi thêm {amount} \
             đồng."
        ),
    )
}

fn no_share(source: FundingSource, known: &[&str]) -> Failure {
    let (source, known) = (source.as_str(), known.join(", "));
    Failure::input(
        "source",
        format!("{source} does not fund this benefit; {known} does."),
        format!("{source} không phải là nguồn vốn của khoản hỗ trợ này; nguồn vốn là {known}."),
    )
}

fn above_share(share: &Share, amount: i64) -> Failure {
    let Share { source, amount: whole, paid, .. } = share;
    let (source, left) = (source.as_str(), whole.saturating_sub(*paid));
    Failure::input(
        "amount",
        format!("{source} pays {whole} đồng of this benefit and has paid {paid}; {left} is left, {amount} was given."),
        format!("Nguồn {source} chi {whole} đồng, đã chi {paid}, còn {left}; không thể chi thêm {amount} đồng."),
    )
}

#[cfg(test)]
mod tests {
    use BenefitStatus as S;
    use FundingSource::{CentralBudget, ProvincialBudget, SocialMobilization};
    use proptest::prelude::*;

    use super::*;

    fn account(recurrence: Recurrence, shares: &[(FundingSource, i64)]) -> Account {
        let shares = shares
            .iter()
            .map(|(source, amount)| Share { source: *source, line: None, amount: *amount, paid: 0 })
            .collect();
        Account { status: S::Approved, recurrence, shares, last: None }
    }

    impl Account {
        fn once(&mut self, source: FundingSource, amount: i64) -> Result<&'static [S]> {
            self.pay((source, amount), NaiveDate::default(), Some(1))
        }

        fn months(&mut self, amount: i64, months: i64) -> Result<&'static [S]> {
            self.pay((ProvincialBudget, amount), NaiveDate::default(), Some(months))
        }
    }

    fn field(result: Result<&[S]>) -> String {
        result.unwrap_err().field.unwrap()
    }

    #[test]
    fn a_merit_house_is_complete_when_both_sources_have_paid() {
        let mut house = account(Recurrence::Once, &[(CentralBudget, 50_000_000), (SocialMobilization, 20_000_000)]);
        assert_eq!(house.once(CentralBudget, 30_000_000).unwrap(), [S::Disbursed]);
        assert_eq!(field(house.once(CentralBudget, 20_000_001)), "amount");
        assert_eq!(field(house.once(ProvincialBudget, 1)), "source");
        assert_eq!(house.once(CentralBudget, 20_000_000).unwrap(), []);
        assert_eq!(house.once(SocialMobilization, 20_000_000).unwrap(), [S::Completed]);
        assert_eq!(field(house.once(SocialMobilization, 1)), "benefitId");
    }

    #[test]
    fn one_payment_of_the_whole_goes_through_both_statuses() {
        let mut gift = account(Recurrence::Once, &[(SocialMobilization, 500_000)]);
        assert_eq!(field(gift.once(SocialMobilization, 0)), "amount");
        assert_eq!(gift.once(SocialMobilization, 500_000).unwrap(), [S::Disbursed, S::Completed]);
    }

    #[test]
    fn an_allowance_is_paid_month_by_month() {
        let mut allowance = account(Recurrence::Monthly, &[(ProvincialBudget, 540_000)]);
        assert_eq!(field(allowance.months(1, 0)), "amount", "it hasn't begun");
        assert_eq!(field(allowance.months(540_001, 1)), "amount");
        assert_eq!(allowance.months(540_000, 1).unwrap(), [S::Disbursed]);
        assert_eq!(field(allowance.months(1, 1)), "amount", "the same month again");
        assert_eq!(allowance.months(540_000, 2).unwrap(), []);
        assert_eq!(allowance.months(1_080_000, 4).unwrap(), [], "two months at once");
        let beyond = allowance.pay((ProvincialBudget, MOST), NaiveDate::default(), None);
        assert_eq!(field(beyond), "amount", "a sum beyond every answer");
        assert_eq!(allowance.shares[0].paid, 2_160_000);
        assert!(allowance.pay((ProvincialBudget, 1), NaiveDate::default(), None).is_ok(), "its shares don't cap it");
    }

    proptest! {
        /// Whatever is tried, what is paid once stays within each share, and is complete exactly when all is paid.
        #[test]
        fn payments_never_exceed_the_shares(
            amounts in prop::collection::vec(1..1_000_i64, 1..=3),
            payments in prop::collection::vec((0..4_usize, -10..600_i64), 0..30),
        ) {
            let sources = [CentralBudget, ProvincialBudget, SocialMobilization, FundingSource::Household];
            let shares: Vec<_> = sources.into_iter().zip(amounts.iter().copied()).collect();
            let mut account = account(Recurrence::Once, &shares);
            let mut accepted = 0;
            for (source, amount) in payments {
                let before = account.status;
                match account.once(sources[source], amount) {
                    Ok(steps) => {
                        accepted += amount;
                        prop_assert_eq!(steps.contains(&S::Disbursed), before == S::Approved);
                    }
                    Err(_) => prop_assert_eq!(account.status, before),
                }
                let paid: i64 = account.shares.iter().map(|share| share.paid).sum();
                prop_assert_eq!(paid, accepted);
                prop_assert!(account.shares.iter().all(|share| (0..=share.amount).contains(&share.paid)));
                let whole: i64 = amounts.iter().sum();
                let expected = match paid { 0 => S::Approved, paid if paid == whole => S::Completed, _ => S::Disbursed };
                prop_assert_eq!(account.status, expected);
            }
        }
    }
}
