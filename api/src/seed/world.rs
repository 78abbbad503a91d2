//! What the seed finds in the store: places, agencies, programs, products and standards of the reference data.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::{
    EnumSet, admin_unit, agency,
    enums::{AdminLevel, AreaKind, FundingSource, PovertyClass},
    funding_line,
    ids::{AdminUnitId, AgencyId, FundingLineId, ProgramId},
    loan_product, loan_rate, poverty_standard, program,
};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};

use super::{SeedError, calendar::date};

/// The day whose units the register uses: the plan's own communes and districts.
pub const UNITS_DAY: NaiveDate = date(2022, 12, 31);

/// The reference data, by what the seed asks of it.
pub struct World {
    pub province: AdminUnitId,
    /// By code.
    pub communes: Vec<Commune>,
    pub agencies: Agencies,
    pub standards: Vec<poverty_standard::Model>,
    products: Vec<loan_product::Model>,
    /// Rates by product code, the oldest first, in thousandths of a percent a year.
    rates: BTreeMap<String, Vec<(NaiveDate, i64)>>,
    programs: BTreeMap<String, ProgramId>,
    lines: BTreeMap<(ProgramId, String), FundingLineId>,
}

/// A commune, ward or township.
pub struct Commune {
    pub id: AdminUnitId,
    pub code: String,
    pub name: String,
    pub area_kind: AreaKind,
    pub district_id: AdminUnitId,
    pub district_code: String,
    pub district_name: String,
    /// The hamlets that it has already.
    pub hamlets: Vec<AdminUnitId>,
}

/// The agencies that write.
#[derive(Clone, Copy)]
pub struct Agencies {
    pub communes: AgencyId,
    pub districts: AgencyId,
    pub labour: AgencyId,
    pub bank: AgencyId,
    pub insurance: AgencyId,
    pub front: AgencyId,
    pub mass_organisations: AgencyId,
}

impl World {
    pub async fn load(db: &DatabaseConnection) -> Result<Self, SeedError> {
        let units = admin_unit::Entity::find().order_by_asc(admin_unit::Column::Id).all(db).await?;
        let lines = funding_line::Entity::find().all(db).await?;
        let programs = program::Entity::find().all(db).await?;
        let mut rates: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for rate in loan_rate::Entity::find().order_by_asc(loan_rate::Column::EffectiveFrom).all(db).await? {
            let thousandths = thousandths(&rate.annual_rate)?;
            rates.entry(rate.product_code).or_default().push((rate.effective_from, thousandths));
        }
        Ok(Self {
            province: province(&units)?,
            communes: communes(&units)?,
            agencies: Agencies::load(db).await?,
            standards: poverty_standard::Entity::find().all(db).await?,
            products: loan_product::Entity::find().all(db).await?,
            rates,
            programs: programs.into_iter().map(|program| (program.code, program.id)).collect(),
            lines: lines.into_iter().map(|line| ((line.program_id, line.code), line.id)).collect(),
        })
    }

    /// The standard in force on a day.
    pub fn standard(&self, on: NaiveDate) -> Option<&poverty_standard::Model> {
        self.standards.iter().find(|standard| in_force(on, standard.effective_from, standard.effective_to))
    }

    /// The terms of a product on a day.
    pub fn product(&self, code: &str, on: NaiveDate) -> Option<&loan_product::Model> {
        let in_force_then = |product: &&loan_product::Model| {
            product.code == code && in_force(on, product.effective_from, product.effective_to)
        };
        self.products.iter().find(in_force_then)
    }

    /// The rates of a product from the day that each came into force, the oldest first, in thousandths of a percent.
    pub fn rates(&self, product_code: &str) -> &[(NaiveDate, i64)] {
        self.rates.get(product_code).map_or(&[], Vec::as_slice)
    }

    pub fn program(&self, code: &str) -> Option<ProgramId> {
        self.programs.get(code).copied()
    }

    pub fn line(&self, program: ProgramId, code: &str) -> Option<FundingLineId> {
        self.lines.get(&(program, code.to_owned())).copied()
    }
}

impl Agencies {
    async fn load(db: &DatabaseConnection) -> Result<Self, SeedError> {
        let all = agency::Entity::find().all(db).await?;
        let find = |code: &str| {
            let found = all.iter().find(|agency| agency.code == code).map(|agency| agency.id);
            found.ok_or_else(|| SeedError::Reference(format!("agency {code}")))
        };
        Ok(Self {
            communes: find("CPC")?,
            districts: find("DPC")?,
            labour: find("DOLISA")?,
            bank: find("VBSP")?,
            insurance: find("PSI")?,
            front: find("VFF")?,
            mass_organisations: find("MASS_ORGS")?,
        })
    }
}

/// A share of a benefit, a loan or a model: source, line of the plan, đồng.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    pub source: FundingSource,
    pub line_id: Option<FundingLineId>,
    pub amount: i64,
}

/// Whether a day lies in a period whose last day, where it has one, counts.
pub fn in_force(on: NaiveDate, from: NaiveDate, to: Option<NaiveDate>) -> bool {
    from <= on && to.is_none_or(|to| on <= to)
}

/// Whether a product is for a class; a product that names none is for all.
pub fn takes(product: &loan_product::Model, class: Option<PovertyClass>) -> bool {
    let classes: EnumSet<PovertyClass> = product.eligible_classes;
    classes.is_empty() || class.is_some_and(|class| classes.contains(class))
}

fn thousandths(percent: &str) -> Result<i64, SeedError> {
    let exact = percent.parse::<Decimal>().ok().and_then(|rate| rate.checked_mul(Decimal::ONE_THOUSAND));
    exact.and_then(|rate| rate.to_i64()).ok_or_else(|| SeedError::Reference(format!("loan rate {percent}")))
}

fn province(units: &[admin_unit::Model]) -> Result<AdminUnitId, SeedError> {
    let found = valid(units).find(|unit| unit.level == AdminLevel::Province && unit.code == "83");
    found.map(|unit| unit.id).ok_or_else(|| SeedError::Reference("province 83".to_owned()))
}

fn communes(units: &[admin_unit::Model]) -> Result<Vec<Commune>, SeedError> {
    let by_id: BTreeMap<AdminUnitId, &admin_unit::Model> = units.iter().map(|unit| (unit.id, unit)).collect();
    let mut communes = Vec::new();
    for unit in valid(units).filter(|unit| unit.level == AdminLevel::Commune) {
        let lacking = || SeedError::Reference(format!("district or kind of area of commune {}", unit.code));
        let district = unit.parent_id.and_then(|id| by_id.get(&id)).ok_or_else(lacking)?;
        communes.push(Commune {
            id: unit.id,
            code: unit.code.clone(),
            name: unit.name.clone(),
            area_kind: unit.area_kind.ok_or_else(lacking)?,
            district_id: district.id,
            district_code: district.code.clone(),
            district_name: district.name.clone(),
            hamlets: units
                .iter()
                .filter(|hamlet| hamlet.level == AdminLevel::Hamlet && hamlet.parent_id == Some(unit.id))
                .map(|hamlet| hamlet.id)
                .collect(),
        });
    }
    communes.sort_by(|one, other| one.code.cmp(&other.code));
    match communes.is_empty() {
        true => Err(SeedError::Reference("communes".to_owned())),
        false => Ok(communes),
    }
}

fn valid(units: &[admin_unit::Model]) -> impl Iterator<Item = &admin_unit::Model> {
    let first = NaiveDate::MIN;
    units.iter().filter(move |unit| in_force(UNITS_DAY, unit.valid_from.unwrap_or(first), unit.valid_to))
}
