//! Ids of the records that other tables refer to or that have a global id, so that one can't be taken for another.

/// Declares ids, each a BIGINT of its own type.
macro_rules! ids {
    ($($name:ident)+) => { $(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
        pub struct $name(pub i64);
    )+ };
}

ids! {
    AdminUnitId AgencyId
    PlanId ProgramId FundingLineId IndicatorId PlanTaskId ReportObligationId
    HouseholdId PersonId InsuranceCoverageId PovertyStandardId PovertyReviewId
    BenefitId BenefitPaymentId
    LoanProductId LoanCeilingId SavingsGroupId LoanId LoanTransactionId
    ModelProjectId ModelParticipationId
    SponsorId PledgeId GiftId SponsorshipId
    ClientId RoleId TokenId
    AuditEntryId
}
