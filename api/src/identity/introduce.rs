//! From a token of an outside issuer to a row of ours: the client that it means, and a token that can be listed,
//! revoked and audited like every other.

use chrono::{DateTime, Utc};
use entity::{
    client, client_issuer,
    enums::ClientStatus,
    ids::{AdminUnitId, ClientId},
    role, token,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult,
    QueryFilter,
};

use super::issuers::{Introduced, Signed};
use super::issuing::{self, NewToken};
use super::oauth::{Entry, note};
use super::refused::{AuthFailure, Named};
use super::token::{MAX_ID_BYTES, TokenRefusal};
use super::{hand_out, scope, store};
use crate::clock;
use crate::error::{Code, Failure, Result};
use crate::exchange::{self, server::Deed};
use crate::place::UnitRef;
use crate::startup::App;

/// `operation` of the audit entry.
const OPERATION: &str = "oauth/issuer";

fn unavailable(_logged: Failure) -> AuthFailure {
    AuthFailure::Unavailable
}

/// Makes the row of a token that is seen for the first time. On whichever node that is, there is one row.
pub async fn introduce(app: &App, introduced: &Introduced) -> Result<(), AuthFailure> {
    let tx = app.db.begin().await.map_err(unavailable)?;
    let client = client_of(&tx, introduced).await?;
    let client = client.ok_or(AuthFailure::Refused(TokenRefusal::UnknownClient, None))?;
    let refused = |why: TokenRefusal| AuthFailure::Refused(why, Some(Named::from(&client)));
    if client.status != ClientStatus::Active {
        return Err(refused(TokenRefusal::ClientDisabled));
    }
    let held = store::roles_of(&tx, client.id).await.map_err(unavailable)?;
    if hand_out::is_platform(&tx, &held).await.map_err(unavailable)? {
        return Err(refused(TokenRefusal::UnknownClient));
    }
    let roles: Vec<_> = held.iter().filter(|role| introduced.roles.contains(&role.code)).cloned().collect();
    let unit = unit(app, &tx, &client, introduced, &roles).await.map_err(unavailable)?;
    let unit = unit.ok_or_else(|| refused(TokenRefusal::Malformed))?;
    let now = app.clock.now();
    // One that has no role here is bounded by what it might have.
    let longest = issuing::longest_life(if roles.is_empty() { &held } else { &roles });
    let expires = introduced.expires(longest, now).ok_or_else(|| refused(TokenRefusal::LivesTooLong))?;
    let period = (now, expires);
    insert(&tx, &client, introduced, unit, &roles, period).await.map_err(unavailable)?;
    tx.commit().await.map_err(|error| unavailable(Failure::unconfirmed(&error)))
}

/// The client that an issuer means by a name.
pub(super) async fn client_of(
    connection: &impl ConnectionTrait,
    signed: &Signed,
) -> Result<Option<client::Model>, DbErr> {
    let key = (signed.issuer.clone(), signed.subject.clone());
    let Some(known) = client_issuer::Entity::find_by_id(key).one(connection).await? else { return Ok(None) };
    client::Entity::find_by_id(known.client_id).one(connection).await
}

/// The client's scope, or the unit within it that the token names; none where that is no unit that it may have.
async fn unit(
    app: &App,
    tx: &DatabaseTransaction,
    client: &client::Model,
    introduced: &Introduced,
    roles: &[role::Model],
) -> Result<Option<AdminUnitId>> {
    let unit = match &introduced.unit {
        None => Ok(client.scope_unit_id.0),
        Some(code) => app.catalog.resolve(&UnitRef { code: code.clone(), on: None }, "scope").map(|unit| unit.id),
    };
    let Some(unit) = unit.ok().filter(|unit| app.catalog.lies_in(*unit, client.scope_unit_id.0)) else {
        return Ok(None);
    };
    let set = store::Grants::load(tx).await?.of_roles(roles);
    match scope::check(tx, &app.catalog, client.agency_id, set, unit, "scope").await {
        Ok(()) => Ok(Some(AdminUnitId(unit))),
        Err(failure) if failure.code == Code::BadUserInput => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn insert(
    tx: &DatabaseTransaction,
    client: &client::Model,
    introduced: &Introduced,
    unit: AdminUnitId,
    roles: &[role::Model],
    (now, expires): (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    let role_ids: Vec<_> = roles.iter().map(|role| role.id).collect();
    let new = NewToken {
        jti: &introduced.jti,
        client_id: client.id,
        label: &label(&introduced.issuer),
        scope_unit_id: unit,
        role_ids: &role_ids,
        issued_at: now,
        expires_at: expires,
    };
    let Some(id) = issuing::insert_row(tx, &new).await? else { return Ok(()) };
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
    if !(1..=MAX_ID_BYTES).contains(&subject.len()) {
        return Err(Failure::input(
            "subject",
            format!("A subject has 1 to {MAX_ID_BYTES} bytes: tokens with another are refused."),
            format!("Tên phải có từ 1 đến {MAX_ID_BYTES} byte."),
        ));
    }
    let tx = app.db.begin().await?;
    store::one_at_a_time(&tx).await?;
    let found = store::client_by_name(&tx, client).await?.ok_or_else(|| {
        Failure::input("client", format!("There is no client {client}."), format!("Không có client {client}."))
    })?;
    hand_out::not_of_the_platform(&tx, &found, "client").await?;
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
    note_link(app, &tx, "linkIssuer", found.id, &["issuer", "subject"]).await?;
    tx.commit().await?;
    Ok(())
}

/// What an outside issuer calls a client of ours.
#[derive(FromQueryResult)]
pub struct Link {
    pub issuer: String,
    pub subject: String,
    pub client: String,
}

/// What all of them call our clients.
pub async fn links(app: &App) -> Result<Vec<Link>> {
    let sql = "SELECT i.issuer, i.subject, k.name AS client FROM client_issuer i JOIN client k ON k.id = i.client_id \
               ORDER BY i.issuer, i.subject";
    let rows = app.db.read(app.db.statement(sql.to_owned(), Vec::new())).await?;
    Ok(rows.iter().map(|row| Link::from_query_result(row, "")).collect::<Result<_, _>>()?)
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
        .filter(token::Column::Jti.starts_with(issuing::OUTSIDE))
        .filter(token::Column::Label.eq(label(issuer)))
        .filter(token::Column::RevokedAt.is_null())
        .exec(&tx)
        .await?;
    note_link(app, &tx, "unlinkIssuer", client, &["issuer", "subject", "tokens"]).await?;
    tx.commit().await?;
    Ok(())
}

async fn note_link(
    app: &App,
    tx: &DatabaseTransaction,
    operation: &str,
    client: ClientId,
    fields: &[&str],
) -> Result<()> {
    let deed = Deed { operation, type_name: "Client", id: Some(client.0), fields };
    exchange::server::note(tx, app.clock.now(), deed).await
}
