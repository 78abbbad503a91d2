//! Lanes: connections that a worker keeps to itself for single statements.
//!
//! A pool asks a connection whether it is alive each time that it comes back, which is a round trip for every statement,
//! and hands it to whichever thread comes next, whose answers then arrive on another's reactor. A lane is opened by the
//! worker that uses it and stays its own. Where all of a worker's lanes are in use, the pool serves.

use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{
    DatabaseConnection, DbErr, QueryResult, RuntimeErr, Statement,
    metric::Info,
    sea_query::Values,
    sqlx::{self, AssertSqlSafe, Connection, PgConnection, PgPool, SqliteConnection, SqlitePool},
};
use sea_query_sqlx::SqlxValues;
use tokio::time::timeout;

use super::{ACQUIRE_TIMEOUT, Dialect, is_dead_connection};

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
    idle: Vec<Lane>,
    /// Idle or in use.
    open: usize,
}

enum Lane {
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

    /// Runs a statement; none where all lanes are in use. One that was idle may have died meanwhile: then another is
    /// taken, at last a new one.
    pub async fn run(&self, statement: &Statement, wanted: Wanted) -> Option<Result<Vec<QueryResult>, DbErr>> {
        if self.beside.is_closed() {
            return None;
        }
        let sql: Arc<str> = statement.sql.as_str().into();
        let values = || statement.values.clone().unwrap_or(Values(Vec::new()));
        while let Some(mut taken) = self.take() {
            let (mut lane, new) = match taken.lane.take() {
                Some(idle) => (idle, false),
                None => match self.beside.open().await {
                    Ok(new) => (new, true),
                    Err(error) => return Some(Err(error)),
                },
            };
            let result = lane.run(sql.clone(), values(), wanted).await;
            let dead = result.as_ref().is_err_and(|error| is_dead_connection(error) || !is_of_the_statement(error));
            if !dead {
                taken.lane = Some(lane);
            } else if !new {
                continue;
            }
            return Some(result);
        }
        None
    }

    fn take(&self) -> Option<Taken<'_>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = kept.idle.pop();
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
            Some(lane) => kept.idle.push(lane),
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
                    Lane::Postgres(Box::new(PgConnection::connect_with(&pool.connect_options()).await?))
                }
                Self::Sqlite(pool) => {
                    Lane::Sqlite(Box::new(SqliteConnection::connect_with(&pool.connect_options()).await?))
                }
            })
        });
        let opened = opened.await.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        opened.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))
    }
}

impl Lane {
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
            Self::Postgres(connection) => run!(connection),
            Self::Sqlite(connection) => run!(connection),
        };
        result.map_err(|error| DbErr::Query(RuntimeErr::SqlxError(Arc::new(error))))
    }
}

/// The database's word on the statement, after which the connection goes on.
fn is_of_the_statement(error: &DbErr) -> bool {
    matches!(error, DbErr::Query(RuntimeErr::SqlxError(inner)) if matches!(inner.as_ref(), sqlx::Error::Database(_)))
}
