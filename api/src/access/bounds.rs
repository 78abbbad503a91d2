//! How wide the scope of an agency's clients may be at most: "a commune sees its own" must not hang on what somebody
//! types in as the scope.
//!
//! The committees of all districts are one agency, and those of all communes another. What tells them apart is the scope.

use entity::enums::AdminLevel;

use super::{Permission, Permission as P, PermissionSet};

/// The widest level of unit for an agency's clients.
pub struct Bound {
    pub agency: &'static str,
    pub level: AdminLevel,
}

/// Of a district that has ended (1 July 2025) the clients keep what they have: it is still a district.
pub const BOUNDS: &[Bound] =
    &[Bound { agency: "DPC", level: AdminLevel::District }, Bound { agency: "CPC", level: AdminLevel::Commune }];

/// What an agency's administrators do for the whole of it, and what nobody's unit bounds. Who holds more is bound.
pub const UNBOUND: &[Permission] = &[
    P::PlanRead,
    P::StatisticsRead,
    P::ClientRead,
    P::ClientActivate,
    P::ClientRotateSecret,
    P::ClientKey,
    P::ClientOperation,
    P::ClientDisable,
    P::StandardWrite,
    P::TokenIssue,
    P::TokenRevoke,
];

/// The widest level for a client of the agency that is allowed this; none where any is.
pub fn widest(agency: &str, set: PermissionSet) -> Option<AdminLevel> {
    let bound = BOUNDS.iter().find(|bound| bound.agency == agency)?;
    set.iter().any(|permission| !UNBOUND.contains(&permission)).then_some(bound.level)
}

/// Whether a unit of this level holds more than one of the other.
pub const fn is_wider(level: AdminLevel, than: AdminLevel) -> bool {
    depth(level) < depth(than)
}

const fn depth(level: AdminLevel) -> u8 {
    match level {
        AdminLevel::Province => 0,
        AdminLevel::District => 1,
        AdminLevel::Commune => 2,
        AdminLevel::Hamlet => 3,
    }
}

/// A level in words: English and Vietnamese.
pub const fn words(level: AdminLevel) -> (&'static str, &'static str) {
    match level {
        AdminLevel::Province => ("province", "tỉnh"),
        AdminLevel::District => ("district", "huyện, thành phố"),
        AdminLevel::Commune => ("commune", "xã, phường, thị trấn"),
        AdminLevel::Hamlet => ("hamlet", "ấp, khu phố"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::roles::BUILT_IN;

    #[test]
    fn communes_and_districts_are_bound_and_their_administrators_not() {
        let of = |agency: &str, role: &str| {
            let role = BUILT_IN.iter().find(|known| known.code == role).unwrap();
            widest(agency, PermissionSet::of(role.permissions))
        };
        assert_eq!(of("CPC", "commune_officer"), Some(AdminLevel::Commune));
        assert_eq!(of("DPC", "district_officer"), Some(AdminLevel::District));
        assert_eq!(of("CPC", "auditor"), Some(AdminLevel::Commune));
        for unbound in ["agency_admin", "statistics_viewer"] {
            assert_eq!(of("CPC", unbound), None, "{unbound}");
        }
        assert_eq!(of("DOLISA", "commune_officer"), None);
        assert!(UNBOUND.iter().all(|permission| !crate::access::sensitivity::is_personal(*permission)));
    }

    #[test]
    fn a_wider_unit_has_more_levels_below() {
        let levels = [AdminLevel::Province, AdminLevel::District, AdminLevel::Commune, AdminLevel::Hamlet];
        for (index, level) in levels.into_iter().enumerate() {
            for (other, than) in levels.into_iter().enumerate() {
                assert_eq!(is_wider(level, than), index < other);
            }
        }
    }
}
