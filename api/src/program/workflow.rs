//! The steps of a benefit: proposed by commune or front, verified by the district, approved by the program's lead,
//! then paid. Pure: no database, no clock.

use entity::enums::BenefitStatus as Status;

use crate::{
    access::{Permission, Viewer},
    error::{Failure, Result},
};

/// What can be decided on a benefit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    Verify,
    Approve,
    Reject,
    Cancel,
}

impl Step {
    /// The mutation's name.
    pub const fn operation(self) -> &'static str {
        match self {
            Self::Verify => "verifyBenefits",
            Self::Approve => "approveBenefits",
            Self::Reject => "rejectBenefits",
            Self::Cancel => "cancelBenefits",
        }
    }

    /// The statuses that it leads on from. What is completed stays so: it is paid.
    pub const fn from(self) -> &'static [Status] {
        match self {
            Self::Verify => &[Status::Proposed],
            Self::Approve => &[Status::Verified],
            Self::Reject => &[Status::Proposed, Status::Verified],
            Self::Cancel => &[Status::Proposed, Status::Verified, Status::Approved, Status::Disbursed],
        }
    }

    /// The status that it leads to.
    pub const fn to(self) -> Status {
        match self {
            Self::Verify => Status::Verified,
            Self::Approve => Status::Approved,
            Self::Reject => Status::Rejected,
            Self::Cancel => Status::Cancelled,
        }
    }

    /// Whoever ends somebody's claim says why.
    pub const fn needs_note(self) -> bool {
        matches!(self, Self::Reject | Self::Cancel)
    }

    /// Who may take a step forward may also refuse to.
    pub fn require(self, viewer: &Viewer) -> Result<()> {
        match self {
            Self::Verify => viewer.require(Permission::BenefitVerify),
            Self::Approve => viewer.require(Permission::BenefitApprove),
            Self::Reject if viewer.may(Permission::BenefitApprove) => Ok(()),
            Self::Reject => viewer.require(Permission::BenefitVerify),
            Self::Cancel => viewer.require(Permission::BenefitCancel),
        }
    }

    /// CONFLICT where a benefit of this status can't take the step.
    pub fn check(self, status: Status) -> Result<()> {
        if self.from().contains(&status) {
            return Ok(());
        }
        let from: Vec<_> = self.from().iter().map(|status| status.as_str()).collect();
        let (to, from, status) = (self.to().as_str(), from.join(", "), status.as_str());
        Err(Failure::conflict(
            format!("The benefit is {status}; it becomes {to} from {from} only."),
            format!("Khoản hỗ trợ đang ở trạng thái {status}; chỉ chuyển sang {to} từ {from}."),
        )
        .with_field("id"))
    }
}

/// CONFLICT where a benefit of this status can't be paid.
pub fn check_payable(status: Status) -> Result<()> {
    if matches!(status, Status::Approved | Status::Disbursed) {
        return Ok(());
    }
    let status = status.as_str();
    Err(Failure::conflict(
        format!("The benefit is {status}; only APPROVED and DISBURSED ones are paid."),
        format!("Khoản hỗ trợ đang ở trạng thái {status}; chỉ chi trả khi đã APPROVED hoặc DISBURSED."),
    )
    .with_field("benefitId"))
}

/// The statuses that a payment leads through: DISBURSED with the first, COMPLETED with the last.
pub const fn paid(status: Status, in_full: bool) -> &'static [Status] {
    match (status, in_full) {
        (Status::Approved, false) => &[Status::Disbursed],
        (Status::Approved, true) => &[Status::Disbursed, Status::Completed],
        (_, true) => &[Status::Completed],
        (_, false) => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_from_every_status() {
        use Status as S;
        use Step as T;
        for (status, steps) in [
            (S::Proposed, &[T::Verify, T::Reject, T::Cancel][..]),
            (S::Verified, &[T::Approve, T::Reject, T::Cancel]),
            (S::Approved, &[T::Cancel]),
            (S::Disbursed, &[T::Cancel]),
            (S::Completed, &[]),
            (S::Rejected, &[]),
            (S::Cancelled, &[]),
        ] {
            for step in [T::Verify, T::Approve, T::Reject, T::Cancel] {
                assert_eq!(step.check(status).is_ok(), steps.contains(&step), "{step:?} from {status:?}");
            }
        }
    }

    #[test]
    fn only_what_is_approved_and_not_yet_complete_is_paid() {
        for status in Status::ALL {
            let payable = matches!(status, Status::Approved | Status::Disbursed);
            assert_eq!(check_payable(*status).is_ok(), payable, "{status:?}");
        }
        assert_eq!(paid(Status::Approved, false), [Status::Disbursed]);
        assert_eq!(paid(Status::Approved, true), [Status::Disbursed, Status::Completed]);
        assert_eq!(paid(Status::Disbursed, false), []);
        assert_eq!(paid(Status::Disbursed, true), [Status::Completed]);
    }

    #[test]
    fn an_end_needs_a_reason() {
        for step in [Step::Verify, Step::Approve, Step::Reject, Step::Cancel] {
            assert_eq!(step.needs_note(), matches!(step.to(), Status::Rejected | Status::Cancelled), "{step:?}");
        }
    }
}
