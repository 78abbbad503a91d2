//! Roles of the province's own: made and changed. The built-in ones are protected.

use std::collections::HashMap;

use entity::{
    EnumSet, client, client_role,
    enums::{ClientStatus, Purpose},
    ids::ClientId,
    role, role_permission,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, SelectStatement},
};

use super::{
    clients::{Author, not_ones_own},
    store::Grants,
};
use crate::{
    access::{Permission, PermissionSet, duties, reads},
    error::{Failure, Result},
    schema::text,
    startup::App,
};

const MAX_CODE: usize = 40;
const MAX_NAME: usize = 200;
/// Days; where a role says nothing.
const USUAL_DAYS: i32 = 90;
const MAX_DAYS: i32 = 365;

/// Codes that the settings name, in limits or for outside issuers, and that no role has, with where they stand.
pub async fn unknown_in_settings(app: &App) -> Result<Vec<String>> {
    let limits = app.config.role_limits.keys().map(|code| (code.as_str(), format!("[limits.roles.{code}]")));
    let mapped = app.config.issuers.iter().flat_map(|issuer| {
        let place = move |code: &String| format!("{code} in roles of the issuer {}", issuer.issuer);
        issuer.roles.values().map(move |code| (code.as_str(), place(code)))
    });
    let named: Vec<_> = limits.chain(mapped).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let known = role::Entity::find().all(&app.db.connection).await?;
    let unknown = named.into_iter().filter(|(code, _)| !known.iter().any(|role| role.code == *code));
    Ok(unknown.map(|(_, place)| place).collect())
}

/// Fields of a role that is made.
pub const CREATED: &[&str] = &["code", "name", "permissions", "longestTokenDays", "purposes", "purposeRequired"];

/// A role to be made.
pub struct NewRole<'a> {
    pub code: &'a str,
    pub name: &'a str,
    pub permissions: &'a [String],
    pub longest_token_days: Option<i32>,
    /// Any where there are none.
    pub purposes: &'a [Purpose],
    pub purpose_required: bool,
}

/// What is to be changed of a role; nothing where it is none.
#[derive(Default)]
pub struct Changes<'a> {
    pub name: Option<&'a str>,
    pub permissions: Option<&'a [String]>,
    pub longest_token_days: Option<i32>,
    pub purposes: Option<&'a [Purpose]>,
    pub purpose_required: Option<bool>,
}

impl Changes<'_> {
    /// What it would be for, and whether that must be said; none where neither changes.
    fn use_of(&self, before: &role::Model) -> Option<Use> {
        let known = Use { purposes: before.purposes.unwrap_or_default(), required: before.purpose_required };
        let purposes = self.purposes.map_or(known.purposes, EnumSet::from);
        let new = Use { purposes, required: self.purpose_required.unwrap_or(known.required) };
        (new != known).then_some(new)
    }
}

/// What a role is for (none: anything), and whether each request must say so.
#[derive(Clone, Copy, Eq, PartialEq)]
struct Use {
    purposes: EnumSet<Purpose>,
    required: bool,
}

impl Use {
    /// Whether it serves more requests than the role did.
    fn is_more_than(self, before: &role::Model) -> bool {
        let known = before.purposes.unwrap_or_default();
        let further = !known.is_empty() && (self.purposes.is_empty() || !self.purposes.difference(known).is_empty());
        further || before.purpose_required && !self.required
    }
}

/// What was changed: the role, its fields (GraphQL names), and the clients that wait for their agency again.
pub struct Changed {
    pub role: role::Model,
    pub fields: Vec<&'static str>,
    pub waiting: Vec<client::Model>,
}

pub async fn create(tx: &DatabaseTransaction, new: &NewRole<'_>) -> Result<role::Model> {
    let code = checked_code(new.code)?;
    let name = text::required(new.name, "input.name", MAX_NAME)?;
    let set = permissions(new.permissions)?;
    let days = checked_days(new.longest_token_days.unwrap_or(USUAL_DAYS))?;
    if role::Entity::find().filter(role::Column::Code.eq(&code)).one(tx).await?.is_some() {
        return Err(Failure::conflict(
            format!("There is a role {code} already."),
            format!("Vai trò {code} đã tồn tại."),
        )
        .with_field("input.code"));
    }
    let role = role::ActiveModel {
        id: NotSet,
        code: Set(code),
        name: Set(name),
        built_in: Set(false),
        longest_token_days: Set(days),
        version: Set(1),
        purposes: Set(Some(new.purposes.into())),
        purpose_required: Set(new.purpose_required),
    };
    let role = role.insert(tx).await?;
    allow(tx, &role, set).await?;
    Ok(role)
}

/// Changes a role. What it no longer allows ends at once; what it newly allows must be accepted by the agency of each
/// client that holds it, so those wait for it.
pub async fn update(
    tx: &DatabaseTransaction,
    before: role::Model,
    changes: &Changes<'_>,
    author: Author,
) -> Result<Changed> {
    if before.built_in {
        return Err(Failure::forbidden(
            format!("The role {} is built in and can't be changed.", before.code),
            format!("Vai trò {} là vai trò có sẵn, không được thay đổi.", before.code),
        )
        .with_field("input.id"));
    }
    let name = changes.name.map(|name| text::required(name, "input.name", MAX_NAME)).transpose()?;
    let name = name.filter(|name| *name != before.name);
    let days = changes.longest_token_days.map(checked_days).transpose()?;
    let days = days.filter(|days| *days != before.longest_token_days);
    let grants = Grants::load(tx).await?;
    let held = grants.of([before.id]);
    let set = changes.permissions.map(permissions).transpose()?.filter(|set| *set != held);
    let mut fields = Vec::new();
    fields.extend(name.is_some().then_some("name"));
    fields.extend(set.is_some().then_some("permissions"));
    fields.extend(days.is_some().then_some("longestTokenDays"));
    let used = changes.use_of(&before);
    fields.extend(used.filter(|used| used.purposes != before.purposes.unwrap_or_default()).map(|_| "purposes"));
    fields.extend(used.filter(|used| used.required != before.purpose_required).map(|_| "purposeRequired"));
    if fields.is_empty() {
        return Ok(Changed { role: before, fields, waiting: Vec::new() });
    }
    let more = used.is_some_and(|used| used.is_more_than(&before));
    let waiting = match set.or(more.then_some(held)) {
        Some(set) => narrow_or_widen(tx, &before, &grants, (set, more), author).await?,
        None => Vec::new(),
    };
    let version = before.version.saturating_add(1);
    let mut after: role::ActiveModel = before.into();
    after.version = Set(version);
    if let Some(name) = name {
        after.name = Set(name);
    }
    if let Some(days) = days {
        after.longest_token_days = Set(days);
    }
    if let Some(used) = used {
        after.purposes = Set(Some(used.purposes));
        after.purpose_required = Set(used.required);
    }
    Ok(Changed { role: after.update(tx).await?, fields, waiting })
}

/// Writes what a role allows now, and gives the clients that wait for their agency because it is more than before, or is for
/// more.
async fn narrow_or_widen(
    tx: &DatabaseTransaction,
    role: &role::Model,
    grants: &Grants,
    (set, more): (PermissionSet, bool),
    author: Author,
) -> Result<Vec<client::Model>> {
    let holders = holders(tx, role).await?;
    apart(tx, role, grants, set, &holders).await?;
    let held = grants.of([role.id]);
    let widened = more || set.iter().any(|permission| !held.has(permission));
    if widened {
        holders.iter().try_for_each(|client| not_ones_own(client, author))?;
        wait(tx, role, author).await?;
    }
    role_permission::Entity::delete_many().filter(role_permission::Column::RoleId.eq(role.id)).exec(tx).await?;
    allow(tx, role, set).await?;
    Ok(if widened { holders } else { Vec::new() })
}

async fn allow(tx: &DatabaseTransaction, role: &role::Model, set: PermissionSet) -> Result<()> {
    let rows = set.iter().map(|permission| role_permission::ActiveModel {
        role_id: Set(role.id),
        permission: Set(permission.code().to_owned()),
    });
    role_permission::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// Ids of the clients that hold a role.
fn ids_of_holders(role: &role::Model) -> SelectStatement {
    client_role::Entity::find()
        .select_only()
        .column(client_role::Column::ClientId)
        .filter(client_role::Column::RoleId.eq(role.id))
        .into_query()
}

/// The clients that hold a role, those aside that are shut out for good.
async fn holders(tx: &DatabaseTransaction, role: &role::Model) -> Result<Vec<client::Model>> {
    let query = client::Entity::find()
        .filter(client::Column::Id.in_subquery(ids_of_holders(role)))
        .filter(client::Column::Status.ne(ClientStatus::Disabled));
    Ok(query.lock_exclusive().all(tx).await?)
}

/// BAD_USER_INPUT where one of the holders would hold both ends.
async fn apart(
    tx: &DatabaseTransaction,
    role: &role::Model,
    grants: &Grants,
    set: PermissionSet,
    holders: &[client::Model],
) -> Result<()> {
    let query = client_role::Entity::find().filter(client_role::Column::ClientId.in_subquery(ids_of_holders(role)));
    let mut together: HashMap<ClientId, PermissionSet> = HashMap::new();
    for held in query.all(tx).await?.into_iter().filter(|held| held.role_id != role.id) {
        let other = grants.of([held.role_id]);
        other.iter().for_each(|permission| together.entry(held.client_id).or_insert(set).insert(permission));
    }
    for client in holders {
        let set = together.get(&client.id).copied().unwrap_or(set);
        let name = &client.name;
        duties::check(set, &format!("The client {name}"), &format!("Client {name}"), "input.permissions")?;
    }
    Ok(())
}

/// The holders wait for their agencies.
async fn wait(tx: &DatabaseTransaction, role: &role::Model, author: Author) -> Result<()> {
    client::Entity::update_many()
        .col_expr(client::Column::Status, Expr::value(ClientStatus::Pending))
        .col_expr(client::Column::OfferedBy, Expr::value(author.client))
        .col_expr(client::Column::Version, Expr::col(client::Column::Version).add(1))
        .col_expr(client::Column::UpdatedAt, Expr::value(author.at))
        .col_expr(client::Column::UpdatedBy, Expr::value(author.agency))
        .filter(client::Column::Id.in_subquery(ids_of_holders(role)))
        .filter(client::Column::Status.ne(ClientStatus::Disabled))
        .exec(tx)
        .await?;
    Ok(())
}

fn checked_code(code: &str) -> Result<String> {
    let code = text::required(code, "input.code", MAX_CODE)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if code.starts_with(|first: char| first.is_ascii_lowercase()) && code.bytes().all(plain) {
        return Ok(code);
    }
    Err(Failure::input(
        "input.code",
        "A role's code has small letters, digits and _ only and begins with a letter.",
        "Mã vai trò chỉ gồm chữ thường không dấu, chữ số và dấu _, bắt đầu bằng chữ.",
    ))
}

fn checked_days(days: i32) -> Result<i32> {
    if (1..=MAX_DAYS).contains(&days) {
        return Ok(days);
    }
    Err(Failure::input(
        "input.longestTokenDays",
        format!("A token may live 1 to {MAX_DAYS} days."),
        format!("Token có hiệu lực từ 1 đến {MAX_DAYS} ngày."),
    ))
}

/// The permissions with these codes, which must not be both ends of anything, nor change what they don't read.
fn permissions(codes: &[String]) -> Result<PermissionSet> {
    let field = "input.permissions";
    if codes.is_empty() {
        return Err(Failure::input(field, "Name at least one permission.", "Phải nêu ít nhất một quyền."));
    }
    let mut set = PermissionSet::default();
    for (index, code) in codes.iter().enumerate() {
        let permission = Permission::parse(code).ok_or_else(|| {
            Failure::input(
                format!("{field}.{index}"),
                format!("There is no permission {code}."),
                format!("Không có quyền {code}."),
            )
        })?;
        set.insert(permission);
    }
    duties::check(set, "The role", "Vai trò", field)?;
    reads::check(set, field)?;
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_days_are_bounded() {
        assert_eq!(checked_code(" bank_reader2 ").unwrap(), "bank_reader2");
        for wrong in ["", "Bank", "2bank", "_bank", "bank-reader", "vai trò", "a,b", &"a".repeat(41)] {
            assert_eq!(checked_code(wrong).unwrap_err().field.as_deref(), Some("input.code"), "{wrong}");
        }
        for wrong in [i32::MIN, -1, 0, 366, i32::MAX] {
            assert_eq!(checked_days(wrong).unwrap_err().field.as_deref(), Some("input.longestTokenDays"));
        }
    }

    #[test]
    fn unknown_permissions_are_named_by_their_place() {
        let codes = |codes: &[&str]| permissions(&codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>());
        assert_eq!(codes(&["plan:read", "plan:read"]).unwrap().iter().count(), 1);
        assert_eq!(codes(&["plan:read", "plan:*"]).unwrap_err().field.as_deref(), Some("input.permissions.1"));
        assert_eq!(codes(&[]).unwrap_err().field.as_deref(), Some("input.permissions"));
        assert!(codes(&["household:read", "loan:read", "loan:write"]).is_ok());
        assert_eq!(codes(&["loan:read", "loan:write"]).unwrap_err().field.as_deref(), Some("input.permissions"));
        assert_eq!(codes(&["loan:request", "loan:decide"]).unwrap_err().field.as_deref(), Some("input.permissions"));
    }
}
