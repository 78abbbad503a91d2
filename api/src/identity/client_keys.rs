//! The public keys of clients: registered and removed by the agency that owns the client, or by command on the server.

use entity::{
    client, client_key,
    ids::{AgencyId, ClientId},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::Value;

use super::{
    command, hand_out,
    jwk::{NoKey, PublicKey},
    key_mutation::{RegisterClientKeyInput, RemoveClientKeyInput},
    store,
};
use crate::{
    access::Permission,
    clock,
    db::Db,
    error::{Failure, Result},
    exchange::{self, Subject, Write},
    request::Request,
    schema::global_id,
    startup::App,
};

/// A key and its successor, and some room.
const MOST_KEYS: usize = 5;
/// Bytes of a JWK: an RSA key of 4096 bits has 700.
const MAX_JWK_BYTES: usize = 4_096;

/// Registers a key for the caller: the client's id and the key's.
pub async fn register(request: &Request, input: &RegisterClientKeyInput) -> Result<(i64, String)> {
    request.viewer.require(Permission::ClientKey)?;
    let key = parse(&input.jwk, "input.jwk")?;
    let id = client_id(&input.client_id)?;
    let mut write = Write::begin(request, "registerClientKey").await?;
    store::one_at_a_time(&write.tx).await?;
    let client = store::client(&write, id, "input.clientId").await?;
    hand_out::may_open(&write, &client, "input.clientId").await?;
    insert(&write.tx, client.id, &key, "input.jwk", request.micros()).await?;
    note(&mut write, client).await?;
    write.commit().await?;
    Ok((id.0, key.kid))
}

/// Removes a key for the caller and tells the client's id.
pub async fn withdraw(request: &Request, input: &RemoveClientKeyInput) -> Result<i64> {
    request.viewer.require(Permission::ClientKey)?;
    let id = client_id(&input.client_id)?;
    let mut write = Write::begin(request, "removeClientKey").await?;
    store::one_at_a_time(&write.tx).await?;
    let client = store::client(&write, id, "input.clientId").await?;
    hand_out::may_hand_out(&write, &client, "input.clientId").await?;
    delete(&write.tx, client.id, &input.kid, "input.kid").await?;
    note(&mut write, client).await?;
    write.commit().await?;
    Ok(id.0)
}

/// Registers a key on the server's own authority and tells its id.
pub async fn add(app: &App, client: &str, jwk: &str) -> Result<String> {
    let key = parse(jwk, "jwk")?;
    let tx = app.db.begin().await?;
    store::one_at_a_time(&tx).await?;
    let client = named(&tx, client).await?;
    hand_out::not_of_the_platform(&tx, &client, "client").await?;
    insert(&tx, client.id, &key, "jwk", clock::to_micros(app.clock.now())).await?;
    let deed = command::of_client("registerClientKey", &client, &["keyIds"]);
    exchange::server::note(&tx, app.clock.now(), deed).await?;
    tx.commit().await?;
    Ok(key.kid)
}

/// Removes a key on the server's own authority. What it signs is refused from now on.
pub async fn remove(app: &App, client: &str, kid: &str) -> Result<()> {
    let tx = app.db.begin().await?;
    let client = named(&tx, client).await?;
    delete(&tx, client.id, kid, "kid").await?;
    let deed = command::of_client("removeClientKey", &client, &["keyIds"]);
    exchange::server::note(&tx, app.clock.now(), deed).await?;
    tx.commit().await?;
    Ok(())
}

/// The ids of a client's keys with when they were registered (microseconds), the oldest first.
pub async fn listed(app: &App, client: &str) -> Result<Vec<(String, i64)>> {
    let tx = app.db.begin().await?;
    let client = named(&tx, client).await?;
    let rows = client_key::Entity::find()
        .filter(client_key::Column::ClientId.eq(client.id))
        .order_by_asc(client_key::Column::CreatedAt)
        .order_by_asc(client_key::Column::Kid)
        .all(&tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.kid, row.created_at)).collect())
}

/// The keys by which a client may authenticate.
pub(super) async fn of(db: &Db, client: &client::Model) -> Result<Vec<PublicKey>> {
    let rows =
        client_key::Entity::find().filter(client_key::Column::ClientId.eq(client.id)).all(&db.connection).await?;
    let parsed = rows.iter().map(|row| parse(&row.jwk, "jwk").map_err(|_| Failure::internal("a stored key is no key")));
    parsed.collect()
}

fn parse(jwk: &str, field: &str) -> Result<PublicKey> {
    let refused = |NoKey(why)| Failure::input(field, format!("This key is not taken. {why}"), "Khóa không hợp lệ.");
    if jwk.len() > MAX_JWK_BYTES {
        return Err(refused(NoKey("It is too long.")));
    }
    let value: Value = serde_json::from_str(jwk).map_err(|_| refused(NoKey("It is not JSON.")))?;
    let key = PublicKey::parse(&value).map_err(refused)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
    if !key.kid.bytes().all(plain) {
        return Err(refused(NoKey("Its kid may have letters, digits and -._~: only.")));
    }
    Ok(key)
}

async fn insert(tx: &DatabaseTransaction, client: ClientId, key: &PublicKey, field: &str, now: i64) -> Result<()> {
    let held = client_key::Entity::find().filter(client_key::Column::ClientId.eq(client)).all(tx).await?;
    if held.iter().any(|held| held.kid == key.kid) {
        return Err(Failure::conflict("The client has a key of this id already.", "Client đã có khóa với mã này.")
            .with_field(field));
    }
    if held.len() >= MOST_KEYS {
        return Err(Failure::input(
            field,
            format!("The client has {MOST_KEYS} keys already; remove one first."),
            format!("Client đã có {MOST_KEYS} khóa; hãy xóa bớt."),
        ));
    }
    let row = client_key::ActiveModel {
        client_id: Set(client),
        kid: Set(key.kid.clone()),
        jwk: Set(key.jwk.to_string()),
        created_at: Set(now),
    };
    client_key::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

async fn delete(tx: &DatabaseTransaction, client: ClientId, kid: &str, field: &str) -> Result<()> {
    let gone = client_key::Entity::delete_by_id((client, kid.to_owned())).exec(tx).await?;
    if gone.rows_affected == 0 { Err(Failure::not_found(field)) } else { Ok(()) }
}

fn client_id(id: &str) -> Result<ClientId> {
    Ok(ClientId(global_id::expect("Client", id, "input.clientId")?))
}

/// The client has moved on by its keys.
async fn note(write: &mut Write<'_>, client: client::Model) -> Result<()> {
    let version = client.version.saturating_add(1);
    let subject = Subject { type_name: "Client", id: client.id.0, version, commune_id: None, district_id: None };
    let mut after: client::ActiveModel = client.into();
    after.version = Set(version);
    after.updated_at = Set(write.request.micros());
    after.updated_by = Set(Some(AgencyId(write.request.viewer.agency_id)));
    after.update(&write.tx).await?;
    write.updated(subject, &["keyIds"]);
    Ok(())
}

async fn named(tx: &DatabaseTransaction, name: &str) -> Result<client::Model> {
    let found = store::client_by_name(tx, name).await?;
    found.ok_or_else(|| {
        Failure::input("client", format!("There is no client {name}."), format!("Không có client {name}."))
    })
}
