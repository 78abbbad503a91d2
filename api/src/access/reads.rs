//! What who changes something must be able to read. A change tells by its answer, its warnings and its refusals of what
//! it names: that a person was born later, that a debt is smaller than a repayment. So no role may change what it may
//! not read.

use Permission as P;

use super::{Permission, PermissionSet};
use crate::error::{Failure, Result};

/// Permissions to change something, each with those to read what its changes name.
pub const READS: &[(Permission, &[Permission])] = &[
    (P::HouseholdWrite, &[P::HouseholdRead]),
    (P::ProtectedCategoryWrite, &[P::HouseholdRead, P::ProtectedCategoryRead]),
    (P::ReviewWrite, &[P::HouseholdRead, P::ReviewRead]),
    (P::ReviewDecide, &[P::HouseholdRead, P::ReviewRead]),
    (P::InsuranceWrite, &[P::HouseholdRead, P::InsuranceRead]),
    (P::BenefitPropose, &[P::HouseholdRead, P::BenefitRead]),
    (P::BenefitVerify, &[P::HouseholdRead, P::BenefitRead]),
    (P::BenefitApprove, &[P::HouseholdRead, P::BenefitRead]),
    (P::BenefitCancel, &[P::HouseholdRead, P::BenefitRead]),
    (P::BenefitPay, &[P::HouseholdRead, P::BenefitRead]),
    (P::LoanRequest, &[P::HouseholdRead, P::LoanRead]),
    (P::LoanConfirm, &[P::HouseholdRead, P::LoanRead]),
    (P::LoanVet, &[P::HouseholdRead, P::LoanRead]),
    (P::SavingsGroupWrite, &[P::LoanRead]),
    (P::LoanDecide, &[P::HouseholdRead, P::LoanRead]),
    (P::LoanOverride, &[P::HouseholdRead, P::LoanRead]),
    (P::LoanWrite, &[P::HouseholdRead, P::LoanRead]),
    (P::ModelProjectWrite, &[P::HouseholdRead, P::ModelProjectRead]),
    (P::SponsorshipWrite, &[P::HouseholdRead, P::SponsorshipRead]),
    (P::FundingAllocate, &[P::PlanRead]),
    (P::SpendingWrite, &[P::PlanRead]),
    (P::IndicatorWrite, &[P::PlanRead]),
    (P::ReportSubmit, &[P::PlanRead]),
    // Units and what the law sets are for everybody.
    (P::UnitWrite, &[]),
    (P::StandardWrite, &[]),
    (P::ClientCreate, &[P::ClientRead]),
    (P::ClientUpdate, &[P::ClientRead]),
    (P::ClientActivate, &[P::ClientRead]),
    (P::ClientRotateSecret, &[P::ClientRead]),
    (P::ClientKey, &[P::ClientRead]),
    (P::ClientOperation, &[P::ClientRead]),
    (P::ClientDisable, &[P::ClientRead]),
    (P::TokenIssue, &[P::ClientRead]),
    (P::TokenRevoke, &[P::ClientRead]),
    (P::RoleWrite, &[P::ClientRead]),
];

/// What a permission takes besides, to be of use.
pub fn of(permission: Permission) -> &'static [Permission] {
    READS.iter().find(|(write, _)| *write == permission).map_or(&[], |(_, reads)| reads)
}

/// What is lacking for the use of a permission: itself, or one that it takes besides.
pub fn lacking(held: PermissionSet, permission: Permission) -> Option<Permission> {
    [permission].iter().chain(of(permission)).copied().find(|needed| !held.has(*needed))
}

/// A permission to read that is missing beside one to change, which comes first.
pub fn missing(set: PermissionSet) -> Option<(Permission, Permission)> {
    set.iter().find_map(|write| of(write).iter().find(|read| !set.has(**read)).map(|read| (write, *read)))
}

/// BAD_USER_INPUT, naming the two, where a role would change what it may not read.
pub fn check(set: PermissionSet, field: &str) -> Result<()> {
    let Some((write, read)) = missing(set) else { return Ok(()) };
    let (write, read) = (write.code(), read.code());
    Err(Failure::input(
        field,
        format!("A role with {write} needs {read} too: its changes tell of what that reads."),
        format!("Vai trò có {write} phải có cả {read}, vì thao tác ghi cho biết thông tin mà {read} được đọc."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{
        roles::BUILT_IN,
        roots::{Asks, ROOTS},
    };

    #[test]
    fn no_built_in_role_changes_what_it_may_not_read() {
        for role in BUILT_IN {
            let missing = missing(PermissionSet::of(role.permissions));
            assert!(missing.is_none(), "{} lacks the second of {missing:?}", role.code);
        }
    }

    #[test]
    fn each_permission_to_change_says_what_it_takes() {
        let changes = ROOTS.iter().skip_while(|(name, _)| *name != "activateClient");
        for (name, asks) in changes {
            let (Asks::All(needed) | Asks::Any(needed)) = asks else { panic!("{name} is free") };
            for permission in *needed {
                assert!(READS.iter().any(|(write, _)| write == permission), "{} of {name}", permission.code());
            }
        }
    }

    #[test]
    fn the_refusal_names_the_two() {
        let set = PermissionSet::of(&[P::PlanRead, P::LoanRead, P::LoanWrite]);
        let failure = check(set, "input.permissions").unwrap_err();
        assert!(failure.message.contains("loan:write needs household:read"), "{}", failure.message);
        assert_eq!(failure.field.as_deref(), Some("input.permissions"));
        assert!(check(PermissionSet::of(&[P::PlanRead, P::HouseholdRead]), "input.permissions").is_ok());
    }
}
