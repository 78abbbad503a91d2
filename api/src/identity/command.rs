//! What the command line does with clients, roles and tokens, on the authority of who may run commands on the server.
//! It can name both ends; that is why the first administrators come from here.

use chrono::TimeDelta;
use entity::{client, client_role, enums::ClientStatus, ids::TokenId, role, token};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};

use super::{
    admin::{self, Issue, Life, server},
    clients::{self, Offer},
    roles,
    service::{MAX_NAME, MAX_REASON, scope_unit},
    store::{self, Grants},
};
use crate::{
    clock,
    config::Secret,
    error::{Failure, Result},
    exchange::{self, server::Deed},
    place::UnitRef,
    schema::text,
    startup::App,
};

pub use super::roles::{Changes as RoleChanges, NewRole};

const ADMIN_ROLE: &str = "agency_admin";
const ADMIN_TOKEN: TimeDelta = TimeDelta::days(30);

/// A client as it is listed.
#[derive(FromQueryResult)]
pub struct ListedClient {
    pub name: String,
    pub agency: String,
    pub scope: String,
    pub status: String,
    pub roles: Option<String>,
    pub tokens: i64,
}

/// A token as it is listed. Instants are microseconds.
#[derive(FromQueryResult)]
pub struct ListedToken {
    pub id: i64,
    pub client: String,
    pub label: String,
    pub scope: String,
    pub roles: Option<String>,
    pub expires_at: i64,
    pub revoked_at: Option<i64>,
    pub last_used_at: Option<i64>,
}

/// A role as it is listed.
pub struct ListedRole {
    pub role: role::Model,
    pub permissions: Vec<&'static str>,
}

/// A client to be made.
pub struct NewClient<'a> {
    pub name: &'a str,
    pub agency: &'a str,
    pub roles: &'a [String],
    pub scope: &'a str,
}

async fn begin(app: &App) -> Result<DatabaseTransaction> {
    let tx = app.db.begin().await?;
    store::one_at_a_time(&tx).await?;
    Ok(tx)
}

async fn note(app: &App, tx: &DatabaseTransaction, deed: Deed<'_>) -> Result<()> {
    exchange::server::note(tx, app.clock.now(), deed).await
}

/// Fields of a client that is made.
pub(super) const CREATED: &[&str] = &["name", "agency", "roles", "scope", "status"];

pub(super) fn of_client<'a>(operation: &'a str, client: &client::Model, fields: &'a [&'a str]) -> Deed<'a> {
    Deed { operation, type_name: "Client", id: Some(client.id.0), fields }
}

fn of_role<'a>(operation: &'a str, role: &role::Model, fields: &'a [&'a str]) -> Deed<'a> {
    Deed { operation, type_name: "Role", id: Some(role.id.0), fields }
}

async fn named(tx: &DatabaseTransaction, name: &str) -> Result<client::Model> {
    let found = store::client_by_name(tx, name).await?;
    found.ok_or_else(|| {
        Failure::input("name", format!("There is no client {name}."), format!("Không có client {name}."))
    })
}

/// Every client, in order of entry.
pub async fn clients(app: &App) -> Result<Vec<ListedClient>> {
    let sql = "SELECT k.name, a.code AS agency, u.code AS scope, k.status, \
               (SELECT string_agg(r.code, ',') FROM client_role y JOIN role r ON r.id = y.role_id \
                WHERE y.client_id = k.id) AS roles, \
               (SELECT count(*) FROM token t WHERE t.client_id = k.id) AS tokens \
               FROM client k JOIN agency a ON a.id = k.agency_id JOIN admin_unit u ON u.id = k.scope_unit_id ORDER BY k.id";
    let rows = app.db.read(app.db.statement(sql.to_owned(), Vec::new())).await?;
    Ok(rows.iter().map(|row| ListedClient::from_query_result(row, "")).collect::<Result<_, _>>()?)
}

/// Makes a client that waits to be activated.
pub async fn create_client(app: &App, new: &NewClient<'_>) -> Result<()> {
    let name = text::required(new.name, "name", MAX_NAME)?;
    let unit = scope_unit(&app.catalog, &UnitRef { code: new.scope.to_owned(), on: None }, "scope")?;
    let tx = begin(app).await?;
    let agency = store::agency(&tx, new.agency, "agency").await?;
    let roles = store::roles(&tx, new.roles, "role").await?;
    let offer = Offer { name: &name, agency, unit, roles: &roles };
    let client = clients::create(&tx, &app.catalog, &offer, ClientStatus::Pending, server(app)).await?;
    note(app, &tx, of_client("createClient", &client, CREATED)).await?;
    Ok(tx.commit().await?)
}

/// Takes a client into use; its secret where it gets its first.
pub async fn activate_client(app: &App, name: &str) -> Result<Option<Secret>> {
    let tx = begin(app).await?;
    let before = named(&tx, name).await?;
    let (client, secret) = clients::activate(&tx, &app.catalog, &before, None, server(app)).await?;
    note(app, &tx, of_client("activateClient", &client, &["status"])).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Shuts a client out for good, with its tokens.
pub async fn disable_client(app: &App, name: &str, reason: Option<&str>) -> Result<()> {
    let reason = text::optional(reason, "reason", MAX_REASON)?;
    let tx = begin(app).await?;
    let before = named(&tx, name).await?;
    clients::disable(&tx, &before, reason, server(app)).await?;
    note(app, &tx, of_client("disableClient", &before, &["status", "statusReason"])).await?;
    Ok(tx.commit().await?)
}

/// Every role with what it allows.
pub async fn roles(app: &App) -> Result<Vec<ListedRole>> {
    let tx = app.db.begin().await?;
    let grants = Grants::load(&tx).await?;
    let roles = role::Entity::find().order_by_asc(role::Column::Code).all(&tx).await?;
    let listed = roles.into_iter().map(|role| ListedRole {
        permissions: grants.of([role.id]).iter().map(|permission| permission.code()).collect(),
        role,
    });
    Ok(listed.collect())
}

pub async fn create_role(app: &App, new: &NewRole<'_>) -> Result<()> {
    let tx = begin(app).await?;
    let role = roles::create(&tx, new).await?;
    note(app, &tx, of_role("createRole", &role, roles::CREATED)).await?;
    Ok(tx.commit().await?)
}

/// Changes a role and tells the names of the clients that must be activated again.
pub async fn update_role(app: &App, code: &str, changes: &RoleChanges<'_>) -> Result<Vec<String>> {
    let tx = begin(app).await?;
    let before = role::Entity::find().filter(role::Column::Code.eq(code)).lock_exclusive().one(&tx).await?;
    let before = before.ok_or_else(|| {
        Failure::input("code", format!("There is no role {code}."), format!("Không có vai trò {code}."))
    })?;
    let changed = roles::update(&tx, before, changes, server(app)).await?;
    if !changed.fields.is_empty() {
        note(app, &tx, of_role("updateRole", &changed.role, &changed.fields)).await?;
    }
    tx.commit().await?;
    Ok(changed.waiting.into_iter().map(|client| client.name).collect())
}

/// The tokens that were issued, of one client or of all, in order of entry.
pub async fn tokens(app: &App, client: Option<&str>) -> Result<Vec<ListedToken>> {
    let mut sql =
        "SELECT t.id, k.name AS client, t.label, u.code AS scope, t.expires_at, t.revoked_at, t.last_used_at, \
                   (SELECT string_agg(r.code, ',') FROM token_role x JOIN role r ON r.id = x.role_id \
                    WHERE x.token_id = t.id) AS roles \
                   FROM token t JOIN client k ON k.id = t.client_id JOIN admin_unit u ON u.id = t.scope_unit_id"
            .to_owned();
    if client.is_some() {
        sql.push_str(&format!(" WHERE k.name = {}1", app.db.dialect.placeholder()));
    }
    sql.push_str(" ORDER BY t.id");
    let values = client.into_iter().map(Into::into).collect();
    let rows = app.db.read(app.db.statement(sql, values)).await?;
    Ok(rows.iter().map(|row| ListedToken::from_query_result(row, "")).collect::<Result<_, _>>()?)
}

/// Ends a token. One that has ended stays as it is.
pub async fn revoke_token(app: &App, id: i64, reason: &str) -> Result<()> {
    let reason = text::required(reason, "reason", MAX_REASON)?;
    let tx = begin(app).await?;
    let found = token::Entity::find_by_id(TokenId(id)).lock_exclusive().one(&tx).await?;
    let token = found
        .ok_or_else(|| Failure::input("id", format!("There is no token {id}."), format!("Không có token {id}.")))?;
    if token.revoked_at.is_none() {
        let mut token: token::ActiveModel = token.into();
        token.revoked_at = Set(Some(clock::to_micros(app.clock.now())));
        token.revoked_reason = Set(Some(reason));
        token.update(&tx).await?;
        let fields = &["revokedAt", "revokedReason"];
        note(app, &tx, Deed { operation: "revokeToken", type_name: "Token", id: Some(id), fields }).await?;
    }
    Ok(tx.commit().await?)
}

/// Makes the first administrator of an agency and returns its token. Further ones are made by the platform and
/// activated by this one.
pub async fn first_agency_admin(app: &App, agency: &str, name: Option<&str>, scope: &str) -> Result<Secret> {
    let usual = format!("{agency} {ADMIN_ROLE}");
    let name = text::required(name.unwrap_or(&usual), "name", MAX_NAME)?;
    let tx = begin(app).await?;
    if let Some(known) = agency_admin(&tx, agency).await? {
        return Err(Failure::input(
            "agency",
            format!(
                "{agency} has an administrator already: {}. If its token is lost, issue another one with \"ansinh token\".",
                known.name
            ),
            format!("{agency} đã có quản trị: {}.", known.name),
        ));
    }
    store::name_is_free(&tx, &name).await?;
    let roles = [ADMIN_ROLE.to_owned()];
    let issue = Issue { client: &name, agency, roles: &roles, scope, valid_for: ADMIN_TOKEN, life: Life::Checked };
    let token = admin::issue_within(app, &tx, &issue).await?;
    tx.commit().await?;
    Ok(token)
}

async fn agency_admin(tx: &DatabaseTransaction, agency: &str) -> Result<Option<client::Model>> {
    let agency = store::agency(tx, agency, "agency").await?;
    let roles = store::roles(tx, &[ADMIN_ROLE.to_owned()], "role").await?;
    let holders = client_role::Entity::find()
        .select_only()
        .column(client_role::Column::ClientId)
        .filter(client_role::Column::RoleId.is_in(roles.iter().map(|role| role.id)))
        .into_query();
    let query = client::Entity::find()
        .filter(client::Column::AgencyId.eq(agency))
        .filter(client::Column::Status.ne(ClientStatus::Disabled))
        .filter(client::Column::Id.in_subquery(holders));
    Ok(query.one(tx).await?)
}
