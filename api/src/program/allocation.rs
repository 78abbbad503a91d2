//! What funding lines may still take. What was allocated to a line caps what is committed against it; what the plan
//! merely hopes for does not.

use entity::{funding_line, ids::FundingLineId};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};

use super::{
    hopes::{self, Committed},
    input::AllocateFundingInput,
    rules::{MOST, find_line, not_future, too_much},
    store, subject,
};
use crate::{
    access::Permission,
    error::{Failure, Result},
    exchange::Write,
    request::Request,
    schema::{Warning, text},
};

const MAX_DECISION: usize = 100;

/// The ids that the answer is read by.
pub struct Allocated {
    pub program: i64,
    pub line: i64,
}

/// A line and what is committed against it.
#[derive(Debug)]
struct Line {
    stored: funding_line::Model,
    committed: Committed,
}

/// Funding lines, locked until the write ends: nobody else commits anything against them meanwhile. Every slice that
/// commits money of a line asks here.
#[derive(Debug)]
pub struct Allocations(Vec<Line>);

impl Allocations {
    /// Where nothing would be committed.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    pub async fn lock(write: &Write<'_>, ids: impl IntoIterator<Item = FundingLineId>) -> Result<Self> {
        let mut ids: Vec<_> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let lines = store::lines(write, &ids).await?;
        let committed = store::committed(write, &ids).await?;
        let lines = lines.into_iter().map(|stored| {
            let committed = committed.get(&stored.id).copied().unwrap_or_default();
            Line { stored, committed }
        });
        Ok(Self(lines.collect()))
    }

    /// Commits a sum against each of these lines, or against none of them where one can't take it.
    pub fn commit(&mut self, shares: &[(FundingLineId, i64)], field: &str) -> Result<()> {
        let mut after = Vec::new();
        for line in &self.0 {
            let Committed { amount: before, count } = line.committed;
            let mut shares = shares.iter().filter(|(id, _)| *id == line.stored.id);
            let amount = shares.try_fold(before, |sum, (_, amount)| sum.checked_add(*amount));
            let amount = amount.filter(|sum| *sum <= MOST).ok_or_else(|| too_much(field))?;
            if amount > before && line.stored.allocated.is_some_and(|allocated| amount > allocated) {
                return Err(exceeded(line, amount, field));
            }
            after.push(Committed { amount, count: count + i64::from(amount > before) });
        }
        for (line, committed) in self.0.iter_mut().zip(after) {
            line.committed = committed;
        }
        Ok(())
    }

    /// What looks wrong now in the lines that these shares take from.
    pub(super) fn warnings(&self, shares: &[(FundingLineId, i64)], field: &str) -> Vec<Warning> {
        let taken = self.0.iter().filter(|line| shares.iter().any(|(id, _)| *id == line.stored.id));
        taken.flat_map(|line| hopes::warnings(&line.stored, line.committed, field)).collect()
    }
}

fn exceeded(line: &Line, committed: i64, field: &str) -> Failure {
    let funding_line::Model { code, allocated, .. } = &line.stored;
    let (before, allocated) = (line.committed.amount, allocated.unwrap_or_default());
    let wanted = committed.saturating_sub(before);
    Failure::conflict(
        format!(
            "The line {code} was allocated {allocated} đồng and {before} is committed; {wanted} more would exceed it."
        ),
        format!(
            "Dòng kinh phí {code} được phân bổ {allocated} đồng, đã cam kết {before}; thêm {wanted} sẽ vượt mức phân bổ."
        ),
    )
    .with_field(field)
}

/// Records what was granted to a line: never less than what is committed against it already.
pub async fn allocate(request: &Request, input: AllocateFundingInput) -> Result<Allocated> {
    request.viewer.require(Permission::FundingAllocate)?;
    let program = request.catalog.program(&input.program_code, "input.programCode")?;
    let decision = text::required(&input.decision_number, "input.decisionNumber", MAX_DECISION)?;
    not_future(input.decided_on.0, "input.decidedOn", request.today())?;
    if input.allocated.0 < 0 {
        return Err(Failure::input(
            "input.allocated",
            "No less than 0 đồng can be allocated.",
            "Số vốn phân bổ không được nhỏ hơn 0.",
        ));
    }
    let mut write = Write::begin(request, "allocateFunding").await?;
    let lines = store::lines_of(&write, [program.id]).await?;
    let id = find_line(lines.iter(), &input.line_code, None, "input.lineCode")?.id;
    let stored = store::lines(&write, &[id]).await?.pop().ok_or_else(|| Failure::not_found("input.lineCode"))?;
    let committed = store::committed(&write, &[id]).await?.remove(&id).unwrap_or_default().amount;
    if input.allocated.0 < committed {
        let allocated = input.allocated.0;
        return Err(Failure::conflict(
            format!("{committed} đồng is committed against {} already; {allocated} would not cover it.", stored.code),
            format!("Dòng kinh phí {} đã cam kết {committed} đồng; mức phân bổ {allocated} không đủ.", stored.code),
        )
        .with_field("input.allocated"));
    }
    let mut after: funding_line::ActiveModel = stored.into();
    after.allocated = Set(Some(input.allocated.0));
    after.allocation_decision = Set(Some(decision));
    after.allocated_on = Set(Some(input.decided_on.0));
    after.update(&write.tx).await?;
    write.updated(subject::funding_line(id), &["allocated"]);
    write.commit().await?;
    Ok(Allocated { program: program.id, line: id.0 })
}

#[cfg(test)]
mod tests {
    use entity::{enums::FundingSource, ids::ProgramId};
    use proptest::prelude::*;

    use super::*;

    fn lines(lines: &[(i64, Option<i64>, i64)]) -> Allocations {
        let lines = lines.iter().map(|&(id, allocated, committed)| Line {
            stored: funding_line::Model {
                id: FundingLineId(id),
                program_id: ProgramId(1),
                code: format!("L{id}"),
                name: String::new(),
                source: FundingSource::CentralBudget,
                quantity: None,
                unit_cost: None,
                amount: 0,
                computed: 0,
                allocated,
                allocation_decision: None,
                allocated_on: None,
                position: 1,
                note: None,
            },
            committed: Committed { amount: committed, count: 0 },
        });
        Allocations(lines.collect())
    }

    fn committed(lines: &Allocations) -> Vec<i64> {
        lines.0.iter().map(|line| line.committed.amount).collect()
    }

    #[test]
    fn a_share_that_does_not_fit_takes_the_others_with_it() {
        let mut lines = lines(&[(1, Some(100), 90), (2, Some(100), 0), (3, None, 0)]);
        let refused = lines.commit(&[(FundingLineId(2), 50), (FundingLineId(1), 11)], "id").unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("id"));
        assert!(refused.message.contains("L1") && refused.message.contains("90"), "{}", refused.message);
        assert_eq!(committed(&lines), [90, 0, 0]);
        lines.commit(&[(FundingLineId(2), 50), (FundingLineId(1), 10), (FundingLineId(3), 1_000)], "id").unwrap();
        assert_eq!(committed(&lines), [100, 50, 1_000], "what was not allocated does not cap");
        assert!(lines.commit(&[(FundingLineId(1), 1)], "id").is_err());
        assert!(lines.commit(&[(FundingLineId(3), MOST)], "id").is_err(), "a sum beyond every answer");
    }

    #[test]
    fn a_line_that_is_full_hinders_nobody_else() {
        let mut lines = lines(&[(1, Some(100), 120), (2, Some(100), 0)]);
        assert!(lines.commit(&[(FundingLineId(2), 100)], "id").is_ok());
    }

    proptest! {
        #[test]
        fn nothing_ever_exceeds_an_allocation(
            allocated in prop::option::of(0..5_000_i64),
            amounts in prop::collection::vec(1..1_000_i64, 0..30),
        ) {
            let mut lines = lines(&[(1, allocated, 0)]);
            let mut sum = 0;
            for amount in amounts {
                let fits = allocated.is_none_or(|allocated| sum + amount <= allocated);
                prop_assert_eq!(lines.commit(&[(FundingLineId(1), amount)], "id").is_ok(), fits);
                sum += if fits { amount } else { 0 };
                prop_assert_eq!(committed(&lines), vec![sum]);
            }
        }
    }
}
