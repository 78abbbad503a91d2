//! What can be done with model projects: create, record what comes back, close; `enrol.rs` has who joins.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    capital_movement,
    enums::{AdminLevel, CapitalMovementKind, ModelStatus, ParticipationOutcome},
    ids::{AdminUnitId, AgencyId, ModelParticipationId, ModelProjectId, ProgramId},
    model_funding, model_participation, model_project,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
};

use super::{
    input::{CloseModelProjectInput, CreateModelProjectInput, OutcomeInput, RecordCapitalRecoveryInput},
    rules, store,
};
use crate::{
    access::{Permission, Scope},
    error::{Failure, Result},
    exchange::{Write, items::check_count, same_version},
    place::UnitRef,
    program::{
        funding::{Lines, positive},
        not_future,
    },
    request::Request,
    schema::{Warning, global_id, text},
};

const MAX_CODE: usize = 40;
const MAX_NAME: usize = 200;
const MAX_REFERENCE: usize = 100;

/// A project that was written.
pub struct Written {
    pub id: i64,
    pub warnings: Vec<Warning>,
}

/// Creates a livelihood model or a pilot site.
pub async fn create(request: &Request, input: CreateModelProjectInput) -> Result<Written> {
    request.viewer.require(Permission::ModelProjectWrite)?;
    let place = Place::of(request, &input.site, "input.site")?;
    let program = input.program_code.as_deref().map(|code| request.catalog.program(code, "input.programCode"));
    let program = program.transpose()?.map(|program| ProgramId(program.id));
    let project = new_project(request, &input, &place, program)?;
    let mut write = Write::begin(request, "createModelProject").await?;
    store::code_is_free(&write, project.code.as_ref()).await?;
    let shares = Lines::of(&write, program).await?.shares(&input.funding, "input.funding")?;
    let project = project.insert(&write.tx).await?;
    let funding: Vec<_> = shares
        .iter()
        .map(|share| model_funding::ActiveModel {
            id: NotSet,
            project_id: Set(project.id),
            source: Set(share.source),
            line_id: Set(share.line_id),
            amount: Set(share.amount),
        })
        .collect();
    store::insert_all(&write, &funding).await?;
    write.created(store::project_subject(&project), CREATED);
    write.commit().await?;
    let warnings = rules::pilot_site_warning(input.level, place.level).into_iter().collect();
    Ok(Written { id: project.id.0, warnings })
}

fn new_project(
    request: &Request,
    input: &CreateModelProjectInput,
    place: &Place,
    program: Option<ProgramId>,
) -> Result<model_project::ActiveModel> {
    let (starts_on, ends_on) = (input.starts_on.map(|on| on.0), input.ends_on.map(|on| on.0));
    rules::check_level(input.track, input.level)?;
    rules::check_period(starts_on, ends_on)?;
    let now = request.micros();
    Ok(model_project::ActiveModel {
        id: NotSet,
        code: Set(text::required(&input.code, "input.code", MAX_CODE)?),
        name: Set(text::required(&input.name, "input.name", MAX_NAME)?),
        track: Set(input.track),
        level: Set(input.level),
        site_id: Set(place.site),
        commune_id: Set(place.commune),
        district_id: Set(place.district),
        status: Set(rules::status_on(starts_on, request.today())),
        program_id: Set(program),
        starts_on: Set(starts_on),
        ends_on: Set(ends_on),
        closed_on: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(AgencyId(request.viewer.agency_id))),
    })
}

const CREATED: &[&str] =
    &["code", "name", "track", "level", "site", "status", "program", "startsOn", "endsOn", "funding"];

/// A site, and the commune and district that it lies in or is.
struct Place {
    site: AdminUnitId,
    level: Option<AdminLevel>,
    commune: Option<AdminUnitId>,
    district: Option<AdminUnitId>,
}

impl Place {
    /// The unit that is named, which must lie in the viewer's scope.
    fn of(request: &Request, site: &UnitRef, field: &str) -> Result<Self> {
        let (catalog, scope) = (&request.catalog, request.viewer.scope);
        let unit = catalog.resolve(site, field)?;
        if !matches!(scope, Scope::Province { .. }) && !catalog.lies_in(unit.id, scope.unit_id()) {
            return Err(Failure::forbidden(
                format!("The unit {} lies outside your scope.", unit.code),
                format!("Đơn vị {} nằm ngoài phạm vi của bạn.", unit.code),
            )
            .with_field(field));
        }
        let mut place = Self { site: AdminUnitId(unit.id), level: unit.level(), commune: None, district: None };
        let mut step = Some(unit);
        while let Some(unit) = step {
            match unit.level() {
                Some(AdminLevel::Commune) => place.commune = Some(AdminUnitId(unit.id)),
                Some(AdminLevel::District) => place.district = Some(AdminUnitId(unit.id)),
                _ => {}
            }
            step = unit.parent_id.and_then(|parent| catalog.unit(parent));
        }
        if place.commune.is_some() && place.district.is_none() {
            return Err(Failure::input(
                format!("{field}.on"),
                "On this day the unit lies in no district; name the unit of the register's day for units.",
                "Vào ngày này đơn vị không thuộc huyện nào; hãy nêu đơn vị theo ngày địa giới của hệ thống.",
            ));
        }
        Ok(place)
    }
}

/// CONFLICT where a project has ended.
pub fn still_open(project: &model_project::Model) -> Result<()> {
    if matches!(project.status, ModelStatus::Planned | ModelStatus::Active) {
        return Ok(());
    }
    let (code, status) = (&project.code, project.status.as_str());
    Err(Failure::conflict(
        format!("The model project {code} is {status}."),
        format!("Mô hình {code} đang ở trạng thái {status}, không thể thay đổi."),
    )
    .with_field("input.projectId"))
}

/// Records capital that a household pays back, before or after the close. The same receipt again changes nothing.
pub async fn record_recovery(request: &Request, input: RecordCapitalRecoveryInput) -> Result<i64> {
    request.viewer.require(Permission::ModelProjectWrite)?;
    let id = global_id::expect("ModelParticipation", &input.participation_id, "input.participationId")?;
    let amount = positive(input.amount, "input.amount")?;
    let occurred_on = input.occurred_on.0;
    not_future(occurred_on, "input.occurredOn", request.today())?;
    let reference = text::required(&input.reference, "input.reference", MAX_REFERENCE)?;
    let mut write = Write::begin(request, "recordCapitalRecovery").await?;
    let before = store::participation(&write, ModelParticipationId(id), "input.participationId").await?;
    if let Some(stored) = store::recovery(&write, before.id, &reference).await? {
        if (stored.amount, stored.occurred_on) != (amount, occurred_on) {
            return Err(reference_taken(&stored));
        }
        request.uses.repeated("ModelParticipation", id);
        return Ok(id);
    }
    same_version(input.expected_version, before.version)?;
    may_come_back(&before, amount, occurred_on)?;
    let movement = capital_movement::ActiveModel {
        id: NotSet,
        participation_id: Set(before.id),
        kind: Set(CapitalMovementKind::Recovery),
        amount: Set(amount),
        occurred_on: Set(occurred_on),
        reference: Set(reference),
        to_participation_id: Set(None),
        agency_id: Set(AgencyId(request.viewer.agency_id)),
        recorded_at: Set(request.micros()),
    };
    movement.insert(&write.tx).await?;
    store::settle(&mut write, &[before], &["recoveredAmount"]).await?;
    write.commit().await?;
    Ok(id)
}

fn reference_taken(stored: &capital_movement::Model) -> Failure {
    let capital_movement::Model { reference, amount, occurred_on, .. } = stored;
    Failure::conflict(
        format!("The receipt {reference} is recorded with {amount} đồng on {occurred_on}."),
        format!("Chứng từ {reference} đã được ghi với số tiền {amount} đồng ngày {occurred_on}."),
    )
    .with_field("input.reference")
}

/// Not before the household joined, and no more than is still to come back.
fn may_come_back(before: &model_participation::Model, amount: i64, occurred_on: NaiveDate) -> Result<()> {
    let joined = before.enrolled_on;
    if occurred_on < joined {
        return Err(Failure::input(
            "input.occurredOn",
            format!("Capital can't come back on {occurred_on}: the household joined on {joined}."),
            format!("Không thể thu hồi vốn ngày {occurred_on}: hộ tham gia từ ngày {joined}."),
        ));
    }
    let (to_come, so_far) = (before.recoverable_amount, before.recovered_amount);
    if so_far.checked_add(amount).is_some_and(|sum| sum <= to_come) {
        return Ok(());
    }
    let left = to_come.saturating_sub(so_far);
    Err(Failure::input(
        "input.amount",
        format!("{to_come} đồng is to come back, {so_far} has; {left} is left, {amount} was given."),
        format!("Phải thu hồi {to_come} đồng, đã thu {so_far}, còn {left}; không thể ghi {amount} đồng."),
    ))
}

/// Closes a project with the outcome of every household that still takes part.
pub async fn close(request: &Request, input: CloseModelProjectInput) -> Result<Written> {
    request.viewer.require(Permission::ModelProjectWrite)?;
    check_count(request, "input.outcomes", input.outcomes.len())?;
    let outcomes = decode_outcomes(&input.outcomes)?;
    let id = ModelProjectId(global_id::expect("ModelProject", &input.project_id, "input.projectId")?);
    let mut write = Write::begin(request, "closeModelProject").await?;
    let project = store::project(&write, id, "input.projectId").await?;
    same_version(input.expected_version, project.version)?;
    still_open(&project)?;
    let closed_on = input.closed_on.0;
    not_future(closed_on, "input.closedOn", request.today())?;
    if let Some(first) = project.starts_on.filter(|first| closed_on < *first) {
        return Err(Failure::input(
            "input.closedOn",
            format!("The project can't close on {closed_on}: it starts on {first}."),
            format!("Không thể kết thúc ngày {closed_on}: mô hình bắt đầu từ ngày {first}."),
        ));
    }
    let ongoing = store::ongoing(&write, id).await?;
    check_outcomes(request, &ongoing, &outcomes)?;
    for outcome in ParticipationOutcome::ALL {
        let ended: Vec<_> = ongoing.iter().filter(|row| outcomes.get(&row.id) == Some(outcome)).cloned().collect();
        store::end(&mut write, *outcome, &ended).await?;
    }
    let mut after: model_project::ActiveModel = project.clone().into();
    after.status = Set(ModelStatus::Closed);
    after.closed_on = Set(Some(closed_on));
    store::save(&mut write, &project, after, &["status", "closedOn"]).await?;
    write.commit().await?;
    let still_out = ongoing.iter().map(|row| row.recoverable_amount.saturating_sub(row.recovered_amount));
    Ok(Written { id: id.0, warnings: rules::still_out_warning(still_out).into_iter().collect() })
}

type Outcomes = HashMap<ModelParticipationId, ParticipationOutcome>;

/// Each participation once, with an end.
fn decode_outcomes(given: &[OutcomeInput]) -> Result<Outcomes> {
    let mut outcomes = HashMap::with_capacity(given.len());
    for (index, OutcomeInput { participation_id, outcome }) in given.iter().enumerate() {
        let path = format!("input.outcomes.{index}");
        let field = format!("{path}.participationId");
        let id = ModelParticipationId(global_id::expect("ModelParticipation", participation_id, &field)?);
        if *outcome == ParticipationOutcome::Ongoing {
            return Err(Failure::input(
                format!("{path}.outcome"),
                "A closed model has no ONGOING household; say what became of it.",
                "Mô hình đã kết thúc không còn hộ ONGOING; hãy ghi kết quả của hộ.",
            ));
        }
        if outcomes.insert(id, *outcome).is_some() {
            return Err(Failure::input(
                field,
                "This participation stands twice.",
                "Hộ tham gia mô hình này được khai hai lần.",
            ));
        }
    }
    Ok(outcomes)
}

/// Every household that still takes part has its outcome, and nobody else.
fn check_outcomes(request: &Request, ongoing: &[model_participation::Model], outcomes: &Outcomes) -> Result<()> {
    let scope = request.viewer.scope;
    let beyond = ongoing.iter().filter(|row| !scope.covers(row.commune_id.0, row.district_id.0)).count();
    if beyond > 0 {
        return Err(Failure::forbidden(
            format!(
                "{beyond} households of the model lie outside your scope; a client of a wider scope must close it."
            ),
            format!("Có {beyond} hộ của mô hình nằm ngoài phạm vi của bạn; cần tài khoản phạm vi rộng hơn kết thúc."),
        )
        .with_field("input.projectId"));
    }
    let strangers = outcomes.keys().filter(|id| !ongoing.iter().any(|row| row.id == **id)).count();
    if strangers > 0 {
        return Err(Failure::input(
            "input.outcomes",
            format!("{strangers} of the outcomes are of no household that still takes part in this model."),
            format!("Có {strangers} kết quả không phải của hộ đang tham gia mô hình này."),
        ));
    }
    let lacking = ongoing.iter().filter(|row| !outcomes.contains_key(&row.id)).count();
    if lacking == 0 {
        return Ok(());
    }
    Err(Failure::input(
        "input.outcomes",
        format!("{lacking} households that still take part have no outcome."),
        format!("Còn {lacking} hộ đang tham gia chưa có kết quả."),
    ))
}
