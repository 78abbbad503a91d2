//! Who asks: the client behind a token, with what its roles allow now.

use super::{
    Need, Permission, PermissionSet, Rights, Scope,
    purpose::{self, Held, Stated},
    reads,
};
use crate::error::{Failure, Result};

/// The caller of one request, as it was looked up on the server at most half a second ago; the token only names it.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub client_id: i64,
    pub client_name: String,
    pub token_id: i64,
    pub agency_id: i64,
    pub agency_code: String,
    /// Codes of the roles that both the token and its client hold.
    pub roles: Vec<String>,
    /// What these roles give for the stated purpose.
    pub permissions: PermissionSet,
    pub held: Vec<Held>,
    /// What the request is for.
    pub stated: Stated,
    pub scope: Scope,
    /// Of its agency.
    pub need: Need,
    /// Its client may run the operations that it has registered and no others.
    pub registered_only: bool,
}

impl Viewer {
    /// What a read is compiled for.
    pub const fn rights(&self) -> Rights {
        Rights { permissions: self.permissions, need: self.need, scope: self.scope, agency_id: self.agency_id }
    }

    pub const fn may(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    pub fn may_any(&self, permissions: &[Permission]) -> bool {
        permissions.iter().any(|permission| self.may(*permission))
    }

    /// FORBIDDEN without the permission or, of one to change something, without those to read what its changes name.
    pub fn require(&self, permission: Permission) -> Result<()> {
        let lacking = reads::lacking(self.permissions, permission);
        lacking.map_or(Ok(()), |permission| Err(self.lacking(permission)))
    }

    /// The refusal for a permission that the roles don't give.
    pub fn lacking(&self, permission: Permission) -> Failure {
        purpose::refusal(&self.held, self.stated.purpose, permission)
    }

    /// The same caller with what it says its request is for; its permissions are those for that purpose.
    #[must_use]
    pub fn stating(self, stated: Stated) -> Self {
        Self { permissions: purpose::given(&self.held, stated.purpose), stated, ..self }
    }
}
