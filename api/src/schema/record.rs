//! Before an answer leaves: what it reads of persons goes into the ledger, and what it was refused.

use async_graphql::{PathSegment, Response, ServerError, Value, parser::types::OperationType};
use entity::enums::AccessDecision;

use super::{aims, order::Keys};
use crate::{
    access::{
        Viewer,
        uses::{Noted, Uses},
    },
    error::{Code, Failure, Result},
    exchange::ledger::Entry,
    startup::App,
};

/// Who asked, when, and what ran.
pub struct Asked<'a> {
    pub viewer: Viewer,
    pub request_id: &'a str,
    /// Microseconds.
    pub at: i64,
    pub operation: &'a (OperationType, Keys),
}

/// Writes the entries of an answer. Where that fails nothing of the answer may leave.
pub async fn record(app: &App, asked: Asked<'_>, uses: &Uses, response: &Response) -> Result<()> {
    let changes = asked.operation.0 == OperationType::Mutation;
    for error in &response.errors {
        let Some(PathSegment::Field(root)) = error.path.first() else { continue };
        if is_throttled(error) {
            uses.withheld(root);
        } else if is_refusal(error, changes) {
            uses.refused(root);
        }
    }
    let noted = uses.take();
    if noted.is_empty() {
        return Ok(());
    }
    let entries = noted.into_iter().map(|noted| entry(&asked, noted)).collect();
    app.ledger.write(entries).await.map_err(|failure| match asked.operation.0 {
        OperationType::Mutation => unrecorded_change(failure),
        _ => failure,
    })
}

/// Of a read only what is forbidden: one that finds nothing is recorded as such. What the library refuses has no code yet.
fn is_refusal(error: &ServerError, changes: bool) -> bool {
    let Some(code) = extension(error, "code") else { return false };
    code == Code::Forbidden.as_str() || changes && aims::is_attempt(code)
}

/// Whether more personal numbers were tried than are borne.
fn is_throttled(error: &ServerError) -> bool {
    let limited = extension(error, "code") == Some(Code::LimitExceeded.as_str());
    limited && extension(error, "field").is_some_and(aims::is_numbers)
}

fn extension<'e>(error: &'e ServerError, name: &str) -> Option<&'e str> {
    match error.extensions.as_ref().and_then(|extensions| extensions.get(name)) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn entry(asked: &Asked<'_>, noted: Noted) -> Entry {
    let viewer = &asked.viewer;
    let decision = if noted.denied { AccessDecision::Denied } else { AccessDecision::Allowed };
    Entry {
        at: asked.at,
        request_id: asked.request_id.to_owned(),
        client_id: viewer.client_id,
        token_id: Some(viewer.token_id),
        agency_id: viewer.agency_id,
        roles: viewer.roles.join(","),
        operation: asked.operation.1.field(&noted.root).unwrap_or(&noted.root).to_owned(),
        fields: noted.fields,
        decision: decision.as_str(),
        purpose: viewer.stated.purpose.map(entity::enums::Purpose::as_str),
        legal_basis: viewer.stated.legal_basis.clone(),
        subjects: noted.subjects,
        aimed: noted.aimed,
    }
}

/// What a mutation wrote is committed with its own entries; only reading it for the answer is not.
fn unrecorded_change(failure: Failure) -> Failure {
    Failure::new(
        failure.code,
        "What was written can't be shown, as the ledger of accesses can't be written at the moment. Read the record before \
         you repeat the change, or repeat it with the same idempotencyKey.",
        "Thay đổi có thể đã được ghi nhưng không hiển thị được vì hiện không ghi được nhật ký truy cập. Hãy đọc lại bản \
         ghi trước khi gửi lại, hoặc gửi lại với cùng idempotencyKey.",
    )
}
