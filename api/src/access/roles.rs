//! The built-in roles: what each is for, and the permissions it starts with.

use Permission as P;

use super::Permission;

/// A role that comes with the service and can't be changed.
pub struct BuiltIn {
    pub code: &'static str,
    pub name: &'static str,
    /// The agency whose officers usually bear it; the demo register makes one client of it.
    pub agency: &'static str,
    pub permissions: &'static [Permission],
}

pub const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        code: "platform_admin",
        name: "Quản trị nền tảng",
        agency: "PPC",
        permissions: &[P::PlanRead, P::ClientRead, P::ClientWrite],
    },
    BuiltIn {
        code: "dolisa_officer",
        name: "Cán bộ Sở Lao động - Thương binh và Xã hội",
        agency: "DOLISA",
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
        permissions: &[
            P::HouseholdRead,
            P::NationalIdMaskedRead,
            P::ProtectedCategoryRead,
            P::ReviewRead,
            P::InsuranceRead,
            P::BenefitRead,
            P::BenefitApprove,
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
        permissions: &[
            P::HouseholdRead,
            P::NationalIdRead,
            P::NationalIdMaskedRead,
            P::LoanRead,
            P::LoanDecide,
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
        code: "agriculture_officer",
        name: "Cán bộ Sở Nông nghiệp và Phát triển nông thôn",
        agency: "DARD",
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
        permissions: &[P::PlanRead, P::StatisticsRead],
    },
    BuiltIn {
        code: "district_officer",
        name: "Cán bộ Ủy ban nhân dân huyện, thành phố",
        agency: "DPC",
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
            P::AuditRead,
        ],
    },
    BuiltIn {
        code: "statistics_viewer",
        name: "Người xem số liệu thống kê",
        agency: "ALL_DEPTS",
        permissions: &[P::PlanRead, P::StatisticsRead],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn may(code: &str, permission: Permission) -> bool {
        BUILT_IN.iter().any(|role| role.code == code && role.permissions.contains(&permission))
    }

    #[test]
    fn need_to_know_holds_between_agencies() {
        assert_eq!(BUILT_IN.len(), 12);
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
    fn nobody_proposes_and_approves() {
        for role in BUILT_IN {
            let both = role.permissions.contains(&P::BenefitPropose) && role.permissions.contains(&P::BenefitApprove);
            assert!(!both, "{} proposes and approves benefits", role.code);
            let both = role.permissions.contains(&P::LoanRequest) && role.permissions.contains(&P::LoanDecide);
            assert!(!both, "{} requests and decides loans", role.code);
        }
    }
}
