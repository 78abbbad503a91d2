//! The plan's 48 indicators.
//!
//! `indicator.computed` keeps its default, FALSE: every actual is a reading that an agency records. The register has
//! the rows behind POVERTY_RATE, HI_COVERAGE, NEAR_POOR_HI, ELDERLY_HI and the numbers of models and houses, but it
//! holds the households known to it, which is not the population that the targets speak of.

use entity::enums::{Basis, Comparator};
use sea_orm::{DatabaseTransaction, DbErr};
use serde::Deserialize;

use super::upsert::{Ids, Links, Row, Table};

const TABLE: Table = Table {
    name: "indicator",
    key: &["plan_id", "code"],
    columns: &[
        "plan_id",
        "code",
        "indicator_group",
        "name",
        "name_en",
        "unit",
        "comparator",
        "target",
        "lead_basis",
        "position",
        "note",
    ],
    initial: &[],
};

const AGENCIES: Links =
    Links { name: "indicator_agency", owner: "indicator_id", columns: &["indicator_id", "agency_id", "position"] };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    pub code: String,
    pub group: String,
    pub name: String,
    pub name_en: String,
    pub unit: String,
    pub comparator: Comparator,
    /// A canonical decimal; none where the plan lists the indicator without a figure.
    pub target: Option<String>,
    pub leads: Vec<String>,
    pub lead_basis: Basis,
    pub note: Option<String>,
}

pub async fn write(tx: &DatabaseTransaction, plan: i64, indicators: &[Indicator], agencies: &Ids) -> Result<(), DbErr> {
    let rows = (1_i32..).zip(indicators).map(|(position, indicator)| row(plan, position, indicator));
    let ids = Ids::by_code(&TABLE.write(tx, rows.collect()).await?)?;
    let mut leads = Vec::new();
    for indicator in indicators {
        for (position, code) in (1_i32..).zip(&indicator.leads) {
            leads.push(vec![ids.of(&indicator.code)?.into(), agencies.of(code)?.into(), position.into()]);
        }
    }
    AGENCIES.replace(tx, ids.all(), leads).await
}

fn row(plan: i64, position: i32, indicator: &Indicator) -> Row {
    vec![
        plan.into(),
        indicator.code.as_str().into(),
        indicator.group.as_str().into(),
        indicator.name.as_str().into(),
        indicator.name_en.as_str().into(),
        indicator.unit.as_str().into(),
        indicator.comparator.into(),
        indicator.target.as_deref().into(),
        indicator.lead_basis.into(),
        position.into(),
        indicator.note.as_deref().into(),
    ]
}
