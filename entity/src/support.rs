//! Support granted under a program.

/// Support granted to a household, or to one person of it.
pub mod benefit {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::{BenefitStatus, Recurrence, UrgentHelpKind},
        ids::{AdminUnitId, AgencyId, BenefitId, HouseholdId, PersonId, ProgramId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "benefit")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: BenefitId,
        pub program_id: ProgramId,
        pub household_id: HouseholdId,
        pub person_id: Option<PersonId>,
        pub commune_id: AdminUnitId,
        pub district_id: AdminUnitId,
        pub status: BenefitStatus,
        /// Đồng: the whole sum, or the sum of one period.
        pub amount: i64,
        pub recurrence: Recurrence,
        pub starts_on: Option<NaiveDate>,
        pub ends_on: Option<NaiveDate>,
        pub proposed_on: NaiveDate,
        pub decided_on: Option<NaiveDate>,
        /// Đồng, the sum of its payments.
        pub paid_amount: i64,
        pub note: Option<String>,
        /// After what urgent social assistance helps, and the day on which it happened.
        pub event_kind: Option<UrgentHelpKind>,
        pub event_on: Option<NaiveDate>,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The share of one source in a benefit.
pub mod benefit_funding {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::FundingSource,
        ids::{BenefitId, FundingLineId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "benefit_funding")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub benefit_id: BenefitId,
        pub source: FundingSource,
        pub line_id: Option<FundingLineId>,
        /// Đồng.
        pub amount: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// One payment of a benefit.
pub mod benefit_payment {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::FundingSource,
        ids::{AgencyId, BenefitId, BenefitPaymentId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "benefit_payment")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: BenefitPaymentId,
        pub benefit_id: BenefitId,
        /// Đồng.
        pub amount: i64,
        pub source: FundingSource,
        pub paid_on: NaiveDate,
        pub reference: String,
        pub agency_id: AgencyId,
        pub recorded_at: i64,
        /// Of monthly assistance: what had fallen due of the benefit through the latest month that was paid, as it was worked
        /// out then. Đồng.
        pub assistance_due: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A change of a benefit's status.
pub mod benefit_transition {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::BenefitStatus,
        ids::{AgencyId, BenefitId, ClientId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "benefit_transition")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub benefit_id: BenefitId,
        pub from_status: Option<BenefitStatus>,
        pub to_status: BenefitStatus,
        pub at: i64,
        pub agency_id: AgencyId,
        pub client_id: Option<ClientId>,
        pub note: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a program pays a household or a person at most, from a day until the next of the same rule begins or it is abolished.
pub mod program_limit {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        EnumSet,
        enums::{Basis, FundingSource},
        ids::AgencyId,
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "program_limit")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub program_code: String,
        /// Names it within the program.
        pub rule: String,
        /// Whose money counts; none: all of it.
        pub sources: EnumSet<FundingSource>,
        /// Đồng.
        pub max_amount: i64,
        /// Of one person; otherwise of a household.
        pub per_person: bool,
        /// Of one year; otherwise of all years together.
        pub yearly: bool,
        /// Refuses what exceeds it; otherwise it warns.
        pub binding: bool,
        pub basis: Basis,
        pub source: String,
        pub effective_from: NaiveDate,
        /// The last day, where it was abolished without another.
        pub effective_to: Option<NaiveDate>,
        /// Counts the writes. A row that an agency recorded is no longer that of the reference data.
        pub version: i32,
        pub recorded_at: Option<i64>,
        pub recorded_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A benefit that was approved against a rule, by whom and why.
pub mod benefit_override {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AgencyId, BenefitId, ClientId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "benefit_override")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub benefit_id: BenefitId,
        /// A fixed word.
        pub rule: String,
        pub note: String,
        /// The record that collided.
        pub collided_type: String,
        pub collided_id: i64,
        pub at: i64,
        pub agency_id: AgencyId,
        pub client_id: Option<ClientId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The standard level of social assistance, from a day until the next begins.
pub mod assistance_level {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{enums::Basis, ids::AgencyId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "assistance_level")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        /// Đồng a month.
        pub amount: i64,
        pub basis: Basis,
        pub source: String,
        pub effective_from: NaiveDate,
        /// Counts the writes. A row that an agency recorded is no longer that of the reference data.
        pub version: i32,
        pub recorded_at: Option<i64>,
        pub recorded_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// How many standard levels a ground of social assistance gives.
pub mod assistance_coefficient {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{enums::Basis, ids::AgencyId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "assistance_coefficient")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        /// A ground (`enums::AssistanceGround`).
        pub code: String,
        /// A decimal.
        pub coefficient: String,
        /// Đồng a month that it is times of; none: the standard level.
        pub level: Option<i64>,
        pub basis: Basis,
        pub source: String,
        pub effective_from: NaiveDate,
        pub effective_to: Option<NaiveDate>,
        /// Counts the writes. A row that an agency recorded is no longer that of the reference data.
        pub version: i32,
        pub recorded_at: Option<i64>,
        pub recorded_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What urgent social assistance gives once after an event: times the standard level, or a sum.
pub mod urgent_help_rule {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{enums::Basis, ids::AgencyId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "urgent_help_rule")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        /// After what it helps (`enums::UrgentHelpKind`).
        pub code: String,
        /// A decimal, times the standard level of the day; or `amount`.
        pub coefficient: Option<String>,
        /// Đồng; or `coefficient`.
        pub amount: Option<i64>,
        pub basis: Basis,
        pub source: String,
        pub effective_from: NaiveDate,
        pub effective_to: Option<NaiveDate>,
        /// Counts the writes. A row that an agency recorded is no longer that of the reference data.
        pub version: i32,
        pub recorded_at: Option<i64>,
        pub recorded_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
