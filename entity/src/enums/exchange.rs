//! What agencies share: money events, changes, decisions on access, clients, and the shape of requests and answers.

use super::enums;

enums! {
    /// Kind of a money event in a household's timeline.
    MoneyEventKind {
        /// Payment of a benefit (chi trả trợ cấp, hỗ trợ).
        Benefit = "BENEFIT",
        /// Loan paid out (giải ngân vốn vay).
        LoanDisbursement = "LOAN_DISBURSEMENT",
        /// Principal paid back (trả nợ gốc).
        LoanRepayment = "LOAN_REPAYMENT",
        /// Interest paid (trả lãi).
        LoanInterest = "LOAN_INTEREST",
        /// Capital of a model advanced (cấp vốn mô hình).
        ModelCapital = "MODEL_CAPITAL",
        /// Capital of a model paid back (thu hồi vốn mô hình).
        CapitalRecovery = "CAPITAL_RECOVERY",
        /// Premium paid for the household (hỗ trợ mệnh giá thẻ bảo hiểm).
        InsuranceSubsidy = "INSURANCE_SUBSIDY",
        /// Gift of a sponsor (nhận đỡ đầu, tài trợ).
        Sponsorship = "SPONSORSHIP",
    }

    /// What happened to a record. ENTERED_SCOPE and LEFT_SCOPE: the record did not change hands, the caller's sight of
    /// it did.
    ChangeOperation {
        /// Created.
        Created = "CREATED",
        /// Updated.
        Updated = "UPDATED",
        /// Deleted.
        Deleted = "DELETED",
        /// Came into the caller's sight, as when a household moves in.
        EnteredScope = "ENTERED_SCOPE",
        /// Went out of the caller's sight.
        LeftScope = "LEFT_SCOPE",
    }

    /// Outcome of a use of personal data.
    AccessDecision {
        /// Allowed (cho phép).
        Allowed = "ALLOWED",
        /// Denied (từ chối).
        Denied = "DENIED",
    }

    /// What personal data is used for.
    Purpose {
        /// Appraising a loan (thẩm định cho vay).
        LoanAppraisal = "LOAN_APPRAISAL",
        /// Issuing insurance cards, taking up members (cấp thẻ bảo hiểm).
        InsuranceEnrolment = "INSURANCE_ENROLMENT",
        /// Proposing, deciding and paying benefits (xét duyệt, chi trả trợ cấp).
        BenefitDecision = "BENEFIT_DECISION",
        /// Reviewing poor and near-poor households (rà soát hộ nghèo, hộ cận nghèo).
        PovertyReview = "POVERTY_REVIEW",
        /// Running livelihood models (thực hiện mô hình sinh kế).
        ModelProject = "MODEL_PROJECT",
        /// Reporting (báo cáo, thống kê).
        Reporting = "REPORTING",
        /// Inspection (thanh tra, kiểm tra).
        Inspection = "INSPECTION",
        /// Finding and correcting what is wrong in the data (đối soát, làm sạch dữ liệu).
        DataQuality = "DATA_QUALITY",
        /// Answering a citizen about their own record (giải quyết yêu cầu của công dân).
        CitizenRequest = "CITIZEN_REQUEST",
    }

    /// Status of a client.
    ClientStatus {
        /// Waits for an administrator of its agency.
        Pending = "PENDING",
        /// In use.
        Active = "ACTIVE",
        /// Shut out, with its tokens.
        Disabled = "DISABLED",
    }

    /// Outcome of one item of a batch.
    ItemStatus {
        /// Written.
        Applied = "APPLIED",
        /// Waits for the agency that owns the field.
        Proposed = "PROPOSED",
        /// Stored like this already.
        Unchanged = "UNCHANGED",
        /// Not written: see the item's error.
        Refused = "REFUSED",
    }

    /// Direction of an order.
    SortDirection {
        /// Smallest first.
        Asc = "ASC",
        /// Largest first.
        Desc = "DESC",
    }

    /// What households can be ordered by.
    HouseholdOrderField {
        /// The household's code (mã hộ).
        Code = "CODE",
        /// When it was last written.
        UpdatedAt = "UPDATED_AT",
    }
}
