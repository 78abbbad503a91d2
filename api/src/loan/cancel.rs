//! Taking an approval back while nothing is paid out: the household is then free for what else is granted to it, and what
//! the loan held of funding lines and ceilings is free too.
//!
//! Its status is REJECTED, as that of a request that the bank refused: nothing is lent. `approvedOn` and the contract's number stay,
//! so that nobody else bears the number.

use entity::{enums::LoanStatus, ids::LoanId, loan};

use super::{
    book::Step,
    check,
    granting::{last_step, save},
    input::CancelLoanInput,
    service::{Written, bank_may_write},
    store,
};
use crate::{
    access::Permission,
    error::Result,
    exchange::{Write, same_version},
    request::Request,
    schema::global_id,
};

/// The bank takes its approval back, by its own will or by the borrower's. CONFLICT once something is out.
pub async fn cancel(request: &Request, input: CancelLoanInput) -> Result<Written> {
    request.viewer.require(Permission::LoanDecide)?;
    bank_may_write(request)?;
    let id = LoanId(global_id::expect("Loan", &input.loan_id, "input.loanId")?);
    let reason = check::reason(&input.reason, "input.reason")?;
    let mut write = Write::begin(request, "cancelLoan").await?;
    let before = store::loan(&write, id, "input.loanId").await?;
    same_version(input.expected_version, before.version)?;
    // What was paid out and reversed was never paid out: such a loan is approved again.
    check::status(&before, &[LoanStatus::Approved], "input.loanId")?;
    let since = last_step(&write, &before).await?;
    let on = check::day(input.cancelled_on.0, "input.cancelledOn", Some(since), request.today())?;
    let step = Step { from: Some(before.status), to: LoanStatus::Rejected, on, note: Some(reason) };
    let after: loan::ActiveModel = before.clone().into();
    save(&mut write, &before, after, step, &["status"]).await?;
    write.commit().await?;
    Ok(Written::loan(id))
}
