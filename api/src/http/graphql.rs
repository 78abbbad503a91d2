//! `POST /graphql`, after the GraphQL-over-HTTP specification: negotiate, authenticate, read, execute, answer.

use std::panic::AssertUnwindSafe;

use actix_web::web::{Data, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use async_graphql::{ErrorExtensions, Request, Response, ServerError};
use futures_util::FutureExt;

use super::observe::{ObservedClient, RequestId};
use super::refusal::Refusal;
use super::{bearer, body, negotiate, purpose, respond};
use crate::access::Viewer;
use crate::error::{Code, Failure};
use crate::identity::{self, AuthFailure};
use crate::schema;
use crate::startup::App;

pub async fn post(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let Some(media) = negotiate::accepted(request.headers()) else {
        return Refusal::NotAcceptable.answer(negotiate::Media::Json, &request);
    };
    match receive(&app, &request, payload).await {
        Ok((viewer, graphql)) => {
            let id = RequestId::of(&request);
            respond::respond(&execute(&app, viewer, &id, graphql).await, media)
        }
        Err(refusal) => refusal.answer(media, &request),
    }
}

/// Everything that must hold before GraphQL begins. The body of one who may not ask is not read.
async fn receive(app: &App, request: &HttpRequest, payload: Payload) -> Result<(Viewer, Request), Refusal> {
    if !negotiate::speaks_json(request.headers()) {
        return Err(Refusal::UnsupportedMediaType);
    }
    bearer::none_in_address(request.query_string())?;
    let token = bearer::token(request.headers())?;
    let viewer = identity::authenticate(app, token).await.map_err(|failure| match failure {
        AuthFailure::Refused(refusal) => Refusal::BadToken(refusal),
        AuthFailure::Unavailable => Refusal::Unavailable,
    })?;
    request.extensions_mut().insert(ObservedClient(viewer.client_id));
    let viewer = viewer.stating(purpose::stated(request.headers())?);
    let body = body::read(request.headers(), payload, app.config.limits).await?;
    Ok((viewer, body::parse(&body)?))
}

/// Executes within the time of a request. A panic ends this request with INTERNAL and no other.
async fn execute(app: &App, viewer: Viewer, id: &RequestId, request: Request) -> Response {
    let work = AssertUnwindSafe(schema::execute(app, viewer, id.as_str(), request)).catch_unwind();
    match tokio::time::timeout(app.config.limits.request_time, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => failed(Failure::internal("a request panicked"), id),
        Err(_elapsed) => failed(too_slow(), id),
    }
}

/// The work was cut off wherever it stood, at worst while the database was confirming it.
fn too_slow() -> Failure {
    Failure::new(
        Code::Timeout,
        "The request took too long and was stopped. If it was a change, read the record before you repeat it, or repeat \
         it with the same idempotencyKey.",
        "Yêu cầu xử lý quá lâu nên đã dừng. Nếu là thao tác ghi, hãy đọc lại bản ghi trước khi gửi lại, hoặc gửi lại với \
         cùng idempotencyKey.",
    )
}

/// A failure of the request as a whole: it has no place in the document.
fn failed(failure: Failure, id: &RequestId) -> Response {
    let error = async_graphql::Error::from(failure).extend_with(|_, entries| entries.set("requestId", id.as_str()));
    let mut failed = ServerError::new(error.message, None);
    failed.extensions = error.extensions;
    Response::from_errors(vec![failed])
}
