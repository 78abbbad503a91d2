//! What of a viewer decides how a read is compiled. The compiler is given this and nothing else of the viewer, and a
//! compiled read is kept by it: who may see something else never meets another's statement.

use super::{Need, Permission, PermissionSet, Scope};

/// By value: with an edited role, another purpose or another scope it is another one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Rights {
    /// What the roles give for the stated purpose.
    pub permissions: PermissionSet,
    pub need: Need,
    pub scope: Scope,
    pub agency_id: i64,
}

impl Rights {
    pub const fn may(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }
}
