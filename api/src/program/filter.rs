//! What lists of benefits can be narrowed by.

use async_graphql::{InputObject, Value};
use entity::enums::BenefitStatus;

use crate::{
    error::Result,
    place::UnitRef,
    read::{Conditions, arguments},
    schema::scalars::Instant,
};

/// Which benefits.
#[derive(Default, InputObject)]
pub struct BenefitFilter {
    /// Under this program.
    pub program_code: Option<String>,
    /// Of these statuses.
    pub statuses: Option<Vec<BenefitStatus>>,
    /// Of households living in this unit.
    pub unit: Option<UnitRef>,
    /// Written at this instant or later.
    pub updated_since: Option<Instant>,
}

impl BenefitFilter {
    pub fn conditions(self, rows: &mut Conditions<'_>) -> Result<()> {
        if let Some(code) = self.program_code {
            rows.admit("BenefitFilter", "programCode")?;
            let program = rows.catalog.program(&code, "filter.programCode")?;
            rows.add("{c}.program_id = {0}", [program.id.into()]);
        }
        if let Some(statuses) = self.statuses {
            rows.one_of_texts("{c}.status", statuses.into_iter().map(BenefitStatus::as_str));
        }
        if let Some(unit) = self.unit {
            rows.admit("BenefitFilter", "unit")?;
            unit.condition(rows, "filter.unit")?;
        }
        if let Some(since) = self.updated_since {
            rows.add_varying("{c}.updated_at >= {0}", since.0.timestamp_micros().into());
        }
        Ok(())
    }
}

/// The filter argument of a nested list of benefits.
pub fn benefit_filter(filter: Option<Value>, rows: &mut Conditions<'_>) -> Result<()> {
    arguments::parse::<BenefitFilter>(filter, "filter")?.map_or(Ok(()), |filter| filter.conditions(rows))
}
