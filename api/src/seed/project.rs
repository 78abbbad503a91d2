//! The row of a model project, and the pilot sites, which are nothing but that row.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use entity::{
    enums::{AdminLevel, ModelStatus as Status, ModelTrack},
    ids::{AdminUnitId, ModelProjectId, ProgramId},
    model_project,
};

use super::{
    Maker,
    calendar::{date, office_hour},
    random::{Random, Topic},
};

pub struct Project {
    pub code: String,
    pub name: String,
    pub track: ModelTrack,
    pub level: Option<AdminLevel>,
    /// The site, and its commune and district where it lies in one.
    pub site: (AdminUnitId, Option<AdminUnitId>, Option<AdminUnitId>),
    pub status: Status,
    pub program: Option<ProgramId>,
    pub period: (Option<NaiveDate>, Option<NaiveDate>),
    pub closed_on: Option<NaiveDate>,
}

impl Project {
    pub fn write(&self, maker: &mut Maker<'_>, random: &mut Random, created_on: NaiveDate) -> ModelProjectId {
        let created_at = office_hour(random, created_on.min(maker.calendar.last));
        let id = ModelProjectId(maker.register.model_project.id());
        let (site_id, commune_id, district_id) = self.site;
        maker.register.model_project.add(model_project::Model {
            id,
            code: self.code.clone(),
            name: self.name.clone(),
            track: self.track,
            level: self.level,
            site_id,
            commune_id,
            district_id,
            status: self.status,
            program_id: self.program,
            starts_on: self.period.0,
            ends_on: self.period.1,
            closed_on: self.closed_on,
            version: if self.status == Status::Planned { 1 } else { 2 },
            created_at,
            updated_at: self.closed_on.map_or(created_at, |on| created_at.max(office_hour(random, on))),
            updated_by: Some(maker.world.agencies.labour),
        });
        id
    }
}

/// One commune for the province, one in each district, one hamlet in each commune (plan, II.9): 167 in the real plan.
pub fn pilot_sites(maker: &mut Maker<'_>, seed: u64) {
    let world = maker.world;
    let mut sites = Vec::new();
    let mut districts = BTreeSet::new();
    for commune in &world.communes {
        let place = (commune.id, Some(commune.id), Some(commune.district_id));
        if districts.is_empty() {
            sites.push((AdminLevel::Province, place, format!("{} (điểm tỉnh)", commune.name)));
        }
        if districts.insert(commune.district_id) {
            sites.push((AdminLevel::District, place, format!("{} (điểm huyện)", commune.name)));
        }
        if let Some(hamlet) = commune.hamlets.first() {
            let place = (*hamlet, Some(commune.id), Some(commune.district_id));
            sites.push((AdminLevel::Commune, place, format!("{} (điểm xã)", commune.name)));
        }
    }
    for (number, (level, site, name)) in (1..).zip(sites) {
        let random = &mut Random::stream(seed, Topic::PilotSite, number);
        let starts_on = maker.calendar.between(random, date(2022, 4, 20), date(2022, 11, 30));
        let project = Project {
            code: format!("MD-2022-{number:03}"),
            name: format!("Mô hình điểm an sinh xã hội {name}"),
            track: ModelTrack::PilotSite,
            level: Some(level),
            site,
            status: Status::Active,
            program: None,
            period: (Some(starts_on), Some(date(2025, 12, 31)).filter(|end| *end > maker.calendar.last)),
            closed_on: None,
        };
        project.write(maker, random, starts_on);
    }
}
