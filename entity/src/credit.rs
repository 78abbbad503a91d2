//! Loan products with dated rates, loans, and their ledger.

/// The terms of a kind of loan while they were in force.
pub mod loan_product {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        EnumSet,
        enums::{AreaKind, Basis, PersonCategory, PovertyClass, SupportPurpose},
        ids::{AgencyId, LoanProductId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "loan_product")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: LoanProductId,
        pub code: String,
        pub name: String,
        /// Đồng.
        pub max_amount: i64,
        pub max_term_months: i32,
        /// How long only interest falls due; below the longest term.
        pub grace_months: i32,
        /// Decimal, percent a year.
        pub annual_rate: String,
        pub eligible_classes: EnumSet<PovertyClass>,
        pub eligible_categories: EnumSet<PersonCategory>,
        /// Where the household must live; none: anywhere.
        pub eligible_area: Option<AreaKind>,
        pub purpose: SupportPurpose,
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

/// The rate of a product from a day on, also for balances already out.
pub mod loan_rate {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{enums::Basis, ids::AgencyId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "loan_rate")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub product_code: String,
        /// Decimal, percent a year.
        pub annual_rate: String,
        pub effective_from: NaiveDate,
        pub basis: Basis,
        pub source: String,
        /// Counts the writes. A row that an agency recorded is no longer that of the reference data.
        pub version: i32,
        pub recorded_at: Option<i64>,
        pub recorded_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A savings and credit group: households of a hamlet through which a mass organisation runs part of the lending.
pub mod savings_group {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::MassOrganisation,
        ids::{AdminUnitId, AgencyId, SavingsGroupId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "savings_group")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: SavingsGroupId,
        pub code: String,
        pub name: String,
        pub organisation: MassOrganisation,
        pub commune_id: AdminUnitId,
        pub district_id: AdminUnitId,
        pub hamlet_id: Option<AdminUnitId>,
        /// Members, as the organisation counts them.
        pub members: i32,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A loan of a household. Sums are đồng.
pub mod loan {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::LoanStatus,
        ids::{AdminUnitId, AgencyId, HouseholdId, LoanId, LoanProductId, PersonId, ProgramId, SavingsGroupId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "loan")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: LoanId,
        pub contract_number: String,
        pub product_id: LoanProductId,
        pub product_code: String,
        pub program_id: Option<ProgramId>,
        pub household_id: HouseholdId,
        pub borrower_id: Option<PersonId>,
        /// The group that vetted it; none where it was lent without one.
        pub group_id: Option<SavingsGroupId>,
        pub commune_id: AdminUnitId,
        pub district_id: AdminUnitId,
        pub status: LoanStatus,
        pub principal: i64,
        pub term_months: i32,
        /// How long only interest falls due; below the term.
        pub grace_months: i32,
        pub requested_on: NaiveDate,
        pub approved_on: Option<NaiveDate>,
        pub disbursed_on: Option<NaiveDate>,
        pub matures_on: Option<NaiveDate>,
        pub disbursed_amount: i64,
        pub outstanding_principal: i64,
        pub overdue_principal: i64,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An analysis of whether the borrower can repay.
pub mod solvency_analysis {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::ids::{AgencyId, LoanId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "solvency_analysis")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub loan_id: LoanId,
        pub analysed_on: NaiveDate,
        /// In the bank's words.
        pub finding: String,
        pub at: i64,
        pub agency_id: AgencyId,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A loan that was granted against a rule, by whom and why.
pub mod loan_override {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AgencyId, ClientId, LoanId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "loan_override")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub loan_id: LoanId,
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

/// The share of one source in a loan.
pub mod loan_funding {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::FundingSource,
        ids::{FundingLineId, LoanId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "loan_funding")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub loan_id: LoanId,
        pub source: FundingSource,
        pub line_id: Option<FundingLineId>,
        /// Đồng.
        pub amount: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An entry of a loan's ledger, never changed: a mistake is undone by a reversal.
pub mod loan_transaction {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        EnumSet,
        enums::{DamageRecordSigner, LoanTransactionKind, RiskDebtCause},
        ids::{AgencyId, LoanId, LoanTransactionId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "loan_transaction")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: LoanTransactionId,
        pub loan_id: LoanId,
        pub kind: LoanTransactionKind,
        /// Đồng.
        pub amount: i64,
        pub occurred_on: NaiveDate,
        pub reference: String,
        /// Đồng of principal outstanding.
        pub balance_after: i64,
        pub reverses_id: Option<LoanTransactionId>,
        /// The last day of an extension or a freeze.
        pub until_on: Option<NaiveDate>,
        pub cause: Option<RiskDebtCause>,
        /// Decimal.
        pub damage_percent: Option<String>,
        pub reason: Option<String>,
        /// Number and day of the record of the damage, and who signed it.
        pub damage_record: Option<String>,
        pub damage_recorded_on: Option<NaiveDate>,
        pub damage_signed_by: EnumSet<DamageRecordSigner>,
        pub agency_id: AgencyId,
        pub recorded_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A change of a loan's status.
pub mod loan_transition {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::LoanStatus,
        ids::{AgencyId, ClientId, LoanId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "loan_transition")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub loan_id: LoanId,
        pub from_status: Option<LoanStatus>,
        pub to_status: LoanStatus,
        pub occurred_on: NaiveDate,
        pub at: i64,
        pub agency_id: AgencyId,
        pub client_id: Option<ClientId>,
        pub note: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
