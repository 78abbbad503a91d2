//! Failed attempts to get a token, counted by address and client. A secret has 256 random bits, so nobody finds it by
//! trying; this keeps those who try from working the database. Kept by each node for itself, and gone with it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// Failures within a window after which one must wait for its end.
const MOST: u32 = 10;
const WINDOW_SECONDS: i64 = 60;
/// Pairs of address and client that are remembered.
const MOST_PAIRS: usize = 10_000;
/// What is remembered of a client's id: it may be anything.
const ID_BYTES: usize = 64;

#[derive(Default)]
pub struct Attempts(Mutex<HashMap<(String, String), Window>>);

struct Window {
    /// Seconds since the Unix epoch.
    ends: i64,
    failures: u32,
}

impl Attempts {
    /// Refuses, with the seconds to wait, where too many attempts have failed.
    pub fn check(&self, peer: &str, client: &str, now: DateTime<Utc>) -> Result<(), u64> {
        let windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(window) = windows.get(&pair(peer, client)) else { return Ok(()) };
        let left = window.ends.saturating_sub(now.timestamp());
        if left <= 0 || window.failures < MOST { Ok(()) } else { Err(u64::try_from(left).unwrap_or(0)) }
    }

    /// Lets everybody try again.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Counts a failure.
    pub fn failed(&self, peer: &str, client: &str, now: DateTime<Utc>) {
        let now = now.timestamp();
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MOST_PAIRS {
            windows.retain(|_, window| window.ends > now);
        }
        if windows.len() >= MOST_PAIRS {
            windows.clear();
        }
        let fresh = || Window { ends: now.saturating_add(WINDOW_SECONDS), failures: 0 };
        let window = windows.entry(pair(peer, client)).or_insert_with(fresh);
        if window.ends <= now {
            *window = fresh();
        }
        window.failures = window.failures.saturating_add(1);
    }
}

fn pair(peer: &str, client: &str) -> (String, String) {
    (peer.to_owned(), client.chars().take(ID_BYTES).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_too_often_waits_and_nobody_else() {
        let attempts = Attempts::default();
        let at = |seconds: i64| DateTime::from_timestamp(1_000 + seconds, 0).unwrap();
        for second in 0..10 {
            assert_eq!(attempts.check("10.0.0.1", "bank", at(second)), Ok(()));
            attempts.failed("10.0.0.1", "bank", at(second));
        }
        assert_eq!(attempts.check("10.0.0.1", "bank", at(10)), Err(50));
        assert_eq!(attempts.check("10.0.0.2", "bank", at(10)), Ok(()));
        assert_eq!(attempts.check("10.0.0.1", "insurance", at(10)), Ok(()));
        assert_eq!(attempts.check("10.0.0.1", "bank", at(60)), Ok(()));
        attempts.failed("10.0.0.1", "bank", at(60));
        assert_eq!(attempts.check("10.0.0.1", "bank", at(61)), Ok(()));
    }

    #[test]
    fn the_memory_is_bounded() {
        let attempts = Attempts::default();
        for number in 0..MOST_PAIRS * 2 {
            attempts.failed("10.0.0.1", &number.to_string(), DateTime::from_timestamp(0, 0).unwrap());
        }
        assert!(attempts.0.lock().unwrap().len() <= MOST_PAIRS);
    }
}
