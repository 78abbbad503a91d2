//! Tokens of outside issuers: their public keys, fetched and kept, and what their claims say. Whom they mean here, and
//! what that client may do, is the database's to say.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::Header;
use jsonwebtoken::dangerous::insecure_decode_claims;
use reqwest::{Client, redirect};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::issuing::OUTSIDE;
use super::jwk::{self, PublicKey};
use super::token::{LEEWAY_SECONDS, MAX_ID_BYTES, TokenRefusal};
use crate::config::Issuer;

/// The longest token that is looked at: theirs say more than ours.
const MAX_BYTES: usize = 8_192;
/// Seconds after which keys are fetched anew, and until which they are kept when that fails.
const FRESH: i64 = 600;
const KEPT: i64 = 3_600;
/// Seconds between two fetches, whatever unknown key ids come along.
const FETCH_EVERY: i64 = 10;
const FETCH_WITHIN: Duration = Duration::from_secs(5);
/// Bytes and keys of a set.
const MAX_SET_BYTES: usize = 262_144;
const MAX_KEYS: usize = 100;

/// The configured issuers.
pub struct Issuers(Vec<Outside>);

struct Outside {
    config: Issuer,
    client: Client,
    kept: Mutex<Kept>,
    /// One fetch at a time.
    fetching: tokio::sync::Mutex<()>,
}

/// Keys, when they were fetched and when it was last tried. Seconds since the Unix epoch.
#[derive(Clone)]
struct Kept {
    keys: Arc<Vec<PublicKey>>,
    fetched: i64,
    tried: i64,
}

/// Whom a token of theirs speaks of.
pub struct Signed {
    pub issuer: String,
    /// The system that asks, by their name.
    pub subject: String,
    /// Names the token: the hash of what was signed.
    pub jti: String,
}

/// A token of theirs that doesn't hold; with whom it speaks of where they signed it.
pub struct Unfit {
    pub why: TokenRefusal,
    pub signed: Option<Signed>,
}

impl From<TokenRefusal> for Unfit {
    fn from(why: TokenRefusal) -> Self {
        Self { why, signed: None }
    }
}

/// What a token of theirs says, in our words.
pub struct Introduced {
    signed: Signed,
    /// Codes of our roles.
    pub roles: Vec<String>,
    /// Code of the unit that narrows the client's scope.
    pub unit: Option<String>,
    /// Seconds since the Unix epoch.
    expires: i64,
    issued: Option<i64>,
}

impl Deref for Introduced {
    type Target = Signed;

    fn deref(&self) -> &Signed {
        &self.signed
    }
}

impl Introduced {
    /// When it ends; none where that is further ahead than a token of these roles may live: from when it was made, or
    /// from now where it doesn't say.
    pub fn expires(&self, longest: TimeDelta, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let life = self.expires.saturating_sub(self.issued.unwrap_or(now.timestamp()));
        let end = DateTime::from_timestamp(self.expires, 0);
        end.filter(|_| life <= longest.num_seconds())
    }
}

#[derive(Deserialize)]
struct Named {
    iss: String,
}

impl Issuers {
    pub fn new(configs: &[Issuer]) -> Result<Self, reqwest::Error> {
        let outside = configs.iter().map(|config| {
            let client = Client::builder().redirect(redirect::Policy::none()).timeout(FETCH_WITHIN).build()?;
            let kept = Kept { keys: Arc::default(), fetched: i64::MIN, tried: i64::MIN };
            Ok(Outside {
                config: config.clone(),
                client,
                kept: Mutex::new(kept),
                fetching: tokio::sync::Mutex::default(),
            })
        });
        outside.collect::<Result<_, _>>().map(Self)
    }

    /// What a token says, where it names one of the issuers; none otherwise.
    pub async fn verify(&self, token: &str, now: i64) -> Option<Result<Introduced, Unfit>> {
        if self.0.is_empty() || token.len() > MAX_BYTES {
            return None;
        }
        // Not believed yet: it only says whose keys are to be tried.
        let named = insecure_decode_claims::<Named>(token).ok()?.iss;
        let outside = self.0.iter().find(|outside| outside.config.issuer == named)?;
        Some(outside.verify(token, now).await)
    }
}

impl Outside {
    async fn verify(&self, token: &str, now: i64) -> Result<Introduced, Unfit> {
        let header = jwk::header(token, MAX_BYTES)?;
        let key = self.key(&header, now).await?;
        let claims: Map<String, Value> = key.verify(token, &header)?;
        let signed = self.signed(token, &claims).ok_or(TokenRefusal::UnknownClient);
        let checked = self.check(&claims, now).and(signed);
        let introduced = checked.and_then(|signed| self.introduce(signed, &claims));
        introduced.map_err(|why| Unfit { why, signed: self.signed(token, &claims) })
    }

    /// The key of this name. Where the issuer can't be asked for it, that is not the token's fault.
    async fn key(&self, header: &Header, now: i64) -> Result<PublicKey, TokenRefusal> {
        let kid = header.kid.as_deref().ok_or(TokenRefusal::UnknownKey)?;
        let kept = self.kept();
        let known = kept.find(kid, now);
        let age = now.saturating_sub(kept.fetched);
        if let Some(known) = known.as_ref().filter(|_| age < FRESH) {
            return Ok(known.clone());
        }
        // While somebody fetches, a known key serves on; an unknown one may be in what comes.
        let turn = match &known {
            Some(_) => self.fetching.try_lock().ok(),
            None => Some(self.fetching.lock().await),
        };
        if turn.is_some() && now.saturating_sub(self.kept().tried) >= FETCH_EVERY {
            self.fetch(now).await;
        }
        let kept = self.kept();
        kept.find(kid, now).ok_or(if kept.failed() { TokenRefusal::IssuerSilent } else { TokenRefusal::UnknownKey })
    }

    fn kept(&self) -> Kept {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fetch(&self, now: i64) {
        let fetched = self.download().await;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.tried = now;
        match fetched {
            Ok(keys) => {
                kept.keys = Arc::new(keys);
                kept.fetched = now;
            }
            Err(why) => tracing::warn!(issuer = %self.config.issuer, why, "the keys of an issuer were not fetched"),
        }
    }

    /// The set of keys. Those of kinds that we don't take are passed over.
    async fn download(&self) -> Result<Vec<PublicKey>, &'static str> {
        let sent = self.client.get(&self.config.jwks_uri).header("accept", "application/json").send().await;
        let mut response = sent.map_err(|_| "no answer")?;
        if response.status() != reqwest::StatusCode::OK {
            return Err("the status is not 200");
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| "the answer broke off")? {
            if body.len().saturating_add(chunk.len()) > MAX_SET_BYTES {
                return Err("the set is too long");
            }
            body.extend_from_slice(&chunk);
        }
        let set: Value = serde_json::from_slice(&body).map_err(|_| "the answer is not JSON")?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or("the answer is no set of keys")?;
        Ok(keys.iter().take(MAX_KEYS).filter_map(|key| PublicKey::parse(key).ok()).collect())
    }

    fn check(&self, claims: &Map<String, Value>, now: i64) -> Result<(), TokenRefusal> {
        let seconds =
            |name: &str| claims.get(name).map(|value| value.as_i64().ok_or(TokenRefusal::Malformed)).transpose();
        if text(claims, "iss") != Some(&self.config.issuer) {
            return Err(TokenRefusal::WrongIssuer);
        }
        let ours = |audience: &Value| audience.as_str() == Some(&self.config.audience);
        let meant = match claims.get("aud") {
            Some(Value::Array(audiences)) => audiences.iter().any(ours),
            Some(audience) => ours(audience),
            None => false,
        };
        if !meant {
            return Err(TokenRefusal::WrongAudience);
        }
        if seconds("exp")?.ok_or(TokenRefusal::Malformed)? <= now.saturating_sub(LEEWAY_SECONDS) {
            return Err(TokenRefusal::Expired);
        }
        if seconds("nbf")?.max(seconds("iat")?).is_some_and(|from| from > now.saturating_add(LEEWAY_SECONDS)) {
            return Err(TokenRefusal::NotYetValid);
        }
        Ok(())
    }

    /// Whom the claims of a token speak of.
    fn signed(&self, token: &str, claims: &Map<String, Value>) -> Option<Signed> {
        let subject = text(claims, &self.config.client_claim)?;
        // Without the signature: that of an elliptic curve can be written in two ways.
        let said = token.rsplit_once('.').map_or(token, |(said, _)| said);
        let hash = Sha256::digest(format!("{}\n{said}", self.config.issuer));
        (1..=MAX_ID_BYTES).contains(&subject.len()).then(|| Signed {
            issuer: self.config.issuer.clone(),
            subject: subject.to_owned(),
            jti: format!("{OUTSIDE}{}", URL_SAFE_NO_PAD.encode(hash)),
        })
    }

    fn introduce(&self, signed: Signed, claims: &Map<String, Value>) -> Result<Introduced, TokenRefusal> {
        let mut place = None;
        for (depth, name) in self.config.roles_claim.split('.').enumerate() {
            place = if depth == 0 { claims.get(name) } else { place.and_then(|inner: &Value| inner.get(name)) };
        }
        let theirs = place.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let roles = theirs.iter().filter_map(|role| self.config.roles.get(role.as_str()?).cloned()).collect();
        let unit = match &self.config.scope_claim {
            None => None,
            // A token that should say where and doesn't is not one for everywhere.
            Some(claim) => Some(text(claims, claim).ok_or(TokenRefusal::Malformed)?.to_owned()),
        };
        Ok(Introduced {
            signed,
            roles,
            unit,
            expires: claims.get("exp").and_then(Value::as_i64).unwrap_or_default(),
            issued: claims.get("iat").and_then(Value::as_i64),
        })
    }
}

impl Kept {
    /// Whether the last fetch brought nothing.
    fn failed(&self) -> bool {
        self.tried > self.fetched
    }

    fn find(&self, kid: &str, now: i64) -> Option<PublicKey> {
        let usable = now.saturating_sub(self.fetched) < KEPT;
        self.keys.iter().find(|key| usable && key.kid == kid).cloned()
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}
