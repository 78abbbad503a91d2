//! Pipelines: one connection of a worker over which short reads go one behind the other, each without waiting for the
//! answer of the one before. PostgreSQL takes several of them from one message and answers several in one, and its process
//! stays awake; a connection for each costs it half as much again.
//!
//! A read waits for those before it, so only short ones come here. What can't go this way (no connection, one over TLS, too
//! many before it, an error) goes the way of all others, `lanes.rs`, whose words are then the answer: a read bears being
//! asked twice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::TryStreamExt;
use quick_cache::sync::Cache;
use sea_orm::{
    DatabaseConnection, Statement, Value,
    sea_query::ArrayType,
    sqlx::{
        ConnectOptions as _, PgPool,
        postgres::{PgConnectOptions, PgSslMode},
    },
};
use tokio::{sync::Mutex, time::timeout};
use tokio_postgres::{
    Client, Config, NoTls,
    config::SslMode,
    types::{ToSql, Type},
};

use super::{ACQUIRE_TIMEOUT, Dialect, Row};

/// Most reads that are on their way at a time.
const DEEP: usize = 32;
/// Statements that a connection keeps prepared.
const STATEMENTS: usize = 256;
/// What took longer was not short: PostgreSQL ends it, and it is asked again in a lane, where others don't wait for it.
const SHORT: Duration = Duration::from_millis(250);
/// After this the connection is given up: so many short reads before it would have ended by themselves.
const WITHIN: Duration = Duration::from_secs(2);
/// What is older is renewed.
const AGE: Duration = Duration::from_secs(30 * 60);
/// How long after a failure the next try to connect comes.
const PAUSE: Duration = Duration::from_secs(30);
/// An idle connection shows firewalls that it lives, and learns that it doesn't.
const ALIVE_EVERY: Duration = Duration::from_secs(60);

type Prepared = tokio_postgres::Statement;

/// The pipeline of one worker.
pub struct Pipeline {
    pool: PgPool,
    config: Config,
    /// Held for an instant, or by the one request that opens a connection: the others go another way meanwhile.
    line: Mutex<Line>,
}

enum Line {
    Closed { until: Instant },
    Open(Arc<Connected>),
}

struct Connected {
    client: Client,
    prepared: Cache<Arc<str>, Prepared>,
    since: Instant,
    underway: AtomicUsize,
}

/// A value as it is bound.
enum Bound<'v> {
    One(&'v (dyn ToSql + Sync)),
    Texts(Vec<&'v Option<String>>),
    Numbers(Vec<&'v Option<i64>>),
}

/// A read that is on its way, until dropped.
struct Underway<'c>(&'c AtomicUsize);

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pipeline {
    /// A pipeline to where a pool leads, opened when it is first needed, and of no use once the pool is closed. None on
    /// SQLite, and where the pool may encrypt.
    pub fn beside(pool: &DatabaseConnection, dialect: Dialect) -> Option<Self> {
        if dialect != Dialect::Postgres {
            return None;
        }
        let pool = pool.get_postgres_connection_pool().clone();
        let config = plain(&pool.connect_options())?;
        Some(Self { pool, config, line: Mutex::new(Line::Closed { until: Instant::now() }) })
    }

    /// The rows of a short read; none where it must go another way.
    pub async fn read(&self, statement: &Statement) -> Option<Vec<Row>> {
        let values: Option<Vec<_>> = statement.values.iter().flat_map(|values| &values.0).map(bound).collect();
        let values = values?;
        let connected = self.connected().await?;
        let _underway = connected.enter()?;
        match timeout(WITHIN, connected.read(&statement.sql, &values)).await {
            Ok(Ok(rows)) => Some(rows),
            // Perhaps it can't be used as it was prepared.
            Ok(Err(_)) => {
                connected.prepared.remove(statement.sql.as_str());
                None
            }
            Err(_elapsed) => {
                self.give_up(&connected).await;
                None
            }
        }
    }

    /// The connection that is open, or a new one.
    async fn connected(&self) -> Option<Arc<Connected>> {
        let mut line = self.line.try_lock().ok()?;
        match &*line {
            Line::Open(open) if open.is_good() && !self.pool.is_closed() => return Some(open.clone()),
            Line::Closed { until } if *until > Instant::now() => return None,
            _ => {}
        }
        *line = Line::Closed { until: Instant::now() + PAUSE };
        if self.pool.is_closed() {
            return None;
        }
        match Connected::open(&self.config).await {
            Ok(open) => {
                let open = Arc::new(open);
                *line = Line::Open(open.clone());
                Some(open)
            }
            Err(error) => {
                tracing::warn!(error, "no pipeline to the database: short reads go the longer way");
                None
            }
        }
    }

    async fn give_up(&self, connected: &Arc<Connected>) {
        let mut line = self.line.lock().await;
        if matches!(&*line, Line::Open(open) if Arc::ptr_eq(open, connected)) {
            *line = Line::Closed { until: Instant::now() };
        }
    }
}

impl Connected {
    async fn open(config: &Config) -> Result<Self, String> {
        let opened = timeout(ACQUIRE_TIMEOUT, config.connect(NoTls)).await;
        let (client, connection) = opened.map_err(|elapsed| elapsed.to_string())?.map_err(|error| error.to_string())?;
        // Ends when the client is dropped, after what is on its way.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "a pipeline to the database ended");
            }
        });
        let prepared = Cache::new(STATEMENTS);
        Ok(Self { client, prepared, since: Instant::now(), underway: AtomicUsize::new(0) })
    }

    /// None where too many are on their way.
    fn enter(&self) -> Option<Underway<'_>> {
        let underway = Underway(&self.underway);
        (self.underway.fetch_add(1, Ordering::Relaxed) < DEEP).then_some(underway)
    }

    fn is_good(&self) -> bool {
        !self.client.is_closed() && self.since.elapsed() < AGE
    }

    async fn read(&self, sql: &str, values: &[(Bound<'_>, Type)]) -> Result<Vec<Row>, tokio_postgres::Error> {
        let prepared = match self.prepared.get(sql) {
            Some(prepared) => prepared,
            None => {
                let types: Vec<_> = values.iter().map(|(_, ty)| ty.clone()).collect();
                let prepared = self.client.prepare_typed(sql, &types).await?;
                self.prepared.insert(sql.into(), prepared.clone());
                prepared
            }
        };
        let rows = self.client.query_raw(&prepared, values.iter().map(|(value, _)| value.as_sql())).await?;
        rows.map_ok(Row::Pipelined).try_collect().await
    }
}

/// A value as sqlx would bind it; none where a pipeline doesn't.
fn bound(value: &Value) -> Option<(Bound<'_>, Type)> {
    Some(match value {
        Value::Bool(value) => (Bound::One(value), Type::BOOL),
        Value::Int(value) => (Bound::One(value), Type::INT4),
        Value::BigInt(value) => (Bound::One(value), Type::INT8),
        Value::String(value) => (Bound::One(value), Type::TEXT),
        Value::ChronoDate(value) => (Bound::One(value), Type::DATE),
        Value::Array(ArrayType::String, Some(values)) => {
            (Bound::Texts(values.iter().map(text).collect::<Option<_>>()?), Type::TEXT_ARRAY)
        }
        Value::Array(ArrayType::BigInt, Some(values)) => {
            (Bound::Numbers(values.iter().map(number).collect::<Option<_>>()?), Type::INT8_ARRAY)
        }
        _ => return None,
    })
}

const fn text(value: &Value) -> Option<&Option<String>> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

const fn number(value: &Value) -> Option<&Option<i64>> {
    match value {
        Value::BigInt(number) => Some(number),
        _ => None,
    }
}

impl Bound<'_> {
    fn as_sql(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::One(value) => *value,
            Self::Texts(values) => values,
            Self::Numbers(values) => values,
        }
    }
}

/// The same connection as the pool's, where that one is not encrypted: it was told so, or is a socket of this machine.
fn plain(pool: &PgConnectOptions) -> Option<Config> {
    let mut config = Config::new();
    let is_socket = pool.get_socket().is_some() || pool.get_host().starts_with('/');
    match pool.get_ssl_mode() {
        PgSslMode::Disable | PgSslMode::Allow => {}
        PgSslMode::Prefer if is_socket => {}
        _ => return None,
    }
    match pool.get_socket() {
        Some(folder) => config.host_path(folder),
        // Of an address with colons sqlx can't tell the password.
        None if pool.get_host().contains(':') => return None,
        None => config.host(pool.get_host()),
    };
    config.port(pool.get_port()).user(pool.get_username()).ssl_mode(SslMode::Disable);
    let url = pool.to_url_lossy();
    if let Some(password) = url.password() {
        config.password(percent_encoding::percent_decode_str(password).collect::<Vec<u8>>());
    }
    config.dbname(pool.get_database().unwrap_or(pool.get_username()));
    // The last word counts. Dates are as sqlx has them.
    let options = pool.get_options().unwrap_or_default();
    config.options(format!("{options} -c datestyle=ISO,MDY -c statement_timeout={}", SHORT.as_millis()));
    pool.get_application_name().map(|name| config.application_name(name));
    config.tcp_user_timeout(WITHIN).keepalives_idle(ALIVE_EVERY);
    config.keepalives_interval(ALIVE_EVERY / 6).keepalives_retries(3);
    Some(config)
}
