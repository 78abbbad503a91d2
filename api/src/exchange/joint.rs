//! Writes that share a transaction. Of the requests of one caller that each do a little of the same, those that come while
//! a transaction is under way do their work together in the next one: a commit, a look-up and a round trip cost as much
//! for one of them as for all.
//!
//! One leads: its task runs the transaction, for itself and for those that joined it. Each has its own idempotency key,
//! outcome, audit entries and change events, and none sees the others: the work is done set by set, and what it touches
//! is another's for none of them. Where a shared transaction fails, for whatever reason, each does its work alone, as it
//! would have without the others; its key keeps what was done after all from being done twice.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use chrono::NaiveDate;
use tokio::{sync::oneshot, time::timeout};

use super::{idempotency::Keyed, write::Asked};
use crate::{
    access::{Rights, purpose::Stated},
    error::{Code, Failure, Result},
    request::Request,
};

/// Most requests of one transaction.
const MOST: usize = 32;
/// How long a request waits for its turn before it goes alone, and a shared transaction for what another writer has locked.
pub(super) const PATIENCE: Duration = Duration::from_millis(100);

/// What a request has to do, once for its key.
#[derive(Clone)]
pub struct Part<I> {
    pub asked: Asked,
    pub keyed: Keyed,
    pub input: I,
    /// Names of what it touches. Of those that share a transaction only one touches each.
    pub touches: HashSet<String>,
}

/// All by which requests may differ in what they may and say. Those of one such caller may share a transaction.
#[derive(Clone, Eq, Hash, PartialEq)]
struct Caller {
    token_id: i64,
    client_id: i64,
    rights: Rights,
    roles: Vec<String>,
    stated: Stated,
    today: NaiveDate,
}

/// The requests that wait for one another at this node.
pub struct Joint<I, O>(Mutex<HashMap<Caller, Line<I, O>>>);

/// Those of one caller. It is there as long as somebody leads, or is being told to.
struct Line<I, O> {
    waiting: VecDeque<Waiting<I, O>>,
    led_since: Instant,
}

struct Waiting<I, O> {
    part: Part<I>,
    turn: oneshot::Sender<Turn<I, O>>,
}

enum Turn<I, O> {
    Leads(Lead<I, O>),
    /// It is in the transaction of another, whose end comes.
    Joined(oneshot::Receiver<O>),
}

/// The right to run the next transaction; dropped, it passes to whoever waits.
struct Lead<I, O> {
    joint: Arc<Joint<I, O>>,
    caller: Caller,
    others: Vec<(Part<I>, oneshot::Sender<O>)>,
}

impl<I, O> Default for Joint<I, O> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<I, O> Drop for Lead<I, O> {
    fn drop(&mut self) {
        Joint::pass_on(&self.joint, &self.caller);
    }
}

impl<I: Clone, O> Joint<I, O> {
    /// What came of a part. `alone` does the work of this request, `together` that of several of them, in their
    /// order, or of none.
    pub async fn run(
        self: &Arc<Self>,
        request: &Request,
        part: &Part<I>,
        alone: impl AsyncFnOnce() -> Result<O>,
        together: impl AsyncFnOnce(Vec<Part<I>>) -> Result<Option<Vec<O>>>,
    ) -> Result<O> {
        let mut lead = match self.enter(Caller::of(request), part).await {
            None => return alone().await,
            Some(Turn::Leads(lead)) => lead,
            Some(Turn::Joined(end)) => match end.await {
                Ok(outcome) => return Ok(outcome),
                Err(_failed) => return alone().await.map_err(perhaps_written),
            },
        };
        if lead.others.is_empty() {
            return alone().await;
        }
        let (others, ends): (Vec<_>, Vec<_>) = std::mem::take(&mut lead.others).into_iter().unzip();
        let parts = [part.clone()].into_iter().chain(others).collect();
        let outcomes = together(parts).await;
        drop(lead);
        let Ok(Some(outcomes)) = outcomes else {
            // The others learn it by their ends being gone.
            drop(ends);
            return alone().await.map_err(perhaps_written);
        };
        let mut outcomes = outcomes.into_iter();
        let own = outcomes.next().ok_or_else(|| Failure::internal("a part without an outcome"));
        for (end, outcome) in ends.into_iter().zip(outcomes) {
            // Who has gone gets no answer.
            let _gone = end.send(outcome);
        }
        own
    }

    /// Leads at once where nobody does, else waits; none for who waits no longer.
    async fn enter(self: &Arc<Self>, caller: Caller, part: &Part<I>) -> Option<Turn<I, O>> {
        let turn = {
            let mut lines = self.lines();
            let Some(line) = lines.get_mut(&caller) else {
                let line = Line { waiting: VecDeque::new(), led_since: Instant::now() };
                lines.insert(caller.clone(), line);
                return Some(Turn::Leads(Lead { joint: self.clone(), caller, others: Vec::new() }));
            };
            if line.led_since.elapsed() > PATIENCE {
                return None;
            }
            let (turn, comes) = oneshot::channel();
            line.waiting.push_back(Waiting { part: part.clone(), turn });
            comes
        };
        timeout(PATIENCE, turn).await.ok()?.ok()
    }
}

impl<I, O> Joint<I, O> {
    fn lines(&self) -> MutexGuard<'_, HashMap<Caller, Line<I, O>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first that still waits leads, for those that may join it.
    fn pass_on(self: &Arc<Self>, caller: &Caller) {
        let (turn, lead, joined) = {
            let mut lines = self.lines();
            let Some(line) = lines.get_mut(caller) else { return };
            line.waiting.retain(|waiting| !waiting.turn.is_closed());
            line.led_since = Instant::now();
            let Some(first) = line.waiting.pop_front() else {
                lines.remove(caller);
                return;
            };
            let (others, joined) = line.join(&first.part);
            (first.turn, Lead { joint: self.clone(), caller: caller.clone(), others }, joined)
        };
        for (turn, end) in joined {
            // One that goes alone just now finds what was done for it by its key.
            drop(turn.send(Turn::Joined(end)));
        }
        // One that has gone meanwhile gives the lead back, which passes it on.
        drop(turn.send(Turn::Leads(lead)));
    }
}

/// Those that join a transaction, and how each is told.
type Joining<I, O> = (Vec<(Part<I>, oneshot::Sender<O>)>, Vec<(oneshot::Sender<Turn<I, O>>, oneshot::Receiver<O>)>);

impl<I, O> Line<I, O> {
    /// Takes those of the line that may share a transaction with the first.
    fn join(&mut self, first: &Part<I>) -> Joining<I, O> {
        let mut touched = first.touches.clone();
        let (mut others, mut joined, mut left) = (Vec::new(), Vec::new(), VecDeque::new());
        for waiting in self.waiting.drain(..) {
            let joins = others.len() + 1 < MOST && waiting.part.touches.is_disjoint(&touched);
            // What comes after one that is left, and touches the same, waits for it.
            touched.extend(waiting.part.touches.iter().cloned());
            if joins {
                let (end, comes) = oneshot::channel();
                others.push((waiting.part, end));
                joined.push((waiting.turn, comes));
            } else {
                left.push_back(waiting);
            }
        }
        self.waiting = left;
        (others, joined)
    }
}

impl Caller {
    fn of(request: &Request) -> Self {
        let viewer = &request.viewer;
        Self {
            token_id: viewer.token_id,
            client_id: viewer.client_id,
            rights: viewer.rights(),
            roles: viewer.roles.clone(),
            stated: viewer.stated.clone(),
            today: request.today(),
        }
    }
}

/// Where the work can't be done alone either, what was done together may have been written all the same.
fn perhaps_written(failure: Failure) -> Failure {
    match failure.code {
        Code::Unavailable | Code::Timeout => Failure::perhaps_written(),
        _ => failure,
    }
}
