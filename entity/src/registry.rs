//! Households, persons, insurance, poverty.

/// A dated poverty standard. Lines are đồng a person and month.
pub mod poverty_standard {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::Basis,
        ids::{AgencyId, PovertyStandardId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "poverty_standard")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: PovertyStandardId,
        pub code: String,
        pub decree: String,
        pub rural_line: i64,
        pub urban_line: i64,
        /// Up to here a household above the line is of average living standard.
        pub rural_average_line: Option<i64>,
        pub urban_average_line: Option<i64>,
        /// How many deprivations make a household under the line poor.
        pub deprivations_for_poor: i32,
        pub effective_from: NaiveDate,
        pub effective_to: Option<NaiveDate>,
        /// How certain the lines are; `score_basis` says it of the scores' limits.
        pub basis: Basis,
        pub source: String,
        /// Score A up to which a household is under the line; the scores' limits are null where they aren't known.
        pub rural_score_line: Option<i32>,
        pub urban_score_line: Option<i32>,
        pub points_a_deprivation: Option<i32>,
        /// Score B from which a household under the line is poor.
        pub score_for_poor: Option<i32>,
        pub score_basis: Basis,
        pub score_source: Option<String>,
        /// Counts the writes. A row that an agency recorded is no longer that of the reference data.
        pub version: i32,
        pub recorded_at: Option<i64>,
        pub recorded_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A household as it is now.
pub mod household {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        EnumSet,
        enums::{AreaKind, HouseholdCategory, PovertyClass},
        ids::{AdminUnitId, AgencyId, HouseholdId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "household")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: HouseholdId,
        pub code: String,
        pub commune_id: AdminUnitId,
        pub district_id: AdminUnitId,
        pub hamlet_id: Option<AdminUnitId>,
        pub area_kind: AreaKind,
        pub address: Option<String>,
        pub categories: EnumSet<HouseholdCategory>,
        /// Code and head's name, folded: lower case, without Vietnamese marks.
        pub search_text: String,
        /// In force until `next_class_on`; null where never decided.
        pub poverty_class: Option<PovertyClass>,
        /// In force from `next_class_on`.
        pub next_class: Option<PovertyClass>,
        pub next_class_on: Option<NaiveDate>,
        pub registered_on: NaiveDate,
        /// Since when what this row says is so; earlier days are in `household_history`.
        pub history_from: NaiveDate,
        pub dissolved_on: Option<NaiveDate>,
        pub dissolved_reason: Option<String>,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a household was before, from `valid_from` to `valid_to`, the last day.
pub mod household_history {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        EnumSet,
        enums::{AreaKind, HouseholdCategory},
        ids::{AdminUnitId, HouseholdId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "household_history")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub household_id: HouseholdId,
        pub valid_from: NaiveDate,
        pub valid_to: NaiveDate,
        pub commune_id: AdminUnitId,
        pub hamlet_id: Option<AdminUnitId>,
        pub area_kind: AreaKind,
        pub address: Option<String>,
        pub categories: EnumSet<HouseholdCategory>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A person as it is now.
pub mod person {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        EnumSet,
        enums::{PersonCategory, ProtectedCategory, Relationship, Sex},
        ids::{AdminUnitId, AgencyId, HouseholdId, PersonId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "person")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: PersonId,
        /// Null where the person belongs to no household any more.
        pub household_id: Option<HouseholdId>,
        /// Of the household, the last one where there is none now.
        pub commune_id: AdminUnitId,
        pub district_id: AdminUnitId,
        pub full_name: String,
        /// Lower case, without Vietnamese marks.
        pub name_folded: String,
        /// 12-digit personal number; several people can claim one.
        pub national_id: Option<String>,
        pub date_of_birth: Option<NaiveDate>,
        pub sex: Option<Sex>,
        pub relationship: Option<Relationship>,
        pub joined_on: Option<NaiveDate>,
        pub categories: EnumSet<PersonCategory>,
        pub protected_categories: EnumSet<ProtectedCategory>,
        pub died_on: Option<NaiveDate>,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A membership that ended.
pub mod membership_history {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::{MembershipEnd, Relationship},
        ids::{HouseholdId, PersonId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "membership_history")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub person_id: PersonId,
        pub household_id: HouseholdId,
        pub relationship: Relationship,
        pub joined_on: NaiveDate,
        pub left_on: NaiveDate,
        pub reason: MembershipEnd,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An insurance of a person for a period.
pub mod insurance_coverage {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::InsuranceKind,
        ids::{AgencyId, InsuranceCoverageId, PersonId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "insurance_coverage")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: InsuranceCoverageId,
        pub person_id: PersonId,
        pub kind: InsuranceKind,
        pub number: Option<String>,
        pub participant_group: Option<String>,
        pub valid_from: NaiveDate,
        /// The last day.
        pub valid_to: Option<NaiveDate>,
        pub ended_reason: Option<String>,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A review of a household under one dated standard, and the decision on it.
pub mod poverty_review {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        EnumSet,
        enums::{AreaKind, Deprivation, PovertyClass},
        ids::{AgencyId, HouseholdId, PovertyReviewId, PovertyStandardId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "poverty_review")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: PovertyReviewId,
        pub household_id: HouseholdId,
        pub standard_id: PovertyStandardId,
        pub reviewed_on: NaiveDate,
        pub area_kind: AreaKind,
        /// Income points of the form, as the commune counted them.
        pub score_a: Option<i32>,
        /// Deprivation points of the form.
        pub score_b: Option<i32>,
        pub form_version: Option<String>,
        /// Đồng a month.
        pub income_per_capita: Option<i64>,
        pub deprivations: EnumSet<Deprivation>,
        /// What the standard says; the decision may differ.
        pub computed_class: PovertyClass,
        pub decided_class: Option<PovertyClass>,
        pub decision_number: Option<String>,
        /// Null until decided.
        pub effective_from: Option<NaiveDate>,
        pub effective_to: Option<NaiveDate>,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
