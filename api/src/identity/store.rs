//! Look-ups of clients, roles and tokens for writing: locked until the write ends.

use std::collections::HashMap;

use entity::{
    agency, client, client_role,
    ids::{AgencyId, ClientId, RoleId, TokenId},
    role, role_permission, token,
};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use crate::{
    access::{Permission, PermissionSet},
    error::{Failure, Result},
    exchange::Write,
    request::Request,
};

/// Writes of clients, roles and tokens go one after the other, so that none decides by what another is changing: a
/// role is not widened while a client that holds it is taken into use. They are few.
pub async fn one_at_a_time(tx: &DatabaseTransaction) -> Result<()> {
    let locked = role::Entity::find().filter(role::Column::Code.eq("platform_admin")).lock_exclusive().one(tx).await?;
    locked.map(drop).ok_or_else(|| Failure::internal("the built-in roles are not stored"))
}

/// The client with this id, where the caller may see it; otherwise it answers as one that isn't there, and isn't locked.
pub async fn client(write: &Write<'_>, id: ClientId, field: &str) -> Result<client::Model> {
    seen(write, client::Entity::find_by_id(id), field).await?;
    let found = client::Entity::find_by_id(id).lock_exclusive().one(&write.tx).await?;
    found.filter(|client| is_seen(write.request, client)).ok_or_else(|| Failure::not_found(field))
}

/// That a client is there for the caller.
async fn seen(write: &Write<'_>, query: Select<client::Entity>, field: &str) -> Result<()> {
    let found = query.one(&write.tx).await?.filter(|client| is_seen(write.request, client));
    found.map(drop).ok_or_else(|| Failure::not_found(field))
}

/// As the row rule of the projection (`Rows::OwnAgency`) says it.
fn is_seen(request: &Request, client: &client::Model) -> bool {
    let viewer = &request.viewer;
    let agency = viewer.may(Permission::ClientReadAll) || client.agency_id.0 == viewer.agency_id;
    agency && in_scope(request, client.scope_unit_id.0)
}

/// Whether a unit lies in the caller's scope.
pub fn in_scope(request: &Request, unit_id: i64) -> bool {
    let scope = request.viewer.scope;
    scope.column().is_none() || request.catalog.lies_in(unit_id, scope.unit_id())
}

/// The token with this id and its client, where the caller may see that.
pub async fn token(write: &Write<'_>, id: TokenId, field: &str) -> Result<(token::Model, client::Model)> {
    let of = token::Entity::find_by_id(id).select_only().column(token::Column::ClientId).into_query();
    seen(write, client::Entity::find().filter(client::Column::Id.in_subquery(of)), field).await?;
    let found = token::Entity::find_by_id(id).lock_exclusive().one(&write.tx).await?;
    let token = found.ok_or_else(|| Failure::not_found(field))?;
    let client = client(write, token.client_id, field).await?;
    Ok((token, client))
}

/// The client with this name, for a command on the server.
pub async fn client_by_name(tx: &DatabaseTransaction, name: &str) -> Result<Option<client::Model>> {
    Ok(client::Entity::find().filter(client::Column::Name.eq(name)).lock_exclusive().one(tx).await?)
}

/// CONFLICT where a client bears the name.
pub async fn name_is_free(tx: &DatabaseTransaction, name: &str) -> Result<()> {
    if client_by_name(tx, name).await?.is_none() {
        return Ok(());
    }
    Err(Failure::conflict("There is a client with this name already.", "Tên client này đã tồn tại.")
        .with_field("input.name"))
}

/// The agency with this code.
pub async fn agency(tx: &DatabaseTransaction, code: &str, field: &str) -> Result<AgencyId> {
    let found = agency::Entity::find().filter(agency::Column::Code.eq(code)).one(tx).await?;
    found.map(|agency| agency.id).ok_or_else(|| {
        Failure::input(field, format!("There is no agency {code}."), format!("Không có cơ quan {code}."))
    })
}

/// The roles with these codes, each once; BAD_USER_INPUT where one is unknown or none is named.
pub async fn roles(tx: &DatabaseTransaction, codes: &[String], field: &str) -> Result<Vec<role::Model>> {
    if codes.is_empty() {
        return Err(Failure::input(field, "Name at least one role.", "Phải nêu ít nhất một vai trò."));
    }
    let all = role::Entity::find().order_by_asc(role::Column::Code).all(tx).await?;
    for code in codes {
        if !all.iter().any(|role| role.code == *code) {
            let known: Vec<_> = all.iter().map(|role| role.code.as_str()).collect();
            return Err(Failure::input(
                field,
                format!("There is no role {code}. There are: {}.", known.join(", ")),
                format!("Không có vai trò {code}."),
            ));
        }
    }
    Ok(all.into_iter().filter(|role| codes.contains(&role.code)).collect())
}

/// A client's roles.
pub async fn roles_of(tx: &DatabaseTransaction, client: ClientId) -> Result<Vec<role::Model>> {
    let held = client_role::Entity::find()
        .select_only()
        .column(client_role::Column::RoleId)
        .filter(client_role::Column::ClientId.eq(client))
        .into_query();
    let query = role::Entity::find().filter(role::Column::Id.in_subquery(held));
    Ok(query.order_by_asc(role::Column::Code).all(tx).await?)
}

/// The permissions of every role. A province has dozens of roles.
pub struct Grants(HashMap<RoleId, PermissionSet>);

impl Grants {
    pub async fn load(tx: &DatabaseTransaction) -> Result<Self> {
        let mut grants: HashMap<RoleId, PermissionSet> = HashMap::new();
        for row in role_permission::Entity::find().all(tx).await? {
            if let Some(permission) = Permission::parse(&row.permission) {
                grants.entry(row.role_id).or_default().insert(permission);
            }
        }
        Ok(Self(grants))
    }

    /// What these roles allow together.
    pub fn of(&self, roles: impl IntoIterator<Item = RoleId>) -> PermissionSet {
        let mut set = PermissionSet::default();
        for held in roles.into_iter().filter_map(|role| self.0.get(&role)) {
            held.iter().for_each(|permission| set.insert(permission));
        }
        set
    }

    /// What a client's roles allow together.
    pub fn of_roles(&self, roles: &[role::Model]) -> PermissionSet {
        self.of(roles.iter().map(|role| role.id))
    }
}
