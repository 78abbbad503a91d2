//! Which agency owns which records and fields. A write by another agency is refused until proposals exist.

use super::Viewer;
use crate::error::{Failure, Result};

/// What is owned as one: a record, or the fields of a record that one agency answers for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Owned {
    /// Households, their members and what identity papers say: the commune committees keep the register (plan II.2).
    Registry,
    /// Disability grades and the other protected categories: social protection (plan II.2.3).
    ProtectedCategories,
    /// Reviews and decisions on poverty: the commune chair recognises (Decision 24/2021 art. 4).
    PovertyReview,
    /// Coverages: the provincial social insurance.
    Insurance,
    /// Contracts and their ledger: the Social Policy Bank.
    Loan,
    /// Sponsors, pledges, gifts, sponsored households: the Fatherland Front leads mobilisation (plan II.4).
    Sponsorship,
}

impl Owned {
    pub const ALL: &'static [Self] = &[
        Self::Registry,
        Self::ProtectedCategories,
        Self::PovertyReview,
        Self::Insurance,
        Self::Loan,
        Self::Sponsorship,
    ];

    /// The code of the owning agency.
    pub const fn owner(self) -> &'static str {
        match self {
            Self::Registry | Self::PovertyReview => "CPC",
            Self::ProtectedCategories => "DOLISA",
            Self::Insurance => "PSI",
            Self::Loan => "VBSP",
            Self::Sponsorship => "VFF",
        }
    }
}

/// FORBIDDEN, naming the owner, where the viewer's agency doesn't own what it would write.
pub fn may_write(viewer: &Viewer, owned: Owned, field: &str) -> Result<()> {
    let owner = owned.owner();
    if viewer.agency_code == owner {
        return Ok(());
    }
    Err(Failure::forbidden(
        format!("{field} is owned by {owner}; your agency, {}, can't write it.", viewer.agency_code),
        format!("{field} do cơ quan {owner} quản lý; cơ quan {} không được ghi.", viewer.agency_code),
    )
    .with_field(field))
}
