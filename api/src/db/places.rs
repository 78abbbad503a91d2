//! Places at the database: how many of the pool's connections the requests of one client have at a time, so that one
//! who reads much at once leaves some for everybody else.
//!
//! A request takes one place before it runs and waits for it in line. Its root fields, which run at the same time,
//! take further places only where some are free: no request ever holds a place while it waits for another.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// Most requests of one client that wait at a time: each of them holds its body.
const MAX_WAITING: usize = 1_000;
/// Clients that are remembered before those without a request are forgotten.
const REMEMBERED: usize = 10_000;

/// The places of every client, on this node.
#[derive(Default)]
pub struct Clients {
    known: Mutex<HashMap<i64, Arc<Client>>>,
}

struct Client {
    free: Arc<Semaphore>,
    size: Mutex<usize>,
    waiting: AtomicUsize,
}

/// There was no place in time, or too many wait already.
#[derive(Debug)]
pub struct Full;

impl Clients {
    /// Waits in line for a place among the client's `size`, at most so long.
    pub async fn enter(&self, client: i64, size: usize, within: Duration) -> Result<Places, Full> {
        let client = self.client(client);
        client.grow(size);
        let all = client.free.clone();
        let own = match all.clone().try_acquire_owned() {
            Ok(own) => own,
            Err(_none) => {
                let _waiting = Waiting::begin(&client)?;
                let turn = tokio::time::timeout(within, all.clone().acquire_owned()).await;
                turn.map_err(|_elapsed| Full)?.map_err(|_closed| Full)?
            }
        };
        Ok(Places { own: Arc::new(AsyncMutex::new(own)), all, _client: client })
    }

    fn client(&self, id: i64) -> Arc<Client> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.retain(|_, client| Arc::strong_count(client) > 1);
        }
        let new = || Client { free: Arc::new(Semaphore::new(0)), size: Mutex::new(0), waiting: AtomicUsize::new(0) };
        known.entry(id).or_insert_with(|| Arc::new(new())).clone()
    }
}

impl Client {
    /// The widest of what its tokens may have had.
    fn grow(&self, size: usize) {
        let mut known = self.size.lock().unwrap_or_else(PoisonError::into_inner);
        if size > *known {
            self.free.add_permits(size - *known);
            *known = size;
        }
    }
}

/// One more in line, until dropped.
struct Waiting<'c>(&'c AtomicUsize);

impl<'c> Waiting<'c> {
    fn begin(client: &'c Client) -> Result<Self, Full> {
        let waiting = Self(&client.waiting);
        let before = client.waiting.fetch_add(1, Ordering::Relaxed);
        if before < MAX_WAITING { Ok(waiting) } else { Err(Full) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The place of a request, and the way to further ones.
pub struct Places {
    own: Arc<AsyncMutex<OwnedSemaphorePermit>>,
    all: Arc<Semaphore>,
    /// So that a client with a request is not forgotten.
    _client: Arc<Client>,
}

/// A place at the database, until dropped.
pub enum Place {
    Own(OwnedMutexGuard<OwnedSemaphorePermit>),
    Further(OwnedSemaphorePermit),
}

impl Places {
    /// The request's own place if it isn't in use, or a free one, or its own when its turn comes.
    pub async fn place(&self) -> Place {
        if let Ok(own) = self.own.clone().try_lock_owned() {
            return Place::Own(own);
        }
        match self.all.clone().try_acquire_owned() {
            Ok(further) => Place::Further(further),
            Err(_none) => Place::Own(self.own.clone().lock_owned().await),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const NOT_LONG: Duration = Duration::from_millis(20);

    async fn enter(clients: &Clients, client: i64) -> Result<Places, Full> {
        clients.enter(client, 2, NOT_LONG).await
    }

    #[tokio::test]
    async fn a_client_has_its_places_and_others_have_theirs() {
        let clients = Clients::default();
        let first = enter(&clients, 1).await.unwrap();
        let _second = enter(&clients, 1).await.unwrap();
        assert!(enter(&clients, 1).await.is_err());
        assert!(enter(&clients, 2).await.is_ok());
        drop(first);
        assert!(enter(&clients, 1).await.is_ok());
    }

    #[tokio::test]
    async fn a_request_takes_further_places_only_where_some_are_free() {
        let clients = Clients::default();
        let request = enter(&clients, 1).await.unwrap();
        let own = request.place().await;
        let further = request.place().await;
        assert!(matches!((&own, &further), (Place::Own(_), Place::Further(_))));
        assert!(request.place().now_or_never().is_none());
        drop(own);
        assert!(matches!(request.place().now_or_never(), Some(Place::Own(_))));
        assert!(enter(&clients, 1).await.is_err());
        drop(further);
        assert!(enter(&clients, 1).await.is_ok());
    }

    #[tokio::test]
    async fn a_place_stays_taken_while_work_goes_on_after_its_request() {
        let clients = Clients::default();
        let request = clients.enter(1, 1, NOT_LONG).await.unwrap();
        let working = request.place().await;
        drop(request);
        assert!(clients.enter(1, 1, NOT_LONG).await.is_err());
        drop(working);
        assert!(clients.enter(1, 1, NOT_LONG).await.is_ok());
    }

    #[tokio::test]
    async fn who_waits_gets_the_place_before_one_who_takes_further_ones() {
        let clients = Clients::default();
        let (one, other) = (enter(&clients, 1).await.unwrap(), enter(&clients, 1).await.unwrap());
        let _own = one.place().await;
        let mut waiting = Box::pin(clients.enter(1, 2, Duration::from_secs(60)));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(other);
        assert!(one.place().now_or_never().is_none());
        assert!(waiting.now_or_never().is_some_and(|turn| turn.is_ok()));
    }
}
