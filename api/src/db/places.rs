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

use tokio::{
    sync::{AcquireError, Mutex as AsyncMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::room::Room;

/// Most requests of one client that wait at a time: each of them holds its body.
const MAX_WAITING: usize = 1_000;
/// Clients that are remembered before those without a request are forgotten.
const REMEMBERED: usize = 10_000;

/// The places of every client, and the room for all answers, on this node.
pub struct Clients {
    known: Mutex<HashMap<i64, Arc<Client>>>,
    room: Arc<Semaphore>,
    bytes: usize,
}

struct Client {
    free: Arc<Semaphore>,
    room: Arc<Semaphore>,
    size: Mutex<usize>,
    waiting: AtomicUsize,
}

/// There was no place in time, or too many wait already.
#[derive(Debug)]
pub struct Full;

impl Clients {
    /// With room for so many bytes of answers.
    pub fn new(bytes: usize) -> Self {
        Self { known: Mutex::default(), room: Arc::new(Semaphore::new(bytes)), bytes }
    }

    /// Bytes that answers take at the moment.
    pub fn in_use(&self) -> usize {
        self.bytes.saturating_sub(self.room.available_permits())
    }

    /// Waits in line for a place among the client's `size`, at most so long.
    pub async fn enter(&self, client: i64, size: usize, within: Duration) -> Result<Places, Full> {
        let client = self.client(client);
        client.grow(size);
        let all = client.free.clone();
        let own = match all.clone().try_acquire_owned() {
            Ok(own) => own,
            Err(_none) => {
                let _waiting = Waiting::begin(&client)?;
                let turn = timeout(within, all.clone().acquire_owned()).await;
                turn.map_err(|_elapsed| Full)?.map_err(|_closed| Full)?
            }
        };
        let room = [self.room.clone(), client.room.clone()];
        Ok(Places { own: Arc::new(AsyncMutex::new(own)), all, room, share: self.share(), client })
    }

    /// Bytes of the room that one client may have.
    const fn share(&self) -> usize {
        self.bytes / 2
    }

    fn client(&self, id: i64) -> Arc<Client> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.retain(|_, client| Arc::strong_count(client) > 1);
        }
        known.entry(id).or_insert_with(|| Arc::new(Client::new(self.share()))).clone()
    }
}

impl Client {
    fn new(share: usize) -> Self {
        let [free, room] = [0, share].map(|permits| Arc::new(Semaphore::new(permits)));
        Self { free, room, size: Mutex::new(0), waiting: AtomicUsize::new(0) }
    }

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
    room: [Arc<Semaphore>; 2],
    share: usize,
    /// So that a client with a request is not forgotten.
    client: Arc<Client>,
}

/// A place at the database, until dropped.
pub enum Place {
    Own(OwnedMutexGuard<OwnedSemaphorePermit>),
    Further(OwnedSemaphorePermit),
}

impl Places {
    /// Waits in line for room for an answer, as large as it usually is and at most so large.
    pub async fn room(&self, usual: usize, most: usize, within: Duration) -> Result<Room, Full> {
        let most = most.min(self.share);
        let count = u32::try_from(usual.min(most)).unwrap_or(u32::MAX);
        let permits = match self.free(count) {
            Some(permits) => permits,
            None => {
                let _waiting = Waiting::begin(&self.client)?;
                timeout(within, self.turn(count)).await.map_err(|_elapsed| Full)?.map_err(|_closed| Full)?
            }
        };
        Ok(Room::new(most, self.room.clone(), permits))
    }

    fn free(&self, count: u32) -> Option<[OwnedSemaphorePermit; 2]> {
        let [node, client] = self.room.each_ref();
        let of_client = client.clone().try_acquire_many_owned(count).ok()?;
        Some([node.clone().try_acquire_many_owned(count).ok()?, of_client])
    }

    /// The client's own first: who waits for that takes nothing from others.
    async fn turn(&self, count: u32) -> Result<[OwnedSemaphorePermit; 2], AcquireError> {
        let [node, client] = self.room.each_ref();
        let of_client = client.clone().acquire_many_owned(count).await?;
        Ok([node.clone().acquire_many_owned(count).await?, of_client])
    }

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
        let clients = Clients::new(100);
        let first = enter(&clients, 1).await.unwrap();
        let _second = enter(&clients, 1).await.unwrap();
        assert!(enter(&clients, 1).await.is_err());
        assert!(enter(&clients, 2).await.is_ok());
        drop(first);
        assert!(enter(&clients, 1).await.is_ok());
    }

    #[tokio::test]
    async fn a_request_takes_further_places_only_where_some_are_free() {
        let clients = Clients::new(100);
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
        let clients = Clients::new(100);
        let request = clients.enter(1, 1, NOT_LONG).await.unwrap();
        let working = request.place().await;
        drop(request);
        assert!(clients.enter(1, 1, NOT_LONG).await.is_err());
        drop(working);
        assert!(clients.enter(1, 1, NOT_LONG).await.is_ok());
    }

    #[tokio::test]
    async fn who_waits_gets_the_place_before_one_who_takes_further_ones() {
        let clients = Clients::new(100);
        let (one, other) = (enter(&clients, 1).await.unwrap(), enter(&clients, 1).await.unwrap());
        let _own = one.place().await;
        let mut waiting = Box::pin(clients.enter(1, 2, Duration::from_secs(60)));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(other);
        assert!(one.place().now_or_never().is_none());
        assert!(waiting.now_or_never().is_some_and(|turn| turn.is_ok()));
    }

    #[tokio::test]
    async fn one_client_has_half_of_the_room_and_waits_for_its_own() {
        let clients = Clients::new(100);
        let (one, other) = (enter(&clients, 1).await.unwrap(), enter(&clients, 2).await.unwrap());
        let first = one.room(30, 60, NOT_LONG).await.unwrap();
        assert!(one.room(30, 60, NOT_LONG).await.is_err());
        // The most is the client's share.
        let second = other.room(60, 60, NOT_LONG).await.unwrap();
        assert!(one.room(30, 60, NOT_LONG).await.is_err());
        let mut waiting = Box::pin(one.room(30, 60, Duration::from_secs(60)));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(first);
        assert!(waiting.now_or_never().is_some_and(|turn| turn.is_ok()));
        drop(second);
    }

    #[tokio::test]
    async fn small_answers_of_others_go_on_while_one_client_fills_its_share() {
        let clients = Clients::new(100);
        let (one, other) = (enter(&clients, 1).await.unwrap(), enter(&clients, 2).await.unwrap());
        let _all = one.room(50, 50, NOT_LONG).await.unwrap();
        let mut waiting = Box::pin(one.room(50, 50, Duration::from_secs(60)));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert!(other.room(50, 50, NOT_LONG).await.is_ok());
    }
}
