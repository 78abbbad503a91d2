//! What leaves the service for a client: tokens, secrets, the keys it is known by. Only its own agency hands them out, and
//! never for a client of the platform's: who did would hold both ends.

use entity::{client, role};
use sea_orm::DatabaseTransaction;

use super::store::{self, Grants};
use crate::{
    access::duties,
    error::{Failure, Result},
    exchange::Write,
};

/// Whether a client with these roles administers the platform. Its tokens come from the server only.
pub async fn is_platform(tx: &DatabaseTransaction, roles: &[role::Model]) -> Result<bool> {
    Ok(duties::is_platform(Grants::load(tx).await?.of_roles(roles)))
}

/// FORBIDDEN where the caller is of another agency, or the client is the platform's.
pub async fn may_hand_out(write: &Write<'_>, client: &client::Model, field: &str) -> Result<()> {
    check(write, client, &store::roles_of(&write.tx, client.id).await?, field).await
}

/// The same of a secret or a key, which opens all that the client holds: for the caller's own client its token must
/// hold that too, or it would reach further than it was given.
pub async fn may_open(write: &Write<'_>, client: &client::Model, field: &str) -> Result<()> {
    let roles = store::roles_of(&write.tx, client.id).await?;
    check(write, client, &roles, field).await?;
    within_own(write, client, &roles, field)
}

async fn check(write: &Write<'_>, client: &client::Model, roles: &[role::Model], field: &str) -> Result<()> {
    if client.agency_id.0 != write.request.viewer.agency_id {
        return Err(of_another_agency(field));
    }
    if is_platform(&write.tx, roles).await? { Err(of_the_platform(field)) } else { Ok(()) }
}

/// FORBIDDEN where the client is the platform's.
pub async fn not_of_the_platform(tx: &DatabaseTransaction, client: &client::Model, field: &str) -> Result<()> {
    let roles = store::roles_of(tx, client.id).await?;
    if is_platform(tx, &roles).await? { Err(of_the_platform(field)) } else { Ok(()) }
}

fn of_the_platform(field: &str) -> Failure {
    Failure::forbidden(
        "The client administers the platform: it is activated and gets its tokens on the server only.",
        "Client quản trị nền tảng chỉ được kích hoạt và cấp token trên máy chủ.",
    )
    .with_field(field)
}

/// FORBIDDEN where the caller's own client would get roles that its token lacks.
pub fn within_own(write: &Write<'_>, client: &client::Model, roles: &[role::Model], field: &str) -> Result<()> {
    let viewer = &write.request.viewer;
    if client.id.0 != viewer.client_id || roles.iter().all(|role| viewer.roles.contains(&role.code)) {
        return Ok(());
    }
    Err(Failure::forbidden(
        "Your token doesn't hold all of these roles itself.",
        "Token của bạn không có đủ các vai trò này.",
    )
    .with_field(field))
}

pub fn of_another_agency(field: &str) -> Failure {
    Failure::forbidden("The client belongs to another agency.", "Client thuộc cơ quan khác.").with_field(field)
}
