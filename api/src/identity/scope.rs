//! Whether a client, or a token, may have its scope: the committees of districts and communes work with their own unit.

use entity::{agency, enums::AdminLevel, ids::AgencyId};
use sea_orm::{DatabaseTransaction, EntityTrait};

use crate::{
    access::{PermissionSet, bounds},
    error::{Failure, Result},
    place::Catalog,
};

/// BAD_USER_INPUT where the unit is wider than clients of the agency with such permissions may have.
pub async fn check(
    tx: &DatabaseTransaction,
    catalog: &Catalog,
    agency: AgencyId,
    set: PermissionSet,
    unit: i64,
    field: &str,
) -> Result<()> {
    let agency = agency::Entity::find_by_id(agency).one(tx).await?;
    let agency = agency.ok_or_else(|| Failure::internal("a client of no agency"))?.code;
    let Some(widest) = bounds::widest(&agency, set) else { return Ok(()) };
    let unit = catalog.unit(unit).ok_or_else(|| Failure::internal("a scope that is no unit"))?;
    let level = unit.level().unwrap_or(AdminLevel::Province);
    if !bounds::is_wider(level, widest) {
        return Ok(());
    }
    let ((most, most_vi), (given, given_vi)) = (bounds::words(widest), bounds::words(level));
    Err(Failure::input(
        field,
        format!(
            "A client of {agency} that works with the register has a {most} for its scope, or less; {} is a {given}.",
            unit.code
        ),
        format!("Phạm vi của client thuộc {agency} rộng nhất là cấp {most_vi}; {} là cấp {given_vi}.", unit.code),
    ))
}
