//! Who asks: the client behind a token, with what its roles allow now.

use super::{Permission, PermissionSet, Scope};
use crate::error::Result;

/// The caller of one request. Looked up on the server for each request; the token only names it.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub client_id: i64,
    pub client_name: String,
    pub token_id: i64,
    pub agency_id: i64,
    pub agency_code: String,
    /// Codes of the roles that both the token and its client hold.
    pub roles: Vec<String>,
    pub permissions: PermissionSet,
    pub scope: Scope,
    /// Its client may run the operations that it has registered and no others.
    pub registered_only: bool,
}

impl Viewer {
    pub const fn may(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    pub fn require(&self, permission: Permission) -> Result<()> {
        self.permissions.require(permission)
    }
}
