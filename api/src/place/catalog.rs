//! Units, programs, loan products and poverty standards by the codes that requests name: small, read often, changed by reference data
//! and hamlets only. Each process keeps a copy, renewed every few seconds and when it registers a hamlet itself.

use std::{
    collections::{HashMap, HashSet},
    sync::{PoisonError, RwLock},
};

use async_graphql::InputObject;
use chrono::NaiveDate;
use entity::enums::AdminLevel;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use crate::{
    access::Scope,
    db::Db,
    error::{Failure, Result},
    read::Conditions,
    schema::scalars::Date,
};

/// The unit that bore the code on the day; without a day, on the register's day for units.
#[derive(Clone, Debug, InputObject)]
pub struct UnitRef {
    /// Official code.
    pub code: String,
    /// The day, since codes are reused.
    pub on: Option<Date>,
}

/// A unit in one form of its life.
#[derive(Clone, Debug, Eq, FromQueryResult, PartialEq)]
pub struct Unit {
    pub id: i64,
    pub code: String,
    pub level: String,
    pub area_kind: Option<String>,
    pub parent_id: Option<i64>,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
}

/// A record with a code.
#[derive(Clone, Debug, Eq, FromQueryResult, PartialEq)]
pub struct Coded {
    pub id: i64,
    pub code: String,
}

#[derive(Default, Eq, PartialEq)]
struct Entries {
    units: HashMap<i64, Unit>,
    units_by_code: HashMap<String, Vec<i64>>,
    programs: HashMap<String, Coded>,
    products: HashSet<String>,
    standards: HashSet<String>,
    /// How often they have changed.
    version: u64,
}

pub struct Catalog {
    entries: RwLock<Entries>,
    /// The day for units where none is named.
    units_day: NaiveDate,
}

impl Unit {
    pub fn level(&self) -> Option<AdminLevel> {
        AdminLevel::parse(&self.level)
    }

    fn valid_on(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

impl Catalog {
    /// An empty one, to be filled once the database is migrated.
    pub fn new(units_day: NaiveDate) -> Self {
        Self { entries: RwLock::default(), units_day }
    }

    /// Reads everything anew: at the start, and after a hamlet was registered.
    pub async fn refresh(&self, db: &Db) -> Result<(), DbErr> {
        let backend = db.dialect.backend();
        let all = |sql: &str| sea_orm::Statement::from_string(backend, sql.to_owned());
        let units = Unit::find_by_statement(all(
            "SELECT id, code, level, area_kind, parent_id, valid_from, valid_to FROM admin_unit",
        ))
        .all(&db.connection)
        .await?;
        let programs = Coded::find_by_statement(all("SELECT id, code FROM program")).all(&db.connection).await?;
        let products = Coded::find_by_statement(all("SELECT id, code FROM loan_product")).all(&db.connection).await?;
        let standards =
            Coded::find_by_statement(all("SELECT id, code FROM poverty_standard")).all(&db.connection).await?;
        let mut entries = Entries::default();
        for unit in units {
            entries.units_by_code.entry(unit.code.clone()).or_default().push(unit.id);
            entries.units.insert(unit.id, unit);
        }
        entries.programs = programs.into_iter().map(|coded| (coded.code.clone(), coded)).collect();
        entries.products = products.into_iter().map(|coded| coded.code).collect();
        entries.standards = standards.into_iter().map(|coded| coded.code).collect();
        let mut known = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.version = known.version;
        if *known != entries {
            entries.version += 1;
            *known = entries;
        }
        Ok(())
    }

    /// Another one when anything in it has changed.
    pub fn version(&self) -> u64 {
        self.read(|entries| entries.version)
    }

    fn read<T>(&self, get: impl FnOnce(&Entries) -> T) -> T {
        get(&self.entries.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn unit(&self, id: i64) -> Option<Unit> {
        self.read(|entries| entries.units.get(&id).cloned())
    }

    fn find(&self, code: &str, day: NaiveDate) -> Option<Unit> {
        self.read(|entries| {
            let ids = entries.units_by_code.get(code)?;
            ids.iter().filter_map(|id| entries.units.get(id)).find(|unit| unit.valid_on(day)).cloned()
        })
    }

    /// The unit that is named, or BAD_USER_INPUT with the field.
    pub fn resolve(&self, reference: &UnitRef, field: &str) -> Result<Unit> {
        let day = reference.on.map_or(self.units_day, |on| on.0);
        self.find(&reference.code, day).ok_or_else(|| {
            let code = &reference.code;
            Failure::input(
                format!("{field}.code"),
                format!("No administrative unit bore the code {code} on {day}."),
                format!("Không có đơn vị hành chính nào mang mã {code} vào ngày {day}."),
            )
        })
    }

    /// The commune with this code on the register's day for units.
    pub fn commune(&self, code: &str, field: &str) -> Result<Unit> {
        let day = self.units_day;
        self.find(code, day).filter(|unit| unit.level() == Some(AdminLevel::Commune)).ok_or_else(|| {
            Failure::input(
                field,
                format!("No commune bore the code {code} on {day}."),
                format!("Không có xã, phường, thị trấn nào mang mã {code} vào ngày {day}."),
            )
        })
    }

    pub fn program(&self, code: &str, field: &str) -> Result<Coded> {
        self.read(|entries| entries.programs.get(code).cloned())
            .ok_or_else(|| unknown("program", "chương trình", code, field))
    }

    /// Learns of what was just recorded here: it is there whether or not this copy knows its code, a miss looks in the
    /// database.
    pub async fn learn(&self, db: &Db, what: &str) {
        if let Err(error) = self.refresh(db).await {
            tracing::warn!(%error, "the catalog was not refreshed after {what} was recorded");
        }
    }

    /// Whether this copy has a product of this code, on whatever day: one of the last seconds may be missing from it.
    pub fn product(&self, code: &str, field: &str) -> Result<()> {
        if self.read(|entries| entries.products.contains(code)) { Ok(()) } else { Err(unknown_product(code, field)) }
    }

    /// Whether a product of this code exists, on whatever day. One that another process recorded is not in this copy yet: a
    /// miss looks in the database.
    pub async fn knows_product(&self, db: &Db, code: &str, field: &str) -> Result<()> {
        if self.product(code, field).is_ok() || is_there(db, "loan_product", code).await? {
            return Ok(());
        }
        Err(unknown_product(code, field))
    }

    /// Whether a poverty standard of this code exists. One that another process recorded is not in this copy yet: a miss
    /// looks in the database.
    pub async fn knows_standard(&self, db: &Db, code: &str, field: &str) -> Result<()> {
        if self.read(|entries| entries.standards.contains(code)) || is_there(db, "poverty_standard", code).await? {
            return Ok(());
        }
        Err(unknown("poverty standard", "chuẩn nghèo", code, field))
    }

    /// Whether a unit is another or a part of it.
    pub fn lies_in(&self, unit_id: i64, within: i64) -> bool {
        self.read(|entries| {
            let mut step = entries.units.get(&unit_id);
            while let Some(unit) = step {
                if unit.id == within {
                    return true;
                }
                step = unit.parent_id.and_then(|parent| entries.units.get(&parent));
            }
            false
        })
    }

    /// The scope that a unit makes; none for a hamlet.
    pub fn scope(&self, unit_id: i64) -> Option<Scope> {
        match self.unit(unit_id)?.level()? {
            AdminLevel::Province => Some(Scope::Province { unit_id }),
            AdminLevel::District => Some(Scope::District { unit_id }),
            AdminLevel::Commune => Some(Scope::Commune { unit_id }),
            AdminLevel::Hamlet => None,
        }
    }
}

/// Whether a table has a row with the code.
async fn is_there(db: &Db, table: &'static str, code: &str) -> Result<bool> {
    let sql = format!("SELECT 1 FROM {table} WHERE code = {}1 LIMIT 1", db.dialect.placeholder());
    Ok(db.connection.query_one_raw(db.statement(sql, vec![code.into()])).await?.is_some())
}

/// The refusal of a product that there is not.
pub fn unknown_product(code: &str, field: &str) -> Failure {
    unknown("loan product", "sản phẩm tín dụng", code, field)
}

fn unknown(what: &str, what_vi: &str, code: &str, field: &str) -> Failure {
    Failure::input(
        field,
        format!("There is no {what} with the code {code}."),
        format!("Không có {what_vi} mang mã {code}."),
    )
}

impl UnitRef {
    /// Rows (with `commune_id` and `district_id`) of this unit; for households also of a hamlet.
    pub fn condition(&self, rows: &mut Conditions<'_>, field: &str) -> Result<()> {
        let unit = rows.catalog.resolve(self, field)?;
        match unit.level() {
            Some(AdminLevel::District) => rows.add("{c}.district_id = {0}", [unit.id.into()]),
            Some(AdminLevel::Commune) => rows.add_of_commune(unit.id),
            Some(AdminLevel::Hamlet) => rows.add_in_commune(rows.in_hamlet(), unit.id),
            _ => rows.add("{c}.district_id IN (SELECT id FROM admin_unit WHERE parent_id = {0})", [unit.id.into()]),
        }
        Ok(())
    }
}
