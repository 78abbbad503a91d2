//! What a computed field is computed from.

use async_graphql::InputType;
use chrono::NaiveDate;
use serde_json::Value;

use super::arguments;
use crate::{
    access::Viewer,
    error::{Failure, Result},
};

/// The cells that a computed field asked for, in its order, and the field's arguments.
pub struct Inputs<'a> {
    pub cells: &'a [Value],
    pub arguments: &'a [(&'static str, async_graphql::Value)],
    /// The day of the read: the one asked for, or today.
    pub day: NaiveDate,
    pub viewer: &'a Viewer,
}

impl Inputs<'_> {
    pub fn cell(&self, index: usize) -> &Value {
        self.cells.get(index).unwrap_or(&Value::Null)
    }

    pub fn text(&self, index: usize) -> Option<&str> {
        self.cell(index).as_str()
    }

    pub fn integer(&self, index: usize) -> Option<i64> {
        self.cell(index).as_i64()
    }

    pub fn date(&self, index: usize) -> Result<Option<NaiveDate>> {
        self.text(index).map(|text| text.parse().map_err(Failure::internal)).transpose()
    }

    pub fn argument<T: InputType>(&self, name: &str) -> Result<Option<T>> {
        let value = self.arguments.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        arguments::parse(value, name)
    }
}
