//! Look-ups of units for writing.

use entity::{admin_unit, enums::AdminLevel, ids::AdminUnitId};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    error::{Failure, Result},
    exchange::Write,
};

/// Locks a commune, so that two hamlets registered at once don't get one code.
pub async fn lock(write: &Write<'_>, commune: AdminUnitId) -> Result<()> {
    let locked = admin_unit::Entity::find_by_id(commune).lock_exclusive().one(&write.tx).await?;
    locked.map(drop).ok_or_else(|| Failure::internal("a commune of the catalog is not in the database"))
}

/// The commune's hamlets, and those of earlier communes that bore its code: codes are reused.
pub async fn hamlets(write: &Write<'_>, commune: AdminUnitId, code: &str) -> Result<Vec<admin_unit::Model>> {
    let named =
        Condition::any().add(admin_unit::Column::ParentId.eq(commune)).add(admin_unit::Column::Code.starts_with(code));
    let query = admin_unit::Entity::find().filter(admin_unit::Column::Level.eq(AdminLevel::Hamlet)).filter(named);
    Ok(query.all(&write.tx).await?)
}

/// Whether this is a hamlet of the commune.
pub async fn is_hamlet_of(write: &Write<'_>, id: AdminUnitId, commune: AdminUnitId) -> Result<bool> {
    let query = admin_unit::Entity::find_by_id(id)
        .filter(admin_unit::Column::Level.eq(AdminLevel::Hamlet))
        .filter(admin_unit::Column::ParentId.eq(commune));
    Ok(query.one(&write.tx).await?.is_some())
}
