//! Model projects, their capital, and sponsors.

use super::enums;

enums! {
    /// Kind of a model project.
    ModelTrack {
        /// Livelihood model for poverty reduction (mô hình sinh kế giảm nghèo).
        Livelihood = "LIVELIHOOD",
        /// Pilot site: a commune, hamlet or quarter (mô hình điểm).
        PilotSite = "PILOT_SITE",
    }

    /// Status of a model project.
    ModelStatus {
        /// Planned (dự kiến).
        Planned = "PLANNED",
        /// Running (đang thực hiện).
        Active = "ACTIVE",
        /// Ended, with the outcome of each household (đã kết thúc).
        Closed = "CLOSED",
        /// Given up before it ended (hủy).
        Cancelled = "CANCELLED",
    }

    /// What became of a household in a model.
    ParticipationOutcome {
        /// The model still runs (đang tham gia).
        Ongoing = "ONGOING",
        /// Escaped poverty (thoát nghèo).
        EscapedPoverty = "ESCAPED_POVERTY",
        /// No change of class (chưa thay đổi).
        Unchanged = "UNCHANGED",
        /// Left before the end (rút khỏi mô hình).
        Withdrawn = "WITHDRAWN",
    }

    /// Movement of the capital of a model.
    CapitalMovementKind {
        /// Advanced to the household (cấp vốn).
        Advance = "ADVANCE",
        /// Paid back by the household (thu hồi vốn).
        Recovery = "RECOVERY",
        /// Recovered capital advanced to another household (quay vòng vốn).
        Reinvestment = "REINVESTMENT",
    }

    /// Who sponsors (nhà tài trợ).
    SponsorKind {
        /// An organisation (tổ chức).
        Organisation = "ORGANISATION",
        /// A person (cá nhân).
        Person = "PERSON",
    }

    /// What a gift consists of (tài trợ).
    GiftKind {
        /// Money (tiền).
        Money = "MONEY",
        /// Goods or work, counted at their value in đồng (hiện vật).
        InKind = "IN_KIND",
    }
}
