//! Health and social insurance.
//!
//! A person who belongs to several groups is insured in the first one of the statutory order (Decision 1351/QĐ-BHXH,
//! article 2). Groups and benefit levels: `HN` poor, `CN` near-poor, `BT` monthly assistance, `TE` child under six, `HS`
//! pupil, `SV` student, `GB` farm household of average standard, `GD` family, `HT` pension, `CC` and `TS` people with
//! merit and their relatives, `DN` firm.

use chrono::{Datelike, NaiveDate};
use entity::{
    enums::{InsuranceKind, PersonCategory, PovertyClass},
    ids::InsuranceCoverageId,
    insurance_coverage,
};

use super::{
    Maker,
    calendar::{date, minus_days, minus_months, office_hour, plus_days, plus_months},
    numbers::social_insurance,
    people::{Home, Member},
    random::Random,
};

/// How long a group is insured at a time.
#[derive(Clone, Copy)]
enum Term {
    /// From January to December, by list.
    Year,
    /// Twelve months from the day of payment.
    TwelveMonths,
    /// As long as what entitles to it lasts.
    Open,
    /// From birth until the sixth birthday.
    Childhood,
}

/// A group of participants: its letters, its benefit level, its term.
type Group = (&'static str, u8, Term);

/// Insures a household's people: about 92% have health insurance today.
pub fn insure(maker: &mut Maker<'_>, random: &mut Random, home: &Home<'_>) {
    for member in &home.members {
        let employed = home.class.is_none() && (20..60).contains(&member.age) && random.percent(21);
        let (group, insured) = group(random, home.class, member, employed);
        let number = social_insurance(member.id);
        if random.per_mille(insured) {
            covered(maker, random, member, &number, group);
        } else if random.percent(45) {
            lapsed(maker, random, member, &number);
        }
        if employed {
            let since = worked_since(maker, random, member);
            for kind in [InsuranceKind::SocialCompulsory, InsuranceKind::Unemployment] {
                coverage(maker, random, member, kind, (&number, None), (since, None));
            }
        } else if (25..58).contains(&member.age) && random.per_mille(28) {
            let since = maker.calendar.between(random, date(2020, 1, 1), maker.calendar.last);
            coverage(maker, random, member, InsuranceKind::SocialVoluntary, (&number, None), (since, None));
        }
    }
}

/// The group that comes first for a person, and how many of 1,000 of it are insured.
fn group(random: &mut Random, class: Option<PovertyClass>, member: &Member, employed: bool) -> (Group, u64) {
    use Term::{Childhood, Open, TwelveMonths, Year};
    let is = |category| member.categories.contains(category);
    if employed {
        return (("DN", 4, Open), 995);
    }
    match member.age {
        _ if is(PersonCategory::PersonWithMerit) => (("CC", 1, Open), 1_000),
        ..6 => (("TE", 1, Childhood), 985),
        60.. if class.is_none() && random.percent(12) => (("HT", 3, Open), 1_000),
        _ if member.monthly_allowance() => (("BT", 2, Open), 990),
        _ if class == Some(PovertyClass::Poor) => (("HN", 2, Year), 995),
        _ if class == Some(PovertyClass::NearPoor) => (("CN", 3, Year), 985),
        _ if is(PersonCategory::RelativeOfMerit) => (("TS", 2, Open), 990),
        ..18 if is(PersonCategory::Student) => (("HS", 4, Year), 980),
        _ if is(PersonCategory::Student) => (("SV", 4, Year), 960),
        _ if class == Some(PovertyClass::Average) => (("GB", 4, Year), 900),
        60.. => (("GD", 4, TwelveMonths), 830),
        _ => (("GD", 4, TwelveMonths), 868),
    }
}

/// The coverage in force today, and for some the one before it.
fn covered(maker: &mut Maker<'_>, random: &mut Random, member: &Member, number: &str, group: Group) {
    let (letters, level, term) = group;
    let number = card_number(random, number, letters, level);
    let today = maker.calendar.today;
    let year = today.year();
    let period = match term {
        Term::Year => (date(year, 1, 1).max(member.born), Some(date(year, 12, 31))),
        Term::TwelveMonths => {
            let from = minus_days(today, random.between(1, 360));
            (from, Some(minus_days(plus_months(from, 12), 1)))
        }
        Term::Open => (maker.calendar.between(random, date(2019, 4, 1).max(member.born), maker.calendar.last), None),
        Term::Childhood => (member.born, Some(minus_days(plus_months(member.born, 72), 1))),
    };
    let yearly = matches!(term, Term::Year | Term::TwelveMonths);
    if yearly && random.percent(15) {
        let before = (minus_months(period.0, 12), Some(minus_days(period.0, 1)));
        if before.0 >= member.born {
            coverage(maker, random, member, InsuranceKind::Health, (&number, Some(letters)), before);
        }
    }
    coverage(maker, random, member, InsuranceKind::Health, (&number, Some(letters)), period);
}

/// A coverage that ran out and was not renewed.
fn lapsed(maker: &mut Maker<'_>, random: &mut Random, member: &Member, number: &str) {
    let from = minus_days(maker.calendar.today, random.between(400, 1_200));
    if from < member.born {
        return;
    }
    let ended_early = random.percent(8);
    let to = if ended_early { plus_days(from, random.between(60, 300)) } else { minus_days(plus_months(from, 12), 1) };
    let number = card_number(random, number, "GD", 4);
    coverage(maker, random, member, InsuranceKind::Health, (&number, Some("GD")), (from, Some(to)));
    if let Some(row) = maker.register.insurance_coverage.made.last_mut().filter(|_| ended_early) {
        row.ended_reason = Some("Ngừng tham gia".to_owned());
        row.version = 2;
        row.updated_at = row.updated_at.max(office_hour(random, to));
    }
}

fn worked_since(maker: &Maker<'_>, random: &mut Random, member: &Member) -> NaiveDate {
    let of_age = plus_months(member.born, 18 * 12);
    maker.calendar.between(random, of_age.max(date(2012, 1, 1)), minus_days(maker.calendar.last, 30))
}

/// The number on the card: of 15 characters (Decision 1351/QĐ-BHXH 2015), or the ten digits alone on the papers since
/// 2021 (Decision 1666/QĐ-BHXH 2020).
fn card_number(random: &mut Random, number: &str, group: &str, level: u8) -> String {
    if random.percent(30) { format!("{group}{level}83{number}") } else { number.to_owned() }
}

fn coverage(
    maker: &mut Maker<'_>,
    random: &mut Random,
    member: &Member,
    kind: InsuranceKind,
    (number, group): (&str, Option<&str>),
    (valid_from, valid_to): (NaiveDate, Option<NaiveDate>),
) {
    let recorded_at = office_hour(random, valid_from.min(maker.calendar.last));
    let id = InsuranceCoverageId(maker.register.insurance_coverage.id());
    maker.register.insurance_coverage.add(insurance_coverage::Model {
        id,
        person_id: member.id,
        kind,
        number: Some(number.to_owned()),
        participant_group: group.map(str::to_owned),
        valid_from,
        valid_to,
        ended_reason: None,
        version: 1,
        created_at: recorded_at,
        updated_at: recorded_at,
        updated_by: Some(maker.world.agencies.insurance),
    });
}
