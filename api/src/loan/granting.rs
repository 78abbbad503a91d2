//! From the request of a household to the bank's decision. Who asked or confirmed does not decide.

use chrono::NaiveDate;
use entity::{
    enums::LoanStatus,
    household,
    ids::{AgencyId, HouseholdId, LoanId, LoanProductId, PersonId, ProgramId},
    loan, loan_product, person,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
};

use super::{
    book::Step,
    ceiling::{self, Exposure},
    charged, check, eligibility,
    funding::{self, Lines},
    input::{ConfirmLoanInput, DecideLoanInput, RequestLoanInput},
    service::{Written, bank_may_write},
    split, store,
};
use crate::{
    access::{Owned, Permission, may_write},
    error::{Failure, Result},
    exchange::{Write, once_if_keyed, same_version},
    household as people,
    program::{
        funding::Share,
        lending::{self, Against, Lending},
    },
    request::Request,
    schema::{Warning, global_id},
};

/// Registers the request of a household. Its number is the register's own, `REQ-<year>-<id>`, until the bank gives a
/// contract one.
pub async fn request(request: &Request, input: RequestLoanInput) -> Result<Written> {
    request.viewer.require(Permission::LoanRequest)?;
    may_write(&request.viewer, Owned::LoanRequest, "loanRequest")?;
    let key = input.idempotency_key.clone();
    once_if_keyed(request, "requestLoan", key.as_deref(), &input, async |write| {
        let amount = check::positive(input.amount.0, "input.amount")?;
        check::term(input.term_months, "input.termMonths")?;
        let on = check::day(input.requested_on.0, "input.requestedOn", None, request.today())?;
        request.catalog.knows_product(&request.db, &input.product_code, "input.productCode").await?;
        let household = HouseholdId(global_id::expect("Household", &input.household_id, "input.householdId")?);
        let household = people::store::household(write, household, "input.householdId").await?;
        people::service::still_there(&household, "input.householdId")?;
        let versions = store::products(write, [input.product_code.clone()]).await?;
        let product = check::product_on(versions.iter(), on);
        let product = product.ok_or_else(|| Failure::internal("a product without versions"))?;
        check::offered(product, on, "input.requestedOn")?;
        check::within_ceiling(amount, product, "input.amount")?;
        check::within_term(input.term_months, product, "input.termMonths")?;
        let borrower = borrower(write, &input, &household).await?;
        eligible(write, (product, &household, borrower.as_ref()), on, "input.householdId").await?;
        let loan = insert(write, &input, &household, product.id, borrower.map(|person| person.id)).await?;
        Ok(Written::loan(loan.id))
    })
    .await
}

async fn borrower(
    write: &Write<'_>,
    input: &RequestLoanInput,
    household: &household::Model,
) -> Result<Option<person::Model>> {
    let Some(id) = &input.borrower_id else { return Ok(None) };
    let id = PersonId(global_id::expect("Person", id, "input.borrowerId")?);
    let person = people::store::person(write, id, "input.borrowerId").await?;
    check::borrower(&person, household, "input.borrowerId")?;
    Ok(Some(person))
}

/// CONFLICT unless the product is for the household, or its borrower, as they stand on the day.
async fn eligible(
    write: &Write<'_>,
    (product, household, borrower): (&loan_product::Model, &household::Model, Option<&person::Model>),
    on: NaiveDate,
    field: &str,
) -> Result<()> {
    let then = people::household_on(write, household, on).await?;
    let tells = write.request.viewer.may(Permission::HouseholdRead);
    eligibility::check(product, household, borrower, (on, &then), tells).map_err(|failure| failure.with_field(field))
}

async fn insert(
    write: &mut Write<'_>,
    input: &RequestLoanInput,
    household: &household::Model,
    product: LoanProductId,
    borrower: Option<PersonId>,
) -> Result<loan::Model> {
    let (now, on) = (write.request.micros(), input.requested_on.0);
    let row = loan::ActiveModel {
        id: NotSet,
        // Until the id is known. The household is locked, so that nobody else holds it.
        contract_number: Set(format!("{}{}", check::REQUEST_PREFIX, household.code)),
        product_id: Set(product),
        product_code: Set(input.product_code.clone()),
        program_id: Set(None),
        household_id: Set(household.id),
        borrower_id: Set(borrower),
        group_id: Set(None),
        commune_id: Set(household.commune_id),
        district_id: Set(household.district_id),
        status: Set(LoanStatus::Requested),
        principal: Set(input.amount.0),
        term_months: Set(input.term_months),
        grace_months: Set(0),
        requested_on: Set(on),
        approved_on: Set(None),
        disbursed_on: Set(None),
        matures_on: Set(None),
        disbursed_amount: Set(0),
        outstanding_principal: Set(0),
        overdue_principal: Set(0),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(AgencyId(write.request.viewer.agency_id))),
    };
    let stored = row.insert(&write.tx).await?;
    let number = format!("{}{}-{}", check::REQUEST_PREFIX, on.format("%Y"), stored.id.0);
    let mut numbered: loan::ActiveModel = stored.into();
    numbered.contract_number = Set(number);
    let loan = numbered.update(&write.tx).await?;
    let step = Step { from: None, to: LoanStatus::Requested, on, note: None };
    store::insert(write, vec![step.row(loan.id, write.request)]).await?;
    let fields = &["contractNumber", "product", "household", "borrower", "status", "principal", "termMonths"];
    write.created(store::subject(&loan), fields);
    Ok(loan)
}

/// The commune committee confirms a request, vetted by the savings and credit group or straight from the household.
pub async fn confirm(request: &Request, input: ConfirmLoanInput) -> Result<Written> {
    request.viewer.require(Permission::LoanConfirm)?;
    may_write(&request.viewer, Owned::LoanRequest, "loanRequest")?;
    let id = LoanId(global_id::expect("Loan", &input.loan_id, "input.loanId")?);
    let note = check::note(input.note.as_deref(), "input.note")?;
    let mut write = Write::begin(request, "confirmLoan").await?;
    let before = store::loan(&write, id, "input.loanId").await?;
    same_version(input.expected_version, before.version)?;
    check::status(&before, &[LoanStatus::Requested, LoanStatus::GroupVetted], "input.loanId")?;
    let since = last_step(&write, &before).await?;
    let on = check::day(input.confirmed_on.0, "input.confirmedOn", Some(since), request.today())?;
    let step = Step { from: Some(before.status), to: LoanStatus::CommuneConfirmed, on, note };
    let after: loan::ActiveModel = before.clone().into();
    save(&mut write, &before, after, step, &["status"]).await?;
    write.commit().await?;
    Ok(Written::loan(id))
}

/// The day of the last step that a loan took.
pub async fn last_step(write: &Write<'_>, loan: &loan::Model) -> Result<NaiveDate> {
    let steps = store::steps(write, loan.id).await?;
    Ok(steps.iter().map(|step| step.occurred_on).fold(loan.requested_on, Ord::max))
}

/// The bank grants a confirmed request, as asked for or less, or refuses it.
pub async fn decide(request: &Request, input: DecideLoanInput) -> Result<Written> {
    request.viewer.require(Permission::LoanDecide)?;
    bank_may_write(request)?;
    let id = LoanId(global_id::expect("Loan", &input.loan_id, "input.loanId")?);
    let mut write = Write::begin(request, "decideLoan").await?;
    let (before, household) = store::loan_and_household(&write, id, "input.loanId").await?;
    same_version(input.expected_version, before.version)?;
    check::status(&before, &[LoanStatus::CommuneConfirmed], "input.loanId")?;
    not_own_request(&write, id).await?;
    let since = last_step(&write, &before).await?;
    let on = check::day(input.decided_on.0, "input.decidedOn", Some(since), request.today())?;
    let note = check::note(input.reason.as_deref(), "input.reason")?;
    let leave = override_note(request, &input)?;
    let mut after: loan::ActiveModel = before.clone().into();
    let mut written = Written::loan(id);
    if input.approve {
        let grant = grant(&write, &input, (&before, &household), on).await?;
        after.contract_number = Set(grant.contract_number);
        after.principal = Set(grant.principal);
        after.term_months = Set(grant.term_months);
        after.grace_months = Set(grant.grace_months);
        after.program_id = Set(grant.program);
        after.approved_on = Set(Some(on));
        written.warnings = grant.warnings;
        let against = grant.against.zip(leave);
        let fields = if against.is_some() { OVERRIDDEN } else { GRANTED };
        let overrides = against.map(|(against, note)| store::overridden(&write, id, against, note));
        store::insert(&write, overrides.into_iter().collect()).await?;
        store::insert(&write, grant.shares.iter().map(|share| funding::row(share, id)).collect()).await?;
        let step = Step { from: Some(before.status), to: LoanStatus::Approved, on, note };
        save(&mut write, &before, after, step, fields).await?;
    } else {
        refusal_says_why(&input)?;
        let step = Step { from: Some(before.status), to: LoanStatus::Rejected, on, note };
        save(&mut write, &before, after, step, &["status"]).await?;
    }
    write.commit().await?;
    Ok(written)
}

const GRANTED: &[&str] =
    &["status", "contractNumber", "principal", "termMonths", "graceMonths", "program", "approvedOn", "funding"];
const OVERRIDDEN: &[&str] = &[
    "status",
    "contractNumber",
    "principal",
    "termMonths",
    "graceMonths",
    "program",
    "approvedOn",
    "funding",
    "override",
];

/// What an approval settles.
struct Grant {
    contract_number: String,
    principal: i64,
    term_months: i32,
    grace_months: i32,
    program: Option<ProgramId>,
    shares: Vec<Share>,
    warnings: Vec<Warning>,
    /// What it goes against by leave.
    against: Option<Against>,
}

async fn grant(
    write: &Write<'_>,
    input: &DecideLoanInput,
    (loan, household): (&loan::Model, &household::Model),
    on: NaiveDate,
) -> Result<Grant> {
    let Some(number) = &input.contract_number else {
        return Err(Failure::input(
            "input.contractNumber",
            "An approval gives the loan its contract number.",
            "Khi phê duyệt phải có số hợp đồng.",
        ));
    };
    let contract_number = check::contract_number(number, "input.contractNumber")?;
    if !store::holders(write, [contract_number.clone()]).await?.is_empty() {
        return Err(number_taken(&contract_number).with_field("input.contractNumber"));
    }
    let product: loan_product::Model = store::product(write, loan.product_id).await?;
    let borrower = store::borrower(write, loan).await?;
    eligible(write, (&product, household, borrower.as_ref()), on, "input.loanId").await?;
    let principal = input.principal.map_or(loan.principal, |principal| principal.0);
    check::positive(principal, "input.principal")?;
    check::within_ceiling(principal, &product, "input.principal")?;
    within_ceilings(write, loan, (principal, on), ["input.principal", "input.decidedOn"]).await?;
    let charged = charged::hold(write, [product.code.clone()]).await?;
    charged.grants(&product.code, on).map_err(|failure| failure.with_field("input.decidedOn"))?;
    let term_months = input.term_months.unwrap_or(loan.term_months);
    check::term(term_months, "input.termMonths")?;
    check::within_term(term_months, &product, "input.termMonths")?;
    let grace_months = check::grace(input.grace_months, term_months, &product, "input.graceMonths")?;
    let given = input.funding.as_deref().unwrap_or_default();
    let lines = Lines::named(write, given.iter()).await?;
    let (program, shares) = lines.shares(given, principal, loan.program_id, "input.funding")?;
    lines.lock(write).await?.commit(&funding::commitments(&shares), "input.funding")?;
    let lending = Lending { program, purpose: product.purpose, on };
    let against = lending::check(write, loan.household_id, lending, input.override_note.is_some()).await;
    let against = against.map_err(|failure| failure.with_field("input.loanId"))?;
    let planned = funding::planned(write, &product).await?;
    let warnings = split::departs(&planned, &shares, principal).into_iter().collect();
    Ok(Grant { contract_number, principal, term_months, grace_months, program, shares, warnings, against })
}

/// Why a loan may be granted beside what a program pays, where the bank says so.
fn override_note(request: &Request, input: &DecideLoanInput) -> Result<Option<String>> {
    let Some(note) = input.override_note.as_deref().filter(|_| input.approve) else { return Ok(None) };
    let held = request.viewer.require(Permission::LoanOverride);
    held.map_err(|failure| failure.with_field("input.overrideNote"))?;
    check::reason(note, "input.overrideNote").map(Some)
}

/// CONFLICT where the household would owe more in several products together than it may, on the day; `fields` are the
/// inputs of sum and day. The household is locked, so that whoever grants or pays out something else to it waits.
pub async fn within_ceilings(
    write: &Write<'_>,
    loan: &loan::Model,
    (amount, on): (i64, NaiveDate),
    fields: [&str; 2],
) -> Result<()> {
    let [of_amount, of_day] = fields;
    let begun = store::ceilings(write, on).await?;
    let ceilings = ceiling::over(&begun, &loan.product_code, on).map_err(|failure| failure.with_field(of_day))?;
    if ceilings.is_empty() {
        return Ok(());
    }
    let loans = store::loans_of(write, loan.household_id).await?;
    for (ceiling, products) in ceilings {
        let of_it = loans.iter().filter(|other| products.contains(&other.product_code));
        // Of the loan itself counts what is out; what was granted of it is what is asked about.
        let (own, others): (Vec<_>, Vec<_>) = of_it.partition(|other| other.id == loan.id);
        let others =
            Exposure::of(others.into_iter()).ok_or_else(|| Failure::internal("a household's debts overflow"))?;
        let out = own.iter().map(|own| own.outstanding_principal).sum();
        let exposure = Exposure { outstanding: others.outstanding.saturating_add(out), ..others };
        exposure.takes(amount, ceiling, products).map_err(|failure| failure.with_field(of_amount))?;
    }
    Ok(())
}

/// The refusal of a contract number that another loan bears.
pub fn number_taken(number: &str) -> Failure {
    Failure::conflict(
        format!("Another loan bears the contract number {number}."),
        format!("Số hợp đồng {number} đã thuộc về một khoản vay khác."),
    )
}

fn refusal_says_why(input: &DecideLoanInput) -> Result<()> {
    let given = [
        ("input.contractNumber", input.contract_number.is_some()),
        ("input.principal", input.principal.is_some()),
        ("input.termMonths", input.term_months.is_some()),
        ("input.graceMonths", input.grace_months.is_some()),
        ("input.funding", input.funding.is_some()),
        ("input.overrideNote", input.override_note.is_some()),
    ];
    if let Some((field, _)) = given.into_iter().find(|(_, given)| *given) {
        return Err(Failure::input(
            field,
            "This belongs to an approval; the request is refused.",
            "Thông tin này chỉ dùng khi phê duyệt, trong khi đề nghị bị từ chối.",
        ));
    }
    check::reason(input.reason.as_deref().unwrap_or_default(), "input.reason").map(drop)
}

/// FORBIDDEN to the client that registered, vetted or confirmed the request, whatever roles it has come by.
async fn not_own_request(write: &Write<'_>, loan: LoanId) -> Result<()> {
    let own = write.request.viewer.client_id;
    let steps = store::steps(write, loan).await?;
    if steps.iter().all(|step| step.client_id.is_none_or(|client| client.0 != own)) {
        return Ok(());
    }
    Err(Failure::forbidden(
        "You registered, vetted or confirmed this request; somebody else must decide it.",
        "Bạn đã lập, bình xét hoặc xác nhận đề nghị này; người khác phải quyết định.",
    )
    .with_field("input.loanId"))
}

pub async fn save(
    write: &mut Write<'_>,
    before: &loan::Model,
    mut after: loan::ActiveModel,
    step: Step,
    fields: &[&str],
) -> Result<()> {
    after.status = Set(step.to);
    after.version = Set(before.version + 1);
    after.updated_at = Set(write.request.micros());
    after.updated_by = Set(Some(AgencyId(write.request.viewer.agency_id)));
    let stored = after.update(&write.tx).await?;
    store::insert(write, vec![step.row(stored.id, write.request)]).await?;
    write.updated(store::subject(&stored), fields);
    Ok(())
}
