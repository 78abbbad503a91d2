//! Model projects over HTTP.

mod beside;
mod capital;
mod pilots;
mod projects;
mod traces;

use serde_json::{Value, json};
use tests::service::{Answer, Caller, Service};

use crate::fixture::{self, HERE, register_household, write};

const M: i64 = 1_000_000;

async fn officer(t: &Service) -> Caller {
    t.as_role("dolisa_officer").await
}

/// Poor households of a commune, by global id.
async fn households(t: &Service, commune: &str, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 1..=count {
        let members = json!([{ "fullName": format!("Lê Thị Số {number}"), "relationshipToHead": "HEAD" }]);
        ids.push(register_household(t, commune, &format!("{commune}-{number:06}"), members).await);
    }
    fixture::classed(t, "TRUE", "POOR").await;
    ids
}

fn livelihood(code: &str) -> Value {
    json!({ "code": code, "name": "Nuôi dê", "track": "LIVELIHOOD", "site": { "code": HERE },
        "programCode": "LIVELIHOOD_MODELS", "startsOn": "2026-11-01", "endsOn": "2028-10-31",
        "funding": [{ "source": "CENTRAL_BUDGET", "lineCode": "V.1.2", "amount": 300 * M }] })
}

/// A livelihood model, by global id.
async fn project(t: &Service, code: &str) -> String {
    let answer = write(&officer(t).await, "createModelProject", livelihood(code), "project { id }").await;
    answer.data()["createModelProject"]["project"]["id"].as_str().unwrap().to_owned()
}

/// An advance of the state's money.
fn advance(household: &str, amount: i64) -> Value {
    let funding = if amount > 0 { json!([{ "source": "CENTRAL_BUDGET", "amount": amount }]) } else { json!([]) };
    json!({ "householdId": household, "supportAmount": amount, "funding": funding })
}

async fn enrol(caller: &Caller, project: &str, version: i64, items: &[Value]) -> Answer {
    let input = json!({ "projectId": project, "expectedVersion": version, "items": items });
    let selection = "project { version status startsOn capital { advanced recoverable recovered reinvested } }
        warnings { code field }
        results { index status participation { id version supportAmount recoverableAmount } error { code field } }";
    write(caller, "enrolHouseholds", input, selection).await
}

/// Enrols one household and returns the participation.
async fn joined(t: &Service, project: &str, version: i64, item: Value) -> String {
    let answer = enrol(&officer(t).await, project, version, &[item]).await;
    let result = &answer.data()["enrolHouseholds"]["results"][0];
    assert_eq!(result["status"], "APPLIED", "{result}");
    result["participation"]["id"].as_str().unwrap().to_owned()
}

async fn recover(t: &Service, participation: &str, version: i64, amount: i64, reference: &str) -> Answer {
    let input = json!({ "participationId": participation, "expectedVersion": version, "amount": amount,
        "occurredOn": "2026-11-23", "reference": reference });
    write(&officer(t).await, "recordCapitalRecovery", input, "participation { version recoveredAmount }").await
}

async fn count(t: &Service, table: &str) -> String {
    t.texts(&format!("SELECT CAST(count(*) AS TEXT) FROM {table}")).await.remove(0)
}
