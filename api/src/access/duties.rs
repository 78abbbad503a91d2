//! Separation of duties: permissions that no role, and no client over all its roles, may hold together.

use Permission as P;

use super::{Permission, PermissionSet, sensitivity::is_personal};
use crate::error::{Failure, Result};

/// Who makes clients and says what they may do.
pub const PLATFORM_END: &[Permission] = &[P::ClientCreate, P::ClientUpdate, P::RoleWrite];
/// Who takes an agency's clients into use and sees their secrets.
pub const AGENCY_END: &[Permission] = &[P::ClientActivate, P::ClientRotateSecret, P::ClientKey, P::TokenIssue];

/// Nobody holds one of the left and one of the right.
pub const APART: &[(&[Permission], &[Permission])] = &[
    (&[P::BenefitPropose], &[P::BenefitApprove, P::BenefitOverride]),
    (&[P::LoanRequest, P::LoanVet], &[P::LoanDecide, P::LoanOverride]),
    (PLATFORM_END, AGENCY_END),
];

/// Two permissions of the set that nobody may hold together; none where there are no such two. Who makes clients and
/// roles reads no personal data either: it could allow itself what it likes.
pub fn both_ends(set: PermissionSet) -> Option<(Permission, Permission)> {
    let one_of = |list: &[Permission]| list.iter().copied().find(|permission| set.has(*permission));
    let personal = || set.iter().find(|permission| is_personal(*permission));
    let apart = APART.iter().find_map(|(left, right)| one_of(left).zip(one_of(right)));
    apart.or_else(|| one_of(PLATFORM_END).zip(personal()))
}

/// Whether the set holds something of the platform's end: its tokens are issued on the server only, for an agency's
/// administrator who issued one would hold both ends.
pub fn is_platform(set: PermissionSet) -> bool {
    PLATFORM_END.iter().any(|permission| set.has(*permission))
}

/// BAD_USER_INPUT, naming the two, where the set holds both ends. `who`: whose set it is, as a subject of a sentence.
pub fn check(set: PermissionSet, who: &str, who_vi: &str, field: &str) -> Result<()> {
    let Some((one, other)) = both_ends(set) else { return Ok(()) };
    let (one, other) = (one.code(), other.code());
    Err(Failure::input(
        field,
        format!("{who} would hold both {one} and {other}, which must lie in different hands."),
        format!("{who_vi} sẽ có cả {one} và {other}; hai quyền này phải do hai bên khác nhau giữ."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_ends_exclude_each_other() {
        for (one, other) in [
            (P::BenefitPropose, P::BenefitApprove),
            (P::BenefitPropose, P::BenefitOverride),
            (P::LoanRequest, P::LoanDecide),
            (P::LoanVet, P::LoanDecide),
            (P::LoanRequest, P::LoanOverride),
            (P::ClientCreate, P::ClientActivate),
            (P::ClientCreate, P::TokenIssue),
            (P::ClientUpdate, P::ClientActivate),
            (P::RoleWrite, P::ClientRotateSecret),
            (P::RoleWrite, P::TokenIssue),
            (P::RoleWrite, P::HouseholdRead),
            (P::ClientCreate, P::LoanRead),
            (P::ClientUpdate, P::AuditRead),
        ] {
            assert_eq!(both_ends(PermissionSet::of(&[P::PlanRead, other, one])), Some((one, other)));
            for alone in [one, other] {
                assert_eq!(both_ends(PermissionSet::of(&[P::PlanRead, alone])), None, "{}", alone.code());
            }
        }
    }

    #[test]
    fn stopping_is_for_both() {
        let stop = [P::ClientRead, P::ClientDisable, P::TokenRevoke];
        for end in [PLATFORM_END, AGENCY_END] {
            assert_eq!(both_ends(PermissionSet::of(&[end, &stop].concat())), None);
        }
    }

    #[test]
    fn the_refusal_names_the_two() {
        let both = PermissionSet::of(&[P::LoanDecide, P::LoanRequest]);
        let failure = check(both, "The role", "Vai trò", "input.permissions").unwrap_err();
        assert!(failure.message.contains("loan:request and loan:decide"), "{}", failure.message);
        assert_eq!(failure.field.as_deref(), Some("input.permissions"));
    }
}
