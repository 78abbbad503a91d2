//! Changes that don't depend on each other, as one statement where the database can: a round trip less for each.

use sea_orm::{
    ConnectionTrait, DatabaseTransaction,
    sea_query::{Alias, CommonTableExpression, InsertStatement, SubQueryStatement, UpdateStatement, WithClause},
};

use crate::{db::Dialect, error::Result};

pub enum Change {
    Insert(InsertStatement),
    Update(UpdateStatement),
}

impl From<Change> for SubQueryStatement {
    fn from(change: Change) -> Self {
        match change {
            Change::Insert(insert) => insert.into(),
            Change::Update(update) => update.into(),
        }
    }
}

/// Runs changes of different rows, in no order.
pub async fn together(tx: &DatabaseTransaction, mut changes: Vec<Change>) -> Result<()> {
    // SQLite knows no changes within WITH, and has no round trips.
    if changes.len() < 2 || Dialect::of(tx.get_database_backend()) == Dialect::Sqlite {
        for change in changes {
            match change {
                Change::Insert(insert) => tx.execute(&insert).await?,
                Change::Update(update) => tx.execute(&update).await?,
            };
        }
        return Ok(());
    }
    let Some(last) = changes.pop() else { return Ok(()) };
    let mut with = WithClause::new();
    for (index, change) in changes.into_iter().enumerate() {
        with.cte(CommonTableExpression::new().table_name(Alias::new(format!("c{index}"))).query(change).to_owned());
    }
    tx.execute(&with.query(last)).await?;
    Ok(())
}
