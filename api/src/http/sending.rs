//! A long answer on its way: handed out in pieces, and counted among the answers of the node until the last one is
//! taken. Who doesn't take it in time gets no more of it, so that nobody fills the memory by not reading.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::rt;
use actix_web::web::Bytes;
use tokio::task::JoinHandle;

use crate::db::Room;

/// What the HTTP library takes at a time; it copies each piece. Shorter answers are out of our hands at once.
pub const PIECE: usize = 32 << 10;
/// Bytes a second that a reader must take on the whole, beyond the time that it has at first.
const PACE: usize = 256 << 10;

/// What is left to be sent, and the room that it takes.
type Left = Arc<Mutex<Option<(Bytes, Arc<Room>)>>>;

pub struct Sending {
    size: u64,
    left: Left,
    ending: JoinHandle<()>,
}

/// The reader was too slow.
#[derive(Debug)]
struct TooSlow;

impl Sending {
    /// `time`: how long it may take beside what its length takes.
    pub fn new(text: Vec<u8>, room: Arc<Room>, time: Duration) -> Self {
        let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let pace = u64::try_from(text.len() / PACE).unwrap_or(u64::MAX);
        let time = time.saturating_add(Duration::from_secs(pace));
        let left: Left = Arc::new(Mutex::new(Some((Bytes::from(text), room))));
        let late = left.clone();
        let ending = rt::spawn(async move {
            tokio::time::sleep(time).await;
            drop(lock(&late).take());
        });
        Self { size, left, ending }
    }
}

fn lock(left: &Left) -> MutexGuard<'_, Option<(Bytes, Arc<Room>)>> {
    left.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MessageBody for Sending {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.size)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let mut left = lock(&self.left);
        Poll::Ready(match left.as_mut() {
            Some((text, _)) if text.is_empty() => None,
            Some((text, _)) => Some(Ok(text.split_to(PIECE.min(text.len())))),
            None => Some(Err(TooSlow.into())),
        })
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.ending.abort();
        // The task has its end of it until it is polled next.
        drop(lock(&self.left).take());
    }
}

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer was not read in time")
    }
}

impl Error for TooSlow {}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    fn sending(length: usize, time: u64) -> (Pin<Box<Sending>>, Arc<Room>) {
        let room = Arc::new(Room::default());
        (Box::pin(Sending::new(vec![b'x'; length], room.clone(), Duration::from_millis(time))), room)
    }

    async fn next(sending: &mut Pin<Box<Sending>>) -> Option<Result<usize, String>> {
        let piece = poll_fn(|context| sending.as_mut().poll_next(context)).await?;
        Some(piece.map(|piece| piece.len()).map_err(|error| error.to_string()))
    }

    #[actix_web::test]
    async fn a_text_goes_in_pieces_and_then_gives_its_room_back() {
        let (mut sending, room) = sending(PIECE * 2 + 5, 60_000);
        assert!(matches!(sending.size(), BodySize::Sized(size) if size == 2 * 32_768 + 5));
        for length in [PIECE, PIECE, 5] {
            assert_eq!(next(&mut sending).await, Some(Ok(length)));
            assert_eq!(Arc::strong_count(&room), 2);
        }
        assert_eq!(next(&mut sending).await, None);
        drop(sending);
        assert_eq!(Arc::strong_count(&room), 1);
    }

    #[actix_web::test]
    async fn who_is_too_slow_gets_no_more_and_the_room_is_free() {
        let (mut sending, room) = sending(PIECE * 2, 10);
        assert_eq!(next(&mut sending).await, Some(Ok(PIECE)));
        let given_up = async {
            while Arc::strong_count(&room) > 1 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), given_up).await.unwrap();
        assert_eq!(next(&mut sending).await, Some(Err("the answer was not read in time".into())));
    }
}
