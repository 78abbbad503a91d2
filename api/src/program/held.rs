//! What households get already, of benefits, loans and model capital, and what of it stands in the way of more: nobody gets
//! a second house, and no two programs of one purpose pay the same household in a year (the plan's own trap, discrepancy
//! D36). The rules are pure; the loader takes one statement.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use entity::{
    enums::{FundingSource, Recurrence, SupportPurpose, UrgentHelpKind},
    ids::{HouseholdId, PersonId, ProgramId},
};
use sea_orm::{ConnectionTrait, QueryResult};

use super::{
    rules::month,
    urgent::{self, Event},
};
use crate::{
    access::{Permission, PermissionSet},
    error::{Failure, Result},
    exchange::Write,
    schema::global_id,
};

/// What kind of record pays.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Benefit,
    Loan,
    ModelParticipation,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Benefit, Self::Loan, Self::ModelParticipation];

    /// The GraphQL type.
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::Benefit => "Benefit",
            Self::Loan => "Loan",
            Self::ModelParticipation => "ModelParticipation",
        }
    }

    /// Who sees the household sees its records with this.
    const fn permission(self) -> Permission {
        match self {
            Self::Benefit => Permission::BenefitRead,
            Self::Loan => Permission::LoanRead,
            Self::ModelParticipation => Permission::ModelProjectRead,
        }
    }
}

/// Where something stands: stored, or earlier in the same batch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    Stored(i64),
    Item(usize),
}

/// When something is paid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Period {
    pub recurrence: Recurrence,
    pub from: NaiveDate,
    /// The last day of what comes back; none while it lasts.
    pub to: Option<NaiveDate>,
}

impl Period {
    /// Of a benefit proposed or decided on a day: what is paid once is not paid before it.
    pub fn of(recurrence: Recurrence, starts_on: Option<NaiveDate>, to: Option<NaiveDate>, day: NaiveDate) -> Self {
        let from = match recurrence {
            Recurrence::Once => starts_on.unwrap_or(day).max(day),
            Recurrence::Monthly | Recurrence::Yearly => starts_on.unwrap_or(day),
        };
        Self { recurrence, from, to }
    }

    /// Of a loan that is granted and not paid out: nobody knows yet in which year it will be.
    pub const fn until_paid(from: NaiveDate) -> Self {
        Self { recurrence: Recurrence::Yearly, from, to: None }
    }

    /// The first and the last year in which it is paid.
    pub fn years(self) -> (i32, i32) {
        let first = self.from.year();
        match self.recurrence {
            Recurrence::Once => (first, first),
            Recurrence::Monthly | Recurrence::Yearly => (first, self.to.map_or(i32::MAX, |to| to.year())),
        }
    }

    /// Whether there is a calendar month in which both run: what is paid by months pays each that it touches whole.
    fn shares_a_month(self, other: Self) -> bool {
        let last = |period: Self| month(period.to.unwrap_or(NaiveDate::MAX));
        month(self.from) <= last(other) && month(other.from) <= last(self)
    }

    /// Whether both are paid in one year.
    pub fn meets(self, other: Self) -> bool {
        let (one, other) = (self.years(), other.years());
        one.0 <= other.1 && other.0 <= one.1
    }
}

/// Something that a household gets.
#[derive(Clone, Debug)]
pub struct Held {
    pub kind: Kind,
    pub place: Place,
    /// The program's code of a benefit, the loan's contract number, the project's code.
    pub code: String,
    pub program: Option<ProgramId>,
    pub purpose: SupportPurpose,
    pub person: Option<PersonId>,
    pub period: Period,
    /// Of urgent assistance: after what it helps.
    pub event: Option<Event>,
    /// Approved; otherwise it is only proposed.
    pub granted: bool,
    /// Of a benefit: what each source pays, each time.
    pub shares: Vec<(FundingSource, i64)>,
    /// Of a benefit that was cancelled after something was paid: its shares are what was paid in one year.
    pub spent: bool,
}

impl Held {
    /// When its shares are paid: what was spent, once.
    pub fn paid_in(&self) -> Period {
        let Period { from, to, .. } = self.period;
        let once = Period { recurrence: Recurrence::Once, from: to.unwrap_or(from), to: None };
        if self.spent { once } else { self.period }
    }

    /// Whether who holds these permissions and sees the household may be told which record it is.
    fn told_to(&self, may: PermissionSet) -> bool {
        let assistance = self.kind == Kind::Benefit && self.purpose == SupportPurpose::CashAssistance;
        may.has(self.kind.permission()) && (!assistance || may.has(Permission::ProtectedCategoryRead))
    }
}

/// What would be paid to a household.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub kind: Kind,
    /// None of a loan outside the programs.
    pub program: Option<ProgramId>,
    pub purpose: SupportPurpose,
    pub person: Option<PersonId>,
    pub period: Period,
    pub event: Option<Event>,
}

/// Why something can't be paid beside what is held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rule {
    SecondHouse,
    /// Monthly social assistance of one person twice.
    SecondAssistance,
    /// Urgent assistance twice after one event.
    SameEvent,
    SamePurpose,
}

impl Rule {
    pub const fn code(self) -> &'static str {
        match self {
            Self::SecondHouse => "SECOND_HOUSE",
            Self::SecondAssistance => "SECOND_ASSISTANCE",
            Self::SameEvent => "SAME_EVENT",
            Self::SamePurpose => "SAME_PURPOSE",
        }
    }
}

/// Somebody dies once and is buried once, whichever day is named. The house of one day is destroyed or damaged, not both.
fn same_event(held: Option<Event>, wanted: Option<Event>) -> bool {
    match (held, wanted) {
        (Some(held), Some(wanted)) if wanted.of_death() => held.kind == wanted.kind,
        (Some(held), Some(wanted)) if wanted.of_the_house() => held.of_the_house() && held.on == wanted.on,
        _ => held == wanted,
    }
}

/// What of all that is held stands in the way of what would be paid. Loans beside loans, and capital beside capital of
/// models, are the ceilings' matter. Urgent assistance goes by its event alone, beside whatever else is paid.
pub fn collision<'a>(wanted: Wanted, held: impl Iterator<Item = &'a Held> + Clone) -> Option<(Rule, &'a Held)> {
    if wanted.event.is_some() {
        let mut held = held.filter(|held| same_event(held.event, wanted.event) && held.person == wanted.person);
        return held.next().map(|held| (Rule::SameEvent, held));
    }
    let ceilings = |held: &Held| held.kind == wanted.kind && wanted.kind != Kind::Benefit;
    let beside = |held: &&Held| held.purpose == wanted.purpose && held.event.is_none() && !ceilings(held);
    let of_purpose = || held.clone().filter(beside);
    let second = match wanted.purpose {
        SupportPurpose::Housing => {
            of_purpose().find(|held| second_house(wanted, held)).map(|held| (Rule::SecondHouse, held))
        }
        SupportPurpose::CashAssistance => {
            of_purpose().find(|held| second_assistance(wanted, held)).map(|held| (Rule::SecondAssistance, held))
        }
        _ => None,
    };
    let same = || of_purpose().find(|held| held.period.meets(wanted.period) && !goes_with(wanted, held));
    second.or_else(|| same().map(|held| (Rule::SamePurpose, held)))
}

/// A house is given once. One program lends and gives for the same one together.
fn second_house(wanted: Wanted, held: &Held) -> bool {
    match (wanted.kind, held.kind) {
        (_, Kind::ModelParticipation) | (Kind::ModelParticipation, _) => false,
        (Kind::Benefit, Kind::Benefit) => true,
        _ => held.program.is_none() || held.program != wanted.program,
    }
}

/// Of several grounds of one person only the highest counts, and what is due is of all of them together (Decree
/// 20/2021/NĐ-CP art. 6.2): a second benefit beside the first would pay what the first does.
fn second_assistance(wanted: Wanted, held: &Held) -> bool {
    held.kind == Kind::Benefit
        && held.person.is_some()
        && held.person == wanted.person
        && held.period.shares_a_month(wanted.period)
}

/// What one program pays together. Not so the loan and the gift of one water container, both of one program (annex VIII.1
/// and VIII.2): that is the trap that D36 names.
fn goes_with(wanted: Wanted, held: &Held) -> bool {
    let lends = wanted.kind == Kind::Loan || held.kind == Kind::Loan;
    let water = lends && held.purpose == SupportPurpose::WaterSanitation;
    held.program.is_some() && held.program == wanted.program && !water
}

/// The refusal. It says the rule; which record it is, only to who may read such records. One sentence for all of them.
pub fn refusal(rule: Rule, held: &Held, wanted: Wanted, may: PermissionSet) -> Failure {
    let (purpose, year) = (held.purpose.as_str(), held.period.years().0.max(wanted.period.years().0));
    let leave = match wanted.kind {
        Kind::Benefit => Some(Permission::BenefitOverride.code()),
        Kind::Loan => Some(Permission::LoanOverride.code()),
        Kind::ModelParticipation => None,
    };
    let but = leave.map_or_else(String::new, |leave| format!(", but by who holds {leave}"));
    let but_vi = leave.map_or_else(String::new, |leave| format!(", trừ khi người có quyền {leave} cho phép"));
    let (what, what_vi) = match rule {
        Rule::SecondHouse => (
            "The household has been given a house or lent for one; nobody gets a second.".to_owned(),
            "Hộ đã được hỗ trợ hoặc vay vốn làm nhà ở; không hỗ trợ nhà ở lần thứ hai.".to_owned(),
        ),
        Rule::SecondAssistance if held.spent => spent_through(held),
        Rule::SecondAssistance => (
            "The person gets monthly social assistance in this time already; one benefit pays all its grounds (Decree \
             20/2021/NĐ-CP art. 6.2). End that one first."
                .to_owned(),
            "Người này đang hưởng trợ giúp xã hội hằng tháng trong thời gian đó; mỗi người chỉ hưởng một mức (Nghị định \
             20/2021/NĐ-CP điều 6.2). Hãy kết thúc khoản đó trước."
                .to_owned(),
        ),
        Rule::SameEvent => urgent::twice(held.event, wanted.event),
        Rule::SamePurpose => (
            format!(
                "The household is paid for the purpose {purpose} in {year} already; no two programs of one purpose \
                 may{but}."
            ),
            format!(
                "Trong năm {year} hộ đã được hỗ trợ cho mục đích {purpose}; không hỗ trợ trùng mục đích{but_vi}."
            ),
        ),
    };
    let (which, which_vi) = match held.place {
        _ if !held.told_to(may) => (String::new(), String::new()),
        Place::Item(index) => (format!(" See the item {index}."), format!(" Xem mục {index}.")),
        Place::Stored(id) => {
            let (kind, code) = (held.kind.type_name(), &held.code);
            let id = global_id::encode(kind, id);
            (format!(" It is the {kind} {id} ({code})."), format!(" Đó là {kind} {id} ({code})."))
        }
    };
    Failure::conflict(what + &which, what_vi + &which_vi)
}

/// Money that was paid is not forgotten with the benefit that paid it.
fn spent_through(held: &Held) -> (String, String) {
    let through = held.period.to.unwrap_or(held.period.from).format("%Y-%m");
    (
        format!(
            "The person was paid monthly social assistance through {through} by a benefit that was cancelled since; another \
             one starts after that month."
        ),
        format!(
            "Người này đã được chi trả trợ giúp xã hội đến hết tháng {through} theo một khoản đã hủy; khoản mới chỉ được bắt \
             đầu từ tháng sau."
        ),
    )
}

/// What these households get: nothing that was rejected or left, of what was cancelled that which was paid, loans from
/// their approval on. Locked, a household gets nothing more of benefits until the write ends: ask once it is.
pub async fn held(
    write: &Write<'_>,
    households: impl IntoIterator<Item = HouseholdId>,
) -> Result<HashMap<HouseholdId, Vec<Held>>> {
    let dialect = write.request.db.dialect;
    let among = |column: &str| dialect.one_of(column, &format!("{}1", dialect.placeholder()));
    let sql = HELD
        .replace("{benefits}", &among("b.household_id"))
        .replace("{members}", &among("m.household_id"))
        .replace("{loans}", &among("l.household_id"))
        .replace("{models}", &among("p.household_id"));
    let ids = dialect.numbers(households.into_iter().map(|id| id.0));
    let statement = write.request.db.statement(sql, vec![ids]);
    let mut found: HashMap<_, Vec<Held>> = HashMap::new();
    for row in write.tx.query_all_raw(statement).await? {
        let (household, held) = read(&row)?;
        let of_household = found.entry(household).or_default();
        match of_household.last_mut() {
            Some(last) if !held.spent && (last.kind, last.place) == (held.kind, held.place) => {
                last.shares.extend(held.shares);
            }
            _ => of_household.push(held),
        }
    }
    Ok(found)
}

/// A row for each share of a benefit, of a cancelled one for each source and year that paid, one for each loan and
/// participation; and one for social assistance that somebody brought along from another household. A loan that is granted
/// and not paid out lasts (`Period::until_paid`).
const HELD: &str = "SELECT h.*, e.event_kind, e.event_on FROM (SELECT 'Benefit' AS kind, b.id AS id, b.household_id AS household_id, g.code AS code, b.program_id AS program_id, \
     g.purpose AS purpose, b.person_id AS person_id, b.recurrence AS recurrence, \
     CASE WHEN b.starts_on IS NULL OR (b.recurrence = 'ONCE' AND b.starts_on < COALESCE(b.decided_on, b.proposed_on)) \
     THEN COALESCE(b.decided_on, b.proposed_on) ELSE b.starts_on END AS from_day, b.ends_on AS to_day, b.status AS status, \
     f.source AS source, f.amount AS amount \
     FROM benefit b JOIN program g ON g.id = b.program_id LEFT JOIN benefit_funding f ON f.benefit_id = b.id \
     WHERE {benefits} AND b.status NOT IN ('REJECTED', 'CANCELLED') \
     UNION ALL SELECT 'Benefit', b.id, m.household_id, g.code, b.program_id, g.purpose, b.person_id, b.recurrence, \
     COALESCE(b.starts_on, b.decided_on, b.proposed_on), b.ends_on, b.status, NULL, NULL \
     FROM person m JOIN benefit b ON b.person_id = m.id AND b.household_id <> m.household_id \
     JOIN program g ON g.id = b.program_id AND g.purpose = 'CASH_ASSISTANCE' \
     WHERE {members} AND b.status NOT IN ('REJECTED', 'CANCELLED') \
     UNION ALL SELECT 'Benefit', b.id, b.household_id, g.code, b.program_id, g.purpose, b.person_id, b.recurrence, \
     CASE WHEN b.recurrence = 'ONCE' OR b.starts_on IS NULL THEN min(y.paid_on) ELSE b.starts_on END, \
     CASE WHEN b.ends_on < max(y.paid_on) THEN b.ends_on ELSE max(y.paid_on) END, 'SPENT', y.source, CAST(sum(y.amount) AS BIGINT) \
     FROM benefit b JOIN program g ON g.id = b.program_id JOIN benefit_payment y ON y.benefit_id = b.id \
     WHERE {benefits} AND b.status = 'CANCELLED' \
     GROUP BY b.id, g.code, g.purpose, y.source, substr(CAST(y.paid_on AS TEXT), 1, 4) \
     UNION ALL SELECT 'Benefit', b.id, m.household_id, g.code, b.program_id, g.purpose, b.person_id, b.recurrence, \
     COALESCE(b.starts_on, b.proposed_on), CASE WHEN b.ends_on < max(y.paid_on) THEN b.ends_on ELSE max(y.paid_on) END, 'SPENT', \
     NULL, NULL FROM person m JOIN benefit b ON b.person_id = m.id AND b.household_id <> m.household_id \
     JOIN program g ON g.id = b.program_id AND g.purpose = 'CASH_ASSISTANCE' JOIN benefit_payment y ON y.benefit_id = b.id \
     WHERE {members} AND b.status = 'CANCELLED' GROUP BY b.id, m.household_id, g.code, g.purpose \
     UNION ALL SELECT 'Loan', l.id, l.household_id, l.contract_number, l.program_id, o.purpose, NULL, \
     CASE WHEN l.disbursed_on IS NULL THEN 'YEARLY' ELSE 'ONCE' END, COALESCE(l.disbursed_on, l.approved_on), NULL, 'APPROVED', NULL, NULL \
     FROM loan l JOIN loan_product o ON o.id = l.product_id \
     WHERE {loans} AND l.approved_on IS NOT NULL AND l.status <> 'REJECTED' \
     UNION ALL SELECT 'ModelParticipation', p.id, p.household_id, m.code, m.program_id, COALESCE(g.purpose, 'LIVELIHOOD'), NULL, \
     'ONCE', p.enrolled_on, NULL, 'APPROVED', NULL, NULL \
     FROM model_participation p JOIN model_project m ON m.id = p.project_id LEFT JOIN program g ON g.id = m.program_id \
     WHERE {models} AND p.outcome <> 'WITHDRAWN' AND p.support_amount > 0 AND m.track = 'LIVELIHOOD') h \
     LEFT JOIN benefit e ON h.kind = 'Benefit' AND e.id = h.id ORDER BY h.kind, h.id, h.source";

fn read(row: &QueryResult) -> Result<(HouseholdId, Held)> {
    let text = |column: &str| row.try_get::<String>("", column);
    let strange = |what: &str| Failure::internal(format!("a {what} that isn't known"));
    let kind = text("kind")?;
    let kind = Kind::ALL.into_iter().find(|known| known.type_name() == kind).ok_or_else(|| strange("kind"))?;
    let recurrence = Recurrence::parse(&text("recurrence")?).ok_or_else(|| strange("recurrence"))?;
    let (from, to): (NaiveDate, Option<NaiveDate>) = (row.try_get("", "from_day")?, row.try_get("", "to_day")?);
    let source: Option<String> = row.try_get("", "source")?;
    let source =
        source.as_deref().map(|source| FundingSource::parse(source).ok_or_else(|| strange("source"))).transpose()?;
    let amount: Option<i64> = row.try_get("", "amount")?;
    let program: Option<i64> = row.try_get("", "program_id")?;
    let person: Option<i64> = row.try_get("", "person_id")?;
    let event_kind: Option<String> = row.try_get("", "event_kind")?;
    let event_kind = event_kind.as_deref().map(|kind| UrgentHelpKind::parse(kind).ok_or_else(|| strange("event")));
    let event = event_kind.transpose()?.zip(row.try_get("", "event_on")?).map(|(kind, on)| Event { kind, on });
    let status = text("status")?;
    let held = Held {
        kind,
        place: Place::Stored(row.try_get("", "id")?),
        code: text("code")?,
        program: program.map(ProgramId),
        purpose: SupportPurpose::parse(&text("purpose")?).ok_or_else(|| strange("purpose"))?,
        person: person.map(PersonId),
        period: Period { recurrence, from, to },
        event,
        granted: !matches!(status.as_str(), "PROPOSED" | "VERIFIED"),
        shares: source.zip(amount).into_iter().collect(),
        spent: status == "SPENT",
    };
    Ok((HouseholdId(row.try_get("", "household_id")?), held))
}

#[cfg(test)]
#[path = "held_tests.rs"]
mod tests;
