//! The built-in roles: what each is for, and the permissions it starts with.

use Permission as P;

use super::Permission;

/// A role that comes with the service and can't be changed.
pub struct BuiltIn {
    pub code: &'static str,
    pub name: &'static str,
    /// The agency whose officers usually bear it; the demo register makes one client of it.
    pub agency: &'static str,
    /// Days that a token with this role may live: a year for what machines run on, less for people, a month for
    /// administrators.
    pub longest_token_days: i32,
    pub permissions: &'static [Permission],
}

pub const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        code: "platform_admin",
        name: "Quản trị nền tảng",
        agency: "PPC",
        longest_token_days: 30,
        permissions: &[
            P::PlanRead,
            P::ClientRead,
            P::ClientReadAll,
            P::ClientCreate,
            P::ClientUpdate,
            P::ClientDisable,
            P::TokenRevoke,
            P::RoleWrite,
        ],
    },
    BuiltIn {
        code: "agency_admin",
        name: "Quản trị của cơ quan",
        agency: "DOLISA",
        longest_token_days: 30,
        permissions: &[
            P::PlanRead,
            P::ClientRead,
            P::ClientActivate,
            P::ClientKey,
            P::ClientOperation,
            P::ClientRotateSecret,
            P::ClientDisable,
            P::TokenIssue,
            P::TokenRevoke,
            P::StandardWrite,
        ],
    },
    BuiltIn {
        code: "dolisa_officer",
        name: "Cán bộ Sở Lao động - Thương binh và Xã hội",
        agency: "DOLISA",
        longest_token_days: 90,
        permissions: &[
            P::HouseholdRead,
            P::NationalIdRead,
            P::NationalIdMaskedRead,
            P::ProtectedCategoryRead,
            P::ProtectedCategoryWrite,
            P::ReviewRead,
            P::InsuranceRead,
            P::BenefitRead,
            P::BenefitPropose,
            P::BenefitVerify,
            P::BenefitPay,
            P::LoanRead,
            P::ModelProjectRead,
            P::ModelProjectWrite,
            P::SponsorshipRead,
            P::PlanRead,
            P::SpendingWrite,
            P::IndicatorWrite,
            P::ReportSubmit,
            P::StatisticsRead,
            P::StatisticsLive,
        ],
    },
    BuiltIn {
        code: "dolisa_approver",
        name: "Lãnh đạo Sở Lao động - Thương binh và Xã hội",
        agency: "DOLISA",
        longest_token_days: 90,
        permissions: &[
            P::HouseholdRead,
            P::NationalIdMaskedRead,
            P::ProtectedCategoryRead,
            P::ReviewRead,
            P::InsuranceRead,
            P::BenefitRead,
            P::BenefitApprove,
            P::BenefitOverride,
            P::BenefitCancel,
            P::LoanRead,
            P::ModelProjectRead,
            P::SponsorshipRead,
            P::PlanRead,
            P::FundingAllocate,
            P::ReportSubmit,
            P::StatisticsRead,
            P::StatisticsLive,
        ],
    },
    BuiltIn {
        code: "bank_officer",
        name: "Cán bộ Ngân hàng Chính sách xã hội",
        agency: "VBSP",
        longest_token_days: 365,
        permissions: &[
            P::HouseholdRead,
            P::NationalIdRead,
            P::NationalIdMaskedRead,
            P::LoanRead,
            P::LoanDecide,
            P::LoanOverride,
            P::LoanWrite,
            P::PlanRead,
            P::ReportSubmit,
            P::StatisticsRead,
            P::StatisticsLive,
        ],
    },
    BuiltIn {
        code: "insurance_officer",
        name: "Cán bộ Bảo hiểm xã hội",
        agency: "PSI",
        longest_token_days: 365,
        permissions: &[
            P::HouseholdRead,
            P::NationalIdRead,
            P::NationalIdMaskedRead,
            P::InsuranceRead,
            P::InsuranceWrite,
            P::PlanRead,
            P::IndicatorWrite,
            P::ReportSubmit,
            P::StatisticsRead,
            P::StatisticsLive,
        ],
    },
    BuiltIn {
        code: "front_officer",
        name: "Cán bộ Mặt trận Tổ quốc",
        agency: "VFF",
        longest_token_days: 90,
        permissions: &[
            P::HouseholdRead,
            P::NationalIdMaskedRead,
            P::BenefitRead,
            P::BenefitPropose,
            P::ModelProjectRead,
            P::SponsorshipRead,
            P::SponsorshipWrite,
            P::PlanRead,
            P::SpendingWrite,
            P::ReportSubmit,
            P::StatisticsRead,
            P::StatisticsLive,
        ],
    },
    BuiltIn {
        code: "mass_org_officer",
        name: "Cán bộ tổ chức chính trị - xã hội nhận ủy thác",
        agency: "MASS_ORGS",
        longest_token_days: 90,
        permissions: &[
            P::HouseholdRead,
            P::LoanRead,
            P::LoanVet,
            P::SavingsGroupWrite,
            P::PlanRead,
            P::ReportSubmit,
            P::StatisticsRead,
            P::StatisticsLive,
        ],
    },
    BuiltIn {
        code: "agriculture_officer",
        name: "Cán bộ Sở Nông nghiệp và Phát triển nông thôn",
        agency: "DARD",
        longest_token_days: 90,
        permissions: &[
            P::HouseholdRead,
            P::ModelProjectRead,
            P::ModelProjectWrite,
            P::PlanRead,
            P::IndicatorWrite,
            P::ReportSubmit,
            P::StatisticsRead,
            P::StatisticsLive,
        ],
    },
    BuiltIn {
        code: "finance_viewer",
        name: "Cán bộ Sở Tài chính",
        agency: "DOF",
        longest_token_days: 90,
        permissions: &[P::PlanRead, P::StatisticsRead],
    },
    BuiltIn {
        code: "district_officer",
        name: "Cán bộ Ủy ban nhân dân huyện, thành phố",
        agency: "DPC",
        longest_token_days: 90,
        permissions: &[
            P::HouseholdRead,
            P::NationalIdRead,
            P::NationalIdMaskedRead,
            P::ProtectedCategoryRead,
            P::ReviewRead,
            P::InsuranceRead,
            P::BenefitRead,
            P::BenefitVerify,
            P::LoanRead,
            P::ModelProjectRead,
            P::ModelProjectWrite,
            P::SponsorshipRead,
            P::PlanRead,
            P::ReportSubmit,
            P::StatisticsRead,
            P::StatisticsLive,
        ],
    },
    BuiltIn {
        code: "commune_officer",
        name: "Cán bộ Ủy ban nhân dân xã, phường, thị trấn",
        agency: "CPC",
        longest_token_days: 90,
        permissions: &[
            P::HouseholdRead,
            P::HouseholdWrite,
            P::NationalIdRead,
            P::NationalIdMaskedRead,
            P::ProtectedCategoryRead,
            P::ReviewRead,
            P::ReviewWrite,
            P::ReviewDecide,
            P::InsuranceRead,
            P::BenefitRead,
            P::BenefitPropose,
            P::LoanRead,
            P::LoanRequest,
            P::LoanConfirm,
            P::ModelProjectRead,
            P::SponsorshipRead,
            P::PlanRead,
            P::StatisticsRead,
            P::StatisticsLive,
            P::UnitWrite,
        ],
    },
    BuiltIn {
        code: "auditor",
        name: "Thanh tra",
        agency: "PPC",
        longest_token_days: 90,
        permissions: &[
            P::HouseholdRead,
            P::NationalIdMaskedRead,
            P::ProtectedCategoryRead,
            P::ReviewRead,
            P::InsuranceRead,
            P::BenefitRead,
            P::LoanRead,
            P::ModelProjectRead,
            P::SponsorshipRead,
            P::PlanRead,
            P::StatisticsRead,
            P::StatisticsLive,
            P::ClientRead,
            P::ClientReadAll,
            P::AuditRead,
        ],
    },
    BuiltIn {
        code: "statistics_viewer",
        name: "Người xem số liệu thống kê",
        agency: "ALL_DEPTS",
        longest_token_days: 365,
        permissions: &[P::PlanRead, P::StatisticsRead],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{PermissionSet, duties};

    fn may(code: &str, permission: Permission) -> bool {
        BUILT_IN.iter().any(|role| role.code == code && role.permissions.contains(&permission))
    }

    #[test]
    fn need_to_know_holds_between_agencies() {
        assert_eq!(BUILT_IN.len(), 14);
        assert!(!may("bank_officer", P::ProtectedCategoryRead), "the bank does not read disability");
        assert!(!may("insurance_officer", P::LoanRead), "social insurance does not read debts");
        assert!(!may("insurance_officer", P::ReviewRead), "social insurance does not read incomes");
        assert!(!may("platform_admin", P::HouseholdRead), "a platform admin reads no personal data");
        for code in ["statistics_viewer", "finance_viewer"] {
            assert!(!may(code, P::HouseholdRead), "{code} reads no personal data");
            assert!(may(code, P::StatisticsRead) && !may(code, P::StatisticsLive), "{code} reads closed figures");
        }
    }

    #[test]
    fn nobody_holds_both_ends() {
        for role in BUILT_IN {
            let both = duties::both_ends(PermissionSet::of(role.permissions));
            assert!(both.is_none(), "{} holds {both:?}", role.code);
        }
    }

    #[test]
    fn a_token_of_every_role_may_live_the_usual_month() {
        assert!(BUILT_IN.iter().all(|role| (30..=365).contains(&role.longest_token_days)));
        for admin in BUILT_IN.iter().filter(|role| role.code.ends_with("_admin")) {
            assert_eq!(admin.longest_token_days, 30, "{}", admin.code);
        }
    }
}
