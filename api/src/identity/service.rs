//! What callers can do with clients, roles and tokens. Nobody holds both ends: the platform's administrator makes
//! clients and roles and sees no secret; the administrator of an agency takes its clients into use, and they can't be
//! allowed more without it.

use entity::{
    client,
    enums::{AdminLevel, ClientStatus},
    ids::{AdminUnitId, AgencyId, ClientId, RoleId, TokenId},
    role, token,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, QuerySelect};

use super::{
    clients::{self, Author, Offer},
    hand_out::{may_hand_out, may_open, of_another_agency, within_own},
    input::{
        ClientInput, CreateClientInput, CreateRoleInput, IssueTokenInput, RevokeTokenInput, UpdateClientInput,
        UpdateRoleInput,
    },
    issuing::{self, NewToken},
    keys::SigningKeys,
    roles::{self, NewRole},
    scope,
    store::{self, Grants},
};
use crate::{
    access::{Permission, duties},
    config::Secret,
    error::{Failure, Result},
    exchange::{Subject, Write},
    place::{Catalog, UnitRef},
    request::Request,
    schema::{global_id, text},
};

pub const MAX_NAME: usize = 200;
pub const MAX_REASON: usize = 1_000;

fn author(request: &Request) -> Author {
    let viewer = &request.viewer;
    Author { client: Some(viewer.client_id), agency: Some(AgencyId(viewer.agency_id)), at: request.micros() }
}

fn subject(type_name: &'static str, id: i64, version: i32) -> Subject {
    Subject { type_name, id, version, commune_id: None, district_id: None }
}

async fn begin<'a>(request: &'a Request, operation: &'static str) -> Result<Write<'a>> {
    let write = Write::begin(request, operation).await?;
    store::one_at_a_time(&write.tx).await?;
    Ok(write)
}

/// The unit that a client or token works with: no hamlet.
pub fn scope_unit(catalog: &Catalog, scope: &UnitRef, field: &str) -> Result<i64> {
    let unit = catalog.resolve(scope, field)?;
    if unit.level() == Some(AdminLevel::Hamlet) {
        return Err(Failure::input(
            field,
            "A hamlet is no scope; name its commune.",
            "Phạm vi phải là tỉnh, huyện hoặc xã.",
        ));
    }
    Ok(unit.id)
}

/// The same, which the caller's own scope must cover.
fn own_scope_unit(request: &Request, scope: &UnitRef) -> Result<i64> {
    let unit = scope_unit(&request.catalog, scope, "input.scope")?;
    if store::in_scope(request, unit) {
        return Ok(unit);
    }
    Err(Failure::forbidden("The unit lies outside your scope.", "Đơn vị nằm ngoài phạm vi của bạn.")
        .with_field("input.scope"))
}

/// Makes a client that waits for its agency and tells its id.
pub async fn create_client(request: &Request, input: CreateClientInput) -> Result<i64> {
    request.viewer.require(Permission::ClientCreate)?;
    let name = text::required(&input.name, "input.name", MAX_NAME)?;
    let unit = own_scope_unit(request, &input.scope)?;
    let mut write = begin(request, "createClient").await?;
    let agency = store::agency(&write.tx, &input.agency_code, "input.agencyCode").await?;
    let roles = store::roles(&write.tx, &input.role_codes, "input.roleCodes").await?;
    let offer = Offer { name: &name, agency, unit, roles: &roles };
    let client = clients::create(&write.tx, &request.catalog, &offer, ClientStatus::Pending, author(request)).await?;
    let fields = ["name", "agency", "roles", "scope", "status"];
    write.created(subject("Client", client.id.0, client.version), &fields);
    write.commit().await?;
    Ok(client.id.0)
}

/// Changes a client and tells its id.
pub async fn update_client(request: &Request, input: UpdateClientInput) -> Result<i64> {
    request.viewer.require(Permission::ClientUpdate)?;
    let name = input.name.map(|name| text::required(&name, "input.name", MAX_NAME)).transpose()?;
    let unit = input.scope.map(|scope| own_scope_unit(request, &scope)).transpose()?;
    let mut write = begin(request, "updateClient").await?;
    let before = found(&write, &input.id, input.expected_version).await?;
    may_stop(request, &before, "input.id")?;
    let roles = match &input.role_codes {
        Some(codes) => Some(store::roles(&write.tx, codes, "input.roleCodes").await?),
        None => None,
    };
    let changes = clients::Changes { name, roles, unit };
    let (after, fields) = clients::update(&write.tx, &request.catalog, &before, changes, author(request)).await?;
    if !fields.is_empty() {
        write.updated(subject("Client", after.id.0, after.version), &fields);
        write.commit().await?;
    }
    Ok(after.id.0)
}

/// Takes a client of the caller's agency into use; its secret where it gets its first.
pub async fn activate_client(request: &Request, input: ClientInput) -> Result<(i64, Option<Secret>)> {
    request.viewer.require(Permission::ClientActivate)?;
    let reason = text::optional(input.reason.as_deref(), "input.reason", MAX_REASON)?;
    let mut write = begin(request, "activateClient").await?;
    let before = found(&write, &input.id, input.expected_version).await?;
    may_hand_out(&write, &before, "input.id").await?;
    if before.offered_by == Some(request.viewer.client_id) {
        return Err(Failure::forbidden(
            "Who offered a client what it may do can't activate it.",
            "Bên đề xuất quyền cho client không được tự kích hoạt.",
        )
        .with_field("input.id"));
    }
    let (after, secret) = clients::activate(&write.tx, &request.catalog, &before, reason, author(request)).await?;
    write.updated(subject("Client", after.id.0, after.version), &["status"]);
    write.commit().await?;
    Ok((after.id.0, secret))
}

/// Shuts a client out and tells its id.
pub async fn disable_client(request: &Request, input: ClientInput) -> Result<i64> {
    request.viewer.require(Permission::ClientDisable)?;
    let reason = text::optional(input.reason.as_deref(), "input.reason", MAX_REASON)?;
    let mut write = begin(request, "disableClient").await?;
    let before = found(&write, &input.id, input.expected_version).await?;
    may_stop(request, &before, "input.id")?;
    let after = clients::disable(&write.tx, &before, reason, author(request)).await?;
    write.updated(subject("Client", after.id.0, after.version), &["status"]);
    write.commit().await?;
    Ok(after.id.0)
}

/// A new secret for a client of the caller's agency.
pub async fn rotate_secret(request: &Request, input: ClientInput) -> Result<(i64, Secret)> {
    request.viewer.require(Permission::ClientRotateSecret)?;
    let mut write = begin(request, "rotateClientSecret").await?;
    let before = found(&write, &input.id, input.expected_version).await?;
    may_open(&write, &before, "input.id").await?;
    let (after, secret) = clients::rotate(&write.tx, &before, author(request)).await?;
    write.updated(subject("Client", after.id.0, after.version), &["secret"]);
    write.commit().await?;
    Ok((after.id.0, secret))
}

/// Makes a role and tells its id.
pub async fn create_role(request: &Request, input: CreateRoleInput) -> Result<i64> {
    request.viewer.require(Permission::RoleWrite)?;
    let mut write = begin(request, "createRole").await?;
    let new = NewRole {
        code: &input.code,
        name: &input.name,
        permissions: &input.permissions,
        longest_token_days: input.longest_token_days,
        purposes: input.purposes.as_deref().unwrap_or_default(),
        purpose_required: input.purpose_required,
    };
    let role = roles::create(&write.tx, &new).await?;
    write.created(subject("Role", role.id.0, role.version), roles::CREATED);
    write.commit().await?;
    Ok(role.id.0)
}

/// Changes a role and tells its id.
pub async fn update_role(request: &Request, input: UpdateRoleInput) -> Result<i64> {
    request.viewer.require(Permission::RoleWrite)?;
    let id = RoleId(global_id::expect("Role", &input.id, "input.id")?);
    let mut write = begin(request, "updateRole").await?;
    let before = role::Entity::find_by_id(id).lock_exclusive().one(&write.tx).await?;
    let before = before.ok_or_else(|| Failure::not_found("input.id"))?;
    let changes = roles::Changes {
        name: input.name.as_deref(),
        permissions: input.permissions.as_deref(),
        longest_token_days: input.longest_token_days,
        purposes: input.purposes.as_deref(),
        purpose_required: input.purpose_required,
    };
    let changed = roles::update(&write.tx, before, &changes, author(request)).await?;
    if !changed.fields.is_empty() {
        write.updated(subject("Role", id.0, changed.role.version), &changed.fields);
        for client in &changed.waiting {
            write.updated(subject("Client", client.id.0, client.version.saturating_add(1)), &["status"]);
        }
        write.commit().await?;
    }
    Ok(id.0)
}

/// Issues a token for an active client of the caller's agency: its id and its text.
pub async fn issue_token(request: &Request, keys: &SigningKeys, input: IssueTokenInput) -> Result<(i64, Secret)> {
    request.viewer.require(Permission::TokenIssue)?;
    let label = text::required(&input.label, "input.label", MAX_NAME)?;
    let unit = input.scope.as_ref().map(|scope| scope_unit(&request.catalog, scope, "input.scope")).transpose()?;
    let id = ClientId(global_id::expect("Client", &input.client_id, "input.clientId")?);
    let mut write = begin(request, "issueToken").await?;
    let client = store::client(&write, id, "input.clientId").await?;
    may_hand_out(&write, &client, "input.clientId").await?;
    clients::is_active(&client).map_err(|failure| failure.with_field("input.clientId"))?;
    let unit = unit.unwrap_or(client.scope_unit_id.0);
    if !request.catalog.lies_in(unit, client.scope_unit_id.0) {
        return Err(beyond_client("input.scope", "The client has a narrower scope."));
    }
    let roles = roles_of_token(&write, &client, input.role_codes.as_deref()).await?;
    let set = Grants::load(&write.tx).await?.of_roles(&roles);
    scope::check(&write.tx, &request.catalog, client.agency_id, set, unit, "input.scope").await?;
    issuing::check_life(&roles, input.expires_at.0.signed_duration_since(request.now), "input.expiresAt")?;
    let role_ids: Vec<_> = roles.iter().map(|role| role.id).collect();
    let new = NewToken {
        jti: &issuing::new_jti(""),
        client_id: client.id,
        label: &label,
        scope_unit_id: AdminUnitId(unit),
        role_ids: &role_ids,
        issued_at: request.now,
        expires_at: input.expires_at.0,
    };
    let issued = issuing::insert_token(&write.tx, keys, &new).await?;
    write.created(subject("Token", issued.id.0, 1), &["label", "roles", "scope", "issuedAt", "expiresAt"]);
    write.commit().await?;
    Ok((issued.id.0, issued.text))
}

/// Ends a token and tells its id. One that has ended stays as it is, with its reason.
pub async fn revoke_token(request: &Request, input: RevokeTokenInput) -> Result<i64> {
    request.viewer.require(Permission::TokenRevoke)?;
    let reason = text::required(&input.reason, "input.reason", MAX_REASON)?;
    let id = TokenId(global_id::expect("Token", &input.id, "input.id")?);
    let mut write = begin(request, "revokeToken").await?;
    let (before, client) = store::token(&write, id, "input.id").await?;
    may_stop(request, &client, "input.id")?;
    if before.revoked_at.is_some() {
        return Ok(id.0);
    }
    let mut after: token::ActiveModel = before.into();
    after.revoked_at = Set(Some(request.micros()));
    after.revoked_reason = Set(Some(reason));
    after.update(&write.tx).await?;
    write.updated(subject("Token", id.0, 2), &["revokedAt", "revokedReason"]);
    write.commit().await?;
    Ok(id.0)
}

/// The client that the caller read, where it may see it.
async fn found(write: &Write<'_>, id: &str, expected: i32) -> Result<client::Model> {
    let id = ClientId(global_id::expect("Client", id, "input.id")?);
    let client = store::client(write, id, "input.id").await?;
    if client.version == expected { Ok(client) } else { Err(Failure::version_moved(expected, client.version)) }
}

/// Stopping a client is for its agency and for the platform.
fn may_stop(request: &Request, client: &client::Model, field: &str) -> Result<()> {
    let own = client.agency_id.0 == request.viewer.agency_id;
    if own || duties::is_platform(request.viewer.permissions) { Ok(()) } else { Err(of_another_agency(field)) }
}

fn beyond_client(field: &str, why: &str) -> Failure {
    Failure::input(field, why, "Token không được vượt quá quyền của client.")
}

/// Roles of the client, all or some. For the caller's own client none that its token lacks: it would reach further
/// than it was given.
async fn roles_of_token(
    write: &Write<'_>,
    client: &client::Model,
    codes: Option<&[String]>,
) -> Result<Vec<role::Model>> {
    let field = "input.roleCodes";
    let held = store::roles_of(&write.tx, client.id).await?;
    let roles = match codes {
        None => held,
        Some(codes) => {
            let named = store::roles(&write.tx, codes, field).await?;
            if !named.iter().all(|role| held.contains(role)) {
                return Err(beyond_client(field, "The client doesn't hold all of these roles."));
            }
            named
        }
    };
    within_own(write, client, &roles, field)?;
    Ok(roles)
}
