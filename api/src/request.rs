//! What one request carries through the house: who asks, when, and the connection to the database.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use async_graphql::{Context, Value};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{Select, Statement};
use tokio::{runtime::Handle, sync::OnceCell};

use crate::{
    access::{Personal, Viewer, uses::Uses, visible},
    clock,
    config::{Config, Limits, NumberMisses},
    db::{Claim, Db, Places, Room, Row},
    error::{Failure, Result},
    loan::Receipts,
    place::Catalog,
    read::Plans,
    schema::Cost,
    startup::App,
};

/// Looks up who asks, as it is now.
pub type LookUp = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Viewer>> + Send>> + Send + Sync>;

/// A fresh one for each request; nothing in it outlives the answer.
pub struct Request {
    pub id: String,
    pub viewer: Viewer,
    pub db: Db,
    pub catalog: Arc<Catalog>,
    /// One instant for the whole request.
    pub now: DateTime<Utc>,
    /// The day for administrative units where none is named.
    pub units_day: NaiveDate,
    /// Bounds on looking people up by number.
    pub number_misses: NumberMisses,
    /// Reads that were compiled before.
    pub plans: Arc<Plans>,
    /// Receipts that may share a transaction.
    pub receipts: Arc<Receipts>,
    /// What was read of persons so far.
    pub uses: Arc<Uses>,
    /// What the viewer's roles may ask.
    pub limits: Limits,
    /// What was found that it costs.
    pub cost: Cost,
    /// For its answer.
    pub room: Arc<Room>,
    /// The client's places at the database; none where nobody else waits, as on the command line.
    places: Option<Places>,
    answers: Mutex<HashMap<String, Arc<OnceCell<Value>>>>,
    /// None on the command line, and for reads.
    look_up: Option<LookUp>,
    /// Whether the first change of the document was let in.
    changing: AtomicBool,
}

impl Request {
    pub fn new(id: String, viewer: Viewer, db: Db, catalog: Arc<Catalog>, now: DateTime<Utc>, config: &Config) -> Self {
        Self {
            id,
            viewer,
            db,
            catalog,
            now,
            units_day: config.units_day,
            number_misses: config.number_misses,
            limits: Limits::default(),
            plans: Arc::default(),
            receipts: Arc::default(),
            uses: Arc::default(),
            cost: Cost::default(),
            room: Arc::default(),
            places: None,
            answers: Mutex::default(),
            look_up: None,
            changing: AtomicBool::new(false),
        }
    }

    /// For changes: how to look up whether the caller may still do what it could when it asked.
    pub fn looking_up(self, look_up: LookUp) -> Self {
        Self { look_up: Some(look_up), ..self }
    }

    /// Before each change of a document: those after the first are refused where the caller's rights have gone or changed
    /// meanwhile. A document of many changes takes its time, and what is taken from a caller acts within a second.
    pub async fn still_entitled(&self) -> Result<()> {
        // Before the first one that was done a moment ago.
        let Some(look_up) = self.look_up.as_ref().filter(|_| self.changing.swap(true, Ordering::Relaxed)) else {
            return Ok(());
        };
        let now = look_up().await?;
        if now.rights() == self.viewer.rights() && now.registered_only == self.viewer.registered_only {
            return Ok(());
        }
        Err(Failure::forbidden(
            "What you may do has changed while the document ran. What came before is done; send the rest again.",
            "Quyền của bạn đã thay đổi trong khi xử lý. Các thao tác trước đã được ghi; hãy gửi lại phần còn lại.",
        ))
    }

    /// With the limits and the places that the caller has, the room for its answer, and what requests share at the node.
    pub fn within(self, limits: Limits, places: Places, room: Arc<Room>, app: &App) -> Self {
        let (plans, receipts) = (app.plans.clone(), app.receipts.clone());
        Self { limits, places: Some(places), room, plans, receipts, ..self }
    }

    pub fn costing(self, cost: Cost) -> Self {
        Self { cost, ..self }
    }

    /// Runs a read in one of the client's places and within the time of its statements. The room for what it answers stays
    /// taken as long as the place. `short`: it is done at once, so that others may wait behind it.
    pub async fn read(&self, statement: Statement, claim: Claim, short: bool) -> Result<(Vec<Row>, Claim)> {
        let place = match &self.places {
            Some(places) => Some(places.place().await),
            None => None,
        };
        let (db, time) = (self.db.clone(), self.limits.statement_time);
        // To its end, so that the place stays taken as long as the database works, also when nobody waits for the answer
        // any more.
        let work = ToTheEnd::of(async move {
            let rows = match short {
                true => db.read_short(statement, time).await,
                false => db.read_within(statement, time).await,
            };
            drop(place);
            rows.map(|rows| (rows, claim))
        });
        tokio::time::timeout(time, work).await.unwrap_or_else(|_elapsed| Err(Failure::timeout()))
    }

    pub fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        ctx.data_unchecked::<Self>()
    }

    /// Today in Asia/Ho_Chi_Minh.
    pub fn today(&self) -> NaiveDate {
        clock::day(self.now)
    }

    pub fn micros(&self) -> i64 {
        self.now.timestamp_micros()
    }

    /// Only rows that the viewer may see: scope and need.
    pub fn visible<E: Personal>(&self, query: Select<E>) -> Select<E> {
        visible(query, &self.viewer, self.today(), self.db.dialect.backend())
    }

    /// The place for the answer of a field that the document names more than once: it is read once.
    pub fn answer(&self, path: String) -> Arc<OnceCell<Value>> {
        let mut answers = self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        answers.entry(path).or_default().clone()
    }
}

/// Work that goes on by itself where whoever waits for it goes away. A task for each would cost more than most reads.
struct ToTheEnd<F: Future<Output: Send> + Send + 'static>(Option<Pin<Box<F>>>);

impl<F: Future<Output: Send> + Send> ToTheEnd<F> {
    fn of(work: F) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<F: Future<Output: Send> + Send> Future for ToTheEnd<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> Poll<F::Output> {
        let Some(work) = &mut self.0 else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl<F: Future<Output: Send> + Send> Drop for ToTheEnd<F> {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}
