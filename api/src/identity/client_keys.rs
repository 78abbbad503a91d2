//! The public keys of clients, as an operator registers them.

use entity::{client, client_key};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::Value;

use super::jwk::{NoKey, PublicKey};
use crate::clock;
use crate::db::Db;
use crate::error::{Failure, Result};
use crate::startup::App;

/// A key and its successor, and some room.
const MOST_KEYS: u64 = 5;

/// Registers a public key of a client and tells its `kid`.
pub async fn add(app: &App, client: &str, jwk: &str) -> Result<String> {
    let key = parse(jwk)?;
    let tx = app.db.begin().await?;
    let client = find(&tx, client).await?;
    let held = client_key::Entity::find().filter(client_key::Column::ClientId.eq(client.id));
    let others = held.clone().filter(client_key::Column::Kid.ne(key.kid.as_str())).count(&tx).await?;
    if others >= MOST_KEYS {
        return Err(Failure::input(
            "jwk",
            format!("The client has {MOST_KEYS} keys already; remove one first."),
            format!("Client đã có {MOST_KEYS} khóa; hãy xóa bớt."),
        ));
    }
    if held.filter(client_key::Column::Kid.eq(key.kid.as_str())).count(&tx).await? > 0 {
        return Err(Failure::conflict("The client has a key of this id already.", "Client đã có khóa với mã này."));
    }
    let row = client_key::ActiveModel {
        client_id: Set(client.id),
        kid: Set(key.kid.clone()),
        jwk: Set(key.jwk.to_string()),
        created_at: Set(clock::to_micros(app.clock.now())),
    };
    client_key::Entity::insert(row).exec_without_returning(&tx).await?;
    tx.commit().await?;
    Ok(key.kid)
}

/// Removes a key. What it signed is refused from now on.
pub async fn remove(app: &App, client: &str, kid: &str) -> Result<()> {
    let tx = app.db.begin().await?;
    let client = find(&tx, client).await?;
    let gone = client_key::Entity::delete_by_id((client.id, kid.to_owned())).exec(&tx).await?;
    if gone.rows_affected == 0 {
        return Err(Failure::input("kid", "The client has no key of this id.", "Client không có khóa với mã này."));
    }
    tx.commit().await?;
    Ok(())
}

/// The keys by which a client may authenticate.
pub(super) async fn of(db: &Db, client: &client::Model) -> Result<Vec<PublicKey>> {
    let rows =
        client_key::Entity::find().filter(client_key::Column::ClientId.eq(client.id)).all(&db.connection).await?;
    let parsed = rows.iter().map(|row| parse(&row.jwk).map_err(|_| Failure::internal("a stored key can't be read")));
    parsed.collect()
}

fn parse(jwk: &str) -> Result<PublicKey> {
    let refused = |NoKey(why)| Failure::input("jwk", format!("This key is not taken. {why}"), "Khóa không hợp lệ.");
    let value: Value = serde_json::from_str(jwk).map_err(|_| refused(NoKey("It is not JSON.")))?;
    PublicKey::parse(&value).map_err(refused)
}

async fn find(tx: &sea_orm::DatabaseTransaction, name: &str) -> Result<client::Model> {
    let found = client::Entity::find().filter(client::Column::Name.eq(name)).one(tx).await?;
    found.ok_or_else(|| {
        Failure::input("client", format!("There is no client {name}."), format!("Không có client {name}."))
    })
}
