//! A database of its own for each test, on either kind: a copy of a template that is migrated and loaded once.

use crate::{postgres::Cluster, scratch::Scratch};
use ansinh::{db::Db, identity::built_in, reference};
use chrono::Utc;
use migration::{Migrator, MigratorTrait};
pub use sea_orm::DbBackend;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};
use tokio::sync::OnceCell;

/// The PostgreSQL database that is copied for each test.
const TEMPLATE: &str = "template";

/// A database that one test has for itself. Gone some time after it is dropped.
pub struct TestDatabase {
    pub backend: DbBackend,
    /// The address, as `DATABASE_URL` takes it.
    pub url: String,
    _keep: Keep,
}

/// What holds the database while the test lasts.
enum Keep {
    Folder {
        _folder: Scratch,
    },
    Name(String),
    /// The database goes with its cluster.
    Cluster,
    /// Somebody else keeps it.
    Borrowed,
}

/// PostgreSQL databases whose tests are over. A drop can't wait for a server, so the next test drops them.
static DONE: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl TestDatabase {
    /// As the service makes it on its first start: migrated, with the reference data and the built-in roles.
    pub async fn new(backend: DbBackend) -> TestDatabase {
        match backend {
            DbBackend::Sqlite => sqlite(Some(sqlite_template().await)),
            DbBackend::Postgres => {
                postgres_template().await;
                postgres(TEMPLATE).await
            }
            other => panic!("An Sinh does not run on {other:?}"),
        }
    }

    /// Without a table.
    pub async fn empty(backend: DbBackend) -> TestDatabase {
        match backend {
            DbBackend::Sqlite => sqlite(None),
            DbBackend::Postgres => postgres("template0").await,
            other => panic!("An Sinh does not run on {other:?}"),
        }
    }

    /// In a cluster of the test's own, which it may stop. As [`TestDatabase::new`] makes it.
    pub async fn in_cluster(cluster: &Cluster) -> TestDatabase {
        let url = cluster.url("postgres");
        prepare(&url).await;
        TestDatabase { backend: DbBackend::Postgres, url, _keep: Keep::Cluster }
    }

    /// The same database for a second node, which must not outlive this one.
    pub fn borrowed(&self) -> TestDatabase {
        TestDatabase { backend: self.backend, url: self.url.clone(), _keep: Keep::Borrowed }
    }

    /// A connection for the test to look behind the service's back.
    pub async fn connect(&self) -> DatabaseConnection {
        connect(&self.url).await
    }
}

impl Drop for Keep {
    fn drop(&mut self) {
        if let Keep::Name(name) = self {
            DONE.lock().expect("no test panics in here").push(std::mem::take(name));
        }
    }
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(2).sqlx_logging(false);
    Database::connect(options).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// What the service does at its first start.
async fn prepare(url: &str) {
    let db = Db::over(connect(url).await);
    Migrator::up(&db.connection, None).await.expect("the migrations run");
    reference::load(&db.connection).await.expect("the reference data is loaded");
    built_in::ensure(&db, Utc::now()).await.unwrap_or_else(|failure| panic!("{}", failure.message));
    db.connection.close().await.expect("closed");
}

fn sqlite(template: Option<&[u8]>) -> TestDatabase {
    let folder = Scratch::new();
    let file = folder.path().join("ansinh.db");
    if let Some(bytes) = template {
        std::fs::write(&file, bytes).expect("the folder is ours");
    }
    let url = format!("sqlite://{}?mode=rwc", file.display());
    TestDatabase { backend: DbBackend::Sqlite, url, _keep: Keep::Folder { _folder: folder } }
}

/// The bytes of a migrated database file: copied from memory, it leaves nothing behind when the process ends.
async fn sqlite_template() -> &'static [u8] {
    static BYTES: OnceCell<Vec<u8>> = OnceCell::const_new();
    let prepared = BYTES.get_or_init(async || {
        let folder = Scratch::new();
        let file = folder.path().join("template.db");
        prepare(&format!("sqlite://{}?mode=rwc", file.display())).await;
        std::fs::read(file).expect("the migrations wrote it")
    });
    prepared.await
}

async fn postgres(template: &str) -> TestDatabase {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let server = connect(&Cluster::shared().url("postgres")).await;
    let done = std::mem::take(&mut *DONE.lock().expect("no test panics in here"));
    for name in done {
        // By force: the pool of a service may outlive its test by a moment.
        execute(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
    // Copying files is twice as quick as logging pages where nothing is synced.
    execute(&server, &format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")).await;
    server.close().await.expect("closed");
    let url = Cluster::shared().url(&name);
    TestDatabase { backend: DbBackend::Postgres, url, _keep: Keep::Name(name) }
}

async fn postgres_template() {
    static MADE: OnceCell<()> = OnceCell::const_new();
    let made = MADE.get_or_init(async || {
        let server = connect(&Cluster::shared().url("postgres")).await;
        // A test that gave up half-way may have left one.
        execute(&server, &format!("DROP DATABASE IF EXISTS {TEMPLATE}")).await;
        execute(&server, &format!("CREATE DATABASE {TEMPLATE} TEMPLATE template0")).await;
        server.close().await.expect("closed");
        prepare(&Cluster::shared().url(TEMPLATE)).await;
    });
    made.await;
}

async fn execute(server: &DatabaseConnection, statement: &str) {
    server.execute_unprepared(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}
