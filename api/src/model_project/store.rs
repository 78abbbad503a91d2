//! Look-ups and bulk writes of model projects: as far as the viewer sees them, and locked until the write ends.

use std::collections::{HashMap, HashSet};

use entity::{
    capital_movement,
    enums::{CapitalMovementKind, FundingSource, ParticipationOutcome},
    ids::{AdminUnitId, AgencyId, HouseholdId, ModelParticipationId, ModelProjectId},
    model_participation, model_project,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, SimpleExpr},
};

use super::rules::Capital;
use crate::{
    access::Scope,
    error::{Failure, Result},
    exchange::{Subject, Write},
};

/// Rows of one insert: SQLite takes 32,766 values a statement.
const ROWS: usize = 1_000;

/// The project with this id, locked: NOT_FOUND where the viewer sees none, FORBIDDEN where it is seen (the province's own,
/// or one with a household in scope) and yet lies outside the viewer's scope.
pub async fn project(write: &Write<'_>, id: ModelProjectId, field: &str) -> Result<model_project::Model> {
    use model_project::Column::{CommuneId, DistrictId, Id};
    let scope = write.request.viewer.scope;
    let own = match scope {
        Scope::Province { .. } => None,
        Scope::District { unit_id } => Some(DistrictId.eq(unit_id)),
        Scope::Commune { unit_id } => Some(CommuneId.eq(unit_id)),
    };
    let mut query = model_project::Entity::find_by_id(id).lock_exclusive();
    if let Some(own) = own {
        let members = model_participation::Entity::find().select_only().column(model_participation::Column::ProjectId);
        let members = write.request.visible(members);
        let provincial = CommuneId.is_null().and(DistrictId.is_null());
        query = query.filter(own.or(provincial).or(Id.in_subquery(members.into_query())));
    }
    let project = query.one(&write.tx).await?.ok_or_else(|| Failure::not_found(field))?;
    let unit = |id: Option<AdminUnitId>| id.map_or(0, |id| id.0);
    if scope.covers(unit(project.commune_id), unit(project.district_id)) {
        return Ok(project);
    }
    Err(Failure::forbidden(
        format!("The model project {} lies outside your scope.", project.code),
        format!("Mô hình {} nằm ngoài phạm vi của bạn.", project.code),
    )
    .with_field(field))
}

/// CONFLICT where a project bears the code, in scope or not: codes are the province's.
pub async fn code_is_free(write: &Write<'_>, code: &str) -> Result<()> {
    let taken = model_project::Entity::find().filter(model_project::Column::Code.eq(code)).one(&write.tx).await?;
    if taken.is_none() {
        return Ok(());
    }
    Err(Failure::conflict(
        format!("There is a model project with the code {code} already."),
        format!("Mã mô hình {code} đã tồn tại."),
    )
    .with_field("input.code"))
}

/// The participation with this id, locked; NOT_FOUND where the viewer sees none.
pub async fn participation(
    write: &Write<'_>,
    id: ModelParticipationId,
    field: &str,
) -> Result<model_participation::Model> {
    let found = participations(write, [id]).await?;
    found.into_iter().next().ok_or_else(|| Failure::not_found(field))
}

/// The participations with these ids that the viewer sees, locked in the order of their ids.
pub async fn participations(
    write: &Write<'_>,
    ids: impl IntoIterator<Item = ModelParticipationId>,
) -> Result<Vec<model_participation::Model>> {
    let query = model_participation::Entity::find()
        .filter(one_of(write, "model_participation.id", ids.into_iter().map(|id| id.0)))
        .order_by_asc(model_participation::Column::Id)
        .lock_exclusive();
    Ok(write.request.visible(query).all(&write.tx).await?)
}

/// The households that still take part in a project, in scope or not, locked in the order of their ids.
pub async fn ongoing(write: &Write<'_>, project: ModelProjectId) -> Result<Vec<model_participation::Model>> {
    let query = model_participation::Entity::find()
        .filter(model_participation::Column::ProjectId.eq(project))
        .filter(model_participation::Column::Outcome.eq(ParticipationOutcome::Ongoing))
        .order_by_asc(model_participation::Column::Id)
        .lock_exclusive();
    Ok(query.all(&write.tx).await?)
}

/// Every household that takes or took part in a project.
pub async fn enrolled(write: &Write<'_>, project: ModelProjectId) -> Result<HashSet<HouseholdId>> {
    let found: Vec<HouseholdId> = model_participation::Entity::find()
        .select_only()
        .column(model_participation::Column::HouseholdId)
        .filter(model_participation::Column::ProjectId.eq(project))
        .into_tuple()
        .all(&write.tx)
        .await?;
    Ok(found.into_iter().collect())
}

/// The capital that households hold in livelihood models that still run.
pub async fn held(
    write: &Write<'_>,
    households: impl IntoIterator<Item = HouseholdId>,
) -> Result<HashMap<HouseholdId, Capital>> {
    let dialect = write.request.db.dialect;
    let sql = format!(
        "SELECT p.household_id, f.source, CAST(sum(f.amount) AS BIGINT) FROM model_participation p \
         JOIN model_project m ON m.id = p.project_id JOIN participation_funding f ON f.participation_id = p.id \
         WHERE m.track = 'LIVELIHOOD' AND p.outcome = 'ONGOING' AND {} GROUP BY p.household_id, f.source",
        dialect.one_of("p.household_id", &format!("{}1", dialect.placeholder())),
    );
    let households = dialect.numbers(households.into_iter().map(|id| id.0));
    let mut held: HashMap<HouseholdId, Capital> = HashMap::new();
    for row in write.tx.query_all_raw(dialect.statement(sql, vec![households])).await? {
        let household: HouseholdId = row.try_get_by_index(0)?;
        let source: FundingSource = row.try_get_by_index(1)?;
        let capital = held.entry(household).or_default();
        let more = capital.with(source, row.try_get_by_index(2)?);
        *capital = more.ok_or_else(|| Failure::internal("the capital of a household overflows"))?;
    }
    Ok(held)
}

/// The repayment with this receipt, if it is recorded.
pub async fn recovery(
    write: &Write<'_>,
    participation: ModelParticipationId,
    reference: &str,
) -> Result<Option<capital_movement::Model>> {
    let query = capital_movement::Entity::find()
        .filter(capital_movement::Column::ParticipationId.eq(participation))
        .filter(capital_movement::Column::Kind.eq(CapitalMovementKind::Recovery))
        .filter(capital_movement::Column::Reference.eq(reference));
    Ok(query.one(&write.tx).await?)
}

/// Inserts rows whose ids nobody needs.
pub async fn insert_all<A: ActiveModelTrait + Clone>(write: &Write<'_>, rows: &[A]) -> Result<()> {
    for rows in rows.chunks(ROWS) {
        A::Entity::insert_many(rows.to_vec()).exec_without_returning(&write.tx).await?;
    }
    Ok(())
}

/// Brings what these (locked) participations paid back and gave on in line with their movements, as their next version.
pub async fn settle(write: &mut Write<'_>, before: &[model_participation::Model], fields: &[&str]) -> Result<()> {
    let moved = |kind: &str| {
        Expr::cust(format!(
            "CAST((SELECT COALESCE(sum(m.amount), 0) FROM capital_movement m \
             WHERE m.participation_id = model_participation.id AND m.kind = '{kind}') AS BIGINT)"
        ))
    };
    let update = model_participation::Entity::update_many()
        .col_expr(model_participation::Column::RecoveredAmount, moved("RECOVERY"))
        .col_expr(model_participation::Column::ReinvestedAmount, moved("REINVESTMENT"));
    next_version(write, update, before, fields).await
}

/// Writes one outcome to these (locked) participations.
pub async fn end(
    write: &mut Write<'_>,
    outcome: ParticipationOutcome,
    before: &[model_participation::Model],
) -> Result<()> {
    let update = model_participation::Entity::update_many()
        .col_expr(model_participation::Column::Outcome, Expr::value(outcome.as_str()));
    next_version(write, update, before, &["outcome"]).await
}

async fn next_version(
    write: &mut Write<'_>,
    update: sea_orm::UpdateMany<model_participation::Entity>,
    before: &[model_participation::Model],
    fields: &[&str],
) -> Result<()> {
    if before.is_empty() {
        return Ok(());
    }
    use model_participation::Column;
    update
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(write.request.micros()))
        .col_expr(Column::UpdatedBy, Expr::value(write.request.viewer.agency_id))
        .filter(one_of(write, "model_participation.id", before.iter().map(|row| row.id.0)))
        .exec(&write.tx)
        .await?;
    for row in before {
        write.updated(participation_subject(row, row.version + 1), fields);
    }
    Ok(())
}

/// Writes a (locked) project's new state as its next version.
pub async fn save(
    write: &mut Write<'_>,
    before: &model_project::Model,
    mut after: model_project::ActiveModel,
    fields: &[&str],
) -> Result<()> {
    after.version = Set(before.version + 1);
    after.updated_at = Set(write.request.micros());
    after.updated_by = Set(Some(AgencyId(write.request.viewer.agency_id)));
    let stored = after.update(&write.tx).await?;
    write.updated(project_subject(&stored), fields);
    Ok(())
}

pub const fn project_subject(project: &model_project::Model) -> Subject {
    Subject {
        type_name: "ModelProject",
        id: project.id.0,
        version: project.version,
        commune_id: project.commune_id,
        district_id: project.district_id,
    }
}

pub const fn participation_subject(participation: &model_participation::Model, version: i32) -> Subject {
    Subject {
        type_name: "ModelParticipation",
        id: participation.id.0,
        version,
        commune_id: Some(participation.commune_id),
        district_id: Some(participation.district_id),
    }
}

fn one_of(write: &Write<'_>, column: &str, ids: impl IntoIterator<Item = i64>) -> SimpleExpr {
    let dialect = write.request.db.dialect;
    dialect.one_of_expr(column, dialect.numbers(ids))
}
