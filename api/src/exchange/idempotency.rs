//! `idempotencyKey`: a retry returns the outcome of the first try, and the work is done once.
//!
//! The key is kept with what came of the work, in the transaction of the work itself: of two requests with one key that
//! do their work at a time, the second finds the key of the first when it would keep its own, and leaves nothing behind.
//! What failed leaves no key. The outcome kept is what was decided (ids, refusals), never personal data; records are read
//! anew for the answer.

use std::sync::Arc;

use async_graphql::InputType;
use entity::{idempotency_key, ids::ClientId};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{
    Write,
    joint::{Joint, PATIENCE, Part},
};
use crate::{
    db::Dialect,
    error::{Code, Failure, Result},
    request::Request,
};

/// Longest key.
const MAX_KEY: usize = 200;

/// A key with a hash of the input that it stands for.
#[derive(Clone)]
pub struct Keyed {
    key: String,
    hash: String,
}

impl Keyed {
    pub fn new(key: &str, input: &impl InputType) -> Result<Self> {
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(Failure::input(
                "input.idempotencyKey",
                format!("An idempotency key has 1 to {MAX_KEY} bytes."),
                format!("idempotencyKey phải có từ 1 đến {MAX_KEY} byte."),
            ));
        }
        let text = serde_json::to_string(&input.to_value()).map_err(Failure::internal)?;
        let hash = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { key: key.to_owned(), hash })
    }
}

/// Does the work once for a key, in one transaction with the key.
pub async fn once<T, I>(
    request: &Request,
    operation: &'static str,
    key: &str,
    input: &I,
    work: impl AsyncFnOnce(&mut Write<'_>) -> Result<T>,
) -> Result<T>
where
    T: Serialize + DeserializeOwned,
    I: InputType,
{
    // Not a part of the resolver's own state, which the compiler has to lay out whole.
    Box::pin(once_for(request, operation, &Keyed::new(key, input)?, work)).await
}

async fn once_for<T: Serialize + DeserializeOwned>(
    request: &Request,
    operation: &'static str,
    keyed: &Keyed,
    work: impl AsyncFnOnce(&mut Write<'_>) -> Result<T>,
) -> Result<T> {
    let mut write = Write::begin(request, operation).await?;
    if let Some(first) = first(request, &write.tx, keyed).await? {
        return repeat(first, operation, keyed);
    }
    let outcome = match work(&mut write).await {
        Ok(outcome) => outcome,
        Err(failure) => {
            drop(write);
            return repeat(first_after(request, keyed, failure).await?, operation, keyed);
        }
    };
    keep(&mut write, keyed, &outcome)?;
    if write.commit_keys().await? {
        return Ok(outcome);
    }
    let first = first(request, &request.db.connection, keyed).await?;
    repeat(first.ok_or_else(|| Failure::internal("an idempotency key that was kept is gone"))?, operation, keyed)
}

/// Does the work of a request's part once for its key, in a transaction that others may share where there is a `joint`. `work` does that of
/// several parts, and tells what came of each.
pub async fn once_together<T, I>(
    request: &Request,
    operation: &'static str,
    part: Part<I>,
    joint: Option<&Arc<Joint<I, T>>>,
    work: impl AsyncFn(&mut Write<'_>, &[Part<I>]) -> Result<Vec<T>>,
) -> Result<T>
where
    T: Serialize + DeserializeOwned,
    I: Clone,
{
    let alone = async || {
        let of_one = async |write: &mut Write<'_>| {
            let mut outcomes = work(write, std::slice::from_ref(&part)).await?;
            outcomes.pop().ok_or_else(|| Failure::internal("a part without an outcome"))
        };
        Box::pin(once_for(request, operation, &part.keyed, of_one)).await
    };
    let Some(joint) = joint else { return alone().await };
    let together = async |parts: Vec<Part<I>>| {
        let mut write = Write::begin(request, operation).await?;
        // One that is locked by another writer is waited for alone. SQLite has one writer.
        if request.db.dialect == Dialect::Postgres {
            let patience = format!("SET LOCAL lock_timeout = {}", PATIENCE.as_millis());
            write.tx.execute_unprepared(&patience).await?;
        }
        let outcomes = work(&mut write, &parts).await?;
        for (part, outcome) in parts.iter().zip(&outcomes) {
            keep(&mut write, &part.keyed, outcome)?;
        }
        // One that was done before finds it alone.
        Ok(write.commit_keys().await?.then_some(outcomes))
    };
    Box::pin(joint.run(request, &part, alone, together)).await
}

/// The same where the key may be left out: then the work is done each time.
pub async fn once_if_keyed<T, I>(
    request: &Request,
    operation: &'static str,
    key: Option<&str>,
    input: &I,
    work: impl AsyncFnOnce(&mut Write<'_>) -> Result<T>,
) -> Result<T>
where
    T: Serialize + DeserializeOwned,
    I: InputType,
{
    if let Some(key) = key {
        return once(request, operation, key, input, work).await;
    }
    let mut write = Write::begin(request, operation).await?;
    let outcome = work(&mut write).await?;
    write.commit().await?;
    Ok(outcome)
}

/// The first request with the key, if there was one.
async fn first(request: &Request, db: &impl ConnectionTrait, keyed: &Keyed) -> Result<Option<idempotency_key::Model>> {
    let id = (ClientId(request.viewer.client_id), keyed.key.clone());
    Ok(idempotency_key::Entity::find_by_id(id).one(db).await?)
}

/// The same after a failure, which the first may have brought about by what it has written; else the failure.
async fn first_after(request: &Request, keyed: &Keyed, failure: Failure) -> Result<idempotency_key::Model> {
    // SQLite has one writer, which has looked.
    if request.db.dialect == Dialect::Sqlite {
        return Err(failure);
    }
    match first(request, &request.db.connection, keyed).await {
        Ok(first) => first.ok_or(failure),
        // Whether the first has done it isn't known: a refusal would be told too soon.
        Err(later) => Err(match failure.code {
            Code::Timeout | Code::Unavailable | Code::Internal => failure,
            _ => later,
        }),
    }
}

/// What came of it.
fn repeat<T: DeserializeOwned>(first: idempotency_key::Model, operation: &str, keyed: &Keyed) -> Result<T> {
    if first.operation != operation || first.input_hash != keyed.hash {
        return Err(Failure::conflict(
            "This idempotency key was used for another request. Use a new key for new work.",
            "idempotencyKey này đã dùng cho một yêu cầu khác. Hãy dùng khóa mới.",
        )
        .with_field("input.idempotencyKey"));
    }
    let outcome = first.outcome.ok_or_else(|| Failure::internal("an idempotency key without outcome"))?;
    serde_json::from_str(&outcome).map_err(Failure::internal)
}

/// The outcome, for the next one with the key.
fn keep<T: Serialize>(write: &mut Write<'_>, keyed: &Keyed, outcome: &T) -> Result<()> {
    write.keep(&keyed.key, &keyed.hash, serde_json::to_string(outcome).map_err(Failure::internal)?);
    Ok(())
}
