//! Failed attempts to get a token, counted by address and client, and by address. A secret has 256 random bits, so nobody
//! finds it by trying; this keeps those who try from working the database and the ledger. A good proof is never refused
//! for the failures of others: behind a proxy all have one address. Kept by each node for itself, and gone with it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::MutexGuard;

/// Failures within a window after which the next ones are told to wait for its end.
const MOST: u32 = 10;
const WINDOW_SECONDS: i64 = 60;
/// Failures of one address within a window after which its proofs are looked at one at a time.
const MOST_OF_ADDRESS: u32 = 100;
/// Windows that are remembered.
const MOST_WINDOWS: usize = 10_000;
/// What is remembered of a client's id: it may be anything.
const ID_BYTES: usize = 64;

#[derive(Default)]
pub struct Attempts {
    windows: Mutex<HashMap<Key, Window>>,
    /// Held while a proof of an address is looked at from which many bad ones came.
    turn: tokio::sync::Mutex<()>,
}

/// An address and a client, or an address and whatever client.
type Key = (String, Option<String>);

#[derive(Clone, Copy)]
struct Window {
    /// Seconds since the Unix epoch.
    ends: i64,
    failures: u32,
}

impl Attempts {
    /// The turn to look at a proof: at once or, where many bad ones came from the address, after the others from such
    /// addresses. So a flood costs one look-up and one signature at a time, and a good proof in it waits and passes.
    pub async fn turn(&self, peer: &str, now: DateTime<Utc>) -> Option<MutexGuard<'_, ()>> {
        if self.failures(&(peer.to_owned(), None), now.timestamp()) < MOST_OF_ADDRESS {
            return None;
        }
        Some(self.turn.lock().await)
    }

    fn failures(&self, key: &Key, now: i64) -> u32 {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.get(key).filter(|window| window.ends > now).map_or(0, |window| window.failures)
    }

    /// Lets everybody try again.
    pub fn forget(&self) {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Counts a failure; with the seconds to wait where there were too many before it.
    pub fn failed(&self, peer: &str, client: &str, now: DateTime<Utc>) -> Option<u64> {
        let now = now.timestamp();
        let client = client.chars().take(ID_BYTES).collect();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        count(&mut windows, (peer.to_owned(), None), now);
        let window = count(&mut windows, (peer.to_owned(), Some(client)), now);
        (window.failures > MOST).then(|| u64::try_from(window.ends.saturating_sub(now)).unwrap_or(0))
    }
}

fn count(windows: &mut HashMap<Key, Window>, key: Key, now: i64) -> Window {
    if windows.len() >= MOST_WINDOWS && !windows.contains_key(&key) {
        windows.retain(|_, window| window.ends > now);
        if windows.len() >= MOST_WINDOWS {
            // Those of addresses stay, so that a flood of made-up ids goes on taking turns.
            windows.retain(|(_, client), _| client.is_none());
        }
        if windows.len() >= MOST_WINDOWS {
            windows.clear();
        }
    }
    let fresh = Window { ends: now.saturating_add(WINDOW_SECONDS), failures: 0 };
    let window = windows.entry(key).or_insert(fresh);
    if window.ends <= now {
        *window = fresh;
    }
    window.failures = window.failures.saturating_add(1);
    *window
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_too_often_waits_and_nobody_else() {
        let attempts = Attempts::default();
        let at = |seconds: i64| DateTime::from_timestamp(1_000 + seconds, 0).unwrap();
        for second in 0..10 {
            assert_eq!(attempts.failed("10.0.0.1", "bank", at(second)), None);
        }
        assert_eq!(attempts.failed("10.0.0.1", "bank", at(10)), Some(50));
        assert_eq!(attempts.failed("10.0.0.2", "bank", at(10)), None);
        assert_eq!(attempts.failed("10.0.0.1", "insurance", at(10)), None);
        assert_eq!(attempts.failed("10.0.0.1", "bank", at(60)), None);
    }

    #[tokio::test]
    async fn proofs_of_a_flooding_address_take_turns() {
        let attempts = Attempts::default();
        let at = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap();
        for number in 0..MOST_OF_ADDRESS {
            assert!(attempts.turn("10.0.0.1", at(0)).await.is_none(), "{number}");
            attempts.failed("10.0.0.1", &number.to_string(), at(0));
        }
        let turn = attempts.turn("10.0.0.1", at(1)).await;
        assert!(turn.is_some() && attempts.turn.try_lock().is_err());
        assert!(attempts.turn("10.0.0.2", at(1)).await.is_none(), "others don't wait");
        drop(turn);
        assert!(attempts.turn("10.0.0.1", at(1)).await.is_some());
        assert!(attempts.turn("10.0.0.1", at(60)).await.is_none());
    }

    #[test]
    fn the_memory_is_bounded() {
        let attempts = Attempts::default();
        let now = DateTime::from_timestamp(0, 0).unwrap();
        for number in 0..MOST_WINDOWS * 2 {
            attempts.failed("10.0.0.1", &number.to_string(), now);
        }
        assert!(attempts.windows.lock().unwrap().len() <= MOST_WINDOWS);
        assert!(attempts.failures(&("10.0.0.1".to_owned(), None), 1) > MOST_OF_ADDRESS, "the address isn't forgotten");
    }
}
