//! Where money comes from, what it is for, and the benefits paid from it.

use super::enums;

enums! {
    /// Source of money (nguồn vốn).
    FundingSource {
        /// Central budget (ngân sách Trung ương).
        CentralBudget = "CENTRAL_BUDGET",
        /// Credit capital of the Bank for Social Policies (vốn tín dụng NHCSXH).
        VbspCredit = "VBSP_CREDIT",
        /// Local budget capital entrusted to the Bank for Social Policies (vốn ủy thác ngân sách địa phương qua NHCSXH).
        VbspEntrustedLocal = "VBSP_ENTRUSTED_LOCAL",
        /// Provincial budget (ngân sách tỉnh).
        ProvincialBudget = "PROVINCIAL_BUDGET",
        /// Social mobilisation: donations and sponsors (vận động xã hội hóa).
        SocialMobilization = "SOCIAL_MOBILIZATION",
        /// The household's own share (đóng góp của hộ gia đình).
        Household = "HOUSEHOLD",
    }

    /// What support is for. Two programs with one purpose may not pay for the same thing twice.
    SupportPurpose {
        /// A house (nhà ở).
        Housing = "HOUSING",
        /// Health insurance premium (mua thẻ bảo hiểm y tế).
        HealthInsurance = "HEALTH_INSURANCE",
        /// Livelihood (sinh kế).
        Livelihood = "LIVELIHOOD",
        /// Production (phát triển sản xuất).
        Production = "PRODUCTION",
        /// Contract work abroad (đi làm việc có thời hạn ở nước ngoài theo hợp đồng).
        OverseasWork = "OVERSEAS_WORK",
        /// Clean water and latrines (nước sạch và vệ sinh).
        WaterSanitation = "WATER_SANITATION",
        /// Study (học tập).
        Study = "STUDY",
        /// Social assistance in money (trợ giúp xã hội bằng tiền).
        CashAssistance = "CASH_ASSISTANCE",
        /// Gifts (tặng quà).
        Gift = "GIFT",
        /// Bridges, roads, schools, clinics (cơ sở hạ tầng).
        Infrastructure = "INFRASTRUCTURE",
        /// Training and management (nâng cao năng lực).
        Capacity = "CAPACITY",
    }

    /// Status of a benefit. Approved, it is paid in one or many payments.
    BenefitStatus {
        /// Proposed (đề nghị).
        Proposed = "PROPOSED",
        /// Verified (đã thẩm định).
        Verified = "VERIFIED",
        /// Approved: its funding is committed (đã phê duyệt).
        Approved = "APPROVED",
        /// Paid at least once (đã giải ngân).
        Disbursed = "DISBURSED",
        /// Paid in full (hoàn thành).
        Completed = "COMPLETED",
        /// Refused (từ chối).
        Rejected = "REJECTED",
        /// Cancelled before it was paid in full (hủy).
        Cancelled = "CANCELLED",
    }

    /// How often a benefit is paid.
    Recurrence {
        /// Once (một lần).
        Once = "ONCE",
        /// Every month (hàng tháng).
        Monthly = "MONTHLY",
        /// Every year (hàng năm).
        Yearly = "YEARLY",
    }
}
