//! Steps decided on benefits, up to 1,000 at a time: verified, approved, rejected, cancelled.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    benefit, benefit_funding,
    ids::{AgencyId, BenefitId, ClientId, FundingLineId, ProgramId},
};
use sea_orm::sea_query::Expr;

use super::{
    Outcomes, Written,
    allocation::Allocations,
    input::{DecideBenefitsInput, VersionedId},
    proposal::MAX_NOTE,
    rules::not_future,
    store, subject,
    workflow::Step,
};
use crate::{
    error::{Failure, Result},
    exchange::{
        Write,
        items::{Outcome, check_count},
        once,
    },
    household::service::same_version,
    request::Request,
    schema::{global_id, text},
};

/// The agency that coordinates the whole plan (section III.2) and may approve under any of its programs.
const COORDINATOR: &str = "DOLISA";

/// Takes benefits a step on.
pub async fn decide(request: &Request, step: Step, input: DecideBenefitsInput) -> Result<Outcomes> {
    step.require(&request.viewer)?;
    check_count(request, "input.items", input.items.len())?;
    let on = input.decided_on.map_or(request.today(), |on| on.0);
    not_future(on, "input.decidedOn", request.today())?;
    let note = if step.needs_note() {
        Some(text::required(input.note.as_deref().unwrap_or_default(), "input.note", MAX_NOTE)?)
    } else {
        text::optional(input.note.as_deref(), "input.note", MAX_NOTE)?
    };
    once(request, step.operation(), &input.idempotency_key, &input, async |write| {
        let ids: HashSet<_> = input.items.iter().filter_map(|item| benefit_id(item).ok()).collect();
        let benefits = store::benefits(write, ids.iter().map(|id| id.0)).await?;
        let mut approval = match step {
            Step::Approve => Some(Approval::load(write, &benefits).await?),
            _ => None,
        };
        let mut seen = HashSet::new();
        let checked: Vec<_> = input
            .items
            .iter()
            .map(|item| {
                let benefit = check(item, step, on, &benefits, &mut seen)?;
                approval.as_mut().map_or(Ok(()), |approval| approval.check(write.request, benefit))?;
                Ok(benefit)
            })
            .collect();
        take(write, step, on, note.as_deref(), checked).await
    })
    .await
}

fn benefit_id(item: &VersionedId) -> Result<BenefitId> {
    global_id::expect("Benefit", &item.id, "id").map(BenefitId)
}

/// The benefit of an item, where it can take the step on that day.
fn check<'a>(
    item: &VersionedId,
    step: Step,
    on: NaiveDate,
    benefits: &'a HashMap<BenefitId, benefit::Model>,
    seen: &mut HashSet<BenefitId>,
) -> Result<&'a benefit::Model> {
    let id = benefit_id(item)?;
    let benefit = benefits.get(&id).ok_or_else(|| Failure::not_found("id"))?;
    if !seen.insert(id) {
        return Err(Failure::input(
            "id",
            "This benefit stands twice in the batch.",
            "Khoản hỗ trợ này được nêu hai lần trong lô.",
        ));
    }
    same_version(item.expected_version, benefit.version)?;
    step.check(benefit.status)?;
    let since = benefit.decided_on.unwrap_or(benefit.proposed_on);
    if on < since {
        return Err(Failure::input(
            "id",
            format!("The step before was taken on {since}; this one can't be of {on}."),
            format!("Bước trước được thực hiện ngày {since}; không thể quyết định lùi về ngày {on}."),
        ));
    }
    Ok(benefit)
}

/// What an approval asks beside the step: the right agency, another client than the proposer's, room in the lines.
struct Approval {
    /// The programs that the viewer's agency leads.
    led: Vec<ProgramId>,
    proposers: HashMap<BenefitId, ClientId>,
    funding: HashMap<BenefitId, Vec<benefit_funding::Model>>,
    lines: Allocations,
}

impl Approval {
    async fn load(write: &Write<'_>, benefits: &HashMap<BenefitId, benefit::Model>) -> Result<Self> {
        let ids = || benefits.keys().map(|id| id.0);
        let funding = store::funding(write, ids()).await?;
        let lines: Vec<FundingLineId> = funding.values().flatten().filter_map(|share| share.line_id).collect();
        Ok(Self {
            led: store::led_by(write, AgencyId(write.request.viewer.agency_id)).await?,
            proposers: store::proposers(write, ids()).await?,
            funding,
            lines: Allocations::lock(write, lines).await?,
        })
    }

    fn check(&mut self, request: &Request, benefit: &benefit::Model) -> Result<()> {
        let viewer = &request.viewer;
        if viewer.agency_code != COORDINATOR && !self.led.contains(&benefit.program_id) {
            return Err(Failure::forbidden(
                format!("Benefits are approved by an agency that leads their program, or by {COORDINATOR}."),
                format!("Khoản hỗ trợ do cơ quan chủ trì chương trình hoặc {COORDINATOR} phê duyệt."),
            )
            .with_field("id"));
        }
        if self.proposers.get(&benefit.id) == Some(&ClientId(viewer.client_id)) {
            return Err(Failure::forbidden(
                "Who proposed a benefit can't approve it.",
                "Bên đề nghị không được phê duyệt chính khoản hỗ trợ đó.",
            )
            .with_field("id"));
        }
        let shares = self.funding.get(&benefit.id).map(Vec::as_slice).unwrap_or_default();
        let shares: Vec<_> = shares.iter().filter_map(|share| Some((share.line_id?, share.amount))).collect();
        self.lines.commit(&shares, "id")
    }
}

async fn take(
    write: &mut Write<'_>,
    step: Step,
    on: NaiveDate,
    note: Option<&str>,
    checked: Vec<Result<&benefit::Model>>,
) -> Result<Outcomes> {
    let good: Vec<_> = checked.iter().filter_map(|item| item.as_ref().ok().copied()).collect();
    let decided_on = (benefit::Column::DecidedOn, Expr::value(on));
    let ids = good.iter().map(|benefit| benefit.id.0).collect();
    store::come_to(write, ids, step.to(), decided_on).await?;
    let mut transitions = Vec::new();
    for benefit in good {
        transitions.push(store::transition(write, benefit.id, Some(benefit.status), step.to(), note));
        write.updated(subject::benefit(benefit, benefit.version + 1), &["status", "decidedOn", "history"]);
    }
    store::insert_transitions(write, transitions).await?;
    let outcomes = checked.into_iter().map(|item| match item {
        Ok(benefit) => Outcome::applied(Written::benefit(benefit.id)),
        Err(failure) => Outcome::refused(failure),
    });
    Ok(outcomes.collect())
}
