//! A loan for the unit tests of this slice.

use entity::{
    enums::LoanStatus,
    ids::{AdminUnitId, HouseholdId, LoanId, LoanProductId},
    loan,
};

/// Of 100 đồng over a year, all of it out since 2026-02-01.
pub fn loan() -> loan::Model {
    let day = |text: &str| text.parse().unwrap();
    loan::Model {
        id: LoanId(1),
        contract_number: "HD-1".to_owned(),
        product_id: LoanProductId(1),
        product_code: "POOR".to_owned(),
        program_id: None,
        household_id: HouseholdId(1),
        borrower_id: None,
        group_id: None,
        commune_id: AdminUnitId(1),
        district_id: AdminUnitId(1),
        status: LoanStatus::Active,
        principal: 100,
        term_months: 12,
        grace_months: 0,
        requested_on: day("2026-01-20"),
        approved_on: Some(day("2026-01-20")),
        disbursed_on: Some(day("2026-02-01")),
        matures_on: Some(day("2027-02-01")),
        disbursed_amount: 100,
        outstanding_principal: 100,
        overdue_principal: 0,
        version: 1,
        created_at: 0,
        updated_at: 0,
        updated_by: None,
    }
}
