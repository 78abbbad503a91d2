//! The one source of time. Services read it from their context and never ask the database or the system,
//! so that a test can hold the time still.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};

/// Asia/Ho_Chi_Minh in seconds east of Greenwich. Viet Nam has kept +07:00 without summer time since 1975,
/// so no time zone database is needed.
const VIETNAM_SECONDS_EAST: i32 = 7 * 3600;

/// Tells the time to everything that asks.
pub trait Clock: Send + Sync {
    /// The present instant. Stored instants have microseconds, so nothing finer is ever given out.
    fn now(&self) -> DateTime<Utc>;

    /// The present day in Asia/Ho_Chi_Minh: the day that decides what is in force.
    fn today(&self) -> NaiveDate {
        day(self.now())
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        from_micros(to_micros(Utc::now()))
    }
}

/// A clock that stands still until it is set or advanced.
#[derive(Debug)]
pub struct FixedClock {
    micros: AtomicI64,
}

impl FixedClock {
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self { micros: AtomicI64::new(to_micros(instant)) }
    }

    pub fn set(&self, instant: DateTime<Utc>) {
        self.micros.store(to_micros(instant), Ordering::SeqCst);
    }

    /// Moves the time forwards, or backwards by a negative delta.
    pub fn advance(&self, by: TimeDelta) {
        self.set(self.now() + by);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        from_micros(self.micros.load(Ordering::SeqCst))
    }
}

/// The calendar day in Asia/Ho_Chi_Minh at an instant.
pub fn day(instant: DateTime<Utc>) -> NaiveDate {
    match FixedOffset::east_opt(VIETNAM_SECONDS_EAST) {
        Some(offset) => instant.with_timezone(&offset).date_naive(),
        None => instant.date_naive(),
    }
}

/// The last instant of a day in Asia/Ho_Chi_Minh, in microseconds.
pub fn end_of_day(day: NaiveDate) -> i64 {
    let next = day.succ_opt().unwrap_or(day).and_time(chrono::NaiveTime::MIN).and_utc();
    to_micros(next) - i64::from(VIETNAM_SECONDS_EAST) * 1_000_000 - 1
}

/// An instant as it is stored: microseconds since the Unix epoch.
pub fn to_micros(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_micros()
}

/// A stored instant. A number beyond the calendar (year 262142) reads as its nearest end.
pub fn from_micros(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(if micros < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_day_turns_at_seventeen_hours_utc() {
        assert_eq!(day(instant("2022-12-31T16:59:59.999999Z")).to_string(), "2022-12-31");
        assert_eq!(day(instant("2022-12-31T17:00:00Z")).to_string(), "2023-01-01");
    }

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = FixedClock::at(instant("2022-06-30T16:59:00Z"));
        assert_eq!(clock.today().to_string(), "2022-06-30");
        clock.advance(TimeDelta::minutes(1));
        assert_eq!(clock.today().to_string(), "2022-07-01");
        clock.set(instant("2024-01-01T00:00:00Z"));
        assert_eq!(clock.now(), instant("2024-01-01T00:00:00Z"));
    }

    #[test]
    fn instants_survive_storing() {
        let now = SystemClock.now();
        assert_eq!(from_micros(to_micros(now)), now);
        assert_eq!(from_micros(i64::MAX), DateTime::<Utc>::MAX_UTC);
        assert_eq!(from_micros(i64::MIN), DateTime::<Utc>::MIN_UTC);
    }
}
