//! What the law asks of policy credit beside each product: dated rows, each with its source.

/// What a household may owe in several products together.
pub mod loan_ceiling {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::Basis,
        ids::{AgencyId, LoanCeilingId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "loan_ceiling")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: LoanCeilingId,
        pub code: String,
        pub name: String,
        /// Đồng.
        pub max_amount: i64,
        pub basis: Basis,
        pub source: String,
        pub effective_from: NaiveDate,
        pub effective_to: Option<NaiveDate>,
        /// Whether nothing holds its products together after the last day; otherwise an end is a gap.
        pub abolished: bool,
        /// Counts the writes. A row that an agency recorded is no longer that of the reference data.
        pub version: i32,
        pub recorded_at: Option<i64>,
        pub recorded_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A product that counts against a ceiling.
pub mod loan_ceiling_product {
    use sea_orm::entity::prelude::*;

    use crate::ids::LoanCeilingId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "loan_ceiling_product")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub ceiling_id: LoanCeilingId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_code: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A number that the law sets for policy credit.
pub mod loan_rule {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{enums::Basis, ids::AgencyId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "loan_rule")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub code: String,
        pub name: String,
        /// Decimal, in what the name says.
        pub value: String,
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

/// What may be done about a debt by how much the borrower lost. Damages are percent, terms months.
pub mod risk_debt_rule {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::{Basis, LoanChange},
        ids::AgencyId,
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "risk_debt_rule")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub code: String,
        pub change: LoanChange,
        /// From this damage on.
        pub damage_from: i32,
        /// Below this one; none: to the whole.
        pub damage_below: Option<i32>,
        /// For loans of so many months and more.
        pub term_from: i32,
        /// For loans of so many months and fewer; none: any.
        pub term_to: Option<i32>,
        /// The longest time.
        pub max_months: Option<i32>,
        /// The longest time in percent of the loan's term.
        pub max_term_percent: Option<i32>,
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
