//! One benefit from its proposal on: its steps, its sources, its payments.

use chrono::{Datelike, NaiveDate};
use entity::{
    benefit, benefit_funding, benefit_payment, benefit_transition,
    enums::{BenefitStatus as Status, FundingSource, Recurrence},
    ids::{AgencyId, BenefitId, BenefitPaymentId},
};

use super::{
    Maker,
    calendar::{Calendar, minus_days, office_hour, plus_days, plus_months},
    people::{Home, Member},
    random::Random,
    support::{Lead, Offer},
    world::Share,
};

/// A household or one of its people, and from when on it can be given something.
pub struct Recipient<'a> {
    pub home: &'a Home<'a>,
    pub person: Option<&'a Member>,
    pub since: NaiveDate,
}

/// How far a benefit comes.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Waiting(Status),
    Rejected,
    Cancelled,
    /// Paid as far as the calendar goes; of a sum in parts perhaps only the first.
    Paid {
        in_full: bool,
    },
}

const FATES: &[(Fate, u64)] = &[
    (Fate::Waiting(Status::Proposed), 7),
    (Fate::Waiting(Status::Verified), 5),
    (Fate::Waiting(Status::Approved), 6),
    (Fate::Rejected, 5),
    (Fate::Cancelled, 3),
    (Fate::Paid { in_full: false }, 22),
    (Fate::Paid { in_full: true }, 52),
];

/// From a proposal to the last part of a house: what has been paid was proposed at least so many days ago.
const LONGEST: i64 = 140;

type Step = (Status, NaiveDate, AgencyId);
type Payment = (Share, NaiveDate);

/// Makes a benefit, unless the recipient has been entitled for too short a time.
pub fn grant(maker: &mut Maker<'_>, random: &mut Random, recipient: &Recipient<'_>, offer: &Offer) {
    let Some(program_id) = maker.world.program(offer.program) else { return };
    let fate = random.weighted(FATES);
    let Some(proposed_on) = proposed_on(&maker.calendar, random, recipient.since, fate) else { return };
    let lead = match offer.lead {
        Lead::Labour => maker.world.agencies.labour,
        Lead::Front => maker.world.agencies.front,
    };
    let mut steps = steps(maker, random, proposed_on, lead, fate);
    let decided_on = steps.iter().find(|(status, ..)| matches!(status, Status::Approved | Status::Rejected));
    let decided_on = decided_on.map(|(_, on, _)| *on);
    let period = period(random, offer.recurrence, decided_on.unwrap_or(proposed_on));
    let shares: Vec<Share> = offer
        .shares
        .iter()
        .map(|&(source, line, amount)| {
            let line_id = line.and_then(|line| maker.world.line(program_id, line));
            Share { source, line_id, amount }
        })
        .collect();
    let payments = match (fate, decided_on) {
        (Fate::Paid { in_full }, Some(decided_on)) => {
            payments(&maker.calendar, random, offer, &shares, (decided_on, period), in_full)
        }
        _ => Vec::new(),
    };
    paid_steps(&mut steps, &maker.calendar, offer, period, &payments, lead);
    let id = BenefitId(maker.register.benefit.id());
    let last = steps.last().copied().unwrap_or((Status::Proposed, proposed_on, lead));
    let changed_on = payments.iter().map(|(_, on)| *on).max().map_or(last.1, |on| on.max(last.1));
    let created_at = office_hour(random, proposed_on);
    maker.register.benefit.add(benefit::Model {
        id,
        program_id,
        household_id: recipient.home.id,
        person_id: recipient.person.map(|person| person.id),
        commune_id: recipient.home.commune.id,
        district_id: recipient.home.commune.district_id,
        status: last.0,
        amount: shares.iter().map(|share| share.amount).sum(),
        recurrence: offer.recurrence,
        starts_on: period.map(|(from, _)| from),
        ends_on: period.map(|(_, to)| to),
        proposed_on,
        decided_on,
        paid_amount: payments.iter().map(|(share, _)| share.amount).sum(),
        note: None,
        event_kind: None,
        event_on: None,
        version: i32::try_from(steps.len() + payments.len()).unwrap_or(i32::MAX),
        created_at,
        updated_at: created_at.max(office_hour(random, changed_on)),
        updated_by: Some(last.2),
    });
    write_funding(maker, id, &shares);
    write_payments(maker, random, id, lead, &payments);
    write_steps(maker, random, id, &steps);
}

fn proposed_on(calendar: &Calendar, random: &mut Random, since: NaiveDate, fate: Fate) -> Option<NaiveDate> {
    let (first, last) = match fate {
        Fate::Waiting(_) => (since.max(minus_days(calendar.last, 70)), minus_days(calendar.last, 1)),
        _ => (since, minus_days(calendar.last, LONGEST)),
    };
    (first <= last).then(|| calendar.between(random, first, last))
}

fn steps(maker: &Maker<'_>, random: &mut Random, proposed_on: NaiveDate, lead: AgencyId, fate: Fate) -> Vec<Step> {
    let agencies = maker.world.agencies;
    let calendar = &maker.calendar;
    let verified = calendar.later(random, proposed_on, 3, 14);
    let approved = calendar.later(random, verified, 4, 20);
    let mut steps = vec![
        (Status::Proposed, proposed_on, agencies.communes),
        (Status::Verified, verified, agencies.districts),
        (Status::Approved, approved, lead),
    ];
    match fate {
        Fate::Waiting(reached) => {
            let end = steps.iter().position(|(status, ..)| *status == reached).map_or(1, |position| position + 1);
            steps.truncate(end);
        }
        Fate::Rejected => {
            steps.truncate(random.weighted(&[(1, 4), (2, 6)]));
            steps.push((Status::Rejected, approved, lead));
        }
        Fate::Cancelled => steps.push((Status::Cancelled, calendar.later(random, approved, 5, 60), lead)),
        Fate::Paid { .. } => {}
    }
    steps
}

/// The period of something that comes back, from the first of the month after the decision.
fn period(random: &mut Random, recurrence: Recurrence, decided_on: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let months = match recurrence {
        Recurrence::Once => return None,
        Recurrence::Monthly => random.weighted(&[(12, 50), (24, 50)]),
        Recurrence::Yearly => random.weighted(&[(12, 55), (24, 25), (36, 20)]),
    };
    let from = plus_months(decided_on, 1).with_day(1)?;
    Some((from, minus_days(plus_months(from, months), 1)))
}

fn payments(
    calendar: &Calendar,
    random: &mut Random,
    offer: &Offer,
    shares: &[Share],
    (decided_on, period): (NaiveDate, Option<(NaiveDate, NaiveDate)>),
    in_full: bool,
) -> Vec<Payment> {
    let mut payments = Vec::new();
    let Some((from, to)) = period else {
        let first_on = plus_days(decided_on, random.between(5, 30));
        let second_on = plus_days(first_on, random.between(30, 60));
        for share in shares {
            let first = if offer.in_parts { share.amount * 3 / 5 } else { share.amount };
            payments.push((Share { amount: first, ..*share }, first_on));
            if offer.in_parts && in_full {
                payments.push((Share { amount: share.amount - first, ..*share }, second_on));
            }
        }
        return payments;
    };
    let step = if offer.recurrence == Recurrence::Monthly { 1 } else { 12 };
    let mut due = from;
    while due <= to {
        let on = plus_days(due, random.between(2, 9));
        if on > calendar.last {
            break;
        }
        payments.extend(shares.iter().map(|share| (*share, on)));
        due = plus_months(due, step);
    }
    payments
}

/// DISBURSED with the first payment, COMPLETED with the last.
fn paid_steps(
    steps: &mut Vec<Step>,
    calendar: &Calendar,
    offer: &Offer,
    period: Option<(NaiveDate, NaiveDate)>,
    payments: &[Payment],
    lead: AgencyId,
) {
    let days = || payments.iter().map(|(_, on)| *on);
    let (Some(first), Some(last)) = (days().min(), days().max()) else { return };
    steps.push((Status::Disbursed, first, lead));
    let paid: i64 = payments.iter().map(|(share, _)| share.amount).sum();
    let whole: i64 = offer.shares.iter().map(|(.., amount)| amount).sum();
    match period {
        None if paid == whole => steps.push((Status::Completed, last, lead)),
        Some((_, to)) if to <= calendar.last => steps.push((Status::Completed, to, lead)),
        _ => {}
    }
}

fn write_funding(maker: &mut Maker<'_>, benefit_id: BenefitId, shares: &[Share]) {
    for Share { source, line_id, amount } in shares.iter().copied() {
        let id = maker.register.benefit_funding.id();
        maker.register.benefit_funding.add(benefit_funding::Model { id, benefit_id, source, line_id, amount });
    }
}

fn write_payments(
    maker: &mut Maker<'_>,
    random: &mut Random,
    benefit_id: BenefitId,
    agency_id: AgencyId,
    payments: &[Payment],
) {
    for (number, (share, paid_on)) in (1..).zip(payments) {
        let id = BenefitPaymentId(maker.register.benefit_payment.id());
        let kind = if share.source == FundingSource::SocialMobilization { "VD" } else { "UNC" };
        maker.register.benefit_payment.add(benefit_payment::Model {
            id,
            benefit_id,
            amount: share.amount,
            source: share.source,
            paid_on: *paid_on,
            reference: format!("{kind}{}-{}-{number:02}", paid_on.year(), benefit_id.0),
            agency_id,
            recorded_at: office_hour(random, *paid_on),
            assistance_due: None,
        });
    }
}

fn write_steps(maker: &mut Maker<'_>, random: &mut Random, benefit_id: BenefitId, steps: &[Step]) {
    let mut before: Option<(Status, i64)> = None;
    for (to_status, on, agency_id) in steps {
        let at = office_hour(random, *on);
        let at = before.map_or(at, |(_, earlier)| at.max(earlier + 60_000_000));
        let note = match to_status {
            Status::Rejected => Some("Không thuộc đối tượng hỗ trợ"),
            Status::Cancelled => Some("Hộ tự nguyện không nhận hỗ trợ"),
            _ => None,
        };
        let id = maker.register.benefit_transition.id();
        maker.register.benefit_transition.add(benefit_transition::Model {
            id,
            benefit_id,
            from_status: before.map(|(status, _)| status),
            to_status: *to_status,
            at,
            agency_id: *agency_id,
            client_id: None,
            note: note.map(str::to_owned),
        });
        before = Some((*to_status, at));
    }
}
