//! What a request is for, and what of its caller's roles counts for that.
//!
//! A role may be limited to some purposes: for another one its permissions don't count. It may also require that a
//! purpose is named before it gives anything on persons. Deny wins: what no role gives for this purpose is refused, and
//! the refusal says which purposes would do.

use entity::{EnumSet, enums::Purpose};

use super::{Permission, PermissionSet, lacking, sensitivity::is_personal};
use crate::error::Failure;

/// The header that names the purpose, and the field of refusals about it.
pub const HEADER: &str = "X-Purpose";

/// What a caller says that its request is for.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Stated {
    pub purpose: Option<Purpose>,
    pub legal_basis: Option<String>,
}

/// A role that the caller bears, as it is stored.
#[derive(Clone, Debug)]
pub struct Held {
    pub code: String,
    /// None in it: any.
    pub purposes: EnumSet<Purpose>,
    pub required: bool,
    pub permissions: PermissionSet,
}

impl Held {
    fn serves(&self, purpose: Purpose) -> bool {
        self.purposes.is_empty() || self.purposes.contains(purpose)
    }

    /// What it gives for a purpose, or where none is named.
    fn gives(&self, purpose: Option<Purpose>) -> PermissionSet {
        match purpose {
            Some(purpose) if self.serves(purpose) => self.permissions,
            Some(_) => PermissionSet::default(),
            None if self.required => self.permissions.without(is_personal),
            None => self.permissions,
        }
    }
}

/// What several roles give together for a purpose.
pub fn given(roles: &[Held], purpose: Option<Purpose>) -> PermissionSet {
    roles.iter().fold(PermissionSet::default(), |set, role| set.union(role.gives(purpose)))
}

/// The refusal for a permission that the roles don't give: for this purpose, or at all.
pub fn refusal(roles: &[Held], purpose: Option<Purpose>, permission: Permission) -> Failure {
    let holding: Vec<_> = roles.iter().filter(|role| role.permissions.has(permission)).collect();
    if holding.is_empty() {
        return lacking(permission);
    }
    let would_do = |purpose: &Purpose| holding.iter().any(|role| role.serves(*purpose));
    let codes: Vec<_> = Purpose::ALL.iter().copied().filter(would_do).map(Purpose::as_str).collect();
    let (code, codes) = (permission.code(), codes.join(", "));
    let failure = match purpose {
        Some(purpose) => Failure::forbidden(
            format!("For {} your roles don't give {code}; they give it for: {codes}.", purpose.as_str()),
            format!("Vai trò của bạn không có quyền {code} cho mục đích {}; chỉ cho: {codes}.", purpose.as_str()),
        ),
        None => Failure::forbidden(
            format!("Your roles give {code} only for a purpose named in the header {HEADER}: {codes}."),
            format!("Quyền {code} cần nêu mục đích trong tiêu đề {HEADER}: {codes}."),
        ),
    };
    failure.with_field(HEADER)
}

/// What the built-in roles are for, until an operator says otherwise; a role that isn't here is for anything.
pub fn of_built_in(role: &str) -> EnumSet<Purpose> {
    use Purpose as P;
    let purposes: &[Purpose] = match role {
        "dolisa_officer" => &[
            P::InsuranceEnrolment,
            P::BenefitDecision,
            P::PovertyReview,
            P::ModelProject,
            P::Reporting,
            P::Inspection,
            P::DataQuality,
            P::CitizenRequest,
        ],
        "dolisa_approver" => {
            &[P::BenefitDecision, P::PovertyReview, P::ModelProject, P::Reporting, P::Inspection, P::CitizenRequest]
        }
        "bank_officer" => &[P::LoanAppraisal, P::Reporting, P::DataQuality, P::CitizenRequest],
        "insurance_officer" => &[P::InsuranceEnrolment, P::Reporting, P::DataQuality, P::CitizenRequest],
        "front_officer" => &[P::BenefitDecision, P::ModelProject, P::Reporting, P::CitizenRequest],
        "mass_org_officer" => &[P::LoanAppraisal, P::Reporting, P::CitizenRequest],
        "agriculture_officer" => &[P::ModelProject, P::Reporting, P::DataQuality],
        "district_officer" => &[
            P::BenefitDecision,
            P::PovertyReview,
            P::ModelProject,
            P::Reporting,
            P::Inspection,
            P::DataQuality,
            P::CitizenRequest,
        ],
        // The commune takes requests for loans and lists of members for all the others.
        "commune_officer" => &[
            P::LoanAppraisal,
            P::InsuranceEnrolment,
            P::BenefitDecision,
            P::PovertyReview,
            P::ModelProject,
            P::Reporting,
            P::DataQuality,
            P::CitizenRequest,
        ],
        "auditor" => &[P::Inspection, P::Reporting, P::DataQuality],
        _ => &[],
    };
    purposes.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::roles::BUILT_IN;

    fn role(permissions: &[Permission], purposes: &[Purpose], required: bool) -> Held {
        Held { code: "r".into(), purposes: purposes.into(), required, permissions: PermissionSet::of(permissions) }
    }

    #[test]
    fn a_role_counts_for_its_purposes_only() {
        let bank = role(&[Permission::LoanRead, Permission::PlanRead], &[Purpose::LoanAppraisal], false);
        let any = role(&[Permission::HouseholdRead], &[], false);
        let of = |purpose| given(&[bank.clone(), any.clone()], purpose);
        assert!(of(None).has(Permission::LoanRead) && of(Some(Purpose::LoanAppraisal)).has(Permission::LoanRead));
        let other = of(Some(Purpose::Inspection));
        assert!(!other.has(Permission::LoanRead) && !other.has(Permission::PlanRead));
        assert!(other.has(Permission::HouseholdRead), "the role for anything still counts");
    }

    #[test]
    fn a_role_that_requires_a_purpose_gives_nothing_on_persons_without_one() {
        let strict = role(&[Permission::LoanRead, Permission::PlanRead], &[Purpose::LoanAppraisal], true);
        let none = given(std::slice::from_ref(&strict), None);
        assert!(!none.has(Permission::LoanRead) && none.has(Permission::PlanRead));
        assert!(given(&[strict], Some(Purpose::LoanAppraisal)).has(Permission::LoanRead));
    }

    #[test]
    fn a_refusal_says_which_purposes_would_do() {
        let bank = role(&[Permission::LoanRead], &[Purpose::LoanAppraisal, Purpose::Reporting], true);
        let roles = [bank, role(&[Permission::HouseholdRead], &[Purpose::Inspection], false)];
        for purpose in [None, Some(Purpose::Inspection)] {
            let failure = refusal(&roles, purpose, Permission::LoanRead);
            assert!(failure.message.ends_with(": LOAN_APPRAISAL, REPORTING."), "{}", failure.message);
            assert_eq!(failure.field.as_deref(), Some(HEADER));
        }
        let failure = refusal(&roles, None, Permission::BenefitRead);
        assert_eq!((failure.field, failure.message.contains("lack")), (None, true));
    }

    #[test]
    fn the_limits_of_built_in_roles_are_of_roles_that_are_there_and_read_of_persons() {
        for known in BUILT_IN {
            let reads_persons = known.permissions.iter().any(|permission| is_personal(*permission));
            assert_eq!(!of_built_in(known.code).is_empty(), reads_persons, "{}", known.code);
        }
        assert!(!of_built_in("bank_officer").contains(Purpose::BenefitDecision));
    }
}
