//! What one request carries through the house: who asks, when, and the connection to the database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_graphql::{Context, Value};
use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::OnceCell;

use crate::{
    access::{Viewer, uses::Uses},
    clock,
    db::Db,
    place::Catalog,
};

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
    /// What was read of persons so far.
    pub uses: Arc<Uses>,
    answers: Mutex<HashMap<String, Arc<OnceCell<Value>>>>,
}

impl Request {
    pub fn new(
        id: String,
        viewer: Viewer,
        db: Db,
        catalog: Arc<Catalog>,
        now: DateTime<Utc>,
        units_day: NaiveDate,
    ) -> Self {
        Self { id, viewer, db, catalog, now, units_day, uses: Arc::default(), answers: Mutex::default() }
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

    /// The place for the answer of a field that the document names more than once: it is read once.
    pub fn answer(&self, path: String) -> Arc<OnceCell<Value>> {
        let mut answers = self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        answers.entry(path).or_default().clone()
    }
}
