//! What the command line does with registered operations, on the server's own authority.

use entity::{client, client_operation, ids::ClientId};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};

use super::{Digest, service};
use crate::{
    clock,
    error::Result,
    exchange::{self, server::Deed},
    startup::App,
};

/// Registers documents for a client: all of them, or none where one could not be run.
pub async fn register(app: &App, client: &str, documents: Vec<String>) -> Result<Vec<Digest>> {
    let documents = service::check(documents, &app.config.limits, "documents").await?;
    let digests = documents.iter().map(|checked| checked.digest).collect();
    let tx = app.db.begin().await?;
    let client = service::named(&tx, client).await?;
    service::store(&tx, client.id, documents, clock::to_micros(app.clock.now())).await?;
    note(app, &tx, "registerOperations", client.id, "operations").await?;
    tx.commit().await?;
    Ok(digests)
}

/// What a client has registered: digest and name; and whether it may run nothing else.
pub async fn list(app: &App, client: &str) -> Result<(bool, Vec<(String, Option<String>)>)> {
    let client = service::named(&app.db.connection, client).await?;
    let own = client_operation::Column::ClientId.eq(client.id);
    let query = client_operation::Entity::find().filter(own).order_by_asc(client_operation::Column::Id);
    let found = query.all(&app.db.connection).await?;
    let operations = found.into_iter().map(|operation| (operation.sha256, operation.name));
    Ok((client.registered_only, operations.collect()))
}

/// Takes a document back. Whether there was one.
pub async fn remove(app: &App, client: &str, digest: Digest) -> Result<bool> {
    let tx = app.db.begin().await?;
    let client = service::named(&tx, client).await?;
    let removed = client_operation::Entity::delete_many()
        .filter(client_operation::Column::ClientId.eq(client.id))
        .filter(client_operation::Column::Sha256.eq(digest.to_string()))
        .exec(&tx)
        .await?;
    if removed.rows_affected > 0 {
        note(app, &tx, "removeOperation", client.id, "operations").await?;
    }
    tx.commit().await?;
    Ok(removed.rows_affected > 0)
}

/// Binds a client to what it has registered, or sets it free.
pub async fn restrict(app: &App, client: &str, registered_only: bool) -> Result<()> {
    let tx = app.db.begin().await?;
    let client = service::named(&tx, client).await?;
    note(app, &tx, "restrictToRegistered", client.id, "registeredOnly").await?;
    let version = client.version + 1;
    let mut after: client::ActiveModel = client.into();
    after.registered_only = Set(registered_only);
    after.version = Set(version);
    after.updated_at = Set(clock::to_micros(app.clock.now()));
    after.update(&tx).await?;
    tx.commit().await?;
    Ok(())
}

async fn note(app: &App, tx: &DatabaseTransaction, operation: &str, client: ClientId, field: &str) -> Result<()> {
    let deed = Deed { operation, type_name: "Client", id: Some(client.0), fields: &[field] };
    exchange::server::note(tx, app.clock.now(), deed).await
}
