//! Which agency owns which records and fields. A write by another agency is refused until proposals exist.

use super::{Permission, Permission as P, Viewer};
use crate::error::{Failure, Result};

/// What is owned as one: a record, or the fields of a record that one agency answers for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Owned {
    /// Households, their members and what identity papers say: the commune committees keep the register (plan II.2).
    Registry,
    /// Disability grades and the other protected categories: social protection (plan II.2.3).
    ProtectedCategories,
    /// Reviews of poverty: the commune carries them out (Decision 24/2021 art. 4).
    PovertyReview,
    /// Decisions on poverty: the commune chair recognises (Decision 24/2021 art. 4).
    PovertyDecision,
    /// Coverages: the provincial social insurance.
    Insurance,
    /// Requests for loans and their confirmation: the commune committee (Decree 78/2002/NĐ-CP).
    LoanRequest,
    /// Contracts and their ledger: the Social Policy Bank.
    Loan,
    /// Savings and credit groups: the mass organisations run them (`rules.md` K5).
    SavingsGroup,
    /// Sponsors, pledges, gifts, sponsored households: the Fatherland Front leads mobilisation (plan II.4).
    Sponsorship,
    /// Benefits: by their steps, each a permission; the program's lead agency approves (plan III).
    Benefit,
    /// Model projects and pilot sites: by the agencies of the plan's annex V.
    ModelProject,
    /// Funding lines: what is allocated to them.
    Funding,
    /// Readings of indicators.
    Indicator,
    /// Poverty standards: labour and social affairs leads poverty reduction (plan III.1).
    Standard,
    /// What the law sets for policy credit: the bank reads its acts (Decree 78/2002/NĐ-CP).
    CreditLaw,
    /// Limits of programs, levels and coefficients of social assistance, what urgent help gives: labour and social affairs leads support (plan III.1).
    SupportLaw,
    /// Hamlets.
    Unit,
}

impl Owned {
    pub const ALL: &'static [Self] = &[
        Self::Registry,
        Self::ProtectedCategories,
        Self::PovertyReview,
        Self::PovertyDecision,
        Self::Insurance,
        Self::LoanRequest,
        Self::Loan,
        Self::SavingsGroup,
        Self::Sponsorship,
        Self::Benefit,
        Self::ModelProject,
        Self::Funding,
        Self::Indicator,
        Self::Standard,
        Self::CreditLaw,
        Self::SupportLaw,
        Self::Unit,
    ];

    /// One or two words for the printed policy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::ProtectedCategories => "protected categories",
            Self::PovertyReview => "poverty review",
            Self::PovertyDecision => "poverty decision",
            Self::Insurance => "insurance",
            Self::LoanRequest => "loan request",
            Self::Loan => "loan",
            Self::SavingsGroup => "savings group",
            Self::Sponsorship => "sponsorship",
            Self::Benefit => "benefit",
            Self::ModelProject => "model project",
            Self::Funding => "funding",
            Self::Indicator => "indicator",
            Self::Standard => "poverty standard",
            Self::CreditLaw => "credit law",
            Self::SupportLaw => "support law",
            Self::Unit => "unit",
        }
    }

    /// The code of the owning agency; none where the permission alone decides.
    pub const fn owner(self) -> Option<&'static str> {
        match self {
            Self::Registry | Self::PovertyReview | Self::PovertyDecision | Self::LoanRequest => Some("CPC"),
            Self::ProtectedCategories | Self::Standard | Self::SupportLaw => Some("DOLISA"),
            Self::Insurance => Some("PSI"),
            Self::Loan | Self::CreditLaw => Some("VBSP"),
            Self::SavingsGroup => Some("MASS_ORGS"),
            Self::Sponsorship => Some("VFF"),
            Self::Benefit | Self::ModelProject | Self::Funding | Self::Indicator | Self::Unit => None,
        }
    }

    /// The permissions under which it is written; any of them writes its part.
    pub const fn written_with(self) -> &'static [Permission] {
        match self {
            Self::Registry => &[P::HouseholdWrite],
            Self::ProtectedCategories => &[P::ProtectedCategoryWrite],
            Self::PovertyReview => &[P::ReviewWrite],
            Self::PovertyDecision => &[P::ReviewDecide],
            Self::Insurance => &[P::InsuranceWrite],
            Self::LoanRequest => &[P::LoanRequest, P::LoanConfirm],
            // A commune asks for a loan and the bank does the rest.
            Self::Loan => &[P::LoanWrite, P::LoanDecide],
            Self::SavingsGroup => &[P::SavingsGroupWrite],
            Self::Sponsorship => &[P::SponsorshipWrite],
            Self::Benefit => &[P::BenefitPropose, P::BenefitVerify, P::BenefitApprove, P::BenefitCancel, P::BenefitPay],
            Self::ModelProject => &[P::ModelProjectWrite],
            Self::Funding => &[P::FundingAllocate],
            Self::Indicator => &[P::IndicatorWrite],
            Self::Standard | Self::CreditLaw | Self::SupportLaw => &[P::StandardWrite],
            Self::Unit => &[P::UnitWrite],
        }
    }
}

/// FORBIDDEN, naming the owner, where the viewer's agency doesn't own what it would write.
pub fn may_write(viewer: &Viewer, owned: Owned, field: &str) -> Result<()> {
    let Some(owner) = owned.owner().filter(|owner| viewer.agency_code != *owner) else { return Ok(()) };
    Err(Failure::forbidden(
        format!("{field} is owned by {owner}; your agency, {}, can't write it.", viewer.agency_code),
        format!("{field} do cơ quan {owner} quản lý; cơ quan {} không được ghi.", viewer.agency_code),
    )
    .with_field(field))
}
