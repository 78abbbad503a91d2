//! The plan of a year: programs and their funding lines, indicators, tasks, reports, discrepancies.

/// The plan of a year.
pub mod plan {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::ids::PlanId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "plan")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: PlanId,
        pub code: String,
        pub year: i32,
        pub title: String,
        pub title_en: String,
        pub issued_on: NaiveDate,
        /// Đồng, as the document prints it.
        pub stated_total: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What the plan states for one source of money.
pub mod plan_source {
    use sea_orm::entity::prelude::*;

    use crate::{enums::FundingSource, ids::PlanId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "plan_source")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub plan_id: PlanId,
        pub source: FundingSource,
        /// Đồng.
        pub stated: i64,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A support program, of a plan or beside it.
pub mod program {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::{Basis, SupportPurpose},
        ids::{PlanId, ProgramId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "program")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: ProgramId,
        /// None of a program beside the plans, which the law pays every year.
        pub plan_id: Option<PlanId>,
        pub code: String,
        /// Its number in the plan's annex (I to X).
        pub annex_item: Option<String>,
        pub name: String,
        pub name_en: String,
        /// What `planned_quantity` counts.
        pub unit: String,
        pub purpose: SupportPurpose,
        pub planned_quantity: Option<i32>,
        /// Đồng; the sum of the lines where the plan states none.
        pub planned_amount: i64,
        pub lead_basis: Basis,
        pub position: i32,
        pub note: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The agencies that lead or coordinate a program.
pub mod program_agency {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::AgencyPart,
        ids::{AgencyId, ProgramId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "program_agency")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub program_id: ProgramId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub agency_id: AgencyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub part: AgencyPart,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A line of a program's money: what the plan hopes for, and what was granted.
pub mod funding_line {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::FundingSource,
        ids::{FundingLineId, ProgramId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "funding_line")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: FundingLineId,
        pub program_id: ProgramId,
        pub code: String,
        pub name: String,
        pub source: FundingSource,
        pub quantity: Option<i32>,
        /// Đồng.
        pub unit_cost: Option<i64>,
        /// Đồng, as the plan states it.
        pub amount: i64,
        /// Đồng, what its quantity and unit cost come to.
        pub computed: i64,
        /// Đồng granted by a decision; only this caps approvals.
        pub allocated: Option<i64>,
        pub allocation_decision: Option<String>,
        pub allocated_on: Option<NaiveDate>,
        pub position: i32,
        pub note: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An indicator of a plan with its target.
pub mod indicator {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::{Basis, Comparator},
        ids::{IndicatorId, PlanId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: IndicatorId,
        pub plan_id: PlanId,
        pub code: String,
        pub indicator_group: String,
        pub name: String,
        pub name_en: String,
        pub unit: String,
        pub comparator: Comparator,
        /// Decimal.
        pub target: Option<String>,
        /// Counted from the register rather than reported.
        pub computed: bool,
        pub lead_basis: Basis,
        pub position: i32,
        pub note: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The agencies that lead an indicator.
pub mod indicator_agency {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AgencyId, IndicatorId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator_agency")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub indicator_id: IndicatorId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub agency_id: AgencyId,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A reported value of an indicator on a day.
pub mod indicator_reading {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::ids::{AdminUnitId, AgencyId, IndicatorId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator_reading")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub indicator_id: IndicatorId,
        /// Decimal.
        pub value: String,
        pub as_of: NaiveDate,
        /// Decimal.
        pub numerator: Option<String>,
        /// Decimal.
        pub denominator: Option<String>,
        pub unit_id: Option<AdminUnitId>,
        pub note: Option<String>,
        pub recorded_at: i64,
        pub recorded_by: AgencyId,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// One of the plan's implementation tasks.
pub mod plan_task {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::TaskStatus,
        ids::{PlanId, PlanTaskId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "plan_task")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: PlanTaskId,
        pub plan_id: PlanId,
        pub number: i32,
        pub name: String,
        pub name_en: String,
        pub starts_on: Option<NaiveDate>,
        pub ends_on: Option<NaiveDate>,
        pub status: TaskStatus,
        pub note: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The agencies that lead or coordinate a task.
pub mod plan_task_agency {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::AgencyPart,
        ids::{AgencyId, PlanTaskId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "plan_task_agency")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub task_id: PlanTaskId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub agency_id: AgencyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub part: AgencyPart,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// One report that one body owes for one period.
pub mod report_obligation {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::ids::{AdminUnitId, AgencyId, PlanId, ReportObligationId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "report_obligation")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: ReportObligationId,
        pub plan_id: PlanId,
        pub code: String,
        pub period_start: Option<NaiveDate>,
        pub period_end: Option<NaiveDate>,
        /// Late from this day on.
        pub due_before: Option<NaiveDate>,
        pub reporter_id: AgencyId,
        pub reporter_unit_id: Option<AdminUnitId>,
        pub submitted_at: Option<i64>,
        /// The day up to which the submitted figures count.
        pub as_of: Option<NaiveDate>,
        /// Whether the figures are partly estimates.
        pub estimated: Option<bool>,
        pub note: Option<String>,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Where the plan contradicts itself, both readings kept.
pub mod plan_discrepancy {
    use sea_orm::entity::prelude::*;

    use crate::ids::PlanId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "plan_discrepancy")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub plan_id: PlanId,
        pub code: String,
        pub topic: String,
        pub statement_a: String,
        pub statement_b: Option<String>,
        pub difference: Option<String>,
        pub severity: String,
        pub advice: Option<String>,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Money spent under a program for no single household.
pub mod program_spending {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::FundingSource,
        ids::{AdminUnitId, AgencyId, FundingLineId, ProgramId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "program_spending")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub program_id: ProgramId,
        pub line_id: Option<FundingLineId>,
        pub source: FundingSource,
        /// Đồng.
        pub amount: i64,
        pub spent_on: NaiveDate,
        pub quantity: Option<i32>,
        pub unit_id: Option<AdminUnitId>,
        pub description: String,
        pub reference: String,
        pub recorded_at: i64,
        pub recorded_by: AgencyId,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Which state of the embedded reference data the store holds.
pub mod reference_load {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reference_load")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        /// SHA-256 of the data, as hexadecimal digits.
        pub fingerprint: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
