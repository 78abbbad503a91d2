//! The built-in roles: stored as the code has them, from the first start on. A release that changes one says so in the
//! ledger; a start that finds them as they are writes nothing.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::{ids::RoleId, role, role_permission};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};

use super::roles::CREATED;
use crate::{
    access::{
        purpose::of_built_in,
        roles::{BUILT_IN, BuiltIn},
    },
    db::Db,
    error::Result,
    exchange::server::{Command, Deed},
};

/// Writes the built-in roles where they differ from the code; roles of the province's own stay, and so do the purposes
/// that an operator has set. Nodes that start together take turns.
pub async fn ensure(db: &Db, now: DateTime<Utc>) -> Result<()> {
    let tx = db.begin().await?;
    let there = role::Entity::find().filter(ours()).all(&tx).await?;
    insert_missing(&tx, &there).await?;
    let stored = role::Entity::find().filter(ours()).order_by_asc(role::Column::Id).lock_exclusive().all(&tx).await?;
    let permissions = permissions(&tx, &stored).await?;
    let command = Command::at(now);
    for role in stored {
        let (id, made) = (role.id, !there.iter().any(|known| known.code == role.code));
        let held = permissions.iter().filter(|row| row.role_id == id).map(|row| row.permission.as_str()).collect();
        let fields = write(&tx, role, &held, made).await?;
        // The first start changes nothing that was: it makes the whole policy.
        if fields.is_empty() || there.is_empty() {
            continue;
        }
        let (operation, fields) = if made { ("createRole", CREATED) } else { ("updateRole", fields.as_slice()) };
        command.note(&tx, Deed { operation, type_name: "Role", id: Some(id.0), fields }).await?;
    }
    Ok(tx.commit().await?)
}

/// What is stored as built in, and what is to be.
fn ours() -> sea_orm::Condition {
    let codes = BUILT_IN.iter().map(|built_in| built_in.code);
    sea_orm::Condition::any().add(role::Column::BuiltIn.eq(true)).add(role::Column::Code.is_in(codes))
}

async fn insert_missing(tx: &DatabaseTransaction, there: &[role::Model]) -> Result<()> {
    let missing = BUILT_IN.iter().filter(|built_in| !there.iter().any(|role| role.code == built_in.code));
    let rows: Vec<_> = missing
        .map(|built_in| role::ActiveModel {
            id: NotSet,
            code: Set(built_in.code.to_owned()),
            name: Set(built_in.name.to_owned()),
            built_in: Set(true),
            longest_token_days: Set(built_in.longest_token_days),
            version: Set(1),
            purposes: NotSet,
            purpose_required: NotSet,
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    // Another node may start too.
    let unless_there = OnConflict::column(role::Column::Code).do_nothing().to_owned();
    role::Entity::insert_many(rows).on_conflict(unless_there).try_insert().exec_without_returning(tx).await?;
    Ok(())
}

async fn permissions(tx: &DatabaseTransaction, roles: &[role::Model]) -> Result<Vec<role_permission::Model>> {
    let ids = roles.iter().map(|role| role.id);
    Ok(role_permission::Entity::find().filter(role_permission::Column::RoleId.is_in(ids)).all(tx).await?)
}

/// Writes what differs and tells its GraphQL names. A role that the code no longer has keeps its row, as others point at
/// it, and allows nothing.
async fn write(
    tx: &DatabaseTransaction,
    role: role::Model,
    held: &BTreeSet<&str>,
    made: bool,
) -> Result<Vec<&'static str>> {
    let known = BUILT_IN.iter().find(|known| known.code == role.code);
    let wanted: BTreeSet<_> = known.map_or(&[][..], |known| known.permissions).iter().map(|one| one.code()).collect();
    let mut fields = Vec::new();
    if wanted != *held {
        replace_permissions(tx, role.id, &wanted).await?;
        fields.push("permissions");
    }
    if let Some(known) = known {
        fields.extend(differing(&role, known));
    }
    if fields.is_empty() {
        return Ok(fields);
    }
    let (version, purposes) = (role.version, role.purposes);
    let mut row: role::ActiveModel = role.into();
    if let Some(known) = known {
        row.name = Set(known.name.to_owned());
        row.longest_token_days = Set(known.longest_token_days);
        row.built_in = Set(true);
        row.purposes = Set(purposes.or_else(|| Some(of_built_in(known.code))));
    }
    row.version = Set(if made { version } else { version + 1 });
    row.update(tx).await?;
    Ok(fields)
}

fn differing(role: &role::Model, known: &BuiltIn) -> impl Iterator<Item = &'static str> {
    let differs = [
        (role.name != known.name, "name"),
        (role.longest_token_days != known.longest_token_days, "longestTokenDays"),
        (!role.built_in, "builtIn"),
        (role.purposes.is_none(), "purposes"),
    ];
    differs.into_iter().filter(|(differs, _)| *differs).map(|(_, field)| field)
}

async fn replace_permissions(tx: &DatabaseTransaction, role: RoleId, wanted: &BTreeSet<&str>) -> Result<()> {
    role_permission::Entity::delete_many().filter(role_permission::Column::RoleId.eq(role)).exec(tx).await?;
    let rows: Vec<_> = wanted
        .iter()
        .map(|permission| role_permission::ActiveModel {
            role_id: Set(role),
            permission: Set((*permission).to_owned()),
        })
        .collect();
    if !rows.is_empty() {
        role_permission::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}
