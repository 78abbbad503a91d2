//! Whether a document could be run, without running it: for documents that are registered.

use std::sync::{Arc, LazyLock};

use async_graphql::{
    EmptySubscription, Response, Value,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
    parser::{parse_query, types::DocumentOperations},
};

use super::{Guarded, Schema, document};
use crate::{
    config::Limits,
    error::{Code, Failure, Result},
};

/// Ends a request after its validation.
struct Unrun;

impl ExtensionFactory for Unrun {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for Unrun {
    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        Response::new(Value::Null)
    }
}

/// A schema of its own, so that running documents is not slowed by the extension.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let schema = Schema::build(Guarded::default(), Guarded::default(), EmptySubscription);
    schema.disable_suggestions().extension(Unrun).finish()
});

/// Refuses a document that is beyond the limits or not valid; tells the name of its operation, if it has one with a
/// name. What depends on variables, cost among it, is asked when it runs.
pub async fn check(text: &str, limits: &Limits) -> Result<Option<String>> {
    document::limit_text(text, limits)?;
    let document = match parse_query(text) {
        Ok(document) => document,
        Err(error) if document::is_too_deep(&error) => return Err(document::too_deep(limits)),
        Err(error) => return Err(invalid(&async_graphql::ServerError::from(error).message)),
    };
    document::limit(&document, limits)?;
    let (name, any) = match &document.operations {
        DocumentOperations::Single(_) => (None, None),
        DocumentOperations::Multiple(operations) => {
            let first = operations.keys().min().map(ToString::to_string);
            (first.clone().filter(|_| operations.len() == 1), first)
        }
    };
    let mut request = async_graphql::Request::new(text);
    request.operation_name = any;
    request.set_parsed_query(document);
    let response = SCHEMA.execute(request).await;
    match response.errors.first() {
        Some(error) => Err(invalid(&error.message)),
        None => Ok(name),
    }
}

fn invalid(why: &str) -> Failure {
    let message = format!("The document is not valid: {why}");
    Failure::new(Code::BadUserInput, message, format!("Tài liệu không hợp lệ: {why}"))
}
