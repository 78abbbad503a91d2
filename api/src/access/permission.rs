//! The closed list of permissions: a verb on a resource.

use crate::error::Failure;

macro_rules! permissions {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal,)+) => {
        /// A verb on a resource. The code is what roles store and `viewer { permissions }` shows.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[repr(u8)]
        pub enum Permission { $($(#[doc = $doc])* $name),+ }

        impl Permission {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)+ _ => None }
            }

            /// One shifted left once for each variant before this one: `as` is not allowed here.
            const fn bit(self) -> u128 {
                let bit = 1_u128;
                $( if matches!(self, Self::$name) { return bit; } let bit = bit << 1; )+
                bit
            }
        }
    };
}

permissions! {
    /// Households, their people (name, birth, sex, relation) and what class they are in.
    HouseholdRead = "household:read",
    /// Register, update, move and dissolve households, and their members.
    HouseholdWrite = "household:write",
    /// Personal numbers in full, and looking a person up by number.
    NationalIdRead = "nationalId:read",
    /// The last three digits of personal numbers.
    NationalIdMaskedRead = "nationalIdMasked:read",
    /// Disability and the other protected categories.
    ProtectedCategoryRead = "protectedCategory:read",
    ProtectedCategoryWrite = "protectedCategory:write",
    /// Incomes, scores and deprivations of poverty reviews.
    ReviewRead = "review:read",
    ReviewWrite = "review:write",
    ReviewDecide = "review:decide",
    InsuranceRead = "insurance:read",
    InsuranceWrite = "insurance:write",
    BenefitRead = "benefit:read",
    BenefitPropose = "benefit:propose",
    BenefitVerify = "benefit:verify",
    BenefitApprove = "benefit:approve",
    BenefitCancel = "benefit:cancel",
    /// Approving that a second program of one purpose pays a household in a year.
    BenefitOverride = "benefit:override",
    BenefitPay = "benefit:pay",
    /// Loans with their ledger.
    LoanRead = "loan:read",
    LoanRequest = "loan:request",
    LoanConfirm = "loan:confirm",
    /// Vetting requests in a savings and credit group: for the mass organisations.
    LoanVet = "loan:vet",
    LoanDecide = "loan:decide",
    /// Granting a loan for what a program pays the household in the year.
    LoanOverride = "loan:override",
    /// Contracts, disbursements, repayments, extensions, freezes, write-offs, reversals.
    LoanWrite = "loan:write",
    /// Savings and credit groups: no personal data.
    SavingsGroupWrite = "savingsGroup:write",
    ModelProjectRead = "modelProject:read",
    ModelProjectWrite = "modelProject:write",
    SponsorshipRead = "sponsorship:read",
    SponsorshipWrite = "sponsorship:write",
    /// Plan, programs, funding lines, indicators, tasks: no personal data.
    PlanRead = "plan:read",
    /// Allocations of funding lines.
    FundingAllocate = "funding:allocate",
    /// Spending of a program for no single household.
    SpendingWrite = "spending:write",
    IndicatorWrite = "indicator:write",
    ReportSubmit = "report:submit",
    /// Statistics; without `statistics:live` the closed figures of a day.
    StatisticsRead = "statistics:read",
    /// Statistics of this moment: for officers, who work on the records themselves.
    StatisticsLive = "statistics:live",
    /// Law as dated rows, of the agency that it is for: poverty standards, support, policy credit. No personal data.
    StandardWrite = "standard:write",
    /// Hamlets: the only units that the register makes itself.
    UnitWrite = "unit:write",
    /// Clients of one's own agency with their tokens, and roles: no personal data.
    ClientRead = "client:read",
    /// The clients of every agency.
    ClientReadAll = "client:readAll",
    /// Clients that wait for their agency. With `client:update` and `role:write` the platform's end.
    ClientCreate = "client:create",
    /// A client's name, roles and scope.
    ClientUpdate = "client:update",
    /// Taking a client into use. With `client:rotateSecret` and `token:issue` the agency's end.
    ClientActivate = "client:activate",
    /// A new secret in place of the old one.
    ClientRotateSecret = "client:rotateSecret",
    /// The operations that a client of one's own agency has registered, and whether it is bound to them.
    ClientOperation = "client:operation",
    /// Shutting a client out: for both ends.
    ClientDisable = "client:disable",
    TokenIssue = "token:issue",
    /// Ending a token: for both ends.
    TokenRevoke = "token:revoke",
    /// Roles of the province's own.
    RoleWrite = "role:write",
    /// Public keys of the clients of one's own agency.
    ClientKey = "client:key",
    /// The ledger of uses of personal data.
    AuditRead = "audit:read",
}

/// A set of permissions as bits.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct PermissionSet(u128);

impl PermissionSet {
    pub fn of(permissions: &[Permission]) -> Self {
        Self(permissions.iter().fold(0, |bits, permission| bits | permission.bit()))
    }

    pub const fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    pub fn insert(&mut self, permission: Permission) {
        self.0 |= permission.bit();
    }

    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those for which the condition doesn't hold.
    #[must_use]
    pub fn without(self, condition: impl Fn(Permission) -> bool) -> Self {
        let mut left = Self::default();
        self.iter().filter(|permission| !condition(*permission)).for_each(|permission| left.insert(permission));
        left
    }

    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.has(*permission))
    }
}

/// The refusal for a permission that the caller's roles don't hold.
pub fn lacking(permission: Permission) -> Failure {
    Failure::forbidden(
        format!("Your roles lack the permission {}.", permission.code()),
        format!("Vai trò của bạn không có quyền {}.", permission.code()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_has_a_bit_and_a_code_of_its_own() {
        let mut set = PermissionSet::default();
        for permission in Permission::ALL {
            assert!(!set.has(*permission), "{} shares a bit", permission.code());
            set.insert(*permission);
            assert_eq!(Permission::parse(permission.code()), Some(*permission));
        }
        assert_eq!(set.iter().count(), Permission::ALL.len());
    }
}
