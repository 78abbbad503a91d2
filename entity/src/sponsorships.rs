//! Sponsors, what they pledge, what they give, and the households they look after.

/// An organisation or a person that gives.
pub mod sponsor {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::SponsorKind,
        ids::{AgencyId, SponsorId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sponsor")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: SponsorId,
        pub code: String,
        pub name: String,
        /// Lower case, without Vietnamese marks.
        pub name_folded: String,
        pub kind: SponsorKind,
        pub contact: Option<String>,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a sponsor promises to a program.
pub mod pledge {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::ids::{AgencyId, FundingLineId, PledgeId, ProgramId, SponsorId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "pledge")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: PledgeId,
        pub sponsor_id: SponsorId,
        pub program_id: ProgramId,
        pub line_id: Option<FundingLineId>,
        /// Đồng.
        pub amount: i64,
        pub pledged_on: NaiveDate,
        pub due_on: Option<NaiveDate>,
        pub reference: String,
        pub note: Option<String>,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a sponsor gave.
pub mod gift {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::GiftKind,
        ids::{AgencyId, FundingLineId, GiftId, HouseholdId, PledgeId, ProgramId, SponsorId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "gift")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: GiftId,
        pub sponsor_id: SponsorId,
        pub pledge_id: Option<PledgeId>,
        pub program_id: ProgramId,
        pub household_id: Option<HouseholdId>,
        pub kind: GiftKind,
        /// Đồng, of a gift in kind its value: 0 where nobody told it.
        pub amount: i64,
        pub description: Option<String>,
        pub given_on: NaiveDate,
        pub reference: String,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
        /// The line of mobilised money that it counts in.
        pub line_id: Option<FundingLineId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A household that a sponsor looks after.
pub mod sponsorship {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::ids::{AgencyId, HouseholdId, SponsorId, SponsorshipId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sponsorship")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: SponsorshipId,
        pub sponsor_id: SponsorId,
        pub household_id: HouseholdId,
        pub starts_on: NaiveDate,
        pub ends_on: Option<NaiveDate>,
        pub note: Option<String>,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
