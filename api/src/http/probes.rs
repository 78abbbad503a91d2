//! What a supervisor and a partner's token library ask: is the process alive, is the register reachable, which keys
//! sign the tokens. None of it needs a token.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use actix_web::web::Data;

use super::refusal::RETRY_SECONDS;
use crate::startup::App;

/// A database that takes longer than this to answer one word is not ready.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// The process runs. It stays 200 while the database is away: a restart would not bring it back.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "ok" }))
}

/// A round trip to the database.
pub async fn readyz(app: Data<App>) -> HttpResponse {
    match tokio::time::timeout(READY_WITHIN, app.db.ping()).await {
        Ok(Ok(())) => HttpResponse::Ok().json(serde_json::json!({ "status": "ready" })),
        _ => HttpResponse::ServiceUnavailable()
            .insert_header((RETRY_AFTER, RETRY_SECONDS))
            .json(serde_json::json!({ "status": "unavailable" })),
    }
}

/// The public keys, to be kept for five minutes: a new key is published for longer than that before it signs.
pub async fn jwks(app: Data<App>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/jwk-set+json"))
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .body(app.keys.jwks())
}
