//! Assertions by which a client shows who it is (RFC 7523, section 3): signed with a key that only the agency has, for
//! this service, for minutes, and used once.

use jsonwebtoken::dangerous::insecure_decode;
use serde::Deserialize;

use crate::identity::jwk::{self, PublicKey};
use crate::identity::token::{LEEWAY_SECONDS, MAX_ID_BYTES, MAX_TOKEN_BYTES};
use crate::startup::App;

/// The longest life of an assertion, in seconds: its use is remembered for as long.
const LONGEST_LIFE: i64 = 600;
/// Where tokens are asked for, below the issuer's address.
pub const TOKEN_PATH: &str = "/oauth/token";

/// An assertion that holds; whether it is its first use is the database's to say.
pub struct Proven {
    pub jti: String,
    /// Seconds since the Unix epoch.
    pub expires: i64,
}

#[derive(Clone, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    jti: String,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Clone, Deserialize)]
struct Subject {
    sub: String,
}

/// The client that an assertion speaks of, before anything of it is believed. A `client_id` beside it must be the same.
pub fn subject(assertion: &str, client_id: Option<&str>) -> Option<String> {
    jwk::header(assertion, MAX_TOKEN_BYTES).ok()?;
    let sub = insecure_decode::<Subject>(assertion).ok()?.claims.sub;
    let same = client_id.is_none_or(|given| given == sub);
    (same && sub.len() <= MAX_ID_BYTES).then_some(sub)
}

/// Checks an assertion of a client against its keys.
pub fn verify(app: &App, client_id: &str, assertion: &str, keys: &[PublicKey]) -> Option<Proven> {
    let header = jwk::header(assertion, MAX_TOKEN_BYTES).ok()?;
    let key = match (&header.kid, keys) {
        (Some(kid), _) => keys.iter().find(|key| key.kid == *kid)?,
        (None, [only]) => only,
        (None, _) => return None,
    };
    let claims: Claims = key.verify(assertion, &header).ok()?;
    let (own, now) = (&app.config.issuer, app.clock.now().timestamp());
    let endpoint = format!("{}{TOKEN_PATH}", own.trim_end_matches('/'));
    let meant = |audience: &String| audience == own || *audience == endpoint;
    let for_us = match &claims.aud {
        Audience::One(audience) => meant(audience),
        Audience::Many(audiences) => audiences.iter().any(meant),
    };
    let begun = claims.nbf.max(claims.iat).is_none_or(|from| from <= now.saturating_add(LEEWAY_SECONDS));
    let running = claims.exp > now.saturating_sub(LEEWAY_SECONDS)
        && claims.exp <= now.saturating_add(LONGEST_LIFE).saturating_add(LEEWAY_SECONDS);
    let named = claims.iss == client_id && claims.sub == client_id;
    let unique = (1..=MAX_ID_BYTES).contains(&claims.jti.len());
    (for_us && begun && running && named && unique).then_some(Proven { jti: claims.jti, expires: claims.exp })
}
