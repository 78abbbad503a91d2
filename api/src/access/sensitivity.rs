//! How much a field tells of a person (`rules.md` section 8: Law 91/2025/QH15, Decree 356/2025/NĐ-CP art. 3 and 4).

use super::{Permission, Permission as P};

/// What a field tells. Each field of each projection declares one; what declares none is read by nobody.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Sensitivity {
    /// Law and names of public bodies: for everybody with a token.
    Public,
    /// The agencies' own affairs, and what tells nothing of a person by itself: ids, versions, sums of many.
    Internal,
    /// Data on a person or household: name, birth, address, class, support.
    Personal,
    /// Disability and health, merit injury, domestic violence, incomes told by health, loans and debts (Decree 356
    /// art. 4): only with a permission made for it.
    Sensitive,
}

impl Sensitivity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Personal => "personal",
            Self::Sensitive => "sensitive",
        }
    }

    /// Whether a use of the field is a use of personal data, which the ledger keeps.
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::Personal | Self::Sensitive)
    }
}

/// Permissions under which data on persons is read or written.
pub const PERSONAL: &[Permission] = &[
    P::HouseholdRead,
    P::HouseholdWrite,
    P::NationalIdRead,
    P::NationalIdMaskedRead,
    P::ProtectedCategoryRead,
    P::ProtectedCategoryWrite,
    P::ReviewRead,
    P::ReviewWrite,
    P::ReviewDecide,
    P::InsuranceRead,
    P::InsuranceWrite,
    P::BenefitRead,
    P::BenefitPropose,
    P::BenefitVerify,
    P::BenefitApprove,
    P::BenefitCancel,
    P::BenefitPay,
    P::LoanRead,
    P::LoanRequest,
    P::LoanConfirm,
    P::LoanDecide,
    P::LoanWrite,
    P::ModelProjectRead,
    P::ModelProjectWrite,
    P::SponsorshipRead,
    P::SponsorshipWrite,
];

/// Permissions made for sensitive fields: none of them comes with the register of households.
pub const SENSITIVE: &[Permission] = &[P::ProtectedCategoryRead, P::ReviewRead, P::LoanRead];
