//! Households that move, and households that end.

use entity::{
    benefit,
    enums::{BenefitStatus, LoanStatus, MembershipEnd},
    household,
    ids::{AdminUnitId, AgencyId, HouseholdId},
    loan, membership_history, person,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    sea_query::{Expr, LockType, Order, Query},
};

use super::{
    check,
    input::{DissolveHouseholdInput, MoveHouseholdInput},
    members::past_membership,
    service::{MAX_ADDRESS, Written, area_kind, person_subject, save, still_there, touch},
    store,
};
use crate::{
    access::{Owned, Permission, may_write},
    error::{Failure, Result},
    exchange::{Subject, Write, same_version},
    place,
    request::Request,
    schema::{global_id, text},
};

const MAX_REASON: usize = 500;

/// What lies where its household lives, by GraphQL type and table. Their `commune_id` and `district_id` are the scope.
const FOLLOWERS: [(&str, &str); 4] =
    [("Person", "person"), ("Benefit", "benefit"), ("Loan", "loan"), ("ModelParticipation", "model_participation")];

/// Moves a household with everybody and everything in it, also out of the viewer's scope: the commune that it leaves
/// writes the move, as the Law on Residence has the old place strike a household off. It keeps its code, and where it
/// lived before stays readable by day. An address or a hamlet that isn't given is not known yet: the old one is gone.
pub async fn move_household(request: &Request, input: MoveHouseholdInput) -> Result<Written> {
    request.viewer.require(Permission::HouseholdWrite)?;
    may_write(&request.viewer, Owned::Registry, "household")?;
    let id = HouseholdId(global_id::expect("Household", &input.id, "input.id")?);
    let mut write = Write::begin(request, "moveHousehold").await?;
    let before = store::household(&write, id, "input.id").await?;
    same_version(input.expected_version, before.version)?;
    still_there(&before, "input.id")?;
    let moved_on = input.moved_on.0;
    check::not_future(moved_on, "input.movedOn", request.today())?;
    check::not_before(
        moved_on,
        before.history_from,
        "input.movedOn",
        "what is recorded of the household now began",
        "ngày bắt đầu của thông tin hiện tại về hộ",
    )?;
    let (commune, district) = place::service::commune(request, &input.to_commune_code, "input.toCommuneCode")?;
    let commune_id = AdminUnitId(commune.id);
    let mut after: household::ActiveModel = before.clone().into();
    after.commune_id = Set(commune_id);
    after.district_id = Set(district);
    after.hamlet_id =
        Set(check::hamlet_if_given(&write, input.to_hamlet_id.as_ref(), commune_id, "input.toHamletId").await?);
    after.address = Set(text::optional(input.address.as_deref(), "input.address", MAX_ADDRESS)?);
    after.area_kind = Set(area_kind(&commune)?);
    let applied = ["commune", "hamlet", "address", "areaKind"];
    let stored = save(&mut write, &before, after, moved_on, &applied).await?;
    if stored.commune_id != before.commune_id {
        take_along(&mut write, &stored).await?;
    }
    write.commit().await?;
    Ok(Written::new(id.0, &applied, Vec::new()))
}

/// Rewrites where everything of the household lies: one statement a table, its rows locked by id.
async fn take_along(write: &mut Write<'_>, household: &household::Model) -> Result<()> {
    for (type_name, table) in FOLLOWERS {
        let locked = Query::select()
            .column("id")
            .from(table)
            .and_where(Expr::col("household_id").eq(household.id))
            .order_by("id", Order::Asc)
            .lock(LockType::Update)
            .take();
        let update = Query::update()
            .table(table)
            .value("commune_id", household.commune_id)
            .value("district_id", household.district_id)
            .value("version", Expr::col("version").add(1))
            .value("updated_at", write.request.micros())
            .value("updated_by", write.request.viewer.agency_id)
            .and_where(Expr::col("id").in_subquery(locked))
            .returning(Query::returning().columns(["id", "version"]))
            .take();
        for row in write.tx.query_all(&update).await? {
            let subject = Subject {
                type_name,
                id: row.try_get_by("id")?,
                version: row.try_get_by("version")?,
                commune_id: Some(household.commune_id),
                district_id: Some(household.district_id),
            };
            write.updated(subject, &["household"]);
        }
    }
    Ok(())
}

/// Ends a household. Its members leave with it; they stay in the register and can join another household. Refused while
/// a loan or a benefit of the household is open: money that is owed or granted needs somebody who answers for it.
pub async fn dissolve(request: &Request, input: DissolveHouseholdInput) -> Result<Written> {
    request.viewer.require(Permission::HouseholdWrite)?;
    may_write(&request.viewer, Owned::Registry, "household")?;
    let id = HouseholdId(global_id::expect("Household", &input.id, "input.id")?);
    let reason = text::required(&input.reason, "input.reason", MAX_REASON)?;
    let mut write = Write::begin(request, "dissolveHousehold").await?;
    let before = store::household(&write, id, "input.id").await?;
    same_version(input.expected_version, before.version)?;
    still_there(&before, "input.id")?;
    let (on, field) = (input.dissolved_on.0, "input.dissolvedOn");
    check::not_future(on, field, request.today())?;
    check::not_before(on, before.registered_on, field, "the household was registered", "ngày đăng ký hộ")?;
    let members = store::members(&write, id).await?;
    if let Some(last) = members.iter().filter_map(|member| member.joined_on).max() {
        check::not_before(on, last, field, "the last member joined it", "ngày có nhân khẩu mới vào hộ")?;
    }
    nothing_open(&write, id).await?;
    release(&mut write, &before, &members, on).await?;
    let mut after: household::ActiveModel = before.clone().into();
    after.dissolved_on = Set(Some(on));
    after.dissolved_reason = Set(Some(reason));
    let applied = ["dissolvedOn", "members"];
    touch(&mut write, &before, after, &applied).await?;
    write.commit().await?;
    Ok(Written::new(id.0, &applied, Vec::new()))
}

/// CONFLICT where a loan is asked for or not settled, or a benefit is neither completed nor refused. One text for both:
/// a role that may dissolve need not be one that may read debts.
async fn nothing_open(write: &Write<'_>, household: HouseholdId) -> Result<()> {
    let settled = [LoanStatus::Repaid, LoanStatus::WrittenOff, LoanStatus::Rejected];
    let loans = loan::Entity::find()
        .filter(loan::Column::HouseholdId.eq(household))
        .filter(loan::Column::Status.is_not_in(settled));
    let over = [BenefitStatus::Completed, BenefitStatus::Rejected, BenefitStatus::Cancelled];
    let benefits = benefit::Entity::find()
        .filter(benefit::Column::HouseholdId.eq(household))
        .filter(benefit::Column::Status.is_not_in(over));
    if loans.count(&write.tx).await? == 0 && benefits.count(&write.tx).await? == 0 {
        return Ok(());
    }
    Err(Failure::conflict(
        "The household has a loan or a benefit that is still open. It must be settled or cancelled first.",
        "Hộ còn khoản vay hoặc chế độ hỗ trợ chưa kết thúc; phải tất toán hoặc hủy trước.",
    )
    .with_field("input.id"))
}

/// Ends the memberships of all members.
async fn release(
    write: &mut Write<'_>,
    household: &household::Model,
    members: &[person::Model],
    on: chrono::NaiveDate,
) -> Result<()> {
    if members.is_empty() {
        return Ok(());
    }
    let past = members.iter().map(|member| past_membership(member, household, on, MembershipEnd::Other));
    membership_history::Entity::insert_many(past).exec_without_returning(&write.tx).await?;
    let after = person::ActiveModel {
        household_id: Set(None),
        relationship: Set(None),
        joined_on: Set(None),
        updated_at: Set(write.request.micros()),
        updated_by: Set(Some(AgencyId(write.request.viewer.agency_id))),
        ..Default::default()
    };
    let stored = person::Entity::update_many()
        .set(after)
        .col_expr(person::Column::Version, Expr::col(person::Column::Version).add(1))
        .filter(person::Column::HouseholdId.eq(household.id))
        .exec_with_returning(&write.tx)
        .await?;
    for person in &stored {
        write.updated(person_subject(person), &["household", "relationshipToHead"]);
    }
    Ok(())
}
