//! Policy credit: loans and their ledger.

use super::enums;

enums! {
    /// Status of a loan (tín dụng chính sách).
    LoanStatus {
        /// Asked for by a household (đề nghị vay vốn).
        Requested = "REQUESTED",
        /// Vetted in public by the savings and credit group (Tổ tiết kiệm và vay vốn bình xét).
        GroupVetted = "GROUP_VETTED",
        /// Confirmed by the commune committee (xã xác nhận).
        CommuneConfirmed = "COMMUNE_CONFIRMED",
        /// Approved by the bank, not yet disbursed (đã phê duyệt).
        Approved = "APPROVED",
        /// Disbursed and within its term (đang vay).
        Active = "ACTIVE",
        /// Past due (nợ quá hạn).
        Overdue = "OVERDUE",
        /// Frozen after a loss for objective causes, without interest (khoanh nợ).
        Frozen = "FROZEN",
        /// Paid back (đã tất toán).
        Repaid = "REPAID",
        /// Written off (xóa nợ).
        WrittenOff = "WRITTEN_OFF",
        /// Refused (từ chối).
        Rejected = "REJECTED",
    }

    /// Kind of an entry in a loan's ledger.
    LoanTransactionKind {
        /// Money paid out to the borrower (giải ngân).
        Disbursement = "DISBURSEMENT",
        /// Principal paid back (thu nợ gốc).
        PrincipalRepayment = "PRINCIPAL_REPAYMENT",
        /// Interest paid (thu lãi).
        InterestPayment = "INTEREST_PAYMENT",
        /// Extension of the term (gia hạn nợ).
        Extension = "EXTENSION",
        /// Freeze (khoanh nợ).
        Freeze = "FREEZE",
        /// End of a freeze (hết khoanh nợ).
        Unfreeze = "UNFREEZE",
        /// Write-off (xóa nợ).
        WriteOff = "WRITE_OFF",
        /// Undoes the entry that it names (bút toán đảo).
        Reversal = "REVERSAL",
    }

    /// What an agency does to a running loan beside repayments.
    LoanChange {
        /// Extension of the term (gia hạn nợ).
        Extension = "EXTENSION",
        /// Freeze (khoanh nợ).
        Freeze = "FREEZE",
        /// End of a freeze (hết khoanh nợ).
        Unfreeze = "UNFREEZE",
        /// Write-off (xóa nợ).
        WriteOff = "WRITE_OFF",
    }

    /// Objective cause of a risk debt (nợ rủi ro), after Decision 50/2010/QĐ-TTg.
    RiskDebtCause {
        /// Natural disaster (thiên tai).
        NaturalDisaster = "NATURAL_DISASTER",
        /// Epidemic (dịch bệnh).
        Epidemic = "EPIDEMIC",
        /// The borrower is dead or missing (chết, mất tích).
        DeathOrMissing = "DEATH_OR_MISSING",
        /// The state changed its policy (Nhà nước thay đổi chính sách).
        PolicyChange = "POLICY_CHANGE",
        /// Another objective cause (nguyên nhân khách quan khác).
        OtherObjective = "OTHER_OBJECTIVE",
    }

    /// Who signed the record of a damage (biên bản xác định thiệt hại).
    DamageRecordSigner {
        /// The borrower or the heirs (người vay, người thừa kế).
        Borrower = "BORROWER",
        /// The savings and credit group (tổ tiết kiệm và vay vốn).
        Group = "GROUP",
        /// The commune committee (Ủy ban nhân dân cấp xã).
        Commune = "COMMUNE",
        /// The bank (Ngân hàng Chính sách xã hội).
        Bank = "BANK",
    }

    /// The mass organisation that runs a savings and credit group (tổ chức chính trị - xã hội nhận ủy thác).
    MassOrganisation {
        /// Farmers' Association (Hội Nông dân).
        Farmers = "FARMERS",
        /// Women's Union (Hội Liên hiệp Phụ nữ).
        Women = "WOMEN",
        /// Veterans' Association (Hội Cựu chiến binh).
        Veterans = "VETERANS",
        /// Youth Union (Đoàn Thanh niên).
        Youth = "YOUTH",
    }
}
