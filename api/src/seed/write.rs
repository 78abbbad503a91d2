//! The way of the rows into the database: COPY on PostgreSQL, INSERT of many rows at a time on SQLite; on both in one
//! transaction, so that an interrupted seed leaves nothing behind.

use std::{collections::BTreeMap, sync::Arc};

use sea_orm::{
    DatabaseConnection, DbBackend, DbErr, EntityName, EntityTrait, IdenStatic, Iterable, ModelTrait, RuntimeErr, Value,
    sqlx::{
        self, Arguments, AssertSqlSafe, Postgres, Row, Sqlite, SqliteConnection, SqlitePool, Transaction,
        sqlite::SqliteArguments,
    },
};

use super::{SeedError, register::Register};
use crate::{household::names, plan::kept};

/// From so many households on PostgreSQL is faster without the secondary indexes, which are built anew at the end.
const LARGE: u32 = 20_000;
/// Text is sent to PostgreSQL in pieces of about this size.
const PIECE: usize = 1 << 20;
/// SQLite takes no more values in one statement.
const MOST_VALUES: usize = 32_000;
const MOST_ROWS: usize = 400;

/// An open transaction that takes rows.
pub enum Sink {
    Postgres { transaction: Transaction<'static, Postgres>, dropped: Vec<String>, text: String },
    Sqlite { transaction: Transaction<'static, Sqlite>, pool: SqlitePool, dropped: Vec<String> },
}

impl Sink {
    /// Begins; nobody else writes households from here on. Fails where there are some.
    pub async fn open(db: &DatabaseConnection, households: u32) -> Result<Self, SeedError> {
        if db.get_database_backend() == DbBackend::Sqlite {
            let pool = db.get_sqlite_connection_pool().clone();
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
            let dropped = drop_counting(&mut transaction).await?;
            let (households, written) = sqlx::query_as(COUNT).fetch_one(&mut *transaction).await?;
            if only_seeded(households, written)? {
                sqlx::raw_sql(AssertSqlSafe(clear())).execute(&mut *transaction).await?;
            }
            sqlx::raw_sql(CLEAR_CLOSED).execute(&mut *transaction).await?;
            return Ok(Self::Sqlite { transaction, pool, dropped });
        }
        let mut transaction = db.get_postgres_connection_pool().begin().await?;
        sqlx::raw_sql(POSTGRES_OPEN).execute(&mut *transaction).await?;
        sqlx::raw_sql(AssertSqlSafe(counting("DISABLE"))).execute(&mut *transaction).await?;
        let (registered, written) = sqlx::query_as(COUNT).fetch_one(&mut *transaction).await?;
        if only_seeded(registered, written)? {
            sqlx::raw_sql(AssertSqlSafe(clear())).execute(&mut *transaction).await?;
        }
        sqlx::raw_sql(CLEAR_CLOSED).execute(&mut *transaction).await?;
        let dropped = match households >= LARGE {
            true => drop_indexes(&mut transaction).await?,
            false => Vec::new(),
        };
        Ok(Self::Postgres { transaction, dropped, text: String::new() })
    }

    /// The last id of each table.
    pub async fn last_ids(&mut self) -> Result<BTreeMap<String, i64>, SeedError> {
        let maxima: Vec<_> = Register::TABLES
            .iter()
            .map(|table| format!("SELECT '{table}', COALESCE(MAX(id), 0) FROM {table}"))
            .collect();
        let statement = AssertSqlSafe(maxima.join(" UNION ALL "));
        let rows: Vec<(String, i64)> = match self {
            Self::Postgres { transaction, .. } => sqlx::query_as(statement).fetch_all(&mut **transaction).await?,
            Self::Sqlite { transaction, .. } => sqlx::query_as(statement).fetch_all(&mut **transaction).await?,
        };
        Ok(rows.into_iter().collect())
    }

    pub async fn write<M: ModelTrait>(&mut self, rows: &[M]) -> Result<(), SeedError> {
        if rows.is_empty() {
            return Ok(());
        }
        match self {
            Self::Postgres { transaction, text, .. } => copy(transaction, text, rows).await,
            Self::Sqlite { transaction, .. } => insert(transaction, rows).await,
        }
    }

    /// Makes ids, indexes and statistics agree with the rows, and commits.
    pub async fn close(self) -> Result<(), SeedError> {
        match self {
            Self::Postgres { mut transaction, dropped, .. } => {
                for table in Register::TABLES {
                    let next = format!("SELECT setval(pg_get_serial_sequence('{table}', 'id'), MAX(id)) FROM {table}");
                    sqlx::raw_sql(AssertSqlSafe(next)).execute(&mut *transaction).await?;
                }
                for index in dropped {
                    sqlx::raw_sql(AssertSqlSafe(index)).execute(&mut *transaction).await?;
                }
                let tables = Register::TABLES.join(", ");
                sqlx::raw_sql(AssertSqlSafe(counting("ENABLE"))).execute(&mut *transaction).await?;
                sqlx::raw_sql(kept::COUNT_ANEW).execute(&mut *transaction).await?;
                sqlx::raw_sql(names::LEARN_ANEW).execute(&mut *transaction).await?;
                sqlx::raw_sql(AssertSqlSafe(format!("ANALYZE {tables}, kept_figure")))
                    .execute(&mut *transaction)
                    .await?;
                transaction.commit().await?;
            }
            Self::Sqlite { mut transaction, pool, dropped } => {
                for trigger in dropped {
                    sqlx::raw_sql(AssertSqlSafe(trigger)).execute(&mut *transaction).await?;
                }
                sqlx::raw_sql(kept::COUNT_ANEW).execute(&mut *transaction).await?;
                for table in Register::TABLES {
                    sqlx::raw_sql(AssertSqlSafe(format!("ANALYZE {table}"))).execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
                // The log holds all rows once more; a reader may keep it from being emptied, which does no harm.
                sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&pool).await?;
            }
        }
        Ok(())
    }
}

/// How many households there are, and how many writes the ledger knows, those of commands on the server aside.
const COUNT: &str = "SELECT (SELECT COUNT(*) FROM household), (SELECT COUNT(*) FROM audit_entry WHERE subjects IS NULL AND client_id IS NOT NULL)";

/// What was closed of the register before says nothing of the new one.
const CLEAR_CLOSED: &str = "
    DELETE FROM closed_contribution;
    DELETE FROM closed_cell;
    DELETE FROM closed_statistics;
    DELETE FROM closed_day";

/// A seed outlasts the limits that a service sets for its requests.
const POSTGRES_OPEN: &str = "
    LOCK TABLE household IN SHARE ROW EXCLUSIVE MODE;
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL maintenance_work_mem = '128MB'";

/// Whether there is a register to clear away first: one that a seed made (the demo's first start does) and that nobody
/// has written to. What somebody has worked on is never removed.
fn only_seeded(households: i64, written: i64) -> Result<bool, SeedError> {
    if households > 0 && written > 0 { Err(SeedError::InUse(households)) } else { Ok(households > 0) }
}

/// Removes all rows that a seed makes, the last table first: none before one that refers to it. Hamlets stay, as they
/// do for every seed.
fn clear() -> String {
    let tables = Register::TABLES.iter().rev().filter(|table| **table != "admin_unit");
    tables.map(|table| format!("DELETE FROM {table};")).collect()
}

/// Tables whose rows are counted by triggers. A seed counts them once at its end instead.
const COUNTED: [&str; 5] = ["household", "person", "insurance_coverage", "loan", "benefit"];

/// Switches the triggers that count on or off, in this transaction: whoever else writes meanwhile waits for it.
fn counting(verb: &str) -> String {
    COUNTED.iter().map(|table| format!("ALTER TABLE {table} {verb} TRIGGER USER;")).collect()
}

/// The same on SQLite: drops them, and returns the statements that make them again.
async fn drop_counting(transaction: &mut Transaction<'static, Sqlite>) -> Result<Vec<String>, SeedError> {
    let found = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'kept!_%' ESCAPE '!'";
    let mut definitions = Vec::new();
    for (name, definition) in sqlx::query_as::<_, (String, String)>(found).fetch_all(&mut **transaction).await? {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP TRIGGER {name}"))).execute(&mut **transaction).await?;
        definitions.push(definition);
    }
    Ok(definitions)
}

/// Drops the secondary indexes of the tables to fill, and returns the statements that make them again. Those of
/// constraints stay: foreign keys are checked against them on the way.
async fn drop_indexes(transaction: &mut Transaction<'static, Postgres>) -> Result<Vec<String>, SeedError> {
    let tables: Vec<String> =
        Register::TABLES.iter().filter(|table| **table != "admin_unit").map(|table| (*table).to_owned()).collect();
    let found = sqlx::query(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
           FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
          WHERE t.relnamespace = current_schema()::regnamespace AND t.relname = ANY($1)
            AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
          ORDER BY 1",
    )
    .bind(tables)
    .fetch_all(&mut **transaction)
    .await?;
    let mut definitions = Vec::with_capacity(found.len());
    for row in found {
        let (name, definition): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        sqlx::raw_sql(AssertSqlSafe(format!("DROP INDEX {name}"))).execute(&mut **transaction).await?;
        definitions.push(definition);
    }
    Ok(definitions)
}

type Column<M> = <<M as ModelTrait>::Entity as EntityTrait>::Column;

fn column_list<M: ModelTrait>() -> String {
    Column::<M>::iter().map(|column| column.as_str().to_owned()).collect::<Vec<_>>().join(", ")
}

async fn copy<M: ModelTrait>(
    transaction: &mut Transaction<'static, Postgres>,
    text: &mut String,
    rows: &[M],
) -> Result<(), SeedError> {
    let table = M::Entity::default();
    let statement = format!("COPY {} ({}) FROM STDIN", table.table_name(), column_list::<M>());
    let mut copy = transaction.copy_in_raw(&statement).await?;
    text.clear();
    for row in rows {
        copy_row(text, row)?;
        if text.len() > PIECE {
            copy.send(text.as_bytes()).await?;
            text.clear();
        }
    }
    copy.send(text.as_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

/// Adds a row in the text format of COPY.
pub fn copy_row<M: ModelTrait>(text: &mut String, row: &M) -> Result<(), SeedError> {
    for (position, column) in Column::<M>::iter().enumerate() {
        if position > 0 {
            text.push('\t');
        }
        match cell(row.get(column))? {
            Cell::Null => text.push_str("\\N"),
            Cell::Integer(number) => text.push_str(&number.to_string()),
            Cell::Text(value) => value.chars().for_each(|letter| match letter {
                '\\' => text.push_str("\\\\"),
                '\t' => text.push_str("\\t"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                _ => text.push(letter),
            }),
        }
    }
    text.push('\n');
    Ok(())
}

async fn insert<M: ModelTrait>(connection: &mut SqliteConnection, rows: &[M]) -> Result<(), SeedError> {
    let columns: Vec<Column<M>> = Column::<M>::iter().collect();
    let at_a_time = (MOST_VALUES / columns.len().max(1)).clamp(1, MOST_ROWS);
    for some in rows.chunks(at_a_time) {
        let line = format!("({})", vec!["?"; columns.len()].join(", "));
        let statement = format!(
            "INSERT INTO {} ({}) VALUES {}",
            M::Entity::default().table_name(),
            column_list::<M>(),
            vec![line; some.len()].join(", ")
        );
        let mut arguments = SqliteArguments::default();
        for row in some {
            for column in &columns {
                match cell(row.get(*column))? {
                    Cell::Null => arguments.add(None::<i64>),
                    Cell::Integer(number) => arguments.add(number),
                    Cell::Text(text) => arguments.add(text),
                }
                .map_err(sqlx::Error::Encode)?;
            }
        }
        // Only full statements come again.
        let query = sqlx::query_with(AssertSqlSafe(statement), arguments).persistent(some.len() == at_a_time);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// A value as both databases store it: dates are ISO text on SQLite, and PostgreSQL reads them so.
enum Cell {
    Null,
    Integer(i64),
    Text(String),
}

fn cell(value: Value) -> Result<Cell, SeedError> {
    Ok(match value {
        Value::BigInt(Some(number)) => Cell::Integer(number),
        Value::Int(Some(number)) => Cell::Integer(i64::from(number)),
        Value::String(Some(text)) => Cell::Text(text),
        Value::ChronoDate(Some(date)) => Cell::Text(date.to_string()),
        Value::BigInt(None) | Value::Int(None) | Value::String(None) | Value::ChronoDate(None) => Cell::Null,
        other => return Err(DbErr::Custom(format!("the seed writes no value like {other:?}")).into()),
    })
}

impl From<sqlx::Error> for SeedError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error))))
    }
}
