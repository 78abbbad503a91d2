//! The plan of a year and statistics.

use super::enums;

enums! {
    /// Whether the plan's text says it or we concluded it.
    Basis {
        /// The text says so.
        Stated = "STATED",
        /// Concluded from the rest of the text.
        Inferred = "INFERRED",
        /// Neither said nor to be concluded.
        Unknown = "UNKNOWN",
    }

    /// How an indicator's actual value is compared with its target.
    Comparator {
        /// Equal to the target.
        Eq = "EQ",
        /// At least the target.
        Gte = "GTE",
        /// Above the target (trên).
        Gt = "GT",
        /// At most the target.
        Lte = "LTE",
        /// Below the target (dưới).
        Lt = "LT",
    }

    /// Status of a task of the plan (nhiệm vụ).
    TaskStatus {
        /// Not begun (chưa thực hiện).
        Planned = "PLANNED",
        /// Under way (đang thực hiện).
        Ongoing = "ONGOING",
        /// Done (hoàn thành).
        Done = "DONE",
        /// Past its end and not done (trễ hạn).
        Late = "LATE",
    }

    /// Part of an agency in a program or a task.
    AgencyPart {
        /// Leads (cơ quan chủ trì).
        Lead = "LEAD",
        /// Coordinates (cơ quan phối hợp).
        Coordinating = "COORDINATING",
    }

    /// The units that statistics have a row for.
    StatisticsGroup {
        /// One row a district (huyện).
        District = "DISTRICT",
        /// One row a commune (xã).
        Commune = "COMMUNE",
    }
}
