//! Why an entry can't be made in a loan's ledger, in words with the figures.

use chrono::NaiveDate;

use super::ledger::Entry;
use crate::error::Failure;

/// The rule that an entry would break.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Breach {
    AboveOutstanding {
        outstanding: i64,
    },
    AboveApproval {
        left: i64,
    },
    /// A write-off is of the whole balance.
    NotTheBalance {
        outstanding: i64,
    },
    NotDisbursed,
    NothingOut,
    /// An extension ends after the maturity.
    NotLater {
        matures_on: NaiveDate,
    },
    PastMaturity {
        matures_on: NaiveDate,
    },
    Frozen,
    NotFrozen,
    WrittenOff,
    NoSuchEntry,
    ReversalOfReversal,
    ReversedAlready,
    BeforeReversed {
        on: NaiveDate,
    },
    NoSuchDay,
    Overflow,
}

/// A breach, and the entry that would stand in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub breach: Breach,
    entry: Entry,
    /// Whether it is an entry made before, which would not hold any more.
    other: bool,
}

impl Refusal {
    pub fn of(entry: &Entry, breach: Breach) -> Self {
        Self { breach, entry: entry.clone(), other: false }
    }

    pub fn because_of_another(entry: &Entry, breach: Breach) -> Self {
        Self { breach, entry: entry.clone(), other: true }
    }

    /// The failure, with `amount` as the name of the input that holds the sum.
    pub fn failure(&self, amount: &str) -> Failure {
        let (why, why_vi) = self.words();
        if self.other {
            let Entry { reference, on, .. } = &self.entry;
            return Failure::conflict(
                format!("The entry {reference} of {on} would no longer hold: {why}"),
                format!("Bút toán {reference} ngày {on} sẽ không còn hợp lệ: {why_vi}"),
            );
        }
        match self.breach {
            Breach::AboveOutstanding { .. } | Breach::AboveApproval { .. } | Breach::NotTheBalance { .. } => {
                Failure::input(amount, why, why_vi)
            }
            Breach::NotDisbursed | Breach::PastMaturity { .. } | Breach::BeforeReversed { .. } => {
                Failure::input("occurredOn", why, why_vi)
            }
            Breach::NotLater { .. } => Failure::input("until", why, why_vi),
            Breach::NoSuchDay | Breach::Overflow => Failure::input("termMonths", why, why_vi),
            _ => Failure::conflict(why, why_vi),
        }
    }

    fn words(&self) -> (String, String) {
        let Entry { amount, on, .. } = self.entry;
        match self.breach {
            Breach::AboveOutstanding { outstanding } => (
                format!("{amount} đồng of principal is above the {outstanding} đồng outstanding on {on}."),
                format!("Số tiền gốc {amount} đồng vượt dư nợ {outstanding} đồng vào ngày {on}."),
            ),
            Breach::AboveApproval { left } => (
                format!("{amount} đồng is above the {left} đồng that are approved and not yet disbursed."),
                format!("Số tiền {amount} đồng vượt số còn được giải ngân là {left} đồng."),
            ),
            Breach::NotTheBalance { outstanding } => (
                format!("A write-off is of the whole balance, {outstanding} đồng on {on}, not of {amount} đồng."),
                format!("Xóa nợ phải đúng toàn bộ dư nợ {outstanding} đồng vào ngày {on}, không phải {amount} đồng."),
            ),
            Breach::NotDisbursed => (
                format!("Nothing of the loan was paid out by {on}."),
                format!("Đến ngày {on} khoản vay chưa được giải ngân."),
            ),
            Breach::NothingOut => {
                (format!("Nothing was outstanding on {on}."), format!("Ngày {on} khoản vay không còn dư nợ."))
            }
            Breach::NotLater { matures_on } => (
                format!("An extension ends after the maturity, {matures_on}."),
                format!("Thời hạn gia hạn phải sau ngày đáo hạn {matures_on}."),
            ),
            Breach::PastMaturity { matures_on } => (
                format!("{on} lies after the maturity, {matures_on}."),
                format!("Ngày {on} đã quá ngày đáo hạn {matures_on}."),
            ),
            Breach::BeforeReversed { on: reversed } => (
                format!("{on} lies before the entry to reverse, of {reversed}."),
                format!("Ngày {on} trước ngày của bút toán cần đảo là {reversed}."),
            ),
            breach => breach.fixed_words(),
        }
    }
}

impl Breach {
    fn fixed_words(self) -> (String, String) {
        let (english, vietnamese) = match self {
            Self::Frozen => ("The loan is frozen.", "Khoản vay đang được khoanh nợ."),
            Self::NotFrozen => ("The loan is not frozen.", "Khoản vay không trong thời gian khoanh nợ."),
            Self::WrittenOff => ("The loan is written off.", "Khoản vay đã được xóa nợ."),
            Self::NoSuchEntry => ("The loan has no such entry.", "Khoản vay không có bút toán này."),
            Self::ReversalOfReversal => ("A reversal can't be reversed.", "Không thể đảo một bút toán đảo."),
            Self::ReversedAlready => ("The entry is reversed already.", "Bút toán này đã được đảo."),
            Self::NoSuchDay => ("The term ends beyond the calendar.", "Thời hạn vay vượt quá lịch."),
            _ => ("The sums of the loan overflow.", "Số tiền của khoản vay vượt giới hạn."),
        };
        (english.to_owned(), vietnamese.to_owned())
    }
}
