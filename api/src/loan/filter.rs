//! What lists of loans can be narrowed by.

use async_graphql::{InputObject, Value};
use entity::enums::{AdminLevel, LoanStatus, MassOrganisation};

use super::solvency;
use crate::{
    error::{Failure, Result},
    place::UnitRef,
    read::{Conditions, arguments},
    request::Request,
    schema::scalars::{Date, Instant},
};

/// Most contract numbers of one filter.
const MAX_NUMBERS: usize = 1_000;

/// Which loans.
#[derive(Default, InputObject)]
pub struct LoanFilter {
    /// Of this product, whichever of its versions.
    pub product_code: Option<String>,
    /// Of these statuses.
    pub statuses: Option<Vec<LoanStatus>>,
    /// With these contract numbers, at most 1,000.
    pub contract_numbers: Option<Vec<String>>,
    /// With overdue principal only.
    pub overdue_only: Option<bool>,
    /// Of households living in this unit.
    pub unit: Option<UnitRef>,
    /// First disbursed on this day or later.
    pub disbursed_from: Option<Date>,
    /// First disbursed on this day or before.
    pub disbursed_to: Option<Date>,
    /// Written at this instant or later.
    pub updated_since: Option<Instant>,
    /// Vetted by the savings and credit group with this code.
    pub group_code: Option<String>,
    /// Of which something is owed, and whose borrower's ability to repay is to be analysed by this day.
    pub solvency_analysis_due_by: Option<Date>,
}

/// Which savings and credit groups.
#[derive(Default, InputObject)]
pub struct SavingsGroupFilter {
    /// In this unit: a district or a commune; or one hamlet.
    pub unit: Option<UnitRef>,
    /// Run by this mass organisation.
    pub organisation: Option<MassOrganisation>,
    /// With this code.
    pub code: Option<String>,
}

impl SavingsGroupFilter {
    pub fn conditions(self, rows: &mut Conditions<'_>) -> Result<()> {
        if let Some(unit) = self.unit {
            let found = rows.catalog.resolve(&unit, "filter.unit")?;
            if found.level() == Some(AdminLevel::Hamlet) {
                rows.add("{c}.hamlet_id = {0}", [found.id.into()]);
            } else {
                unit.condition(rows, "filter.unit")?;
            }
        }
        if let Some(organisation) = self.organisation {
            rows.add("{c}.organisation = {0}", [organisation.as_str().into()]);
        }
        if let Some(code) = self.code {
            rows.add("{c}.code = {0}", [code.into()]);
        }
        Ok(())
    }
}

impl LoanFilter {
    /// Refuses a product that there is not. One that another node recorded is looked up.
    pub async fn known(&self, request: &Request) -> Result<()> {
        match &self.product_code {
            Some(code) => request.catalog.knows_product(&request.db, code, "filter.productCode").await,
            None => Ok(()),
        }
    }

    pub fn conditions(self, rows: &mut Conditions<'_>) -> Result<()> {
        if let Some(code) = self.product_code {
            rows.add("{c}.product_code = {0}", [code.into()]);
        }
        if let Some(statuses) = self.statuses {
            rows.one_of_texts("{c}.status", statuses.into_iter().map(LoanStatus::as_str));
        }
        if let Some(numbers) = self.contract_numbers {
            if numbers.len() > MAX_NUMBERS {
                return Err(Failure::input(
                    "filter.contractNumbers",
                    format!("{} contract numbers were given; at most {MAX_NUMBERS} fit.", numbers.len()),
                    format!("Có {} số hợp đồng; tối đa {MAX_NUMBERS}.", numbers.len()),
                ));
            }
            rows.one_of_texts("{c}.contract_number", numbers);
        }
        if self.overdue_only == Some(true) {
            rows.add("{c}.overdue_principal > 0", []);
        }
        if let Some(unit) = self.unit {
            rows.admit("LoanFilter", "unit")?;
            unit.condition(rows, "filter.unit")?;
        }
        if let (Some(from), Some(to)) = (self.disbursed_from, self.disbursed_to)
            && from > to
        {
            return Err(Failure::input(
                "filter.disbursedTo",
                "disbursedTo lies before disbursedFrom.",
                "Ngày kết thúc nằm trước ngày bắt đầu.",
            ));
        }
        if let Some(from) = self.disbursed_from {
            rows.add("{c}.disbursed_on >= {0}", [from.0.into()]);
        }
        if let Some(to) = self.disbursed_to {
            rows.add("{c}.disbursed_on <= {0}", [to.0.into()]);
        }
        if let Some(code) = self.group_code {
            rows.add("{c}.group_id IN (SELECT g.id FROM savings_group g WHERE g.code = {0})", [code.into()]);
        }
        if let Some(by) = self.solvency_analysis_due_by {
            solvency::due_by(by.0, rows);
        }
        if let Some(since) = self.updated_since {
            rows.add_varying("{c}.updated_at >= {0}", since.0.timestamp_micros().into());
        }
        Ok(())
    }
}

/// The filter argument of a nested list of loans.
pub fn loan_filter(filter: Option<Value>, rows: &mut Conditions<'_>) -> Result<()> {
    let Some(filter) = arguments::parse::<LoanFilter>(filter, "filter")? else { return Ok(()) };
    if let Some(code) = &filter.product_code {
        rows.catalog.product(code, "filter.productCode")?;
    }
    filter.conditions(rows)
}
