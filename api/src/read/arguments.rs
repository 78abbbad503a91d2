//! The arguments of a field inside a compiled read.

use async_graphql::{InputType, Value, parser::types::Field};

use crate::{
    error::{Failure, Result},
    schema::selection::Document,
};

pub struct Arguments<'a> {
    document: Document<'a>,
    field: &'a Field,
}

impl<'a> Arguments<'a> {
    pub const fn new(document: Document<'a>, field: &'a Field) -> Self {
        Self { document, field }
    }

    pub fn value(&self, name: &str) -> Option<Value> {
        self.document.argument(self.field, name)
    }

    /// The argument as its Rust type; none where it is absent or null.
    pub fn get<T: InputType>(&self, name: &str) -> Result<Option<T>> {
        parse(self.value(name), name)
    }
}

/// A value of a valid document as its Rust type. Scalars may still refuse it: `2026-02-30` is no date.
pub fn parse<T: InputType>(value: Option<Value>, name: &str) -> Result<Option<T>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => T::parse(Some(value)).map(Some).map_err(|error| {
            let reason = error.into_server_error(async_graphql::Pos::default()).message;
            Failure::input(name, reason, format!("Giá trị của {name} không hợp lệ."))
        }),
    }
}
