//! A contract of the bank as `recordLoans` carries it over: its content, by which the same one is known again, and the
//! entries that it begins with.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    enums::LoanTransactionKind as Kind,
    ids::{HouseholdId, LoanId, PersonId, ProgramId},
    loan, loan_funding, loan_transaction,
};

use super::{
    book::{Book, Details},
    check::{self, OPENING},
    funding,
    input::LoanInput,
    ledger::{Entry, Ledger, Terms},
};
use crate::{
    error::{Failure, Result},
    program::funding::Share,
    schema::global_id,
};

/// The balance that a loan comes with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opening {
    pub disbursed_on: NaiveDate,
    /// What was repaid before, and the day of the balance; none where nothing was.
    pub repaid: Option<(i64, NaiveDate)>,
}

/// An item whose own data are in order.
#[derive(Debug)]
pub struct Given {
    pub number: String,
    pub household: HouseholdId,
    pub borrower: Option<PersonId>,
    pub months: u32,
    pub opening: Option<Opening>,
}

impl Given {
    pub fn check(item: &LoanInput, today: NaiveDate) -> Result<Self> {
        let principal = check::positive(item.principal.0, "principal")?;
        let approved_on = check::day(item.approved_on.0, "approvedOn", None, today)?;
        let household = global_id::expect("Household", &item.household_id, "householdId")?;
        let borrower = item.borrower_id.as_ref().map(|id| global_id::expect("Person", id, "borrowerId"));
        let opening = match item.disbursed_on {
            Some(on) => {
                let on = check::day(on.0, "disbursedOn", Some(approved_on), today)?;
                Some(Opening { disbursed_on: on, repaid: repaid(item, principal, on, today)? })
            }
            None => {
                not_without_disbursement("outstandingPrincipal", item.outstanding_principal.is_some())?;
                not_without_disbursement("balanceOn", item.balance_on.is_some())?;
                None
            }
        };
        Ok(Self {
            number: check::contract_number(&item.contract_number, "contractNumber")?,
            household: HouseholdId(household),
            borrower: borrower.transpose()?.map(PersonId),
            months: check::term(item.term_months, "termMonths")?,
            opening,
        })
    }
}

fn not_without_disbursement(field: &str, given: bool) -> Result<()> {
    if !given {
        return Ok(());
    }
    Err(Failure::input(
        field,
        "A loan without a disbursement has no balance; give disbursedOn.",
        "Khoản vay chưa giải ngân thì chưa có dư nợ; hãy khai disbursedOn.",
    ))
}

/// What was repaid before the day of the balance.
fn repaid(
    item: &LoanInput,
    principal: i64,
    disbursed_on: NaiveDate,
    today: NaiveDate,
) -> Result<Option<(i64, NaiveDate)>> {
    let on = item.balance_on.map(|on| check::day(on.0, "balanceOn", Some(disbursed_on), today)).transpose()?;
    let Some(outstanding) = item.outstanding_principal.map(|amount| amount.0) else {
        return match on {
            None => Ok(None),
            Some(_) => Err(Failure::input(
                "outstandingPrincipal",
                "balanceOn is the day of a balance: give outstandingPrincipal.",
                "balanceOn là ngày của số dư: hãy khai outstandingPrincipal.",
            )),
        };
    };
    if !(0..=principal).contains(&outstanding) {
        return Err(Failure::input(
            "outstandingPrincipal",
            format!("A balance lies between 0 and the principal, {principal} đồng; {outstanding} was given."),
            format!("Dư nợ phải từ 0 đến số tiền gốc {principal} đồng; đã khai {outstanding}."),
        ));
    }
    let Some(on) = on else {
        return Err(Failure::input(
            "balanceOn",
            "outstandingPrincipal needs the day of the balance.",
            "Cần có ngày của số dư (balanceOn) cùng với outstandingPrincipal.",
        ));
    };
    Ok((outstanding < principal).then_some((principal - outstanding, on)))
}

/// What makes two contracts the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    pub product: String,
    pub program: Option<ProgramId>,
    pub household: HouseholdId,
    pub borrower: Option<PersonId>,
    pub principal: i64,
    pub term_months: i32,
    /// None where the bank says nothing of it.
    pub grace_months: Option<i32>,
    pub approved_on: NaiveDate,
    pub opening: Option<Opening>,
    pub shares: Vec<Share>,
}

impl Contract {
    /// Whether it is the one that is known: a grace that is left to the product is what that one has.
    pub fn is(&self, known: &Self) -> bool {
        let grace_months = self.grace_months.or(known.grace_months);
        Self { grace_months, ..self.clone() } == *known
    }

    /// Its grace and that of the one that is known, where they are the same but for it.
    pub fn another_grace(&self, known: &Self) -> Option<(i32, i32)> {
        let same = Self { grace_months: known.grace_months, ..self.clone() } == *known;
        self.grace_months.zip(known.grace_months).filter(|_| same)
    }

    /// The book that the contract begins with.
    pub fn book(&self, months: u32, today: NaiveDate) -> Result<Book> {
        let terms = Terms { principal: self.principal, months };
        let mut book = Book::approved(Ledger::new(terms, []), self.approved_on);
        let Some(Opening { disbursed_on, repaid }) = self.opening else { return Ok(book) };
        let disbursed = Entry::new(Kind::Disbursement, self.principal, disbursed_on, OPENING);
        let repaid = repaid.map(|(amount, on)| Entry::new(Kind::PrincipalRepayment, amount, on, OPENING));
        for entry in [Some(disbursed), repaid].into_iter().flatten() {
            book.post(entry, Details::default(), today).map_err(|refusal| refusal.failure("principal"))?;
        }
        Ok(book)
    }
}

/// The contracts of stored loans as they were when they came, by number; `entries` are those of their openings.
pub fn stored(
    loans: Vec<loan::Model>,
    entries: &[loan_transaction::Model],
    shares: &[loan_funding::Model],
) -> HashMap<String, (LoanId, Contract)> {
    let (mut disbursed, mut repaid) = (HashMap::new(), HashMap::new());
    for entry in entries {
        match entry.kind {
            Kind::Disbursement => _ = disbursed.insert(entry.loan_id, entry.occurred_on),
            _ => _ = repaid.insert(entry.loan_id, (entry.amount, entry.occurred_on)),
        }
    }
    let mut funding: HashMap<LoanId, Vec<Share>> = HashMap::new();
    for share in shares {
        funding.entry(share.loan_id).or_default().push(funding::stored(share));
    }
    let contracts = loans.into_iter().map(|loan| {
        let disbursed_on = disbursed.remove(&loan.id);
        let repaid = repaid.remove(&loan.id);
        let mut shares = funding.remove(&loan.id).unwrap_or_default();
        funding::sort(&mut shares);
        let contract = Contract {
            product: loan.product_code,
            program: loan.program_id,
            household: loan.household_id,
            borrower: loan.borrower_id,
            principal: loan.principal,
            term_months: loan.term_months,
            grace_months: Some(loan.grace_months),
            approved_on: loan.approved_on.unwrap_or(loan.requested_on),
            opening: disbursed_on.map(|disbursed_on| Opening { disbursed_on, repaid }),
            shares,
        };
        (loan.contract_number, (loan.id, contract))
    });
    contracts.collect()
}
