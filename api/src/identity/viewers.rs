//! Viewers that were looked up a moment ago. A caller's rights are looked up at most twice a second, not for each of its
//! thousand requests; so what is taken from it acts within half a second on every node, and at once on the one where it
//! was taken.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::access::Viewer;

/// How long a viewer is taken for what it was. `docs/access.md` promises a second.
pub const FRESH: Duration = Duration::from_millis(500);
/// Most that are remembered. A province has dozens of clients.
const MOST: usize = 1_024;

/// By the token's `jti`.
#[derive(Default)]
pub struct Viewers {
    /// How often rights have changed on this node.
    changes: AtomicU64,
    known: Mutex<HashMap<String, Known>>,
}

struct Known {
    viewer: Viewer,
    since: Since,
}

/// When a look-up began: what changes after that is not in it.
#[derive(Clone, Copy)]
pub struct Since {
    began: Instant,
    changes: u64,
}

/// A change of rights that may be under way.
pub struct Forgetting<'v>(&'v Viewers);

impl Drop for Forgetting<'_> {
    fn drop(&mut self) {
        self.0.forget();
    }
}

impl Viewers {
    pub fn begin(&self) -> Since {
        Since { began: Instant::now(), changes: self.changes.load(Ordering::Acquire) }
    }

    pub fn get(&self, jti: &str) -> Option<Viewer> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(jti).filter(|known| self.is_fresh(known.since)).map(|known| known.viewer.clone())
    }

    pub fn remember(&self, jti: &str, viewer: &Viewer, since: Since) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, known| self.is_fresh(known.since));
        }
        if known.len() < MOST {
            known.insert(jti.to_owned(), Known { viewer: viewer.clone(), since });
        }
    }

    /// Rights may have changed: everyone is looked up anew.
    pub fn forget(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// Forgets them when it is dropped.
    pub const fn forgetting(&self) -> Forgetting<'_> {
        Forgetting(self)
    }

    fn is_fresh(&self, since: Since) -> bool {
        since.changes == self.changes.load(Ordering::Acquire) && since.began.elapsed() < FRESH
    }
}
