//! A token that is refused, and whom it names: only one whose signature holds names anybody.

use entity::client;
use sea_orm::DbErr;

use super::token::TokenRefusal;
use crate::{access::Viewer, error::Failure};

/// Why nobody is asking.
pub enum AuthFailure {
    /// With the client that the token names, where there is one: the attempt is its.
    Refused(TokenRefusal, Option<Named>),
    Unavailable,
}

impl From<DbErr> for AuthFailure {
    fn from(error: DbErr) -> Self {
        let _logged = Failure::from(error);
        Self::Unavailable
    }
}

/// Whose attempt it was.
pub struct Named {
    pub client_id: i64,
    /// None where a token of an outside issuer was never taken.
    pub token_id: Option<i64>,
    pub agency_id: i64,
    /// Codes of the roles that the token and its client hold.
    pub roles: Vec<String>,
}

impl From<&client::Model> for Named {
    fn from(client: &client::Model) -> Self {
        Self { client_id: client.id.0, token_id: None, agency_id: client.agency_id.0, roles: Vec::new() }
    }
}

impl From<&Viewer> for Named {
    fn from(viewer: &Viewer) -> Self {
        Self {
            client_id: viewer.client_id,
            token_id: Some(viewer.token_id),
            agency_id: viewer.agency_id,
            roles: viewer.roles.clone(),
        }
    }
}
