//! Writes that share a transaction. Of the requests of one caller that each do a little of the same, those that come while
//! a transaction is under way do their work together in the next one: a commit, a key's row and a look-up cost as much
//! for one of them as for all.
//!
//! One leads: its task runs the transaction, for itself and for those that joined it. Each has its own idempotency key,
//! outcome, audit entries and change events, and none sees the others: the work is done set by set, and what it touches
//! is another's for none of them. Where a shared transaction fails, for whatever reason, each does its work alone, as it
//! would have without the others; its key keeps what was done after all from being done twice.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::NaiveDate;
use tokio::{sync::oneshot, time::timeout};

use super::{idempotency::Keyed, write::Asked};
use crate::{access::Viewer, error::Result, request::Request};

/// Most requests of one transaction.
const MOST: usize = 32;
/// How long a request waits for its turn before it goes alone: whoever leads may have to wait for another writer.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a request has to do, once for its key.
#[derive(Clone)]
pub struct Part<I> {
    pub asked: Asked,
    pub keyed: Keyed,
    pub input: I,
    /// Names of what it touches. Of those that share a transaction only one touches each.
    pub touches: HashSet<String>,
}

/// The requests that wait for one another at this node.
pub struct Joint<I, O>(Mutex<Line<I, O>>);

struct Line<I, O> {
    waiting: VecDeque<Waiting<I, O>>,
    /// Somebody leads, or is being told to.
    is_led: bool,
}

struct Waiting<I, O> {
    viewer: Viewer,
    today: NaiveDate,
    part: Part<I>,
    turn: oneshot::Sender<Turn<I, O>>,
}

enum Turn<I, O> {
    Leads(Lead<I, O>),
    Done(O),
}

/// The right to run the next transaction; dropped, it passes to whoever waits.
struct Lead<I, O> {
    joint: Arc<Joint<I, O>>,
    others: Vec<Waiting<I, O>>,
}

impl<I, O> Default for Joint<I, O> {
    fn default() -> Self {
        Self(Mutex::new(Line { waiting: VecDeque::new(), is_led: false }))
    }
}

impl<I, O> Drop for Lead<I, O> {
    fn drop(&mut self) {
        self.joint.pass_on();
    }
}

impl<I: Clone, O> Joint<I, O> {
    /// What came of a part. `alone` does the work of this request, `together` that of several of them, in their
    /// order, or of none.
    pub async fn run(
        self: &Arc<Self>,
        request: &Request,
        part: Part<I>,
        alone: impl AsyncFnOnce() -> Result<O>,
        together: impl AsyncFnOnce(Vec<Part<I>>) -> Result<Option<Vec<O>>>,
    ) -> Result<O> {
        let mut lead = match self.enter(request, &part).await {
            Some(Turn::Leads(lead)) => lead,
            Some(Turn::Done(outcome)) => return Ok(outcome),
            None => return alone().await,
        };
        if lead.others.is_empty() {
            return alone().await;
        }
        let others = std::mem::take(&mut lead.others);
        let (parts, turns): (Vec<_>, Vec<_>) = others.into_iter().map(|other| (other.part, other.turn)).unzip();
        let parts = [part].into_iter().chain(parts).collect();
        let Ok(Some(outcomes)) = together(parts).await else {
            // The others learn it by their turn being gone.
            drop((turns, lead));
            return alone().await;
        };
        let mut outcomes = outcomes.into_iter();
        let own = outcomes.next();
        for (turn, outcome) in turns.into_iter().zip(outcomes) {
            // Who has gone gets no answer.
            let _gone = turn.send(Turn::Done(outcome));
        }
        drop(lead);
        match own {
            Some(own) => Ok(own),
            None => alone().await,
        }
    }

    /// Leads at once where nobody does, else waits; none for who waits no longer.
    async fn enter(self: &Arc<Self>, request: &Request, part: &Part<I>) -> Option<Turn<I, O>> {
        let turn = {
            let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if !line.is_led {
                line.is_led = true;
                return Some(Turn::Leads(Lead { joint: self.clone(), others: Vec::new() }));
            }
            let (turn, comes) = oneshot::channel();
            line.waiting.push_back(Waiting {
                viewer: request.viewer.clone(),
                today: request.today(),
                part: part.clone(),
                turn,
            });
            comes
        };
        timeout(PATIENCE, turn).await.ok()?.ok()
    }
}

impl<I, O> Joint<I, O> {
    /// The first that still waits leads, for those that may join it.
    fn pass_on(self: &Arc<Self>) {
        let next = {
            let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            line.waiting.retain(|waiting| !waiting.turn.is_closed());
            let Some(first) = line.waiting.pop_front() else {
                line.is_led = false;
                return;
            };
            let others = line.join(&first);
            (first.turn, Lead { joint: self.clone(), others })
        };
        let (turn, lead) = next;
        // One that has gone meanwhile gives the lead back, which passes it on.
        drop(turn.send(Turn::Leads(lead)));
    }
}

impl<I, O> Line<I, O> {
    /// Takes those of the line that may share a transaction with the first.
    fn join(&mut self, first: &Waiting<I, O>) -> Vec<Waiting<I, O>> {
        let mut touched = first.part.touches.clone();
        let (mut others, mut left) = (Vec::new(), VecDeque::new());
        for waiting in self.waiting.drain(..) {
            let fits = others.len() + 1 < MOST && waiting.part.touches.is_disjoint(&touched);
            let joins = fits && waiting.today == first.today && is_same(&waiting.viewer, &first.viewer);
            // What comes after one that is left, and touches the same, waits for it.
            touched.extend(waiting.part.touches.iter().cloned());
            if joins { others.push(waiting) } else { left.push_back(waiting) }
        }
        self.waiting = left;
        others
    }
}

/// Whether two callers are one, and may and say the same.
fn is_same(one: &Viewer, other: &Viewer) -> bool {
    one.token_id == other.token_id
        && one.client_id == other.client_id
        && one.rights() == other.rights()
        && one.roles == other.roles
        && one.stated == other.stated
        && one.registered_only == other.registered_only
}
