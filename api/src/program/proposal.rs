//! Benefits proposed, up to 1,000 at a time.

use std::collections::{HashMap, HashSet};

use entity::{
    benefit, benefit_funding,
    enums::BenefitStatus,
    funding_line, household,
    ids::{AgencyId, BenefitId, FundingLineId, HouseholdId, PersonId, ProgramId},
    person, program,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait,
};

use super::{
    Outcomes, Written,
    entitlement::{Claim, Entitlements, Stage},
    held::{Period, Place},
    hopes::{self, Committed},
    input::{BenefitInput, FundingShareInput, ProposeBenefitsInput},
    monthly, rules, store,
    urgent::{self, Event},
};
use crate::{
    access::Permission,
    error::{Failure, Result},
    exchange::{
        Subject, Write,
        items::{Outcome, check_count},
        once,
    },
    household::{service::still_there, store as register},
    request::Request,
    schema::{Warning, global_id, text},
};

pub const MAX_NOTE: usize = 1_000;

const FIELDS: &[&str] =
    &["program", "household", "person", "status", "amount", "recurrence", "startsOn", "endsOn", "funding", "history"];
/// Of urgent assistance besides.
const EVENT_FIELDS: &[&str] = &["eventKind", "eventOn"];

/// Proposes benefits. Nothing is committed yet.
pub async fn propose(request: &Request, input: ProposeBenefitsInput) -> Result<Outcomes> {
    request.viewer.require(Permission::BenefitPropose)?;
    check_count(request, "input.items", input.items.len())?;
    once(request, "proposeBenefits", &input.idempotency_key, &input, async |write| {
        let known = Known::load(write, &input.items).await?;
        let mut entitlements = known.entitlements(write, &input.items).await?;
        let items = input.items.iter().enumerate();
        let checked: Vec<_> =
            items.map(|(index, item)| known.check(write.request, &mut entitlements, index, item)).collect();
        insert(write, checked).await
    })
    .await
}

/// What the items name, as far as the viewer may see it.
struct Known {
    households: HashMap<HouseholdId, household::Model>,
    persons: HashMap<PersonId, person::Model>,
    /// To which household those of them belonged last who have died.
    last_homes: HashMap<PersonId, HouseholdId>,
    programs: HashMap<ProgramId, program::Model>,
    lines: Vec<funding_line::Model>,
    committed: HashMap<FundingLineId, Committed>,
}

/// An item that may be written.
struct Proposal<'a> {
    input: &'a BenefitInput,
    program: ProgramId,
    household: &'a household::Model,
    person: Option<PersonId>,
    event: Option<Event>,
    /// One for each share, in their order.
    lines: Vec<Option<FundingLineId>>,
    note: Option<String>,
    warnings: Vec<Warning>,
}

/// Whether a second program of the purpose is asked for, which needs a word why.
fn asks_override(item: &BenefitInput, note: Option<&str>) -> Result<bool> {
    let asks = item.asks_override.unwrap_or_default();
    if !asks || note.is_some() {
        return Ok(asks);
    }
    Err(Failure::input(
        "note",
        "Say why a second program of the purpose should pay.",
        "Hãy nêu lý do đề nghị hỗ trợ trùng mục đích.",
    ))
}

fn household_id(item: &BenefitInput) -> Result<HouseholdId> {
    global_id::expect("Household", &item.household_id, "householdId").map(HouseholdId)
}

fn person_id(item: &BenefitInput) -> Result<Option<PersonId>> {
    item.person_id.as_ref().map(|id| global_id::expect("Person", id, "personId").map(PersonId)).transpose()
}

impl Known {
    async fn load(write: &Write<'_>, items: &[BenefitInput]) -> Result<Self> {
        let households: HashSet<_> = items.iter().filter_map(|item| household_id(item).ok()).collect();
        let persons: HashSet<_> = items.iter().filter_map(|item| person_id(item).ok().flatten()).collect();
        let codes: HashSet<_> = items.iter().map(|item| item.program_code.as_str()).collect();
        let catalog = &write.request.catalog;
        let programs = codes.into_iter().filter_map(|code| catalog.program(code, "programCode").ok());
        let programs = store::programs(write, programs.map(|found| ProgramId(found.id))).await?;
        let households = register::households(write, households).await?;
        let persons = register::persons(write, persons).await?;
        let dead = persons.iter().filter(|person| person.died_on.is_some()).map(|person| person.id);
        let last_homes = store::last_homes(write, dead.collect()).await?;
        let lines = store::lines_of(write, programs.keys().map(|id| id.0)).await?;
        let named: HashSet<_> =
            items.iter().flat_map(|item| &item.funding).filter_map(|share| share.line_code.as_ref()).collect();
        let named: Vec<_> = lines.iter().filter(|line| named.contains(&line.code)).map(|line| line.id).collect();
        Ok(Self {
            committed: store::committed(write, &named).await?,
            lines,
            last_homes,
            households: households.into_iter().map(|household| (household.id, household)).collect(),
            programs,
            persons: persons.into_iter().map(|person| (person.id, person)).collect(),
        })
    }

    async fn entitlements(&self, write: &Write<'_>, items: &[BenefitInput]) -> Result<Entitlements> {
        let named = items.iter().filter_map(|item| Some((household_id(item).ok()?, item.program_code.as_str())));
        Entitlements::load(write, &self.households, &named.collect::<Vec<_>>(), write.request.today()).await
    }

    fn check<'a>(
        &'a self,
        request: &Request,
        entitlements: &mut Entitlements,
        index: usize,
        item: &'a BenefitInput,
    ) -> Result<Proposal<'a>> {
        let program = ProgramId(request.catalog.program(&item.program_code, "programCode")?.id);
        let household = self.households.get(&household_id(item)?).ok_or_else(|| Failure::not_found("householdId"))?;
        still_there(household, "householdId")?;
        let event = urgent::event(item, request.today())?;
        let of_death = event.is_some_and(Event::of_death);
        let recipient = |id| if of_death { self.of_the_dead(id, household) } else { self.member(id, household) };
        let recipient = person_id(item)?.map(recipient).transpose()?;
        let stage = Stage::Proposal { asks: false };
        let life = recipient.map(|person| (person.date_of_birth, person.died_on));
        event.zip(life).map_or(Ok(()), |(event, life)| urgent::check_life(event, life, stage))?;
        let person = recipient.map(|person| person.id);
        rules::positive(item.amount.0, "amount")?;
        rules::check_period(item.recurrence, item.starts_on.map(|day| day.0), item.ends_on.map(|day| day.0))?;
        rules::check_shares(item.amount.0, &item.funding, "funding")?;
        if item.program_code == monthly::PROGRAM {
            monthly::check_form(item, request.today())?;
        }
        let lines = item.funding.iter().enumerate().map(|(index, share)| self.line(program, index, share));
        let lines = lines.collect::<Result<Vec<_>>>()?;
        let note = text::optional(item.note.as_deref(), "note", MAX_NOTE)?;
        let asks = asks_override(item, note.as_deref())?;
        let claim = self.claim(request, index, item, (program, household, person), event)?;
        let mut warnings = entitlements.check(&claim, Stage::Proposal { asks })?.warnings;
        warnings.extend(self.hopes(item, &lines));
        entitlements.take(claim, false);
        Ok(Proposal { input: item, program, household, person, event, lines, note, warnings })
    }

    /// What looks wrong in the lines that an item names; `lines`: one for each share, in their order.
    fn hopes(&self, item: &BenefitInput, lines: &[Option<FundingLineId>]) -> Vec<Warning> {
        let shares = item.funding.iter().zip(lines).enumerate().filter_map(|(index, (share, line))| {
            let line = self.lines.iter().find(|known| Some(known.id) == *line)?;
            Some((index, line, share.amount.0))
        });
        hopes::of_proposal(shares, &self.committed)
    }

    fn claim<'a>(
        &'a self,
        request: &Request,
        index: usize,
        item: &BenefitInput,
        (program, household, person): (ProgramId, &'a household::Model, Option<PersonId>),
        event: Option<Event>,
    ) -> Result<Claim<'a>> {
        let program = self.programs.get(&program).ok_or_else(|| Failure::not_found("programCode"))?;
        let (from, to) = (item.starts_on.map(|day| day.0), item.ends_on.map(|day| day.0));
        let period = Period::of(item.recurrence, from, to, request.today());
        let shares = item.funding.iter().map(|share| (share.source, share.amount.0)).collect();
        Ok(Claim { place: Place::Item(index), program, household, person, period, event, shares })
    }

    /// A living member of the household.
    fn member(&self, id: PersonId, household: &household::Model) -> Result<&person::Model> {
        let person = self.persons.get(&id).ok_or_else(|| Failure::not_found("personId"))?;
        if person.household_id == Some(household.id) && person.died_on.is_none() {
            return Ok(person);
        }
        Err(Failure::input(
            "personId",
            format!("This person is not a living member of the household {}.", household.code),
            format!("Người này không phải là nhân khẩu còn sống của hộ {}.", household.code),
        ))
    }

    /// Somebody who belongs to the household, or did until death.
    fn of_the_dead(&self, id: PersonId, household: &household::Model) -> Result<&person::Model> {
        let person = self.persons.get(&id).ok_or_else(|| Failure::not_found("personId"))?;
        let home = person.household_id.or_else(|| self.last_homes.get(&id).copied());
        if home != Some(household.id) {
            return Err(Failure::input(
                "personId",
                format!("The household {} isn't the one to which this person belonged last.", household.code),
                format!("Hộ {} không phải là hộ sau cùng của người này.", household.code),
            ));
        }
        Ok(person)
    }

    fn line(&self, program: ProgramId, index: usize, share: &FundingShareInput) -> Result<Option<FundingLineId>> {
        let Some(code) = &share.line_code else { return Ok(None) };
        let lines = self.lines.iter().filter(|line| line.program_id == program);
        let line = rules::find_line(lines, code, Some(share.source), &format!("funding.{index}.lineCode"))?;
        Ok(Some(line.id))
    }
}

async fn insert(write: &mut Write<'_>, checked: Vec<Result<Proposal<'_>>>) -> Result<Outcomes> {
    let good: Vec<_> = checked.iter().filter_map(|item| item.as_ref().ok()).collect();
    let rows: Vec<_> = good.iter().map(|proposal| row(write, proposal)).collect();
    let mut ids: Vec<BenefitId> = benefit::Entity::insert_many(rows).exec_with_returning_keys(&write.tx).await?;
    // Ids are given out in the order of the rows; the order in which they are returned is nobody's promise.
    ids.sort_unstable();
    let mut funding = Vec::new();
    let mut transitions = Vec::new();
    for (id, proposal) in ids.iter().zip(&good) {
        funding.extend(proposal.input.funding.iter().zip(&proposal.lines).map(|(share, line)| {
            benefit_funding::ActiveModel {
                id: NotSet,
                benefit_id: Set(*id),
                source: Set(share.source),
                line_id: Set(*line),
                amount: Set(share.amount.0),
            }
        }));
        transitions.push(store::transition(write, *id, None, BenefitStatus::Proposed, proposal.note.as_deref()));
        let event_fields = if proposal.event.is_some() { EVENT_FIELDS } else { &[] };
        write.created(subject(*id, proposal.household), &[FIELDS, event_fields].concat());
    }
    benefit_funding::Entity::insert_many(funding).exec_without_returning(&write.tx).await?;
    store::insert_transitions(write, transitions).await?;
    let mut ids = ids.into_iter();
    let outcomes = checked.into_iter().map(|item| match item {
        Err(failure) => Ok(Outcome::refused(failure)),
        Ok(proposal) => match ids.next() {
            Some(id) => Ok(Outcome::applied(Written::benefit(id, proposal.warnings))),
            None => Err(Failure::internal("fewer benefits were inserted than proposed")),
        },
    });
    outcomes.collect()
}

fn row(write: &Write<'_>, proposal: &Proposal<'_>) -> benefit::ActiveModel {
    let Proposal { input, program, household, person, event, note, .. } = proposal;
    let now = write.request.micros();
    benefit::ActiveModel {
        id: NotSet,
        program_id: Set(*program),
        household_id: Set(household.id),
        person_id: Set(*person),
        commune_id: Set(household.commune_id),
        district_id: Set(household.district_id),
        status: Set(BenefitStatus::Proposed),
        amount: Set(input.amount.0),
        recurrence: Set(input.recurrence),
        starts_on: Set(input.starts_on.map(|day| day.0)),
        ends_on: Set(input.ends_on.map(|day| day.0)),
        proposed_on: Set(write.request.today()),
        decided_on: Set(None),
        paid_amount: Set(0),
        note: Set(note.clone()),
        event_kind: Set(event.map(|event| event.kind)),
        event_on: Set(event.map(|event| event.on)),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(AgencyId(write.request.viewer.agency_id))),
    }
}

const fn subject(id: BenefitId, household: &household::Model) -> Subject {
    Subject {
        type_name: "Benefit",
        id: id.0,
        version: 1,
        commune_id: Some(household.commune_id),
        district_id: Some(household.district_id),
    }
}
