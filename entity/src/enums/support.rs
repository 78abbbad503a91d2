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

    /// What monthly social assistance is due for (đối tượng trợ giúp xã hội hàng tháng, Nghị định 20/2021/NĐ-CP).
    AssistanceGround {
        /// Severe disability (khuyết tật nặng).
        SevereDisability = "SEVERE_DISABILITY",
        /// The same of a child or of who is 60 or older (trẻ em, người cao tuổi khuyết tật nặng).
        SevereDisabilityChildOrElderly = "SEVERE_DISABILITY_CHILD_OR_ELDERLY",
        /// Extremely severe disability (khuyết tật đặc biệt nặng).
        ExtremeDisability = "EXTREME_DISABILITY",
        /// The same of a child or of who is 60 or older (trẻ em, người cao tuổi khuyết tật đặc biệt nặng).
        ExtremeDisabilityChildOrElderly = "EXTREME_DISABILITY_CHILD_OR_ELDERLY",
        /// Child without support, under 4 (trẻ em mất nguồn nuôi dưỡng dưới 4 tuổi).
        NoSupportUnder4 = "NO_SUPPORT_UNDER_4",
        /// Child without support, from 4 to under 16 (trẻ em mất nguồn nuôi dưỡng từ 4 đến dưới 16 tuổi).
        NoSupport4To15 = "NO_SUPPORT_4_TO_15",
        /// The same, 16 to 22 and still studying (từ 16 đến 22 tuổi đang học).
        NoSupportStudying = "NO_SUPPORT_STUDYING",
        /// Child with HIV of a poor household, under 4 (trẻ em nhiễm HIV thuộc hộ nghèo dưới 4 tuổi).
        PoorChildWithHivUnder4 = "POOR_CHILD_WITH_HIV_UNDER_4",
        /// Child with HIV of a poor household, from 4 to under 16 (trẻ em nhiễm HIV thuộc hộ nghèo từ 4 đến dưới 16 tuổi).
        PoorChildWithHiv4To15 = "POOR_CHILD_WITH_HIV_4_TO_15",
        /// Poor person with HIV without a steady income (người nghèo nhiễm HIV không có thu nhập ổn định).
        PoorWithHiv = "POOR_WITH_HIV",
        /// Poor single parent, for each child (người đơn thân nghèo đang nuôi con).
        PoorSingleParent = "POOR_SINGLE_PARENT",
        /// Poor and old without a carer, 60 to under 80 (người cao tuổi nghèo không có người chăm sóc).
        PoorLonelyElderly60To79 = "POOR_LONELY_ELDERLY_60_TO_79",
        /// The same, from 80 (từ đủ 80 tuổi).
        PoorLonelyElderly80 = "POOR_LONELY_ELDERLY_80",
        /// Poor or near-poor, 75 to under 80, of a specially difficult area (người cao tuổi ở vùng đặc biệt khó khăn).
        Elderly75To79OfHardArea = "ELDERLY_75_TO_79_OF_HARD_AREA",
        /// From 80 and without a pension (từ đủ 80 tuổi không có lương hưu).
        Elderly80WithoutPension = "ELDERLY_80_WITHOUT_PENSION",
        /// Could live in a facility and is cared for in the community (nhận chăm sóc tại cộng đồng).
        ElderlyCaredForInCommunity = "ELDERLY_CARED_FOR_IN_COMMUNITY",
        /// Poor or near-poor, under 3, of a specially difficult area (trẻ em dưới 3 tuổi ở vùng đặc biệt khó khăn).
        ChildUnder3OfHardArea = "CHILD_UNDER_3_OF_HARD_AREA",
        /// Social pension: from 75 and without a pension (trợ cấp hưu trí xã hội từ đủ 75 tuổi).
        SocialPension75 = "SOCIAL_PENSION_75",
        /// The same, poor or near-poor, from 70 to under 75 (hộ nghèo, cận nghèo từ đủ 70 đến dưới 75 tuổi).
        SocialPensionPoor70 = "SOCIAL_PENSION_POOR_70",
    }

    /// After what urgent social assistance helps once (trợ giúp xã hội khẩn cấp, Nghị định 20/2021/NĐ-CP).
    UrgentHelpKind {
        /// Somebody died (người chết).
        Death = "DEATH",
        /// Somebody was badly hurt (người bị thương nặng).
        SeriousInjury = "SERIOUS_INJURY",
        /// Somebody is to be buried (mai táng).
        Funeral = "FUNERAL",
        /// The house collapsed, burnt down or was swept away (nhà đổ, sập, trôi, cháy hoàn toàn).
        HouseDestroyed = "HOUSE_DESTROYED",
        /// The house must move at once (phải di dời nhà ở khẩn cấp).
        HouseMustMove = "HOUSE_MUST_MOVE",
        /// The house is badly damaged and nobody can live in it (nhà hư hỏng nặng không thể ở được).
        HouseDamaged = "HOUSE_DAMAGED",
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
