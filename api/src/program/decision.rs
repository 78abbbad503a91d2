//! Steps decided on benefits, up to 1,000 at a time: verified, approved, rejected, cancelled.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    benefit, benefit_funding, household,
    ids::{AgencyId, BenefitId, ClientId, FundingLineId, HouseholdId, PersonId, ProgramId},
    program,
};
use sea_orm::sea_query::Expr;

use super::{
    Outcomes, Written,
    allocation::Allocations,
    entitlement::{Claim, Entitlements, Passed, Stage},
    held::{Period, Place},
    input::{DecideBenefitsInput, VersionedId},
    proposal::MAX_NOTE,
    rules::not_future,
    store, subject,
    urgent::{self, Event, Life},
    workflow::Step,
};
use crate::{
    access::Permission,
    error::{Failure, Result},
    exchange::{
        Write,
        items::{Outcome, check_count},
        once, same_version,
    },
    household::store as register,
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
    let override_note = override_note(request, step, &input)?;
    let note = if step.needs_note() {
        Some(text::required(input.note.as_deref().unwrap_or_default(), "input.note", MAX_NOTE)?)
    } else {
        text::optional(input.note.as_deref(), "input.note", MAX_NOTE)?
    };
    once(request, step.operation(), &input.idempotency_key, &input, async |write| {
        let ids: HashSet<_> = input.items.iter().filter_map(|item| benefit_id(item).ok()).collect();
        let ids = || ids.iter().map(|id| id.0);
        // Households are locked first: nobody approves another benefit of theirs meanwhile.
        let households = match step {
            Step::Approve => register::households(write, store::households_of(write, ids()).await?).await?,
            _ => Vec::new(),
        };
        let households = households.into_iter().map(|household| (household.id, household)).collect();
        let benefits = store::benefits(write, ids()).await?;
        let mut approval = match step {
            Step::Approve => Some(Approval::load(write, &benefits, &households, on, override_note.is_some()).await?),
            _ => None,
        };
        let mut seen = HashSet::new();
        let checked: Vec<_> = input
            .items
            .iter()
            .map(|item| {
                let benefit = check(item, step, on, &benefits, &mut seen)?;
                let approve = |approval: &mut Approval<'_>| approval.check(write.request, benefit);
                let passed = approval.as_mut().map_or_else(|| Ok(Passed::default()), approve)?;
                Ok((benefit, passed))
            })
            .collect();
        take(write, (step, on), note.as_deref(), override_note.as_deref(), checked).await
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

/// Why a second program of one purpose may pay, where an approver says so.
fn override_note(request: &Request, step: Step, input: &DecideBenefitsInput) -> Result<Option<String>> {
    let Some(note) = &input.override_note else { return Ok(None) };
    if step != Step::Approve {
        return Err(Failure::input(
            "input.overrideNote",
            "Only an approval lets a second program of one purpose pay.",
            "Chỉ khi phê duyệt mới được cho phép hỗ trợ trùng mục đích.",
        ));
    }
    let held = request.viewer.require(Permission::BenefitOverride);
    held.map_err(|failure| failure.with_field("input.overrideNote"))?;
    text::required(note, "input.overrideNote", MAX_NOTE).map(Some)
}

type Households = HashMap<HouseholdId, household::Model>;

/// What an approval asks beside the step: the right agency, another client than the proposer's, a household that may get it
/// on the day, room in the lines.
struct Approval<'a> {
    /// The programs that the viewer's agency leads.
    led: Vec<ProgramId>,
    proposers: HashMap<BenefitId, ClientId>,
    households: &'a Households,
    programs: HashMap<ProgramId, program::Model>,
    entitlements: Entitlements,
    stage: Stage,
    on: NaiveDate,
    /// Of those whom events befell.
    lives: HashMap<PersonId, Life>,
    funding: HashMap<BenefitId, Vec<benefit_funding::Model>>,
    lines: Allocations,
}

impl<'a> Approval<'a> {
    async fn load(
        write: &Write<'_>,
        benefits: &HashMap<BenefitId, benefit::Model>,
        households: &'a Households,
        on: NaiveDate,
        overrides: bool,
    ) -> Result<Self> {
        let ids = || benefits.keys().map(|id| id.0);
        let programs = store::programs(write, benefits.values().map(|benefit| benefit.program_id)).await?;
        let named = benefits
            .values()
            .filter_map(|benefit| Some((benefit.household_id, programs.get(&benefit.program_id)?.code.as_str())));
        let entitlements = Entitlements::load(write, households, &named.collect::<Vec<_>>(), on).await?;
        let funding = store::funding(write, ids()).await?;
        let befallen =
            benefits.values().filter(|benefit| benefit.event_kind.is_some()).filter_map(|benefit| benefit.person_id);
        let lines: Vec<FundingLineId> = funding.values().flatten().filter_map(|share| share.line_id).collect();
        Ok(Self {
            led: store::led_by(write, AgencyId(write.request.viewer.agency_id)).await?,
            proposers: store::proposers(write, ids()).await?,
            households,
            programs,
            entitlements,
            stage: Stage::Approval { overrides },
            on,
            lives: store::lives(write, befallen.collect()).await?,
            funding,
            lines: Allocations::lock(write, lines).await?,
        })
    }

    fn check(&mut self, request: &Request, benefit: &benefit::Model) -> Result<Passed> {
        self.may_approve(request, benefit)?;
        let shares = self.funding.get(&benefit.id).map(Vec::as_slice).unwrap_or_default();
        let household = self.households.get(&benefit.household_id).ok_or_else(|| Failure::not_found("id"))?;
        let program = self.programs.get(&benefit.program_id).ok_or_else(|| Failure::not_found("id"))?;
        let claim = Claim {
            place: Place::Stored(benefit.id.0),
            program,
            household,
            person: benefit.person_id,
            period: Period::of(benefit.recurrence, benefit.starts_on, benefit.ends_on, self.on),
            event: benefit.event_kind.zip(benefit.event_on).map(|(kind, on)| Event { kind, on }),
            shares: shares.iter().map(|share| (share.source, share.amount)).collect(),
        };
        let life = claim.person.and_then(|id| self.lives.get(&id).copied());
        claim.event.zip(life).map_or(Ok(()), |(event, life)| urgent::check_life(event, life, self.stage))?;
        let mut passed = self.entitlements.check(&claim, self.stage)?;
        let shares: Vec<_> = shares.iter().filter_map(|share| Some((share.line_id?, share.amount))).collect();
        self.lines.commit(&shares, "id")?;
        passed.warnings.extend(self.lines.warnings(&shares, "id"));
        self.entitlements.take(claim, true);
        Ok(passed)
    }

    fn may_approve(&self, request: &Request, benefit: &benefit::Model) -> Result<()> {
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
        Ok(())
    }
}

async fn take(
    write: &mut Write<'_>,
    (step, on): (Step, NaiveDate),
    note: Option<&str>,
    override_note: Option<&str>,
    checked: Vec<Result<(&benefit::Model, Passed)>>,
) -> Result<Outcomes> {
    let good: Vec<_> = checked.iter().filter_map(|item| item.as_ref().ok()).collect();
    let decided_on = (benefit::Column::DecidedOn, Expr::value(on));
    let ids = good.iter().map(|(benefit, _)| benefit.id.0).collect();
    store::come_to(write, ids, step.to(), decided_on).await?;
    let (mut transitions, mut overrides) = (Vec::new(), Vec::new());
    for (benefit, passed) in good {
        transitions.push(store::transition(write, benefit.id, Some(benefit.status), step.to(), note));
        let against = passed.against.zip(override_note);
        overrides.extend(against.map(|(against, note)| store::overridden(write, benefit.id, against, note)));
        let fields: &[&str] = if against.is_some() { OVERRIDDEN } else { DECIDED };
        write.updated(subject::benefit(benefit, benefit.version + 1), fields);
    }
    store::insert_transitions(write, transitions).await?;
    store::insert_overrides(write, overrides).await?;
    let outcomes = checked.into_iter().map(|item| match item {
        Ok((benefit, passed)) => Outcome::applied(Written::benefit(benefit.id, passed.warnings)),
        Err(failure) => Outcome::refused(failure),
    });
    Ok(outcomes.collect())
}

const DECIDED: &[&str] = &["status", "decidedOn", "history"];
const OVERRIDDEN: &[&str] = &["status", "decidedOn", "history", "override"];
