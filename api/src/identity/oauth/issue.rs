//! The token that a machine gets: a row like every other, so that it can be listed and revoked, with its entry in the
//! audit ledger, in one transaction with the use of the assertion.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use entity::{
    assertion_use, audit_entry, client,
    enums::AccessDecision,
    ids::{ClientId, TokenId},
    role,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, TryInsertResult,
    sea_query::OnConflict,
};
use sha2::{Digest, Sha256};

use super::assertion::Proven;
use super::{Call, Granted, Refused};
use crate::clock;
use crate::error::{Code, Failure, Result};
use crate::identity::token::LEEWAY_SECONDS;
use crate::identity::{
    hand_out,
    issuing::{self, NewToken},
    scope, store,
};
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
    if let Some(proven) = assertion
        && !take(app, client.id, proven, now).await?
    {
        return Err(Refused::InvalidClient);
    }
    let tx = app.db.begin().await?;
    let held = store::roles_of(&tx, client.id).await?;
    if hand_out::is_platform(&tx, &held).await? {
        return Err(Refused::UnauthorizedClient);
    }
    let codes: Vec<_> = held.iter().map(|role| role.code.clone()).collect();
    let wait = app.rates.take_request(client.id.0, &app.config.limits_of(&codes), now);
    wait.map_err(|(_, seconds)| Refused::TooManyRequests(seconds))?;
    let roles = asked_for(held, call.scope.as_deref())?;
    let set = store::Grants::load(&tx).await?.of_roles(&roles);
    let bounded = scope::check(&tx, &app.catalog, client.agency_id, set, client.scope_unit_id.0, "scope").await;
    bounded.map_err(too_wide)?;
    let life = app.config.access_token_life.min(issuing::longest_life(&roles));
    let role_ids: Vec<_> = roles.iter().map(|role| role.id).collect();
    let new = NewToken {
        jti: &issuing::new_jti(issuing::MACHINE),
        client_id: client.id,
        label: OPERATION,
        scope_unit_id: client.scope_unit_id,
        role_ids: &role_ids,
        issued_at: now,
        expires_at: now.checked_add_signed(life).ok_or(Refused::ServerError)?,
    };
    let issued = issuing::insert_token(&tx, &app.keys, &new).await?;
    let scope = roles.iter().map(|role| role.code.as_str()).collect::<Vec<_>>();
    let entry = Entry { request_id: call.request_id, operation: OPERATION, token: issued.id, roles: &scope, now };
    note(&tx, client, &entry).await?;
    tx.commit().await.map_err(|error| Failure::unconfirmed(&error))?;
    Ok(Granted { token: issued.text, seconds: life.num_seconds(), scope: scope.join(" ") })
}

/// A client whose scope is wider than it may be has no token until that is mended.
fn too_wide(failure: Failure) -> Refused {
    if failure.code == Code::BadUserInput { Refused::UnauthorizedClient } else { failure.into() }
}

/// Takes the assertion: false where it was taken before. Committed by itself: no refusal of what comes next gives it back.
/// Those that have ended are forgotten.
async fn take(app: &App, client: ClientId, proven: &Proven, now: DateTime<Utc>) -> Result<bool> {
    let now = clock::to_micros(now);
    let tx = app.db.begin().await?;
    assertion_use::Entity::delete_many().filter(assertion_use::Column::ExpiresAt.lt(now)).exec(&tx).await?;
    let row = assertion_use::ActiveModel {
        client_id: Set(client),
        jti_hash: Set(URL_SAFE_NO_PAD.encode(Sha256::digest(&proven.jti))),
        expires_at: Set(proven.expires.saturating_add(2 * LEEWAY_SECONDS).saturating_mul(MICROS)),
    };
    let taken = assertion_use::Entity::insert_many([row])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(&tx)
        .await?;
    tx.commit().await.map_err(|error| Failure::unconfirmed(&error))?;
    Ok(matches!(taken, TryInsertResult::Inserted(1)))
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
        token_id: Set(Some(entry.token)),
        roles: Set(entry.roles.join(",")),
        subject_type: Set("Token".to_owned()),
        subject_id: Set(Some(entry.token.0)),
        fields: Set("roles,scope,issuedAt,expiresAt".to_owned()),
        ..of_client(client, entry.request_id, entry.operation, entry.now)
    };
    audit_entry::Entity::insert(entry).exec_without_returning(tx).await?;
    Ok(())
}

/// Notes that somebody was not taken for this client, or was and may get no token here.
pub async fn note_refused(app: &App, call: &Call<'_>, client: &client::Model) -> Result<()> {
    let entry = audit_entry::ActiveModel {
        decision: Set(AccessDecision::Denied),
        ..of_client(client, call.request_id, OPERATION, app.clock.now())
    };
    audit_entry::Entity::insert(entry).exec_without_returning(&app.db.connection).await?;
    Ok(())
}

fn of_client(
    client: &client::Model,
    request_id: &str,
    operation: &str,
    now: DateTime<Utc>,
) -> audit_entry::ActiveModel {
    audit_entry::ActiveModel {
        at: Set(clock::to_micros(now)),
        request_id: Set(request_id.to_owned()),
        client_id: Set(Some(client.id)),
        token_id: Set(None),
        agency_id: Set(Some(client.agency_id)),
        roles: Set(String::new()),
        operation: Set(operation.to_owned()),
        subject_type: Set("Client".to_owned()),
        subject_id: Set(Some(client.id.0)),
        fields: Set(String::new()),
        decision: Set(AccessDecision::Allowed),
        ..Default::default()
    }
}
