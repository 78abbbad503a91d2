//! What can be recorded: readings of indicators, reports handed in.

use entity::{
    agency,
    ids::{AdminUnitId, AgencyId, ReportObligationId},
    indicator, indicator_reading, plan, report_obligation,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::LockType,
};

use super::{
    input::{RecordIndicatorInput, SubmitReportInput},
    rules,
};
use crate::{
    access::Permission,
    error::{Failure, Result},
    exchange::{Subject, Write},
    program::{not_future, unit_in_scope},
    request::Request,
    schema::{global_id, text},
};

const MAX_NOTE: usize = 1_000;

/// Records a reading and tells the indicator's id. Every reading is kept; the one of the latest day counts, and of one
/// day the last recorded.
pub async fn record_indicator(request: &Request, input: RecordIndicatorInput) -> Result<i64> {
    request.viewer.require(Permission::IndicatorWrite)?;
    not_future(input.as_of.0, "input.asOf", request.today())?;
    let unit = unit_in_scope(request, input.unit.as_ref(), "input.unit")?;
    let note = text::optional(input.note.as_deref(), "input.note", MAX_NOTE)?;
    let mut write = Write::begin(request, "recordIndicator").await?;
    let indicator = find_indicator(&write, &input).await?;
    rules::check_reading(
        &indicator.unit,
        input.value.0,
        input.numerator.map(|number| number.0),
        input.denominator.map(|number| number.0),
    )?;
    let reading = indicator_reading::ActiveModel {
        id: NotSet,
        indicator_id: Set(indicator.id),
        value: Set(input.value.0.normalize().to_string()),
        as_of: Set(input.as_of.0),
        numerator: Set(input.numerator.map(|number| number.0.normalize().to_string())),
        denominator: Set(input.denominator.map(|number| number.0.normalize().to_string())),
        unit_id: Set(unit),
        note: Set(note),
        recorded_at: Set(request.micros()),
        recorded_by: Set(AgencyId(request.viewer.agency_id)),
    };
    reading.insert(&write.tx).await?;
    write.updated(public("Indicator", indicator.id.0, None), &["actual", "asOf"]);
    write.commit().await?;
    Ok(indicator.id.0)
}

async fn find_indicator(write: &Write<'_>, input: &RecordIndicatorInput) -> Result<indicator::Model> {
    let (year, code) = (input.plan_year, &input.code);
    let plan = plan::Entity::find().filter(plan::Column::Year.eq(year)).one(&write.tx).await?.ok_or_else(|| {
        Failure::input(
            "input.planYear",
            format!("There is no plan of the year {year}."),
            format!("Không có kế hoạch của năm {year}."),
        )
    })?;
    let indicator = indicator::Entity::find()
        .filter(indicator::Column::PlanId.eq(plan.id))
        .filter(indicator::Column::Code.eq(code))
        .one(&write.tx)
        .await?;
    indicator.ok_or_else(|| {
        Failure::input(
            "input.code",
            format!("The plan of {year} has no indicator {code}."),
            format!("Kế hoạch năm {year} không có chỉ tiêu {code}."),
        )
    })
}

/// Hands a report in and tells the obligation's id.
pub async fn submit_report(request: &Request, input: SubmitReportInput) -> Result<i64> {
    request.viewer.require(Permission::ReportSubmit)?;
    let field = "input.obligationId";
    let id = ReportObligationId(global_id::expect("ReportObligation", &input.obligation_id, field)?);
    not_future(input.as_of.0, "input.asOf", request.today())?;
    let note = text::optional(input.note.as_deref(), "input.note", MAX_NOTE)?;
    let mut write = Write::begin(request, "submitReport").await?;
    let stored = report_obligation::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&write.tx).await?;
    let stored = stored.ok_or_else(|| Failure::not_found(field))?;
    may_submit(&write, &stored).await?;
    rules::check_report(&stored, input.as_of.0)?;
    let unit = stored.reporter_unit_id;
    let mut after: report_obligation::ActiveModel = stored.into();
    after.submitted_at = Set(Some(request.micros()));
    after.as_of = Set(Some(input.as_of.0));
    after.estimated = Set(Some(input.estimated));
    if note.is_some() {
        after.note = Set(note);
    }
    after.update(&write.tx).await?;
    write.updated(public("ReportObligation", id.0, unit), &["submittedAt", "asOf", "estimated"]);
    write.commit().await?;
    Ok(id.0)
}

/// FORBIDDEN unless the viewer speaks for the reporter, and for its district where the reporter stands for nine.
async fn may_submit(write: &Write<'_>, obligation: &report_obligation::Model) -> Result<()> {
    let viewer = &write.request.viewer;
    let reporter = agency::Entity::find_by_id(obligation.reporter_id).one(&write.tx).await?;
    let reporter = reporter.ok_or_else(|| Failure::internal("a report without reporter"))?.code;
    let covered =
        obligation.reporter_unit_id.is_none_or(|unit| write.request.catalog.lies_in(unit.0, viewer.scope.unit_id()));
    if covered && rules::reports_for(&viewer.agency_code, &reporter) {
        return Ok(());
    }
    Err(Failure::forbidden(
        format!("This report is owed by {reporter}; your agency, {}, can't submit it.", viewer.agency_code),
        format!("Báo cáo này thuộc trách nhiệm của {reporter}; cơ quan {} không được nộp thay.", viewer.agency_code),
    )
    .with_field("input.obligationId"))
}

/// What belongs to the plan counts no versions; a report may be a district's.
const fn public(type_name: &'static str, id: i64, district: Option<AdminUnitId>) -> Subject {
    Subject { type_name, id, version: 1, commune_id: None, district_id: district }
}
