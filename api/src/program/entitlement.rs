//! Whether a benefit may go to a household on a day: the program is for it (`recipients.rs`), nothing that it holds stands in
//! the way (`held.rs`), it stays within what the program pays (`limits.rs`), and assistance is what is due (`monthly.rs`, `urgent.rs`). Proposals and approvals ask the same.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    enums::FundingSource,
    household,
    ids::{HouseholdId, PersonId},
    program,
};

use super::{
    assistance_rates::Rates,
    audience::Audience,
    held::{self, Held, Kind, Period, Place, Rule, Wanted},
    limits::{self, Limits, Sum},
    monthly,
    recipients::Recipients,
    store,
    urgent::{self, Event, Given},
};
use crate::{
    access::{Permission, PermissionSet},
    error::{Failure, Result},
    exchange::Write,
    schema::Warning,
};

/// A benefit that is proposed or to be approved.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    pub place: Place,
    pub program: &'a program::Model,
    pub household: &'a household::Model,
    pub person: Option<PersonId>,
    pub period: Period,
    /// Of urgent assistance.
    pub event: Option<Event>,
    /// What each source pays, each time.
    pub shares: Vec<(FundingSource, i64)>,
}

/// Which step a claim is at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// Whatever is proposed or granted already counts. `asks`: the proposer asks that a second program of the purpose may pay.
    Proposal { asks: bool },
    /// What is granted counts. `overrides`: the approver lets a second program of the purpose pay.
    Approval { overrides: bool },
}

impl Stage {
    /// The input at fault, of those of a proposal; an approval names the benefit only.
    pub const fn field(self, proposed: &'static str) -> &'static str {
        match self {
            Self::Proposal { .. } => proposed,
            Self::Approval { .. } => "id",
        }
    }
}

/// What a claim that may be taken comes with.
#[derive(Debug, Default)]
pub struct Passed {
    pub warnings: Vec<Warning>,
    /// The rule that it goes against, by leave, and the record that collides.
    pub against: Option<(Rule, Kind, i64)>,
}

pub struct Entitlements {
    recipients: Recipients,
    held: HashMap<HouseholdId, Vec<Held>>,
    limits: Limits,
    /// Of monthly assistance, where it is asked for.
    rates: Rates,
    /// Of urgent assistance, where it is asked for.
    urgent: Given,
    may: PermissionSet,
}

impl Entitlements {
    /// `households`: locked. `named`: each household and the code of a program that would pay it something.
    pub async fn load(
        write: &Write<'_>,
        households: &HashMap<HouseholdId, household::Model>,
        named: &[(HouseholdId, &str)],
        on: NaiveDate,
    ) -> Result<Self> {
        let limits = Limits::on(store::limits(write, named.iter().map(|(_, program)| *program)).await?, on);
        let asked = |code| named.iter().any(|(_, program)| *program == code);
        Ok(Self {
            recipients: Recipients::load(write, households, named, &limits, on).await?,
            held: held::held(write, households.keys().copied()).await?,
            limits,
            rates: if asked(monthly::PROGRAM) { store::rates(write).await? } else { Rates::default() },
            urgent: if asked(urgent::PROGRAM) { store::urgent(write).await? } else { Given::default() },
            may: write.request.viewer.permissions,
        })
    }

    /// Refuses a claim that may not be taken.
    pub fn check(&self, claim: &Claim<'_>, stage: Stage) -> Result<Passed> {
        self.is_for(claim, stage)?;
        self.is_due(claim, stage)?;
        let others = self.held.get(&claim.household.id).map(Vec::as_slice).unwrap_or_default();
        let others = others.iter().filter(|held| {
            let itself = held.kind == Kind::Benefit && held.place == claim.place;
            !itself && (held.granted || matches!(stage, Stage::Proposal { .. }))
        });
        let against = self.collision(claim, others.clone(), stage)?;
        let warnings = self.within_limits(claim, others, stage)?;
        Ok(Passed { warnings, against })
    }

    fn is_for(&self, claim: &Claim<'_>, stage: Stage) -> Result<()> {
        let code = &claim.program.code;
        let of_person = claim.person.is_some() && Audience::of(code).asks_people();
        let field = stage.field(if of_person { "personId" } else { "householdId" });
        self.recipients.check(code, claim.household, claim.person).map_err(|failure| failure.with_field(field))
    }

    /// Monthly assistance is what the person's facts of the day give, urgent assistance what the law gives after its event, to
    /// the đồng.
    fn is_due(&self, claim: &Claim<'_>, stage: Stage) -> Result<()> {
        let code = claim.program.code.as_str();
        if ![monthly::PROGRAM, urgent::PROGRAM].contains(&code) {
            return Ok(());
        }
        monthly::may_ask(code, self.may.has(Permission::ProtectedCategoryRead), stage)?;
        let given = claim.shares.iter().fold(0_i64, |sum, (_, amount)| sum.saturating_add(*amount));
        if code == urgent::PROGRAM {
            let event = claim.event.ok_or_else(|| Failure::internal("urgent assistance after nothing"))?;
            return self.urgent.check(given, event, stage);
        }
        let facts = claim.person.and_then(|person| self.recipients.facts(claim.household.id, person));
        let facts = facts.ok_or_else(|| Failure::internal("monthly assistance for nobody"))?;
        monthly::check_amount(given, self.rates.due(&facts)?.as_ref(), facts.on, stage)
    }

    fn collision<'a>(
        &self,
        claim: &Claim<'_>,
        others: impl Iterator<Item = &'a Held> + Clone,
        stage: Stage,
    ) -> Result<Option<(Rule, Kind, i64)>> {
        let program::Model { id, purpose, .. } = *claim.program;
        let Claim { person, period, event, .. } = *claim;
        let wanted = Wanted { kind: Kind::Benefit, program: Some(id), purpose, person, period, event };
        let Some((rule, held)) = held::collision(wanted, others) else { return Ok(None) };
        let by_leave = matches!(stage, Stage::Proposal { asks: true } | Stage::Approval { overrides: true });
        match held.place {
            Place::Stored(record) if rule == Rule::SamePurpose && by_leave => Ok(Some((rule, held.kind, record))),
            Place::Item(_) if rule == Rule::SamePurpose && by_leave => Ok(None),
            _ => Err(held::refusal(rule, held, wanted, self.may).with_field(stage.field("householdId"))),
        }
    }

    fn within_limits<'a>(
        &self,
        claim: &Claim<'_>,
        others: impl Iterator<Item = &'a Held> + Clone,
        stage: Stage,
    ) -> Result<Vec<Warning>> {
        let (of_persons, of_households): (Vec<_>, Vec<_>) =
            self.limits.of(&claim.program.code).iter().cloned().partition(|limit| limit.per_person);
        let of_program = others.filter(|held| held.kind == Kind::Benefit && held.program == Some(claim.program.id));
        // A benefit of the whole household is everybody's, and whoever got one of their own has it besides.
        let whole = |held: &&Held| held.person.is_none() && held.paid_in().meets(claim.period);
        let together = claim.person.is_none() || of_program.clone().any(|held| whole(&held));
        let heads = if together { self.recipients.heads(claim.household.id) } else { 1 };
        let of_person = of_program.clone().filter(|held| together || held.person == claim.person);
        let sum = Sum { shares: &claim.shares, period: claim.period };
        let sums = |held: &'a Held| Sum { shares: held.shares.as_slice(), period: held.paid_in() };
        let field = stage.field("amount");
        let mut warnings = limits::check(&of_households, sum, of_program.map(sums), 1, field)?;
        warnings.extend(limits::check(&of_persons, sum, of_person.map(sums), heads, field)?);
        Ok(warnings)
    }

    /// A claim that was taken is held from then on, also against the next of its batch.
    pub fn take(&mut self, claim: Claim<'_>, granted: bool) {
        let held = self.held.entry(claim.household.id).or_default();
        held.retain(|known| known.kind != Kind::Benefit || known.place != claim.place);
        held.push(Held {
            kind: Kind::Benefit,
            place: claim.place,
            code: claim.program.code.clone(),
            program: Some(claim.program.id),
            purpose: claim.program.purpose,
            person: claim.person,
            period: claim.period,
            event: claim.event,
            granted,
            shares: claim.shares,
            spent: false,
        });
    }
}
