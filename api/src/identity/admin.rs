//! Tokens on the server's own authority, as the command line makes them.

use chrono::TimeDelta;
use entity::{
    client,
    enums::ClientStatus,
    ids::{AdminUnitId, AgencyId},
    role,
};
use sea_orm::DatabaseTransaction;

use super::{
    clients::{self, Author, Offer},
    command,
    issuing::{self, NewToken},
    scope,
    service::{MAX_NAME, scope_unit},
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

/// A token to issue, and the client to make for it where there is none of that name.
pub struct Issue<'a> {
    pub client: &'a str,
    pub agency: &'a str,
    pub roles: &'a [String],
    pub scope: &'a str,
    pub valid_for: TimeDelta,
    pub life: Life,
}

/// What happens where a token is to live longer than its roles allow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Life {
    /// It is refused.
    Checked,
    /// It lives as long as they allow: nobody asked for a certain time.
    Cut,
    /// It lives so long all the same: for tests whose clock travels. No command can ask for it.
    Unbounded,
}

/// Issues a token on the server's own authority and returns its text, which is stored nowhere. A client that exists
/// must belong to the agency, be active, hold the roles, and have the scope: a token never holds more than its client.
pub async fn issue(app: &App, issue: &Issue<'_>) -> Result<String> {
    let tx = app.db.begin().await?;
    store::one_at_a_time(&tx).await?;
    let token = issue_within(app, &tx, issue).await?;
    tx.commit().await?;
    Ok(token.reveal().to_owned())
}

/// The same within a transaction in which nobody else writes clients.
pub(super) async fn issue_within(app: &App, tx: &DatabaseTransaction, issue: &Issue<'_>) -> Result<Secret> {
    let unit = scope_unit(&app.catalog, &UnitRef { code: issue.scope.to_owned(), on: None }, "scope")?;
    let now = app.clock.now();
    let roles = store::roles(tx, issue.roles, "role").await?;
    let life = match issue.life {
        Life::Cut => issue.valid_for.min(issuing::longest_life(&roles)),
        _ => issue.valid_for,
    };
    if issue.life == Life::Checked {
        issuing::check_life(&roles, life, "expires")?;
    }
    let expires = now.checked_add_signed(life).filter(|expires| *expires > now).ok_or_else(|| {
        Failure::input("expires", "The token must end after it begins.", "Thời hạn của token không hợp lệ.")
    })?;
    let client = client(app, tx, issue, unit, &roles).await?;
    let set = Grants::load(tx).await?.of_roles(&roles);
    scope::check(tx, &app.catalog, client.agency_id, set, unit, "scope").await?;
    let role_ids: Vec<_> = roles.iter().map(|role| role.id).collect();
    let new = NewToken {
        jti: &issuing::new_jti(""),
        client_id: client.id,
        label: "issued on the server",
        scope_unit_id: AdminUnitId(unit),
        role_ids: &role_ids,
        issued_at: now,
        expires_at: expires,
    };
    let issued = issuing::insert_token(tx, &app.keys, &new).await?;
    let fields = &["label", "roles", "scope", "expiresAt"];
    let deed = Deed { operation: "issueToken", type_name: "Token", id: Some(issued.id.0), fields };
    exchange::server::note(tx, now, deed).await?;
    Ok(issued.text)
}

/// A command on the server, now.
pub(super) fn server(app: &App) -> Author {
    Author { client: None, agency: None, at: clock::to_micros(app.clock.now()) }
}

async fn client(
    app: &App,
    tx: &DatabaseTransaction,
    issue: &Issue<'_>,
    unit: i64,
    roles: &[role::Model],
) -> Result<client::Model> {
    let agency = store::agency(tx, issue.agency, "agency").await?;
    match store::client_by_name(tx, issue.client).await? {
        Some(client) => {
            within(app, tx, &client, agency, unit, roles).await?;
            Ok(client)
        }
        None => {
            let name = text::required(issue.client, "client", MAX_NAME)?;
            let offer = Offer { name: &name, agency, unit, roles };
            let client = clients::create(tx, &app.catalog, &offer, ClientStatus::Active, server(app)).await?;
            let deed = command::of_client("createClient", &client, command::CREATED);
            exchange::server::note(tx, app.clock.now(), deed).await?;
            Ok(client)
        }
    }
}

async fn within(
    app: &App,
    tx: &DatabaseTransaction,
    client: &client::Model,
    agency: AgencyId,
    unit: i64,
    roles: &[role::Model],
) -> Result<()> {
    let refused = |field: &str, why: &str| {
        Failure::input(
            field,
            format!("The client {} {why}.", client.name),
            "Token không được vượt quá quyền của client.",
        )
    };
    if client.agency_id != agency {
        return Err(refused("agency", "belongs to another agency"));
    }
    if client.status != ClientStatus::Active {
        return Err(refused("client", "is not active"));
    }
    if !app.catalog.lies_in(unit, client.scope_unit_id.0) {
        return Err(refused("scope", "has a narrower scope"));
    }
    let held = store::roles_of(tx, client.id).await?;
    if roles.iter().any(|role| !held.contains(role)) {
        return Err(refused("role", "doesn't hold all of these roles"));
    }
    Ok(())
}
