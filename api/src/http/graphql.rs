//! `POST /graphql`, after the GraphQL-over-HTTP specification: negotiate, authenticate, read, execute, answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use actix_web::web::{Data, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use async_graphql::{ErrorExtensions, Response, ServerError};
use futures_util::FutureExt;

use super::observe::{ObservedClient, RequestId};
use super::refusal::{Refusal, TooMany};
use super::respond::Outgoing;
use super::{bearer, body, denied, negotiate, purpose, respond, trusted};
use crate::access::Viewer;
use crate::config::Limits;
use crate::db::{Places, Room};
use crate::error::{Code, Failure};
use crate::identity::{self, AuthFailure, Named};
use crate::request::{LookUp, Request};
use crate::schema;
use crate::startup::App;

/// Seconds after which one whose requests were too many at once may ask again.
const WORTH_WAITING: i64 = 1;

/// Who asks, and what that one may.
struct Asker {
    viewer: Viewer,
    limits: Limits,
}

pub async fn post(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    // Large, and handed on by several layers: they move a box instead.
    Box::pin(handle(app, request, payload)).await
}

async fn handle(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let Some(media) = negotiate::accepted(request.headers()) else {
        return Refusal::NotAcceptable.answer(negotiate::Media::Json, &request);
    };
    let asker = match admit(&app, &request).await {
        Ok(asker) => asker,
        Err(refusal) => return refusal.answer(media, &request),
    };
    let (client, limits) = (asker.viewer.client_id, asker.limits);
    let mut answer = match answer(&app, &request, payload, asker).await {
        Ok(outgoing) => respond::respond(outgoing, media),
        Err(refusal) => refusal.answer(media, &request),
    };
    app.rates.tell(client, &limits, app.clock.now(), answer.headers_mut());
    answer
}

/// The body of one who may not ask is not read.
async fn admit(app: &App, request: &HttpRequest) -> Result<Asker, Refusal> {
    if !negotiate::speaks_json(request.headers()) {
        return Err(Refusal::UnsupportedMediaType);
    }
    bearer::none_in_address(request.query_string())?;
    let token = bearer::token(request.headers())?;
    let viewer = match identity::authenticate(app, token).await {
        Ok(viewer) => viewer,
        Err(failure) => return Err(denied::token(app, request, failure).await),
    };
    request.extensions_mut().insert(ObservedClient(viewer.client_id));
    let viewer = viewer.stating(purpose::stated(request.headers())?);
    let limits = app.config.limits_of(&viewer.roles);
    Ok(Asker { viewer, limits })
}

/// Everything that must hold before GraphQL begins, what costs least first; then GraphQL.
async fn answer(app: &App, request: &HttpRequest, payload: Payload, asker: Asker) -> Result<Outgoing, Refusal> {
    let (Asker { viewer, limits }, admitted) = (asker, Instant::now());
    let client = viewer.client_id;
    app.rates.request(client, &limits, app.clock.now())?;
    let body = body::read(request.headers(), payload, limits).await?;
    let graphql = match trusted::settle(app, &viewer, body::parse(&body)?).await {
        Err(Refusal::NotRegistered) => return Err(denied::operation(app, request, Named::from(&viewer)).await),
        settled => settled?,
    };
    let operation = match catch_unwind(AssertUnwindSafe(|| schema::prepare(&app.parsed, graphql, &limits))) {
        Ok(Ok(operation)) => operation,
        Ok(Err(refused)) => return Ok((*refused).into()),
        Err(_panic) => return Ok(failed(panicked(), &RequestId::of(request)).into()),
    };
    app.rates.spend(client, &limits, app.clock.now(), operation.cost.total)?;
    let (places, room) = turn(app, client, limits, operation.cost.bytes()).await?;
    // The body and the turn may have taken their time, in which rights may have gone.
    let viewer = if admitted.elapsed() < identity::FRESH { viewer } else { admit(app, request).await?.viewer };
    let id = RequestId::of(request);
    let look_up = operation.changes().then(|| look_up(app, request, &viewer)).transpose()?;
    let within = request_of(app, viewer, &id).within(limits, places, room.clone(), app);
    let within = match look_up {
        Some(look_up) => within.looking_up(look_up),
        None => within,
    };
    let response = execute(app, within, &id, operation).await;
    Ok(Outgoing { response, room, time: limits.request_time })
}

/// A place at the database and room for an answer that usually has so many bytes. Half of the time is for the work.
async fn turn(app: &App, client: i64, limits: Limits, bytes: usize) -> Result<(Places, Arc<Room>), Refusal> {
    let (began, time) = (Instant::now(), limits.request_time / 2);
    let busy = |what| Refusal::TooMany(what, WORTH_WAITING);
    let places = app.places.enter(client, limits.concurrency, time);
    let places = places.await.map_err(|_| busy(TooMany::Waiting { most: limits.concurrency }))?;
    let room = places.room(bytes, limits.answer_bytes, time.saturating_sub(began.elapsed()));
    let room = room.await.map_err(|_| busy(TooMany::Bytes))?;
    Ok((places, Arc::new(room)))
}

/// Looks the caller up again, while its changes run.
fn look_up(app: &App, request: &HttpRequest, viewer: &Viewer) -> Result<LookUp, Refusal> {
    let (app, token, stated) = (app.clone(), bearer::token(request.headers())?.to_owned(), viewer.stated.clone());
    Ok(Box::new(move || {
        let (app, token, stated) = (app.clone(), token.clone(), stated.clone());
        Box::pin(async move {
            let viewer = identity::authenticate(&app, &token).await.map_err(gone)?;
            Ok(viewer.stating(stated))
        })
    }))
}

/// For who was known when the document began.
fn gone(failure: AuthFailure) -> Failure {
    match failure {
        AuthFailure::Refused(why, _) => Failure::new(
            Code::Unauthenticated,
            format!("The token was refused while the document ran ({}). What came before is done.", why.reason()),
            "Token không còn hiệu lực trong khi xử lý. Các thao tác trước đó đã được ghi.",
        ),
        AuthFailure::Unavailable => Failure::unavailable(),
    }
}

fn request_of(app: &App, viewer: Viewer, id: &RequestId) -> Request {
    let (db, catalog) = (app.db.clone(), app.catalog.clone());
    Request::new(id.as_str().to_owned(), viewer, db, catalog, app.clock.now(), &app.config)
}

/// Executes within the time of a request. A panic ends this request with INTERNAL and no other.
async fn execute(app: &App, request: Request, id: &RequestId, operation: schema::Prepared) -> Response {
    let time = request.limits.request_time;
    let work = AssertUnwindSafe(schema::execute(app, request, operation)).catch_unwind();
    match tokio::time::timeout(time, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => failed(panicked(), id),
        Err(_elapsed) => failed(too_slow(), id),
    }
}

fn panicked() -> Failure {
    Failure::internal("a request panicked")
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
