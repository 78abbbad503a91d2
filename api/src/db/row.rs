//! A row of a compiled read: texts and numbers, from whichever connection it came.

use sea_orm::{QueryResult, sqlx::Row as _};

use crate::error::{Failure, Result};

pub enum Row {
    Alone(QueryResult),
    Pipelined(tokio_postgres::Row),
}

impl Row {
    /// A text where it lies, not copied.
    pub fn text(&self, column: usize) -> Result<Option<&str>> {
        let row = match self {
            Self::Pipelined(row) => return row.try_get(column).map_err(Failure::internal),
            Self::Alone(row) => row,
        };
        let text = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
            (Some(row), _) => row.try_get::<Option<&str>, _>(column),
            (_, Some(row)) => row.try_get::<Option<&str>, _>(column),
            _ => return Err(Failure::internal("a row of neither database")),
        };
        text.map_err(Failure::internal)
    }

    pub fn number(&self, column: usize) -> Result<i64> {
        match self {
            Self::Alone(row) => Ok(row.try_get_by_index(column)?),
            Self::Pipelined(row) => row.try_get(column).map_err(Failure::internal),
        }
    }
}
