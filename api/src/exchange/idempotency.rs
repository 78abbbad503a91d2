//! `idempotencyKey`: a retry returns the outcome of the first try, and the work is done once.
//!
//! The key is taken in the transaction of the work itself: two requests with one key wait for each other, and what
//! failed leaves no key behind. The outcome kept is what was decided (ids, refusals), never personal data; records are
//! read anew for the answer.

use std::sync::Arc;

use async_graphql::InputType;
use entity::{idempotency_key, ids::ClientId};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{
    Write,
    joint::{Joint, Part},
};
use crate::{
    db::Column,
    error::{Failure, Result},
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
    if !take(&write, operation, &[keyed]).await? {
        return repeat(&write, operation, keyed).await;
    }
    let outcome = work(&mut write).await?;
    keep(&mut write, keyed, &outcome)?;
    write.commit().await?;
    Ok(outcome)
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
    let only = part.clone();
    let alone = async || {
        let of_one = async |write: &mut Write<'_>| {
            let mut outcomes = work(write, std::slice::from_ref(&only)).await?;
            outcomes.pop().ok_or_else(|| Failure::internal("a part without an outcome"))
        };
        Box::pin(once_for(request, operation, &only.keyed, of_one)).await
    };
    let Some(joint) = joint else { return alone().await };
    let together = async |parts: Vec<Part<I>>| {
        let mut write = Write::begin(request, operation).await?;
        if !take(&write, operation, &parts.iter().map(|part| &part.keyed).collect::<Vec<_>>()).await? {
            return Err(Failure::internal("a part was done before, which it finds alone"));
        }
        let outcomes = work(&mut write, &parts).await?;
        for (part, outcome) in parts.iter().zip(&outcomes) {
            keep(&mut write, &part.keyed, outcome)?;
        }
        write.commit().await?;
        Ok(outcomes)
    };
    Box::pin(joint.run(request, part, alone, together)).await
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

const COLUMNS: [Column; 2] = [Column::text("idempotency_key"), Column::text("input_hash")];

/// Whether the keys are all ours: false where earlier requests hold some.
async fn take(write: &Write<'_>, operation: &'static str, keyed: &[&Keyed]) -> Result<bool> {
    let db = &write.request.db;
    let (mark, rows) = (db.dialect.placeholder(), db.dialect.table(4, &COLUMNS));
    let sql = format!(
        "INSERT INTO idempotency_key (client_id, operation, created_at, idempotency_key, input_hash) \
         SELECT {mark}1, {mark}2, {mark}3, k.* FROM ({rows}) AS k WHERE TRUE ON CONFLICT DO NOTHING"
    );
    let mut rows: Vec<_> = keyed.iter().map(|keyed| [keyed.key.as_str().into(), keyed.hash.as_str().into()]).collect();
    // Who takes several takes them in one order.
    rows.sort_unstable();
    let mut values = vec![write.request.viewer.client_id.into(), operation.into(), write.request.micros().into()];
    values.extend(db.dialect.table_values(&COLUMNS, rows));
    let taken = write.tx.execute_raw(db.statement(sql, values)).await?.rows_affected();
    Ok(usize::try_from(taken).is_ok_and(|taken| taken == keyed.len()))
}

/// The outcome of the first request with the key.
async fn repeat<T: DeserializeOwned>(write: &Write<'_>, operation: &str, keyed: &Keyed) -> Result<T> {
    let id = (ClientId(write.request.viewer.client_id), keyed.key.clone());
    let stored = idempotency_key::Entity::find_by_id(id).one(&write.tx).await?;
    let stored = stored.ok_or_else(|| Failure::internal("an idempotency key that was taken is gone"))?;
    if stored.operation != operation || stored.input_hash != keyed.hash {
        return Err(Failure::conflict(
            "This idempotency key was used for another request. Use a new key for new work.",
            "idempotencyKey này đã dùng cho một yêu cầu khác. Hãy dùng khóa mới.",
        )
        .with_field("input.idempotencyKey"));
    }
    let outcome = stored.outcome.ok_or_else(|| Failure::internal("an idempotency key without outcome"))?;
    serde_json::from_str(&outcome).map_err(Failure::internal)
}

/// The outcome, for the next one with the key.
fn keep<T: Serialize>(write: &mut Write<'_>, keyed: &Keyed, outcome: &T) -> Result<()> {
    write.keep(keyed.key.clone(), serde_json::to_string(outcome).map_err(Failure::internal)?);
    Ok(())
}
