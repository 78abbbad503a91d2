//! Bearer tokens: JSON Web Tokens signed with ES256. A token proves which client it was given to and nothing more;
//! roles and scope are looked up by `sub` and `jti`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};

use super::keys::{KeyError, KeySet, SigningKeys};
use crate::config::is_loopback;

/// The longest token that is looked at.
pub(super) const MAX_TOKEN_BYTES: usize = 4096;
/// The longest `sub` and `jti`.
pub(super) const MAX_ID_BYTES: usize = 128;
/// How far the clocks of two machines may differ.
pub(super) const LEEWAY_SECONDS: i64 = 30;
/// Tokens remembered as verified. A province has dozens of clients.
const MAX_VERIFIED: usize = 1024;

/// What a token says. Instants are seconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    /// The client's id.
    pub sub: String,
    /// The token's own id, by which it is revoked.
    pub jti: String,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefusal {
    Malformed,
    Expired,
    NotYetValid,
    WrongIssuer,
    WrongAudience,
    UnknownKey,
    BadSignature,
    Revoked,
    ClientDisabled,
    /// An outside issuer signed it, and nobody said which client it means.
    UnknownClient,
    /// An outside issuer gave it more time than its roles may have here.
    LivesTooLong,
    /// Its key isn't known, and its issuer can't be asked at the moment: no word on the token.
    IssuerSilent,
    /// It stands in the request's address, which ends up in logs.
    InAddress,
}

impl TokenRefusal {
    /// The reason in one word, as `error_description` (RFC 6750) and in the log.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::Revoked => "revoked",
            Self::ClientDisabled => "client_disabled",
            Self::UnknownClient => "unknown_client",
            Self::LivesTooLong => "lives_too_long",
            Self::IssuerSilent => "issuer_silent",
            Self::InAddress => "in_address",
        }
    }
}

/// Tokens whose signature and claims held once. Checking a signature costs more than answering a point query, and
/// a client sends the same token for weeks. What changes with time (period, revocation, roles) is never remembered.
#[derive(Default)]
pub(super) struct VerifiedTokens(Mutex<HashMap<String, Arc<Claims>>>);

impl VerifiedTokens {
    fn get(&self, token: &str) -> Option<Arc<Claims>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }

    fn remember(&self, token: &str, claims: &Arc<Claims>) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= MAX_VERIFIED {
            tokens.clear();
        }
        tokens.insert(token.to_owned(), claims.clone());
    }
}

impl SigningKeys {
    /// The claims of a new token of this service, valid from now on.
    pub fn claims(&self, sub: String, jti: String, now: DateTime<Utc>, expires: DateTime<Utc>) -> Claims {
        let now = now.timestamp();
        let (iss, aud) = (self.issuer.clone(), self.audience.clone());
        Claims { iss, aud, sub, jti, iat: now, nbf: now, exp: expires.timestamp() }
    }

    /// The token that says these claims, signed with the key that signs when it is issued.
    pub fn sign(&self, claims: &Claims) -> Result<String, KeyError> {
        let set = self.set();
        let issued = DateTime::from_timestamp(claims.iat, 0).ok_or_else(KeyError::signing)?;
        let key = set.signing(issued).ok_or_else(KeyError::signing)?;
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, claims, &key.signing).map_err(|_| KeyError::signing())
    }

    /// What a token says, if this service signed it and it is in its period. Whether it was revoked, and what its
    /// client may do, is the caller's question.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<Claims>, TokenRefusal> {
        let claims = self.verify_ever(token)?;
        in_period(&claims, now.timestamp())?;
        Ok(claims)
    }

    /// What a token says that this service signed, whether or not it is in its period.
    pub fn signed(&self, token: &str) -> Option<Arc<Claims>> {
        self.verify_ever(token).ok()
    }

    /// Whether our key signed for us. A demo may be started on another port than the command that made the token knew of.
    fn is_own(&self, issuer: &str) -> bool {
        issuer == self.issuer || (is_loopback(&self.issuer) && is_loopback(issuer))
    }

    fn verify_ever(&self, token: &str) -> Result<Arc<Claims>, TokenRefusal> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenRefusal::Malformed);
        }
        // What a key verified is remembered with its set: it goes when the key goes.
        let set = self.set();
        if let Some(claims) = set.verified.get(token) {
            return Ok(claims);
        }
        let claims = Arc::new(self.verify_once(&set, token)?);
        set.verified.remember(token, &claims);
        Ok(claims)
    }

    /// What holds for good: the form, the signature, the issuer, the audience.
    fn verify_once(&self, set: &KeySet, token: &str) -> Result<Claims, TokenRefusal> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenRefusal::Malformed)?;
        // RFC 7515 section 4.1.11: an extension that must be understood, and isn't, voids the token.
        if header.alg != Algorithm::ES256 || header.crit.is_some() {
            return Err(TokenRefusal::Malformed);
        }
        // The id only looks a key up among those of this service; it is never a path or an address.
        let key = header.kid.as_deref().and_then(|kid| set.by_kid(kid)).ok_or(TokenRefusal::UnknownKey)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.verifying, &signature_only(Algorithm::ES256)).map_err(
            |error| match error.kind() {
                ErrorKind::InvalidSignature => TokenRefusal::BadSignature,
                _ => TokenRefusal::Malformed,
            },
        )?;
        let claims = claims.claims;
        if !self.is_own(&claims.iss) {
            return Err(TokenRefusal::WrongIssuer);
        }
        if claims.aud != self.audience {
            return Err(TokenRefusal::WrongAudience);
        }
        if [&claims.sub, &claims.jti].iter().any(|id| id.is_empty() || id.len() > MAX_ID_BYTES) {
            return Err(TokenRefusal::Malformed);
        }
        Ok(claims)
    }
}

/// The library would read the machine's clock, and takes any one of several audiences; both are checked here.
pub(super) fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

fn in_period(claims: &Claims, now: i64) -> Result<(), TokenRefusal> {
    if now.saturating_sub(LEEWAY_SECONDS) >= claims.exp {
        return Err(TokenRefusal::Expired);
    }
    if now.saturating_add(LEEWAY_SECONDS) < claims.nbf.max(claims.iat) {
        return Err(TokenRefusal::NotYetValid);
    }
    Ok(())
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
