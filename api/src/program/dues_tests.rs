use chrono::{Days, Months};
use entity::{
    EnumSet,
    enums::{AssistanceGround as Ground, ProtectedCategory},
};
use proptest::prelude::*;

use super::{
    super::assistance_example::{dated, day, level},
    *,
};

fn rates() -> Rates {
    Rates {
        levels: vec![level(360_000, "2021-07-01"), level(500_000, "2024-07-01"), level(600_000, "2025-03-01")],
        coefficients: vec![dated(Ground::SevereDisability, "1.5"), dated(Ground::ExtremeDisability, "2")],
    }
}

/// A person of 34 years.
fn facts(protected: Option<ProtectedCategory>) -> impl Fn(NaiveDate) -> Option<Facts> {
    let protected = protected.map_or_else(EnumSet::new, |one| EnumSet::from([one]));
    move |on| Some(Facts { born: "1990-01-01".parse().ok(), categories: EnumSet::new(), protected, class: None, on })
}

const SEVERE: Option<ProtectedCategory> = Some(ProtectedCategory::SeverelyDisabled);
const EXTREME: Option<ProtectedCategory> = Some(ProtectedCategory::ExtremelyDisabled);

fn assistance(from: &str, settled: Option<(&str, i64)>) -> Assistance {
    let settled = settled.map(|(through, due)| Settled { through: day(through), due });
    Assistance { benefit: BenefitId(1), from: day(from), to: None, approved: 540_000, approved_on: day(from), settled }
}

fn fallen(
    of: &Assistance,
    others: &[Assistance],
    is: Option<ProtectedCategory>,
    (through, today): (&str, &str),
) -> i64 {
    fallen_due(of, others.iter(), &rates(), facts(is), (day(through), day(today))).unwrap()
}

#[test]
fn months_that_were_paid_are_not_worked_out_anew() {
    let paid = assistance("2022-01-01", Some(("2024-04-20", 28 * 540_000)));
    assert_eq!(fallen(&paid, &[], EXTREME, ("2024-04-30", "2024-04-30")), 28 * 540_000, "the month is paid");
    assert_eq!(fallen(&paid, &[], EXTREME, ("2024-05-02", "2024-05-02")), 28 * 540_000 + 720_000);
    assert_eq!(fallen(&paid, &[], None, ("2024-05-02", "2024-05-02")), 28 * 540_000, "nor is anything asked back");
}

#[test]
fn a_month_paid_late_pays_what_was_approved_at_its_level() {
    let late = assistance("2024-05-10", None);
    assert_eq!(
        fallen(&late, &[], EXTREME, ("2024-05-31", "2024-05-31")),
        720_000,
        "its own month, by what is known in it"
    );
    assert_eq!(fallen(&late, &[], EXTREME, ("2024-05-31", "2024-06-01")), 540_000);
    assert_eq!(fallen(&late, &[], EXTREME, ("2024-08-01", "2024-08-01")), 2 * 540_000 + 750_000 + 1_000_000);
    assert_eq!(fallen(&late, &[], None, ("2024-08-01", "2024-08-01")), 0);
}

#[test]
fn a_month_that_another_benefit_was_paid_for_is_not_owed() {
    let ended = Assistance { benefit: BenefitId(2), ..assistance("2024-01-31", Some(("2024-03-01", 1_620_000))) };
    let second = assistance("2024-01-01", None);
    assert_eq!(fallen(&second, &[ended], SEVERE, ("2024-03-31", "2024-03-31")), 0);
    assert_eq!(fallen(&second, &[ended], SEVERE, ("2024-04-01", "2024-04-01")), 540_000);
    let unpaid = Assistance { settled: None, ..ended };
    assert_eq!(fallen(&second, &[unpaid], SEVERE, ("2024-03-31", "2024-03-31")), 3 * 540_000);
}

/// What can happen to a person.
#[derive(Clone, Debug)]
enum Step {
    NextMonth,
    /// So many quarters of what is owed, so many days ago.
    Pay(i64, u64),
    Cancel,
    Start,
    Is(Option<ProtectedCategory>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::NextMonth),
        4 => (1..=4_i64, 0..50_u64).prop_map(|(quarters, ago)| Step::Pay(quarters, ago)),
        1 => Just(Step::Cancel),
        2 => Just(Step::Start),
        1 => prop_oneof![Just(None), Just(SEVERE), Just(EXTREME)].prop_map(Step::Is),
    ]
}

/// A person over months, with what was paid by each benefit.
struct Person {
    today: NaiveDate,
    is: Option<ProtectedCategory>,
    benefits: Vec<(Assistance, i64)>,
    runs: bool,
    /// The most that was due in a month while it was the present one.
    most: std::collections::BTreeMap<(i32, u32), i64>,
}

impl Person {
    fn monthly(&self) -> i64 {
        let due = facts(self.is)(self.today).and_then(|facts| rates().due(&facts).unwrap());
        due.map_or(0, |due| due.monthly)
    }

    fn owed(&self, through: NaiveDate) -> i64 {
        let (of, others) = self.benefits.split_last().unwrap();
        let others = others.iter().map(|(other, _)| other);
        fallen_due(&of.0, others, &rates(), facts(self.is), (through, self.today)).unwrap()
    }

    fn pay(&mut self, quarters: i64, ago: u64) {
        let (of, paid) = *self.benefits.last().unwrap();
        let on = (self.today - Days::new(ago)).max(of.approved_on);
        let through = of.settled.map_or(on, |settled| settled.through.max(on));
        let due = self.owed(through);
        let amount = (due - paid) * quarters / 4;
        if amount > 0 {
            let (of, paid) = self.benefits.last_mut().unwrap();
            *paid += amount;
            of.settled = Some(Settled { through, due });
        }
    }

    fn start(&mut self) {
        let covered = self.benefits.iter().any(|(one, _)| one.paid_for(self.today));
        let approved = self.monthly();
        if !covered && approved > 0 {
            let (from, benefit) = (self.today, BenefitId(i64::try_from(self.benefits.len()).unwrap()));
            let started = Assistance { benefit, from, to: None, approved, approved_on: from, settled: None };
            self.benefits.push((started, 0));
            self.runs = true;
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::NextMonth => self.today = self.today + Months::new(1),
            Step::Pay(quarters, ago) if self.runs => self.pay(*quarters, *ago),
            Step::Cancel => self.runs = false,
            Step::Start if !self.runs => self.start(),
            Step::Is(is) => self.is = *is,
            Step::Pay(..) | Step::Start => (),
        }
        let (month, monthly) = (month(self.today), self.monthly());
        self.most.entry(month).and_modify(|most| *most = monthly.max(*most)).or_insert(monthly);
    }

    /// The most that these benefits may have paid: for each month that they touch once what was due in it or was approved.
    fn bound(&self, benefits: &[(Assistance, i64)]) -> i64 {
        let of_month = |(of, most): (&(i32, u32), &i64)| {
            let first = NaiveDate::from_ymd_opt(of.0, of.1, 1).unwrap();
            let touch = benefits.iter().filter(|(one, _)| month(one.from) <= *of);
            let approved =
                touch.map(|(one, _)| rates().at_level_of(one.approved, one.approved_on, (first, &[])).unwrap());
            approved.max().map_or(0, |approved| approved.max(*most))
        };
        self.most.iter().map(of_month).sum()
    }
}

proptest! {
    /// However payments, cancellations, new starts, other levels and other facts follow each other, no month is paid twice,
    /// nor more than was due in it or approved for it.
    #[test]
    fn no_month_is_paid_twice(steps in prop::collection::vec(step(), 0..60)) {
        let (today, most) = (day("2024-01-15"), std::collections::BTreeMap::new());
        let mut person = Person { today, is: SEVERE, benefits: Vec::new(), runs: false, most };
        for step in steps {
            person.take(&step);
            let paid: i64 = person.benefits.iter().map(|(_, paid)| paid).sum();
            prop_assert!(paid <= person.bound(&person.benefits));
            for one in &person.benefits {
                prop_assert!(one.1 <= person.bound(&[*one]));
            }
            let Some((of, _)) = person.benefits.last() else { continue };
            if let Some(settled) = of.settled.filter(|settled| month(settled.through) == month(person.today)) {
                prop_assert_eq!(person.owed(person.today), settled.due);
            }
        }
    }
}
