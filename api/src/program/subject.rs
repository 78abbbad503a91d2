//! Programs and benefits as the subjects of audit entries and change events.

use entity::{
    benefit,
    ids::{BenefitPaymentId, FundingLineId, ProgramId},
};

use crate::exchange::Subject;

/// `version`: after the write.
pub const fn benefit(benefit: &benefit::Model, version: i32) -> Subject {
    Subject {
        type_name: "Benefit",
        id: benefit.id.0,
        version,
        commune_id: Some(benefit.commune_id),
        district_id: Some(benefit.district_id),
    }
}

/// A payment is written once; it lies where its benefit does.
pub const fn payment(id: BenefitPaymentId, benefit: &benefit::Model) -> Subject {
    Subject {
        type_name: "BenefitPayment",
        id: id.0,
        version: 1,
        commune_id: Some(benefit.commune_id),
        district_id: Some(benefit.district_id),
    }
}

pub const fn program(id: ProgramId) -> Subject {
    of_the_plan("Program", id.0)
}

pub const fn funding_line(id: FundingLineId) -> Subject {
    of_the_plan("FundingLine", id.0)
}

/// What belongs to the plan lies in no commune and counts no versions.
const fn of_the_plan(type_name: &'static str, id: i64) -> Subject {
    Subject { type_name, id, version: 1, commune_id: None, district_id: None }
}
