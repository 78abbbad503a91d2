//! Inputs of the mutations on clients, roles and tokens.

use async_graphql::{ID, InputObject};
use entity::enums::Purpose;

use crate::{place::UnitRef, schema::scalars::Instant};

/// A system of an agency, and what it may do once its agency activates it.
#[derive(Clone, InputObject)]
pub struct CreateClientInput {
    /// Unique.
    pub name: String,
    /// The agency that owns it.
    pub agency_code: String,
    /// What its tokens may hold.
    pub role_codes: Vec<String>,
    /// The widest unit of its tokens: province, district or commune.
    pub scope: UnitRef,
}

/// What is left out stays as it is.
#[derive(Clone, InputObject)]
pub struct UpdateClientInput {
    /// The client's id.
    pub id: ID,
    /// The version that was read.
    pub expected_version: i32,
    /// Unique.
    pub name: Option<String>,
    /// All that it may hold, in place of what it holds.
    pub role_codes: Option<Vec<String>>,
    /// The widest unit of its tokens.
    pub scope: Option<UnitRef>,
}

/// A client, for what needs nothing else.
#[derive(Clone, InputObject)]
pub struct ClientInput {
    /// The client's id.
    pub id: ID,
    /// The version that was read.
    pub expected_version: i32,
    /// Kept with the client where it is activated or disabled.
    pub reason: Option<String>,
}

/// A named set of permissions.
#[derive(Clone, InputObject)]
pub struct CreateRoleInput {
    /// Unique: small letters, digits and `_`.
    pub code: String,
    /// Vietnamese name.
    pub name: String,
    /// Codes such as `household:read`.
    pub permissions: Vec<String>,
    /// Days that a token with this role may live, 1 to 365; 90 where it is left out.
    pub longest_token_days: Option<i32>,
    /// What it may be used for, as `X-Purpose` names it; anything where there are none.
    pub purposes: Option<Vec<Purpose>>,
    /// Whether it gives nothing on persons to a request that names no purpose.
    #[graphql(default)]
    pub purpose_required: bool,
}

/// What is left out stays as it is.
#[derive(Clone, InputObject)]
pub struct UpdateRoleInput {
    /// The role's id.
    pub id: ID,
    /// Vietnamese name.
    pub name: Option<String>,
    /// All that it allows, in place of what it allowed.
    pub permissions: Option<Vec<String>>,
    /// Days that a token with this role may live, 1 to 365.
    pub longest_token_days: Option<i32>,
    /// All that it may be used for, in place of what it was for; anything where there are none.
    pub purposes: Option<Vec<Purpose>>,
    /// Whether it gives nothing on persons to a request that names no purpose.
    pub purpose_required: Option<bool>,
}

/// A token of an active client of one's own agency.
#[derive(Clone, InputObject)]
pub struct IssueTokenInput {
    /// The client's id.
    pub client_id: ID,
    /// What it is for.
    pub label: String,
    /// Of the client's roles; all of them where it is left out.
    pub role_codes: Option<Vec<String>>,
    /// Within the client's scope, which it is where it is left out.
    pub scope: Option<UnitRef>,
    /// The strictest of its roles says how far ahead it may be.
    pub expires_at: Instant,
}

/// A token to be ended.
#[derive(Clone, InputObject)]
pub struct RevokeTokenInput {
    /// The token's id.
    pub id: ID,
    /// Kept with the token.
    pub reason: String,
}
