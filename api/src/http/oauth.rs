//! `POST /oauth/token` and its metadata: what RFC 6749 asks of the request's form, and the answers of its section 5.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::body;
use super::observe::RequestId;
use super::refusal::{RETRY_SECONDS, Refusal};
use crate::config::{Limits, Secret};
use crate::identity::oauth::{self, CLIENT_CREDENTIALS, Call, Granted, JWT_BEARER, Proof, Refused};
use crate::startup::App;

const TOKEN_PATH: &str = "/oauth/token";
/// A form holds an assertion and little else.
const FORM_BYTES: usize = 16_384;

pub async fn token(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    answer(ask(&app, &request, payload).await)
}

async fn ask(app: &App, request: &HttpRequest, payload: Payload) -> Result<Granted, Refused> {
    if !request.query_string().is_empty() {
        return Err(Refused::InvalidRequest("parameters belong into the body"));
    }
    let essence = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()?.split(';').next());
    if !essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
        return Err(Refused::InvalidRequest("the body must be application/x-www-form-urlencoded"));
    }
    let limits = Limits { body_bytes: FORM_BYTES, ..app.config.limits };
    let unread = |_: Refusal| Refused::InvalidRequest("the body can't be read");
    let body = body::read(request.headers(), payload, limits).await.map_err(unread)?;
    let mut form = Form::parse(&body)?;
    let grant_type = form.take("grant_type").ok_or(Refused::InvalidRequest("grant_type is missing"))?;
    let proof = proof(request.headers(), &mut form)?;
    let id = RequestId::of(request);
    let peer = request.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default();
    let call = Call { request_id: id.as_str(), peer, grant_type, scope: form.take("scope"), proof };
    oauth::grant(app, &call).await
}

/// The parameters of a form. One without a value is as absent (RFC 6749, section 3.2); none may come twice.
struct Form(Vec<(String, String)>);

impl Form {
    fn parse(body: &[u8]) -> Result<Self, Refused> {
        let text = std::str::from_utf8(body).map_err(|_| Refused::InvalidRequest("the body is not valid UTF-8"))?;
        let pairs = Query::<Vec<(String, String)>>::from_query(text)
            .map_err(|_| Refused::InvalidRequest("the body is not a form"))?
            .into_inner();
        let mut names: Vec<_> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|two| two.first() == two.last()) {
            return Err(Refused::InvalidRequest("a parameter comes twice"));
        }
        Ok(Self(pairs))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(known, value)| known == name && !value.is_empty())?;
        Some(self.0.swap_remove(place).1)
    }
}

/// The one way in which a client shows who it is.
fn proof(headers: &HeaderMap, form: &mut Form) -> Result<Proof, Refused> {
    let (client_id, secret) = (form.take("client_id"), form.take("client_secret"));
    let (assertion, kind) = (form.take("client_assertion"), form.take("client_assertion_type"));
    let mut values = headers.get_all(AUTHORIZATION);
    match (values.next(), secret, assertion) {
        (Some(value), None, None) if values.next().is_none() => {
            let (user, secret) = value.to_str().ok().and_then(basic).ok_or(Refused::InvalidClient)?;
            if client_id.is_some_and(|client_id| client_id != user) {
                return Err(Refused::InvalidRequest("client_id differs from that of the header"));
            }
            Ok(Proof::Secret { client_id: user, secret: Secret::new(secret) })
        }
        (None, Some(secret), None) => {
            let client_id = client_id.ok_or(Refused::InvalidRequest("client_id is missing"))?;
            Ok(Proof::Secret { client_id, secret: Secret::new(secret) })
        }
        (None, None, Some(assertion)) => {
            if kind.as_deref() != Some(JWT_BEARER) {
                return Err(Refused::InvalidRequest("client_assertion_type is not that of a JWT"));
            }
            Ok(Proof::Assertion { client_id, assertion })
        }
        (None, None, None) => Err(Refused::InvalidClient),
        _ => Err(Refused::InvalidRequest("the client authenticates in two ways")),
    }
}

/// RFC 6749, section 2.3.1: both parts are form-encoded before they become user and password.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, secret) = text.split_once(':')?;
    Some((decoded(user)?, decoded(secret)?))
}

fn decoded(text: &str) -> Option<String> {
    let pairs = Query::<Vec<(String, String)>>::from_query(&format!("v={text}")).ok()?.into_inner();
    match <[_; 1]>::try_from(pairs) {
        Ok([(_, value)]) => Some(value),
        Err(_) => None,
    }
}

fn answer(outcome: Result<Granted, Refused>) -> HttpResponse {
    let refused = match outcome {
        Ok(granted) => {
            return sent(
                StatusCode::OK,
                &json!({ "access_token": granted.token.reveal(), "token_type": "Bearer", "expires_in": granted.seconds,
                         "scope": granted.scope }),
                None,
            );
        }
        Err(refused) => refused,
    };
    let (status, error, description) = match refused {
        Refused::InvalidRequest(why) => (StatusCode::BAD_REQUEST, "invalid_request", why),
        Refused::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client", "the client is not authenticated"),
        Refused::UnauthorizedClient => {
            (StatusCode::BAD_REQUEST, "unauthorized_client", "a client of the platform's, or of too wide a scope")
        }
        Refused::UnsupportedGrantType => {
            (StatusCode::BAD_REQUEST, "unsupported_grant_type", "only client_credentials is granted")
        }
        Refused::InvalidScope => (StatusCode::BAD_REQUEST, "invalid_scope", "the client doesn't hold these roles"),
        Refused::TooManyAttempts(_) => {
            (StatusCode::TOO_MANY_REQUESTS, "invalid_client", "too many failed attempts; wait")
        }
        Refused::TooManyRequests(_) => {
            (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", "this client asks too often; wait")
        }
        Refused::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "the register cannot be reached")
        }
        Refused::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "the service failed"),
    };
    let wait = match refused {
        Refused::TooManyAttempts(seconds) => Some(seconds.to_string()),
        Refused::TooManyRequests(seconds) => Some(seconds.to_string()),
        Refused::Unavailable => Some(RETRY_SECONDS.to_owned()),
        _ => None,
    };
    sent(status, &json!({ "error": error, "error_description": description }), wait)
}

fn sent(status: StatusCode, body: &Value, wait: Option<String>) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache"));
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header((WWW_AUTHENTICATE, r#"Basic realm="ansinh", charset="UTF-8""#));
    }
    if let Some(wait) = wait {
        response.insert_header((RETRY_AFTER, wait));
    }
    response.json(body)
}

/// RFC 8414. The addresses are below the issuer's.
pub async fn metadata(app: Data<App>) -> HttpResponse {
    let issuer = app.config.issuer.as_str();
    let base = issuer.trim_end_matches('/');
    HttpResponse::Ok().json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{base}{TOKEN_PATH}"),
        "jwks_uri": format!("{base}/.well-known/jwks.json"),
        "response_types_supported": [],
        "grant_types_supported": [CLIENT_CREDENTIALS],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "RS256", "PS256"],
    }))
}
