//! The ledger of reads. Every use of personal data is in it, committed before the answer leaves.
//!
//! One task, on PostgreSQL one for each worker, writes what all requests hand it. Whatever has come while one statement
//! was being committed goes into the next, which waits a moment for requests that are underway, so that many share one
//! commit. What can't be written is told to each request that waits for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    task::yield_now,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    db::{Cell, Column, Db, Dialect, names},
    error::{Code, Failure, Result},
};

/// Most requests that wait for their entries to be taken.
const QUEUE: usize = 1_024;
/// Most entries of one statement, and about as many bytes of text.
const MAX_ENTRIES: usize = 500;
const MAX_BYTES: usize = 4 << 20;
/// How often other work of the same thread goes before a commit, so that requests which have come are underway.
const TURNS: usize = 2;
/// How long entries wait for those of requests that are underway: a commit costs more than a dozen entries.
const GATHER: Duration = Duration::from_millis(1);
/// How long a request waits for its entries before it is told UNAVAILABLE.
const WITHIN: Duration = Duration::from_secs(15);

/// One entry. The names are the columns'.
#[derive(Debug)]
pub struct Entry {
    pub at: i64,
    pub request_id: String,
    pub client_id: i64,
    /// None where a token of an outside issuer was refused before it had a row.
    pub token_id: Option<i64>,
    pub agency_id: i64,
    pub roles: String,
    pub operation: String,
    pub fields: String,
    pub decision: &'static str,
    pub purpose: Option<&'static str>,
    pub legal_basis: Option<String>,
    /// JSON: ids by type.
    pub subjects: String,
    /// JSON: values by argument.
    pub aimed: Option<String>,
}

impl Entry {
    /// About as many as it takes.
    fn bytes(&self) -> usize {
        let texts = [&self.roles, &self.operation, &self.fields, &self.subjects];
        let optional = [&self.legal_basis, &self.aimed].into_iter().flatten();
        texts.into_iter().chain(optional).map(String::len).sum()
    }

    /// In the order of [`COLUMNS`].
    fn cells(self) -> [Cell; 13] {
        [
            self.at.into(),
            self.request_id.into(),
            self.client_id.into(),
            self.token_id.into(),
            self.agency_id.into(),
            self.roles.into(),
            self.operation.into(),
            self.fields.into(),
            self.decision.into(),
            self.purpose.into(),
            self.legal_basis.into(),
            self.subjects.into(),
            self.aimed.into(),
        ]
    }
}

const COLUMNS: [Column; 13] = [
    Column::number("at"),
    Column::text("request_id"),
    Column::number("client_id"),
    Column::number("token_id").optional(),
    Column::number("agency_id"),
    Column::text("roles"),
    Column::text("operation"),
    Column::text("fields"),
    Column::text("decision"),
    Column::text("purpose").optional(),
    Column::text("legal_basis").optional(),
    Column::json("subjects"),
    Column::json("aimed").optional(),
];

/// The entries of one request, and who waits for them.
struct Job {
    entries: Vec<Entry>,
    done: oneshot::Sender<bool>,
}

/// The way to the writer. It ends when the last of these is gone, after what was handed to it.
#[derive(Clone, Debug)]
pub struct Ledger {
    jobs: mpsc::Sender<Job>,
    underway: Arc<AtomicUsize>,
}

/// A request that may come to have entries, until dropped.
pub struct Underway(Arc<AtomicUsize>);

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Ledger {
    /// Starts the writer, on the runtime of the caller.
    pub fn open(db: Db) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let underway = Arc::<AtomicUsize>::default();
        tokio::spawn(write_all(db, receiver, underway.clone()));
        Self { jobs: sender, underway }
    }

    /// Tells the writer that entries may come, so that it waits a moment for them with those that it has.
    pub fn underway(&self) -> Underway {
        self.underway.fetch_add(1, Ordering::Relaxed);
        Underway(self.underway.clone())
    }

    /// Writes entries and returns when they are committed; UNAVAILABLE where that can't be.
    pub async fn write(&self, entries: Vec<Entry>) -> Result<()> {
        let (done, committed) = oneshot::channel();
        let job = Job { entries, done };
        let written = timeout(WITHIN, async {
            self.jobs.send(job).await.ok()?;
            committed.await.ok().filter(|committed| *committed)
        });
        written.await.ok().flatten().map(drop).ok_or_else(unavailable)
    }
}

fn unavailable() -> Failure {
    Failure::new(
        Code::Unavailable,
        "The ledger of accesses can't be written at the moment, so nothing on persons is answered. Please try again.",
        "Hiện không ghi được nhật ký truy cập nên không trả dữ liệu cá nhân. Vui lòng thử lại.",
    )
}

async fn write_all(db: Db, mut jobs: mpsc::Receiver<Job>, underway: Arc<AtomicUsize>) {
    let insert = insert(db.dialect);
    let mut next = None;
    loop {
        let first = match next.take() {
            Some(job) => job,
            None => match jobs.recv().await {
                Some(job) => job,
                None => return,
            },
        };
        for _ in 0..TURNS {
            yield_now().await;
        }
        let (batch, over) = gather(first, &mut jobs, &underway).await;
        next = over;
        let (entries, waiting): (Vec<_>, Vec<_>) = batch.jobs.into_iter().map(|job| (job.entries, job.done)).unzip();
        let committed = commit(&db, &insert, entries.into_iter().flatten().collect()).await;
        for done in waiting {
            // Who has stopped waiting gets no answer either.
            let _gone = done.send(committed);
        }
    }
}

/// The jobs of one statement.
struct Batch {
    jobs: Vec<Job>,
    entries: usize,
    bytes: usize,
}

impl Batch {
    fn of(job: Job) -> Self {
        let (entries, bytes) = size(&job);
        Self { jobs: vec![job], entries, bytes }
    }

    /// Takes one more, or gives it back where that is too much.
    fn add(&mut self, job: Job) -> Option<Job> {
        let (entries, bytes) = size(&job);
        if self.entries + entries > MAX_ENTRIES || self.bytes + bytes > MAX_BYTES {
            return Some(job);
        }
        self.entries += entries;
        self.bytes += bytes;
        self.jobs.push(job);
        None
    }
}

fn size(job: &Job) -> (usize, usize) {
    (job.entries.len(), job.entries.iter().map(Entry::bytes).sum())
}

/// What has come, with what comes in a moment from requests that are underway; and the first that is too much.
async fn gather(first: Job, jobs: &mut mpsc::Receiver<Job>, underway: &AtomicUsize) -> (Batch, Option<Job>) {
    let mut batch = Batch::of(first);
    let until = Instant::now() + GATHER;
    loop {
        let job = match jobs.try_recv() {
            Ok(job) => job,
            Err(_) if underway.load(Ordering::Relaxed) == 0 => return (batch, None),
            Err(_) => match timeout_at(until, jobs.recv()).await {
                Ok(Some(job)) => job,
                Ok(None) | Err(_) => return (batch, None),
            },
        };
        if let Some(over) = batch.add(job) {
            return (batch, Some(over));
        }
    }
}

async fn commit(db: &Db, insert: &str, batch: Vec<Entry>) -> bool {
    let entries = batch.len();
    let rows = batch.into_iter().map(Entry::cells).collect();
    let statement = db.statement(insert, db.dialect.table_values(&COLUMNS, rows));
    match db.append(statement).await {
        Ok(()) => true,
        Err(error) => {
            // Which logs the driver's words; PostgreSQL keeps the row itself out of them.
            let failure = Failure::from(error);
            tracing::error!(code = failure.code.as_str(), entries, "entries of the ledger were not written");
            false
        }
    }
}

fn insert(dialect: Dialect) -> String {
    let (names, rows) = (names(&COLUMNS), dialect.table(1, &COLUMNS));
    format!("INSERT INTO audit_entry (subject_type, {names}) SELECT '', e.* FROM ({rows}) AS e")
}
