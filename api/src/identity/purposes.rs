//! What roles may be used for, as an operator sets it.

use entity::{EnumSet, enums::Purpose, role};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    access::{purpose::of_built_in, roles::BUILT_IN},
    db::Db,
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
    store(&tx, code, purposes, required).await?;
    let fields = &["purposes", "purposeRequired"];
    let deed = Deed { operation: "updateRole", type_name: "Role", id: Some(role.id.0), fields };
    exchange::server::note(&tx, app.clock.now(), deed).await?;
    Ok(tx.commit().await?)
}

async fn store(
    connection: &impl ConnectionTrait,
    code: &str,
    purposes: EnumSet<Purpose>,
    required: bool,
) -> Result<()> {
    let change =
        role::ActiveModel { purposes: Set(Some(purposes)), purpose_required: Set(required), ..Default::default() };
    role::Entity::update_many().set(change).filter(role::Column::Code.eq(code)).exec(connection).await?;
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
        store(&db.connection, built_in.code, of_built_in(built_in.code), false).await?;
    }
    Ok(())
}
