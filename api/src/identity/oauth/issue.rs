//! The token that a machine gets: a row like every other, so that it can be listed and revoked, with its entry in the
//! audit ledger, in one transaction with the use of the assertion.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use entity::{
    assertion_use, audit_entry, client, client_role,
    enums::AccessDecision,
    ids::{AdminUnitId, ClientId, RoleId, TokenId},
    role, token, token_role,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, TryInsertResult,
    sea_query::OnConflict,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::assertion::Proven;
use super::{Call, Granted, Refused};
use crate::clock;
use crate::error::{Failure, Result};
use crate::identity::token::LEEWAY_SECONDS;
use crate::startup::App;

/// `operation` of the audit entry.
const OPERATION: &str = "oauth/token";
const MICROS: i64 = 1_000_000;

/// Issues a token for a client that has shown who it is.
pub async fn issue(
    app: &App,
    call: &Call<'_>,
    client: &client::Model,
    assertion: Option<&Proven>,
) -> Result<Granted, Refused> {
    let now = app.clock.now();
    let expires = now.checked_add_signed(app.config.access_token_life).ok_or(Refused::ServerError)?;
    let tx = app.db.begin().await?;
    if let Some(proven) = assertion
        && !take(&tx, client.id, proven, now).await?
    {
        return Err(Refused::InvalidClient);
    }
    let roles = asked_for(roles_of(&tx, client.id).await?, call.scope.as_deref())?;
    let jti = Uuid::now_v7().to_string();
    let role_ids: Vec<_> = roles.iter().map(|role| role.id).collect();
    let new = NewToken {
        client_id: client.id,
        label: OPERATION,
        scope_unit_id: client.scope_unit_id,
        role_ids: &role_ids,
        issued_at: now,
        expires_at: expires,
    };
    let id = insert_token(&tx, &jti, &new).await?;
    let scope = roles.iter().map(|role| role.code.as_str()).collect::<Vec<_>>();
    let entry = Entry { request_id: call.request_id, operation: OPERATION, token: id, roles: &scope, now };
    note(&tx, client, &entry).await?;
    tx.commit().await.map_err(|error| Failure::unconfirmed(&error))?;
    let claims = app.keys.claims(client.id.0.to_string(), jti, now, expires);
    let token = app.keys.sign(&claims).map_err(Failure::internal)?;
    Ok(Granted { token, seconds: app.config.access_token_life.num_seconds(), scope: scope.join(" ") })
}

/// Takes the assertion: false where it was taken before. Those that have ended are forgotten.
async fn take(tx: &DatabaseTransaction, client: ClientId, proven: &Proven, now: DateTime<Utc>) -> Result<bool> {
    let now = clock::to_micros(now);
    assertion_use::Entity::delete_many().filter(assertion_use::Column::ExpiresAt.lt(now)).exec(tx).await?;
    let row = assertion_use::ActiveModel {
        client_id: Set(client),
        jti_hash: Set(URL_SAFE_NO_PAD.encode(Sha256::digest(&proven.jti))),
        expires_at: Set(proven.expires.saturating_add(2 * LEEWAY_SECONDS).saturating_mul(MICROS)),
    };
    let taken = assertion_use::Entity::insert_many([row])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(tx)
        .await?;
    Ok(matches!(taken, TryInsertResult::Inserted(1)))
}

/// The client's roles, by their codes.
pub async fn roles_of(tx: &DatabaseTransaction, client: ClientId) -> Result<Vec<role::Model>> {
    let held = client_role::Entity::find()
        .select_only()
        .column(client_role::Column::RoleId)
        .filter(client_role::Column::ClientId.eq(client))
        .into_query();
    let query = role::Entity::find().filter(role::Column::Id.in_subquery(held));
    Ok(query.order_by_asc(role::Column::Code).all(tx).await?)
}

/// The roles that were asked for, all where none was named. One that the client doesn't hold refuses the whole.
fn asked_for(held: Vec<role::Model>, scope: Option<&str>) -> Result<Vec<role::Model>, Refused> {
    let Some(scope) = scope else {
        return if held.is_empty() { Err(Refused::InvalidScope) } else { Ok(held) };
    };
    let codes: Vec<_> = scope.split(' ').collect();
    if codes.iter().any(|code| !held.iter().any(|role| role.code == *code)) {
        return Err(Refused::InvalidScope);
    }
    Ok(held.into_iter().filter(|role| codes.contains(&role.code.as_str())).collect())
}

struct NewToken<'a> {
    client_id: ClientId,
    label: &'a str,
    scope_unit_id: AdminUnitId,
    role_ids: &'a [RoleId],
    issued_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

async fn insert_token(tx: &DatabaseTransaction, jti: &str, new: &NewToken<'_>) -> Result<TokenId> {
    let row = token::ActiveModel {
        id: NotSet,
        jti: Set(jti.to_owned()),
        client_id: Set(new.client_id),
        label: Set(new.label.to_owned()),
        scope_unit_id: Set(new.scope_unit_id),
        issued_at: Set(clock::to_micros(new.issued_at)),
        expires_at: Set(clock::to_micros(new.expires_at)),
        revoked_at: Set(None),
        revoked_reason: Set(None),
        last_used_at: Set(None),
    };
    let id = token::Entity::insert(row).exec(tx).await?.last_insert_id;
    let held = new.role_ids.iter().map(|role| token_role::ActiveModel { token_id: Set(id), role_id: Set(*role) });
    token_role::Entity::insert_many(held).exec_without_returning(tx).await?;
    Ok(id)
}

/// What the ledger keeps of a token that was made.
pub struct Entry<'a> {
    pub request_id: &'a str,
    pub operation: &'a str,
    pub token: TokenId,
    pub roles: &'a [&'a str],
    pub now: DateTime<Utc>,
}

/// Notes in the audit ledger that a client has got a token.
pub async fn note(tx: &DatabaseTransaction, client: &client::Model, entry: &Entry<'_>) -> Result<()> {
    let entry = audit_entry::ActiveModel {
        at: Set(clock::to_micros(entry.now)),
        request_id: Set(entry.request_id.to_owned()),
        client_id: Set(client.id),
        token_id: Set(Some(entry.token)),
        agency_id: Set(client.agency_id),
        roles: Set(entry.roles.join(",")),
        operation: Set(entry.operation.to_owned()),
        subject_type: Set("Token".to_owned()),
        subject_id: Set(Some(entry.token.0)),
        fields: Set("roles,scope,issuedAt,expiresAt".to_owned()),
        decision: Set(AccessDecision::Allowed),
        ..Default::default()
    };
    audit_entry::Entity::insert(entry).exec_without_returning(tx).await?;
    Ok(())
}
