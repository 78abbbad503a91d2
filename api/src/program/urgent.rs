//! Urgent social assistance: help once, after an event (Decree 20/2021/NĐ-CP art. 12 to 15; what it gives is dated rows that nobody
//! has checked: K). A benefit is one event. Pure: no database, no clock. Rice, 15 kg a person, has no sum and is no benefit here.

use chrono::NaiveDate;
use entity::{
    enums::{Recurrence, UrgentHelpKind as Kind},
    urgent_help_rule,
};
use rust_decimal::Decimal;

use super::{
    assistance::amount,
    assistance_rates::{Level, Rates},
    entitlement::Stage,
    input::BenefitInput,
    rules::not_future,
};
use crate::error::{Failure, Result};

/// The program's code.
pub const PROGRAM: &str = "URGENT_HELP";

/// The first day of Decree 20/2021/NĐ-CP.
const FIRST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(2021, 7, 1) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// What happened, and on which day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Event {
    pub kind: Kind,
    pub on: NaiveDate,
}

impl Event {
    /// What the law helps a person or the one who buries it for; after others it helps the household.
    pub const fn of_person(self) -> bool {
        matches!(self.kind, Kind::Death | Kind::SeriousInjury | Kind::Funeral)
    }

    /// What became of the house itself.
    pub const fn of_the_house(self) -> bool {
        matches!(self.kind, Kind::HouseDestroyed | Kind::HouseDamaged)
    }

    /// Whether somebody of the household has died.
    pub const fn of_death(self) -> bool {
        matches!(self.kind, Kind::Death | Kind::Funeral)
    }
}

/// The event of an item: the program needs one, and no other program takes one.
pub fn event(item: &BenefitInput, today: NaiveDate) -> Result<Option<Event>> {
    let (kind, on) = (item.event_kind, item.event_on.map(|on| on.0));
    if item.program_code != PROGRAM {
        let given = if kind.is_some() { Some("eventKind") } else { on.map(|_| "eventOn") };
        return given.map_or(Ok(None), |field| Err(no_event(&item.program_code, field)));
    }
    let kind = kind.ok_or_else(|| missing("eventKind", ("after what", "sau sự việc nào")))?;
    let on = on.ok_or_else(|| missing("eventOn", ("the day of it", "ngày xảy ra")))?;
    let event = Event { kind, on };
    check_form(item, event, today)?;
    Ok(Some(event))
}

fn no_event(program: &str, field: &str) -> Failure {
    Failure::input(
        field,
        format!("Only {PROGRAM} helps after an event; the program {program} takes no {field}."),
        format!("Chỉ {PROGRAM} hỗ trợ theo sự việc; chương trình {program} không nhận {field}."),
    )
}

fn missing(field: &str, (what, what_vi): (&str, &str)) -> Failure {
    Failure::input(
        field,
        format!("The program {PROGRAM} helps after an event; say {what}."),
        format!("Chương trình {PROGRAM} hỗ trợ theo sự việc; hãy nêu {what_vi}."),
    )
}

/// Once, of a person or of a household as the event is, and of a day on which the decree was in force.
fn check_form(item: &BenefitInput, event: Event, today: NaiveDate) -> Result<()> {
    let Event { kind, on } = event;
    let kind = kind.as_str();
    not_future(on, "eventOn", today)?;
    if on < FIRST_DAY {
        return Err(Failure::input(
            "eventOn",
            format!("{on} lies before {FIRST_DAY}, the first day of Decree 20/2021/NĐ-CP, by which {PROGRAM} helps."),
            format!(
                "Ngày {on} trước ngày {FIRST_DAY}, ngày Nghị định 20/2021/NĐ-CP có hiệu lực; {PROGRAM} theo nghị định này."
            ),
        ));
    }
    if item.recurrence != Recurrence::Once {
        let given = item.recurrence.as_str();
        return Err(Failure::input(
            "recurrence",
            format!("The program {PROGRAM} helps once: ONCE, not {given}."),
            format!("Chương trình {PROGRAM} chỉ hỗ trợ một lần: ONCE, không phải {given}."),
        ));
    }
    match (event.of_person(), item.person_id.is_some()) {
        (true, false) => Err(Failure::input(
            "personId",
            format!("{kind} is of one person; say of whom."),
            format!("{kind} là sự việc của một người; hãy nêu người đó."),
        )),
        (false, true) => Err(Failure::input(
            "personId",
            format!("{kind} is of the whole household; name no person."),
            format!("{kind} là sự việc của cả hộ; không nêu người."),
        )),
        _ => Ok(()),
    }
}

/// The days of somebody's birth and death, as far as the register knows them.
pub type Life = (Option<NaiveDate>, Option<NaiveDate>);

/// Refuses an event that doesn't fit what the register knows of the person's birth and death.
pub fn check_life(event: Event, (born, died): Life, stage: Stage) -> Result<()> {
    let (kind, on) = (event.kind.as_str(), event.on);
    if let Some(born) = born.filter(|born| on < *born) {
        return Err(Failure::input(
            stage.field("eventOn"),
            format!("By the register this person was born on {born}; {kind} can't be of {on}."),
            format!("Theo dữ liệu hiện có người này sinh ngày {born}; {kind} không thể vào ngày {on}."),
        ));
    }
    let Some(died) = died else {
        if !event.of_death() {
            return Ok(());
        }
        return Err(Failure::conflict(
            format!("By the register this person lives; {kind} comes once endMembership has recorded the death."),
            format!("Theo dữ liệu hiện có người này còn sống; hãy ghi nhận việc mất bằng endMembership trước khi đề nghị {kind}."),
        )
        .with_field(stage.field("personId")));
    };
    let fits = match event.kind {
        Kind::Death => on == died,
        Kind::Funeral => on >= died,
        _ => on <= died,
    };
    if fits {
        return Ok(());
    }
    Err(Failure::input(
        stage.field("eventOn"),
        format!("By the register this person died on {died}; {kind} can't be of {on}."),
        format!("Theo dữ liệu hiện có người này mất ngày {died}; {kind} không thể vào ngày {on}."),
    ))
}

/// What the law gives, of all days.
#[derive(Debug, Default)]
pub struct Given {
    pub levels: Rates,
    pub rules: Vec<urgent_help_rule::Model>,
}

/// Times the standard level.
struct Times<'a> {
    coefficient: Decimal,
    level: &'a Level,
}

impl Given {
    fn rule(&self, event: Event) -> Option<&urgent_help_rule::Model> {
        let of = self.rules.iter().filter(|rule| rule.code == event.kind.as_str());
        let mut of = of.filter(|rule| rule.effective_from <= event.on);
        of.find(|rule| rule.effective_to.is_none_or(|to| to >= event.on))
    }

    /// Refuses another amount than the rule of the event's day gives, by the standard level of that day.
    pub fn check(&self, given: i64, event: Event, stage: Stage) -> Result<()> {
        let rule = self.rule(event).ok_or_else(|| nothing_in_force(event, stage))?;
        let times = match &rule.coefficient {
            None => None,
            Some(coefficient) => {
                let level = self.levels.level(event.on).ok_or_else(|| nothing_in_force(event, stage))?;
                Some(Times { coefficient: coefficient.parse().map_err(Failure::internal)?, level })
            }
        };
        let sum = match &times {
            None => rule.amount.ok_or_else(|| Failure::internal("a rule of urgent help that gives nothing"))?,
            Some(Times { coefficient, level }) => amount(*coefficient, level.amount)?,
        };
        if sum == given { Ok(()) } else { Err(another_amount((sum, given), times.as_ref(), rule, event, stage)) }
    }
}

fn nothing_in_force(Event { kind, on }: Event, stage: Stage) -> Failure {
    let kind = kind.as_str();
    Failure::conflict(
        format!("No rule in force on {on} says what {kind} gives."),
        format!("Ngày {on} không có quy định về mức hỗ trợ {kind}."),
    )
    .with_field(stage.field("eventOn"))
}

fn another_amount(
    (sum, given): (i64, i64),
    times: Option<&Times<'_>>,
    rule: &urgent_help_rule::Model,
    Event { kind, on }: Event,
    stage: Stage,
) -> Failure {
    let (kind, source) = (kind.as_str(), &rule.source);
    let by = times.map_or_else(String::new, |Times { coefficient, level }| {
        format!("{} x {} ({}); ", coefficient.normalize(), level.amount, level.source)
    });
    Failure::input(
        stage.field("amount"),
        format!("{kind} of {on} gives {sum} đồng ({by}{source}); {given} was given."),
        format!("{kind} ngày {on} được hỗ trợ {sum} đồng ({by}{source}); đã khai {given}."),
    )
}

/// In words, that the help was given before: for the same, or where the house was helped for as destroyed or as damaged.
pub fn twice(held: Option<Event>, wanted: Option<Event>) -> (String, String) {
    let (kind, on) = held.map_or_else(Default::default, |Event { kind, on }| (kind.as_str(), on.to_string()));
    let (why, why_vi) = if held.map(|held| held.kind) == wanted.map(|wanted| wanted.kind) {
        ("an event is helped after once", "mỗi sự việc chỉ hỗ trợ một lần")
    } else {
        ("a house is destroyed or damaged, not both", "nhà chỉ được tính là sập hoặc hư hỏng, không tính cả hai")
    };
    (
        format!("Urgent assistance after {kind} of {on} is proposed or given already; {why}."),
        format!("Đã đề nghị hoặc đã hỗ trợ khẩn cấp {kind} ngày {on}; {why_vi}."),
    )
}

#[cfg(test)]
#[path = "urgent_tests.rs"]
mod tests;
