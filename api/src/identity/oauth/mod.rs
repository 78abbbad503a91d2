//! `POST /oauth/token` (RFC 6749, client credentials): a machine shows a secret or an assertion signed with its own key
//! and gets a token of minutes. What HTTP asks is `http/oauth.rs`.

mod assertion;
mod attempts;
mod issue;

use entity::{client, enums::ClientStatus, ids::ClientId};
use sea_orm::EntityTrait;

use self::assertion::Proven;
use super::{client_keys, secret};
use crate::config::Secret;
use crate::error::{Code, Failure};
use crate::schema::global_id;
use crate::startup::App;

pub use self::attempts::Attempts;
pub(super) use self::issue::{Entry, note};

pub const CLIENT_CREDENTIALS: &str = "client_credentials";
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Fits no secret: an unknown client is answered after the same work as a wrong secret.
const NO_HASH: &str = "-";

/// How a client proves who it is.
pub enum Proof {
    Secret { client_id: String, secret: Secret },
    Assertion { client_id: Option<String>, assertion: String },
}

/// A request for a token, taken apart.
pub struct Call<'a> {
    pub request_id: &'a str,
    /// The address that it comes from.
    pub peer: String,
    pub grant_type: String,
    pub scope: Option<String>,
    pub proof: Proof,
}

/// What is granted.
pub struct Granted {
    pub token: Secret,
    pub seconds: i64,
    /// Codes of the token's roles.
    pub scope: String,
}

/// Why nothing is granted (RFC 6749, section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    InvalidRequest(&'static str),
    /// Unknown, disabled, wrong secret, bad assertion: one answer for all.
    InvalidClient,
    /// A client of the platform's, whose tokens come from the server only; or one whose scope is wider than it may be.
    UnauthorizedClient,
    UnsupportedGrantType,
    InvalidScope,
    /// Too many failed attempts; with the seconds to wait.
    TooManyAttempts(u64),
    /// The client asks more often than its roles may; with the seconds to wait.
    TooManyRequests(i64),
    Unavailable,
    ServerError,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        match failure.code {
            Code::Unavailable | Code::Timeout | Code::Conflict => Self::Unavailable,
            _ => Self::ServerError,
        }
    }
}

/// Grants a token, or says why not.
pub async fn grant(app: &App, call: &Call<'_>) -> Result<Granted, Refused> {
    let claimed = match &call.proof {
        Proof::Secret { client_id, .. } => client_id.clone(),
        Proof::Assertion { client_id, assertion } => {
            assertion::subject(assertion, client_id.as_deref()).ok_or(Refused::InvalidClient)?
        }
    };
    let turn = app.attempts.turn(&call.peer, app.clock.now()).await;
    let found = find(app, &claimed).await?;
    let proven = prove(app, &claimed, &call.proof, found.as_ref()).await;
    drop(turn);
    let granted = match proven {
        Ok((client, assertion)) => issue_to(app, call, client, assertion.as_ref()).await,
        Err(refused) => Err(refused),
    };
    match (granted, &found) {
        (Err(Refused::InvalidClient), _) => Err(failed(app, call, &claimed, found.as_ref()).await),
        (Err(Refused::UnauthorizedClient), Some(client)) => {
            issue::note_refused(app, call, client).await?;
            Err(Refused::UnauthorizedClient)
        }
        (granted, _) => granted,
    }
}

/// What somebody is told who isn't the client. Only such a one is ever made to wait: whoever shows a good proof gets a
/// token, however many bad ones came from the same address. Who must wait leaves no entry: he can't fill the ledger.
async fn failed(app: &App, call: &Call<'_>, claimed: &str, found: Option<&client::Model>) -> Refused {
    if let Some(seconds) = app.attempts.failed(&call.peer, claimed, app.clock.now()) {
        return Refused::TooManyAttempts(seconds);
    }
    match found {
        Some(client) => {
            issue::note_refused(app, call, client).await.map_or_else(Refused::from, |()| Refused::InvalidClient)
        }
        None => Refused::InvalidClient,
    }
}

/// The client that is claimed. An id that isn't one is looked up too, as one that nobody has.
async fn find(app: &App, claimed: &str) -> Result<Option<client::Model>, Refused> {
    let id = global_id::expect("Client", claimed, "client_id").ok();
    let found = client::Entity::find_by_id(ClientId(id.unwrap_or(0))).one(&app.db.connection).await;
    Ok(found.map_err(Failure::from)?)
}

async fn issue_to(
    app: &App,
    call: &Call<'_>,
    client: &client::Model,
    assertion: Option<&Proven>,
) -> Result<Granted, Refused> {
    if call.grant_type != CLIENT_CREDENTIALS {
        return Err(Refused::UnsupportedGrantType);
    }
    issue::issue(app, call, client, assertion).await
}

/// The client, if it is in use and the proof is its own.
async fn prove<'a>(
    app: &App,
    claimed: &str,
    proof: &Proof,
    found: Option<&'a client::Model>,
) -> Result<(&'a client::Model, Option<Proven>), Refused> {
    let active = found.filter(|client| client.status == ClientStatus::Active);
    match proof {
        Proof::Secret { secret: shown, .. } => {
            let hash = found.and_then(|client| client.secret_hash.as_deref()).unwrap_or(NO_HASH);
            let fits = secret::fits(shown.reveal(), hash);
            Ok((active.filter(|_| fits).ok_or(Refused::InvalidClient)?, None))
        }
        Proof::Assertion { assertion, .. } => {
            let client = active.ok_or(Refused::InvalidClient)?;
            let keys = client_keys::of(&app.db, client).await?;
            let proven = assertion::verify(app, claimed, assertion, &keys).ok_or(Refused::InvalidClient)?;
            Ok((client, Some(proven)))
        }
    }
}
