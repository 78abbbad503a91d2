//! From a configuration to a running service: [`App`] is what every request shares, [`Server`] is the listening half.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Weak};
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use sea_orm::{DbErr, RuntimeErr, sqlx};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Clients, Db};
use crate::exchange::ledger::Ledger;
use crate::http::{self, rate::Rates};
use crate::identity::{admin, forget, issuers::Issuers, keys::SigningKeys, oauth::Attempts};
use crate::operations::Known;
use crate::place::Catalog;
use crate::plan::closing;
use crate::reference;
use crate::schema::{self, Schema};

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

/// What every request shares.
pub struct App {
    pub config: Config,
    pub db: Db,
    pub keys: Arc<SigningKeys>,
    pub clock: Arc<dyn Clock>,
    pub catalog: Arc<Catalog>,
    pub schema: Schema,
    pub issuers: Issuers,
    /// Failed attempts to get a token.
    pub attempts: Attempts,
    pub ledger: Ledger,
    /// Places of each client at the database.
    pub places: Clients,
    /// What each client asked in the present minute.
    pub rates: Rates,
    /// Registered operations that were asked for a moment ago.
    pub operations: Known,
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
        let (places, rates) = (Clients::default(), Rates::default());
        Ok(Self {
            config,
            db,
            keys,
            clock,
            catalog,
            schema: schema::build(),
            issuers,
            attempts: Attempts::default(),
            ledger,
            places,
            rates,
            operations: Known::default(),
        })
    }

    /// Loads what every request needs from a migrated database: reference data, built-in roles, the catalog.
    pub async fn prepare(&self) -> Result<(), StartupError> {
        let failed = |what: &str| StartupError::new(format!("The {what} can't be loaded; the log says why."));
        reference::load(&self.db.connection).await.map_err(|error| {
            tracing::error!(%error, "reference data");
            failed("reference data")
        })?;
        admin::ensure_built_in_roles(&self.db).await.map_err(|_| failed("built-in roles"))?;
        self.catalog.refresh(&self.db).await.map_err(|error| {
            tracing::error!(%error, "catalog");
            failed("administrative units")
        })
    }
}

impl App {
    /// Closes yesterday's statistics unless they are. What fails is tried again a minute later.
    pub async fn close_statistics(&self) {
        match closing::close_yesterday(self).await {
            Ok(Some(day)) => tracing::info!(%day, "statistics closed"),
            Ok(None) => {}
            Err(_) => tracing::warn!("the statistics of yesterday were not closed"),
        }
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

/// Closes the statistics of each day soon after its end, and forgets tokens of long ago; ends with the service.
async fn keep_days(app: Weak<App>) {
    let mut forgotten_on = None;
    loop {
        tokio::time::sleep(STATISTICS_EVERY).await;
        let Some(app) = app.upgrade() else { return };
        app.close_statistics().await;
        let today = app.clock.today();
        if forgotten_on != Some(today) && app.forget_ended_tokens().await {
            forgotten_on = Some(today);
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
        let app = Data::from(app);
        let server = HttpServer::new(move || http::application(app.clone()))
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
