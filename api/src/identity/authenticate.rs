//! From a bearer token to a viewer, looked up anew for each request: revoking a token, disabling a client, reducing a
//! role or a scope acts on tokens that are already out.

use entity::token;
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, Statement};

use super::token::TokenRefusal;
use crate::{
    access::{Permission, PermissionSet, Scope, Viewer},
    clock,
    error::Failure,
    place::Catalog,
    startup::App,
};

/// Microseconds.
const HOUR: i64 = 3_600_000_000;

pub enum AuthFailure {
    Refused(TokenRefusal),
    Unavailable,
}

#[derive(FromQueryResult)]
struct Found {
    token_id: i64,
    client_id: i64,
    client_name: String,
    status: String,
    registered_only: bool,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
    token_unit: i64,
    client_unit: i64,
    agency_id: i64,
    agency_code: String,
    roles: Option<String>,
    permissions: Option<String>,
}

/// Roles count where the token and its client both hold them. Codes have no comma.
const LOOK_UP: &str = "SELECT t.id AS token_id, k.id AS client_id, k.name AS client_name, k.status, k.registered_only, t.revoked_at, t.last_used_at, \
     t.scope_unit_id AS token_unit, k.scope_unit_id AS client_unit, a.id AS agency_id, a.code AS agency_code, \
     (SELECT string_agg(r.code, ',') FROM token_role x JOIN client_role y ON y.role_id = x.role_id AND y.client_id = k.id \
        JOIN role r ON r.id = x.role_id WHERE x.token_id = t.id) AS roles, \
     (SELECT string_agg(p.permission, ',') FROM token_role x JOIN client_role y ON y.role_id = x.role_id AND y.client_id = k.id \
        JOIN role_permission p ON p.role_id = x.role_id WHERE x.token_id = t.id) AS permissions \
     FROM token t JOIN client k ON k.id = t.client_id JOIN agency a ON a.id = k.agency_id WHERE t.jti = ";

/// The viewer behind a token, or why it is refused.
pub async fn authenticate(app: &App, bearer: &str) -> Result<Viewer, AuthFailure> {
    let claims = app.keys.verify(bearer, app.clock.now()).map_err(AuthFailure::Refused)?;
    let statement =
        app.db.statement(format!("{LOOK_UP}{}1", app.db.dialect.placeholder()), vec![claims.jti.clone().into()]);
    let found = look_up(app, statement).await.map_err(|error| {
        let _logged = Failure::from(error);
        AuthFailure::Unavailable
    })?;
    // A token of ours that isn't stored was revoked with its row, or belongs to another deployment.
    let found = found.filter(|found| claims.sub == found.client_id.to_string() && found.revoked_at.is_none());
    let found = found.ok_or(AuthFailure::Refused(TokenRefusal::Revoked))?;
    if found.status != "ACTIVE" {
        return Err(AuthFailure::Refused(TokenRefusal::ClientDisabled));
    }
    let scope = narrower(&app.catalog, found.token_unit, found.client_unit)
        .ok_or(AuthFailure::Refused(TokenRefusal::Revoked))?;
    if let Err(error) = note_use(app, &found).await {
        tracing::warn!(%error, "the use of a token was not noted");
    }
    Ok(viewer(found, scope))
}

async fn look_up(app: &App, statement: Statement) -> Result<Option<Found>, DbErr> {
    app.db.read(statement).await?.first().map(|row| Found::from_query_result(row, "")).transpose()
}

/// Notes that a token is in use, to the hour: who looks at it wants to know whether it can go.
async fn note_use(app: &App, found: &Found) -> Result<(), DbErr> {
    let now = clock::to_micros(app.clock.now());
    if found.last_used_at.is_some_and(|last| now.saturating_sub(last) < HOUR) {
        return Ok(());
    }
    token::Entity::update_many()
        .set(token::ActiveModel { last_used_at: Set(Some(now)), ..Default::default() })
        .filter(token::Column::Id.eq(found.token_id))
        .exec(&app.db.connection)
        .await?;
    Ok(())
}

fn viewer(found: Found, scope: Scope) -> Viewer {
    let mut permissions = PermissionSet::default();
    for permission in found.permissions.as_deref().unwrap_or_default().split(',').filter_map(Permission::parse) {
        permissions.insert(permission);
    }
    let mut roles: Vec<_> = found.roles.as_deref().unwrap_or_default().split(',').map(str::to_owned).collect();
    roles.retain(|role| !role.is_empty());
    roles.sort_unstable();
    Viewer {
        client_id: found.client_id,
        client_name: found.client_name,
        token_id: found.token_id,
        agency_id: found.agency_id,
        agency_code: found.agency_code,
        roles,
        permissions,
        scope,
        registered_only: found.registered_only,
    }
}

/// The token's scope within its client's: whichever lies in the other; none where they are apart.
fn narrower(catalog: &Catalog, token_unit: i64, client_unit: i64) -> Option<Scope> {
    if catalog.lies_in(token_unit, client_unit) {
        catalog.scope(token_unit)
    } else if catalog.lies_in(client_unit, token_unit) {
        catalog.scope(client_unit)
    } else {
        None
    }
}
