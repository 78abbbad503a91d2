//! Room: how many bytes the answers of a node hold in memory at a time, from before they are read until they are sent.
//!
//! A request takes the room that its answer will usually need before it reads, and waits for it in line. Where an answer
//! turns out longer it takes more only where some is free: no request holds room while it waits for more. Once its answer is
//! written it gives back what that doesn't need. One client has at most half of the node's, so that others have the rest.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Why an answer has no more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// It is longer than an answer may be, which is so many bytes.
    TooLong(usize),
    /// The answers of the client, or of all, fill what there is.
    Taken,
}

/// Bytes of the node, and of one client.
pub(super) type Sources = [Arc<Semaphore>; 2];

/// What takes room: the cells that the database sent, and the text that is written from them, which take each other's place.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    Cells,
    Text,
}

/// The room of one request, and so of its answer, until dropped. Each part may be as long as the whole answer may.
pub struct Room {
    most: usize,
    /// None where nobody else needs any, as on the command line.
    from: Option<Sources>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    permits: Option<[OwnedSemaphorePermit; 2]>,
    cells: usize,
    text: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { most: usize::MAX, from: None, held: Mutex::default() }
    }
}

impl Room {
    /// With what was taken already, for an answer of at most so many bytes.
    pub(super) fn new(most: usize, from: Sources, permits: [OwnedSemaphorePermit; 2]) -> Self {
        let held = Held { permits: Some(permits), ..Held::default() };
        Self { most, from: Some(from), held: Mutex::new(held) }
    }

    /// As much of so many bytes as there is.
    pub fn claim(self: &Arc<Self>, part: Part, bytes: usize) -> Claim {
        let mut held = self.held();
        let bytes = bytes.min(self.most.saturating_sub(*held.used(part)));
        let bytes = if self.take(&mut held, part, bytes) {
            bytes
        } else {
            let free = held.granted().saturating_sub(*held.used(part));
            *held.used(part) += free;
            free
        };
        Claim { room: self.clone(), part, bytes }
    }

    /// Half of what it has and doesn't use yet: for one of several reads of which nobody knows how long each will be.
    pub fn half(&self, part: Part) -> usize {
        let mut held = self.held();
        held.granted().saturating_sub(*held.used(part)) / 2
    }

    /// Keeps so many bytes, or what is still in use if that is more, and gives back the rest.
    pub fn keep(&self, bytes: usize) {
        let mut held = self.held();
        let rest = held.granted().saturating_sub(bytes.max(held.cells).max(held.text));
        if let Some(permits) = held.permits.as_mut() {
            permits.iter_mut().for_each(|permit| drop(permit.split(rest)));
        }
    }

    /// Bytes of the text so far.
    pub fn written(&self) -> usize {
        self.held().text
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes so many bytes more for a part, if they are free.
    fn take(&self, held: &mut Held, part: Part, more: usize) -> bool {
        let used = held.used(part).saturating_add(more);
        if !self.covers(held, used) {
            return false;
        }
        *held.used(part) = used;
        true
    }

    fn covers(&self, held: &mut Held, bytes: usize) -> bool {
        let Some(from) = &self.from else { return true };
        let lacking = bytes.saturating_sub(held.granted());
        if lacking == 0 {
            return true;
        }
        let Ok(count) = u32::try_from(lacking) else { return false };
        let [Ok(of_node), Ok(of_client)] = from.each_ref().map(|from| from.clone().try_acquire_many_owned(count))
        else {
            return false;
        };
        match held.permits.as_mut() {
            Some([node, client]) => {
                node.merge(of_node);
                client.merge(of_client);
            }
            None => held.permits = Some([of_node, of_client]),
        }
        true
    }
}

impl Held {
    const fn used(&mut self, part: Part) -> &mut usize {
        match part {
            Part::Cells => &mut self.cells,
            Part::Text => &mut self.text,
        }
    }

    fn granted(&self) -> usize {
        self.permits.as_ref().map_or(usize::MAX, |[node, _]| node.num_permits())
    }
}

/// Part of a request's room, given back when dropped.
pub struct Claim {
    room: Arc<Room>,
    part: Part,
    bytes: usize,
}

impl Claim {
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Makes it so many bytes, if there are.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Lack> {
        let more = bytes.saturating_sub(self.bytes);
        let mut held = self.room.held();
        if held.used(self.part).saturating_add(more) > self.room.most {
            return Err(Lack::TooLong(self.room.most));
        }
        if !self.room.take(&mut held, self.part, more) {
            return Err(Lack::Taken);
        }
        self.bytes += more;
        Ok(())
    }

    /// Makes it no more than so many bytes; the rest is for what else its request reads.
    pub fn shrink(&mut self, bytes: usize) {
        let rest = self.bytes.saturating_sub(bytes);
        let mut held = self.room.held();
        let used = held.used(self.part);
        *used = used.saturating_sub(rest);
        self.bytes -= rest;
    }

    /// Leaves so many bytes in use until the answer is sent.
    pub fn stay(mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut held = self.room.held();
        let used = held.used(self.part);
        *used = used.saturating_sub(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(bytes: usize) -> Sources {
        [Arc::new(Semaphore::new(bytes)), Arc::new(Semaphore::new(bytes))]
    }

    fn room(from: &Sources, bytes: u32, most: usize) -> Arc<Room> {
        let permits = from.each_ref().map(|from| from.clone().try_acquire_many_owned(bytes).unwrap());
        Arc::new(Room::new(most, from.clone(), permits))
    }

    fn free(from: &Sources) -> [usize; 2] {
        from.each_ref().map(|from| from.available_permits())
    }

    #[test]
    fn an_answer_takes_more_where_it_is_free_and_never_more_than_it_may() {
        let from = sources(100);
        let room = room(&from, 10, 60);
        let mut claim = room.claim(Part::Text, 10);
        assert_eq!(free(&from), [90, 90]);
        claim.grow(60).unwrap();
        assert_eq!(free(&from), [40, 40]);
        assert_eq!(claim.grow(61), Err(Lack::TooLong(60)));
        let mut other = room.claim(Part::Text, 1);
        assert_eq!((other.bytes(), other.grow(1)), (0, Err(Lack::TooLong(60))));
        drop(claim);
        assert_eq!((room.written(), other.grow(1)), (0, Ok(())));
        drop(other);
        drop(room);
        assert_eq!(free(&from), [100, 100]);
    }

    #[test]
    fn a_text_takes_the_place_of_its_cells() {
        let from = sources(100);
        let room = room(&from, 10, 60);
        let _cells = room.claim(Part::Cells, 50);
        let mut text = room.claim(Part::Text, 50);
        assert_eq!((text.bytes(), free(&from)), (50, [50, 50]));
        text.grow(60).unwrap();
        assert_eq!(free(&from), [40, 40]);
    }

    #[test]
    fn where_others_have_it_an_answer_gets_what_is_left_of_its_own() {
        let from = sources(20);
        let (one, _other) = (room(&from, 10, 60), room(&from, 8, 60));
        let mut claim = one.claim(Part::Cells, 30);
        assert_eq!((claim.bytes(), claim.grow(13), claim.grow(12)), (10, Err(Lack::Taken), Ok(())));
        assert_eq!(free(&from), [0, 0]);
    }

    #[test]
    fn what_one_read_leaves_over_another_one_has() {
        let from = sources(100);
        let room = room(&from, 100, 100);
        let mut one = room.claim(Part::Cells, room.half(Part::Cells));
        let mut other = room.claim(Part::Cells, room.half(Part::Cells));
        assert_eq!((one.bytes(), other.bytes(), other.grow(80)), (50, 25, Err(Lack::TooLong(100))));
        one.shrink(20);
        one.shrink(30);
        assert_eq!((one.bytes(), other.grow(80), other.grow(81)), (20, Ok(()), Err(Lack::TooLong(100))));
        drop(one);
        assert_eq!((other.grow(100), free(&from)), (Ok(()), [0, 0]));
    }

    #[test]
    fn what_the_written_answer_does_not_need_is_given_back() {
        let from = sources(100);
        let room = room(&from, 50, 60);
        let working = room.claim(Part::Cells, 20);
        room.claim(Part::Text, 20).stay(5);
        assert_eq!(room.written(), 5);
        // A statement whose request gave up still has its rows.
        room.keep(7);
        assert_eq!(free(&from), [80, 80]);
        drop(working);
        room.keep(7);
        assert_eq!(free(&from), [93, 93]);
        drop(room);
        assert_eq!(free(&from), [100, 100]);
    }
}
