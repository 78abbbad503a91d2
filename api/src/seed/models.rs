//! Livelihood models: 10 to 12 households of one place, the capital they get, and what they pay back.

use chrono::NaiveDate;
use entity::{
    capital_movement,
    enums::{CapitalMovementKind, FundingSource, ModelStatus as Status, ModelTrack, ParticipationOutcome as Outcome},
    ids::{AdminUnitId, HouseholdId, ModelParticipationId, ModelProjectId, ProgramId},
    model_funding, model_participation, participation_funding,
};

use super::{
    Maker,
    calendar::{date, minus_days, minus_months, office_hour, plus_days, plus_months},
    project::Project,
    random::{Random, Topic},
    world::Share,
};

/// The plan pays for 90 models.
const MODELS: usize = 90;
/// A model has 10 to 12 households: both numbers are in the plan (discrepancy D01).
const LEAST: usize = 10;

const TRADES: &[&str] = &[
    "Nuôi bò sinh sản",
    "Nuôi dê",
    "Chăn nuôi gà thả vườn",
    "Trồng bưởi da xanh",
    "Ươm cây giống",
    "Nuôi tôm càng xanh",
    "Đan đát thủ công",
    "Chế biến chỉ xơ dừa",
    "Trồng rau an toàn",
    "Nuôi vịt biển",
];

/// A household that could take part.
#[derive(Clone)]
pub struct Candidate {
    pub household: HouseholdId,
    pub commune: AdminUnitId,
    pub district: AdminUnitId,
    /// Since when it has been on the list of the poor and near-poor.
    pub since: NaiveDate,
    /// And when it left it.
    pub escaped_on: Option<NaiveDate>,
}

/// A place with enough households for a model.
struct Site {
    unit: AdminUnitId,
    commune: Option<AdminUnitId>,
    district: Option<AdminUnitId>,
    name: String,
    group: Vec<Candidate>,
}

/// Makes the projects once all households are known.
pub fn models(maker: &mut Maker<'_>, seed: u64) {
    let sites = sites(maker);
    let step = sites.len().div_ceil(MODELS).max(1);
    for (number, site) in (1..).zip(sites.iter().step_by(step)) {
        livelihood(maker, seed, number, site);
    }
}

/// The communes with enough candidates; where a register is small, what is left of a district, then of the province.
fn sites(maker: &mut Maker<'_>) -> Vec<Site> {
    let candidates = std::mem::take(&mut maker.candidates);
    let (mut sites, mut left) = (Vec::new(), Vec::new());
    for commune in &maker.world.communes {
        let group: Vec<_> = candidates.iter().filter(|one| one.commune == commune.id).cloned().collect();
        if group.len() < LEAST {
            left.extend(group);
            continue;
        }
        let (unit, district) = (commune.id, Some(commune.district_id));
        sites.push(Site { unit, commune: Some(unit), district, name: commune.name.clone(), group });
    }
    let mut districts: Vec<_> =
        maker.world.communes.iter().map(|commune| (commune.district_id, &commune.district_name)).collect();
    districts.sort();
    districts.dedup();
    let mut rest = Vec::new();
    for (district, name) in districts {
        let (group, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|one: &Candidate| one.district == district);
        left = others;
        if group.len() < LEAST {
            rest.extend(group);
            continue;
        }
        sites.push(Site { unit: district, commune: None, district: Some(district), name: name.clone(), group });
    }
    if sites.is_empty() && rest.len() >= LEAST {
        let name = "Tỉnh Bến Tre".to_owned();
        sites.push(Site { unit: maker.world.province, commune: None, district: None, name, group: rest });
    }
    sites
}

fn livelihood(maker: &mut Maker<'_>, seed: u64, number: i64, site: &Site) {
    let random = &mut Random::stream(seed, Topic::Model, number);
    let Start { status, starts_on, members } = start(maker, random, site);
    let last = maker.calendar.last;
    let ends_on = end(starts_on);
    let state_funded = random.percent(70);
    let trade = random.pick(TRADES);
    let closed_on = match status {
        Status::Closed => Some(ends_on),
        Status::Cancelled => Some(plus_days(starts_on, 40).min(last)),
        _ => None,
    };
    let project = Project {
        code: format!("MH-{}-{number:03}", starts_on.format("%Y")),
        name: format!("Mô hình {} {}", trade.to_lowercase(), site.name),
        track: ModelTrack::Livelihood,
        level: None,
        site: (site.unit, site.commune, site.district),
        status,
        program: maker.world.program("LIVELIHOOD_MODELS"),
        period: (Some(starts_on), Some(ends_on)),
        closed_on,
    };
    let id = project.write(maker, random, minus_days(starts_on, 15));
    let mut totals: Vec<Share> = Vec::new();
    for (position, member) in members.iter().enumerate() {
        let shares = shares(maker, random, project.program, state_funded);
        add(&mut totals, &shares);
        enrol(maker, random, id, member, &Enrolment { shares, starts_on, ends_on, status, position });
    }
    for Share { source, line_id, amount } in totals {
        let funding = maker.register.model_funding.id();
        maker.register.model_funding.add(model_funding::Model { id: funding, project_id: id, source, line_id, amount });
    }
}

/// When a model began, and who takes part in it.
struct Start {
    status: Status,
    starts_on: NaiveDate,
    members: Vec<Candidate>,
}

/// Everybody in a model was poor or near-poor when it began. Where too few were for a model to be over by now, there is
/// one that still runs; where too few are at all, one is planned.
fn start(maker: &Maker<'_>, random: &mut Random, site: &Site) -> Start {
    let calendar = &maker.calendar;
    let first_ever = date(2022, 5, 10);
    let wanted =
        random.weighted(&[(Status::Planned, 5), (Status::Active, 55), (Status::Closed, 36), (Status::Cancelled, 4)]);
    if wanted == Status::Cancelled {
        let starts_on = calendar.between(random, first_ever, minus_months(calendar.last, 2));
        return Start { status: wanted, starts_on, members: Vec::new() };
    }
    let tries: &[Status] = match wanted {
        Status::Planned => &[],
        _ => &[wanted, wanted, wanted, wanted, Status::Active, Status::Active, Status::Active],
    };
    let size = LEAST + random.weighted(&[(0, 5), (1, 2), (2, 3)]);
    for &status in tries {
        let (first, last) = match status {
            Status::Closed => (first_ever, minus_months(calendar.last, 25)),
            _ => (minus_months(calendar.last, 20).max(first_ever), minus_months(calendar.last, 1)),
        };
        if first > last {
            continue;
        }
        let starts_on = calendar.between(random, first, last);
        let could = |one: &&Candidate| {
            one.since <= starts_on && one.escaped_on.is_none_or(|day| status == Status::Closed && day > starts_on)
        };
        let members: Vec<_> = site.group.iter().filter(could).take(size).cloned().collect();
        if members.len() >= LEAST {
            return Start { status, starts_on, members };
        }
    }
    let starts_on = plus_days(calendar.last, random.between(20, 90));
    Start { status: Status::Planned, starts_on, members: Vec::new() }
}

/// The last day: a model runs for two years.
fn end(starts_on: NaiveDate) -> NaiveDate {
    minus_days(plus_months(starts_on, 24), 1)
}

/// What one household gets: at most 30 M from the state, nine tenths of it from the centre, or 20 M mobilised.
fn shares(maker: &Maker<'_>, random: &mut Random, program: Option<ProgramId>, state_funded: bool) -> Vec<Share> {
    let line = |code: &str| program.and_then(|program| maker.world.line(program, code));
    if !state_funded {
        return vec![Share { source: FundingSource::SocialMobilization, line_id: line("V.2"), amount: 20_000_000 }];
    }
    let support = random.weighted(&[(20_000_000, 2), (25_000_000, 3), (30_000_000, 5)]);
    let centre = support * 9 / 10;
    vec![
        Share { source: FundingSource::CentralBudget, line_id: line("V.1.2"), amount: centre },
        Share { source: FundingSource::ProvincialBudget, line_id: line("V.1.3"), amount: support - centre },
    ]
}

fn add(totals: &mut Vec<Share>, shares: &[Share]) {
    for share in shares {
        match totals.iter_mut().find(|total| total.source == share.source) {
            Some(total) => total.amount += share.amount,
            None => totals.push(*share),
        }
    }
}

struct Enrolment {
    shares: Vec<Share>,
    starts_on: NaiveDate,
    ends_on: NaiveDate,
    status: Status,
    position: usize,
}

/// Half of the capital comes back when the model ends (plan, II.3.1); some pay a part of it before.
fn enrol(maker: &mut Maker<'_>, random: &mut Random, project: ModelProjectId, one: &Candidate, enrolment: &Enrolment) {
    let last = maker.calendar.last;
    let support: i64 = enrolment.shares.iter().map(|share| share.amount).sum();
    let recoverable = support / 2;
    let enrolled_on = maker.calendar.later(random, enrolment.starts_on, 0, 14);
    let outcome = match enrolment.status {
        Status::Closed if one.escaped_on.is_some() => Outcome::EscapedPoverty,
        Status::Closed if enrolment.position == 7 => Outcome::Withdrawn,
        Status::Closed => Outcome::Unchanged,
        _ => Outcome::Ongoing,
    };
    let part = match outcome {
        Outcome::EscapedPoverty => 4,
        Outcome::Unchanged => random.weighted(&[(4, 6), (2, 3), (1, 1)]),
        Outcome::Withdrawn => 0,
        Outcome::Ongoing => random.weighted(&[(0, 8), (1, 2)]),
    };
    let recovered = recoverable * part / 4;
    let middle = plus_months(enrolment.starts_on, 12);
    let recovered_on = if outcome == Outcome::Ongoing { middle } else { enrolment.ends_on };
    let recovered = if recovered_on <= last { recovered } else { 0 };
    let created_at = office_hour(random, enrolled_on);
    let changed_at = if recovered > 0 { office_hour(random, recovered_on) } else { created_at };
    let id = ModelParticipationId(maker.register.model_participation.id());
    maker.register.model_participation.add(model_participation::Model {
        id,
        project_id: project,
        household_id: one.household,
        commune_id: one.commune,
        district_id: one.district,
        support_amount: support,
        recoverable_amount: recoverable,
        recovered_amount: recovered,
        reinvested_amount: 0,
        outcome,
        enrolled_on,
        version: if recovered > 0 { 2 } else { 1 },
        created_at,
        updated_at: changed_at.max(created_at),
        updated_by: Some(maker.world.agencies.labour),
    });
    for Share { source, line_id, amount } in enrolment.shares.iter().copied() {
        let funding = maker.register.participation_funding.id();
        maker.register.participation_funding.add(participation_funding::Model {
            id: funding,
            participation_id: id,
            source,
            line_id,
            amount,
        });
    }
    movement(maker, random, id, CapitalMovementKind::Advance, (support, enrolled_on));
    if recovered > 0 {
        movement(maker, random, id, CapitalMovementKind::Recovery, (recovered, recovered_on));
    }
}

fn movement(
    maker: &mut Maker<'_>,
    random: &mut Random,
    participation_id: ModelParticipationId,
    kind: CapitalMovementKind,
    (amount, occurred_on): (i64, NaiveDate),
) {
    let prefix = if kind == CapitalMovementKind::Advance { "CV" } else { "TH" };
    let id = maker.register.capital_movement.id();
    maker.register.capital_movement.add(capital_movement::Model {
        id,
        participation_id,
        kind,
        amount,
        occurred_on,
        reference: format!("{prefix}-{:05}", participation_id.0),
        to_participation_id: None,
        agency_id: maker.world.agencies.labour,
        recorded_at: office_hour(random, occurred_on),
    });
}
