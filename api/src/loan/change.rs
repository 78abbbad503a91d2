//! Extensions, freezes, their ends and write-offs: what the bank does about a debt that can't be paid in time.
//!
//! `risk_debt.rs` has what may be done, `ledger.rs` what the loan's own entries allow.

use entity::{
    EnumSet,
    enums::{LoanChange, LoanStatus, LoanTransactionKind as Kind},
    ids::LoanId,
};
use rust_decimal::Decimal;

use super::{
    book::{DamageRecord, Details},
    check,
    input::{ChangeLoanInput, DamageRecordInput},
    ledger::Entry,
    risk_debt::{self, Asked, Debt},
    service::{Written, enter, may_keep_books},
    store,
};
use crate::{
    error::{Failure, Result},
    exchange::{Write, same_version},
    request::Request,
    schema::global_id,
};

/// Extends, freezes, unfreezes or writes off a running loan.
pub async fn change(request: &Request, input: ChangeLoanInput) -> Result<Written> {
    may_keep_books(request)?;
    let id = LoanId(global_id::expect("Loan", &input.loan_id, "input.loanId")?);
    let reference = check::reference(&input.reference, "input.reference")?;
    let details = details(request, &input)?;
    let mut write = Write::begin(request, "changeLoan").await?;
    let loan = store::loan(&write, id, "input.loanId").await?;
    same_version(input.expected_version, loan.version)?;
    check::status(&loan, changeable(input.change), "input.loanId")?;
    let on = check::day(input.occurred_on.0, "input.occurredOn", loan.disbursed_on, request.today())?;
    let (kind, amount) = match input.change {
        LoanChange::Extension => (Kind::Extension, 0),
        LoanChange::Freeze => (Kind::Freeze, 0),
        LoanChange::Unfreeze => (Kind::Unfreeze, 0),
        LoanChange::WriteOff => (Kind::WriteOff, input.amount.map_or(loan.outstanding_principal, |amount| amount.0)),
    };
    if let Some(record) = &details.record {
        signed(record, loan.group_id.is_some())?;
    }
    let book = store::book(&write, &loan).await?;
    let until = input.until.map(|until| until.0);
    let rules = store::risk_debt_rules(&write, on).await?;
    let asked = Asked {
        change: input.change,
        on,
        until,
        cause: input.cause,
        damage: input.damage_percent.map(|share| share.0),
    };
    risk_debt::check(&rules, &asked, &Debt::of(&loan, &book.ledger))?;
    let warnings = risk_debt::without_record(&asked, details.record.is_some()).into_iter().collect();
    let entry = Entry::new(kind, amount, on, &reference).until(until);
    let written = enter(&mut write, (loan, book), entry, details).await?;
    write.commit().await?;
    Ok(Written { warnings, ..written })
}

/// The statuses in which a loan can be changed so.
const fn changeable(change: LoanChange) -> &'static [LoanStatus] {
    match change {
        LoanChange::Extension | LoanChange::Freeze => &[LoanStatus::Active, LoanStatus::Overdue],
        LoanChange::Unfreeze => &[LoanStatus::Frozen],
        LoanChange::WriteOff => &[LoanStatus::Active, LoanStatus::Overdue, LoanStatus::Frozen],
    }
}

/// Why a loan is changed; each input only where it means something.
fn details(request: &Request, input: &ChangeLoanInput) -> Result<Details> {
    let ChangeLoanInput { change, occurred_on, amount, until, cause, damage_percent, reason, .. } = input;
    let risk = matches!(change, LoanChange::Freeze | LoanChange::WriteOff);
    belongs("input.amount", amount.is_some(), *change == LoanChange::WriteOff, false)?;
    belongs("input.until", until.is_some(), matches!(change, LoanChange::Extension | LoanChange::Freeze), true)?;
    belongs("input.cause", cause.is_some(), *change != LoanChange::Unfreeze, risk)?;
    belongs("input.damagePercent", damage_percent.is_some(), *change != LoanChange::Unfreeze, false)?;
    belongs("input.damageRecord", input.damage_record.is_some(), *change != LoanChange::Unfreeze, false)?;
    if until.is_some_and(|until| until <= *occurred_on) {
        return Err(Failure::input(
            "input.until",
            "It ends after the day on which it begins.",
            "Ngày kết thúc phải sau ngày thực hiện.",
        ));
    }
    if damage_percent.is_some_and(|percent| percent.0 < Decimal::ZERO || percent.0 > Decimal::ONE_HUNDRED) {
        return Err(Failure::input(
            "input.damagePercent",
            "A damage is 0 to 100 percent.",
            "Mức thiệt hại phải từ 0 đến 100%.",
        ));
    }
    Ok(Details {
        cause: *cause,
        damage_percent: damage_percent.map(|percent| percent.0.normalize().to_string()),
        reason: Some(check::reason(reason, "input.reason")?),
        record: input.damage_record.as_ref().map(|record| self::record(request, record, input)).transpose()?,
    })
}

/// An input that is given where it has no meaning, or left out where it is needed.
fn belongs(field: &str, given: bool, allowed: bool, needed: bool) -> Result<()> {
    if given && !allowed {
        return Err(Failure::input(field, "This change does not take it.", "Thao tác này không dùng thông tin này."));
    }
    if needed && allowed && !given {
        return Err(Failure::input(field, "This change needs it.", "Thao tác này cần có thông tin này."));
    }
    Ok(())
}

/// The record of the damage: made before what it is made for.
fn record(request: &Request, given: &DamageRecordInput, input: &ChangeLoanInput) -> Result<DamageRecord> {
    let on = check::day(given.recorded_on.0, "input.damageRecord.recordedOn", None, request.today())?;
    if on > input.occurred_on.0 {
        return Err(Failure::input(
            "input.damageRecord.recordedOn",
            format!("The record is of {on}, after the change that it is made for, {}.", input.occurred_on.0),
            format!("Biên bản lập ngày {on}, sau ngày thực hiện {}.", input.occurred_on.0),
        ));
    }
    let signed_by: EnumSet<_> = given.signed_by.iter().copied().collect();
    Ok(DamageRecord { number: check::reference(&given.number, "input.damageRecord.number")?, on, signed_by })
}

/// Refuses a record that lacks a signature; the group of a loan in one signs too.
fn signed(record: &DamageRecord, in_group: bool) -> Result<()> {
    let missing: Vec<_> = risk_debt::signers(in_group).filter(|signer| !record.signed_by.contains(*signer)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.iter().map(|signer| signer.as_str()).collect::<Vec<_>>().join(", ");
    Err(Failure::input(
        "input.damageRecord.signedBy",
        format!("The record of a damage lacks the signature of {missing}."),
        format!("Biên bản xác định thiệt hại còn thiếu chữ ký của {missing}."),
    ))
}
