//! Administrative units in their generations: those of 2022, three townships of 10 April 2023, two communes of
//! 1 December 2024, the new province and its 48 communes of 1 July 2025. Hamlets have no official list.
//!
//! A record lasts while the unit keeps its code, name and kind. The four communes that took others in on 1 December
//! 2024 and kept all three go on as one record, since the same people's committee governs on; a note says what they
//! took in. Codes are reused, so a record is named by its key: the code, with `@` and the first day where there is one.

use chrono::NaiveDate;
use entity::enums::{AdminLevel, AreaKind};
use sea_orm::{DatabaseTransaction, DbErr, QueryResult};
use serde::Deserialize;

use super::upsert::{Ids, Links, Row, Table};

/// Before and after all days of the register, so that days are compared without null.
const FIRST_DAY: NaiveDate = day(1, 1, 1, NaiveDate::MIN);
const LAST_DAY: NaiveDate = day(9999, 12, 31, NaiveDate::MAX);

const fn day(year: i32, month: u32, day: u32, otherwise: NaiveDate) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => otherwise,
    }
}

const TABLE: Table = Table {
    name: "admin_unit",
    key: &["code", "COALESCE(valid_from, '0001-01-01')"],
    columns: &[
        "code",
        "name",
        "level",
        "unit_type",
        "area_kind",
        "parent_id",
        "valid_from",
        "valid_to",
        "mapping_status",
        "note",
    ],
    initial: &[],
};

const AREAS: Links =
    Links { name: "unit_area", owner: "unit_id", columns: &["unit_id", "area_kind", "valid_from", "valid_to"] };
const SUCCESSORS: Links =
    Links { name: "admin_unit_successor", owner: "unit_id", columns: &["unit_id", "successor_id", "position"] };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    pub code: String,
    pub name: String,
    #[serde(rename = "type")]
    pub unit_type: UnitType,
    /// The key of the unit above; provinces have none.
    pub parent: Option<String>,
    /// None where the unit is older than the plan.
    pub from: Option<NaiveDate>,
    /// The last day, none while it lasts.
    pub to: Option<NaiveDate>,
    /// How well the step to the next generation is known.
    pub mapping: Option<String>,
    pub note: Option<String>,
    /// Keys of the units that took it over, the newest law last.
    #[serde(default)]
    pub successors: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnitType {
    Province,
    City,
    District,
    Ward,
    Township,
    Commune,
}

impl UnitType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Province => "PROVINCE",
            Self::City => "CITY",
            Self::District => "DISTRICT",
            Self::Ward => "WARD",
            Self::Township => "TOWNSHIP",
            Self::Commune => "COMMUNE",
        }
    }

    pub fn level(self) -> AdminLevel {
        match self {
            Self::Province => AdminLevel::Province,
            Self::City | Self::District => AdminLevel::District,
            Self::Ward | Self::Township | Self::Commune => AdminLevel::Commune,
        }
    }

    /// By the practice of the poverty reviews: wards and townships are urban, communes rural.
    pub fn area_kind(self) -> Option<AreaKind> {
        match self {
            Self::Province | Self::City | Self::District => None,
            Self::Ward | Self::Township => Some(AreaKind::Urban),
            Self::Commune => Some(AreaKind::Rural),
        }
    }
}

impl Unit {
    pub fn key(&self) -> String {
        key(&self.code, self.from)
    }

    pub fn in_force(&self, on: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= on) && self.to.is_none_or(|to| on <= to)
    }
}

fn key(code: &str, from: Option<NaiveDate>) -> String {
    from.map_or_else(|| code.to_owned(), |from| format!("{code}@{from}"))
}

/// The keys of the districts of a day, in the order of their codes.
pub fn districts_on(units: &[Unit], day: NaiveDate) -> Vec<String> {
    let mut districts: Vec<_> = units
        .iter()
        .filter(|unit| unit.unit_type.level() == AdminLevel::District && unit.in_force(day))
        .map(Unit::key)
        .collect();
    districts.sort();
    districts
}

/// Writes the levels from the top, so that a parent has its id, then the successors.
pub async fn write(tx: &DatabaseTransaction, units: &[Unit]) -> Result<Ids, DbErr> {
    let mut ids = Ids::default();
    for level in [AdminLevel::Province, AdminLevel::District, AdminLevel::Commune] {
        let of_level = units.iter().filter(|unit| unit.unit_type.level() == level);
        let rows = of_level.map(|unit| row(unit, &ids)).collect::<Result<_, _>>()?;
        for stored in TABLE.write(tx, rows).await? {
            ids.insert(stored_key(&stored)?, stored.try_get("", "id")?);
        }
    }
    let mut links = Vec::new();
    for unit in units {
        for (position, successor) in (1_i32..).zip(&unit.successors) {
            links.push(vec![ids.of(&unit.key())?.into(), ids.of(successor)?.into(), position.into()]);
        }
    }
    SUCCESSORS.replace(tx, ids.all(), links).await?;
    let mut areas = Vec::new();
    for (unit, area) in units.iter().flat_map(|unit| areas_of(unit, units).into_iter().map(move |area| (unit, area))) {
        areas.push(vec![ids.of(&unit.key())?.into(), area.kind.into(), area.from.into(), area.to.into()]);
    }
    AREAS.replace(tx, ids.all(), areas).await?;
    Ok(ids)
}

/// Urban or rural from a day to a day, the last one.
#[derive(Debug, PartialEq, Eq)]
pub struct Area {
    pub kind: AreaKind,
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// What the land of a commune was from the unit's first day on, through its successors: a township that went on as a
/// commune is rural from then on (`rules.md` P4). It ends where the successors aren't all of one kind.
pub fn areas_of(unit: &Unit, units: &[Unit]) -> Vec<Area> {
    let mut areas: Vec<Area> = Vec::new();
    let mut now = vec![unit];
    while let Some(kind) = of_one_kind(&now) {
        let from = now.iter().filter_map(|unit| unit.from).max().unwrap_or(FIRST_DAY);
        let to = now.iter().filter_map(|unit| unit.to).min().unwrap_or(LAST_DAY);
        if from > to {
            break;
        }
        match areas.last_mut().filter(|area| area.kind == kind) {
            Some(area) => area.to = to,
            None => areas.push(Area { kind, from, to }),
        }
        if to == LAST_DAY {
            break;
        }
        let Some(next) = to.succ_opt() else { break };
        // Successors of later laws stand among them too; those of the next day are enough.
        let of_next_day = |key: &String| units.iter().find(|unit| unit.key() == *key && unit.in_force(next));
        let (gone, mut staying): (Vec<_>, Vec<_>) = now.into_iter().partition(|unit| unit.to == Some(to));
        staying.extend(gone.iter().flat_map(|unit| &unit.successors).filter_map(of_next_day));
        now = staying;
    }
    areas
}

fn of_one_kind(units: &[&Unit]) -> Option<AreaKind> {
    let (first, others) = units.split_first()?;
    let kind = first.unit_type.area_kind()?;
    others.iter().all(|unit| unit.unit_type.area_kind() == Some(kind)).then_some(kind)
}

fn row(unit: &Unit, ids: &Ids) -> Result<Row, DbErr> {
    let parent = unit.parent.as_deref().map(|parent| ids.of(parent)).transpose()?;
    Ok(vec![
        unit.code.as_str().into(),
        unit.name.as_str().into(),
        unit.unit_type.level().into(),
        unit.unit_type.as_str().into(),
        unit.unit_type.area_kind().into(),
        parent.into(),
        unit.from.into(),
        unit.to.into(),
        unit.mapping.as_deref().into(),
        unit.note.as_deref().into(),
    ])
}

fn stored_key(row: &QueryResult) -> Result<String, DbErr> {
    Ok(key(&row.try_get::<String>("", "code")?, row.try_get("", "valid_from")?))
}
