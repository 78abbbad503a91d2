//! Which document a request means: its text, or the digest of one that its client has registered, as the appendix on
//! persisted documents of GraphQL over HTTP says (`documentId`) or as Apollo's clients do
//! (`extensions.persistedQuery`). A client that is bound to its registered documents gets no other one past here.

use async_graphql::{Request, Value};

use super::body::Asked;
use super::refusal::Refusal;
use crate::access::Viewer;
use crate::operations::Digest;
use crate::startup::App;

/// The request with the text of its document.
pub async fn settle(app: &App, viewer: &Viewer, asked: Asked) -> Result<Request, Refusal> {
    let Asked { mut request, document_id } = asked;
    let named = digest(document_id.as_deref(), &request)?;
    let Some(digest) = named.or_else(|| viewer.registered_only.then(|| Digest::of(&request.query))) else {
        return Ok(request);
    };
    if named.is_some() && !request.query.is_empty() {
        if Digest::of(&request.query) != digest {
            return Err(Refusal::OtherDocument);
        }
        if !viewer.registered_only {
            return Ok(request);
        }
    }
    let found = app.operations.find(&app.db, &*app.clock, viewer.client_id, digest).await;
    match found.map_err(|_logged| Refusal::Unavailable)? {
        Some(document) => {
            if request.query.is_empty() {
                request.query = document.as_ref().to_owned();
            }
            Ok(request)
        }
        None if viewer.registered_only => Err(Refusal::NotRegistered),
        None => Err(Refusal::UnknownDocument),
    }
}

/// The digest that a request names, in one way or in both.
fn digest(document_id: Option<&str>, request: &Request) -> Result<Option<Digest>, Refusal> {
    let prefixed = document_id.map(|id| id.strip_prefix("sha256:").and_then(Digest::parse).ok_or(Refusal::NoDigest));
    let persisted = request.extensions.get("persistedQuery").map(|value| match value {
        Value::Object(entries) if entries.get("version") == Some(&Value::from(1)) => match entries.get("sha256Hash") {
            Some(Value::String(hash)) => Digest::parse(hash).ok_or(Refusal::NoDigest),
            _ => Err(Refusal::NoDigest),
        },
        _ => Err(Refusal::NoDigest),
    });
    match (prefixed.transpose()?, persisted.transpose()?) {
        (Some(one), Some(other)) if one != other => Err(Refusal::OtherDocument),
        (one, other) => Ok(one.or(other)),
    }
}
