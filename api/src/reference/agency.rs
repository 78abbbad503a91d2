//! The 29 agencies of the plan. What became of them after 2022 is not in the plan and not here.

use entity::enums::{AgencyPart, Basis};
use sea_orm::{DatabaseTransaction, DbErr};
use serde::Deserialize;

use super::upsert::{Ids, Links, Row, Table};

const TABLE: Table = Table {
    name: "agency",
    key: &["code"],
    columns: &["code", "name", "name_en", "short_name", "kind", "level", "name_basis", "section_number"],
    initial: &[],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agency {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub short_name: Option<String>,
    pub kind: String,
    pub level: String,
    /// STATED where the plan prints the name, INFERRED where a lost heading was concluded from its section.
    pub name_basis: Basis,
    /// The number in section III of the plan.
    pub section: Option<i32>,
}

pub async fn write(tx: &DatabaseTransaction, agencies: &[Agency]) -> Result<Ids, DbErr> {
    let rows = agencies.iter().map(row).collect();
    Ids::by_code(&TABLE.write(tx, rows).await?)
}

fn row(agency: &Agency) -> Row {
    vec![
        agency.code.as_str().into(),
        agency.name.as_str().into(),
        agency.name_en.as_str().into(),
        agency.short_name.as_deref().into(),
        agency.kind.as_str().into(),
        agency.level.as_str().into(),
        agency.name_basis.into(),
        agency.section.into(),
    ]
}

/// The agencies named by a program or a task, as rows of its links: owner, agency, part, position.
pub async fn write_parts(
    tx: &DatabaseTransaction,
    links: &Links,
    owners: impl IntoIterator<Item = (i64, &Vec<String>, &Vec<String>)>,
    agencies: &Ids,
) -> Result<(), DbErr> {
    let mut rows = Vec::new();
    let mut ids = Vec::new();
    for (owner, leads, coordinating) in owners {
        ids.push(owner);
        for (part, codes) in [(AgencyPart::Lead, leads), (AgencyPart::Coordinating, coordinating)] {
            for (position, code) in (1_i32..).zip(codes) {
                rows.push(vec![owner.into(), agencies.of(code)?.into(), part.into(), position.into()]);
            }
        }
    }
    links.replace(tx, ids, rows).await
}
