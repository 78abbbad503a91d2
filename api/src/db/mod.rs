//! The connection to the database and the one write transaction.
//!
//! Start with [`Db`]. What differs between SQLite and PostgreSQL is in `dialect.rs`, nowhere else.

mod dialect;
mod lanes;
mod pipeline;
mod places;
mod room;
mod row;
mod table;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

pub use dialect::Dialect;
use lanes::{Lanes, Observer, Wanted};
use pipeline::Pipeline;
pub use places::{Clients, Full, Places};
pub use room::{Claim, Lack, Part, Room};
pub use row::Row;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr, QueryResult, RuntimeErr,
    SqliteTransactionMode, SqlxPostgresConnector, Statement, TransactionOptions, TransactionTrait, metric, sqlx,
};
pub use table::{Cell, Column, names};

use crate::{config::limits::STATEMENT_TIME, error::Result};

/// How long a writer may wait for SQLite's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request waits for a free connection before it is told UNAVAILABLE.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// The same for one of its worker's own, before it takes one of the pool.
const OWN_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub struct Db {
    pub connection: DatabaseConnection,
    pub dialect: Dialect,
    /// Of the worker that this belongs to, for its transactions.
    own: Option<DatabaseConnection>,
    observer: Option<Observer>,
    /// Of the worker that this belongs to.
    lanes: Option<Arc<Lanes>>,
    pipeline: Option<Arc<Pipeline>>,
}

impl Db {
    /// Opens the pool. The first connection is made here, so that a wrong address fails the start.
    pub async fn connect(url: &str) -> Result<Self, DbErr> {
        Self::connect_observed(url, None::<fn(&metric::Info<'_>)>).await
    }

    /// The same, with a look at every statement executed.
    pub async fn connect_observed<F>(url: &str, observer: Option<F>) -> Result<Self, DbErr>
    where
        F: Fn(&metric::Info<'_>) + Send + Sync + 'static,
    {
        let dialect = Dialect::of_url(url);
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(dialect.pool_size())
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .sqlx_logging(false)
            .record_stmt_in_spans(false)
            .test_before_acquire(false);
        dialect.configure(&mut options, STATEMENT_TIME, BUSY_TIMEOUT);
        let mut connection = Database::connect(options).await?;
        let observer: Option<Observer> = match observer {
            Some(observer) => Some(Arc::new(observer)),
            None => None,
        };
        if let Some(observer) = observer.clone() {
            connection.set_metric_callback(move |statement| observer(statement));
        }
        Ok(Self { observer, ..Self::over(connection) })
    }

    /// Over a pool that is already there.
    pub fn over(connection: DatabaseConnection) -> Self {
        let dialect = Dialect::of(connection.get_database_backend());
        Self { connection, dialect, own: None, observer: None, lanes: None, pipeline: None }
    }

    /// The same for one of so many workers, with connections, lanes and a pipeline of its own. Called on the worker's runtime.
    pub fn of_worker(&self, workers: usize) -> Self {
        let most = self.dialect.lanes(workers);
        let lanes = Lanes::beside(&self.connection, self.dialect, most);
        let pipeline = Pipeline::beside(&self.connection, self.dialect).filter(|_| most > 0);
        let own = self.own_pool(most.div_ceil(2));
        Self { own, lanes: Some(Arc::new(lanes)), pipeline: pipeline.map(Arc::new), ..self.clone() }
    }

    /// So many connections, each opened when it is first needed, by the runtime that calls this. What arrives on a connection
    /// wakes the thread that opened it: a transaction on another's waits for two threads at each statement.
    fn own_pool(&self, most: usize) -> Option<DatabaseConnection> {
        let most = u32::try_from(most).ok().filter(|most| *most > 0 && self.dialect == Dialect::Postgres)?;
        let shared = self.connection.get_postgres_connection_pool();
        let options = shared.options().clone().max_connections(most).min_connections(0).acquire_timeout(OWN_TIMEOUT);
        let pool = options.connect_lazy_with((*shared.connect_options()).clone());
        let mut own = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
        if let Some(observer) = self.observer.clone() {
            own.set_metric_callback(move |statement| observer(statement));
        }
        Some(own)
    }

    /// Where a transaction begins: on a connection of the worker's own if one is free, else of the pool.
    fn free(&self) -> &DatabaseConnection {
        let is_free = |own: &&DatabaseConnection| {
            let (pool, shared) = (own.get_postgres_connection_pool(), self.connection.get_postgres_connection_pool());
            !shared.is_closed() && (pool.num_idle() > 0 || pool.size() < pool.options().get_max_connections())
        };
        self.own.as_ref().filter(is_free).unwrap_or(&self.connection)
    }

    /// A round trip, for `/readyz`.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.connection.ping().await
    }

    /// The write transaction. On SQLite it takes the write lock at once: one that starts by reading and then writes
    /// would fail when another wrote in between, without waiting.
    pub async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            isolation_level: None,
            access_mode: None,
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        };
        for _ in 0..self.dialect.pool_size() {
            match self.free().begin_with_options(options).await {
                Err(DbErr::ConnectionAcquire(_)) => break,
                Err(error) if is_dead_connection(&error) => {}
                other => return Ok(other?),
            }
        }
        Ok(self.connection.begin_with_options(options).await?)
    }

    /// A write transaction that reads much first: all of it as of one instant, and for as long as it takes.
    pub async fn begin_snapshot(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            isolation_level: self.dialect.snapshot(),
            access_mode: None,
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        };
        let tx = self.connection.begin_with_options(options).await?;
        if let Some(unlimited) = self.dialect.without_timeout() {
            tx.execute_unprepared(unlimited).await?;
        }
        Ok(tx)
    }

    /// Runs a read. After the database was away each connection is dead until it is used once, so a read is tried anew
    /// on the next one; a write never is.
    pub async fn read(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if let Some(rows) = self.in_lane(&statement, Wanted::Rows).await {
            return rows;
        }
        for _ in 0..self.dialect.pool_size() {
            match self.connection.query_all_raw(statement.clone()).await {
                Err(error) if is_dead_connection(&error) => {}
                other => return other,
            }
        }
        self.connection.query_all_raw(statement).await
    }

    /// Runs a short read: in this worker's pipeline, where others stand before and behind it, or like all others where that
    /// can't be.
    pub async fn read_short(&self, statement: Statement, time: Duration) -> Result<Vec<Row>> {
        if let Some(pipeline) = self.pipeline.as_ref().filter(|_| time == STATEMENT_TIME) {
            let began = self.observer.is_some().then(SystemTime::now);
            if let Some(rows) = pipeline.read(&statement).await {
                self.observe(&statement, began, false);
                return Ok(rows);
            }
        }
        self.read_within(statement, time).await
    }

    /// Runs one statement that only adds rows, committed when it returns. Like a read it is tried anew where a connection
    /// is dead; one that died while it was confirming may have added the rows already, so they must bear being there
    /// twice.
    pub async fn append(&self, statement: Statement) -> Result<(), DbErr> {
        if let Some(done) = self.in_lane(&statement, Wanted::Done).await {
            return done.map(drop);
        }
        for _ in 0..self.dialect.pool_size() {
            match self.connection.execute_raw(statement.clone()).await {
                Err(error) if is_dead_connection(&error) => {}
                other => return other.map(drop),
            }
        }
        self.connection.execute_raw(statement).await.map(drop)
    }

    /// Runs a statement in a lane, if there is a free one.
    async fn in_lane(&self, statement: &Statement, wanted: Wanted) -> Option<Result<Vec<QueryResult>, DbErr>> {
        let lanes = self.lanes.as_ref()?;
        let began = self.observer.is_some().then(SystemTime::now);
        let result = lanes.run(statement, wanted).await?;
        self.observe(statement, began, result.is_err());
        Some(result)
    }

    fn observe(&self, statement: &Statement, began: Option<SystemTime>, failed: bool) {
        if let (Some(observer), Some(began)) = (&self.observer, began) {
            let elapsed = began.elapsed().unwrap_or_default();
            observer(&metric::Info { elapsed, statement, failed });
        }
    }

    /// Runs a read within a time of its own. PostgreSQL stops the statement there, which takes a transaction and its round
    /// trips, so only where the time is not the usual one. SQLite has nothing of the kind.
    pub async fn read_within(&self, statement: Statement, time: Duration) -> Result<Vec<Row>> {
        if self.dialect == Dialect::Sqlite || time == STATEMENT_TIME {
            return Ok(alone(self.read(statement).await?));
        }
        let tx = self.begin().await?;
        tx.execute_unprepared(&format!("SET LOCAL statement_timeout = {}", time.as_millis())).await?;
        let rows = tx.query_all_raw(statement).await?;
        tx.commit().await?;
        Ok(alone(rows))
    }

    /// A statement from text with numbered placeholders, `$1` or `?1`.
    pub fn statement(&self, sql: impl Into<String>, values: Vec<sea_orm::Value>) -> Statement {
        self.dialect.statement(sql, values)
    }
}

fn alone(rows: Vec<QueryResult>) -> Vec<Row> {
    rows.into_iter().map(Row::Alone).collect()
}

/// The connection itself failed, before or while the statement was sent.
fn is_dead_connection(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner))
    | DbErr::Conn(RuntimeErr::SqlxError(inner))) = error
    else {
        return false;
    };
    match inner.as_ref() {
        sqlx::Error::Io(_) => true,
        // PostgreSQL ended the session: shut down by an administrator, or crashed.
        sqlx::Error::Database(ended) => matches!(ended.code().as_deref(), Some("57P01" | "57P02")),
        _ => false,
    }
}
