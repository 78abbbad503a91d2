//! From a configuration to a running service: [`App`] is what every request shares, [`Server`] is the listening half.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use sea_orm::{DbErr, RuntimeErr, sqlx};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Clients, Db, Dialect};
use crate::exchange::ledger::Ledger;
use crate::household::names;
use crate::http::{self, rate::Rates};
use crate::identity::{Viewers, built_in, forget, issuers::Issuers, keys::SigningKeys, oauth::Attempts};
use crate::loan::Receipts;
use crate::operations::Known;
use crate::place::Catalog;
use crate::plan::{closing, kept};
use crate::read::Plans;
use crate::reference;
use crate::schema::{self, Parsed, Schema};

/// How long a client may take to send the head of a request.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How long an idle connection is kept. Partners' systems ask in bursts; opening one costs them a round trip or three.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How often units are read anew.
const CATALOG_EVERY: Duration = Duration::from_secs(15);
/// How often it is looked whether a day has ended whose statistics are to be closed.
const STATISTICS_EVERY: Duration = Duration::from_secs(60);
/// How long running requests may still take when the service stops.
const STOP_WITHIN_SECONDS: u64 = 30;

/// Why the service did not start; a sentence for the operator.
#[derive(Debug)]
pub struct StartupError(String);

impl StartupError {
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for StartupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What every request shares. What a worker has of its own is the connection to the database and the ledger.
#[derive(Clone)]
pub struct App {
    pub config: Arc<Config>,
    pub db: Db,
    pub keys: Arc<SigningKeys>,
    pub clock: Arc<dyn Clock>,
    pub catalog: Arc<Catalog>,
    pub schema: Schema,
    /// Documents that were asked for before.
    pub parsed: Arc<Parsed>,
    /// Reads that were compiled before.
    pub plans: Arc<Plans>,
    pub issuers: Arc<Issuers>,
    /// Failed attempts to get a token.
    pub attempts: Arc<Attempts>,
    /// Callers that were looked up a moment ago.
    pub viewers: Arc<Viewers>,
    pub ledger: Ledger,
    /// Receipts that may share a transaction.
    pub receipts: Arc<Receipts>,
    /// Places of each client at the database, and room for its answers.
    pub places: Arc<Clients>,
    /// What each client asked in the present minute.
    pub rates: Arc<Rates>,
    /// How often each client was refused in the present minute.
    pub denials: Arc<Rates>,
    /// Registered operations that were asked for a moment ago.
    pub operations: Arc<Known>,
}

impl App {
    /// Connects to the configured database and opens the keys.
    pub async fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Self, StartupError> {
        let db = Db::connect(config.database_url.reveal()).await.map_err(|error| cannot_open(&error))?;
        Self::assemble(config, clock, db)
    }

    /// The same over a connection that is already there. Must be called on a runtime: the ledger is written by a task.
    pub fn assemble(config: Config, clock: Arc<dyn Clock>, db: Db) -> Result<Self, StartupError> {
        install_crypto();
        let keys = SigningKeys::open(&config).map_err(|error| StartupError::new(error.to_string()))?;
        let keys = Arc::new(keys);
        let issuers = Issuers::new(&config.issuers)
            .map_err(|_| StartupError::new("Connections to outside issuers can't be encrypted on this machine."))?;
        let catalog = Arc::new(Catalog::new(config.units_day));
        let ledger = Ledger::open(db.clone());
        let places = Arc::new(Clients::new(config.answers_bytes));
        Ok(Self {
            config: Arc::new(config),
            db,
            keys,
            clock,
            catalog,
            schema: schema::build(),
            parsed: Arc::default(),
            plans: Arc::default(),
            issuers: Arc::new(issuers),
            attempts: Arc::default(),
            viewers: Arc::default(),
            ledger,
            receipts: Arc::default(),
            places,
            rates: Arc::default(),
            denials: Arc::default(),
            operations: Arc::default(),
        })
    }

    /// Loads what every request needs from a migrated database: reference data, built-in roles, the catalog.
    pub async fn prepare(&self) -> Result<(), StartupError> {
        let failed = |what: &str| StartupError::new(format!("The {what} can't be loaded; the log says why."));
        reference::load(&self.db.connection).await.map_err(|error| {
            tracing::error!(%error, "reference data");
            failed("reference data")
        })?;
        built_in::ensure(&self.db, self.clock.now()).await.map_err(|_| failed("built-in roles"))?;
        self.catalog.refresh(&self.db).await.map_err(|error| {
            tracing::error!(%error, "catalog");
            failed("administrative units")
        })
    }
}

impl App {
    /// The same for one of so many workers; called on its thread. SQLite has one writer, so one ledger for all.
    fn of_worker(&self, workers: usize) -> Self {
        let db = self.db.of_worker(workers);
        let ledger = match db.dialect {
            Dialect::Postgres => Ledger::open(db.clone()),
            Dialect::Sqlite => self.ledger.clone(),
        };
        Self { db, ledger, ..self.clone() }
    }

    /// Closes yesterday's statistics unless they are. What fails is tried again a minute later.
    pub async fn close_statistics(&self) {
        match closing::close_yesterday(self).await {
            Ok(Some(day)) => tracing::info!(%day, "statistics closed"),
            Ok(None) => {}
            Err(_) => tracing::warn!("the statistics of yesterday were not closed"),
        }
    }

    /// Sums up what writers have added to the figures by unit, of the days to come once a day. What fails is tried again
    /// a minute later.
    async fn fold_statistics(&self, all: bool) {
        let folded = if all { kept::fold_all(self).await } else { kept::fold(self).await };
        if folded.is_err() {
            tracing::warn!("the figures by unit were not summed up");
        }
    }

    /// Learns names that came past the triggers; false where that failed.
    async fn learn_missing_names(&self) -> bool {
        match names::learn_missing(self).await {
            Ok(0) => true,
            Ok(names) => {
                tracing::warn!(
                    names,
                    "names of persons were missing where persons are searched for; now they are found"
                );
                true
            }
            Err(_) => {
                tracing::warn!("names that may be missing were not learnt");
                false
            }
        }
    }

    /// Forgets names that nobody bears any more; false where that has to be tried again.
    async fn forget_left_names(&self) -> bool {
        names::forget_left(self).await.unwrap_or_else(|_| {
            tracing::warn!("names that nobody bears were not forgotten");
            false
        })
    }

    /// Deletes tokens that ended long ago; false where that failed.
    pub async fn forget_ended_tokens(&self) -> bool {
        match forget::forget_ended(self).await {
            Ok(0) => true,
            Ok(tokens) => {
                tracing::info!(tokens, "tokens of long ago deleted");
                true
            }
            Err(_) => {
                tracing::warn!("tokens of long ago were not deleted");
                false
            }
        }
    }
}

/// Says what encrypts connections to outside issuers: the same ring that sqlx uses. The first one to say it is right.
pub fn install_crypto() {
    let _already = rustls::crypto::ring::default_provider().install_default();
}

/// Learns from time to time of hamlets that other instances have registered; ends with the service.
async fn keep_catalog(app: Weak<App>) {
    loop {
        tokio::time::sleep(CATALOG_EVERY).await;
        let Some(app) = app.upgrade() else { return };
        if let Err(error) = app.catalog.refresh(&app.db).await {
            tracing::warn!(%error, "the catalog of units was not refreshed");
        }
    }
}

/// Closes the statistics of each day soon after its end, sums up the live ones, and forgets tokens of long ago and names that
/// nobody bears, and learns those that are missing; ends with the service.
async fn keep_days(app: Weak<App>) {
    let mut forgotten_on = None;
    let (mut learnt_on, mut names_on) = (None, None);
    loop {
        tokio::time::sleep(STATISTICS_EVERY).await;
        let Some(app) = app.upgrade() else { return };
        app.close_statistics().await;
        let today = app.clock.today();
        app.fold_statistics(forgotten_on != Some(today)).await;
        if forgotten_on != Some(today) && app.forget_ended_tokens().await {
            forgotten_on = Some(today);
        }
        if learnt_on != Some(today) && app.learn_missing_names().await {
            learnt_on = Some(today);
        }
        if names_on != Some(today) && app.forget_left_names().await {
            names_on = Some(today);
        }
    }
}

/// The driver's own words, but only of kinds that don't repeat the address, which holds a password.
fn cannot_open(error: &DbErr) -> StartupError {
    let why = match error {
        DbErr::Conn(RuntimeErr::SqlxError(inner)) => match inner.as_ref() {
            sqlx::Error::Io(why) => format!("{why}"),
            sqlx::Error::Database(why) => why.message().to_owned(),
            sqlx::Error::PoolTimedOut => "no answer in time".to_owned(),
            _ => "the address is not understood".to_owned(),
        },
        _ => "the address is not understood".to_owned(),
    };
    StartupError::new(format!("The database that DATABASE_URL names cannot be opened: {why}."))
}

/// The service, listening.
pub struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    running: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Begins to answer on a socket, with one worker for each core.
    pub fn start(app: Arc<App>, listener: TcpListener) -> io::Result<Self> {
        let address = listener.local_addr()?;
        tokio::spawn(keep_catalog(Arc::downgrade(&app)));
        tokio::spawn(keep_days(Arc::downgrade(&app)));
        let workers = thread::available_parallelism().map_or(1, NonZero::get);
        let server = HttpServer::new(move || http::application(Data::new(app.of_worker(workers))))
            .workers(workers)
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_WITHIN)
            .tcp_nodelay(true)
            .shutdown_timeout(STOP_WITHIN_SECONDS)
            .disable_signals()
            .listen(listener)?
            .run();
        Ok(Self { address, handle: server.handle(), running: tokio::spawn(server) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new requests, finishes the running ones and ends.
    pub async fn stop(self) -> io::Result<()> {
        self.handle.stop(true).await;
        self.running.await.map_err(io::Error::other)?
    }

    /// Serves until the process is asked to end, then stops as [`Self::stop`] does; asked a second time, it ends at
    /// once.
    pub async fn serve_until(mut self, mut requests: StopRequests) -> io::Result<()> {
        tokio::select! {
            ended = &mut self.running => return ended.map_err(io::Error::other)?,
            () = requests.next() => {}
        }
        tracing::info!("stopping: running requests are finished first");
        let handle = self.handle.clone();
        tokio::select! {
            stopped = self.stop() => stopped,
            () = requests.next() => { handle.stop(false).await; Ok(()) }
        }
    }
}

/// Requests to end, SIGTERM or SIGINT. They are caught from the moment this is made; before, they end the process.
pub struct StopRequests {
    terminate: Signal,
    interrupt: Signal,
}

impl StopRequests {
    pub fn catch() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
