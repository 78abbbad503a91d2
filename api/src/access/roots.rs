//! What each root field asks for before anything of it runs. A root that isn't here answers nobody: deny is the default.
//!
//! This is the first of the checks, not the only one: the types that a root answers with have guards of their own, and
//! services look at the owner and the row.

use Permission as P;

use super::{Permission, PermissionSet, reads};
use crate::error::{Failure, Result};

/// What a root field asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Asks {
    /// A token, whatever its roles: the caller's own, or what is public.
    Token,
    /// A token here; the type of the record that the id names then asks for its own permission.
    ByRecord,
    /// All of these.
    All(&'static [Permission]),
    /// One of these: each allows its own part of the input, which the service looks at.
    Any(&'static [Permission]),
}

impl Asks {
    /// A permission that is lacking; none where these suffice. One to change something is of use with those only that
    /// read what its changes name (`reads.rs`): a role stored before that was asked has less than it says.
    pub fn lacking(self, held: PermissionSet) -> Option<Permission> {
        match self {
            Self::Token | Self::ByRecord => None,
            Self::All(needed) => needed.iter().find_map(|permission| reads::lacking(held, *permission)),
            Self::Any(needed) if needed.iter().any(|permission| reads::lacking(held, *permission).is_none()) => None,
            Self::Any(needed) => {
                let named = needed.iter().find(|permission| held.has(**permission)).or_else(|| needed.first());
                named.and_then(|permission| reads::lacking(held, *permission))
            }
        }
    }
}

/// The query's fields, then the mutation's, each in the order of their names.
pub const ROOTS: &[(&str, Asks)] = &[
    ("adminUnits", Asks::Token),
    ("agencies", Asks::Token),
    ("assistanceCoefficients", Asks::Token),
    ("assistanceLevels", Asks::Token),
    ("benefits", Asks::All(&[P::BenefitRead])),
    ("clients", Asks::All(&[P::ClientRead])),
    ("debtClassification", Asks::All(&[P::LoanRead])),
    ("explainAccess", Asks::ByRecord),
    ("household", Asks::All(&[P::HouseholdRead])),
    ("households", Asks::All(&[P::HouseholdRead])),
    ("loan", Asks::All(&[P::LoanRead])),
    ("loanProducts", Asks::Token),
    ("loanRules", Asks::Token),
    ("loans", Asks::All(&[P::LoanRead])),
    ("modelProject", Asks::All(&[P::ModelProjectRead])),
    ("modelProjects", Asks::All(&[P::ModelProjectRead])),
    ("node", Asks::ByRecord),
    ("nodes", Asks::ByRecord),
    ("person", Asks::All(&[P::HouseholdRead, P::NationalIdRead])),
    ("persons", Asks::All(&[P::HouseholdRead])),
    ("personsByNationalId", Asks::All(&[P::HouseholdRead, P::NationalIdRead])),
    ("pilotCoverage", Asks::All(&[P::ModelProjectRead])),
    ("plan", Asks::All(&[P::PlanRead])),
    ("povertyStandards", Asks::Token),
    ("program", Asks::All(&[P::PlanRead])),
    ("programs", Asks::All(&[P::PlanRead])),
    ("reclassificationImpact", Asks::All(&[P::HouseholdRead, P::ReviewRead])),
    ("regularReviewReport", Asks::All(&[P::HouseholdRead, P::ReviewRead])),
    ("riskDebtRules", Asks::Token),
    ("roles", Asks::All(&[P::ClientRead])),
    ("savingsGroups", Asks::All(&[P::LoanRead])),
    ("sponsor", Asks::All(&[P::SponsorshipRead])),
    ("sponsors", Asks::All(&[P::SponsorshipRead])),
    ("statistics", Asks::All(&[P::StatisticsRead])),
    ("urgentHelpRules", Asks::Token),
    ("viewer", Asks::Token),
    ("activateClient", Asks::All(&[P::ClientActivate])),
    ("addMember", Asks::All(&[P::HouseholdWrite])),
    ("allocateFunding", Asks::All(&[P::FundingAllocate])),
    ("approveBenefits", Asks::All(&[P::BenefitApprove])),
    ("beginSponsorship", Asks::All(&[P::SponsorshipWrite])),
    ("cancelBenefits", Asks::All(&[P::BenefitCancel])),
    ("cancelLoan", Asks::All(&[P::LoanDecide])),
    ("changeLoan", Asks::All(&[P::LoanWrite])),
    ("closeModelProject", Asks::All(&[P::ModelProjectWrite])),
    ("confirmLoan", Asks::All(&[P::LoanConfirm])),
    ("createClient", Asks::All(&[P::ClientCreate])),
    ("createModelProject", Asks::All(&[P::ModelProjectWrite])),
    ("createRole", Asks::All(&[P::RoleWrite])),
    ("decideLoan", Asks::All(&[P::LoanDecide])),
    ("decideReview", Asks::All(&[P::ReviewDecide])),
    ("disableClient", Asks::All(&[P::ClientDisable])),
    ("disburseLoan", Asks::All(&[P::LoanWrite])),
    ("dissolveHousehold", Asks::All(&[P::HouseholdWrite])),
    ("endInsurance", Asks::All(&[P::InsuranceWrite])),
    ("endMembership", Asks::All(&[P::HouseholdWrite])),
    ("endSponsorship", Asks::All(&[P::SponsorshipWrite])),
    ("enrolHouseholds", Asks::All(&[P::ModelProjectWrite])),
    ("issueToken", Asks::All(&[P::TokenIssue])),
    ("moveHousehold", Asks::All(&[P::HouseholdWrite])),
    ("movePerson", Asks::All(&[P::HouseholdWrite])),
    ("proposeBenefits", Asks::All(&[P::BenefitPropose])),
    ("recordAssistanceCoefficient", Asks::All(&[P::StandardWrite])),
    ("recordAssistanceLevel", Asks::All(&[P::StandardWrite])),
    ("recordBenefitPayments", Asks::All(&[P::BenefitPay])),
    ("recordCapitalRecovery", Asks::All(&[P::ModelProjectWrite])),
    ("recordGift", Asks::All(&[P::SponsorshipWrite])),
    ("recordIndicator", Asks::All(&[P::IndicatorWrite])),
    ("recordInsurance", Asks::All(&[P::InsuranceWrite])),
    ("recordLoanCeiling", Asks::All(&[P::StandardWrite])),
    ("recordLoanProduct", Asks::All(&[P::StandardWrite])),
    ("recordLoanRate", Asks::All(&[P::StandardWrite])),
    ("recordLoanRule", Asks::All(&[P::StandardWrite])),
    ("recordLoans", Asks::All(&[P::LoanWrite])),
    ("recordPledge", Asks::All(&[P::SponsorshipWrite])),
    ("recordPovertyStandard", Asks::All(&[P::StandardWrite])),
    ("recordProgramLimit", Asks::All(&[P::StandardWrite])),
    ("recordProgramSpending", Asks::All(&[P::SpendingWrite])),
    ("recordRepayments", Asks::All(&[P::LoanWrite])),
    ("recordSolvencyAnalyses", Asks::All(&[P::LoanWrite])),
    ("recordRiskDebtRule", Asks::All(&[P::StandardWrite])),
    ("recordUrgentHelpRule", Asks::All(&[P::StandardWrite])),
    ("registerClientKey", Asks::All(&[P::ClientKey])),
    ("registerHamlet", Asks::All(&[P::UnitWrite])),
    ("registerHousehold", Asks::All(&[P::HouseholdWrite])),
    ("registerOperations", Asks::All(&[P::ClientOperation])),
    ("registerSavingsGroup", Asks::All(&[P::SavingsGroupWrite])),
    ("registerSponsor", Asks::All(&[P::SponsorshipWrite])),
    ("rejectBenefits", Asks::Any(&[P::BenefitVerify, P::BenefitApprove])),
    ("removeClientKey", Asks::All(&[P::ClientKey])),
    ("requestLoan", Asks::All(&[P::LoanRequest])),
    ("restrictToRegistered", Asks::All(&[P::ClientOperation])),
    ("reverseLoanTransaction", Asks::All(&[P::LoanWrite])),
    ("reviewHousehold", Asks::All(&[P::ReviewWrite])),
    ("revokeToken", Asks::All(&[P::TokenRevoke])),
    ("rotateClientSecret", Asks::All(&[P::ClientRotateSecret])),
    ("submitReport", Asks::All(&[P::ReportSubmit])),
    ("updateClient", Asks::All(&[P::ClientUpdate])),
    ("updateHousehold", Asks::All(&[P::HouseholdWrite])),
    ("updatePerson", Asks::Any(&[P::HouseholdWrite, P::ProtectedCategoryWrite])),
    ("updateRole", Asks::All(&[P::RoleWrite])),
    ("updateSavingsGroup", Asks::All(&[P::SavingsGroupWrite])),
    ("updateSponsor", Asks::All(&[P::SponsorshipWrite])),
    ("verifyBenefits", Asks::All(&[P::BenefitVerify])),
    ("vetLoan", Asks::All(&[P::LoanVet])),
];

/// What a root field asks for; none where it isn't declared.
pub fn asks(root: &str) -> Option<Asks> {
    ROOTS.iter().find(|(name, _)| *name == root).map(|(_, asks)| *asks)
}

/// FORBIDDEN unless the permissions admit to the root field. `refuse` words the refusal for want of a permission.
pub fn admit(root: &str, held: PermissionSet, refuse: impl FnOnce(Permission) -> Failure) -> Result<()> {
    asks(root).ok_or_else(|| undeclared(root))?.lacking(held).map_or(Ok(()), |permission| Err(refuse(permission)))
}

fn undeclared(root: &str) -> Failure {
    Failure::forbidden(
        format!("The policy says nothing of {root}; nobody is answered."),
        format!("Chính sách chưa quy định {root}; không ai được trả lời."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::lacking;

    #[test]
    fn what_is_not_declared_is_refused_to_everybody() {
        assert!(admit("householdsOfEverybody", PermissionSet::of(Permission::ALL), lacking).is_err());
    }

    #[test]
    fn a_root_is_declared_once() {
        for (index, (name, _)) in ROOTS.iter().enumerate() {
            assert!(ROOTS.iter().skip(index + 1).all(|(other, _)| name != other), "{name} stands twice");
        }
    }

    #[test]
    fn every_permission_asked_for_is_needed() {
        for (name, asks) in ROOTS {
            let (needed, all) = match asks {
                Asks::Token | Asks::ByRecord => continue,
                Asks::All(needed) => (needed, true),
                Asks::Any(needed) => (needed, false),
            };
            assert!(admit(name, PermissionSet::default(), lacking).is_err(), "{name}");
            let besides = needed.iter().flat_map(|permission| reads::of(*permission)).copied();
            let enough: Vec<_> = needed.iter().copied().chain(besides).collect();
            assert!(admit(name, PermissionSet::of(&enough), lacking).is_ok(), "{name}");
            // Of several, another one may do without it: each is asked for by its own part of the input.
            for read in enough.iter().filter(|permission| all && !needed.contains(permission)) {
                let others = PermissionSet::of(&enough).without(|other| other == *read);
                assert!(admit(name, others, lacking).is_err(), "{name} without {}", read.code());
            }
            for permission in *needed {
                let others = PermissionSet::of(Permission::ALL).without(|other| other == *permission);
                assert_eq!(admit(name, others, lacking).is_err(), all, "{name} without {}", permission.code());
            }
        }
    }
}
