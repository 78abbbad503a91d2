//! The days of the register: how far its history goes, and when poverty is reviewed.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::random::Random;

const MICROS_A_DAY: i64 = 86_400_000_000;
/// Ben Tre is seven hours ahead of UTC all year.
const UTC_OFFSET_MICROS: i64 = 7 * 3_600_000_000;

/// From here on the register keeps books: the first households were entered, the first loans asked for.
pub const OPENED: NaiveDate = date(2019, 3, 1);
/// The day until which the first households were entered.
pub const FIRST_ENTRY_DONE: NaiveDate = date(2019, 12, 20);

/// A round of reviews: when households were visited, and from which day its decisions hold.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    pub first_day: NaiveDate,
    pub last_day: NaiveDate,
    pub effective_from: NaiveDate,
}

/// The register as of `today`. Everything that happened lies before it, up to `last`, yesterday.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub today: NaiveDate,
    pub last: NaiveDate,
    /// Oldest first; the decisions of all of them are in force or were.
    pub rounds: Vec<Round>,
}

impl Calendar {
    /// The first round is that of early 2022, when the standard of Decree 07/2021 had come into force; the others are
    /// the yearly ones from 1 September to 14 December (Decision 24/2021, article 3), decided for the new year.
    pub fn new(today: NaiveDate) -> Self {
        let first =
            Round { first_day: date(2022, 1, 4), last_day: date(2022, 2, 25), effective_from: date(2022, 3, 1) };
        let yearly = (2022..today.year()).map(|year| Round {
            first_day: date(year, 9, 1),
            last_day: date(year, 12, 14),
            effective_from: date(year + 1, 1, 1),
        });
        let last = minus_days(today, 1);
        let rounds = std::iter::once(first).chain(yearly).filter(|round| round.effective_from <= last).collect();
        Self { today, last, rounds }
    }

    /// A day between two others, both included, and never after `last`.
    pub fn between(&self, random: &mut Random, first: NaiveDate, last: NaiveDate) -> NaiveDate {
        plus_days(first, random.between(0, days(first, last.min(self.last)))).min(self.last)
    }

    /// Some days later, never after `last`.
    pub fn later(&self, random: &mut Random, day: NaiveDate, least: i64, most: i64) -> NaiveDate {
        plus_days(day, random.between(least, most)).min(self.last)
    }
}

/// A moment of office hours on a day, in microseconds since the epoch.
pub fn office_hour(random: &mut Random, day: NaiveDate) -> i64 {
    let midnight = days(NaiveDate::default(), day) * MICROS_A_DAY - UTC_OFFSET_MICROS;
    midnight + random.between(7 * 3_600_000_000 + 1_800_000_000, 16 * 3_600_000_000 + 1_800_000_000)
}

/// A day that is written in the code; one that does not exist would be the first day of the era.
pub const fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

pub fn plus_days(day: NaiveDate, count: i64) -> NaiveDate {
    match u64::try_from(count) {
        Ok(count) => day.checked_add_days(Days::new(count)).unwrap_or(day),
        Err(_) => minus_days(day, count.saturating_neg()),
    }
}

pub fn minus_days(day: NaiveDate, count: i64) -> NaiveDate {
    u64::try_from(count).ok().and_then(|count| day.checked_sub_days(Days::new(count))).unwrap_or(day)
}

pub fn plus_months(day: NaiveDate, count: i32) -> NaiveDate {
    u32::try_from(count).ok().and_then(|count| day.checked_add_months(Months::new(count))).unwrap_or(day)
}

pub fn minus_months(day: NaiveDate, count: u32) -> NaiveDate {
    day.checked_sub_months(Months::new(count)).unwrap_or(day)
}

/// Days from one day to another, negative where the second is earlier.
pub fn days(from: NaiveDate, to: NaiveDate) -> i64 {
    (to - from).num_days()
}

/// Full years of age.
pub fn age(born: NaiveDate, on: NaiveDate) -> i64 {
    on.years_since(born).map_or(0, i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::random::Topic;

    #[test]
    fn only_rounds_whose_decisions_are_in_force_count() {
        assert_eq!(Calendar::new(date(2022, 3, 1)).rounds.len(), 0);
        assert_eq!(Calendar::new(date(2022, 12, 31)).rounds.len(), 1);
        assert_eq!(Calendar::new(date(2023, 1, 2)).rounds.len(), 2);
        let rounds = Calendar::new(date(2026, 11, 23)).rounds;
        assert_eq!(rounds.len(), 5);
        assert_eq!(rounds.last().map(|round| round.effective_from), Some(date(2026, 1, 1)));
        assert!(rounds.iter().all(|round| round.last_day < round.effective_from));
    }

    #[test]
    fn office_hours_are_hours_of_that_day_in_ben_tre() {
        let mut random = Random::stream(1, Topic::Household, 9);
        // 2022-04-07T00:00:00+07:00.
        let midnight = 1_649_264_400_000_000;
        for _ in 0..200 {
            let hour = (office_hour(&mut random, date(2022, 4, 7)) - midnight) / 3_600_000_000;
            assert!((7..=16).contains(&hour), "{hour}");
        }
    }

    #[test]
    fn ages_are_full_years() {
        assert_eq!(age(date(2000, 2, 29), date(2026, 2, 28)), 25);
        assert_eq!(age(date(2000, 2, 29), date(2026, 3, 1)), 26);
        assert_eq!(age(date(2026, 3, 2), date(2026, 3, 1)), 0);
    }

    #[test]
    fn no_day_is_drawn_after_yesterday() {
        let calendar = Calendar::new(date(2024, 5, 5));
        let mut random = Random::stream(1, Topic::Household, 3);
        for _ in 0..200 {
            assert!(calendar.between(&mut random, date(2024, 4, 1), date(2024, 12, 1)) <= calendar.last);
            assert!(calendar.later(&mut random, date(2024, 5, 1), 1, 30) <= calendar.last);
            assert!(calendar.between(&mut random, date(2024, 6, 1), date(2024, 12, 1)) <= calendar.last);
        }
    }
}
