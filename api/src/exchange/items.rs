//! Batches: up to 1,000 items, answered item by item; one bad item never undoes the good ones.

use async_graphql::{Context, SimpleObject};
use entity::enums::ItemStatus;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Failure, Result},
    request::Request,
    schema,
};

/// LIMIT_EXCEEDED where a batch has more items than the caller may send at once.
pub fn check_count(request: &Request, field: &str, count: usize) -> Result<()> {
    let most = request.limits.batch_items;
    if count > most { Err(schema::too_many(field, count, most)) } else { Ok(()) }
}

/// Why an item was refused.
#[derive(Clone, Debug, Deserialize, Serialize, SimpleObject)]
pub struct ItemError {
    /// As `extensions.code` of an error.
    pub code: String,
    /// In English.
    pub message: String,
    /// In Vietnamese.
    pub message_vi: String,
    /// The input at fault, from the item on.
    pub field: Option<String>,
}

impl From<Failure> for ItemError {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code.as_str().to_owned(),
            message: failure.message,
            message_vi: failure.message_vi,
            field: failure.field,
        }
    }
}

/// What became of an item: the ids of what it wrote, or its refusal. Kept with the idempotency key.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Outcome<T> {
    pub status: ItemStatus,
    pub record: Option<T>,
    pub error: Option<ItemError>,
}

impl<T> Outcome<T> {
    pub const fn applied(record: T) -> Self {
        Self { status: ItemStatus::Applied, record: Some(record), error: None }
    }

    /// The same was recorded before: nothing was written.
    pub const fn unchanged(record: T) -> Self {
        Self { status: ItemStatus::Unchanged, record: Some(record), error: None }
    }

    pub fn refused(failure: Failure) -> Self {
        Self { status: ItemStatus::Refused, record: None, error: Some(failure.into()) }
    }
}

/// The outcomes as they are, after a note for the ledger of the items whose refusal is an attempt, as that of a change
/// aimed at one record is.
pub fn attempts<T>(ctx: &Context<'_>, outcomes: Vec<Outcome<T>>) -> Vec<Outcome<T>> {
    let is_attempt = |error: &ItemError| schema::aims::is_attempt(&error.code, error.field.as_deref());
    let refused = outcomes.iter().enumerate().filter(|(_, outcome)| outcome.error.as_ref().is_some_and(is_attempt));
    let root = ctx.item.node.response_key().node.as_str();
    Request::of(ctx).uses.refused_items(root, refused.map(|(index, _)| index));
    outcomes
}
