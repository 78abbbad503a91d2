//! What is refused before GraphQL begins to somebody who is known: a token that no longer holds, an operation that isn't
//! registered. The attempt is in the ledger before the answer leaves. Who is refused too often in a minute is told to
//! wait and leaves no entry: a stolen token that was revoked can't fill the ledger, nor keep the client's good ones from
//! being answered, for they are counted apart.

use actix_web::{HttpMessage, HttpRequest};
use entity::enums::{AccessDecision, Purpose};

use super::observe::{ObservedClient, RequestId};
use super::purpose;
use super::refusal::{Refusal, TooMany};
use crate::clock;
use crate::config::Limits;
use crate::exchange::ledger::Entry;
use crate::identity::{AuthFailure, Named, token::TokenRefusal};
use crate::startup::App;

/// Refusals of one client that a node notes in a minute.
const MOST: u64 = 60;
/// `operation` of the entry of an operation that its client hasn't registered.
const NOT_REGISTERED: &str = "operation/not_registered";

/// The refusal of a token.
pub async fn token(app: &App, request: &HttpRequest, failure: AuthFailure) -> Refusal {
    match failure {
        AuthFailure::Unavailable => Refusal::Unavailable,
        AuthFailure::Refused(TokenRefusal::IssuerSilent, _) => Refusal::IssuerSilent,
        AuthFailure::Refused(why, None) => Refusal::BadToken(why),
        AuthFailure::Refused(why, Some(named)) => {
            let operation = format!("token/{}", why.reason());
            noted(app, request, named, operation).await.err().unwrap_or(Refusal::BadToken(why))
        }
    }
}

/// The refusal of an operation.
pub async fn operation(app: &App, request: &HttpRequest, named: Named) -> Refusal {
    noted(app, request, named, NOT_REGISTERED.to_owned()).await.err().unwrap_or(Refusal::NotRegistered)
}

/// Notes an attempt; otherwise with the refusal that is to be answered in place of the one that was noted.
async fn noted(app: &App, request: &HttpRequest, named: Named, operation: String) -> Result<(), Refusal> {
    request.extensions_mut().insert(ObservedClient(named.client_id));
    let limits = Limits { requests_per_minute: Some(MOST), ..Limits::default() };
    let counted = app.denials.take_request(named.client_id, &limits, app.clock.now());
    counted.map_err(|(most, seconds)| Refusal::TooMany(TooMany::Denials { most }, seconds))?;
    let entry = entry(app, request, named, operation);
    app.ledger.write(vec![entry]).await.map_err(|_logged| Refusal::Unavailable)
}

fn entry(app: &App, request: &HttpRequest, named: Named, operation: String) -> Entry {
    // What can't be meant is passed over: the request is refused either way.
    let stated = purpose::stated(request.headers()).unwrap_or_default();
    Entry {
        at: clock::to_micros(app.clock.now()),
        request_id: RequestId::of(request).as_str().to_owned(),
        client_id: named.client_id,
        token_id: named.token_id,
        agency_id: named.agency_id,
        roles: named.roles.join(","),
        operation,
        fields: String::new(),
        decision: AccessDecision::Denied.as_str(),
        purpose: stated.purpose.map(Purpose::as_str),
        legal_basis: stated.legal_basis,
        subjects: "{}".to_owned(),
        aimed: None,
    }
}
