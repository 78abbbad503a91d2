//! Tokens that ended long ago. Those of machines and of outside issuers are made by the minute; they go, and the ledger
//! keeps who had them.

use chrono::TimeDelta;
use entity::{ids::TokenId, token, token_role};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

use super::issuing::{MACHINE, OUTSIDE};
use crate::{clock, error::Result, startup::App};

/// How long a token is kept after its end. One that was revoked before has not ended: without its row, a token of an
/// outside issuer would be taken for a new one.
const KEPT: TimeDelta = TimeDelta::days(90);
/// Rows of one transaction, so that nobody waits long for it.
const ROWS: u64 = 5_000;

/// Deletes them and tells how many.
pub async fn forget_ended(app: &App) -> Result<u64> {
    let mut gone = 0_u64;
    loop {
        let more = forget_some(app).await?;
        gone = gone.saturating_add(more);
        if more < ROWS {
            return Ok(gone);
        }
    }
}

async fn forget_some(app: &App) -> Result<u64> {
    let before = clock::to_micros(app.clock.now()).saturating_sub(KEPT.num_microseconds().unwrap_or(i64::MAX));
    let tx = app.db.begin().await?;
    let ended: Vec<TokenId> = token::Entity::find()
        .select_only()
        .column(token::Column::Id)
        .filter(token::Column::ExpiresAt.lt(before))
        .filter(token::Column::Jti.starts_with(MACHINE).or(token::Column::Jti.starts_with(OUTSIDE)))
        .order_by_asc(token::Column::Id)
        .limit(ROWS)
        .into_tuple()
        .all(&tx)
        .await?;
    token_role::Entity::delete_many()
        .filter(token_role::Column::TokenId.is_in(ended.iter().copied()))
        .exec(&tx)
        .await?;
    // Those that another node was faster with are not counted, but there may be more after them.
    token::Entity::delete_many().filter(token::Column::Id.is_in(ended.iter().copied())).exec(&tx).await?;
    tx.commit().await?;
    Ok(u64::try_from(ended.len()).unwrap_or(ROWS))
}
