//! Clients, roles and tokens: the life of each, and what an attacker tries who holds one end.

mod attacks;
mod built_in;
mod clients;
mod command;
mod roles;
mod scopes;
mod tokens;

use serde_json::{Value, json};
use tests::service::{Answer, Caller, Service};

const CLIENT: &str =
    "client { id version name status statusReason agency { code } roles { code } scope { code } } secret";
const ROLE: &str = "role { id code name builtIn permissions longestTokenDays }";
const TOKEN: &str = "token { id label expiresAt revokedAt revokedReason lastUsedAt roles { code } scope { code } }";

/// The two ends: who makes clients, and who takes those of DOLISA into use.
struct Ends {
    platform: Caller,
    admin: Caller,
}

async fn ends(t: &Service) -> Ends {
    Ends { platform: t.as_role("platform_admin").await, admin: t.as_role("agency_admin").await }
}

/// One of the mutations on clients, roles, tokens and keys.
async fn ask(caller: &Caller, mutation: &str, input: Value) -> Answer {
    let (ty, selection) = match mutation {
        "createClient" => ("CreateClientInput", CLIENT),
        "updateClient" => ("UpdateClientInput", CLIENT),
        "activateClient" | "disableClient" | "rotateClientSecret" => ("ClientInput", CLIENT),
        "createRole" => ("CreateRoleInput", ROLE),
        "updateRole" => ("UpdateRoleInput", ROLE),
        "issueToken" => ("IssueTokenInput", &*format!("{TOKEN} secret")),
        "revokeToken" => ("RevokeTokenInput", TOKEN),
        "registerClientKey" => ("RegisterClientKeyInput", "kid client { id keyIds }"),
        "removeClientKey" => ("RemoveClientKeyInput", "kid client { id keyIds }"),
        other => panic!("no mutation {other}"),
    };
    let document = format!("mutation($input: {ty}!) {{ {mutation}(input: $input) {{ {selection} }} }}");
    caller.ask(&document, json!({ "input": input })).await
}

/// The same, which must be done.
#[track_caller]
fn done(answer: &Answer, mutation: &str) -> Value {
    answer.data()[mutation].clone()
}

async fn must(caller: &Caller, mutation: &str, input: Value) -> Value {
    done(&ask(caller, mutation, input).await, mutation)
}

/// A client of an agency that waits.
async fn offered(platform: &Caller, name: &str, agency: &str, roles: &[&str], scope: &str) -> Value {
    let input = json!({ "name": name, "agencyCode": agency, "roleCodes": roles, "scope": { "code": scope } });
    must(platform, "createClient", input).await["client"].clone()
}

/// A client of DOLISA in use.
async fn active(ends: &Ends, name: &str, roles: &[&str], scope: &str) -> Value {
    let client = offered(&ends.platform, name, "DOLISA", roles, scope).await;
    must(&ends.admin, "activateClient", of(&client)).await["client"].clone()
}

/// The input that names a client as it was read.
fn of(client: &Value) -> Value {
    json!({ "id": client["id"], "expectedVersion": client["version"] })
}

/// The same with more in it.
fn with(client: &Value, more: Value) -> Value {
    let mut input = of(client);
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

/// A token that lives for a week from when every service starts.
fn token_for(client: &Value, more: Value) -> Value {
    let mut input =
        json!({ "clientId": client["id"], "label": "đồng bộ hằng đêm", "expiresAt": "2026-11-30T03:00:00Z" });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

/// Issues a token and gives its id and who bears it.
async fn issued(t: &Service, admin: &Caller, client: &Value, more: Value) -> (Value, Caller) {
    let issued = must(admin, "issueToken", token_for(client, more)).await;
    let bearer = t.bearing(issued["secret"].as_str().unwrap(), client["name"].as_str().unwrap());
    (issued["token"]["id"].clone(), bearer)
}

async fn viewer(caller: &Caller) -> Answer {
    caller.query("{ viewer { client roles { code } permissions scope { code } } }").await
}

/// That a token is not taken, by the class of the reason.
async fn shut_out(caller: &Caller, reason: &str) {
    let answer = viewer(caller).await;
    answer.refused("UNAUTHENTICATED", "");
    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
    assert!(answer.status == 401 && challenge.contains(reason), "{challenge}");
}

/// What must not change where something is refused: entries of the ledger and of the feed, rows.
async fn traces(t: &Service) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in
        ["audit_entry", "change_event", "client", "client_key", "role", "token", "client_role", "role_permission"]
    {
        // A refusal leaves its own entry, which is no trace of a change; a token for a test comes from the server.
        let of_tokens = "operation IN ('server/createClient', 'server/issueToken')";
        let changes = format!("audit_entry WHERE subjects IS NULL AND NOT {of_tokens}");
        let rows = if table == "audit_entry" { changes.as_str() } else { table };
        counts.push(t.number(&format!("SELECT count(*) FROM {rows}")).await);
    }
    counts.push(t.number("SELECT CAST(COALESCE(sum(version), 0) AS BIGINT) FROM client").await);
    counts.push(t.number("SELECT count(*) FROM token WHERE revoked_at IS NOT NULL").await);
    counts
}
