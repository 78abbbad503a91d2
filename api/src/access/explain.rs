//! Why a field may be read or written, or may not: the same decisions as everywhere, in words.

use super::{Owned, Permission, Viewer, denied};

/// What becomes of a field.
#[derive(async_graphql::Enum, Clone, Copy, Debug, Eq, PartialEq)]
pub enum FieldAccess {
    /// As it is.
    Allowed,
    /// Only the part that another field shows: the last digits of a number.
    Masked,
    /// Not at all.
    Denied,
}

/// A decision with the rule that decided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decision {
    pub access: FieldAccess,
    pub rule: String,
}

impl Decision {
    pub fn allowed(rule: impl Into<String>) -> Self {
        Self { access: FieldAccess::Allowed, rule: rule.into() }
    }

    pub fn denied(rule: impl Into<String>) -> Self {
        Self { access: FieldAccess::Denied, rule: rule.into() }
    }
}

/// Reading takes all of the permissions `needed`; `masked` is what the field's masked form takes, where it has one.
pub fn read(viewer: &Viewer, needed: impl IntoIterator<Item = Permission>, masked: Option<Permission>) -> Decision {
    let mut codes = Vec::new();
    for permission in needed {
        if !viewer.may(permission) {
            let rule = lacks(viewer, permission);
            return match masked.filter(|permission| viewer.may(*permission)) {
                Some(permission) => Decision {
                    access: FieldAccess::Masked,
                    rule: format!("{rule}; {} shows its end", permission.code()),
                },
                None => Decision::denied(rule),
            };
        }
        if !codes.contains(&permission.code()) {
            codes.push(permission.code());
        }
    }
    Decision::allowed(if codes.is_empty() { "for everybody with a token".to_owned() } else { codes.join(", ") })
}

/// Writing takes the owning agency and one of the owner's permissions.
pub fn write(viewer: &Viewer, owned: Option<Owned>) -> Decision {
    let Some(owned) = owned else { return Decision::denied("kept by the service") };
    if let Some(owner) = owned.owner().filter(|owner| *owner != viewer.agency_code) {
        return Decision::denied(format!("owned by {owner}, not by {}", viewer.agency_code));
    }
    let owner = owned.owner().map_or_else(String::new, |owner| format!("owned by {owner}; "));
    match owned.written_with().iter().find(|permission| viewer.may(**permission)) {
        Some(permission) => Decision::allowed(format!("{owner}{}", permission.code())),
        None => {
            let first = owned.written_with().first().map(|permission| lacks(viewer, *permission));
            Decision::denied(format!("{owner}{}", first.unwrap_or_default()))
        }
    }
}

/// Why a permission isn't there.
pub fn lacks(viewer: &Viewer, permission: Permission) -> String {
    match denied::reason(&viewer.agency_code, viewer.permissions, permission) {
        Some(reason) => format!("{} is denied to {}: {reason}", permission.code(), viewer.agency_code),
        None => format!("the roles lack {}", permission.code()),
    }
}
