//! Clients, built-in roles and tokens, as the command line and the start make them.

use chrono::TimeDelta;
use entity::{
    agency, client, client_role,
    enums::{AdminLevel, ClientStatus},
    ids::{AdminUnitId, AgencyId, ClientId, RoleId},
    role, role_permission, token, token_role,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::OnConflict,
};
use uuid::Uuid;

use super::token::Claims;
use crate::{
    access::roles::BUILT_IN,
    clock,
    db::Db,
    error::{Failure, Result},
    place::{Unit, UnitRef},
    startup::App,
};

/// Writes the built-in roles as the code has them; roles of the province's own stay.
pub async fn ensure_built_in_roles(db: &Db) -> Result<()> {
    let tx = db.begin().await?;
    let rows = BUILT_IN.iter().map(|built_in| role::ActiveModel {
        id: NotSet,
        code: Set(built_in.code.to_owned()),
        name: Set(built_in.name.to_owned()),
        built_in: Set(true),
    });
    let update =
        OnConflict::column(role::Column::Code).update_columns([role::Column::Name, role::Column::BuiltIn]).to_owned();
    role::Entity::insert_many(rows).on_conflict(update).exec_without_returning(&tx).await?;
    let stored = role::Entity::find().filter(role::Column::BuiltIn.eq(true)).all(&tx).await?;
    let ids: Vec<_> = stored.iter().map(|role| role.id).collect();
    role_permission::Entity::delete_many().filter(role_permission::Column::RoleId.is_in(ids)).exec(&tx).await?;
    let permissions =
        stored.iter().filter_map(|role| Some((role.id, BUILT_IN.iter().find(|known| known.code == role.code)?)));
    let rows = permissions.flat_map(|(id, built_in)| {
        built_in.permissions.iter().map(move |permission| role_permission::ActiveModel {
            role_id: Set(id),
            permission: Set(permission.code().to_owned()),
        })
    });
    role_permission::Entity::insert_many(rows).exec_without_returning(&tx).await?;
    tx.commit().await?;
    Ok(())
}

/// A token to issue, and the client to make for it where there is none of that name.
pub struct Issue<'a> {
    pub client: &'a str,
    pub agency: &'a str,
    pub roles: &'a [String],
    pub scope: &'a str,
    pub valid_for: TimeDelta,
}

/// Issues a token on the server's own authority and returns its text, which is stored nowhere. A client that exists
/// must belong to the agency, be active, hold the roles, and have the scope: a token never holds more than its client.
pub async fn issue(app: &App, issue: &Issue<'_>) -> Result<String> {
    let unit = app.catalog.resolve(&UnitRef { code: issue.scope.to_owned(), on: None }, "scope")?;
    if unit.level() == Some(AdminLevel::Hamlet) {
        return Err(Failure::input(
            "scope",
            "A hamlet is no scope; name its commune.",
            "Phạm vi phải là tỉnh, huyện hoặc xã.",
        ));
    }
    let now = app.clock.now();
    let expires = now.checked_add_signed(issue.valid_for).filter(|expires| *expires > now).ok_or_else(|| {
        Failure::input("expires", "The token must end after it begins.", "Thời hạn của token không hợp lệ.")
    })?;
    let tx = app.db.begin().await?;
    let roles = roles(&tx, issue.roles).await?;
    let client = client(app, &tx, issue, &unit, &roles).await?;
    let jti = Uuid::now_v7().to_string();
    let stored = token::Entity::insert(token::ActiveModel {
        id: NotSet,
        jti: Set(jti.clone()),
        client_id: Set(client),
        label: Set("issued on the server".to_owned()),
        scope_unit_id: Set(AdminUnitId(unit.id)),
        issued_at: Set(clock::to_micros(now)),
        expires_at: Set(clock::to_micros(expires)),
        revoked_at: Set(None),
        revoked_reason: Set(None),
        last_used_at: Set(None),
    })
    .exec(&tx)
    .await?;
    let held =
        roles.iter().map(|role| token_role::ActiveModel { token_id: Set(stored.last_insert_id), role_id: Set(*role) });
    token_role::Entity::insert_many(held).exec_without_returning(&tx).await?;
    tx.commit().await?;
    let claims = Claims {
        iss: app.config.issuer.clone(),
        aud: app.config.audience.clone(),
        sub: client.0.to_string(),
        jti,
        iat: now.timestamp(),
        nbf: now.timestamp(),
        exp: expires.timestamp(),
    };
    app.keys.sign(&claims).map_err(Failure::internal)
}

async fn roles(tx: &DatabaseTransaction, codes: &[String]) -> Result<Vec<RoleId>> {
    let found = role::Entity::find().filter(role::Column::Code.is_in(codes)).all(tx).await?;
    for code in codes {
        if !found.iter().any(|role| role.code == *code) {
            let known: Vec<_> = BUILT_IN.iter().map(|role| role.code).collect();
            return Err(Failure::input(
                "role",
                format!("There is no role {code}. Built in are: {}.", known.join(", ")),
                format!("Không có vai trò {code}."),
            ));
        }
    }
    Ok(found.into_iter().map(|role| role.id).collect())
}

async fn client(
    app: &App,
    tx: &DatabaseTransaction,
    issue: &Issue<'_>,
    unit: &Unit,
    roles: &[RoleId],
) -> Result<ClientId> {
    let agency =
        agency::Entity::find().filter(agency::Column::Code.eq(issue.agency)).one(tx).await?.ok_or_else(|| {
            let code = issue.agency;
            Failure::input("agency", format!("There is no agency {code}."), format!("Không có cơ quan {code}."))
        })?;
    match client::Entity::find().filter(client::Column::Name.eq(issue.client)).one(tx).await? {
        Some(client) => {
            within(app, tx, &client, agency.id, unit, roles).await?;
            Ok(client.id)
        }
        None => create(app, tx, issue.client, agency.id, unit, roles).await,
    }
}

async fn create(
    app: &App,
    tx: &DatabaseTransaction,
    name: &str,
    agency: AgencyId,
    unit: &Unit,
    roles: &[RoleId],
) -> Result<ClientId> {
    let now = clock::to_micros(app.clock.now());
    let stored = client::Entity::insert(client::ActiveModel {
        id: NotSet,
        name: Set(name.to_owned()),
        agency_id: Set(agency),
        scope_unit_id: Set(AdminUnitId(unit.id)),
        status: Set(ClientStatus::Active),
        secret_hash: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(None),
        registered_only: Set(false),
    })
    .exec(tx)
    .await?;
    let held = roles
        .iter()
        .map(|role| client_role::ActiveModel { client_id: Set(stored.last_insert_id), role_id: Set(*role) });
    client_role::Entity::insert_many(held).exec_without_returning(tx).await?;
    Ok(stored.last_insert_id)
}

async fn within(
    app: &App,
    tx: &DatabaseTransaction,
    client: &client::Model,
    agency: AgencyId,
    unit: &Unit,
    roles: &[RoleId],
) -> Result<()> {
    let refused = |field: &str, why: &str| {
        Failure::input(
            field,
            format!("The client {} {why}.", client.name),
            "Token không được vượt quá quyền của client.",
        )
    };
    if client.agency_id != agency {
        return Err(refused("agency", "belongs to another agency"));
    }
    if client.status != ClientStatus::Active {
        return Err(refused("client", "is not active"));
    }
    if !app.catalog.lies_in(unit.id, client.scope_unit_id.0) {
        return Err(refused("scope", "has a narrower scope"));
    }
    let held = client_role::Entity::find().filter(client_role::Column::ClientId.eq(client.id)).all(tx).await?;
    if roles.iter().any(|role| !held.iter().any(|held| held.role_id == *role)) {
        return Err(refused("role", "doesn't hold all of these roles"));
    }
    Ok(())
}
