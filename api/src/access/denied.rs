//! What no role can give: deny wins over every grant.
//!
//! Roles are data and can be edited; these lines are not. They hold for an agency whatever roles its clients bear, and
//! for a set of permissions whatever else is in it.

use super::{Need, Permission, Permission as P, PermissionSet, duties, purpose::Held, sensitivity::is_personal};

/// What the clients of an agency never hold.
pub struct Denial {
    pub agency: &'static str,
    pub permissions: &'static [Permission],
    pub reason: &'static str,
}

/// The source of each is `rules.md` section 8 and the plan's division of tasks (section III).
pub const DENIED: &[Denial] = &[
    Denial {
        agency: "VBSP",
        permissions: &[P::ProtectedCategoryRead, P::ProtectedCategoryWrite],
        reason: "The bank lends by class and category; it does not read disability or domestic violence.",
    },
    Denial {
        agency: "VBSP",
        permissions: &[P::InsuranceRead, P::InsuranceWrite, P::ReviewRead, P::ReviewWrite, P::ReviewDecide],
        reason: "Participant groups and deprivations tell of disability and health, which the bank does not read.",
    },
    Denial {
        agency: "VBSP",
        permissions: &[P::LoanRequest, P::LoanConfirm],
        reason: "The commune asks for a loan and confirms the request; the bank decides.",
    },
    Denial {
        agency: "PSI",
        permissions: &[
            P::LoanRead,
            P::LoanRequest,
            P::LoanVet,
            P::LoanConfirm,
            P::LoanDecide,
            P::LoanOverride,
            P::LoanWrite,
        ],
        reason: "Social insurance does not read debts.",
    },
    Denial {
        agency: "PSI",
        permissions: &[P::ReviewRead, P::ReviewWrite, P::ReviewDecide],
        reason: "Social insurance does not read incomes and deprivations.",
    },
];

/// An agency without business with people, whatever roles its clients bear.
pub const NEEDLESS: &str = "The agency needs to know nobody.";

/// Who makes clients and roles could allow itself what it likes.
pub const ADMINISTERS: &str = "Who makes clients and roles reads no personal data.";

/// What is left of the permissions that roles give to a client of an agency.
pub fn without_denied(agency: &str, granted: PermissionSet) -> PermissionSet {
    granted.without(|permission| reason(agency, granted, permission).is_some())
}

/// Takes what is denied out of each of a client's roles.
pub fn apply(agency: &str, roles: &mut [Held]) {
    let granted = roles.iter().fold(PermissionSet::default(), |set, role| set.union(role.permissions));
    for role in roles {
        role.permissions = role.permissions.without(|permission| reason(agency, granted, permission).is_some());
    }
}

/// Why a permission is denied whatever the roles say; none where it isn't.
pub fn reason(agency: &str, granted: PermissionSet, permission: Permission) -> Option<&'static str> {
    let denial = DENIED.iter().find(|denial| denial.agency == agency && denial.permissions.contains(&permission));
    let personal = is_personal(permission);
    // Live figures are for who can look at their records one by one.
    let needless = (personal || permission == P::StatisticsLive) && Need::of(agency) == Need::Nobody;
    let administers = personal && duties::is_platform(granted);
    let general = [(needless, NEEDLESS), (administers, ADMINISTERS)];
    let general = || general.into_iter().find(|(holds, _)| *holds).map(|(_, reason)| reason);
    denial.map(|denial| denial.reason).or_else(general)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_set() -> impl Strategy<Value = PermissionSet> {
        proptest::sample::subsequence(Permission::ALL, 0..=Permission::ALL.len())
            .prop_map(|permissions| PermissionSet::of(&permissions))
    }

    proptest! {
        #[test]
        fn deny_wins_and_nothing_is_added(granted in any_set(), agency in "VBSP|PSI|DOLISA|NOBODY") {
            let left = without_denied(&agency, granted);
            for permission in Permission::ALL.iter().copied() {
                let denied = reason(&agency, granted, permission).is_some();
                prop_assert_eq!(left.has(permission), granted.has(permission) && !denied);
            }
        }

        #[test]
        fn who_administers_clients_reads_no_personal_data(granted in any_set()) {
            let mut granted = granted;
            granted.insert(P::ClientCreate);
            prop_assert!(without_denied("PPC", granted).iter().all(|permission| !is_personal(permission)));
        }
    }
}
