//! Model projects, the households in them, and the capital that goes round.

/// A livelihood model or a pilot site.
pub mod model_project {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::{AdminLevel, ModelStatus, ModelTrack},
        ids::{AdminUnitId, AgencyId, ModelProjectId, ProgramId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "model_project")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: ModelProjectId,
        pub code: String,
        pub name: String,
        pub track: ModelTrack,
        /// For a pilot site: the level that runs it.
        pub level: Option<AdminLevel>,
        /// `commune_id` and `district_id` are those it lies in, null above them.
        pub site_id: AdminUnitId,
        pub commune_id: Option<AdminUnitId>,
        pub district_id: Option<AdminUnitId>,
        pub status: ModelStatus,
        pub program_id: Option<ProgramId>,
        pub starts_on: Option<NaiveDate>,
        pub ends_on: Option<NaiveDate>,
        pub closed_on: Option<NaiveDate>,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The share of one source in a model project.
pub mod model_funding {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::FundingSource,
        ids::{FundingLineId, ModelProjectId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "model_funding")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub project_id: ModelProjectId,
        pub source: FundingSource,
        pub line_id: Option<FundingLineId>,
        /// Đồng.
        pub amount: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A household in a model project. Sums are đồng.
pub mod model_participation {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::ParticipationOutcome,
        ids::{AdminUnitId, AgencyId, HouseholdId, ModelParticipationId, ModelProjectId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "model_participation")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: ModelParticipationId,
        pub project_id: ModelProjectId,
        pub household_id: HouseholdId,
        pub commune_id: AdminUnitId,
        pub district_id: AdminUnitId,
        pub support_amount: i64,
        /// What the household is to pay back.
        pub recoverable_amount: i64,
        pub recovered_amount: i64,
        pub reinvested_amount: i64,
        pub outcome: ParticipationOutcome,
        pub enrolled_on: NaiveDate,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The share of one source in a participation.
pub mod participation_funding {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::FundingSource,
        ids::{FundingLineId, ModelParticipationId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "participation_funding")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub participation_id: ModelParticipationId,
        pub source: FundingSource,
        pub line_id: Option<FundingLineId>,
        /// Đồng.
        pub amount: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Capital advanced, paid back, or lent on to another household.
pub mod capital_movement {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::CapitalMovementKind,
        ids::{AgencyId, ModelParticipationId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "capital_movement")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub participation_id: ModelParticipationId,
        pub kind: CapitalMovementKind,
        /// Đồng.
        pub amount: i64,
        pub occurred_on: NaiveDate,
        pub reference: String,
        /// Of a reinvestment: who gets it.
        pub to_participation_id: Option<ModelParticipationId>,
        pub agency_id: AgencyId,
        pub recorded_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
