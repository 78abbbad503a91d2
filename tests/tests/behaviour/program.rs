//! Support from proposal to payment, and the money of a program's lines.

mod assistance;
mod duplicates;
mod eligibility;
mod fives;
mod hidden;
mod law;
mod law_of_payments;
mod limits;
mod money;
mod monthly;
mod pension;
mod spent;
mod steps;
mod unassisted;
mod urgent;

use serde_json::{Value, json};
use tests::service::{Answer, Caller, Service};

use crate::fixture::{self, DISTRICT_HERE, HERE};

const RESULTS: &str = "results { index status error { code field message messageVi } warnings { code field message }
    benefit { id version status paidAmount } payment { id } }";

/// Who takes part in a benefit.
struct Cast {
    commune: Caller,
    district: Caller,
    lead: Caller,
    payer: Caller,
}

async fn cast(t: &Service) -> Cast {
    Cast {
        commune: t.as_role_in("commune_officer", HERE).await,
        district: t.as_role_in("district_officer", DISTRICT_HERE).await,
        lead: t.as_role("dolisa_approver").await,
        payer: t.as_role("dolisa_officer").await,
    }
}

/// Runs a batch; its key is the mutation's name and a number, so that no two of a test are the same by accident.
async fn batch(caller: &Caller, mutation: &str, key: u32, items: Vec<Value>, more: Value) -> Answer {
    let kind = match mutation {
        "proposeBenefits" => "ProposeBenefitsInput",
        "recordBenefitPayments" => "RecordBenefitPaymentsInput",
        _ => "DecideBenefitsInput",
    };
    let document = format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {RESULTS} }} }}");
    let mut input = json!({ "items": items, "idempotencyKey": format!("{mutation} {key}") });
    for (name, value) in more.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
    caller.ask(&document, json!({ "input": input })).await
}

/// The results of a batch that ran.
#[track_caller]
fn results<'a>(answer: &'a Answer, mutation: &str) -> &'a [Value] {
    answer.data()[mutation]["results"].as_array().unwrap()
}

/// Status, code and field of each result.
fn fates(results: &[Value]) -> Vec<(&str, &str, &str)> {
    fn text(value: &Value) -> &str {
        value.as_str().unwrap_or_default()
    }
    results.iter().map(|r| (text(&r["status"]), text(&r["error"]["code"]), text(&r["error"]["field"]))).collect()
}

const APPLIED: (&str, &str, &str) = ("APPLIED", "", "");

/// A house for a household with merit: 50 million from the centre, 20 million raised.
fn house(household: &str) -> Value {
    json!({ "programCode": "HOUSING_MERIT", "householdId": household, "amount": 70_000_000, "note": "Nhà dột nát",
        "funding": [{ "source": "CENTRAL_BUDGET", "lineCode": "I.2.1", "amount": 50_000_000 },
                    { "source": "SOCIAL_MOBILIZATION", "lineCode": "I.2.2", "amount": 20_000_000 }] })
}

async fn household(t: &Service, commune: &str, number: u32) -> String {
    let head = json!([{ "fullName": format!("Lê Thị Số {number}"), "relationshipToHead": "HEAD" }]);
    fixture::register_household(t, commune, &format!("{commune}-{number:06}"), head).await
}

/// A house for each of so many households of their own.
async fn houses(t: &Service, from: u32, count: u32) -> Vec<Value> {
    let mut houses = Vec::new();
    for number in from..from + count {
        houses.push(house(&household(t, HERE, number).await));
    }
    houses
}

/// Proposes these and returns their ids.
async fn proposed(cast: &Cast, key: u32, items: Vec<Value>) -> Vec<String> {
    let answer = batch(&cast.commune, "proposeBenefits", key, items, json!({})).await;
    let results = results(&answer, "proposeBenefits");
    results
        .iter()
        .map(|result| result["benefit"]["id"].as_str().unwrap_or_else(|| panic!("{result}")).to_owned())
        .collect()
}

fn versioned(ids: &[String], version: i32) -> Vec<Value> {
    ids.iter().map(|id| json!({ "id": id, "expectedVersion": version })).collect()
}

/// The same, verified.
async fn verified(cast: &Cast, key: u32, items: Vec<Value>) -> Vec<String> {
    let ids = proposed(cast, key, items).await;
    let answer = batch(&cast.district, "verifyBenefits", key, versioned(&ids, 1), json!({})).await;
    assert!(fates(results(&answer, "verifyBenefits")).iter().all(|fate| *fate == APPLIED), "{}", answer.body);
    ids
}

/// The same, approved.
async fn approved(cast: &Cast, key: u32, items: Vec<Value>) -> Vec<String> {
    let ids = verified(cast, key, items).await;
    let answer = batch(&cast.lead, "approveBenefits", key, versioned(&ids, 2), json!({})).await;
    assert!(fates(results(&answer, "approveBenefits")).iter().all(|fate| *fate == APPLIED), "{}", answer.body);
    ids
}

/// Why an item was refused, in words.
fn message(result: &Value) -> &str {
    result["error"]["message"].as_str().unwrap_or_default()
}

fn payment(benefit: &str, source: &str, amount: i64, reference: &str) -> Value {
    json!({ "benefitId": benefit, "source": source, "amount": amount, "paidOn": "2026-11-23", "reference": reference })
}

async fn allocate(cast: &Cast, line: &str, allocated: i64) -> Answer {
    let document = "mutation($input: AllocateFundingInput!) {
        allocateFunding(input: $input) { program { code } line { code allocated committed disbursed } } }";
    let input = json!({ "programCode": "HOUSING_MERIT", "lineCode": line, "allocated": allocated,
        "decisionNumber": "15/QĐ-UBND", "decidedOn": "2026-11-20" });
    cast.lead.ask(document, json!({ "input": input })).await
}

/// Committed and disbursed of a line of the program of houses for households with merit.
async fn line(caller: &Caller, code: &str) -> (i64, i64) {
    let document = "{ program(code: \"HOUSING_MERIT\") { fundingLines { code committed disbursed } } }";
    let answer = caller.query(document).await;
    let lines = answer.data()["program"]["fundingLines"].as_array().unwrap();
    let line = lines.iter().find(|line| line["code"] == code).unwrap();
    (line["committed"].as_i64().unwrap(), line["disbursed"].as_i64().unwrap())
}

/// Spends from the line of the centre for no single household.
async fn spend(caller: &Caller, reference: &str, amount: i64) -> Answer {
    let document = "mutation($input: RecordProgramSpendingInput!) {
        recordProgramSpending(input: $input) { program { code progress { disbursedAmount } } } }";
    let input = json!({ "programCode": "HOUSING_MERIT", "lineCode": "I.2.1", "source": "CENTRAL_BUDGET", "amount": amount,
        "spentOn": "2026-11-20", "unit": { "code": HERE }, "description": "Khảo sát nhà ở", "reference": reference });
    caller.ask(document, json!({ "input": input })).await
}
