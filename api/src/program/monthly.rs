//! Benefits of monthly social assistance: what a proposal and an approval ask beside the rest, and what may be paid of it
//! month by month (Decree 20/2021/NĐ-CP art. 4 to 6). Not more than is due, by the level and the person's facts of each
//! month; less with a warning.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    benefit,
    enums::{FundingSource, Recurrence},
    ids::{BenefitId, PersonId},
};

use super::{
    assistance::Facts,
    assistance_rates::{Due, Rates},
    dues::{self, Assistance, Settled},
    entitlement::Stage,
    input::BenefitInput,
    rules::month,
    store,
};
use crate::{
    error::{Failure, Result},
    exchange::Write,
    household::{Life, lives},
    schema::Warning,
};

/// The program's code.
pub const PROGRAM: &str = "SOCIAL_ASSISTANCE";

/// The code of the warning where less was paid than is due.
pub const BELOW_DUE: &str = "ASSISTANCE_BELOW_DUE";

/// The state's budget pays it (Decree 20/2021/NĐ-CP; which level of it is not checked: K+).
const STATE_BUDGET: [FundingSource; 2] = [FundingSource::CentralBudget, FundingSource::ProvincialBudget];

/// One person, every month, the state's money, from the month of the proposal on at the earliest.
pub fn check_form(item: &BenefitInput, today: NaiveDate) -> Result<()> {
    if item.person_id.is_none() {
        return Err(Failure::input(
            "personId",
            format!("The program {PROGRAM} is for one person; say for whom."),
            format!("Chương trình {PROGRAM} dành cho từng người; hãy nêu người được hưởng."),
        ));
    }
    if item.recurrence != Recurrence::Monthly {
        let given = item.recurrence.as_str();
        return Err(Failure::input(
            "recurrence",
            format!("The program {PROGRAM} pays every month: MONTHLY, not {given}."),
            format!("Chương trình {PROGRAM} chi trả hằng tháng: MONTHLY, không phải {given}."),
        ));
    }
    check_start(item.starts_on.map(|day| day.0), today)?;
    let other = item.funding.iter().enumerate().find(|(_, share)| !STATE_BUDGET.contains(&share.source));
    let Some((index, share)) = other else { return Ok(()) };
    let (source, [central, provincial]) = (share.source.as_str(), STATE_BUDGET.map(FundingSource::as_str));
    Err(Failure::input(
        format!("funding.{index}.source"),
        format!("The state budget pays {PROGRAM}: {central} or {provincial}, not {source}."),
        format!(
            "Chương trình {PROGRAM} do ngân sách nhà nước chi trả: {central} hoặc {provincial}, không phải {source}."
        ),
    ))
}

/// Months before the proposal would be worked out by what is known today.
fn check_start(starts_on: Option<NaiveDate>, today: NaiveDate) -> Result<()> {
    let Some(from) = starts_on.filter(|from| month(*from) < month(today)) else { return Ok(()) };
    let now = today.format("%Y-%m");
    Err(Failure::input(
        "startsOn",
        format!(
            "{PROGRAM} would start on {from}, before {now}, the month of the proposal; arrears of earlier months are no part \
             of a proposal."
        ),
        format!(
            "Chương trình {PROGRAM} không thể bắt đầu ngày {from}, trước tháng đề nghị {now}; không đề nghị truy lĩnh các \
             tháng trước."
        ),
    ))
}

/// FORBIDDEN to who may not read what it rests on: that an amount is taken or refused would tell it.
pub fn may_ask(program: &str, may: bool, stage: Stage) -> Result<()> {
    if may {
        return Ok(());
    }
    Err(Failure::forbidden(
        format!("Who proposes or approves under {program} reads protected categories: protectedCategory:read."),
        format!("Đề nghị hoặc phê duyệt theo {program} cần quyền protectedCategory:read."),
    )
    .with_field(stage.field("programCode")))
}

/// Refuses another amount than is due on the day.
pub fn check_amount(given: i64, due: Option<&Due>, on: NaiveDate, stage: Stage) -> Result<()> {
    let Some(due) = due.filter(|due| due.monthly > 0) else {
        return Err(Failure::conflict(
            format!("On {on} no monthly social assistance is due to this person by what the register knows."),
            format!("Ngày {on}, theo dữ liệu hiện có, người này không thuộc diện hưởng trợ giúp xã hội hằng tháng."),
        )
        .with_field(stage.field("personId")));
    };
    if due.monthly == given {
        return Ok(());
    }
    let Due { level, level_source: source, coefficient, monthly, .. } = due;
    let coefficient = coefficient.normalize();
    Err(Failure::input(
        stage.field("amount"),
        format!("On {on} {monthly} đồng a month is due, {coefficient} by {level} ({source}); {given} was given."),
        format!("Ngày {on} mức hưởng là {monthly} đồng/tháng, {coefficient} x {level} ({source}); đã khai {given}."),
    ))
}

/// A person with all benefits of it that were ever approved.
struct Assisted {
    life: Life,
    benefits: Vec<Assistance>,
}

impl Assisted {
    fn facts(&self, on: NaiveDate) -> Option<Facts> {
        let Life { born, categories, protected, .. } = self.life;
        let lives = self.life.died_on.is_none_or(|died| on < died);
        lives.then(|| Facts { born, categories, protected, class: self.life.class_on(on), on })
    }
}

/// Monthly assistance in a batch of payments.
pub struct Assistances {
    rates: Rates,
    people: HashMap<PersonId, Assisted>,
    program: i64,
    today: NaiveDate,
}

impl Assistances {
    /// Asks nothing where none of the benefits is one.
    pub async fn load(write: &Write<'_>, benefits: &HashMap<BenefitId, benefit::Model>) -> Result<Self> {
        let today = write.request.today();
        let program = write.request.catalog.program(PROGRAM, "benefitId")?.id;
        let of_it = benefits.values().filter(|benefit| benefit.program_id.0 == program);
        let persons: HashSet<PersonId> = of_it.filter_map(|benefit| benefit.person_id).collect();
        if persons.is_empty() {
            return Ok(Self { rates: Rates::default(), people: HashMap::new(), program, today });
        }
        let lives = lives(write, persons.iter().copied()).await?;
        let mut all = store::assistance(write, program, persons).await?;
        let people = lives
            .into_iter()
            .map(|(person, life)| (person, Assisted { life, benefits: all.remove(&person).unwrap_or_default() }));
        Ok(Self { people: people.collect(), rates: store::rates(write).await?, program, today })
    }

    /// Whether a benefit is one: its own months say what may be paid, and not its shares.
    pub fn are(&self, benefit: &benefit::Model) -> bool {
        benefit.program_id.0 == self.program
    }

    /// Refuses a payment with which more would be paid than fell due by its month, and warns where less is. Tells what fell
    /// due. `paid`: before.
    pub fn check(
        &mut self,
        benefit: &benefit::Model,
        (paid, amount): (i64, i64),
        on: NaiveDate,
    ) -> Result<(Option<i64>, Vec<Warning>)> {
        let Some(person) = benefit.person_id.filter(|_| self.are(benefit)) else { return Ok((None, Vec::new())) };
        let Some(person) = self.people.get_mut(&person) else { return Ok((None, Vec::new())) };
        let of = person.benefits.iter().find(|one| one.benefit == benefit.id);
        let of = of.ok_or_else(|| Failure::internal("assistance that isn't among its person's"))?;
        let through = of.settled.map_or(on, |settled| settled.through.max(on));
        let others = person.benefits.iter().filter(|other| other.benefit != benefit.id);
        let due = dues::fallen_due(of, others, &self.rates, |on| person.facts(on), (through, self.today))?;
        let sum = paid.saturating_add(amount);
        let paying = Paying { due, paid, amount, through };
        if sum > due {
            return Err(paying.above());
        }
        for of in person.benefits.iter_mut().filter(|of| of.benefit == benefit.id) {
            of.settled = Some(Settled { through, due });
        }
        Ok((Some(due), (sum < due).then(|| paying.below()).into_iter().collect()))
    }
}

/// A payment, with what fell due and what was paid before it, đồng: who pays it sees the benefit, hence the figures
/// (`access/hidden.rs`).
struct Paying {
    due: i64,
    paid: i64,
    amount: i64,
    through: NaiveDate,
}

impl Paying {
    fn figures(&self) -> (String, String) {
        let Self { due, paid, amount, .. } = self;
        (
            format!(": {due} đồng fell due, {paid} is paid, {amount} was given"),
            format!(": đến hạn {due} đồng, đã chi {paid}, lần này {amount}"),
        )
    }

    fn above(&self) -> Failure {
        let (month, (figures, figures_vi)) = (self.through.format("%Y-%m"), self.figures());
        Failure::input(
            "amount",
            format!("More than is due of monthly assistance through {month} can't be paid{figures}."),
            format!("Không thể chi vượt mức trợ giúp xã hội đến hạn hết tháng {month}{figures_vi}."),
        )
    }

    fn below(&self) -> Warning {
        let (month, (figures, figures_vi)) = (self.through.format("%Y-%m"), self.figures());
        Warning::new(
            BELOW_DUE,
            "amount",
            format!("Less than is due of monthly assistance through {month} is paid{figures}."),
            format!("Chi thấp hơn mức trợ giúp xã hội đến hạn hết tháng {month}{figures_vi}."),
        )
    }
}
