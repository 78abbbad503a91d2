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

/// Permissions that have nothing to do with persons. All others are personal, so that a new permission is until somebody
/// says otherwise here.
const IMPERSONAL: &[Permission] = &[
    P::PlanRead,
    P::FundingAllocate,
    P::SpendingWrite,
    P::SavingsGroupWrite,
    P::IndicatorWrite,
    P::ReportSubmit,
    P::StatisticsRead,
    P::StatisticsLive,
    P::StandardWrite,
    P::UnitWrite,
    P::ClientRead,
    P::ClientReadAll,
    P::ClientCreate,
    P::ClientUpdate,
    P::ClientActivate,
    P::ClientRotateSecret,
    P::ClientKey,
    P::ClientOperation,
    P::ClientDisable,
    P::TokenIssue,
    P::TokenRevoke,
    P::RoleWrite,
];

/// Whether data on persons is read or written under the permission.
pub fn is_personal(permission: Permission) -> bool {
    !IMPERSONAL.contains(&permission)
}

/// Permissions made for sensitive fields: none of them comes with the register of households.
pub const SENSITIVE: &[Permission] = &[P::ProtectedCategoryRead, P::ReviewRead, P::InsuranceRead, P::LoanRead];
