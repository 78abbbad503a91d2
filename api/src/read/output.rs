//! What resolvers return: the text of a compiled read under the type that its projection registers.

use std::{
    borrow::Cow,
    marker::PhantomData,
    sync::{Mutex, PoisonError},
};

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, ServerResult, Value, parser::types::Field, registry::Registry,
};

use super::projection::Projection;
use crate::schema::register;

/// Names a projection in Rust's types, so that a resolver's signature says what it answers.
pub trait Projected: Send + Sync + 'static {
    const PROJECTION: &'static Projection;
}

/// A record.
pub struct One<T>(Mutex<Value>, PhantomData<T>);

/// A list of records.
pub struct Many<T>(Mutex<Value>, PhantomData<T>);

/// A page of a list of records.
pub struct Connection<T>(Mutex<Value>, PhantomData<T>);

macro_rules! output {
    ($output:ident, $name:expr, $register:expr) => {
        impl<T> $output<T> {
            pub(super) const fn new(value: Value) -> Self {
                Self(Mutex::new(value), PhantomData)
            }
        }

        impl<T: Projected> OutputType for $output<T> {
            fn type_name() -> Cow<'static, str> {
                let name: fn(&'static Projection) -> Cow<'static, str> = $name;
                name(T::PROJECTION)
            }

            fn create_type_info(registry: &mut Registry) -> String {
                let register: fn(&mut Registry, &'static Projection) = $register;
                register(registry, T::PROJECTION);
                Self::qualified_type_name()
            }

            async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
                // A resolver's answer is asked for once, and may be long.
                Ok(std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)))
            }
        }
    };
}

output!(One, |projection| Cow::Borrowed(projection.name), register::object);
output!(Many, |projection| Cow::Owned(format!("[{}!]", projection.name)), register::object);
output!(Connection, |projection| Cow::Owned(projection.connection()), register::connection);
