//! Policy credit: who borrows what, how a loan comes about, and what its ledger says today.

use chrono::{Datelike, NaiveDate};
use entity::{
    EnumSet,
    enums::{AreaKind, FundingSource, LoanStatus, PersonCategory, PovertyClass, SupportPurpose},
    ids::{AgencyId, LoanId, LoanTransactionId, PersonId, ProgramId},
    loan, loan_funding, loan_product, loan_transaction, loan_transition,
};

use super::{
    Maker,
    calendar::{date, days, minus_days, minus_months, office_hour, plus_days, plus_months},
    ledger::Ledger,
    people::{Home, Member},
    random::Random,
    repayment::{self, Course, Terms},
    review::Decisions,
    world::{Share, takes},
};

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq)]
enum Story {
    /// On its way, and so far.
    Waiting(LoanStatus),
    Refused,
    Lent(Course),
}

const STORIES: &[(Story, u64)] = &[
    (Story::Waiting(LoanStatus::Requested), 18),
    (Story::Waiting(LoanStatus::GroupVetted), 12),
    (Story::Waiting(LoanStatus::CommuneConfirmed), 12),
    (Story::Waiting(LoanStatus::Approved), 12),
    (Story::Refused, 16),
    (Story::Lent(Course::Running), 660),
    (Story::Lent(Course::Extended), 14),
    (Story::Lent(Course::Repaid), 210),
    (Story::Lent(Course::Overdue), 30),
    (Story::Lent(Course::Frozen), 10),
    (Story::Lent(Course::WrittenOff), 6),
];

/// A loan before its rows are written.
struct Draft<'w> {
    product: &'w loan_product::Model,
    story: Story,
    requested_on: NaiveDate,
    approved_on: NaiveDate,
    /// The bank comes to a commune on one day of the month.
    disbursed_on: NaiveDate,
    principal: i64,
    term_months: i32,
}

/// Lends to a household; tells for what.
pub fn lend(maker: &mut Maker<'_>, random: &mut Random, home: &Home<'_>, decisions: &Decisions) -> Vec<SupportPurpose> {
    let (one, two) = match home.class {
        Some(PovertyClass::Poor) => (42, 16),
        Some(PovertyClass::NearPoor) => (50, 18),
        Some(PovertyClass::NewlyEscaped) => (58, 20),
        Some(PovertyClass::Average) => (24, 6),
        Some(PovertyClass::BetterOff) => (8, 1),
        None => (4, 0),
    };
    let goes_abroad = |member: &Member| member.categories.contains(PersonCategory::ContractWorkerAbroad);
    let abroad = if two > 0 && home.members.iter().any(goes_abroad) { 50 } else { 0 };
    let mut codes = Vec::new();
    if random.percent(one) {
        codes.push(first_product(random, home));
    }
    // Money for production comes once at a time: what is out of it stays within 100 M (rules.md L12).
    if random.percent(two + abroad) {
        codes.push(second_product(random, home));
    }
    codes.dedup();
    let mut purposes = Vec::with_capacity(codes.len());
    for code in codes {
        if let Some(draft) = draft(maker, random, home, decisions, code) {
            purposes.push(draft.product.purpose);
            write(maker, random, home, &draft);
        }
    }
    purposes
}

/// `CLASS` stands for the product of the household's class on the day.
const CLASS: &str = "CLASS";

fn first_product(random: &mut Random, home: &Home<'_>) -> &'static str {
    match home.class {
        Some(PovertyClass::Poor | PovertyClass::NearPoor | PovertyClass::NewlyEscaped) => CLASS,
        _ => random.weighted(&[("JOB_CREATION", 55), ("WATER_SANITATION", 43), ("SOCIAL_HOUSING", 2)]),
    }
}

fn second_product(random: &mut Random, home: &Home<'_>) -> &'static str {
    let any = |category| home.members.iter().any(|member| member.categories.contains(category));
    if any(PersonCategory::ContractWorkerAbroad) {
        return "OVERSEAS_WORK";
    }
    let student = u64::from(any(PersonCategory::Student)) * 25;
    let house = u64::from(home.class == Some(PovertyClass::Poor)) * 6;
    random.weighted(&[("WATER_SANITATION", 60), ("STUDENT", student), ("HOUSING_POOR", house)])
}

fn draft<'w>(
    maker: &Maker<'w>,
    random: &mut Random,
    home: &Home<'_>,
    decisions: &Decisions,
    code: &str,
) -> Option<Draft<'w>> {
    let story = random.weighted(STORIES);
    let last = maker.calendar.last;
    let opened = decisions.periods.first().map_or(home.registered_on, |(from, _)| *from);
    let earliest = plus_days(opened, 45).max(date(2020, 1, 2));
    let months_ago = match story {
        Story::Waiting(_) | Story::Refused | Story::Lent(Course::Running) => 0,
        Story::Lent(Course::Extended) => 2,
        Story::Lent(Course::Frozen) => 9,
        Story::Lent(Course::Repaid) => 10,
        Story::Lent(Course::Overdue) => 13,
        Story::Lent(Course::WrittenOff) => 22,
    };
    let latest = minus_months(last, months_ago);
    // A part of the loans comes from the year of the plan, and counts in its programs.
    let plan_year = (earliest.max(date(2022, 3, 20)), latest.min(date(2022, 12, 31)));
    let (since, latest) = match story {
        Story::Waiting(_) => (earliest.max(minus_days(last, 12)), latest),
        Story::Lent(_) if plan_year.0 <= plan_year.1 && random.percent(25) => plan_year,
        _ => (earliest, latest),
    };
    if since > latest {
        return None;
    }
    // Of the running loans more are young than old.
    let draw = |random: &mut Random| plus_days(since, random.between(0, days(since, latest)));
    let drawn = if story == Story::Lent(Course::Running) { draw(random).max(draw(random)) } else { draw(random) };
    let disbursed_on = visiting_day(home, drawn, since)?;
    let approved_on = minus_days(disbursed_on, random.between(2, 9));
    let class = decisions.on(approved_on);
    let product = product(maker, home, class, code, approved_on)?;
    let term_months = term(random, product, story);
    if matches!(story, Story::Lent(Course::Overdue)) && plus_months(disbursed_on, term_months) >= last {
        return None;
    }
    Some(Draft {
        product,
        story,
        requested_on: minus_days(approved_on, random.between(8, 25)),
        approved_on,
        disbursed_on,
        principal: principal(random, product),
        term_months,
    })
}

/// The bank's day in the commune, in the month of the given day; a month earlier where it is still to come.
fn visiting_day(home: &Home<'_>, drawn: NaiveDate, since: NaiveDate) -> Option<NaiveDate> {
    let day = u32::try_from(home.commune.id.0.rem_euclid(20)).ok()? + 5;
    let visit = drawn.with_day(day)?;
    let visit = if visit > drawn { minus_months(visit, 1) } else { visit };
    (visit >= minus_days(since, 31)).then_some(visit)
}

fn product<'w>(
    maker: &Maker<'w>,
    home: &Home<'_>,
    class: Option<PovertyClass>,
    code: &str,
    on: NaiveDate,
) -> Option<&'w loan_product::Model> {
    let code = if code == CLASS { class?.as_str() } else { code };
    if code == "WATER_SANITATION" && home.commune.area_kind == AreaKind::Urban {
        return None;
    }
    maker.world.product(code, on).filter(|product| takes(product, class))
}

/// That of the product, within the term: a student's loan of up to six years is repaid after the studies.
fn grace(draft: &Draft<'_>) -> i32 {
    draft.product.grace_months.min(draft.term_months - 1)
}

fn term(random: &mut Random, product: &loan_product::Model, story: Story) -> i32 {
    let months = match (story, product.code.as_str()) {
        (Story::Lent(Course::Repaid | Course::Overdue), _) => random.weighted(&[(12, 60), (24, 30), (36, 10)]),
        (_, "HOUSING_POOR") => 180,
        (_, "SOCIAL_HOUSING") => 240,
        (_, "STUDENT") => random.weighted(&[(96, 6), (120, 4)]),
        (_, "OVERSEAS_WORK") => 36,
        (_, "WATER_SANITATION") => 60,
        _ => random.weighted(&[(36, 40), (48, 10), (60, 45), (120, 5)]),
    };
    months.min(product.max_term_months)
}

fn principal(random: &mut Random, product: &loan_product::Model) -> i64 {
    let half = product.max_amount / 2;
    let millions = match product.code.as_str() {
        "WATER_SANITATION" => return random.weighted(&[(half, 20), (product.max_amount, 80)]),
        "HOUSING_POOR" | "OVERSEAS_WORK" => return product.max_amount,
        "SOCIAL_HOUSING" => random.weighted(&[(200, 4), (300, 4), (500, 2)]),
        "STUDENT" => random.between(2, 9) * 10,
        _ => random.weighted(&[(20, 4), (30, 12), (40, 12), (50, 44), (60, 6), (70, 4), (80, 6), (100, 12)]),
    };
    (millions * 1_000_000).min(product.max_amount)
}

/// Lends, and writes what the bank's books say of it.
fn write(maker: &mut Maker<'_>, random: &mut Random, home: &Home<'_>, draft: &Draft<'_>) {
    let world = maker.world;
    let id = LoanId(maker.register.loan.id());
    let mut ledger = Ledger::new(world.rates(&draft.product.code), draft.disbursed_on);
    let mut steps = steps(maker, random, draft);
    let mut matures_on = None;
    if let Story::Lent(course) = draft.story {
        let Draft { principal, disbursed_on, term_months, .. } = *draft;
        let grace_months = grace(draft);
        let terms = Terms { loan: id, principal, disbursed_on, term_months, grace_months };
        let standing = repayment::run(&mut ledger, random, maker.calendar.last, course, &terms);
        steps.extend(standing.changes.iter().map(|(status, on)| (*status, *on, world.agencies.bank)));
        matures_on = Some(standing.matures_on);
    }
    let Some((status, settled_on, agency)) = steps.last().copied() else { return };
    let approved = steps.iter().any(|(status, ..)| *status == LoanStatus::Approved);
    let program = program(maker, draft).filter(|_| approved);
    let created_at = office_hour(random, draft.requested_on);
    let changed_on = ledger.last_day().map_or(settled_on, |day| day.max(settled_on));
    let prefix = if approved { "83" } else { "YC" };
    maker.register.loan.add(loan::Model {
        id,
        contract_number: format!("{prefix}-{}-{:07}", draft.approved_on.year(), id.0),
        product_id: draft.product.id,
        product_code: draft.product.code.clone(),
        program_id: program,
        household_id: home.id,
        borrower_id: borrower(home),
        group_id: None,
        commune_id: home.commune.id,
        district_id: home.commune.district_id,
        status,
        principal: draft.principal,
        term_months: draft.term_months,
        grace_months: if approved { grace(draft) } else { 0 },
        requested_on: draft.requested_on,
        approved_on: approved.then_some(draft.approved_on),
        disbursed_on: matures_on.map(|_| draft.disbursed_on),
        matures_on,
        disbursed_amount: ledger.disbursed,
        outstanding_principal: ledger.balance,
        overdue_principal: if status == LoanStatus::Overdue { ledger.balance } else { 0 },
        version: i32::try_from(steps.len() + ledger.entries.len()).unwrap_or(i32::MAX),
        created_at,
        updated_at: created_at.max(office_hour(random, changed_on)),
        updated_by: Some(agency),
    });
    if approved {
        funding(maker, id, draft, program);
    }
    write_steps(maker, random, id, &steps);
    write_ledger(maker, random, id, &ledger);
}

/// The steps of the request up to the disbursement.
fn steps(maker: &Maker<'_>, random: &mut Random, draft: &Draft<'_>) -> Vec<(LoanStatus, NaiveDate, AgencyId)> {
    let agencies = maker.world.agencies;
    let vetted = plus_days(draft.requested_on, random.between(1, 4));
    let confirmed = plus_days(vetted, random.between(1, 4));
    let mut steps = vec![
        (LoanStatus::Requested, draft.requested_on, agencies.communes),
        (LoanStatus::GroupVetted, vetted, agencies.mass_organisations),
        (LoanStatus::CommuneConfirmed, confirmed, agencies.communes),
        (LoanStatus::Approved, draft.approved_on, agencies.bank),
    ];
    match draft.story {
        Story::Waiting(reached) => {
            let end = steps.iter().position(|(status, ..)| *status == reached).map_or(1, |position| position + 1);
            steps.truncate(end);
        }
        Story::Refused => {
            steps.truncate(random.weighted(&[(1, 3), (2, 2), (3, 5)]));
            steps.push((LoanStatus::Rejected, draft.approved_on, agencies.bank));
        }
        Story::Lent(_) => steps.push((LoanStatus::Active, draft.disbursed_on, agencies.bank)),
    }
    steps
}

/// The oldest member of working age, else the head.
fn borrower(home: &Home<'_>) -> Option<PersonId> {
    let able = home.members.iter().filter(|member| member.age < 66 && member.age >= 20).max_by_key(|member| member.age);
    able.or(home.members.first()).map(|member| member.id)
}

/// The program of the plan that a loan of the plan's year counts for, and its line.
fn program_line(code: &str) -> Option<(&'static str, &'static str)> {
    match code {
        "POOR" => Some(("CREDIT_PRODUCTION", "VI.1")),
        "NEAR_POOR" => Some(("CREDIT_PRODUCTION", "VI.2")),
        "NEWLY_ESCAPED" => Some(("CREDIT_PRODUCTION", "VI.3")),
        "OVERSEAS_WORK" => Some(("CREDIT_OVERSEAS", "VII.2.1")),
        "WATER_SANITATION" => Some(("WATER_SANITATION", "VIII.1")),
        "HOUSING_POOR" => Some(("HOUSING_POOR", "II.2.2a")),
        _ => None,
    }
}

fn program(maker: &Maker<'_>, draft: &Draft<'_>) -> Option<ProgramId> {
    let (program, _) = program_line(&draft.product.code).filter(|_| draft.approved_on.year() == 2022)?;
    maker.world.program(program)
}

/// All from the bank's own capital, but for work abroad, which the plan splits in halves with entrusted local capital.
fn funding(maker: &mut Maker<'_>, id: LoanId, draft: &Draft<'_>, program: Option<ProgramId>) {
    let line = |code: &str| program.and_then(|program| maker.world.line(program, code));
    let own_line = program_line(&draft.product.code).and_then(|(_, code)| line(code));
    let entrusted = if draft.product.code == "OVERSEAS_WORK" { draft.principal / 2 } else { 0 };
    let shares = [
        Share { source: FundingSource::VbspCredit, line_id: own_line, amount: draft.principal - entrusted },
        Share { source: FundingSource::VbspEntrustedLocal, line_id: line("VII.2.2"), amount: entrusted },
    ];
    for Share { source, line_id, amount } in shares.into_iter().filter(|share| share.amount > 0) {
        let share = loan_funding::Model { id: maker.register.loan_funding.id(), loan_id: id, source, line_id, amount };
        maker.register.loan_funding.add(share);
    }
}

fn write_steps(maker: &mut Maker<'_>, random: &mut Random, id: LoanId, steps: &[(LoanStatus, NaiveDate, AgencyId)]) {
    let mut from_status = None;
    for (to_status, occurred_on, agency_id) in steps {
        let note = (*to_status == LoanStatus::Rejected).then(|| "Không đủ điều kiện vay".to_owned());
        let transition = loan_transition::Model {
            id: maker.register.loan_transition.id(),
            loan_id: id,
            from_status,
            to_status: *to_status,
            occurred_on: *occurred_on,
            at: office_hour(random, *occurred_on),
            agency_id: *agency_id,
            client_id: None,
            note,
        };
        maker.register.loan_transition.add(transition);
        from_status = Some(*to_status);
    }
}

fn write_ledger(maker: &mut Maker<'_>, random: &mut Random, loan_id: LoanId, ledger: &Ledger<'_>) {
    let ids: Vec<_> = ledger.entries.iter().map(|_| LoanTransactionId(maker.register.loan_transaction.id())).collect();
    for (id, entry) in ids.iter().zip(&ledger.entries) {
        maker.register.loan_transaction.add(loan_transaction::Model {
            id: *id,
            loan_id,
            kind: entry.kind,
            amount: entry.amount,
            occurred_on: entry.on,
            reference: entry.receipt.clone(),
            balance_after: entry.balance_after,
            reverses_id: entry.reverses.and_then(|position| ids.get(position)).copied(),
            until_on: entry.until,
            cause: entry.cause.map(|(cause, _)| cause),
            damage_percent: entry.cause.map(|(_, percent)| percent.to_string()),
            reason: entry.reason().map(str::to_owned),
            damage_record: None,
            damage_recorded_on: None,
            damage_signed_by: EnumSet::new(),
            agency_id: maker.world.agencies.bank,
            recorded_at: office_hour(random, entry.on),
        });
    }
}
