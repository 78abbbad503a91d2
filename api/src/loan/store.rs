//! Look-ups and writes of loans: as far as the viewer sees them, locked until the write ends, one statement for however
//! many loans. Loans are locked in the order of their ids, so that two batches wait for each other and don't deadlock.

use chrono::NaiveDate;
use entity::{
    household,
    ids::{AgencyId, ClientId, HouseholdId, LoanId, LoanProductId, LoanTransactionId, SavingsGroupId},
    loan, loan_ceiling, loan_ceiling_product, loan_funding, loan_override, loan_product, loan_rule, loan_transaction,
    loan_transition, person, risk_debt_rule, savings_group,
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    TryInsertResult,
    sea_query::{LockType, OnConflict, SimpleExpr},
};

use super::check::OPENING;
pub use super::{
    books::{book, books},
    save::{insert_entries, save},
};
use crate::{
    db::Dialect,
    error::{Failure, Result},
    exchange::{Subject, Write},
    program::lending::Against,
};

/// Rows of one insert: SQLite takes 32,766 values a statement.
const ROWS: usize = 1_000;

/// The loan as the subject of an audit entry and a change event. Entries of the ledger and changes of status count as
/// fields of their loan.
pub const fn subject(loan: &loan::Model) -> Subject {
    Subject {
        type_name: "Loan",
        id: loan.id.0,
        version: loan.version,
        commune_id: Some(loan.commune_id),
        district_id: Some(loan.district_id),
    }
}

fn visible(write: &Write<'_>, query: Select<loan::Entity>) -> Select<loan::Entity> {
    let query = query.order_by_asc(loan::Column::Id).lock_exclusive();
    write.request.visible(query)
}

/// The loan with this id; NOT_FOUND where the viewer sees none. It is locked until the write ends.
pub async fn loan(write: &Write<'_>, id: LoanId, field: &str) -> Result<loan::Model> {
    let query = visible(write, loan::Entity::find_by_id(id));
    query.one(&write.tx).await?.ok_or_else(|| Failure::not_found(field))
}

/// The loan with this id and its household, both locked, the household first as everywhere; NOT_FOUND where the viewer
/// sees no such loan. Who holds the household grants it nothing beside anybody else.
pub async fn loan_and_household(write: &Write<'_>, id: LoanId, field: &str) -> Result<(loan::Model, household::Model)> {
    let seen = write.request.visible(loan::Entity::find_by_id(id)).one(&write.tx).await?;
    let seen = seen.ok_or_else(|| Failure::not_found(field))?;
    let household = household::Entity::find_by_id(seen.household_id).lock_exclusive().one(&write.tx).await?;
    let household = household.ok_or_else(|| Failure::internal("a loan without its household"))?;
    Ok((loan(write, id, field).await?, household))
}

/// Who signs for the household.
pub async fn borrower(write: &Write<'_>, loan: &loan::Model) -> Result<Option<person::Model>> {
    let Some(id) = loan.borrower_id else { return Ok(None) };
    Ok(person::Entity::find_by_id(id).one(&write.tx).await?)
}

/// The ceilings that had begun by a day, also those that ended since, each with all of its products; nobody corrects them
/// until the write ends.
pub async fn ceilings(write: &Write<'_>, on: NaiveDate) -> Result<Vec<(loan_ceiling::Model, Vec<String>)>> {
    use loan_ceiling::Column as C;
    let begun = loan_ceiling::Entity::find().filter(C::EffectiveFrom.lte(on)).order_by_asc(C::Id);
    // Read once they are held: one may have ended for another meanwhile. SQLite has one writer.
    if write.request.db.dialect == Dialect::Postgres {
        begun.clone().lock(LockType::KeyShare).all(&write.tx).await?;
    }
    // The ceilings first: one that is recorded in between, in place of another, would have no products yet.
    let ceilings = begun.all(&write.tx).await?;
    let products = loan_ceiling_product::Entity::find().order_by_asc(loan_ceiling_product::Column::ProductCode);
    let products = products.all(&write.tx).await?;
    let with_products = ceilings.into_iter().map(|ceiling| {
        let own = products.iter().filter(|product| product.ceiling_id == ceiling.id);
        let codes: Vec<_> = own.map(|product| product.product_code.clone()).collect();
        (ceiling, codes)
    });
    Ok(with_products.collect())
}

/// Whether a savings and credit group bears the code, in whatever commune.
pub async fn group_coded(write: &Write<'_>, code: &str) -> Result<bool> {
    let query = savings_group::Entity::find().filter(savings_group::Column::Code.eq(code));
    Ok(query.one(&write.tx).await?.is_some())
}

/// The savings and credit group with this id; NOT_FOUND where the viewer sees none. It is locked until the write ends.
pub async fn group(write: &Write<'_>, id: SavingsGroupId, field: &str) -> Result<savings_group::Model> {
    let query = savings_group::Entity::find_by_id(id).lock_exclusive();
    write.request.visible(query).one(&write.tx).await?.ok_or_else(|| Failure::not_found(field))
}

/// The single numbers of the law on a day.
pub async fn loan_rules(write: &Write<'_>, on: NaiveDate) -> Result<Vec<loan_rule::Model>> {
    use loan_rule::Column as C;
    let lasting = Condition::any().add(C::EffectiveTo.is_null()).add(C::EffectiveTo.gte(on));
    Ok(loan_rule::Entity::find().filter(C::EffectiveFrom.lte(on)).filter(lasting).all(&write.tx).await?)
}

/// What may be done about a risk debt on a day.
pub async fn risk_debt_rules(write: &Write<'_>, on: NaiveDate) -> Result<Vec<risk_debt_rule::Model>> {
    use risk_debt_rule::Column as C;
    let lasting = Condition::any().add(C::EffectiveTo.is_null()).add(C::EffectiveTo.gte(on));
    Ok(risk_debt_rule::Entity::find().filter(C::EffectiveFrom.lte(on)).filter(lasting).all(&write.tx).await?)
}

/// All loans of a household, which is locked: what it owes is one sum, whoever of the bank asks.
pub async fn loans_of(write: &Write<'_>, household: HouseholdId) -> Result<Vec<loan::Model>> {
    Ok(loan::Entity::find().filter(loan::Column::HouseholdId.eq(household)).all(&write.tx).await?)
}

/// The loan of an entry of a ledger; NOT_FOUND where the viewer sees none. It is locked until the write ends.
pub async fn loan_of(write: &Write<'_>, id: LoanTransactionId, field: &str) -> Result<loan::Model> {
    let of = loan_transaction::Entity::find_by_id(id).select_only().column(loan_transaction::Column::LoanId);
    let query = visible(write, loan::Entity::find().filter(loan::Column::Id.in_subquery(of.into_query())));
    query.one(&write.tx).await?.ok_or_else(|| Failure::not_found(field))
}

/// The loans with these contract numbers that the viewer sees, locked.
pub async fn loans_numbered(write: &Write<'_>, numbers: impl IntoIterator<Item = String>) -> Result<Vec<loan::Model>> {
    Ok(visible(write, loan::Entity::find().filter(numbered(write, numbers))).all(&write.tx).await?)
}

/// The loans with these contract numbers, whosever they are: a number is unique in the register.
pub async fn holders(write: &Write<'_>, numbers: impl IntoIterator<Item = String>) -> Result<Vec<loan::Model>> {
    Ok(loan::Entity::find().filter(numbered(write, numbers)).all(&write.tx).await?)
}

fn numbered(write: &Write<'_>, numbers: impl IntoIterator<Item = String>) -> SimpleExpr {
    let dialect = write.request.db.dialect;
    dialect.one_of_expr("loan.contract_number", dialect.texts(numbers))
}

/// All versions of products. Until the write ends nobody corrects them: what is lent is lent by what they say.
pub async fn products(write: &Write<'_>, codes: impl IntoIterator<Item = String>) -> Result<Vec<loan_product::Model>> {
    let dialect = write.request.db.dialect;
    let coded = dialect.one_of_expr("loan_product.code", dialect.texts(codes));
    Ok(loan_product::Entity::find().filter(coded).lock(LockType::KeyShare).all(&write.tx).await?)
}

/// The version that a loan was asked for under; nobody corrects it until the write ends.
pub async fn product(write: &Write<'_>, id: LoanProductId) -> Result<loan_product::Model> {
    let found = loan_product::Entity::find_by_id(id).lock(LockType::KeyShare).one(&write.tx).await?;
    found.ok_or_else(|| Failure::internal("a loan without its product"))
}

/// The entries of loans that carried a balance over, and whose money the loans are.
pub async fn opened(
    write: &Write<'_>,
    loans: &[loan::Model],
) -> Result<(Vec<loan_transaction::Model>, Vec<loan_funding::Model>)> {
    if loans.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let dialect = write.request.db.dialect;
    let ids = dialect.numbers(loans.iter().map(|loan| loan.id.0));
    let entries = loan_transaction::Entity::find()
        .filter(dialect.one_of_expr("loan_transaction.loan_id", ids.clone()))
        .filter(loan_transaction::Column::Reference.eq(OPENING));
    let shares = loan_funding::Entity::find().filter(dialect.one_of_expr("loan_funding.loan_id", ids));
    Ok((entries.all(&write.tx).await?, shares.all(&write.tx).await?))
}

/// The steps of a loan so far.
pub async fn steps(write: &Write<'_>, loan: LoanId) -> Result<Vec<loan_transition::Model>> {
    let query = loan_transition::Entity::find().filter(loan_transition::Column::LoanId.eq(loan));
    Ok(query.all(&write.tx).await?)
}

/// Inserts rows, a thousand a statement.
pub async fn insert<A>(write: &Write<'_>, rows: Vec<A>) -> Result<()>
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(ROWS).collect();
        A::Entity::insert_many(some).exec_without_returning(&write.tx).await?;
    }
    Ok(())
}

/// Inserts loans and tells them as stored, but for those whose number somebody took at the same moment.
pub async fn insert_loans(write: &Write<'_>, rows: Vec<loan::ActiveModel>) -> Result<Vec<loan::Model>> {
    let number = OnConflict::column(loan::Column::ContractNumber).do_nothing().to_owned();
    let insert = loan::Entity::insert_many(rows).on_conflict(number).try_insert();
    match insert.exec_with_returning_many(&write.tx).await? {
        TryInsertResult::Inserted(stored) => Ok(stored),
        TryInsertResult::Empty | TryInsertResult::Conflicted => Ok(Vec::new()),
    }
}

/// The note that a loan was granted against a rule by the caller's leave.
pub fn overridden(write: &Write<'_>, loan: LoanId, against: Against, note: String) -> loan_override::ActiveModel {
    let viewer = &write.request.viewer;
    loan_override::ActiveModel {
        id: NotSet,
        loan_id: Set(loan),
        rule: Set(against.rule.to_owned()),
        note: Set(note),
        collided_type: Set(against.type_name.to_owned()),
        collided_id: Set(against.id),
        at: Set(write.request.micros()),
        agency_id: Set(AgencyId(viewer.agency_id)),
        client_id: Set(Some(ClientId(viewer.client_id))),
    }
}
