//! A loan's ledger as a pure function: the entries in the order of their days are what the loan is.
//!
//! Disbursed sum, balance, maturity and status are never changed by themselves; they follow from the entries. So an
//! entry with an earlier day is checked against every later one, and a reversed entry counts as though it had never
//! been: what its reversal leaves must still hold by itself.

use chrono::{Months, NaiveDate};
use entity::{
    enums::{LoanStatus, LoanTransactionKind as Kind},
    ids::LoanTransactionId,
};

use super::{
    check::OPENING,
    refusal::{Breach, Refusal},
    rules,
};

/// What the bank approved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Đồng; disbursements never sum to more.
    pub principal: i64,
    /// From the first disbursement to the maturity.
    pub months: u32,
}

/// An entry of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// None until it is stored.
    pub id: Option<LoanTransactionId>,
    pub kind: Kind,
    /// Đồng; zero where no money moves.
    pub amount: i64,
    pub on: NaiveDate,
    pub reference: String,
    /// The last day of an extension or a freeze.
    pub until: Option<NaiveDate>,
    /// The entry that a reversal undoes.
    pub reverses: Option<LoanTransactionId>,
}

impl Entry {
    pub fn new(kind: Kind, amount: i64, on: NaiveDate, reference: &str) -> Self {
        Self { id: None, kind, amount, on, reference: reference.to_owned(), until: None, reverses: None }
    }

    pub fn until(self, until: Option<NaiveDate>) -> Self {
        Self { until, ..self }
    }
}

/// What the entries come to. Sums are đồng.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    pub disbursed: i64,
    pub outstanding: i64,
    /// The first disbursement.
    pub disbursed_on: Option<NaiveDate>,
    /// The last day to repay.
    pub matures_on: Option<NaiveDate>,
    frozen: bool,
    written_off: bool,
}

impl Standing {
    pub fn status(&self, today: NaiveDate) -> LoanStatus {
        match self.matures_on {
            None => LoanStatus::Approved,
            Some(_) if self.written_off => LoanStatus::WrittenOff,
            Some(_) if self.outstanding == 0 => LoanStatus::Repaid,
            Some(_) if self.frozen => LoanStatus::Frozen,
            Some(last) if last < today => LoanStatus::Overdue,
            Some(_) => LoanStatus::Active,
        }
    }

    /// Principal that is past its day: all of it after the maturity, none of it during a freeze.
    pub fn overdue(&self, today: NaiveDate) -> i64 {
        if self.status(today) == LoanStatus::Overdue { self.outstanding } else { 0 }
    }

    fn with(mut self, entry: &Entry, terms: Terms) -> Result<Self, Breach> {
        let amount = entry.amount;
        if self.written_off {
            return Err(Breach::WrittenOff);
        }
        if entry.kind == Kind::Disbursement {
            return self.disburse(entry, terms);
        }
        let matures_on = self.matures_on.ok_or(Breach::NotDisbursed)?;
        match entry.kind {
            Kind::PrincipalRepayment if amount > self.outstanding => {
                return Err(Breach::AboveOutstanding { outstanding: self.outstanding });
            }
            Kind::PrincipalRepayment => self.outstanding -= amount,
            Kind::WriteOff if amount != self.outstanding || amount == 0 => {
                return Err(Breach::NotTheBalance { outstanding: self.outstanding });
            }
            Kind::WriteOff => {
                self.outstanding = 0;
                self.written_off = true;
            }
            Kind::Extension => match entry.until {
                Some(until) if until > matures_on => self.matures_on = Some(until),
                _ => return Err(Breach::NotLater { matures_on }),
            },
            Kind::Freeze if self.frozen => return Err(Breach::Frozen),
            Kind::Freeze if self.outstanding == 0 => return Err(Breach::NothingOut),
            Kind::Freeze => self.frozen = true,
            Kind::Unfreeze if !self.frozen => return Err(Breach::NotFrozen),
            Kind::Unfreeze => self.frozen = false,
            Kind::InterestPayment | Kind::Disbursement | Kind::Reversal => {}
        }
        Ok(self)
    }

    fn disburse(mut self, entry: &Entry, terms: Terms) -> Result<Self, Breach> {
        let left = terms.principal - self.disbursed;
        if self.frozen {
            return Err(Breach::Frozen);
        }
        if entry.amount > left {
            return Err(Breach::AboveApproval { left });
        }
        match self.matures_on {
            None => {
                self.disbursed_on = Some(entry.on);
                let matures_on = entry.on.checked_add_months(Months::new(terms.months));
                self.matures_on = Some(matures_on.ok_or(Breach::NoSuchDay)?);
            }
            Some(matures_on) if entry.on > matures_on => return Err(Breach::PastMaturity { matures_on }),
            Some(_) => {}
        }
        self.disbursed = self.disbursed.checked_add(entry.amount).ok_or(Breach::Overflow)?;
        self.outstanding = self.outstanding.checked_add(entry.amount).ok_or(Breach::Overflow)?;
        Ok(self)
    }
}

/// The entries of one loan. Only what holds can be added.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    terms: Terms,
    /// By day; those of one day in the order of entry.
    entries: Vec<Entry>,
    reversed: Vec<LoanTransactionId>,
}

impl Ledger {
    /// The ledger as it is stored: `entries` in the order of entry.
    pub fn new(terms: Terms, entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut ledger = Self { terms, entries: Vec::new(), reversed: Vec::new() };
        for entry in entries {
            ledger.insert(entry);
        }
        ledger
    }

    /// The entries under one reference of the bank.
    pub fn under<'a>(&'a self, reference: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.reference == reference)
    }

    pub fn entry(&self, id: LoanTransactionId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == Some(id))
    }

    /// Adds an entry and tells what the ledger comes to; refused, it leaves the ledger as it was.
    pub fn add(&mut self, entry: Entry) -> Result<Standing, Refusal> {
        if let Some(id) = entry.reverses {
            self.may_reverse(id, entry.on).map_err(|breach| Refusal::of(&entry, breach))?;
        }
        let at = self.insert(entry.clone());
        let standing = self.standing().map_err(|(index, breach)| match self.entries.get(index) {
            Some(other) if index != at => Refusal::because_of_another(other, breach),
            _ => Refusal::of(&entry, breach),
        });
        if standing.is_err() {
            let removed = self.entries.remove(at);
            if removed.reverses.is_some() {
                self.reversed.pop();
            }
        }
        standing
    }

    /// What interest is worked out on. A balance carried over tells nothing of interest before it: its day is the last one
    /// settled.
    pub fn bearing(&self) -> Option<Vec<rules::Entry>> {
        let in_force = self.entries.iter().filter(|entry| self.in_force(entry));
        rules::balances(in_force.map(|entry| {
            let carried = entry.kind == Kind::PrincipalRepayment && entry.reference == OPENING;
            (entry.on, entry.kind, entry.amount, carried || entry.kind == Kind::InterestPayment, entry.until)
        }))
    }

    /// The last day of the last freeze: the one that was set for it, or that on which it was lifted before.
    pub fn frozen_until(&self) -> Option<NaiveDate> {
        self.entries.iter().filter(|entry| self.in_force(entry)).fold(None, |end, entry| match entry.kind {
            Kind::Freeze => entry.until,
            Kind::Unfreeze => end.map(|end: NaiveDate| end.min(entry.on)),
            _ => end,
        })
    }

    fn insert(&mut self, entry: Entry) -> usize {
        self.reversed.extend(entry.reverses);
        let at = self.entries.partition_point(|other| other.on <= entry.on);
        self.entries.insert(at, entry);
        at
    }

    fn may_reverse(&self, id: LoanTransactionId, on: NaiveDate) -> Result<(), Breach> {
        let target = self.entry(id).ok_or(Breach::NoSuchEntry)?;
        if target.kind == Kind::Reversal {
            Err(Breach::ReversalOfReversal)
        } else if self.reversed.contains(&id) {
            Err(Breach::ReversedAlready)
        } else if on < target.on {
            Err(Breach::BeforeReversed { on: target.on })
        } else {
            Ok(())
        }
    }

    fn in_force(&self, entry: &Entry) -> bool {
        entry.kind != Kind::Reversal && !entry.id.is_some_and(|id| self.reversed.contains(&id))
    }

    fn standing(&self) -> Result<Standing, (usize, Breach)> {
        let entries = self.entries.iter().enumerate().filter(|(_, entry)| self.in_force(entry));
        let mut standing = Standing::default();
        for (index, entry) in entries {
            standing = standing.with(entry, self.terms).map_err(|breach| (index, breach))?;
        }
        Ok(standing)
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
