//! Compiled reads that are kept: machines ask the same all day.
//!
//! A compiled read is found by everything that decided it, compared whole and never by a hash of it: the rights of who
//! asks, the selection with the values of its arguments, the texts of its conditions, the day, the version of the units
//! and programs that filters look up. What differs between two requests with the same key is bound (`bound.rs`).

use std::sync::Arc;

use chrono::NaiveDate;
use quick_cache::{Weighter, sync::Cache};

use super::{
    bound::Bound,
    condition::{Condition, Way},
    pages::Window,
    plan::Out,
    projection::{Projection, Sort},
};
use crate::access::{Rights, uses::Planned};

/// Most reads that are kept, and about as many bytes.
const MOST: usize = 4_000;
const BYTES: u64 = 12 << 20;
/// What a plan takes beside its texts.
const PLAN: usize = 2 << 10;

/// A read that was compiled.
pub struct Compiled {
    pub sql: String,
    pub bound: Vec<Bound>,
    pub out: Out,
    /// Whether others may wait behind it.
    pub quick: bool,
    /// What it reads of persons, but for what the root field itself was narrowed by.
    pub uses: Planned,
}

/// All that decides a compiled read.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Key {
    pub rights: Rights,
    /// Filters compare with it.
    pub today: NaiveDate,
    /// Of the catalog.
    pub version: u64,
    /// Which read of which type, with what conditions and selection: see [`Key::text`].
    pub text: String,
}

impl Key {
    /// The words of a key that say which rows of which type are read.
    pub fn text(projection: &'static Projection, kind: &str, on_a_day: bool, conditions: &[Condition]) -> String {
        let mut text = format!("{:p} {kind} {on_a_day}", std::ptr::from_ref(projection));
        for Condition { template, way, .. } in conditions {
            text.push('\n');
            text.push_str(template);
            match way {
                Some(Way::Keys(by_keys)) => text.push_str(&by_keys.keys),
                Some(Way::Parts(parts)) => parts.parts.iter().for_each(|part| {
                    text.push_str(part.template);
                    text.push_str(if part.needed { " needed" } else { "" });
                }),
                None => {}
            }
        }
        text.push('\n');
        text
    }

    /// The same of a page.
    pub fn page(sort: &Sort, window: &Window<Bound>) -> String {
        let keyed =
            |position: &Option<super::pages::Position<Bound>>| position.as_ref().map(|position| position.key.is_some());
        let (after, before) = (keyed(&window.after), keyed(&window.before));
        let (tag, column, descending) = (sort.tag, sort.column, sort.descending);
        let Window { limit, one_plan, backward, .. } = window;
        format!("page {tag} {column:?} {descending} {limit} {one_plan} {backward} {after:?} {before:?}")
    }
}

/// The reads of this node.
pub struct Plans(Cache<Key, Arc<Compiled>, ByText>);

#[derive(Clone)]
struct ByText;

impl Weighter<Key, Arc<Compiled>> for ByText {
    fn weight(&self, key: &Key, compiled: &Arc<Compiled>) -> u64 {
        u64::try_from(key.text.len() + compiled.sql.len() + PLAN).unwrap_or(u64::MAX)
    }
}

impl Default for Plans {
    fn default() -> Self {
        Self(Cache::with_weighter(MOST, BYTES, ByText))
    }
}

impl Plans {
    pub fn get(&self, key: &Key) -> Option<Arc<Compiled>> {
        self.0.get(key)
    }

    pub fn keep(&self, key: Key, compiled: Arc<Compiled>) {
        self.0.insert(key, compiled);
    }
}
