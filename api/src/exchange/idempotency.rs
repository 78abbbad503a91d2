//! `idempotencyKey`: a retry returns the outcome of the first try, and the work is done once.
//!
//! The key is taken in the transaction of the work itself: two requests with one key wait for each other, and what
//! failed leaves no key behind. The outcome kept is what was decided (ids, refusals), never personal data; records are
//! read anew for the answer.

use async_graphql::InputType;
use entity::{idempotency_key, ids::ClientId};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryTrait, TryInsertResult,
    sea_query::{Expr, OnConflict},
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::Write;
use crate::{
    error::{Failure, Result},
    request::Request,
};

/// Longest key.
const MAX_KEY: usize = 200;

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
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(Failure::input(
            "input.idempotencyKey",
            format!("An idempotency key has 1 to {MAX_KEY} bytes."),
            format!("idempotencyKey phải có từ 1 đến {MAX_KEY} byte."),
        ));
    }
    let hash = hash(input)?;
    let mut write = Write::begin(request, operation).await?;
    if !take(&write, operation, key, &hash).await? {
        return repeat(&write, operation, key, &hash).await;
    }
    let outcome = work(&mut write).await?;
    keep(&mut write, key, &outcome)?;
    write.commit().await?;
    Ok(outcome)
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

fn hash<I: InputType>(input: &I) -> Result<String> {
    let text = serde_json::to_string(&input.to_value()).map_err(Failure::internal)?;
    Ok(Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether the key is ours: false where an earlier request holds it.
async fn take(write: &Write<'_>, operation: &str, key: &str, hash: &str) -> Result<bool> {
    let row = idempotency_key::ActiveModel {
        client_id: Set(ClientId(write.request.viewer.client_id)),
        idempotency_key: Set(key.to_owned()),
        operation: Set(operation.to_owned()),
        input_hash: Set(hash.to_owned()),
        outcome: NotSet,
        created_at: Set(write.request.micros()),
    };
    let taken = idempotency_key::Entity::insert_many([row])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(&write.tx)
        .await?;
    Ok(matches!(taken, TryInsertResult::Inserted(1)))
}

/// The outcome of the first request with the key.
async fn repeat<T: DeserializeOwned>(write: &Write<'_>, operation: &str, key: &str, hash: &str) -> Result<T> {
    let id = (ClientId(write.request.viewer.client_id), key.to_owned());
    let stored = idempotency_key::Entity::find_by_id(id).one(&write.tx).await?;
    let stored = stored.ok_or_else(|| Failure::internal("an idempotency key that was taken is gone"))?;
    if stored.operation != operation || stored.input_hash != hash {
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
fn keep<T: Serialize>(write: &mut Write<'_>, key: &str, outcome: &T) -> Result<()> {
    use idempotency_key::Column;
    let outcome = serde_json::to_string(outcome).map_err(Failure::internal)?;
    let client = ClientId(write.request.viewer.client_id);
    let row = idempotency_key::Entity::update_many()
        .col_expr(Column::Outcome, Expr::value(outcome))
        .filter(Column::ClientId.eq(client))
        .filter(Column::IdempotencyKey.eq(key));
    write.at_last(row.into_query());
    Ok(())
}
