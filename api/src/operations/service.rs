//! An agency's administrator registers operations for the agency's clients, and binds clients to them.

use async_graphql::{ID, InputObject};
use entity::{client, client_operation, ids::ClientId};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::OnConflict,
};

use super::Digest;
use crate::{
    access::Permission,
    config::Limits,
    error::{Failure, Result},
    exchange::{Subject, Write, items::check_count},
    identity::client_in_reach,
    request::Request,
    schema::{self, global_id},
};

/// Who may: an administrator, for clients of its own agency.
const MANAGE: Permission = Permission::ClientOperation;

/// Documents to register for a client.
#[derive(InputObject)]
pub struct RegisterOperationsInput {
    /// A client of the caller's agency.
    pub client_id: ID,
    /// GraphQL documents, each as the client will send it: one more space makes another document.
    pub documents: Vec<String>,
}

/// Whether a client may run only what it has registered.
#[derive(InputObject)]
pub struct RestrictToRegisteredInput {
    /// A client of the caller's agency.
    pub client_id: ID,
    /// The client's version that the caller knows.
    pub expected_version: i32,
    /// True: everything else is refused before it runs.
    pub registered_only: bool,
}

/// A document that may be registered.
pub struct Checked {
    pub digest: Digest,
    name: Option<String>,
    document: String,
}

/// Refuses, under its place in the list, a document that could not be run.
pub async fn check(documents: Vec<String>, limits: &Limits, field: &str) -> Result<Vec<Checked>> {
    let mut checked = Vec::with_capacity(documents.len());
    for (index, document) in documents.into_iter().enumerate() {
        let name =
            schema::check(&document, limits).await.map_err(|failure| failure.under(&format!("{field}.{index}")))?;
        checked.push(Checked { digest: Digest::of(&document), name, document });
    }
    Ok(checked)
}

/// Stores documents for a client. One that it has already stays as it is.
pub async fn store(tx: &DatabaseTransaction, client: ClientId, documents: Vec<Checked>, now: i64) -> Result<()> {
    let rows = documents.into_iter().map(|checked| client_operation::ActiveModel {
        id: NotSet,
        client_id: Set(client),
        sha256: Set(checked.digest.to_string()),
        name: Set(checked.name),
        document: Set(checked.document),
        registered_at: Set(now),
    });
    let mut again = OnConflict::columns([client_operation::Column::ClientId, client_operation::Column::Sha256]);
    again.do_nothing();
    client_operation::Entity::insert_many(rows).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}

/// Registers documents, and returns the client with their digests.
pub async fn register(request: &Request, input: RegisterOperationsInput) -> Result<(i64, Vec<Digest>)> {
    request.viewer.require(MANAGE)?;
    let id = global_id::expect("Client", &input.client_id, "input.clientId")?;
    check_count(request, "input.documents", input.documents.len())?;
    if input.documents.is_empty() {
        return Err(Failure::input("input.documents", "Name a document.", "Hãy gửi ít nhất một tài liệu."));
    }
    let documents = check(input.documents, &request.limits, "input.documents").await?;
    let digests = documents.iter().map(|checked| checked.digest).collect();
    let mut write = Write::begin(request, "registerOperations").await?;
    let client = own_client(&write, id).await?;
    store(&write.tx, client.id, documents, request.micros()).await?;
    write.updated(subject(&client, client.version), &["operations"]);
    write.commit().await?;
    Ok((id, digests))
}

/// Binds a client to what it has registered, or sets it free.
pub async fn restrict(request: &Request, input: RestrictToRegisteredInput) -> Result<i64> {
    request.viewer.require(MANAGE)?;
    let id = global_id::expect("Client", &input.client_id, "input.clientId")?;
    let mut write = Write::begin(request, "restrictToRegistered").await?;
    let client = own_client(&write, id).await?;
    if client.version != input.expected_version {
        return Err(Failure::version_moved(input.expected_version, client.version));
    }
    if input.registered_only {
        let query = client_operation::Entity::find().filter(client_operation::Column::ClientId.eq(client.id));
        query.one(&write.tx).await?.ok_or_else(|| {
            Failure::input(
                "input.registeredOnly",
                "The client has registered nothing, so it could run nothing. Register its operations first.",
                "Client chưa đăng ký thao tác nào nên sẽ không chạy được gì. Hãy đăng ký trước.",
            )
        })?;
    }
    let version = client.version + 1;
    let mut after: client::ActiveModel = client.clone().into();
    after.registered_only = Set(input.registered_only);
    after.version = Set(version);
    after.updated_at = Set(request.micros());
    after.update(&write.tx).await?;
    write.updated(subject(&client, version), &["registeredOnly"]);
    write.commit().await?;
    Ok(id)
}

/// A client of the viewer's own agency. Another agency's answers as one that isn't there.
async fn own_client(write: &Write<'_>, id: i64) -> Result<client::Model> {
    let client = client_in_reach(write, ClientId(id), "input.clientId").await?;
    let own = client.agency_id.0 == write.request.viewer.agency_id;
    if own { Ok(client) } else { Err(Failure::not_found("input.clientId")) }
}

fn subject(client: &client::Model, version: i32) -> Subject {
    Subject { type_name: "Client", id: client.id.0, version, commune_id: None, district_id: None }
}

/// The client with this name, for the command line.
pub async fn named(connection: &impl ConnectionTrait, name: &str) -> Result<client::Model> {
    let found = client::Entity::find().filter(client::Column::Name.eq(name)).one(connection).await?;
    found.ok_or_else(|| {
        Failure::input("client", format!("There is no client {name}."), format!("Không có client {name}."))
    })
}
