//! How a token comes to be: its row, and its text. Every way to a token (a command, an administrator, OAuth, an outside
//! issuer) ends here.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    ids::{AdminUnitId, ClientId, RoleId, TokenId},
    role, token, token_role,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, EntityTrait, TryInsertResult,
    sea_query::OnConflict,
};
use uuid::Uuid;

use super::keys::SigningKeys;
use crate::{
    clock,
    config::Secret,
    error::{Failure, Result},
};

/// How the `jti` of a token of `/oauth/token` begins.
pub const MACHINE: &str = "oauth:";
/// How that of a token of an outside issuer begins.
pub const OUTSIDE: &str = "out:";

/// A name that no other token has.
pub fn new_jti(begin: &str) -> String {
    format!("{begin}{}", Uuid::now_v7())
}

/// A token to be issued. That it holds no more than its client is for the caller to know.
pub struct NewToken<'a> {
    pub jti: &'a str,
    pub client_id: ClientId,
    /// What it is for.
    pub label: &'a str,
    pub scope_unit_id: AdminUnitId,
    pub role_ids: &'a [RoleId],
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// A token whose row is written.
pub struct Issued {
    pub id: TokenId,
    /// The bearer token itself, which is stored nowhere.
    pub text: Secret,
}

/// Writes the token's row and signs its text.
pub async fn insert_token(tx: &DatabaseTransaction, keys: &SigningKeys, new: &NewToken<'_>) -> Result<Issued> {
    let id = insert_row(tx, new).await?.ok_or_else(|| Failure::internal("the name of a new token is taken"))?;
    let claims = keys.claims(new.client_id.0.to_string(), new.jti.to_owned(), new.issued_at, new.expires_at);
    let text = keys.sign(&claims).map_err(Failure::internal)?;
    Ok(Issued { id, text: Secret::new(text) })
}

/// Writes the row; none where there is one of this name.
pub async fn insert_row(tx: &DatabaseTransaction, new: &NewToken<'_>) -> Result<Option<TokenId>> {
    let row = token::ActiveModel {
        id: NotSet,
        jti: Set(new.jti.to_owned()),
        client_id: Set(new.client_id),
        label: Set(new.label.to_owned()),
        scope_unit_id: Set(new.scope_unit_id),
        issued_at: Set(clock::to_micros(new.issued_at)),
        expires_at: Set(clock::to_micros(new.expires_at)),
        revoked_at: Set(None),
        revoked_reason: Set(None),
        last_used_at: Set(None),
    };
    let unless_there = OnConflict::column(token::Column::Jti).do_nothing().to_owned();
    let inserted = token::Entity::insert(row).on_conflict(unless_there).try_insert().exec(tx).await?;
    let TryInsertResult::Inserted(inserted) = inserted else { return Ok(None) };
    let id = inserted.last_insert_id;
    let held = new.role_ids.iter().map(|role| token_role::ActiveModel { token_id: Set(id), role_id: Set(*role) });
    token_role::Entity::insert_many(held).exec_without_returning(tx).await?;
    Ok(Some(id))
}

/// The longest that a token with these roles may live: what the strictest of them allows.
pub fn longest_life(roles: &[role::Model]) -> TimeDelta {
    let days = roles.iter().map(|role| role.longest_token_days).min().unwrap_or_default();
    TimeDelta::days(i64::from(days))
}

/// BAD_USER_INPUT where a token of these roles ends before it begins or lives too long.
pub fn check_life(roles: &[role::Model], life: TimeDelta, field: &str) -> Result<()> {
    if life <= TimeDelta::zero() {
        return Err(Failure::input(field, "The token must end after it begins.", "Thời hạn của token không hợp lệ."));
    }
    let longest = longest_life(roles);
    if life <= longest {
        return Ok(());
    }
    let days = longest.num_days();
    let strictest = roles.iter().min_by_key(|role| role.longest_token_days).map_or("", |role| role.code.as_str());
    Err(Failure::input(
        field,
        format!("A token with the role {strictest} may live {days} days at most."),
        format!("Token có vai trò {strictest} có hiệu lực tối đa {days} ngày."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(code: &str, longest_token_days: i32) -> role::Model {
        let (id, name) = (RoleId(i64::from(longest_token_days)), String::new());
        role::Model {
            id,
            code: code.to_owned(),
            name,
            built_in: false,
            longest_token_days,
            version: 1,
            purposes: None,
            purpose_required: false,
        }
    }

    #[test]
    fn the_strictest_role_says_how_long_a_token_lives() {
        let roles = [role("machine", 365), role("admin", 30), role("person", 90)];
        assert_eq!(longest_life(&roles), TimeDelta::days(30));
        assert!(check_life(&roles, TimeDelta::days(30), "expires").is_ok());
        let failure = check_life(&roles, TimeDelta::days(30) + TimeDelta::seconds(1), "expires").unwrap_err();
        assert!(failure.message.contains("admin may live 30 days"), "{}", failure.message);
        for never in [TimeDelta::zero(), TimeDelta::days(-1)] {
            assert_eq!(check_life(&roles, never, "expires").unwrap_err().field.as_deref(), Some("expires"));
        }
        assert_eq!(longest_life(&[]), TimeDelta::zero());
    }
}
