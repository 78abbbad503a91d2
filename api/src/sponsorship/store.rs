//! Look-ups of sponsors and what they pledge and give, for writing: locked until the write ends.
//!
//! Sponsors and pledges belong to no commune and have no scope; what goes to a household has the household's.

use entity::{
    gift, household,
    ids::{AdminUnitId, HouseholdId, PledgeId, SponsorId, SponsorshipId},
    pledge, sponsor, sponsorship,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use crate::{
    error::{Failure, Result},
    exchange::{Subject, Write},
};

/// The sponsor with this id. What is written of a sponsor waits for its row, so that a reference is taken once.
pub async fn sponsor(write: &Write<'_>, id: SponsorId, field: &str) -> Result<sponsor::Model> {
    let found = sponsor::Entity::find_by_id(id).lock_exclusive().one(&write.tx).await?;
    found.ok_or_else(|| Failure::not_found(field))
}

/// CONFLICT where a sponsor bears the code.
pub async fn code_is_free(write: &Write<'_>, code: &str) -> Result<()> {
    let taken = sponsor::Entity::find().filter(sponsor::Column::Code.eq(code)).one(&write.tx).await?;
    if taken.is_none() {
        return Ok(());
    }
    Err(Failure::conflict(
        format!("There is a sponsor with the code {code} already."),
        format!("Mã nhà tài trợ {code} đã tồn tại."),
    )
    .with_field("input.code"))
}

/// The sponsor's pledge with this id.
pub async fn pledge(write: &Write<'_>, sponsor: SponsorId, id: PledgeId, field: &str) -> Result<pledge::Model> {
    let query = pledge::Entity::find_by_id(id).filter(pledge::Column::SponsorId.eq(sponsor));
    query.lock_exclusive().one(&write.tx).await?.ok_or_else(|| Failure::not_found(field))
}

/// The sponsor's pledge with this reference, if there is one.
pub async fn pledge_by_reference(
    write: &Write<'_>,
    sponsor: SponsorId,
    reference: &str,
) -> Result<Option<pledge::Model>> {
    let query = pledge::Entity::find()
        .filter(pledge::Column::SponsorId.eq(sponsor))
        .filter(pledge::Column::Reference.eq(reference));
    Ok(query.one(&write.tx).await?)
}

/// The sponsor's gift with this reference, if there is one.
pub async fn gift_by_reference(write: &Write<'_>, sponsor: SponsorId, reference: &str) -> Result<Option<gift::Model>> {
    let query =
        gift::Entity::find().filter(gift::Column::SponsorId.eq(sponsor)).filter(gift::Column::Reference.eq(reference));
    Ok(query.one(&write.tx).await?)
}

/// What was given of a pledge so far, đồng.
pub async fn given(write: &Write<'_>, pledge: PledgeId) -> Result<i64> {
    let dialect = write.request.db.dialect;
    let sql = format!(
        "SELECT CAST(COALESCE(sum(amount), 0) AS BIGINT) FROM gift WHERE pledge_id = {}1",
        dialect.placeholder()
    );
    let row = write.tx.query_one_raw(dialect.statement(sql, vec![pledge.0.into()])).await?;
    let row = row.ok_or_else(|| Failure::internal("a sum without a row"))?;
    Ok(row.try_get_by_index(0)?)
}

/// A sponsor's sponsorships of a household, past and present.
pub async fn of_household(
    write: &Write<'_>,
    sponsor: SponsorId,
    household: HouseholdId,
) -> Result<Vec<sponsorship::Model>> {
    let query = sponsorship::Entity::find()
        .filter(sponsorship::Column::SponsorId.eq(sponsor))
        .filter(sponsorship::Column::HouseholdId.eq(household));
    Ok(query.all(&write.tx).await?)
}

/// The sponsorship with this id and its household, which the viewer must see; both locked.
pub async fn sponsorship(
    write: &Write<'_>,
    id: SponsorshipId,
    field: &str,
) -> Result<(sponsorship::Model, household::Model)> {
    let of = sponsorship::Entity::find_by_id(id).select_only().column(sponsorship::Column::HouseholdId);
    let query = household::Entity::find().filter(household::Column::Id.in_subquery(of.into_query())).lock_exclusive();
    let household = write.request.visible(query).one(&write.tx).await?.ok_or_else(|| Failure::not_found(field))?;
    let found = sponsorship::Entity::find_by_id(id).lock_exclusive().one(&write.tx).await?;
    Ok((found.ok_or_else(|| Failure::not_found(field))?, household))
}

/// A record of sponsorship as the subject of an audit entry and a change event; `place`: the household's commune and
/// district.
pub fn subject(type_name: &'static str, id: i64, version: i32, place: Option<(AdminUnitId, AdminUnitId)>) -> Subject {
    let (commune_id, district_id) = place.unzip();
    Subject { type_name, id, version, commune_id, district_id }
}
