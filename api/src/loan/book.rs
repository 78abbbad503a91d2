//! A loan's book under change: new entries, what they come to, and the statuses that the loan passes through.

use chrono::NaiveDate;
use entity::{
    EnumSet,
    enums::{DamageRecordSigner, LoanStatus, RiskDebtCause},
    ids::{AgencyId, ClientId, LoanId},
    loan_transition,
};
use sea_orm::ActiveValue::{NotSet, Set};

use super::{
    ledger::{Entry, Ledger, Standing},
    refusal::Refusal,
    save,
};
use crate::{exchange::Write, request::Request};

/// What an entry says beside money and days.
#[derive(Clone, Debug, Default)]
pub struct Details {
    pub cause: Option<RiskDebtCause>,
    /// Percent, a canonical decimal.
    pub damage_percent: Option<String>,
    pub reason: Option<String>,
    pub record: Option<DamageRecord>,
}

/// The paper on a damage.
#[derive(Clone, Debug, PartialEq)]
pub struct DamageRecord {
    pub number: String,
    pub on: NaiveDate,
    pub signed_by: EnumSet<DamageRecordSigner>,
}

/// A new entry, and the balance after it.
struct Posted {
    entry: Entry,
    balance_after: i64,
    details: Details,
}

/// A change of status.
pub struct Step {
    pub from: Option<LoanStatus>,
    pub to: LoanStatus,
    pub on: NaiveDate,
    pub note: Option<String>,
}

impl Step {
    pub fn row(self, loan: LoanId, request: &Request) -> loan_transition::ActiveModel {
        loan_transition::ActiveModel {
            id: NotSet,
            loan_id: Set(loan),
            from_status: Set(self.from),
            to_status: Set(self.to),
            occurred_on: Set(self.on),
            at: Set(request.micros()),
            agency_id: Set(AgencyId(request.viewer.agency_id)),
            client_id: Set(Some(ClientId(request.viewer.client_id))),
            note: Set(self.note),
        }
    }
}

pub struct Book {
    pub ledger: Ledger,
    pub status: LoanStatus,
    /// As of the last entry posted.
    pub standing: Standing,
    posted: Vec<Posted>,
    steps: Vec<Step>,
}

impl Book {
    pub fn open(ledger: Ledger, status: LoanStatus) -> Self {
        Self { ledger, status, standing: Standing::default(), posted: Vec::new(), steps: Vec::new() }
    }

    /// The book of a contract that begins in this register as approved.
    pub fn approved(ledger: Ledger, on: NaiveDate) -> Self {
        let mut book = Self::open(ledger, LoanStatus::Approved);
        book.steps.push(Step { from: None, to: LoanStatus::Approved, on, note: None });
        book
    }

    pub fn is_changed(&self) -> bool {
        !self.posted.is_empty()
    }

    /// Makes an entry, or tells why it can't be made and leaves the book as it was.
    pub fn post(&mut self, entry: Entry, details: Details, today: NaiveDate) -> Result<(), Refusal> {
        let standing = self.ledger.add(entry.clone())?;
        self.pass(&standing, entry.on, details.reason.as_ref(), today);
        self.standing = standing;
        self.posted.push(Posted { entry, balance_after: standing.outstanding, details });
        Ok(())
    }

    /// Notes the statuses that an entry of a day leads through. An entry of an earlier day can make a loan active that
    /// is overdue by today.
    fn pass(&mut self, standing: &Standing, on: NaiveDate, note: Option<&String>, today: NaiveDate) {
        let (then, now) = (standing.status(on), standing.status(today));
        if now == self.status {
            return;
        }
        let overdue_from = standing.matures_on.and_then(|last| last.succ_opt()).unwrap_or(on);
        let day = match (self.status, now) {
            (LoanStatus::Active | LoanStatus::Approved, LoanStatus::Overdue) => overdue_from,
            (_, LoanStatus::Overdue) => overdue_from.max(on),
            _ => on,
        };
        let through = (then != now).then_some((then, on));
        for (to, on) in through.into_iter().chain([(now, day)]) {
            if to != self.status {
                self.steps.push(Step { from: Some(self.status), to, on, note: note.cloned() });
                self.status = to;
            }
        }
    }

    /// The rows of the new entries and of the changes of status.
    pub fn rows(self, loan: LoanId, write: &Write<'_>) -> (Vec<save::Row>, Vec<loan_transition::ActiveModel>) {
        let entries = self.posted.into_iter().map(|posted| posted.row(loan)).collect();
        (entries, self.steps.into_iter().map(|step| step.row(loan, write.request)).collect())
    }
}

impl Posted {
    /// In the order of the columns.
    fn row(self, loan: LoanId) -> save::Row {
        let Self { entry, balance_after, details } = self;
        let Details { cause, damage_percent, reason, record } = details;
        let signed_by = record.as_ref().map_or(0, |record| record.signed_by.bits());
        let recorded_on = record.as_ref().map(|record| record.on.to_string());
        [
            loan.0.into(),
            entry.kind.as_str().into(),
            entry.amount.into(),
            entry.on.to_string().into(),
            entry.reference.into(),
            balance_after.into(),
            entry.reverses.map(|id| id.0).into(),
            entry.until.map(|day| day.to_string()).into(),
            cause.map(RiskDebtCause::as_str).into(),
            damage_percent.into(),
            reason.into(),
            record.map(|record| record.number).into(),
            recorded_on.into(),
            signed_by.into(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use LoanStatus as S;
    use entity::enums::LoanTransactionKind as Kind;

    use super::*;
    use crate::loan::ledger::Terms;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn steps(book: &Book) -> Vec<(LoanStatus, NaiveDate)> {
        book.steps.iter().map(|step| (step.to, step.on)).collect()
    }

    fn post(book: &mut Book, kind: Kind, amount: i64, on: &str, today: &str) {
        book.post(Entry::new(kind, amount, day(on), on), Details::default(), day(today)).unwrap();
    }

    #[test]
    fn a_loan_passes_through_every_status_on_its_day() {
        let ledger = Ledger::new(Terms { principal: 10, months: 12 }, []);
        let mut book = Book::approved(ledger, day("2022-01-01"));
        // Recorded two years late: active from the disbursement, overdue from the day after the maturity.
        post(&mut book, Kind::Disbursement, 10, "2022-01-05", "2024-01-05");
        let late = [(S::Approved, day("2022-01-01")), (S::Active, day("2022-01-05")), (S::Overdue, day("2023-01-06"))];
        assert_eq!(steps(&book), late);
        // A late entry of an earlier day changes nothing; a freeze ends the delay and its end begins it again.
        post(&mut book, Kind::PrincipalRepayment, 4, "2022-06-01", "2024-01-05");
        assert_eq!(steps(&book).len(), 3);
        post(&mut book, Kind::Freeze, 0, "2024-01-05", "2024-01-05");
        post(&mut book, Kind::Unfreeze, 0, "2024-01-20", "2024-02-01");
        post(&mut book, Kind::PrincipalRepayment, 6, "2024-02-01", "2024-02-01");
        let end = [(S::Frozen, day("2024-01-05")), (S::Overdue, day("2024-01-20")), (S::Repaid, day("2024-02-01"))];
        assert_eq!(steps(&book)[3..], end);
        assert_eq!(book.posted.iter().map(|posted| posted.balance_after).collect::<Vec<_>>(), [10, 6, 6, 6, 0]);
    }

    #[test]
    fn an_active_loan_found_past_its_maturity_was_overdue_from_the_day_after() {
        let entry = Entry {
            id: Some(entity::ids::LoanTransactionId(1)),
            ..Entry::new(Kind::Disbursement, 10, day("2022-01-05"), "A")
        };
        let mut book = Book::open(Ledger::new(Terms { principal: 10, months: 12 }, [entry]), S::Active);
        post(&mut book, Kind::PrincipalRepayment, 1, "2023-05-01", "2023-05-02");
        assert_eq!(steps(&book), [(S::Overdue, day("2023-01-06"))]);
    }
}
