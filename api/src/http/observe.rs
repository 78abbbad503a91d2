//! Around every request: its id, the headers that every answer has, and one line in the log. The line has no body,
//! no address as written and no name of a person.

use std::time::Instant;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use serde::Serialize;
use uuid::Uuid;

use super::held::{Held, SharedPayload};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_REQUEST_ID: usize = 64;

/// Names one request in the answer, the log and the audit ledger.
#[derive(Debug, Clone, Serialize)]
pub struct RequestId(String);

impl RequestId {
    /// The caller's own id if it is harmless, so that a chain of systems can speak of one request; or else a new one.
    fn receive(headers: &HeaderMap) -> Self {
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
        match given.filter(|id| (1..=MAX_REQUEST_ID).contains(&id.len()) && id.bytes().all(harmless)) {
            Some(id) => Self(id.to_owned()),
            None => Self(Uuid::now_v7().to_string()),
        }
    }

    /// The id that [`observe`] gave to a request.
    pub fn of(request: &HttpRequest) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_else(|| Self::receive(request.headers()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of the client that a request was made for, left for the log by the handler that found it out.
#[derive(Debug, Clone, Copy)]
pub struct ObservedClient(pub i64);

/// The outermost middleware.
pub async fn observe(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let id = RequestId::receive(request.headers());
    request.extensions_mut().insert(id.clone());
    let payload = SharedPayload::take(&mut request);
    let mut response = next.call(request).await?;
    finish(response.headers_mut(), &id);
    log(&response, &id, began);
    Ok(response.map_body(|_, body| match payload {
        Some(payload) => EitherBody::right(Held::new(body.boxed(), payload)),
        None => EitherBody::left(body),
    }))
}

fn finish(headers: &mut HeaderMap, id: &RequestId) {
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("frame-ancestors 'none'"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    // Small answers are marked so that they are not compressed; the mark says nothing to the client.
    if headers.get(CONTENT_ENCODING).is_some_and(|coding| coding == "identity") {
        headers.remove(CONTENT_ENCODING);
    }
}

fn log(response: &ServiceResponse<impl MessageBody>, id: &RequestId, began: Instant) {
    let request = response.request();
    let extensions = request.extensions();
    tracing::info!(
        target: "ansinh::access",
        method = %request.method(),
        // The route and not the address, which is the caller's text and could hold anything.
        path = request.match_pattern().as_deref().unwrap_or("(unknown)"),
        status = response.status().as_u16(),
        micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        request_id = id.as_str(),
        client = extensions.get::<ObservedClient>().map(|client| client.0),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(id: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_bytes(id.as_bytes()).unwrap());
        RequestId::receive(&headers).0
    }

    #[test]
    fn a_harmless_id_is_kept() {
        for id in ["7", "trace-1.A_b", &"x".repeat(64)] {
            assert_eq!(received(id), id);
        }
    }

    #[test]
    fn another_id_is_replaced_by_a_new_one() {
        let long = "x".repeat(65);
        for id in ["", "a b", "a;b", "\"", "é", long.as_str()] {
            let new = Uuid::parse_str(&received(id)).unwrap();
            assert_eq!(new.get_version_num(), 7);
        }
        assert_ne!(received(""), received(""));
    }
}
