//! Lanes: connections that a worker keeps to itself for single statements.
//!
//! A pool asks a connection whether it is alive each time that it comes back, which is a round trip for every statement,
//! and hands it to whichever thread comes next, whose answers then arrive on another's reactor. A lane is opened by the
//! worker that uses it and stays its own. Where all of a worker's lanes are in use, the pool serves.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sea_orm::{
    DatabaseConnection, DbErr, QueryResult, RuntimeErr, Statement,
    metric::Info,
    sea_query::Values,
    sqlx::{
        self, AssertSqlSafe, Connection, PgConnection, PgPool, Row, SqliteConnection, SqlitePool,
        postgres::{PgDatabaseError, PgRow, PgSeverity},
    },
};
use sea_query_sqlx::SqlxValues;
use tokio::time::timeout;

use super::{ACQUIRE_TIMEOUT, Dialect, is_dead_connection};
use crate::config::limits::STATEMENT_TIME;

/// What lay idle for longer may have been cut by a firewall without a word; what is older is renewed. Those of a pool too.
const IDLE: Duration = Duration::from_secs(10 * 60);
const AGE: Duration = Duration::from_secs(30 * 60);
/// The database ends a statement by itself; after this the connection is given up.
const WITHIN: Duration = STATEMENT_TIME.saturating_mul(2);

/// A connection that idles keeps no larger buffer.
const KEPT_BYTES: usize = 256 << 10;

/// Is told of every statement.
pub type Observer = Arc<dyn Fn(&Info<'_>) + Send + Sync>;

/// What is asked of a statement.
#[derive(Clone, Copy)]
pub enum Wanted {
    Rows,
    Done,
}

/// The lanes of one worker.
pub struct Lanes {
    beside: Pool,
    most: usize,
    kept: Mutex<Kept>,
}

enum Pool {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

#[derive(Default)]
struct Kept {
    idle: Vec<Idle>,
    /// Idle or in use.
    open: usize,
}

struct Idle {
    lane: Lane,
    since: Instant,
}

struct Lane {
    connection: Connected,
    opened: Instant,
}

enum Connected {
    Postgres(Box<PgConnection>),
    Sqlite(Box<SqliteConnection>),
}

/// A place among the lanes, free again when dropped; what lies in it then is kept for the next.
struct Taken<'l> {
    lanes: &'l Lanes,
    lane: Option<Lane>,
}

impl Lanes {
    /// Lanes to where a pool leads; opened when they are first needed, and of no use once the pool is closed.
    pub fn beside(pool: &DatabaseConnection, dialect: Dialect, most: usize) -> Self {
        let beside = match dialect {
            Dialect::Postgres => Pool::Postgres(pool.get_postgres_connection_pool().clone()),
            Dialect::Sqlite => Pool::Sqlite(pool.get_sqlite_connection_pool().clone()),
        };
        Self { beside, most, kept: Mutex::default() }
    }

    /// Runs a statement; none where all lanes are in use or a new one can't be opened. One that was idle may have died
    /// meanwhile: then another is taken, at last a new one.
    pub async fn run(&self, statement: &Statement, wanted: Wanted) -> Option<Result<Vec<QueryResult>, DbErr>> {
        if self.beside.is_closed() {
            return None;
        }
        let sql: Arc<str> = statement.sql.as_str().into();
        let values = || statement.values.clone().unwrap_or(Values(Vec::new()));
        while let Some(mut taken) = self.take() {
            let (mut lane, new) = match taken.lane.take() {
                Some(idle) => (idle, false),
                // The pool waits for a database that is just starting, a lane doesn't.
                None => (self.beside.open().await.ok()?, true),
            };
            let result = timeout(WITHIN, lane.connection.run(sql.clone(), values(), wanted)).await;
            let result = result.unwrap_or_else(|_elapsed| Err(failed(sqlx::Error::PoolTimedOut)));
            if !new && result.as_ref().is_err_and(is_dead_connection) {
                continue;
            }
            taken.lane = Some(lane).filter(|_| result.as_ref().err().is_none_or(goes_on_after));
            return Some(result);
        }
        None
    }

    fn take(&self) -> Option<Taken<'_>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.idle.len();
        kept.idle.retain(|idle| idle.since.elapsed() < IDLE && idle.lane.opened.elapsed() < AGE);
        kept.open = kept.open.saturating_sub(before - kept.idle.len());
        let lane = kept.idle.pop().map(|idle| idle.lane);
        if lane.is_none() {
            if kept.open >= self.most {
                return None;
            }
            kept.open += 1;
        }
        Some(Taken { lanes: self, lane })
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut kept = self.lanes.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match self.lane.take() {
            Some(lane) => kept.idle.push(Idle { lane, since: Instant::now() }),
            None => kept.open = kept.open.saturating_sub(1),
        }
    }
}

impl Pool {
    fn is_closed(&self) -> bool {
        match self {
            Self::Postgres(pool) => pool.is_closed(),
            Self::Sqlite(pool) => pool.is_closed(),
        }
    }

    async fn open(&self) -> Result<Lane, DbErr> {
        let opened = timeout(ACQUIRE_TIMEOUT, async {
            Ok(match self {
                Self::Postgres(pool) => {
                    Connected::Postgres(Box::new(PgConnection::connect_with(&pool.connect_options()).await?))
                }
                Self::Sqlite(pool) => {
                    Connected::Sqlite(Box::new(SqliteConnection::connect_with(&pool.connect_options()).await?))
                }
            })
        });
        let opened = opened.await.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        let connection = opened.map_err(failed)?;
        Ok(Lane { connection, opened: Instant::now() })
    }
}

impl Connected {
    async fn run(&mut self, sql: Arc<str>, values: Values, wanted: Wanted) -> Result<Vec<QueryResult>, DbErr> {
        /// The same for the connection of each database, whose types differ.
        macro_rules! run {
            ($connection:expr) => {{
                let query = sqlx::query_with(AssertSqlSafe(sql), SqlxValues(values));
                match wanted {
                    Wanted::Rows => query
                        .fetch_all(&mut **$connection)
                        .await
                        .map(|rows| rows.into_iter().map(QueryResult::from).collect()),
                    Wanted::Done => query.execute(&mut **$connection).await.map(|_| Vec::new()),
                }
            }};
        }
        let result = match self {
            Self::Postgres(connection) => match run!(connection) {
                Ok(rows) if length(&rows) > KEPT_BYTES => {
                    // The buffer that they came in is let go of, by the next message.
                    connection.shrink_buffers();
                    connection.ping().await.map(|()| rows)
                }
                result => result,
            },
            Self::Sqlite(connection) => run!(connection),
        };
        result.map_err(failed)
    }
}

/// Bytes of rows of PostgreSQL.
fn length(rows: &[QueryResult]) -> usize {
    let of_row = |row: &PgRow| -> usize {
        (0..row.len()).filter_map(|column| row.try_get_raw(column).ok()?.as_bytes().ok().map(<[u8]>::len)).sum()
    };
    rows.iter().filter_map(|row| row.try_as_pg_row().map(of_row)).sum()
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

/// The database's word on the statement, after which the connection goes on unless it was its last.
fn goes_on_after(error: &DbErr) -> bool {
    let DbErr::Query(RuntimeErr::SqlxError(inner)) = error else { return false };
    let sqlx::Error::Database(said) = inner.as_ref() else { return false };
    let severity = said.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity);
    !matches!(severity, Some(PgSeverity::Fatal | PgSeverity::Panic))
}
