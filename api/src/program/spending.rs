//! Money spent under a program for no single household.

use entity::{
    ids::{AdminUnitId, AgencyId, FundingLineId, ProgramId},
    program_spending,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter,
};

use super::{
    allocation::Allocations,
    input::RecordProgramSpendingInput,
    rules::{find_line, not_future, positive},
    store, subject,
};
use crate::{
    access::{Permission, Scope},
    error::{Failure, Result},
    exchange::Write,
    place::UnitRef,
    request::Request,
    schema::text,
};

const MAX_REFERENCE: usize = 100;
const MAX_DESCRIPTION: usize = 1_000;

/// Records spending and tells the program's id. Spending is committed as it is recorded: an allocation caps it too.
pub async fn record(request: &Request, input: RecordProgramSpendingInput) -> Result<i64> {
    request.viewer.require(Permission::SpendingWrite)?;
    let program = ProgramId(request.catalog.program(&input.program_code, "input.programCode")?.id);
    let unit = unit_in_scope(request, input.unit.as_ref(), "input.unit")?;
    positive(input.amount.0, "input.amount")?;
    not_future(input.spent_on.0, "input.spentOn", request.today())?;
    if let Some(quantity) = input.quantity {
        positive(quantity.into(), "input.quantity")?;
    }
    let mut write = Write::begin(request, "recordProgramSpending").await?;
    store::program(&write, program).await?.ok_or_else(|| Failure::not_found("input.programCode"))?;
    let lines = store::lines_of(&write, [program.0]).await?;
    let line = match &input.line_code {
        Some(code) => Some(find_line(lines.iter(), code, Some(input.source), "input.lineCode")?.id),
        None => None,
    };
    let spending = row(request, program, line, unit, &input)?;
    if repeats(&write, program, &spending).await? {
        return Ok(program.0);
    }
    if let Some(line) = line {
        Allocations::lock(&write, [line]).await?.commit(&[(line, input.amount.0)], "input.amount")?;
        write.updated(subject::funding_line(line), &["committed", "disbursed"]);
    }
    spending.insert(&write.tx).await?;
    write.updated(subject::program(program), &["progress"]);
    write.commit().await?;
    Ok(program.0)
}

/// The unit that is named, which must lie in the viewer's scope; none stands for the whole province.
pub fn unit_in_scope(request: &Request, unit: Option<&UnitRef>, field: &str) -> Result<Option<AdminUnitId>> {
    let scope = request.viewer.scope;
    let unit = unit.map(|unit| request.catalog.resolve(unit, field)).transpose()?;
    let covered = match (&unit, scope) {
        (_, Scope::Province { .. }) => true,
        (Some(unit), _) => request.catalog.lies_in(unit.id, scope.unit_id()),
        (None, _) => false,
    };
    if covered {
        return Ok(unit.map(|unit| AdminUnitId(unit.id)));
    }
    Err(Failure::forbidden(
        "The unit lies outside your scope; without a unit, the figure is the whole province's.",
        "Đơn vị hành chính nằm ngoài phạm vi của bạn; nếu không nêu đơn vị, số liệu được hiểu là của toàn tỉnh.",
    )
    .with_field(field))
}

fn row(
    request: &Request,
    program: ProgramId,
    line: Option<FundingLineId>,
    unit: Option<AdminUnitId>,
    input: &RecordProgramSpendingInput,
) -> Result<program_spending::ActiveModel> {
    Ok(program_spending::ActiveModel {
        id: NotSet,
        program_id: Set(program),
        line_id: Set(line),
        source: Set(input.source),
        amount: Set(input.amount.0),
        spent_on: Set(input.spent_on.0),
        quantity: Set(input.quantity),
        unit_id: Set(unit),
        description: Set(text::required(&input.description, "input.description", MAX_DESCRIPTION)?),
        reference: Set(text::required(&input.reference, "input.reference", MAX_REFERENCE)?),
        recorded_at: Set(request.micros()),
        recorded_by: Set(AgencyId(request.viewer.agency_id)),
    })
}

/// Whether the same was recorded before; CONFLICT where its reference stands for something else.
async fn repeats(write: &Write<'_>, program: ProgramId, given: &program_spending::ActiveModel) -> Result<bool> {
    let stored = program_spending::Entity::find()
        .filter(program_spending::Column::ProgramId.eq(program))
        .filter(program_spending::Column::Reference.eq(given.reference.as_ref().as_str()))
        .one(&write.tx)
        .await?;
    let Some(stored) = stored else { return Ok(false) };
    let same = given.line_id == Set(stored.line_id)
        && given.source == Set(stored.source)
        && given.amount == Set(stored.amount)
        && given.spent_on == Set(stored.spent_on)
        && given.quantity == Set(stored.quantity)
        && given.unit_id == Set(stored.unit_id)
        && given.description == Set(stored.description);
    if same {
        return Ok(true);
    }
    let reference = stored.reference;
    Err(Failure::conflict(
        format!("The reference {reference} stands for another spending of this program."),
        format!("Số chứng từ {reference} đã dùng cho một khoản chi khác của chương trình."),
    )
    .with_field("input.reference"))
}
