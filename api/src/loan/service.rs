//! What the bank does to one running loan: disburse, reverse; `change.rs` has extensions, freezes and write-offs.
//!
//! `granting.rs` has the way to a contract, `opening.rs` and `repayments.rs` the batches. Whatever moves money or
//! status of a contract goes through its book (`book.rs`), whose ledger refuses what does not hold.

use entity::{
    enums::{LoanStatus, LoanTransactionKind as Kind},
    ids::{LoanId, LoanTransactionId},
    loan,
};
use serde::{Deserialize, Serialize};

use super::{
    book::{Book, Details},
    check,
    granting::within_ceilings,
    input::{DisburseLoanInput, ReverseLoanTransactionInput},
    ledger::Entry,
    store,
};
use crate::{
    access::{Owned, Permission, may_write},
    error::{Failure, Result},
    exchange::{Write, same_version},
    request::Request,
    schema::{Warning, global_id},
};

/// A loan that was written, and the entries made in its ledger.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Written {
    pub loan: i64,
    pub transactions: Vec<i64>,
    /// What looks wrong and was written all the same; answers that were kept before there were any have none.
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

impl Written {
    /// Nothing was entered in its ledger.
    pub const fn loan(loan: LoanId) -> Self {
        Self { loan: loan.0, transactions: Vec::new(), warnings: Vec::new() }
    }
}

impl Written {
    /// By GraphQL type, for the ledger of accesses.
    pub fn records(&self) -> Vec<(&'static str, i64)> {
        let entries = self.transactions.iter().map(|id| ("LoanTransaction", *id));
        entries.chain([("Loan", self.loan)]).collect()
    }
}

/// Contracts and their ledger are the bank's.
pub fn bank_may_write(request: &Request) -> Result<()> {
    may_write(&request.viewer, Owned::Loan, "loan")
}

/// The ledgers are kept by officers of the bank.
pub fn may_keep_books(request: &Request) -> Result<()> {
    request.viewer.require(Permission::LoanWrite)?;
    bank_may_write(request)
}

/// Pays a loan out, in one or several parts; the first sets the maturity.
pub async fn disburse(request: &Request, input: DisburseLoanInput) -> Result<Written> {
    may_keep_books(request)?;
    let id = LoanId(global_id::expect("Loan", &input.loan_id, "input.loanId")?);
    let amount = check::positive(input.amount.0, "input.amount")?;
    let reference = check::reference(&input.reference, "input.reference")?;
    let mut write = Write::begin(request, "disburseLoan").await?;
    let (loan, _household) = store::loan_and_household(&write, id, "input.loanId").await?;
    same_version(input.expected_version, loan.version)?;
    check::status(&loan, &[LoanStatus::Approved, LoanStatus::Active], "input.loanId")?;
    let on = check::day(input.occurred_on.0, "input.occurredOn", loan.approved_on, request.today())?;
    let book = store::book(&write, &loan).await?;
    within_ceilings(&write, &loan, (amount, on), ["input.amount", "input.occurredOn"]).await?;
    let entry = Entry::new(Kind::Disbursement, amount, on, &reference);
    let written = enter(&mut write, (loan, book), entry, Details::default()).await?;
    write.commit().await?;
    Ok(written)
}

/// Undoes an entry by another one; what it leaves must hold by itself.
pub async fn reverse(request: &Request, input: ReverseLoanTransactionInput) -> Result<Written> {
    may_keep_books(request)?;
    let field = "input.transactionId";
    let id = LoanTransactionId(global_id::expect("LoanTransaction", &input.transaction_id, field)?);
    let reference = check::reference(&input.reference, "input.reference")?;
    let reason = Some(check::reason(&input.reason, "input.reason")?);
    let mut write = Write::begin(request, "reverseLoanTransaction").await?;
    let loan = store::loan_of(&write, id, field).await?;
    same_version(input.expected_version, loan.version)?;
    let on = check::day(input.occurred_on.0, "input.occurredOn", None, request.today())?;
    let book = store::book(&write, &loan).await?;
    let amount = book.ledger.entry(id).map_or(0, |entry| entry.amount);
    let entry = Entry { reverses: Some(id), ..Entry::new(Kind::Reversal, amount, on, &reference) };
    let written = enter(&mut write, (loan, book), entry, Details { reason, ..Details::default() }).await?;
    write.commit().await?;
    Ok(written)
}

/// Makes one entry in the ledger of a loan.
pub async fn enter(
    write: &mut Write<'_>,
    (loan, mut book): (loan::Model, Book),
    entry: Entry,
    details: Details,
) -> Result<Written> {
    if book.ledger.under(&entry.reference).next().is_some() {
        return Err(reference_used(&entry.reference).with_field("input.reference"));
    }
    let id = loan.id;
    book.post(entry, details, write.request.today()).map_err(|refusal| {
        let failure = refusal.failure("amount");
        if failure.field.is_some() { failure.under("input") } else { failure }
    })?;
    let entries = store::save(write, vec![(loan, book)]).await?;
    Ok(Written { transactions: entries.iter().map(|entry| entry.id.0).collect(), ..Written::loan(id) })
}

/// The refusal of a reference that stands for something else in the loan's ledger.
pub fn reference_used(reference: &str) -> Failure {
    Failure::conflict(
        format!("The loan's ledger has other entries under the reference {reference}."),
        format!("Sổ theo dõi khoản vay đã có bút toán khác với số chứng từ {reference}."),
    )
}
