//! Enrolment: households join a model project and get its capital, new or recovered from others.
//!
//! A batch takes the same few statements whatever its size: everything it needs is loaded and locked first, the items
//! are checked in memory, also against each other, and what is accepted is written at once.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    capital_movement,
    enums::{CapitalMovementKind, ModelStatus, ModelTrack, ParticipationOutcome},
    household,
    ids::{AgencyId, HouseholdId, ModelParticipationId, ModelProjectId},
    model_participation, model_project, participation_funding,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait,
};

use super::{
    input::{EnrolHouseholdsInput, EnrolmentInput},
    rules::{self, Capital},
    store,
};
use crate::{
    access::Permission,
    error::{Failure, Result},
    exchange::{
        Write,
        items::{Outcome, check_count},
        same_version,
    },
    household::{HouseholdOn, households_on, service::still_there, store::households},
    program::{
        Allocations,
        advancing::Advancing,
        funding::{Lines, Share, add_up},
    },
    request::Request,
    schema::{Warning, global_id},
};

/// What became of a batch.
pub struct Enrolled {
    pub project: i64,
    /// With the id of the participation.
    pub outcomes: Vec<Outcome<i64>>,
    pub warnings: Vec<Warning>,
}

/// The records that an item names.
struct Named {
    household: HouseholdId,
    sources: Vec<ModelParticipationId>,
}

/// An item that is accepted.
struct Enrolment {
    household: HouseholdId,
    support: i64,
    shares: Vec<Share>,
    recoverable: i64,
    /// What participations pay of it.
    drawn: Vec<(ModelParticipationId, i64)>,
}

/// What the items of a batch are checked against.
struct Enrolling {
    project: model_project::Model,
    households: HashMap<HouseholdId, household::Model>,
    /// The same as they are today.
    standing: HashMap<HouseholdId, HouseholdOn>,
    enrolled: HashSet<HouseholdId>,
    held: HashMap<HouseholdId, Capital>,
    /// What programs give them.
    advancing: Advancing,
    sources: Vec<model_participation::Model>,
    /// Recovered and not yet reinvested.
    available: HashMap<ModelParticipationId, i64>,
    lines: Lines,
    allocations: Allocations,
}

/// Enrols households in a project.
pub async fn enrol(request: &Request, input: EnrolHouseholdsInput) -> Result<Enrolled> {
    request.viewer.require(Permission::ModelProjectWrite)?;
    check_count(request, "input.items", input.items.len())?;
    let id = ModelProjectId(global_id::expect("ModelProject", &input.project_id, "input.projectId")?);
    let mut write = Write::begin(request, "enrolHouseholds").await?;
    let project = store::project(&write, id, "input.projectId").await?;
    same_version(input.expected_version, project.version)?;
    takes_households(&project, request.today())?;
    let named: Vec<_> = input.items.iter().map(named).collect();
    let mut enrolling = Enrolling::load(&write, project, &named).await?;
    let checked: Vec<_> = input.items.iter().zip(named).map(|(item, named)| enrolling.check(item, named?)).collect();
    let accepted: Vec<_> = checked.iter().flatten().collect();
    if accepted.is_empty() {
        return Ok(Enrolled { project: id.0, outcomes: outcomes(checked, &HashMap::new()), warnings: Vec::new() });
    }
    let ids = insert(&mut write, &enrolling, &accepted).await?;
    lend_on(&mut write, &enrolling, &accepted).await?;
    start(&mut write, &enrolling.project).await?;
    let warnings = enrolling.warnings(&checked);
    write.commit().await?;
    Ok(Enrolled { project: id.0, outcomes: outcomes(checked, &ids), warnings })
}

/// A project takes households from its first day until it is closed.
fn takes_households(project: &model_project::Model, today: NaiveDate) -> Result<()> {
    super::service::still_open(project)?;
    match project.starts_on {
        Some(first) if first > today => Err(Failure::conflict(
            format!("The model project {} starts on {first}; capital is advanced from that day on.", project.code),
            format!("Mô hình {} bắt đầu từ ngày {first}; chỉ cấp vốn từ ngày đó.", project.code),
        )
        .with_field("input.projectId")),
        _ => Ok(()),
    }
}

fn named(item: &EnrolmentInput) -> Result<Named> {
    let household = HouseholdId(global_id::expect("Household", &item.household_id, "householdId")?);
    let mut sources = Vec::new();
    for (index, id) in item.reinvested_from.iter().flatten().enumerate() {
        let path = format!("reinvestedFrom.{index}");
        let source = ModelParticipationId(global_id::expect("ModelParticipation", id, &path)?);
        if sources.contains(&source) {
            return Err(Failure::input(
                path,
                "This participation stands twice.",
                "Hộ tham gia mô hình này được khai hai lần.",
            ));
        }
        sources.push(source);
    }
    Ok(Named { household, sources })
}

impl Enrolling {
    async fn load(write: &Write<'_>, project: model_project::Model, named: &[Result<Named>]) -> Result<Self> {
        let ids: HashSet<_> = named.iter().flatten().map(|item| item.household).collect();
        let sources: HashSet<_> = named.iter().flatten().flat_map(|item| item.sources.iter().copied()).collect();
        let households = households(write, ids.iter().copied()).await?;
        let sources = if sources.is_empty() { Vec::new() } else { store::participations(write, sources).await? };
        let available = sources.iter().map(|row| (row.id, row.recovered_amount - row.reinvested_amount)).collect();
        let lines = Lines::of(write, project.program_id).await?;
        Ok(Self {
            standing: households_on(write, households.iter(), write.request.today()).await?,
            households: households.into_iter().map(|row| (row.id, row)).collect(),
            enrolled: store::enrolled(write, project.id).await?,
            advancing: Advancing::load(write, project.program_id, ids.iter().copied()).await?,
            held: store::held(write, ids).await?,
            sources,
            available,
            allocations: Allocations::lock(write, lines.ids()).await?,
            lines,
            project,
        })
    }

    fn check(&mut self, item: &EnrolmentInput, named: Named) -> Result<Enrolment> {
        let id = named.household;
        let household = self.households.get(&id).ok_or_else(|| Failure::not_found("householdId"))?;
        still_there(household, "householdId")?;
        if self.enrolled.contains(&id) {
            return Err(Failure::conflict(
                format!("The household {} is in the model already.", household.code),
                format!("Hộ {} đã tham gia mô hình này.", household.code),
            )
            .with_field("householdId"));
        }
        let support = support_amount(item)?;
        let shares = self.lines.shares(&item.funding, "funding")?;
        add_up(&shares, support, "funding")?;
        let capital = Capital::of(&shares).ok_or_else(|| Failure::internal("shares overflow that added up"))?;
        if self.project.track == ModelTrack::Livelihood {
            let held = self.held.get(&id).copied().unwrap_or_default();
            rules::within_ceilings(held, capital, "supportAmount")?;
            if support > 0 {
                self.advancing.check(id).map_err(|failure| failure.with_field("householdId"))?;
            }
        }
        let drawn = self.draw(&named.sources, support)?;
        let of_lines: Vec<_> = shares.iter().filter_map(|share| Some((share.line_id?, share.amount))).collect();
        rules::new_money_of_lines(&shares, support, drawn.iter().map(|(_, amount)| *amount), "funding")?;
        self.allocations.commit(&of_lines, "funding")?;
        // Nothing is taken before all is checked: a refused item leaves household and capital to the next.
        self.enrolled.insert(id);
        for (source, amount) in &drawn {
            if let Some(available) = self.available.get_mut(source) {
                *available -= amount;
            }
        }
        let recoverable = rules::recoverable(self.project.track, capital);
        Ok(Enrolment { household: id, support, shares, recoverable, drawn })
    }

    /// What the named participations give to an advance: each must have something left.
    fn draw(&self, named: &[ModelParticipationId], support: i64) -> Result<Vec<(ModelParticipationId, i64)>> {
        if self.project.track == ModelTrack::PilotSite && !named.is_empty() {
            return Err(Failure::input(
                "reinvestedFrom",
                "Recovered capital is lent on in livelihood models only.",
                "Vốn thu hồi chỉ được quay vòng trong các mô hình sinh kế.",
            ));
        }
        let mut available = Vec::with_capacity(named.len());
        for (index, source) in named.iter().enumerate() {
            let path = format!("reinvestedFrom.{index}");
            match self.available.get(source) {
                None => return Err(Failure::not_found(path)),
                Some(0) => {
                    return Err(Failure::conflict(
                        "This participation has no recovered capital left to reinvest.",
                        "Hộ này không còn vốn thu hồi để quay vòng.",
                    )
                    .with_field(path));
                }
                Some(amount) => available.push((*source, *amount)),
            }
        }
        Ok(rules::draw(support, &available))
    }

    fn warnings(&self, checked: &[Result<Enrolment>]) -> Vec<Warning> {
        let track = self.project.track;
        let classes = checked.iter().enumerate().filter_map(|(index, item)| {
            let standing = self.standing.get(&item.as_ref().ok()?.household)?;
            rules::class_warning(track, standing.class, format!("input.items.{index}.householdId"))
        });
        rules::size_warning(track, self.enrolled.len()).into_iter().chain(classes).collect()
    }
}

fn support_amount(item: &EnrolmentInput) -> Result<i64> {
    let amount = item.support_amount.0;
    if amount >= 0 {
        return Ok(amount);
    }
    Err(Failure::input(
        "supportAmount",
        format!("The support can't be below 0; {amount} was given."),
        format!("Số tiền hỗ trợ không được âm; đã khai {amount}."),
    ))
}

/// Inserts what is accepted and tells the participations' ids.
async fn insert(
    write: &mut Write<'_>,
    enrolling: &Enrolling,
    accepted: &[&Enrolment],
) -> Result<HashMap<HouseholdId, ModelParticipationId>> {
    let rows: Vec<_> = accepted.iter().filter_map(|item| new_participation(write, enrolling, item)).collect();
    let stored = model_participation::Entity::insert_many(rows).exec_with_returning(&write.tx).await?;
    let mut ids = HashMap::with_capacity(stored.len());
    for row in &stored {
        write.created(
            store::participation_subject(row, row.version),
            &["project", "household", "supportAmount", "funding", "outcome"],
        );
        ids.insert(row.household_id, row.id);
    }
    let mut funding = Vec::new();
    for (item, participation_id) in with_ids(accepted, &ids) {
        funding.extend(item.shares.iter().map(|share| participation_funding::ActiveModel {
            id: NotSet,
            participation_id: Set(participation_id),
            source: Set(share.source),
            line_id: Set(share.line_id),
            amount: Set(share.amount),
        }));
    }
    store::insert_all(write, &funding).await?;
    store::insert_all(write, &movements(write, enrolling, accepted, &ids)).await?;
    Ok(ids)
}

fn with_ids<'a>(
    accepted: &'a [&Enrolment],
    ids: &'a HashMap<HouseholdId, ModelParticipationId>,
) -> impl Iterator<Item = (&'a Enrolment, ModelParticipationId)> {
    accepted.iter().filter_map(|item| Some((*item, *ids.get(&item.household)?)))
}

fn new_participation(
    write: &Write<'_>,
    enrolling: &Enrolling,
    item: &Enrolment,
) -> Option<model_participation::ActiveModel> {
    let household = enrolling.households.get(&item.household)?;
    let now = write.request.micros();
    Some(model_participation::ActiveModel {
        id: NotSet,
        project_id: Set(enrolling.project.id),
        household_id: Set(household.id),
        commune_id: Set(household.commune_id),
        district_id: Set(household.district_id),
        support_amount: Set(item.support),
        recoverable_amount: Set(item.recoverable),
        recovered_amount: Set(0),
        reinvested_amount: Set(0),
        outcome: Set(ParticipationOutcome::Ongoing),
        enrolled_on: Set(write.request.today()),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(AgencyId(write.request.viewer.agency_id))),
    })
}

/// Each advance, and where recovered capital went. The reference is the project's code and the participation's number. It
/// tells nothing of the household: who sees where capital came from may not see where it went.
fn movements(
    write: &Write<'_>,
    enrolling: &Enrolling,
    accepted: &[&Enrolment],
    ids: &HashMap<HouseholdId, ModelParticipationId>,
) -> Vec<capital_movement::ActiveModel> {
    let mut movements = Vec::new();
    for (item, participation) in with_ids(accepted, ids) {
        let mut movement = |of, kind, amount, to| {
            movements.push(capital_movement::ActiveModel {
                id: NotSet,
                participation_id: Set(of),
                kind: Set(kind),
                amount: Set(amount),
                occurred_on: Set(write.request.today()),
                reference: Set(format!("{}/{}", enrolling.project.code, participation.0)),
                to_participation_id: Set(to),
                agency_id: Set(AgencyId(write.request.viewer.agency_id)),
                recorded_at: Set(write.request.micros()),
            });
        };
        for (source, amount) in &item.drawn {
            movement(*source, CapitalMovementKind::Reinvestment, *amount, Some(participation));
        }
        if item.support > 0 {
            movement(participation, CapitalMovementKind::Advance, item.support, None);
        }
    }
    movements
}

/// The participations whose capital was lent on know how much of it.
async fn lend_on(write: &mut Write<'_>, enrolling: &Enrolling, accepted: &[&Enrolment]) -> Result<()> {
    let drawn: HashSet<_> = accepted.iter().flat_map(|item| item.drawn.iter().map(|(source, _)| *source)).collect();
    let sources: Vec<_> = enrolling.sources.iter().filter(|row| drawn.contains(&row.id)).cloned().collect();
    store::settle(write, &sources, &["reinvestedAmount"]).await
}

/// With the first capital a planned project runs.
async fn start(write: &mut Write<'_>, project: &model_project::Model) -> Result<()> {
    let mut after: model_project::ActiveModel = project.clone().into();
    let mut fields = vec!["participants", "capital"];
    if project.status == ModelStatus::Planned {
        after.status = Set(ModelStatus::Active);
        fields.push("status");
        if project.starts_on.is_none() {
            after.starts_on = Set(Some(write.request.today()));
            fields.push("startsOn");
        }
    }
    store::save(write, project, after, &fields).await
}

fn outcomes(checked: Vec<Result<Enrolment>>, ids: &HashMap<HouseholdId, ModelParticipationId>) -> Vec<Outcome<i64>> {
    let outcome = |item: Result<Enrolment>| match item {
        Ok(item) => match ids.get(&item.household) {
            Some(id) => Outcome::applied(id.0),
            None => Outcome::refused(Failure::internal("an enrolment without its row")),
        },
        Err(failure) => Outcome::refused(failure),
    };
    checked.into_iter().map(outcome).collect()
}
