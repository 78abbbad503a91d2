//! What roles may be used for, as an operator sets it.

use entity::{EnumSet, enums::Purpose, role};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    access::{purpose::of_built_in, roles::BUILT_IN},
    db::Db,
    error::{Failure, Result},
};

/// Sets what a role is for (none: anything) and whether it must be told before it gives anything on persons. Holds from
/// the next request on, on every node.
pub async fn set_purposes(db: &Db, code: &str, purposes: EnumSet<Purpose>, required: bool) -> Result<()> {
    let change =
        role::ActiveModel { purposes: Set(Some(purposes)), purpose_required: Set(required), ..Default::default() };
    let done = role::Entity::update_many().set(change).filter(role::Column::Code.eq(code)).exec(&db.connection).await?;
    if done.rows_affected == 0 {
        return Err(Failure::input("code", format!("There is no role {code}."), format!("Không có vai trò {code}.")));
    }
    Ok(())
}

/// Gives the built-in roles their purposes where nobody has said anything of them yet.
pub(super) async fn fill_in(db: &Db) -> Result<()> {
    let open = role::Entity::find()
        .filter(role::Column::BuiltIn.eq(true))
        .filter(role::Column::Purposes.is_null())
        .all(&db.connection)
        .await?;
    for built_in in BUILT_IN.iter().filter(|known| open.iter().any(|role| role.code == known.code)) {
        set_purposes(db, built_in.code, of_built_in(built_in.code), false).await?;
    }
    Ok(())
}
