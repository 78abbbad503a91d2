//! What roles may be used for, as an operator sets it.

use entity::{EnumSet, enums::Purpose, role};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    error::{Failure, Result},
    exchange::{self, server::Deed},
    startup::App,
};

/// Sets what a role is for (none: anything) and whether it must be told before it gives anything on persons, on the
/// server's own authority. Holds within half a second on every node.
pub async fn set_purposes(app: &App, code: &str, purposes: EnumSet<Purpose>, required: bool) -> Result<()> {
    let tx = app.db.begin().await?;
    let found = role::Entity::find().filter(role::Column::Code.eq(code)).lock_exclusive().one(&tx).await?;
    let role = found.ok_or_else(|| {
        Failure::input("code", format!("There is no role {code}."), format!("Không có vai trò {code}."))
    })?;
    let known = role.purposes.unwrap_or_default();
    let changed = [
        (known != purposes || role.purposes.is_none(), "purposes"),
        (role.purpose_required != required, "purposeRequired"),
    ];
    let fields: Vec<_> = changed.into_iter().filter(|(changed, _)| *changed).map(|(_, field)| field).collect();
    if fields.is_empty() {
        return Ok(());
    }
    let (id, version) = (role.id, role.version);
    let mut row: role::ActiveModel = role.into();
    row.purposes = Set(Some(purposes));
    row.purpose_required = Set(required);
    row.version = Set(version + 1);
    row.update(&tx).await?;
    let deed = Deed { operation: "updateRole", type_name: "Role", id: Some(id.0), fields: &fields };
    exchange::server::note(&tx, app.clock.now(), deed).await?;
    Ok(tx.commit().await?)
}
