//! Batches: up to 1,000 items, answered item by item; one bad item never undoes the good ones.

use async_graphql::{Context, SimpleObject};
use entity::enums::ItemStatus;
use serde::{Deserialize, Serialize};

use crate::{
    access::uses::Seen,
    error::{About, Failure, Result},
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
    /// What the refusal tells of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    about: Vec<About>,
}

impl<T> Outcome<T> {
    pub const fn applied(record: T) -> Self {
        Self { status: ItemStatus::Applied, record: Some(record), error: None, about: Vec::new() }
    }

    /// The same was recorded before: nothing was written.
    pub const fn unchanged(record: T) -> Self {
        Self { status: ItemStatus::Unchanged, record: Some(record), error: None, about: Vec::new() }
    }

    pub fn refused(mut failure: Failure) -> Self {
        let about = std::mem::take(&mut failure.about);
        Self { status: ItemStatus::Refused, record: None, error: Some(failure.into()), about }
    }
}

/// The outcomes as they are, after a note for the ledger of what they tell: the items that were refused, as a refused change
/// of one record is noted, and the records that were there before. What was written has its entries. `records` names the
/// records of an outcome, by GraphQL type.
pub fn noted<T, R>(ctx: &Context<'_>, outcomes: Vec<Outcome<T>>, records: impl Fn(&T) -> R) -> Vec<Outcome<T>>
where
    R: IntoIterator<Item = (&'static str, i64)>,
{
    let (mut seen, mut refused) = (Seen::default(), Vec::new());
    for (index, outcome) in outcomes.iter().enumerate() {
        if outcome.error.as_ref().is_some_and(|error| schema::aims::is_attempt(&error.code)) {
            refused.push(index);
        }
        for (type_name, id) in outcome.about.iter().map(|about| about.record()) {
            seen.denied.add(type_name, &id.to_string());
        }
        if let Some(record) = outcome.record.as_ref().filter(|_| outcome.status == ItemStatus::Unchanged) {
            for (type_name, id) in records(record) {
                seen.allowed.add(type_name, &id.to_string());
            }
        }
    }
    let (uses, root) = (&Request::of(ctx).uses, ctx.item.node.response_key().node.as_str());
    uses.refused_items(root, refused);
    uses.seen(root, seen);
    outcomes
}
