//! What one request carries through the house: who asks, when, and the connection to the database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_graphql::{Context, Value};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::Select;
use tokio::sync::OnceCell;

use crate::{
    access::{Personal, Viewer, uses::Uses, visible},
    clock,
    config::{Config, NumberMisses},
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
    /// Bounds on looking people up by number.
    pub number_misses: NumberMisses,
    /// What was read of persons so far.
    pub uses: Arc<Uses>,
    answers: Mutex<HashMap<String, Arc<OnceCell<Value>>>>,
}

impl Request {
    pub fn new(id: String, viewer: Viewer, db: Db, catalog: Arc<Catalog>, now: DateTime<Utc>, config: &Config) -> Self {
        let (units_day, number_misses) = (config.units_day, config.number_misses);
        Self { id, viewer, db, catalog, now, units_day, number_misses, uses: Arc::default(), answers: Mutex::default() }
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
