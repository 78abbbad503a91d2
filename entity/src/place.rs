//! Administrative units with their validity, and the agencies.

/// A province, district, commune or hamlet while its code was valid: codes are reused, so a unit is (code, validity).
pub mod admin_unit {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::{AdminLevel, AreaKind},
        ids::AdminUnitId,
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "admin_unit")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: AdminUnitId,
        pub code: String,
        pub name: String,
        pub level: AdminLevel,
        /// What it is called by law, finer than the level, such as CITY, WARD or TOWNSHIP.
        pub unit_type: String,
        pub area_kind: Option<AreaKind>,
        pub parent_id: Option<AdminUnitId>,
        pub valid_from: Option<NaiveDate>,
        /// The last day.
        pub valid_to: Option<NaiveDate>,
        /// Where its successors are known from: dataset, published, unverified; abolished has none.
        pub mapping_status: Option<String>,
        pub note: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The units that took a unit over.
pub mod admin_unit_successor {
    use sea_orm::entity::prelude::*;

    use crate::ids::AdminUnitId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "admin_unit_successor")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub unit_id: AdminUnitId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub successor_id: AdminUnitId,
        /// Order among the successors, newest law last.
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Whether the land of a commune was urban or rural over a time, whatever unit it belonged to then.
pub mod unit_area {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{enums::AreaKind, ids::AdminUnitId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "unit_area")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub unit_id: AdminUnitId,
        pub area_kind: AreaKind,
        #[sea_orm(primary_key, auto_increment = false)]
        pub valid_from: NaiveDate,
        /// The last day.
        pub valid_to: NaiveDate,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An agency of the plan, also after it was dissolved.
pub mod agency {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{enums::Basis, ids::AgencyId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "agency")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: AgencyId,
        pub code: String,
        pub name: String,
        pub name_en: String,
        pub short_name: Option<String>,
        pub kind: String,
        /// Level it works at; CENTRAL too, which no administrative unit has.
        pub level: String,
        pub name_basis: Basis,
        /// Its number in section III of the plan.
        pub section_number: Option<i32>,
        pub valid_to: Option<NaiveDate>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The agencies that took an agency's work over.
pub mod agency_successor {
    use sea_orm::entity::prelude::*;

    use crate::ids::AgencyId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "agency_successor")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub agency_id: AgencyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub successor_id: AgencyId,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
