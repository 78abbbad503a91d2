//! Places, households, persons, insurance and poverty.

use super::enums;

enums! {
    /// Level of an administrative unit (cấp hành chính).
    AdminLevel {
        /// Province (tỉnh).
        Province = "PROVINCE",
        /// District, town or city under a province (huyện, thị xã, thành phố); abolished on 1 July 2025.
        District = "DISTRICT",
        /// Commune, ward or township (xã, phường, thị trấn).
        Commune = "COMMUNE",
        /// Hamlet or urban quarter (ấp, khu phố).
        Hamlet = "HAMLET",
    }

    /// Rural or urban: decides which poverty line applies (khu vực).
    AreaKind {
        /// Rural: communes (nông thôn).
        Rural = "RURAL",
        /// Urban: wards and townships (thành thị).
        Urban = "URBAN",
    }

    /// Class of a household under the multidimensional poverty standard (chuẩn nghèo đa chiều).
    PovertyClass {
        /// Poor household (hộ nghèo).
        Poor = "POOR",
        /// Near-poor household (hộ cận nghèo).
        NearPoor = "NEAR_POOR",
        /// Household newly escaped from poverty (hộ mới thoát nghèo).
        NewlyEscaped = "NEWLY_ESCAPED",
        /// Household of average living standard (hộ có mức sống trung bình).
        Average = "AVERAGE",
        /// Better-off household (hộ khá, giàu).
        BetterOff = "BETTER_OFF",
    }

    /// What a dry run of a poverty standard says of a household.
    ReclassificationOutcome {
        /// It has a class then (xác định được mức sống).
        Classified = "CLASSIFIED",
        /// Above the poverty line, where the standard's data don't tell AVERAGE from BETTER_OFF (trên chuẩn nghèo).
        AboveTheLine = "ABOVE_THE_LINE",
        /// Its latest review has no income, or doesn't say which deprivations its points stand for (rà soát thiếu dữ liệu).
        IncompleteReview = "INCOMPLETE_REVIEW",
        /// It was never reviewed (chưa rà soát).
        NoReview = "NO_REVIEW",
    }

    /// What entitles a household as a whole, beside its poverty class.
    HouseholdCategory {
        /// Household with people with merit (hộ gia đình chính sách người có công).
        Merit = "MERIT",
        /// Household of social-protection beneficiaries (hộ thuộc diện bảo trợ xã hội).
        SocialProtection = "SOCIAL_PROTECTION",
        /// Household headed by a woman, served first (hộ do phụ nữ làm chủ hộ).
        FemaleHeaded = "FEMALE_HEADED",
        /// Household without a member able to work (hộ không có lao động).
        NoLabour = "NO_LABOUR",
        /// Household in a drought and salinity area (hộ vùng biến đổi khí hậu, hạn mặn).
        ClimateAffected = "CLIMATE_AFFECTED",
    }

    /// Sex as on the person's papers (giới tính).
    Sex {
        /// Female (nữ).
        Female = "FEMALE",
        /// Male (nam).
        Male = "MALE",
    }

    /// Relationship of a member to the household head (quan hệ với chủ hộ).
    Relationship {
        /// The head itself (chủ hộ); a household has at most one.
        Head = "HEAD",
        /// Wife or husband (vợ, chồng).
        Spouse = "SPOUSE",
        /// Child (con).
        Child = "CHILD",
        /// Father or mother (cha, mẹ).
        Parent = "PARENT",
        /// Grandchild (cháu).
        Grandchild = "GRANDCHILD",
        /// Grandparent (ông, bà).
        Grandparent = "GRANDPARENT",
        /// Brother or sister (anh, chị, em).
        Sibling = "SIBLING",
        /// Relative by marriage, such as a daughter-in-law (con dâu, con rể).
        InLaw = "IN_LAW",
        /// Another relative (người thân khác).
        OtherRelative = "OTHER_RELATIVE",
        /// Lives in the household without being related (không có quan hệ họ hàng).
        NotRelated = "NOT_RELATED",
    }

    /// What entitles a person. The sensitive ones are in `ProtectedCategory`.
    PersonCategory {
        /// Person with merit (người có công với cách mạng).
        PersonWithMerit = "PERSON_WITH_MERIT",
        /// Relative of a person with merit (thân nhân người có công).
        RelativeOfMerit = "RELATIVE_OF_MERIT",
        /// Older person, from 60 (người cao tuổi).
        Elderly = "ELDERLY",
        /// Older person living alone without a carer (người cao tuổi neo đơn).
        LonelyElderly = "LONELY_ELDERLY",
        /// Orphan (trẻ em mồ côi).
        Orphan = "ORPHAN",
        /// Child without support (trẻ em mất nguồn nuôi dưỡng).
        ChildNoSupport = "CHILD_NO_SUPPORT",
        /// Discharged soldier (bộ đội xuất ngũ).
        DischargedSoldier = "DISCHARGED_SOLDIER",
        /// Worker abroad under a contract (người lao động đi làm việc ở nước ngoài theo hợp đồng).
        ContractWorkerAbroad = "CONTRACT_WORKER_ABROAD",
        /// Pupil or student (học sinh, sinh viên).
        Student = "STUDENT",
        /// No pension and no monthly social insurance allowance, as social insurance says (không có lương hưu hoặc trợ cấp bảo hiểm xã hội hằng tháng).
        WithoutPension = "WITHOUT_PENSION",
    }

    /// Sensitive categories of a person, which fewer roles may read.
    ProtectedCategory {
        /// Person with a disability (người khuyết tật).
        Disabled = "DISABLED",
        /// Person with a severe disability (người khuyết tật nặng).
        SeverelyDisabled = "SEVERELY_DISABLED",
        /// Person with an extremely severe disability (người khuyết tật đặc biệt nặng).
        ExtremelyDisabled = "EXTREMELY_DISABLED",
        /// Child in special circumstances (trẻ em có hoàn cảnh đặc biệt).
        SpecialChild = "SPECIAL_CHILD",
        /// Victim of domestic violence (nạn nhân bạo lực gia đình).
        DvVictim = "DV_VICTIM",
    }

    /// Why a person stopped being a member of a household.
    MembershipEnd {
        /// Died (đã chết).
        Died = "DIED",
        /// Moved away, to another household or out of the register (chuyển đi).
        MovedAway = "MOVED_AWAY",
        /// Another reason (lý do khác).
        Other = "OTHER",
    }

    /// Kind of insurance (loại bảo hiểm).
    InsuranceKind {
        /// Health insurance (bảo hiểm y tế, BHYT).
        Health = "HEALTH",
        /// Compulsory social insurance (bảo hiểm xã hội bắt buộc).
        SocialCompulsory = "SOCIAL_COMPULSORY",
        /// Voluntary social insurance (bảo hiểm xã hội tự nguyện).
        SocialVoluntary = "SOCIAL_VOLUNTARY",
        /// Unemployment insurance (bảo hiểm thất nghiệp, BHTN).
        Unemployment = "UNEMPLOYMENT",
    }

    /// The twelve indicators of deprivation (chỉ số thiếu hụt), two for each of the six dimensions of Decree 07/2021.
    Deprivation {
        /// 1.1 Employment (việc làm): a member able and willing to work has no work, or a wage job without contract.
        Employment = "EMPLOYMENT",
        /// 1.2 Dependants (người phụ thuộc): more than half of the members.
        Dependants = "DEPENDANTS",
        /// 2.1 Nutrition (dinh dưỡng): a child under 16 is stunted or underweight.
        Nutrition = "NUTRITION",
        /// 2.2 Health insurance (bảo hiểm y tế): a member from the age of 6 has none.
        HealthInsurance = "HEALTH_INSURANCE",
        /// 3.1 Adult education (trình độ giáo dục của người lớn): a member of 16 to 30 lacks the certificate of the age.
        AdultEducation = "ADULT_EDUCATION",
        /// 3.2 School attendance (tình trạng đi học của trẻ em): a child of 3 to under 16 is not at the right level.
        SchoolAttendance = "SCHOOL_ATTENDANCE",
        /// 4.1 Quality of the house (chất lượng nhà ở): of wall, frame and roof two are not durable.
        HousingQuality = "HOUSING_QUALITY",
        /// 4.2 Area of the house (diện tích nhà ở): less than 8 m² a person.
        HousingArea = "HOUSING_AREA",
        /// 5.1 Water for living (nguồn nước sinh hoạt): no clean source.
        WaterSource = "WATER_SOURCE",
        /// 5.2 Latrine (nhà tiêu hợp vệ sinh): no hygienic one.
        Latrine = "LATRINE",
        /// 6.1 Telecommunication (sử dụng dịch vụ viễn thông): no member uses the internet.
        TelecomService = "TELECOM_SERVICE",
        /// 6.2 Means of information (phương tiện phục vụ tiếp cận thông tin): none, shared or personal.
        InformationMeans = "INFORMATION_MEANS",
    }
}
