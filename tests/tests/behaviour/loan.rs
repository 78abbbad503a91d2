//! Loans from the request to the last receipt, as the communes and the bank write them.

mod beside;
mod cancel;
mod ceiling;
mod charged;
mod classification;
mod contracts;
mod eligibility;
mod gap;
mod grace;
mod granting;
mod groups;
mod law;
mod ledger;
mod next_version;
mod proof;
mod risk_debt;
mod solvency;
mod support;
mod together;

use serde_json::{Value, json};
use tests::service::{Answer, Caller, Service};

use crate::fixture::{self, HERE};

const LOAN: &str = "{ loan { id version contractNumber status principal termMonths disbursedOn maturesOn
    outstandingPrincipal overduePrincipal funding { source lineCode amount } }
    transactions { id kind amount occurredOn reference balanceAfter reverses { id } } }";

/// Runs one of the mutations that answer with a loan.
async fn write(caller: &Caller, name: &str, input: Value) -> Answer {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    caller
        .ask(&format!("mutation($input: {kind}!) {{ done: {name}(input: $input) {LOAN} }}"), json!({ "input": input }))
        .await
}

async fn repay(caller: &Caller, key: &str, items: Value) -> Answer {
    let document = "mutation($input: RecordRepaymentsInput!) { done: recordRepayments(input: $input) { results {
        index status loan { outstandingPrincipal overduePrincipal status version }
        transactions { id kind amount balanceAfter } error { code field message messageVi } } } }";
    caller.ask(document, json!({ "input": { "items": items, "idempotencyKey": key } })).await
}

async fn record(caller: &Caller, key: &str, items: Value) -> Answer {
    let document = "mutation($input: RecordLoansInput!) { done: recordLoans(input: $input) { results {
        index status loan { id version contractNumber status outstandingPrincipal overduePrincipal maturesOn program { code }
            transactions(first: 10) { nodes { id kind amount occurredOn reference balanceAfter } } }
        error { code field message messageVi } } } }";
    caller.ask(document, json!({ "input": { "items": items, "idempotencyKey": key } })).await
}

fn results(answer: &Answer) -> &[Value] {
    answer.data()["done"]["results"].as_array().unwrap()
}

fn statuses(answer: &Answer) -> Vec<&str> {
    results(answer).iter().map(|result| result["status"].as_str().unwrap()).collect()
}

/// Code and field of a refused item.
fn fault(result: &Value) -> (&str, &str) {
    assert!(result["error"]["messageVi"].as_str().is_some_and(|words| !words.is_empty()), "{result}");
    (result["error"]["code"].as_str().unwrap(), result["error"]["field"].as_str().unwrap_or_default())
}

fn done(answer: &Answer) -> &Value {
    &answer.data()["done"]
}

async fn bank(t: &Service) -> Caller {
    t.as_role("bank_officer").await
}

/// A poor household of phường Phú Tân, by its global id.
async fn household(t: &Service, number: u32) -> String {
    household_in(t, HERE, number, "POOR").await
}

/// A household that is of a class since the beginning of 2026.
async fn household_in(t: &Service, commune: &str, number: u32, class: &str) -> String {
    let members = json!([{ "fullName": "Lê Thị Hoa", "relationshipToHead": "HEAD" }]);
    let code = format!("{commune}-{number:06}");
    let id = fixture::register_household(t, commune, &code, members).await;
    fixture::decided(t, &code, class, "2026-01-01").await;
    id
}

/// A contract paid out on 1 February 2026, all of it outstanding.
fn contract(number: &str, household: &str, principal: i64) -> Value {
    json!({ "contractNumber": number, "productCode": "POOR", "householdId": household, "principal": principal,
        "termMonths": 36, "approvedOn": "2026-01-20", "disbursedOn": "2026-02-01" })
}

/// Records a contract and returns the loan.
async fn running(t: &Service, number: &str, principal: i64) -> Value {
    let household = household(t, 900).await;
    let answer = record(&bank(t).await, number, json!([contract(number, &household, principal)])).await;
    assert_eq!(statuses(&answer), ["APPLIED"]);
    results(&answer)[0]["loan"].clone()
}

fn receipt(number: &str, reference: &str, principal: i64, interest: i64) -> Value {
    json!({ "contractNumber": number, "principal": principal, "interest": interest, "occurredOn": "2026-11-20", "reference": reference })
}

/// Nothing in any ledger contradicts a loan: the stored balance is the sum of the entries, and so is every balance after.
async fn ledgers_agree(t: &Service) {
    let signed =
        "CASE COALESCE(u.kind, x.kind) WHEN 'DISBURSEMENT' THEN x.amount WHEN 'PRINCIPAL_REPAYMENT' THEN -x.amount
        WHEN 'WRITE_OFF' THEN -x.amount ELSE 0 END * CASE WHEN u.id IS NULL THEN 1 ELSE -1 END";
    let entries = "loan_transaction x LEFT JOIN loan_transaction u ON u.id = x.reverses_id";
    let wrong_loans = format!(
        "SELECT count(*) FROM loan l WHERE l.outstanding_principal <>
        COALESCE((SELECT sum({signed}) FROM {entries} WHERE x.loan_id = l.id), 0)"
    );
    assert_eq!(t.number(&wrong_loans).await, 0);
    let wrong_entries = format!(
        "SELECT count(*) FROM loan_transaction e WHERE e.balance_after <> (SELECT sum({signed})
        FROM {entries} WHERE x.loan_id = e.loan_id AND x.id <= e.id)"
    );
    assert_eq!(t.number(&wrong_entries).await, 0);
    let wrong_status = "SELECT count(*) FROM loan l WHERE l.status <> (SELECT s.to_status FROM loan_transition s
        WHERE s.loan_id = l.id ORDER BY s.id DESC LIMIT 1)";
    assert_eq!(t.number(wrong_status).await, 0);
}
