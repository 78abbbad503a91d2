//! The closed figures of each day and what the closings remember, and the live figures that are kept.

/// A day whose figures are closed.
pub mod closed_day {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "closed_day")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: NaiveDate,
        /// The day's last instant.
        pub as_of: i64,
        pub closed_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What was published of a district or commune on a day; null where it is too small to tell.
pub mod closed_statistics {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::ids::AdminUnitId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "closed_statistics")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: NaiveDate,
        #[sea_orm(primary_key, auto_increment = false)]
        pub unit_id: AdminUnitId,
        pub households: Option<i64>,
        pub poor: Option<i64>,
        pub near_poor: Option<i64>,
        pub newly_escaped: Option<i64>,
        pub persons: Option<i64>,
        pub insured_persons: Option<i64>,
        /// Đồng, as the two below.
        pub loans_outstanding: Option<i64>,
        pub loans_overdue: Option<i64>,
        pub benefits_paid: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A value that a cell took, on the day on which it did.
pub mod closed_cell {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::ids::AdminUnitId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "closed_cell")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub unit_id: AdminUnitId,
        /// Which part of the unit's figures; `api/src/plan/closing/cell.rs` has the list.
        #[sea_orm(primary_key, auto_increment = false)]
        pub cell: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: NaiveDate,
        /// A number of households or persons, or đồng.
        pub value: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a loan or benefit added to the sum that a cell shows.
pub mod closed_contribution {
    use sea_orm::entity::prelude::*;

    use crate::ids::AdminUnitId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "closed_contribution")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub cell: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub unit_id: AdminUnitId,
        /// Of the loan or benefit.
        #[sea_orm(primary_key, auto_increment = false)]
        pub record_id: i64,
        /// Đồng.
        pub amount: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Live figures of units, kept in step with the rows by triggers (`migration`): what each row adds, from a day on. Several
/// rows for the same on PostgreSQL until they are summed up; so the key holds on SQLite only.
pub mod kept_figure {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::ids::AdminUnitId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "kept_figure")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub unit_id: AdminUnitId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub measure: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: NaiveDate,
        pub amount: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
