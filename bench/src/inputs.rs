//! What the scenarios ask for, taken from the register before anything is timed.

use tokio_postgres::{Client, types::ToSql};

use crate::trouble::Result;

/// Most values of one list. Of more, every n-th is taken, so that they lie over the whole register.
const MOST: i64 = 1_000_000;

#[derive(Default)]
pub struct Lists {
    /// Codes.
    pub households: Vec<String>,
}

impl Lists {
    pub async fn load(database: &Client) -> Result<Self> {
        Ok(Self { households: column(database, "SELECT code FROM household WHERE id % $1 = 0", "household").await? })
    }
}

/// The texts of one column.
async fn column(database: &Client, sql: &str, table: &str) -> Result<Vec<String>> {
    let count: i64 = database.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?.try_get(0)?;
    let step = count / MOST + 1;
    let values: [&(dyn ToSql + Sync); 1] = [&step];
    let rows = database.query(sql, &values).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
