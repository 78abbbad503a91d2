//! Look-ups and writes of programs, funding lines and benefits: as far as the viewer sees them, locked until the write
//! ends, each one statement for however many records.
//!
//! Locks are those of an update that leaves the key alone: a writer that only refers to a program or a line need not
//! wait. They are taken in the order households, benefits, programs, lines, each by id, so that no two writers wait
//! for each other.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    assistance_coefficient, assistance_level, benefit, benefit_funding, benefit_override, benefit_payment,
    benefit_transition,
    enums::{AgencyPart, BenefitStatus, FundingSource, MembershipEnd},
    funding_line,
    ids::{AgencyId, BenefitId, ClientId, FundingLineId, HouseholdId, PersonId, ProgramId},
    membership_history, person, program, program_agency, program_limit, urgent_help_rule,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LockType, SimpleExpr},
};

use super::{
    assistance_rates::Rates,
    dues::{Assistance, Settled},
    held::{Kind, Rule},
    hopes::Committed,
    rules::{COMMITTED_BY_LINE, COUNTED_BY_LINE},
    urgent::{Given, Life},
};
use crate::{db::Dialect, error::Result, exchange::Write};

/// `column` is one of these ids.
fn among(write: &Write<'_>, column: &str, ids: impl IntoIterator<Item = i64>) -> SimpleExpr {
    let dialect = write.request.db.dialect;
    dialect.one_of_expr(column, dialect.numbers(ids))
}

/// The benefits with these ids that the viewer sees, locked.
pub async fn benefits(
    write: &Write<'_>,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashMap<BenefitId, benefit::Model>> {
    let query = benefit::Entity::find()
        .filter(among(write, "benefit.id", ids))
        .order_by_asc(benefit::Column::Id)
        .lock(LockType::NoKeyUpdate);
    let query = write.request.visible(query);
    Ok(query.all(&write.tx).await?.into_iter().map(|benefit| (benefit.id, benefit)).collect())
}

/// The households that those of these benefits which the viewer sees were granted to.
pub async fn households_of(write: &Write<'_>, benefits: impl IntoIterator<Item = i64>) -> Result<Vec<HouseholdId>> {
    let query = benefit::Entity::find().select_only().column(benefit::Column::HouseholdId).distinct().filter(among(
        write,
        "benefit.id",
        benefits,
    ));
    Ok(write.request.visible(query).into_tuple().all(&write.tx).await?)
}

/// Whose money these benefits are.
pub async fn funding(
    write: &Write<'_>,
    benefits: impl IntoIterator<Item = i64>,
) -> Result<HashMap<BenefitId, Vec<benefit_funding::Model>>> {
    let query = benefit_funding::Entity::find()
        .filter(among(write, "benefit_funding.benefit_id", benefits))
        .order_by_asc(benefit_funding::Column::Id);
    let mut funding: HashMap<_, Vec<_>> = HashMap::new();
    for share in query.all(&write.tx).await? {
        funding.entry(share.benefit_id).or_default().push(share);
    }
    Ok(funding)
}

/// The clients that proposed these benefits; none is known of those that came with the seed.
pub async fn proposers(
    write: &Write<'_>,
    benefits: impl IntoIterator<Item = i64>,
) -> Result<HashMap<BenefitId, ClientId>> {
    let found: Vec<(BenefitId, Option<ClientId>)> = benefit_transition::Entity::find()
        .select_only()
        .columns([benefit_transition::Column::BenefitId, benefit_transition::Column::ClientId])
        .filter(among(write, "benefit_transition.benefit_id", benefits))
        .filter(benefit_transition::Column::FromStatus.is_null())
        .into_tuple()
        .all(&write.tx)
        .await?;
    Ok(found.into_iter().filter_map(|(benefit, client)| Some((benefit, client?))).collect())
}

/// What a source of a benefit has paid, and the day of its latest payment.
pub type Paid = (i64, NaiveDate);

/// What each source of these benefits has paid.
pub async fn paid(
    write: &Write<'_>,
    benefits: impl IntoIterator<Item = i64>,
) -> Result<HashMap<(BenefitId, FundingSource), Paid>> {
    let sum = Expr::cust("CAST(sum(benefit_payment.amount) AS BIGINT)");
    let found: Vec<(BenefitId, FundingSource, i64, NaiveDate)> = benefit_payment::Entity::find()
        .select_only()
        .columns([benefit_payment::Column::BenefitId, benefit_payment::Column::Source])
        .column_as(sum, "paid")
        .column_as(benefit_payment::Column::PaidOn.max(), "last")
        .filter(among(write, "benefit_payment.benefit_id", benefits))
        .group_by(benefit_payment::Column::BenefitId)
        .group_by(benefit_payment::Column::Source)
        .into_tuple()
        .all(&write.tx)
        .await?;
    Ok(found.into_iter().map(|(benefit, source, paid, last)| ((benefit, source), (paid, last))).collect())
}

/// The payments of these benefits with these references.
pub async fn payments(
    write: &Write<'_>,
    benefits: impl IntoIterator<Item = i64>,
    references: impl IntoIterator<Item = String>,
) -> Result<Vec<benefit_payment::Model>> {
    let dialect = write.request.db.dialect;
    let query = benefit_payment::Entity::find()
        .filter(among(write, "benefit_payment.benefit_id", benefits))
        .filter(dialect.one_of_expr("benefit_payment.reference", dialect.texts(references)));
    Ok(query.all(&write.tx).await?)
}

/// The benefits of monthly assistance of these persons, but those that never were approved, with what their payments
/// settled.
pub async fn assistance(
    write: &Write<'_>,
    program: i64,
    persons: impl IntoIterator<Item = PersonId>,
) -> Result<HashMap<PersonId, Vec<Assistance>>> {
    let dialect = write.request.db.dialect;
    let mark = dialect.placeholder();
    let among = dialect.one_of("b.person_id", &format!("{mark}1"));
    let sql = format!(
        "SELECT b.id, b.person_id, COALESCE(b.starts_on, b.proposed_on), b.ends_on, b.amount, COALESCE(b.decided_on, b.proposed_on), \
         max(y.paid_on), CAST(COALESCE(max(y.assistance_due), sum(y.amount)) AS BIGINT) \
         FROM benefit b LEFT JOIN benefit_payment y ON y.benefit_id = b.id \
         WHERE {among} AND b.program_id = {mark}2 AND b.status NOT IN ('PROPOSED', 'VERIFIED', 'REJECTED') GROUP BY b.id"
    );
    let values = vec![dialect.numbers(persons.into_iter().map(|id| id.0)), program.into()];
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in write.tx.query_all_raw(write.request.db.statement(sql, values)).await? {
        let (through, due): (Option<NaiveDate>, Option<i64>) = (row.try_get_by_index(6)?, row.try_get_by_index(7)?);
        let of_person = found.entry(PersonId(row.try_get_by_index(1)?)).or_default();
        of_person.push(Assistance {
            benefit: BenefitId(row.try_get_by_index(0)?),
            from: row.try_get_by_index(2)?,
            to: row.try_get_by_index(3)?,
            approved: row.try_get_by_index(4)?,
            approved_on: row.try_get_by_index(5)?,
            settled: through.zip(due).map(|(through, due)| Settled { through, due }),
        });
    }
    Ok(found)
}

/// Until the write ends nobody corrects a level or a row of this table: what is taken and paid is worked out by what they say.
/// They are read in the next statement, since a new one may have come while this one waited.
async fn hold_rates(write: &Write<'_>, table: &str) -> Result<()> {
    let db = &write.request.db;
    if db.dialect == Dialect::Postgres {
        let sql = format!(
            "SELECT id FROM (SELECT id FROM assistance_level ORDER BY id FOR KEY SHARE) l \
             UNION ALL SELECT id FROM (SELECT id FROM {table} ORDER BY id FOR KEY SHARE) c"
        );
        write.tx.query_all_raw(db.statement(sql, Vec::new())).await?;
    }
    Ok(())
}

/// The levels and coefficients of monthly assistance, of all days.
pub async fn rates(write: &Write<'_>) -> Result<Rates> {
    hold_rates(write, "assistance_coefficient").await?;
    let levels = assistance_level::Entity::find().all(&write.tx).await?;
    Rates::of(levels, assistance_coefficient::Entity::find().all(&write.tx).await?)
}

/// What urgent assistance gives, of all days, with the standard levels.
pub async fn urgent(write: &Write<'_>) -> Result<Given> {
    hold_rates(write, "urgent_help_rule").await?;
    let levels = Rates::of(assistance_level::Entity::find().all(&write.tx).await?, Vec::new())?;
    Ok(Given { levels, rules: urgent_help_rule::Entity::find().all(&write.tx).await? })
}

/// When these persons of benefits that were found were born and died. Asks nothing where there are none.
pub async fn lives(write: &Write<'_>, persons: Vec<PersonId>) -> Result<HashMap<PersonId, Life>> {
    if persons.is_empty() {
        return Ok(HashMap::new());
    }
    let query = person::Entity::find()
        .select_only()
        .columns([person::Column::Id, person::Column::DateOfBirth, person::Column::DiedOn])
        .filter(among(write, "person.id", persons.into_iter().map(|id| id.0)));
    let found: Vec<(PersonId, Option<NaiveDate>, Option<NaiveDate>)> = query.into_tuple().all(&write.tx).await?;
    Ok(found.into_iter().map(|(id, born, died)| (id, (born, died))).collect())
}

/// To which household each of these persons belonged when they died, of those that belong to none. Asks nothing where there are none.
pub async fn last_homes(write: &Write<'_>, persons: Vec<PersonId>) -> Result<HashMap<PersonId, HouseholdId>> {
    if persons.is_empty() {
        return Ok(HashMap::new());
    }
    let query = membership_history::Entity::find()
        .filter(among(write, "membership_history.person_id", persons.into_iter().map(|id| id.0)))
        .filter(membership_history::Column::Reason.eq(MembershipEnd::Died))
        .order_by_asc(membership_history::Column::LeftOn)
        .order_by_asc(membership_history::Column::Id);
    // The latest of each stays.
    Ok(query.all(&write.tx).await?.into_iter().map(|row| (row.person_id, row.household_id)).collect())
}

/// The program, locked: writers of its spending take turns.
pub async fn program(write: &Write<'_>, id: ProgramId) -> Result<Option<program::Model>> {
    Ok(program::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&write.tx).await?)
}

/// These programs.
pub async fn programs(
    write: &Write<'_>,
    ids: impl IntoIterator<Item = ProgramId>,
) -> Result<HashMap<ProgramId, program::Model>> {
    let query = program::Entity::find().filter(among(write, "program.id", ids.into_iter().map(|id| id.0)));
    Ok(query.all(&write.tx).await?.into_iter().map(|program| (program.id, program)).collect())
}

/// What these programs pay at most, of all days.
pub async fn limits<'a>(
    write: &Write<'_>,
    programs: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<program_limit::Model>> {
    let dialect = write.request.db.dialect;
    let of = dialect.one_of_expr("program_limit.program_code", dialect.texts(programs));
    Ok(program_limit::Entity::find().filter(of).all(&write.tx).await?)
}

/// The programs that an agency leads.
pub async fn led_by(write: &Write<'_>, agency: AgencyId) -> Result<Vec<ProgramId>> {
    let found = program_agency::Entity::find()
        .filter(program_agency::Column::AgencyId.eq(agency))
        .filter(program_agency::Column::Part.eq(AgencyPart::Lead))
        .all(&write.tx)
        .await?;
    Ok(found.into_iter().map(|link| link.program_id).collect())
}

/// The lines of these programs.
pub async fn lines_of(write: &Write<'_>, programs: impl IntoIterator<Item = i64>) -> Result<Vec<funding_line::Model>> {
    let query = funding_line::Entity::find().filter(among(write, "funding_line.program_id", programs));
    Ok(query.all(&write.tx).await?)
}

/// The lines with these ids, locked.
pub async fn lines(write: &Write<'_>, ids: &[FundingLineId]) -> Result<Vec<funding_line::Model>> {
    let query = funding_line::Entity::find()
        .filter(among(write, "funding_line.id", ids.iter().map(|id| id.0)))
        .order_by_asc(funding_line::Column::Id)
        .lock(LockType::NoKeyUpdate);
    Ok(query.all(&write.tx).await?)
}

/// What is committed against these lines. Ask once they are locked, in a statement of its own, so that it counts what
/// the writer before has committed.
pub async fn committed(write: &Write<'_>, ids: &[FundingLineId]) -> Result<HashMap<FundingLineId, Committed>> {
    let dialect = write.request.db.dialect;
    let [sum, count] = [COMMITTED_BY_LINE, COUNTED_BY_LINE].map(|sql| sql.replace("{t}", "funding_line"));
    let among = dialect.one_of("funding_line.id", &format!("{}1", dialect.placeholder()));
    let sql = format!("SELECT funding_line.id, {sum}, {count} FROM funding_line WHERE {among}");
    let statement = write.request.db.statement(sql, vec![dialect.numbers(ids.iter().map(|id| id.0))]);
    let mut committed = HashMap::new();
    for row in write.tx.query_all_raw(statement).await? {
        let of_line = Committed { amount: row.try_get_by_index(1)?, count: row.try_get_by_index(2)? };
        committed.insert(FundingLineId(row.try_get_by_index(0)?), of_line);
    }
    Ok(committed)
}

/// Writes that the benefits have come to a status, and what else that changed.
pub async fn come_to(
    write: &Write<'_>,
    benefits: Vec<i64>,
    status: BenefitStatus,
    (column, value): (benefit::Column, SimpleExpr),
) -> Result<()> {
    if benefits.is_empty() {
        return Ok(());
    }
    let update = benefit::Entity::update_many()
        .col_expr(benefit::Column::Status, Expr::value(status))
        .col_expr(benefit::Column::Version, Expr::col(benefit::Column::Version).add(1))
        .col_expr(benefit::Column::UpdatedAt, Expr::value(write.request.micros()))
        .col_expr(benefit::Column::UpdatedBy, Expr::value(write.request.viewer.agency_id))
        .col_expr(column, value);
    update.filter(among(write, "benefit.id", benefits)).exec(&write.tx).await?;
    Ok(())
}

/// A step of a benefit's history, taken now by the caller.
pub fn transition(
    write: &Write<'_>,
    benefit: BenefitId,
    from: Option<BenefitStatus>,
    to: BenefitStatus,
    note: Option<&str>,
) -> benefit_transition::ActiveModel {
    let viewer = &write.request.viewer;
    benefit_transition::ActiveModel {
        id: NotSet,
        benefit_id: Set(benefit),
        from_status: Set(from),
        to_status: Set(to),
        at: Set(write.request.micros()),
        agency_id: Set(AgencyId(viewer.agency_id)),
        client_id: Set(Some(ClientId(viewer.client_id))),
        note: Set(note.map(str::to_owned)),
    }
}

pub async fn insert_transitions(write: &Write<'_>, rows: Vec<benefit_transition::ActiveModel>) -> Result<()> {
    benefit_transition::Entity::insert_many(rows).exec_without_returning(&write.tx).await?;
    Ok(())
}

/// The note that an approval went against a rule by the caller's leave.
pub fn overridden(
    write: &Write<'_>,
    benefit: BenefitId,
    (rule, kind, collided): (Rule, Kind, i64),
    note: &str,
) -> benefit_override::ActiveModel {
    let viewer = &write.request.viewer;
    benefit_override::ActiveModel {
        id: NotSet,
        benefit_id: Set(benefit),
        rule: Set(rule.code().to_owned()),
        note: Set(note.to_owned()),
        collided_type: Set(kind.type_name().to_owned()),
        collided_id: Set(collided),
        at: Set(write.request.micros()),
        agency_id: Set(AgencyId(viewer.agency_id)),
        client_id: Set(Some(ClientId(viewer.client_id))),
    }
}

pub async fn insert_overrides(write: &Write<'_>, rows: Vec<benefit_override::ActiveModel>) -> Result<()> {
    if !rows.is_empty() {
        benefit_override::Entity::insert_many(rows).exec_without_returning(&write.tx).await?;
    }
    Ok(())
}
