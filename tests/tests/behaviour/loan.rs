//! Loans from the request to the last receipt, as the communes and the bank write them.

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
};

use crate::fixture::{self, HERE, NEAR};

const LOAN: &str = "{ loan { id version contractNumber status principal termMonths disbursedOn maturesOn
    outstandingPrincipal overduePrincipal funding { source lineCode amount } }
    transactions { id kind amount occurredOn reference balanceAfter reverses { id } } }";

/// Runs one of the mutations that answer with a loan.
async fn write(caller: &Caller, name: &str, input: Value) -> Answer {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    caller.ask(&format!("mutation($input: {kind}!) {{ done: {name}(input: $input) {LOAN} }}"), json!({ "input": input })).await
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

/// A household of phường Phú Tân, by its global id.
async fn household(t: &Service, number: u32) -> String {
    let members = json!([{ "fullName": "Lê Thị Hoa", "relationshipToHead": "HEAD" }]);
    fixture::register_household(t, HERE, &format!("{HERE}-{number:06}"), members).await
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

/// The number that an expression gives over rows of the database.
async fn figure(t: &Service, expression: &str, rows: &str) -> i64 {
    t.texts(&format!("SELECT CAST({expression} AS TEXT) FROM {rows}")).await[0].parse().unwrap()
}

/// Nothing in any ledger contradicts a loan: the stored balance is the sum of the entries, and so is every balance after.
async fn ledgers_agree(t: &Service) {
    let signed = "CASE COALESCE(u.kind, x.kind) WHEN 'DISBURSEMENT' THEN x.amount WHEN 'PRINCIPAL_REPAYMENT' THEN -x.amount
        WHEN 'WRITE_OFF' THEN -x.amount ELSE 0 END * CASE WHEN u.id IS NULL THEN 1 ELSE -1 END";
    let entries = "loan_transaction x LEFT JOIN loan_transaction u ON u.id = x.reverses_id";
    let wrong_loans = format!("loan l WHERE l.outstanding_principal <>
        COALESCE((SELECT sum({signed}) FROM {entries} WHERE x.loan_id = l.id), 0)");
    assert_eq!(figure(t, "count(*)", &wrong_loans).await, 0);
    let wrong_entries = format!("loan_transaction e WHERE e.balance_after <> (SELECT sum({signed})
        FROM {entries} WHERE x.loan_id = e.loan_id AND x.id <= e.id)");
    assert_eq!(figure(t, "count(*)", &wrong_entries).await, 0);
    let wrong_status = "loan l WHERE l.status <> (SELECT s.to_status FROM loan_transition s
        WHERE s.loan_id = l.id ORDER BY s.id DESC LIMIT 1)";
    assert_eq!(figure(t, "count(*)", wrong_status).await, 0);
}

both_databases! {
    async fn a_request_becomes_a_contract_and_is_paid_out(t: &Service) {
        let (commune, bank) = (t.as_role_in("commune_officer", HERE).await, bank(t).await);
        let household = household(t, 1).await;
        let request = json!({ "productCode": "WATER_SANITATION", "householdId": household, "amount": 40_000_000,
            "termMonths": 60, "requestedOn": "2026-11-02", "idempotencyKey": "a" });
        let asked = write(&commune, "requestLoan", request.clone()).await;
        let loan = &done(&asked)["loan"];
        let (id, number) = (loan["id"].as_str().unwrap(), loan["contractNumber"].as_str().unwrap());
        assert_eq!((&loan["status"], &done(&asked)["transactions"]), (&json!("REQUESTED"), &json!([])));
        assert!(number.starts_with("REQ-2026-"), "{number}");
        assert_eq!(done(&write(&commune, "requestLoan", request).await), done(&asked), "a retry returns the first answer");
        assert_eq!(figure(t, "count(*)", "loan").await, 1);

        let decision = json!({ "loanId": id, "expectedVersion": 1, "approve": true, "contractNumber": "83-1",
            "decidedOn": "2026-11-10" });
        write(&bank, "decideLoan", decision.clone()).await.refused("CONFLICT", "input.loanId");
        let confirmation = json!({ "loanId": id, "expectedVersion": 1, "confirmedOn": "2026-11-05" });
        write(&bank, "confirmLoan", confirmation.clone()).await.refused("FORBIDDEN", "");
        let early = json!({ "loanId": id, "expectedVersion": 1, "confirmedOn": "2026-11-01" });
        write(&commune, "confirmLoan", early).await.refused("BAD_USER_INPUT", "input.confirmedOn");
        let confirmed = write(&commune, "confirmLoan", confirmation).await;
        assert_eq!(done(&confirmed)["loan"]["status"], "COMMUNE_CONFIRMED");

        let with = |changes: Value| {
            let mut input = decision.clone();
            input["expectedVersion"] = json!(2);
            input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            input
        };
        write(&bank, "decideLoan", decision.clone()).await.refused("CONFLICT", "expectedVersion");
        write(&commune, "decideLoan", with(json!({}))).await.refused("FORBIDDEN", "");
        for (changes, field) in [
            (json!({ "contractNumber": null }), "input.contractNumber"),
            (json!({ "contractNumber": "REQ-2026-9" }), "input.contractNumber"),
            (json!({ "principal": 50_000_001 }), "input.principal"),
            (json!({ "termMonths": 61 }), "input.termMonths"),
            (json!({ "decidedOn": "2026-11-04" }), "input.decidedOn"),
            (json!({ "decidedOn": "2026-11-24" }), "input.decidedOn"),
            (json!({ "funding": [{ "source": "VBSP_CREDIT", "amount": 39_999_999 }] }), "input.funding"),
            (json!({ "funding": [{ "source": "VBSP_CREDIT", "lineCode": "XX", "amount": 40_000_000 }] }), "input.funding.0.lineCode"),
            (json!({ "funding": [{ "source": "HOUSEHOLD", "lineCode": "VIII.1", "amount": 40_000_000 }] }), "input.funding.0.lineCode"),
            (json!({ "approve": false, "contractNumber": null }), "input.reason"),
            (json!({ "approve": false, "reason": "hết vốn" }), "input.contractNumber"),
        ] {
            write(&bank, "decideLoan", with(changes)).await.refused("BAD_USER_INPUT", field);
        }
        let funding = json!([{ "source": "VBSP_CREDIT", "lineCode": "VIII.1", "amount": 30_000_000 }]);
        let granted = write(&bank, "decideLoan", with(json!({ "principal": 30_000_000, "funding": funding }))).await;
        let loan = &done(&granted)["loan"];
        assert_eq!((&loan["contractNumber"], &loan["status"], &loan["principal"]), (&json!("83-1"), &json!("APPROVED"), &json!(30_000_000)));
        assert_eq!(loan["funding"], funding);

        let pay = |version: i32, amount: i64, on: &str, reference: &str| {
            json!({ "loanId": id, "expectedVersion": version, "amount": amount, "occurredOn": on, "reference": reference })
        };
        write(&bank, "disburseLoan", pay(3, 1, "2026-11-09", "GN-1")).await.refused("BAD_USER_INPUT", "input.occurredOn");
        write(&bank, "disburseLoan", pay(3, 0, "2026-11-12", "GN-1")).await.refused("BAD_USER_INPUT", "input.amount");
        write(&bank, "disburseLoan", pay(3, 30_000_001, "2026-11-12", "GN-1")).await.refused("BAD_USER_INPUT", "input.amount");
        let paid = write(&bank, "disburseLoan", pay(3, 20_000_000, "2026-11-12", "GN-1")).await;
        let loan = &done(&paid)["loan"];
        assert_eq!((&loan["status"], &loan["disbursedOn"], &loan["maturesOn"]), (&json!("ACTIVE"), &json!("2026-11-12"), &json!("2031-11-12")));
        write(&bank, "disburseLoan", pay(4, 10_000_000, "2026-11-20", "GN-1")).await.refused("CONFLICT", "input.reference");
        write(&bank, "disburseLoan", pay(4, 10_000_001, "2026-11-20", "GN-2")).await.refused("BAD_USER_INPUT", "input.amount");
        let paid = write(&bank, "disburseLoan", pay(4, 10_000_000, "2026-11-20", "GN-2")).await;
        let entries = done(&paid)["transactions"].as_array().unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!((&entries[0]["kind"], &entries[0]["balanceAfter"]), (&json!("DISBURSEMENT"), &json!(30_000_000)));
        ledgers_agree(t).await;
    }

    async fn a_request_that_breaks_a_rule_writes_nothing(t: &Service) {
        let commune = t.as_role_in("commune_officer", HERE).await;
        let (home, elsewhere) = (household(t, 2).await, fixture::home(t, NEAR, 3).await);
        let foreigner = figure(t, "min(id)", &format!("person WHERE household_id = {}", elsewhere.key)).await;
        let member = figure(t, "max(id)", &format!("person WHERE household_id <> {}", elsewhere.key)).await;
        let person = |id: i64| ansinh::schema::global_id::encode("Person", id);
        let before = figure(t, "count(*)", "loan").await;
        let province = t.as_roles_in(&["commune_officer"], "CPC", "83").await;
        for (caller, changes, code, field) in [
            (&commune, json!({ "amount": 100_000_001 }), "BAD_USER_INPUT", "input.amount"),
            (&commune, json!({ "amount": -1 }), "BAD_USER_INPUT", "input.amount"),
            (&commune, json!({ "termMonths": 121 }), "BAD_USER_INPUT", "input.termMonths"),
            (&commune, json!({ "termMonths": 0 }), "BAD_USER_INPUT", "input.termMonths"),
            (&commune, json!({ "requestedOn": "2026-11-24" }), "BAD_USER_INPUT", "input.requestedOn"),
            (&commune, json!({ "productCode": "NONE" }), "BAD_USER_INPUT", "input.productCode"),
            (&commune, json!({ "householdId": elsewhere.id }), "NOT_FOUND", "input.householdId"),
            (&commune, json!({ "householdId": person(member) }), "BAD_USER_INPUT", "input.householdId"),
            (&commune, json!({ "borrowerId": person(foreigner) }), "NOT_FOUND", "input.borrowerId"),
            (&province, json!({ "borrowerId": person(foreigner) }), "BAD_USER_INPUT", "input.borrowerId"),
            (&bank(t).await, json!({}), "FORBIDDEN", ""),
        ] {
            let mut input = json!({ "productCode": "POOR", "householdId": home, "borrowerId": person(member),
                "amount": 50_000_000, "termMonths": 36, "requestedOn": "2026-11-20" });
            input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            write(caller, "requestLoan", input).await.refused(code, field);
        }
        assert_eq!(figure(t, "count(*)", "loan").await, before);
    }

    async fn who_asked_does_not_decide_and_a_refusal_says_why(t: &Service) {
        let both = t.as_roles_in(&["commune_officer", "bank_officer"], "VBSP", "83").await;
        let input = json!({ "productCode": "POOR", "householdId": household(t, 4).await, "amount": 50_000_000, "termMonths": 36,
            "requestedOn": "2026-11-20" });
        let asked = write(&both, "requestLoan", input).await;
        let id = &done(&asked)["loan"]["id"];
        let confirmation = json!({ "loanId": id, "expectedVersion": 1, "confirmedOn": "2026-11-20" });
        done(&write(&t.as_role_in("commune_officer", HERE).await, "confirmLoan", confirmation).await);
        let decision = json!({ "loanId": id, "expectedVersion": 2, "approve": false, "decidedOn": "2026-11-21", "reason": "đã vay đủ mức" });
        write(&both, "decideLoan", decision.clone()).await.refused("FORBIDDEN", "input.loanId");
        let refused = write(&bank(t).await, "decideLoan", decision).await;
        assert_eq!(done(&refused)["loan"]["status"], "REJECTED");
        assert_eq!(figure(t, "count(*)", "loan_transition WHERE note = 'đã vay đủ mức'").await, 1);
        let payment = json!({ "loanId": id, "expectedVersion": 3, "amount": 1, "occurredOn": "2026-11-22", "reference": "GN" });
        write(&bank(t).await, "disburseLoan", payment).await.refused("CONFLICT", "input.loanId");
    }

    async fn contracts_come_from_the_banks_own_system(t: &Service) {
        let (bank, home) = (bank(t).await, household(t, 5).await);
        let with = |number: &str, changes: Value| {
            let mut item = contract(number, &home, 50_000_000);
            item.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            item
        };
        let halves = json!([{ "source": "VBSP_CREDIT", "lineCode": "VI.1", "amount": 30_000_000 },
            { "source": "VBSP_ENTRUSTED_LOCAL", "amount": 20_000_000 }]);
        let items = json!([
            with("A", json!({ "outstandingPrincipal": 12_000_000, "balanceOn": "2026-10-31", "funding": halves })),
            with("B", json!({ "disbursedOn": null })),
            with("C", json!({ "outstandingPrincipal": 0, "balanceOn": "2026-10-31" })),
            with("D", json!({ "approvedOn": "2020-01-20", "disbursedOn": "2020-02-01", "termMonths": 12 })),
            with("B", json!({ "disbursedOn": null })),
            with("B", json!({})),
            with("E", json!({ "outstandingPrincipal": 50_000_001, "balanceOn": "2026-10-31" })),
            with("E", json!({ "outstandingPrincipal": 1 })),
            with("E", json!({ "disbursedOn": "2026-01-19" })),
            with("E", json!({ "householdId": "x" })),
            with("E", json!({ "productCode": "NONE" })),
            with("E", json!({ "programCode": "NONE" })),
            with("E", json!({ "principal": 0 })),
            with("E", json!({ "disbursedOn": null, "outstandingPrincipal": 1, "balanceOn": "2026-10-31" })),
            with("E", json!({ "funding": [{ "source": "VBSP_CREDIT", "amount": 1 }] })),
            with("REQ-1", json!({})),
        ]);
        let answer = record(&bank, "one", items.clone()).await;
        let results = results(&answer);
        assert_eq!(statuses(&answer)[..6], ["APPLIED", "APPLIED", "APPLIED", "APPLIED", "UNCHANGED", "REFUSED"]);
        let faults: Vec<_> = results[5..].iter().map(fault).collect();
        assert_eq!(faults, [
            ("CONFLICT", "contractNumber"),
            ("BAD_USER_INPUT", "outstandingPrincipal"),
            ("BAD_USER_INPUT", "balanceOn"),
            ("BAD_USER_INPUT", "disbursedOn"),
            ("BAD_USER_INPUT", "householdId"),
            ("BAD_USER_INPUT", "productCode"),
            ("BAD_USER_INPUT", "programCode"),
            ("BAD_USER_INPUT", "principal"),
            ("BAD_USER_INPUT", "outstandingPrincipal"),
            ("BAD_USER_INPUT", "funding"),
            ("BAD_USER_INPUT", "contractNumber"),
        ]);
        let loans: Vec<_> = results.iter().map(|result| &result["loan"]).collect();
        let shown: Vec<_> = loans[..4].iter().map(|loan| {
            (loan["status"].as_str().unwrap(), loan["outstandingPrincipal"].as_i64().unwrap(), loan["overduePrincipal"].as_i64().unwrap())
        }).collect();
        assert_eq!(shown, [("ACTIVE", 12_000_000, 0), ("APPROVED", 0, 0), ("REPAID", 0, 0), ("OVERDUE", 50_000_000, 50_000_000)]);
        assert_eq!(loans[0]["program"]["code"], "CREDIT_PRODUCTION", "that of its funding line");
        let opening: Vec<_> = loans[0]["transactions"]["nodes"].as_array().unwrap().iter().map(|entry| {
            (entry["kind"].as_str().unwrap(), entry["occurredOn"].as_str().unwrap(), entry["reference"].as_str().unwrap(), entry["balanceAfter"].as_i64().unwrap())
        }).collect();
        assert_eq!(opening, [
            ("DISBURSEMENT", "2026-02-01", "OPENING", 50_000_000),
            ("PRINCIPAL_REPAYMENT", "2026-10-31", "OPENING", 12_000_000),
        ]);
        assert_eq!(record(&bank, "one", items.clone()).await.text, answer.text, "a retry returns the first answer");
        ledgers_agree(t).await;

        // Sent again after a repayment, a contract is still the same one.
        assert_eq!(statuses(&repay(&bank, "r", json!([receipt("A", "R-1", 2_000_000, 0)])).await), ["APPLIED"]);
        let again = record(&bank, "two", items).await;
        assert_eq!(statuses(&again)[..5], ["UNCHANGED"; 5]);
        let other = record(&bank, "three", json!([with("A", json!({ "termMonths": 35 }))])).await;
        assert_eq!(fault(&self::results(&other)[0]), ("CONFLICT", "contractNumber"));
        assert_eq!(figure(t, "count(*)", "loan").await, 4);
    }

    async fn what_was_allocated_caps_what_is_lent(t: &Service) {
        let (bank, home) = (bank(t).await, household(t, 8).await);
        t.sql("UPDATE funding_line SET allocated = 90000000 WHERE code = 'VI.1'").await;
        let funded = |number: &str| {
            let mut item = contract(number, &home, 50_000_000);
            item["funding"] = json!([{ "source": "VBSP_CREDIT", "lineCode": "VI.1", "amount": 50_000_000 }]);
            item
        };
        let answer = record(&bank, "k", json!([funded("A"), funded("B"), contract("C", &home, 50_000_000), funded("A")])).await;
        assert_eq!(statuses(&answer), ["APPLIED", "REFUSED", "APPLIED", "UNCHANGED"]);
        assert_eq!(fault(&results(&answer)[1]), ("CONFLICT", "funding"));
        let asking = json!({ "productCode": "POOR", "householdId": home, "amount": 50_000_000, "termMonths": 36, "requestedOn": "2026-11-20" });
        let commune = t.as_role_in("commune_officer", HERE).await;
        let id = done(&write(&commune, "requestLoan", asking).await)["loan"]["id"].clone();
        done(&write(&commune, "confirmLoan", json!({ "loanId": id, "expectedVersion": 1, "confirmedOn": "2026-11-20" })).await);
        let decision = json!({ "loanId": id, "expectedVersion": 2, "approve": true, "contractNumber": "D", "decidedOn": "2026-11-21",
            "funding": funded("D")["funding"] });
        write(&bank, "decideLoan", decision).await.refused("CONFLICT", "input.funding");
    }

    async fn receipts_are_taken_in_order_and_only_once(t: &Service) {
        let bank = bank(t).await;
        running(t, "A", 10_000_000).await;
        let items = json!([
            receipt("A", "R-1", 6_000_000, 50_000),
            receipt("A", "R-2", 4_000_001, 0),
            receipt("A", "R-1", 6_000_000, 50_000),
            receipt("A", "R-1", 6_000_000, 50_001),
            receipt("A", "R-3", 0, 0),
            receipt("A", "R-3", -1, 0),
            receipt("A", "OPENING", 1, 0),
            receipt("Z", "R-3", 1, 0),
            { "contractNumber": "A", "principal": 1, "occurredOn": "2026-01-31", "reference": "R-3" },
            { "contractNumber": "A", "principal": 1, "occurredOn": "2026-11-24", "reference": "R-3" },
            receipt("A", "R-4", 4_000_000, 0),
            receipt("A", "R-5", 0, 7_000),
            receipt("A", "R-6", 1, 0),
        ]);
        let answer = repay(&bank, "one", items.clone()).await;
        let refused = "REFUSED";
        assert_eq!(statuses(&answer), [
            "APPLIED", refused, "UNCHANGED", refused, refused, refused, refused, refused, refused, refused, "APPLIED", "APPLIED", refused,
        ]);
        let results = results(&answer);
        assert_eq!(fault(&results[1]), ("BAD_USER_INPUT", "principal"));
        let words = results[1]["error"]["message"].as_str().unwrap();
        assert!(words.contains("4000001") && words.contains("4000000"), "{words}");
        assert_eq!(fault(&results[3]), ("CONFLICT", "reference"));
        assert_eq!(fault(&results[4]), ("BAD_USER_INPUT", "principal"));
        assert_eq!(fault(&results[5]), ("BAD_USER_INPUT", "principal"));
        assert_eq!(fault(&results[6]), ("BAD_USER_INPUT", "reference"));
        assert_eq!(fault(&results[7]), ("NOT_FOUND", "contractNumber"));
        assert_eq!(fault(&results[8]), ("BAD_USER_INPUT", "occurredOn"));
        assert_eq!(fault(&results[9]), ("BAD_USER_INPUT", "occurredOn"));
        let entries = results[0]["transactions"].as_array().unwrap();
        let kinds: Vec<_> = entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["PRINCIPAL_REPAYMENT", "INTEREST_PAYMENT"]);
        assert_eq!(results[2]["transactions"], results[0]["transactions"]);
        assert_eq!(results[0]["loan"]["status"], "REPAID", "as it is after the batch");
        assert_eq!(results[0]["loan"]["version"], 2, "one write");
        assert_eq!(repay(&bank, "one", items.clone()).await.text, answer.text, "a retry returns the first answer");
        let again = repay(&bank, "two", items).await;
        assert_eq!([0, 2, 10, 11].map(|index| statuses(&again)[index]), ["UNCHANGED"; 4]);
        assert_eq!(self::results(&again)[0]["transactions"], results[0]["transactions"]);
        ledgers_agree(t).await;
    }

    async fn a_batch_is_a_constant_number_of_statements(t: &Service) {
        let (bank, home) = (bank(t).await, household(t, 6).await);
        let contracts = |from: usize, to: usize| (from..to).map(|n| contract(&format!("K-{n}"), &home, 9_000_000)).collect::<Value>();
        let receipts = |from: usize, to: usize| (from..to).map(|n| receipt(&format!("K-{n}"), "R", 1_000_000, 40_000)).collect::<Value>();
        // What a caller's first request asks once is not the batch's.
        done(&bank.query("{ done: viewer { client } }").await);
        let few = t.statements(record(&bank, "1", contracts(0, 2))).await.len();
        let many = t.statements(record(&bank, "2", contracts(2, 402))).await.len();
        assert_eq!(few, many, "contracts");
        let few = t.statements(repay(&bank, "3", receipts(0, 2))).await.len();
        let many = t.statements(async { assert_eq!(statuses(&repay(&bank, "4", receipts(2, 402)).await), ["APPLIED"; 400]) }).await.len();
        assert_eq!(few, many, "receipts");
        repay(&bank, "5", receipts(0, 1_001)).await.refused("LIMIT_EXCEEDED", "input.items");
        record(&bank, "6", contracts(0, 1_001)).await.refused("LIMIT_EXCEEDED", "input.items");
        assert_eq!(figure(t, "count(*)", "loan WHERE outstanding_principal = 8000000").await, 402);
        ledgers_agree(t).await;
    }

    async fn receipts_at_the_same_moment_never_exceed_the_balance(t: &Service) {
        let bank = bank(t).await;
        running(t, "A", 10_000_000).await;
        let payments = (0..12).map(|n| {
            let bank = bank.clone();
            async move { repay(&bank, &format!("k{n}"), json!([receipt("A", &format!("R-{n}"), 1_500_000, 0)])).await }
        });
        let tasks: Vec<_> = payments.map(tokio::spawn).collect();
        let mut applied = 0;
        for task in tasks {
            let answer = task.await.unwrap();
            match statuses(&answer)[0] {
                "APPLIED" => applied += 1,
                _ => assert_eq!(fault(&results(&answer)[0]), ("BAD_USER_INPUT", "principal")),
            }
        }
        assert_eq!(applied, 6);
        assert_eq!(figure(t, "outstanding_principal", "loan").await, 1_000_000);
        ledgers_agree(t).await;
    }

    async fn one_of_two_disbursements_for_one_version_wins(t: &Service) {
        let (bank, home) = (bank(t).await, household(t, 7).await);
        let mut approved = contract("A", &home, 10_000_000);
        approved["disbursedOn"] = Value::Null;
        let loan = results(&record(&bank, "k", json!([approved])).await)[0]["loan"].clone();
        let input = |n: i32| json!({ "loanId": loan["id"], "expectedVersion": 1, "amount": 6_000_000, "occurredOn": "2026-11-20", "reference": format!("GN-{n}") });
        let (one, two) = tokio::join!(write(&bank, "disburseLoan", input(1)), write(&bank, "disburseLoan", input(2)));
        let (won, lost) = if one.errors().is_empty() { (one, two) } else { (two, one) };
        assert_eq!(done(&won)["loan"]["outstandingPrincipal"], 6_000_000);
        lost.refused("CONFLICT", "expectedVersion");
        assert_eq!(lost.body["errors"][0]["extensions"]["storedVersion"], 2);
        ledgers_agree(t).await;
    }

    async fn a_loan_is_extended_frozen_and_written_off(t: &Service) {
        let bank = bank(t).await;
        let loan = running(t, "A", 10_000_000).await;
        let change = |version: i32, what: Value| {
            let mut input = json!({ "loanId": loan["id"], "expectedVersion": version, "occurredOn": "2026-11-20", "reference": format!("QD-{version}"), "reason": "bão số 5" });
            input.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
            input
        };
        for (what, code, field) in [
            (json!({ "change": "EXTENSION" }), "BAD_USER_INPUT", "input.until"),
            (json!({ "change": "EXTENSION", "until": "2029-02-01" }), "BAD_USER_INPUT", "input.until"),
            (json!({ "change": "FREEZE", "until": "2028-11-20" }), "BAD_USER_INPUT", "input.cause"),
            (json!({ "change": "FREEZE", "until": "2026-11-20", "cause": "EPIDEMIC" }), "BAD_USER_INPUT", "input.until"),
            (json!({ "change": "FREEZE", "until": "2028-11-20", "cause": "EPIDEMIC", "damagePercent": "100.1" }), "BAD_USER_INPUT", "input.damagePercent"),
            (json!({ "change": "FREEZE", "until": "2028-11-20", "cause": "EPIDEMIC", "amount": 1 }), "BAD_USER_INPUT", "input.amount"),
            (json!({ "change": "UNFREEZE" }), "CONFLICT", "input.loanId"),
            (json!({ "change": "WRITE_OFF", "cause": "DEATH_OR_MISSING", "amount": 9_999_999 }), "BAD_USER_INPUT", "input.amount"),
            (json!({ "change": "WRITE_OFF", "cause": "DEATH_OR_MISSING", "occurredOn": "2026-01-31" }), "BAD_USER_INPUT", "input.occurredOn"),
            (json!({ "change": "WRITE_OFF", "cause": "DEATH_OR_MISSING", "reason": " " }), "BAD_USER_INPUT", "input.reason"),
        ] {
            write(&bank, "changeLoan", change(1, what)).await.refused(code, field);
        }
        let extended = write(&bank, "changeLoan", change(1, json!({ "change": "EXTENSION", "until": "2030-02-01" }))).await;
        assert_eq!((&done(&extended)["loan"]["maturesOn"], &done(&extended)["loan"]["status"]), (&json!("2030-02-01"), &json!("ACTIVE")));
        let freeze = json!({ "change": "FREEZE", "until": "2028-11-20", "cause": "NATURAL_DISASTER", "damagePercent": "65.50" });
        let frozen = write(&bank, "changeLoan", change(2, freeze)).await;
        assert_eq!(done(&frozen)["loan"]["status"], "FROZEN");
        assert_eq!(figure(t, "count(*)", "loan_transaction WHERE damage_percent = '65.5' AND cause = 'NATURAL_DISASTER'
            AND reason = 'bão số 5' AND until_on = '2028-11-20'").await, 1);
        // Paying is possible during a freeze.
        assert_eq!(statuses(&repay(&bank, "k", json!([receipt("A", "R-1", 1_000_000, 0)])).await), ["APPLIED"]);
        let free = write(&bank, "changeLoan", change(4, json!({ "change": "UNFREEZE" }))).await;
        assert_eq!(done(&free)["loan"]["status"], "ACTIVE");
        let gone = write(&bank, "changeLoan", change(5, json!({ "change": "WRITE_OFF", "cause": "DEATH_OR_MISSING", "amount": 9_000_000 }))).await;
        assert_eq!((&done(&gone)["loan"]["status"], &done(&gone)["loan"]["outstandingPrincipal"]), (&json!("WRITTEN_OFF"), &json!(0)));
        let late = repay(&bank, "l", json!([receipt("A", "R-2", 0, 1)])).await;
        assert_eq!(fault(&results(&late)[0]), ("CONFLICT", ""));
        ledgers_agree(t).await;
    }

    async fn a_reversal_undoes_an_entry_once(t: &Service) {
        let bank = bank(t).await;
        let loan = running(t, "A", 10_000_000).await;
        let paid = repay(&bank, "k", json!([receipt("A", "R-1", 10_000_000, 50_000)])).await;
        let [principal, interest] = [0, 1].map(|index| results(&paid)[0]["transactions"][index]["id"].clone());
        let reverse = |id: &Value, version: i32, reference: &str| json!({ "transactionId": id, "expectedVersion": version,
            "reference": reference, "occurredOn": "2026-11-21", "reason": "nhầm hợp đồng" });
        write(&bank, "reverseLoanTransaction", reverse(&principal, 1, "D-1")).await.refused("CONFLICT", "expectedVersion");
        write(&bank, "reverseLoanTransaction", reverse(&loan["id"], 2, "D-1")).await.refused("BAD_USER_INPUT", "input.transactionId");
        write(&bank, "reverseLoanTransaction", reverse(&principal, 2, "R-1")).await.refused("CONFLICT", "input.reference");
        let mut early = reverse(&principal, 2, "D-1");
        early["occurredOn"] = json!("2026-11-19");
        write(&bank, "reverseLoanTransaction", early).await.refused("BAD_USER_INPUT", "input.occurredOn");
        let undone = write(&bank, "reverseLoanTransaction", reverse(&principal, 2, "D-1")).await;
        let (after, entry) = (&done(&undone)["loan"], &done(&undone)["transactions"][0]);
        assert_eq!((&after["status"], &after["outstandingPrincipal"]), (&json!("ACTIVE"), &json!(10_000_000)));
        assert_eq!((&entry["kind"], &entry["amount"], &entry["reverses"]["id"]), (&json!("REVERSAL"), &json!(10_000_000), &principal));
        write(&bank, "reverseLoanTransaction", reverse(&principal, 3, "D-2")).await.refused("CONFLICT", "");
        write(&bank, "reverseLoanTransaction", reverse(&entry["id"], 3, "D-2")).await.refused("CONFLICT", "");
        let opening = &loan["transactions"]["nodes"][0]["id"];
        write(&bank, "reverseLoanTransaction", reverse(opening, 3, "D-2")).await.refused("CONFLICT", "");
        done(&write(&bank, "reverseLoanTransaction", reverse(&interest, 3, "D-2")).await);
        ledgers_agree(t).await;

        let household = "{ household(code: \"28757-000900\") { timeline(first: 9) { nodes { kind amount } }
            loans(first: 1) { nodes { accruedInterest(on: \"2026-11-21\") } } } }";
        let answer = bank.query(household).await;
        let household = &answer.data()["household"];
        assert_eq!(household["timeline"]["nodes"], json!([{ "kind": "LOAN_DISBURSEMENT", "amount": 10_000_000 }]));
        // As though the receipt had never been: 10 M from 1 February to 21 November 2026, 293 days at 6.24%.
        assert_eq!(household["loans"]["nodes"][0]["accruedInterest"], 500_910);
    }

    async fn ledgers_are_the_banks(t: &Service) {
        let loan = running(t, "A", 10_000_000).await;
        let payment = json!({ "loanId": loan["id"], "expectedVersion": 1, "amount": 1, "occurredOn": "2026-11-20", "reference": "G" });
        let mut callers = vec![t.as_roles_in(&["bank_officer"], "DOLISA", "83").await];
        for role in ["commune_officer", "dolisa_officer", "district_officer", "auditor", "insurance_officer"] {
            callers.push(t.as_role(role).await);
        }
        for caller in callers {
            for answer in [
                write(&caller, "disburseLoan", payment.clone()).await,
                repay(&caller, "k", json!([receipt("A", "R", 1, 0)])).await,
                record(&caller, "k", json!([])).await,
            ] {
                assert_eq!(answer.code(0), "FORBIDDEN", "{}", caller.name);
            }
        }
        // The bank of another district doesn't see the loan.
        let far = t.as_role_in("bank_officer", fixture::DISTRICT_FAR).await;
        write(&far, "disburseLoan", payment).await.refused("NOT_FOUND", "input.loanId");
        assert_eq!(fault(&results(&repay(&far, "k", json!([receipt("A", "R", 1, 0)])).await)[0]), ("NOT_FOUND", "contractNumber"));
        assert_eq!(figure(t, "count(*)", "loan_transaction").await, 1);
    }
}
