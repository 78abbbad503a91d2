//! Poverty reviews and their decisions, each under the standard of its day.

use chrono::{Datelike, NaiveDate};
use entity::{
    EnumSet,
    enums::{AreaKind, Deprivation, PovertyClass},
    ids::PovertyReviewId,
    poverty_review, poverty_standard,
};

use super::{
    Maker,
    calendar::{Round, date, minus_days, office_hour, plus_days, plus_months},
    people::Home,
    random::Random,
};

/// What was decided for a household.
#[derive(Default)]
pub struct Decisions {
    /// The classes with the first day of each, oldest first; the last one is in force.
    pub periods: Vec<(NaiveDate, PovertyClass)>,
    /// A decision that holds from a day to come.
    pub next: Option<(NaiveDate, PovertyClass)>,
}

impl Decisions {
    /// Since when the household has been in its class without a break.
    pub fn since(&self) -> Option<NaiveDate> {
        let (_, class) = self.periods.last()?;
        self.periods.iter().rev().take_while(|(_, other)| other == class).last().map(|(from, _)| *from)
    }

    /// The class on a day.
    pub fn on(&self, day: NaiveDate) -> Option<PovertyClass> {
        self.periods.iter().rev().find(|(from, _)| *from <= day).map(|(_, class)| *class)
    }
}

/// Makes the reviews that led to the class a household has now, and now and then one that is not decided yet.
pub fn reviews(maker: &mut Maker<'_>, random: &mut Random, home: &Home<'_>) -> Decisions {
    let mut decisions = Decisions::default();
    if let Some(class) = home.class {
        decided(maker, random, home, class, &mut decisions);
        if home.class != Some(PovertyClass::NewlyEscaped) && random.per_mille(6) {
            decided_ahead(maker, random, home, &mut decisions);
        }
    }
    if decisions.next.is_none() && random.per_mille(if home.class.is_some() { 25 } else { 2 }) {
        let visited = maker.calendar.later(random, minus_days(maker.calendar.last, 30), 0, 29);
        let class =
            random.weighted(&[(PovertyClass::Poor, 1), (PovertyClass::NearPoor, 2), (PovertyClass::Average, 3)]);
        Review { class, escaped: false, visited, effective_from: None, effective_to: None }.write(maker, random, home);
    }
    decisions
}

fn decided(maker: &mut Maker<'_>, random: &mut Random, home: &Home<'_>, class: PovertyClass, into: &mut Decisions) {
    let path = path(random, class, &maker.calendar.rounds);
    for (position, (round, class)) in path.iter().enumerate() {
        let visited = maker.calendar.between(random, round.first_day, round.last_day);
        let escaped = *class == PovertyClass::NewlyEscaped;
        let effective_to = path.get(position + 1).map(|(next, _)| minus_days(next.effective_from, 1));
        let computed = match escaped {
            true => random.weighted(&[(PovertyClass::Average, 9), (PovertyClass::BetterOff, 1)]),
            false => *class,
        };
        Review { class: computed, escaped, visited, effective_from: Some(round.effective_from), effective_to }
            .write(maker, random, home);
        into.periods.push((round.effective_from, *class));
    }
}

/// The rounds in which a household was reviewed, and what each decided; the last is its class now. A household stays in
/// the yearly rounds while it is poor or near-poor (Decision 24/2021, article 4.1), and leaves them when it escapes.
fn path(random: &mut Random, class: PovertyClass, rounds: &[Round]) -> Vec<(Round, PovertyClass)> {
    use PovertyClass as Class;
    let newest = rounds.len();
    // One who escaped counts as newly escaped for three years.
    let end = match class {
        Class::Poor | Class::NearPoor => newest,
        Class::NewlyEscaped => newest - pick_below(random, newest.min(3)),
        Class::Average | Class::BetterOff => newest - pick_below(random, newest),
    };
    let length = match class {
        Class::Poor | Class::NearPoor => random.weighted(&[(1, 18), (2, 20), (3, 17), (4, 15), (5, 30)]),
        Class::NewlyEscaped => random.weighted(&[(2, 50), (3, 30), (4, 20)]),
        Class::Average | Class::BetterOff => 1,
    };
    let (same, other) =
        if class == Class::NearPoor { (Class::NearPoor, Class::Poor) } else { (Class::Poor, Class::NearPoor) };
    let start = end.saturating_sub(length);
    let mut path: Vec<(Round, Class)> = Vec::with_capacity(length);
    for round in rounds.iter().take(end).skip(start) {
        let before = if random.percent(70) { same } else { other };
        path.push((*round, before));
    }
    if let Some((_, last)) = path.last_mut() {
        *last = class;
    }
    path
}

fn pick_below(random: &mut Random, bound: usize) -> usize {
    usize::try_from(random.below(u64::try_from(bound).unwrap_or(0))).unwrap_or(0)
}

/// A regular review whose decision holds from the first of the next month.
fn decided_ahead(maker: &mut Maker<'_>, random: &mut Random, home: &Home<'_>, into: &mut Decisions) {
    let today = maker.calendar.today;
    let first = plus_months(today, 1).with_day(1).unwrap_or(today);
    let class = if home.class == Some(PovertyClass::Poor) { PovertyClass::NearPoor } else { PovertyClass::Poor };
    let visited = maker.calendar.later(random, minus_days(today, 14), 0, 9);
    if let Some(before) = maker.register.poverty_review.made.last_mut().filter(|before| before.household_id == home.id)
    {
        before.effective_to = Some(minus_days(first, 1));
    }
    Review { class, escaped: false, visited, effective_from: Some(first), effective_to: None }
        .write(maker, random, home);
    into.next = Some((first, class));
}

struct Review {
    /// What the standard says of the household.
    class: PovertyClass,
    /// Whether it left poverty, so that the commune decides `NEWLY_ESCAPED`.
    escaped: bool,
    visited: NaiveDate,
    /// None while the commune has not decided.
    effective_from: Option<NaiveDate>,
    effective_to: Option<NaiveDate>,
}

impl Review {
    fn write(self, maker: &mut Maker<'_>, random: &mut Random, home: &Home<'_>) {
        let Some(standard) = maker.world.standard(self.visited) else { return };
        let area_kind = home.commune.area_kind;
        let (income, score_a) = income(random, standard, area_kind, self.class);
        let deprivations = deprivations(random, home, standard, self.class);
        let decided_class = if self.escaped { PovertyClass::NewlyEscaped } else { self.class };
        let created_at = office_hour(random, self.visited);
        // The decision comes within 15 days of the visit or with the list of the year, before it holds.
        let decided_on = self.effective_from.map(|from| minus_days(from, 2).min(plus_days(self.visited, 15)));
        let decided_at = decided_on.map_or(created_at, |day| office_hour(random, day.min(maker.calendar.last)));
        let id = PovertyReviewId(maker.register.poverty_review.id());
        maker.register.poverty_review.add(poverty_review::Model {
            id,
            household_id: home.id,
            standard_id: standard.id,
            reviewed_on: self.visited,
            area_kind,
            score_a: Some(score_a),
            score_b: i32::try_from(deprivations.iter().count() * 10).ok(),
            form_version: Some(form_version(self.visited).to_owned()),
            income_per_capita: Some(income),
            deprivations,
            computed_class: self.class,
            decided_class: self.effective_from.map(|_| decided_class),
            decision_number: self.effective_from.map(|from| decision_number(home, from)),
            effective_from: self.effective_from,
            effective_to: self.effective_to,
            version: if self.effective_from.is_some() { 2 } else { 1 },
            created_at,
            updated_at: created_at.max(decided_at),
            updated_by: Some(maker.world.agencies.communes),
        });
    }
}

/// Income a head and month that gives the class, in whole thousands of đồng, and its points on the form: the poverty
/// line is worth 140 points in rural areas and 175 in urban ones (Circular 07/2021).
fn income(
    random: &mut Random,
    standard: &poverty_standard::Model,
    area_kind: AreaKind,
    class: PovertyClass,
) -> (i64, i32) {
    let (line, average_line, points) = match area_kind {
        AreaKind::Rural => (standard.rural_line, standard.rural_average_line, 140),
        AreaKind::Urban => (standard.urban_line, standard.urban_average_line, 175),
    };
    let average_line = average_line.unwrap_or(line + line / 2);
    let (least, most) = match class {
        PovertyClass::Poor => (line * 35 / 100, line * 95 / 100),
        PovertyClass::NearPoor => (line * 65 / 100, line),
        PovertyClass::Average | PovertyClass::NewlyEscaped => (line + 1_000, average_line),
        PovertyClass::BetterOff => (average_line + 1_000, average_line * 2),
    };
    let income = random.between(least / 1_000, most / 1_000) * 1_000;
    let above = i64::from(income > line);
    (income, i32::try_from(income * points / line.max(1) + above).unwrap_or(i32::MAX))
}

/// Enough deprivations for the class, and only such as the household can have.
fn deprivations(
    random: &mut Random,
    home: &Home<'_>,
    standard: &poverty_standard::Model,
    class: PovertyClass,
) -> EnumSet<Deprivation> {
    let ages = |test: &dyn Fn(i64) -> bool| home.members.iter().filter(|member| test(member.age)).count();
    let dependants = ages(&|age| age < 16) + home.members.iter().filter(|member| member.monthly_allowance()).count();
    let for_poor = i64::from(standard.deprivations_for_poor);
    let mut wanted = match class {
        PovertyClass::Poor => for_poor + random.weighted(&[(0, 60), (1, 27), (2, 10), (3, 3)]),
        PovertyClass::NearPoor => random.between(0, for_poor - 1),
        _ => random.weighted(&[(0, 55), (1, 35), (2, 10)]),
    };
    let mut open: Vec<(Deprivation, u64)> = [
        (Deprivation::Employment, 14, true),
        (Deprivation::Dependants, 60, dependants * 2 > home.members.len()),
        (Deprivation::Nutrition, 6, ages(&|age| age < 16) > 0),
        (Deprivation::HealthInsurance, 4, true),
        (Deprivation::AdultEducation, 12, ages(&|age| (16..=30).contains(&age)) > 0),
        (Deprivation::SchoolAttendance, 5, ages(&|age| (3..16).contains(&age)) > 0),
        (Deprivation::HousingQuality, 18, true),
        (Deprivation::HousingArea, 10, true),
        (Deprivation::WaterSource, 16, true),
        (Deprivation::Latrine, 20, true),
        (Deprivation::TelecomService, 12, true),
        (Deprivation::InformationMeans, 8, true),
    ]
    .into_iter()
    .filter_map(|(deprivation, weight, possible)| possible.then_some((deprivation, weight)))
    .collect();
    let mut set = EnumSet::new();
    while wanted > 0 && !open.is_empty() {
        let drawn = random.weighted(&open);
        open.retain(|(deprivation, _)| *deprivation != drawn);
        set.insert(drawn);
        wanted -= 1;
    }
    set
}

/// The circular whose form was in use (Circular 02/2022 amended the first one on 30 March 2022).
fn form_version(on: NaiveDate) -> &'static str {
    if on < date(2022, 3, 30) { "07/2021/TT-BLĐTBXH" } else { "02/2022/TT-BLĐTBXH" }
}

/// One decision of the commune chair carries the whole list of a round, so its number is the commune's and the day's.
fn decision_number(home: &Home<'_>, from: NaiveDate) -> String {
    let commune = home.commune.id.0;
    let number = 30 + (commune * 37 + i64::from(from.year()) * 53 + i64::from(from.month()) * 11) % 240;
    format!("{number}/QĐ-UBND")
}
