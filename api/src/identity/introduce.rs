//! From a token of an outside issuer to a row of ours: the client that it means, and a token that can be listed,
//! revoked and audited like every other.

use chrono::{DateTime, Utc};
use entity::{
    client, client_issuer,
    enums::ClientStatus,
    ids::{AdminUnitId, ClientId},
    role, token, token_role,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, TryInsertResult,
    sea_query::OnConflict,
};

use super::authenticate::AuthFailure;
use super::issuers::Introduced;
use super::oauth::{Entry, note, roles_of};
use super::token::TokenRefusal;
use crate::clock;
use crate::error::{Failure, Result};
use crate::place::UnitRef;
use crate::startup::App;

/// `operation` of the audit entry.
const OPERATION: &str = "oauth/issuer";

fn unavailable(_logged: Failure) -> AuthFailure {
    AuthFailure::Unavailable
}

/// Makes the row of a token that is seen for the first time. On whichever node that is, there is one row.
pub async fn introduce(app: &App, introduced: &Introduced) -> Result<(), AuthFailure> {
    let refused = |why: TokenRefusal| AuthFailure::Refused(why);
    let tx = app.db.begin().await.map_err(unavailable)?;
    let client = client_of(&tx, introduced).await.map_err(unavailable)?;
    let client = client.ok_or(refused(TokenRefusal::UnknownClient))?;
    if client.status != ClientStatus::Active {
        return Err(refused(TokenRefusal::ClientDisabled));
    }
    let unit = unit(app, &client, introduced).ok_or(refused(TokenRefusal::Malformed))?;
    let held = roles_of(&tx, client.id).await.map_err(unavailable)?;
    let roles: Vec<_> = held.into_iter().filter(|role| introduced.roles.contains(&role.code)).collect();
    insert(&tx, &client, introduced, unit, &roles, app.clock.now()).await.map_err(unavailable)?;
    tx.commit().await.map_err(|error| unavailable(Failure::unconfirmed(&error)))
}

async fn client_of(tx: &DatabaseTransaction, introduced: &Introduced) -> Result<Option<client::Model>> {
    let key = (introduced.issuer.clone(), introduced.subject.clone());
    let Some(known) = client_issuer::Entity::find_by_id(key).one(tx).await? else { return Ok(None) };
    Ok(client::Entity::find_by_id(known.client_id).one(tx).await?)
}

/// The client's scope, or the unit within it that the token names.
fn unit(app: &App, client: &client::Model, introduced: &Introduced) -> Option<AdminUnitId> {
    let Some(code) = &introduced.unit else { return Some(client.scope_unit_id) };
    let unit = app.catalog.resolve(&UnitRef { code: code.clone(), on: None }, "scope").ok()?;
    app.catalog.lies_in(unit.id, client.scope_unit_id.0).then_some(AdminUnitId(unit.id))
}

async fn insert(
    tx: &DatabaseTransaction,
    client: &client::Model,
    introduced: &Introduced,
    unit: AdminUnitId,
    roles: &[role::Model],
    now: DateTime<Utc>,
) -> Result<()> {
    let row = token::ActiveModel {
        id: NotSet,
        jti: Set(introduced.jti.clone()),
        client_id: Set(client.id),
        label: Set(label(&introduced.issuer)),
        scope_unit_id: Set(unit),
        issued_at: Set(clock::to_micros(now)),
        expires_at: Set(introduced.expires.saturating_mul(1_000_000)),
        revoked_at: Set(None),
        revoked_reason: Set(None),
        last_used_at: Set(None),
    };
    let unless_there = OnConflict::column(token::Column::Jti).do_nothing().to_owned();
    let inserted = token::Entity::insert_many([row]).on_conflict(unless_there).try_insert();
    if !matches!(inserted.exec_without_returning(tx).await?, TryInsertResult::Inserted(1)) {
        return Ok(());
    }
    let id = token::Entity::find().filter(token::Column::Jti.eq(introduced.jti.as_str())).one(tx).await?;
    let id = id.ok_or_else(|| Failure::internal("a token that was inserted is gone"))?.id;
    if !roles.is_empty() {
        let held = roles.iter().map(|role| token_role::ActiveModel { token_id: Set(id), role_id: Set(role.id) });
        token_role::Entity::insert_many(held).exec_without_returning(tx).await?;
    }
    let codes: Vec<_> = roles.iter().map(|role| role.code.as_str()).collect();
    note(tx, client, &Entry { request_id: &introduced.jti, operation: OPERATION, token: id, roles: &codes, now }).await
}

fn label(issuer: &str) -> String {
    format!("issued by {issuer}")
}

/// Says which client of ours an outside issuer means by a name.
pub async fn link(app: &App, issuer: &str, subject: &str, client: &str) -> Result<()> {
    if !app.config.issuers.iter().any(|known| known.issuer == issuer) {
        return Err(Failure::input(
            "issuer",
            format!("The settings have no issuer {issuer}."),
            format!("Chưa cấu hình bên cấp {issuer}."),
        ));
    }
    let tx = app.db.begin().await?;
    let found = client::Entity::find().filter(client::Column::Name.eq(client)).one(&tx).await?;
    let found = found.ok_or_else(|| {
        Failure::input("client", format!("There is no client {client}."), format!("Không có client {client}."))
    })?;
    let key = (issuer.to_owned(), subject.to_owned());
    if client_issuer::Entity::find_by_id(key).one(&tx).await?.is_some() {
        return Err(Failure::conflict("This name means a client already.", "Tên này đã gắn với một client."));
    }
    let row = client_issuer::ActiveModel {
        issuer: Set(issuer.to_owned()),
        subject: Set(subject.to_owned()),
        client_id: Set(found.id),
    };
    client_issuer::Entity::insert(row).exec_without_returning(&tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes that back. The issuer's tokens of this client end with it.
pub async fn unlink(app: &App, issuer: &str, subject: &str) -> Result<()> {
    let tx = app.db.begin().await?;
    let key = (issuer.to_owned(), subject.to_owned());
    let known = client_issuer::Entity::find_by_id(key.clone()).one(&tx).await?;
    let client: ClientId = known
        .ok_or_else(|| Failure::input("subject", "This name means no client.", "Tên này không gắn với client nào."))?
        .client_id;
    client_issuer::Entity::delete_by_id(key).exec(&tx).await?;
    let ended = token::ActiveModel {
        revoked_at: Set(Some(clock::to_micros(app.clock.now()))),
        revoked_reason: Set(Some("the issuer's name for the client was taken back".to_owned())),
        ..Default::default()
    };
    token::Entity::update_many()
        .set(ended)
        .filter(token::Column::ClientId.eq(client))
        .filter(token::Column::Label.eq(label(issuer)))
        .filter(token::Column::RevokedAt.is_null())
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
