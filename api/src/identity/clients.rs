//! What becomes of a client, whoever asks for it: a caller (`service.rs`) or a command on the server (`command.rs`).

use entity::{
    client, client_role,
    enums::ClientStatus,
    ids::{AdminUnitId, AgencyId, ClientId},
    role, token,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};

use super::{
    scope, secret,
    store::{self, Grants},
};
use crate::{
    access::duties,
    config::Secret,
    error::{Failure, Result},
    place::Catalog,
};

/// Who writes, and when: a caller, or a command on the server, which is nobody's client.
#[derive(Clone, Copy)]
pub struct Author {
    pub client: Option<i64>,
    pub agency: Option<AgencyId>,
    /// Microseconds.
    pub at: i64,
}

/// A client to be made.
pub struct Offer<'a> {
    pub name: &'a str,
    pub agency: AgencyId,
    pub unit: i64,
    pub roles: &'a [role::Model],
}

/// What is to be changed of a client; nothing where it is none.
#[derive(Default)]
pub struct Changes {
    pub name: Option<String>,
    pub roles: Option<Vec<role::Model>>,
    pub unit: Option<i64>,
}

/// Makes a client that may do what is offered: nothing yet, while it is PENDING.
pub async fn create(
    tx: &DatabaseTransaction,
    catalog: &Catalog,
    offer: &Offer<'_>,
    status: ClientStatus,
    author: Author,
) -> Result<client::Model> {
    store::name_is_free(tx, offer.name).await?;
    let grants = Grants::load(tx).await?;
    apart(&grants, offer.roles)?;
    scope::check(tx, catalog, offer.agency, grants.of_roles(offer.roles), offer.unit, "input.scope").await?;
    let client = client::ActiveModel {
        id: NotSet,
        name: Set(offer.name.to_owned()),
        agency_id: Set(offer.agency),
        scope_unit_id: Set(AdminUnitId(offer.unit)),
        status: Set(status),
        secret_hash: Set(None),
        offered_by: Set(author.client),
        status_reason: Set(None),
        version: Set(1),
        created_at: Set(author.at),
        updated_at: Set(author.at),
        updated_by: Set(author.agency),
        registered_only: NotSet,
    };
    let client = client.insert(tx).await?;
    hold(tx, client.id, offer.roles).await?;
    Ok(client)
}

async fn hold(tx: &DatabaseTransaction, client: ClientId, roles: &[role::Model]) -> Result<()> {
    if roles.is_empty() {
        return Ok(());
    }
    let held = roles.iter().map(|role| client_role::ActiveModel { client_id: Set(client), role_id: Set(role.id) });
    client_role::Entity::insert_many(held).exec_without_returning(tx).await?;
    Ok(())
}

fn apart(grants: &Grants, roles: &[role::Model]) -> Result<()> {
    duties::check(grants.of_roles(roles), "The client", "Client", "input.roleCodes")
}

/// Changes a client and tells which of its fields (GraphQL names). One that gets a role or a wider scope waits for its
/// agency again; less acts at once.
pub async fn update(
    tx: &DatabaseTransaction,
    catalog: &Catalog,
    before: &client::Model,
    changes: Changes,
    author: Author,
) -> Result<(client::Model, Vec<&'static str>)> {
    // One that has more than it may get keeps it until one of the two changes.
    if changes.roles.is_some() || changes.unit.is_some() {
        bounded(tx, catalog, before, &changes).await?;
    }
    let mut after: client::ActiveModel = before.clone().into();
    let (mut applied, mut widened) = (Vec::new(), false);
    if let Some(name) = changes.name.filter(|name| *name != before.name) {
        store::name_is_free(tx, &name).await?;
        after.name = Set(name);
        applied.push("name");
    }
    if let Some(roles) = changes.roles {
        let (changed, more) = replace(tx, before.id, &roles).await?;
        widened |= more;
        applied.extend(changed.then_some("roles"));
    }
    if let Some(unit) = changes.unit.filter(|unit| *unit != before.scope_unit_id.0) {
        after.scope_unit_id = Set(AdminUnitId(unit));
        widened |= !catalog.lies_in(unit, before.scope_unit_id.0);
        applied.push("scope");
    }
    if applied.is_empty() {
        return Ok((before.clone(), applied));
    }
    if widened {
        not_ones_own(before, author)?;
        after.offered_by = Set(author.client);
        if before.status == ClientStatus::Active {
            after.status = Set(ClientStatus::Pending);
            applied.push("status");
        }
    }
    Ok((written(tx, after, before.version, author).await?, applied))
}

/// BAD_USER_INPUT where the client's scope would be too wide for what its roles allow.
async fn bounded(tx: &DatabaseTransaction, catalog: &Catalog, before: &client::Model, changes: &Changes) -> Result<()> {
    let held = match &changes.roles {
        Some(_) => Vec::new(),
        None => store::roles_of(tx, before.id).await?,
    };
    let set = Grants::load(tx).await?.of_roles(changes.roles.as_deref().unwrap_or(&held));
    let unit = changes.unit.unwrap_or(before.scope_unit_id.0);
    let field = if changes.unit.is_some() { "input.scope" } else { "input.roleCodes" };
    scope::check(tx, catalog, before.agency_id, set, unit, field).await
}

/// FORBIDDEN where a client would allow itself more.
pub fn not_ones_own(client: &client::Model, author: Author) -> Result<()> {
    if author.client == Some(client.id.0) {
        return Err(Failure::forbidden(
            "Your own client can't be allowed more by yourself.",
            "Không được tự mở rộng quyền của chính client của mình.",
        ));
    }
    Ok(())
}

/// Gives a client these roles in place of those it has: whether anything changed, and whether there are new ones.
async fn replace(tx: &DatabaseTransaction, client: ClientId, roles: &[role::Model]) -> Result<(bool, bool)> {
    apart(&Grants::load(tx).await?, roles)?;
    let held = store::roles_of(tx, client).await?;
    let new: Vec<_> = roles.iter().filter(|role| !held.contains(role)).cloned().collect();
    let gone: Vec<_> = held.iter().filter(|role| !roles.contains(role)).map(|role| role.id).collect();
    hold(tx, client, &new).await?;
    client_role::Entity::delete_many()
        .filter(client_role::Column::ClientId.eq(client))
        .filter(client_role::Column::RoleId.is_in(gone.iter().copied()))
        .exec(tx)
        .await?;
    Ok((!new.is_empty() || !gone.is_empty(), !new.is_empty()))
}

/// Takes a client that waits into use. Its secret comes with the first time; one that it has goes on holding.
pub async fn activate(
    tx: &DatabaseTransaction,
    catalog: &Catalog,
    before: &client::Model,
    reason: Option<String>,
    author: Author,
) -> Result<(client::Model, Option<Secret>)> {
    match before.status {
        ClientStatus::Pending => {}
        ClientStatus::Active => return Err(wrong_status("The client is active already.", "Client đã được kích hoạt.")),
        ClientStatus::Disabled => return Err(is_disabled()),
    }
    let (grants, roles) = (Grants::load(tx).await?, store::roles_of(tx, before.id).await?);
    apart(&grants, &roles)?;
    let set = grants.of_roles(&roles);
    // A role may have become more since the client was offered it.
    scope::check(tx, catalog, before.agency_id, set, before.scope_unit_id.0, "input.id").await?;
    if duties::is_platform(set) {
        end_tokens(tx, before.id, author.at).await?;
    }
    let secret = before.secret_hash.is_none().then(secret::generate);
    let mut after: client::ActiveModel = before.clone().into();
    after.status = Set(ClientStatus::Active);
    after.status_reason = Set(reason);
    if let Some(secret) = &secret {
        after.secret_hash = Set(Some(secret::hash(secret.reveal())));
    }
    Ok((written(tx, after, before.version, author).await?, secret))
}

/// Ends the tokens of a client that administers the platform from now on: its agency may have issued them while one of
/// its roles was less than it is.
async fn end_tokens(tx: &DatabaseTransaction, client: ClientId, at: i64) -> Result<()> {
    let ended = token::ActiveModel {
        revoked_at: Set(Some(at)),
        revoked_reason: Set(Some("the client was taken into use for the platform".to_owned())),
        ..Default::default()
    };
    token::Entity::update_many()
        .set(ended)
        .filter(token::Column::ClientId.eq(client))
        .filter(token::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Shuts a client out for good, with its tokens.
pub async fn disable(
    tx: &DatabaseTransaction,
    before: &client::Model,
    reason: Option<String>,
    author: Author,
) -> Result<client::Model> {
    if before.status == ClientStatus::Disabled {
        return Err(is_disabled());
    }
    let mut after: client::ActiveModel = before.clone().into();
    after.status = Set(ClientStatus::Disabled);
    after.status_reason = Set(reason);
    after.secret_hash = Set(None);
    written(tx, after, before.version, author).await
}

/// A new secret in place of the one that there is, which ends at once.
pub async fn rotate(
    tx: &DatabaseTransaction,
    before: &client::Model,
    author: Author,
) -> Result<(client::Model, Secret)> {
    is_active(before)?;
    let secret = secret::generate();
    let mut after: client::ActiveModel = before.clone().into();
    after.secret_hash = Set(Some(secret::hash(secret.reveal())));
    Ok((written(tx, after, before.version, author).await?, secret))
}

async fn written(
    tx: &DatabaseTransaction,
    mut after: client::ActiveModel,
    version: i32,
    author: Author,
) -> Result<client::Model> {
    after.version = Set(version.saturating_add(1));
    after.updated_at = Set(author.at);
    after.updated_by = Set(author.agency);
    Ok(after.update(tx).await?)
}

/// CONFLICT where a client is not in use.
pub fn is_active(client: &client::Model) -> Result<()> {
    match client.status {
        ClientStatus::Active => Ok(()),
        ClientStatus::Disabled => Err(is_disabled()),
        ClientStatus::Pending => Err(wrong_status(
            "The client waits for an administrator of its agency to activate it.",
            "Client đang chờ quản trị của cơ quan kích hoạt.",
        )),
    }
}

fn is_disabled() -> Failure {
    wrong_status("The client is disabled for good; make a new one.", "Client đã bị vô hiệu hóa; hãy tạo client mới.")
}

fn wrong_status(message: &str, message_vi: &str) -> Failure {
    Failure::conflict(message, message_vi).with_field("input.id")
}
