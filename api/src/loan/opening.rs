//! Loans as they stand in the bank's own system, up to a thousand in one batch: a constant number of statements,
//! whatever their number. A balance is carried over by entries under the reference `OPENING`.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    household,
    ids::{AgencyId, HouseholdId, LoanId, PersonId},
    loan, loan_product, person,
};
use sea_orm::ActiveValue::{NotSet, Set};

use super::{
    again,
    book::Book,
    check,
    contract::{Contract, Given, stored},
    funding::{self, Lines},
    granting::number_taken,
    input::{LoanInput, RecordLoansInput},
    service::{Written, may_keep_books},
    store,
};
use crate::{
    error::{Failure, Result},
    exchange::{
        Write,
        items::{Outcome, check_count},
        once,
    },
    household as people,
    place::unknown_product,
    program::Allocations,
    request::Request,
};

/// Records contracts. The same contract again is UNCHANGED, but for another grace, which it takes; its number with another
/// content is a conflict.
pub async fn record(request: &Request, input: RecordLoansInput) -> Result<Vec<Outcome<Written>>> {
    may_keep_books(request)?;
    check_count(request, "input.items", input.items.len())?;
    let key = input.idempotency_key.clone();
    once(request, "recordLoans", &key, &input, async |write| {
        let given: Vec<_> = input.items.iter().map(|item| Given::check(item, request.today())).collect();
        let known = Known::load(write, &input.items, &given).await?;
        let mut batch = Batch { known, new: Vec::new(), places: HashMap::new(), graces: HashMap::new() };
        let items = input.items.iter().zip(given);
        let taken: Vec<_> = items.map(|(item, given)| batch.take(item, given?, write)).collect();
        again::regrace(write, &batch.graces).await?;
        let stored = insert(write, batch.new).await?;
        Ok(taken.into_iter().map(|item| outcome(item, &stored)).collect())
    })
    .await
}

/// What became of an item so far.
enum Taken {
    /// To be inserted, under this number.
    New(String),
    /// As an earlier item of the batch.
    Again(String),
    Stored(LoanId),
    /// Stored, with another grace.
    Changed(LoanId),
}

fn outcome(item: Result<Taken>, stored: &HashMap<String, LoanId>) -> Outcome<Written> {
    let written = |loan: LoanId| Written::loan(loan);
    let inserted = |number: &str| stored.get(number).copied().map(written);
    match item {
        Ok(Taken::Stored(loan)) => Outcome::unchanged(written(loan)),
        Ok(Taken::Changed(loan)) => Outcome::applied(written(loan)),
        Ok(Taken::New(number)) => inserted(&number).map_or_else(|| taken_meanwhile(&number), Outcome::applied),
        Ok(Taken::Again(number)) => inserted(&number).map_or_else(|| taken_meanwhile(&number), Outcome::unchanged),
        Err(failure) => Outcome::refused(failure),
    }
}

/// The number is another contract's.
fn another(number: &str) -> Failure {
    number_taken(number).with_field("contractNumber")
}

/// Another batch inserted the number at the same moment.
fn taken_meanwhile(number: &str) -> Outcome<Written> {
    Outcome::refused(number_taken(number).with_field("contractNumber"))
}

/// What the items of a batch refer to, as far as it is stored and in scope.
struct Known {
    products: HashMap<String, Vec<loan_product::Model>>,
    households: HashMap<HouseholdId, household::Model>,
    persons: HashMap<PersonId, person::Model>,
    lines: Lines,
    allocations: Allocations,
    contracts: HashMap<String, (LoanId, Contract)>,
    /// When those were whose approval was taken back.
    taken_back: HashMap<LoanId, NaiveDate>,
    /// When those were asked for here that are sent with another grace.
    asked_for: HashMap<LoanId, NaiveDate>,
}

impl Known {
    async fn load(write: &Write<'_>, items: &[LoanInput], given: &[Result<Given>]) -> Result<Self> {
        let good = || given.iter().filter_map(|given| given.as_ref().ok());
        let households = people::store::households(write, good().map(|given| given.household)).await?;
        let persons = people::store::persons(write, good().filter_map(|given| given.borrower)).await?;
        let mut products: HashMap<String, Vec<_>> = HashMap::new();
        for version in store::products(write, items.iter().map(|item| item.product_code.clone())).await? {
            products.entry(version.code.clone()).or_default().push(version);
        }
        let lines = Lines::named(write, items.iter().flat_map(|item| item.funding.iter().flatten())).await?;
        let allocations = lines.lock(write).await?;
        let mut loans = store::holders(write, good().map(|given| given.number.clone())).await?;
        let mut sent = again::Graces::new();
        for (given, item) in given.iter().zip(items) {
            let grace = given.as_ref().ok().zip(item.grace_months);
            grace.into_iter().for_each(|(given, grace)| sent.entry(&given.number).or_default().push(grace));
        }
        again::hold(write, &mut loans, &sent).await?;
        let taken_back = again::taken_back(write, &loans).await?;
        let asked_for = again::asked_for(write, &loans, &sent).await?;
        let (entries, shares) = store::opened(write, &loans).await?;
        Ok(Self {
            products,
            households: households.into_iter().map(|household| (household.id, household)).collect(),
            persons: persons.into_iter().map(|person| (person.id, person)).collect(),
            lines,
            allocations,
            contracts: stored(loans, &entries, &shares),
            taken_back,
            asked_for,
        })
    }
}

/// A contract to insert.
struct New {
    number: String,
    row: loan::ActiveModel,
    book: Book,
    contract: Contract,
}

struct Batch {
    known: Known,
    new: Vec<New>,
    /// Where in `new` a number stands.
    places: HashMap<String, usize>,
    /// What stored contracts have as their grace from now on.
    graces: HashMap<LoanId, i32>,
}

impl Batch {
    fn take(&mut self, item: &LoanInput, given: Given, write: &Write<'_>) -> Result<Taken> {
        let mut contract = self.contract(item, &given, write)?;
        if let Some(again) = self.again(&given.number, &contract) {
            return again;
        }
        if let Some(place) = self.places.get(&given.number) {
            let same = self.new.get(*place).is_some_and(|new| contract.is(&new.contract));
            return if same { Ok(Taken::Again(given.number)) } else { Err(another(&given.number)) };
        }
        let household = self.known.households.get(&given.household).ok_or_else(|| Failure::not_found("householdId"))?;
        people::service::still_there(household, "householdId")?;
        let versions = self.known.products.get(&item.product_code).into_iter().flatten();
        let product = check::product_on(versions, contract.approved_on);
        let product = product.ok_or_else(|| Failure::internal("a product without versions"))?;
        let grace_months = check::recorded_grace(contract.grace_months, contract.term_months, product, "graceMonths")?;
        contract.grace_months = Some(grace_months);
        let book = contract.book(given.months, write.request.today())?;
        self.known.allocations.commit(&funding::commitments(&contract.shares), "funding")?;
        let row = row(&given.number, &contract, (product, household), &book, write);
        self.places.insert(given.number.clone(), self.new.len());
        self.new.push(New { number: given.number.clone(), row, book, contract });
        Ok(Taken::New(given.number))
    }

    /// A contract whose number is stored; none where it isn't.
    fn again(&mut self, number: &str, contract: &Contract) -> Option<Result<Taken>> {
        let (id, stored) = self.known.contracts.get_mut(number)?;
        if let Some(on) = self.known.taken_back.get(id) {
            return Some(Err(again::was_taken_back(number, *on).with_field("contractNumber")));
        }
        if contract.is(stored) {
            return Some(Ok(Taken::Stored(*id)));
        }
        let Some((grace, stands)) = contract.another_grace(stored) else { return Some(Err(another(number))) };
        if let Some(on) = self.known.asked_for.get(id) {
            return Some(Err(again::was_granted_here(number, *on, (stands, grace)).with_field("graceMonths")));
        }
        // Of two in one batch neither is later.
        if self.graces.contains_key(id) {
            return Some(Err(another(number)));
        }
        let taken = check::grace_in_term(grace, contract.term_months, "graceMonths").map(|grace| {
            stored.grace_months = Some(grace);
            self.graces.insert(*id, grace);
            Taken::Changed(*id)
        });
        Some(taken)
    }

    /// The item with everything it names found.
    fn contract(&self, item: &LoanInput, given: &Given, write: &Write<'_>) -> Result<Contract> {
        if !self.known.products.contains_key(&item.product_code) {
            return Err(unknown_product(&item.product_code, "productCode"));
        }
        let catalog = &write.request.catalog;
        let program = item.program_code.as_ref().map(|code| catalog.program(code, "programCode")).transpose()?;
        let program = program.map(|program| entity::ids::ProgramId(program.id));
        let household = self.known.households.get(&given.household).ok_or_else(|| Failure::not_found("householdId"))?;
        let borrower = given.borrower.map(|id| {
            let person = self.known.persons.get(&id).ok_or_else(|| Failure::not_found("borrowerId"))?;
            check::signatory(person, household, "borrowerId")
        });
        let shares = item.funding.as_deref().unwrap_or_default();
        let (program, shares) = self.known.lines.shares(shares, item.principal.0, program, "funding")?;
        Ok(Contract {
            product: item.product_code.clone(),
            program,
            household: household.id,
            borrower: borrower.transpose()?,
            principal: item.principal.0,
            term_months: item.term_months,
            grace_months: item.grace_months,
            approved_on: item.approved_on.0,
            opening: given.opening,
            shares,
        })
    }
}

fn row(
    number: &str,
    contract: &Contract,
    (product, household): (&loan_product::Model, &household::Model),
    book: &Book,
    write: &Write<'_>,
) -> loan::ActiveModel {
    let (now, today) = (write.request.micros(), write.request.today());
    let standing = book.standing;
    loan::ActiveModel {
        id: NotSet,
        contract_number: Set(number.to_owned()),
        product_id: Set(product.id),
        product_code: Set(contract.product.clone()),
        program_id: Set(contract.program),
        household_id: Set(household.id),
        borrower_id: Set(contract.borrower),
        group_id: Set(None),
        commune_id: Set(household.commune_id),
        district_id: Set(household.district_id),
        status: Set(book.status),
        principal: Set(contract.principal),
        term_months: Set(contract.term_months),
        grace_months: Set(contract.grace_months.unwrap_or_default()),
        // The bank's system knows no day of the request.
        requested_on: Set(contract.approved_on),
        approved_on: Set(Some(contract.approved_on)),
        disbursed_on: Set(standing.disbursed_on),
        matures_on: Set(standing.matures_on),
        disbursed_amount: Set(standing.disbursed),
        outstanding_principal: Set(standing.outstanding),
        overdue_principal: Set(standing.overdue(today)),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(AgencyId(write.request.viewer.agency_id))),
    }
}

/// Inserts contracts with their funding, entries and steps. Tells those that were inserted: a number that another
/// batch took at the same moment is left out.
async fn insert(write: &mut Write<'_>, new: Vec<New>) -> Result<HashMap<String, LoanId>> {
    let rows = new.iter().map(|new| new.row.clone()).collect();
    let loans = store::insert_loans(write, rows).await?.into_iter();
    let mut stored: HashMap<_, _> = loans.map(|loan| (loan.contract_number.clone(), loan)).collect();
    let (mut shares, mut entries, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    let mut ids = HashMap::new();
    for New { number, book, contract, .. } in new {
        let Some(loan) = stored.remove(&number) else { continue };
        shares.extend(contract.shares.iter().map(|share| funding::row(share, loan.id)));
        let (new_entries, new_steps) = book.rows(loan.id, write);
        entries.extend(new_entries);
        steps.extend(new_steps);
        write.created(store::subject(&loan), FIELDS);
        ids.insert(number, loan.id);
    }
    store::insert(write, shares).await?;
    store::insert(write, steps).await?;
    store::insert_entries(write, entries).await?;
    Ok(ids)
}

const FIELDS: &[&str] = &[
    "contractNumber",
    "product",
    "program",
    "household",
    "borrower",
    "status",
    "principal",
    "termMonths",
    "graceMonths",
    "approvedOn",
    "disbursedOn",
    "maturesOn",
    "outstandingPrincipal",
    "overduePrincipal",
    "funding",
    "transactions",
];
