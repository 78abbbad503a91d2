//! From a bearer token to a viewer, looked up anew unless that was done a moment ago: revoking a token, disabling a
//! client, reducing a role or a scope acts on tokens that are already out.

use entity::{EnumSet, token};
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter};

use super::introduce::{client_of, introduce};
use super::issuers::{Introduced, Signed, Unfit};
use super::refused::{AuthFailure, Named};
use super::token::TokenRefusal;
use crate::{
    access::{
        Need, Permission, PermissionSet, Scope, Viewer, denied,
        purpose::{self, Held, Stated},
    },
    clock,
    db::Db,
    place::Catalog,
    startup::App,
};

/// Microseconds.
const HOUR: i64 = 3_600_000_000;

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
}

impl Found {
    /// The roles as [`LOOK_UP`] writes them.
    fn held(&self) -> impl Iterator<Item = Held> {
        self.roles.as_deref().unwrap_or_default().split(';').filter_map(role)
    }

    fn refused(&self, why: TokenRefusal) -> AuthFailure {
        AuthFailure::Refused(why, Some(self.named()))
    }

    fn named(&self) -> Named {
        let mut roles: Vec<_> = self.held().map(|role| role.code).collect();
        roles.sort_unstable();
        Named { client_id: self.client_id, token_id: Some(self.token_id), agency_id: self.agency_id, roles }
    }
}

/// A role `r` as one text: its code, its purposes, whether it requires one, and its permissions; codes have no space,
/// comma or semicolon.
macro_rules! roles_of {
    ($from:literal) => {
        concat!(
            "(SELECT string_agg(r.code || ' ' || COALESCE(r.purposes, 0) || CASE WHEN r.purpose_required THEN ' 1 ' ELSE ' 0 ' END || \
             COALESCE((SELECT string_agg(p.permission, ',') FROM role_permission p WHERE p.role_id = r.id), ''), ';') FROM ",
            $from,
            ") AS roles "
        )
    };
}

/// Roles count where the token and its client both hold them.
const LOOK_UP: &str = concat!(
    "SELECT t.id AS token_id, k.id AS client_id, k.name AS client_name, k.status, k.registered_only, t.revoked_at, t.last_used_at, \
     t.scope_unit_id AS token_unit, k.scope_unit_id AS client_unit, a.id AS agency_id, a.code AS agency_code, ",
    roles_of!(
        "token_role x JOIN client_role y ON y.role_id = x.role_id AND y.client_id = k.id \
         JOIN role r ON r.id = x.role_id WHERE x.token_id = t.id"
    ),
    "FROM token t JOIN client k ON k.id = t.client_id JOIN agency a ON a.id = k.agency_id WHERE t.jti = "
);

/// The viewer behind a token, or why it is refused.
pub async fn authenticate(app: &App, bearer: &str) -> Result<Viewer, AuthFailure> {
    let now = app.clock.now();
    match app.keys.verify(bearer, now) {
        Ok(claims) => {
            // A token of ours that isn't stored was revoked with its row, or belongs to another deployment.
            let viewer = known(app, &claims.jti, async || look_up(app, &claims.jti).await).await?;
            if claims.sub == viewer.client_id.to_string() {
                return Ok(viewer);
            }
            Err(AuthFailure::Refused(TokenRefusal::Revoked, Some(Named::from(&viewer))))
        }
        Err(refusal) => match app.issuers.verify(bearer, now.timestamp()).await {
            Some(Ok(introduced)) => known(app, &introduced.jti, async || of_outside(app, &introduced).await).await,
            Some(Err(unfit)) => Err(refused_of_outside(app, unfit).await),
            None => Err(refused_of_ours(app, bearer, refusal).await),
        },
    }
}

/// The viewer of a token, as it was a moment ago or as it is looked up.
async fn known(
    app: &App,
    jti: &str,
    look_up: impl AsyncFnOnce() -> Result<Option<Found>, AuthFailure>,
) -> Result<Viewer, AuthFailure> {
    if let Some(viewer) = app.viewers.get(jti) {
        return Ok(viewer);
    }
    let since = app.viewers.begin();
    let found = look_up().await?.ok_or(AuthFailure::Refused(TokenRefusal::Revoked, None))?;
    if found.revoked_at.is_some() {
        return Err(found.refused(TokenRefusal::Revoked));
    }
    if found.status != "ACTIVE" {
        return Err(found.refused(TokenRefusal::ClientDisabled));
    }
    let Some(scope) = narrower(&app.catalog, found.token_unit, found.client_unit) else {
        return Err(found.refused(TokenRefusal::Revoked));
    };
    if let Err(error) = note_use(app, &found).await {
        tracing::warn!(%error, "the use of a token was not noted");
    }
    let viewer = viewer(found, scope);
    app.viewers.remember(jti, &viewer, since);
    Ok(viewer)
}

/// The row of a token that an outside issuer signed, made when it is seen first.
async fn of_outside(app: &App, introduced: &Introduced) -> Result<Option<Found>, AuthFailure> {
    if let Some(found) = look_up(app, &introduced.jti).await? {
        return Ok(Some(found));
    }
    introduce(app, introduced).await?;
    look_up(app, &introduced.jti).await
}

/// Whom a refused token of ours names: somebody where all of it holds but its period.
async fn refused_of_ours(app: &App, bearer: &str, why: TokenRefusal) -> AuthFailure {
    let signed = match why {
        TokenRefusal::Expired | TokenRefusal::NotYetValid => app.keys.signed(bearer),
        _ => None,
    };
    let Some(claims) = signed else { return AuthFailure::Refused(why, None) };
    match look_up(app, &claims.jti).await {
        Ok(found) => AuthFailure::Refused(why, found.map(|found| found.named())),
        Err(unavailable) => unavailable,
    }
}

/// The same of a token of an outside issuer.
async fn refused_of_outside(app: &App, Unfit { why, signed }: Unfit) -> AuthFailure {
    let Some(signed) = signed else { return AuthFailure::Refused(why, None) };
    match named_by(app, &signed).await {
        Ok(named) => AuthFailure::Refused(why, named),
        Err(unavailable) => unavailable,
    }
}

async fn named_by(app: &App, signed: &Signed) -> Result<Option<Named>, AuthFailure> {
    if let Some(found) = look_up(app, &signed.jti).await? {
        return Ok(Some(found.named()));
    }
    let client = client_of(&app.db.connection, signed).await?;
    Ok(client.as_ref().map(Named::from))
}

async fn look_up(app: &App, jti: &str) -> Result<Option<Found>, AuthFailure> {
    let statement = app.db.statement(format!("{LOOK_UP}{}1", app.db.dialect.placeholder()), vec![jti.into()]);
    let rows = app.db.read(statement).await?;
    Ok(rows.first().map(|row| Found::from_query_result(row, "")).transpose()?)
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
    let mut held: Vec<_> = found.held().collect();
    // Last of all, so that no grant comes after it.
    denied::apply(&found.agency_code, &mut held);
    held.sort_unstable_by(|one, other| one.code.cmp(&other.code));
    let roles = held.iter().map(|role| role.code.clone()).collect();
    Viewer {
        client_id: found.client_id,
        client_name: found.client_name,
        token_id: found.token_id,
        need: Need::of(&found.agency_code),
        agency_id: found.agency_id,
        agency_code: found.agency_code,
        roles,
        permissions: purpose::given(&held, None),
        held,
        stated: Stated::default(),
        scope,
        registered_only: found.registered_only,
    }
}

/// A role as [`LOOK_UP`] writes it; none where it is limited to purposes that this version doesn't know.
fn role(text: &str) -> Option<Held> {
    let mut parts = text.splitn(4, ' ');
    let code = parts.next()?.to_owned();
    let purposes = EnumSet::from_bits(parts.next()?.parse().ok()?)?;
    let required = parts.next()? == "1";
    let mut permissions = PermissionSet::default();
    parts.next()?.split(',').filter_map(Permission::parse).for_each(|permission| permissions.insert(permission));
    Some(Held { code, purposes, required, permissions })
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

/// The same of a client as if it had one token with all that it holds.
const LOOK_UP_CLIENT: &str = concat!(
    "SELECT CAST(0 AS BIGINT) AS token_id, k.id AS client_id, k.name AS client_name, k.status, k.registered_only, \
     CAST(NULL AS BIGINT) AS revoked_at, CAST(NULL AS BIGINT) AS last_used_at, \
     k.scope_unit_id AS token_unit, k.scope_unit_id AS client_unit, a.id AS agency_id, a.code AS agency_code, ",
    roles_of!("client_role y JOIN role r ON r.id = y.role_id WHERE y.client_id = k.id"),
    "FROM client k JOIN agency a ON a.id = k.agency_id WHERE k.id = "
);

/// The viewer that a client's tokens can be at most; none where there is no such client.
pub async fn viewer_of_client(db: &Db, catalog: &Catalog, client_id: i64) -> Result<Option<Viewer>, DbErr> {
    let statement = db.statement(format!("{LOOK_UP_CLIENT}{}1", db.dialect.placeholder()), vec![client_id.into()]);
    let rows = db.read(statement).await?;
    let found = rows.first().map(|row| Found::from_query_result(row, "")).transpose()?;
    Ok(found.and_then(|found| catalog.scope(found.client_unit).map(|scope| viewer(found, scope))))
}
