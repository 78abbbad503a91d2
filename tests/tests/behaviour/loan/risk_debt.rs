//! What may be done about a debt by how much was lost, and what it costs to be late.

use serde_json::{Value, json};
use tests::{both_databases, service::Service};

use super::*;

const CHANGE: &str = "mutation($input: ChangeLoanInput!) { done: changeLoan(input: $input) { loan { status maturesOn }
    transactions { kind until cause damagePercent reason damageRecord damageRecordedOn damageSignedBy } warnings { code field } } }";

fn change(loan: &Value, version: i32, what: Value) -> Value {
    let mut input = json!({ "loanId": loan["id"], "expectedVersion": version, "occurredOn": "2026-11-20",
        "reference": format!("QD-{version}"), "reason": "hạn mặn" });
    input.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    json!({ "input": input })
}

both_databases! {
    async fn the_damage_decides_what_may_be_done(t: &Service) {
        let bank = bank(t).await;
        // 36 months from 1 February 2026: it matures on 1 February 2029, and half of the term is 18 months.
        let loan = running(t, "A", 10_000_000).await;
        for (what, code, field) in [
            (json!({ "change": "FREEZE", "cause": "NATURAL_DISASTER", "until": "2027-11-20" }), "BAD_USER_INPUT", "input.damagePercent"),
            (json!({ "change": "FREEZE", "cause": "NATURAL_DISASTER", "until": "2027-11-20", "damagePercent": "39.99" }), "BAD_USER_INPUT", "input.damagePercent"),
            (json!({ "change": "FREEZE", "cause": "NATURAL_DISASTER", "until": "2029-11-21", "damagePercent": "79.99" }), "BAD_USER_INPUT", "input.until"),
            (json!({ "change": "FREEZE", "cause": "NATURAL_DISASTER", "until": "2031-11-21", "damagePercent": "100" }), "BAD_USER_INPUT", "input.until"),
            (json!({ "change": "EXTENSION", "cause": "NATURAL_DISASTER", "until": "2029-06-01", "damagePercent": "40" }), "BAD_USER_INPUT", "input.damagePercent"),
            (json!({ "change": "EXTENSION", "until": "2030-08-02" }), "BAD_USER_INPUT", "input.until"),
            (json!({ "change": "WRITE_OFF", "cause": "NATURAL_DISASTER" }), "CONFLICT", "input.change"),
            (json!({ "change": "UNFREEZE", "damageRecord": { "number": "BB", "recordedOn": "2026-11-20", "signedBy": [] } }), "BAD_USER_INPUT", "input.damageRecord"),
        ] {
            bank.ask(CHANGE, change(&loan, 1, what)).await.refused(code, field);
        }
        assert_eq!(t.number("SELECT count(*) FROM loan_transaction").await, 1, "nothing was written");
        let record = |number: &str, on: &str, signed: Value| json!({ "change": "FREEZE", "cause": "NATURAL_DISASTER", "until": "2026-11-21", "damagePercent": "80",
            "damageRecord": { "number": number, "recordedOn": on, "signedBy": signed } });
        let all = json!(["BANK", "COMMUNE", "BORROWER", "GROUP"]);
        for (what, field) in [
            (record("BB-1", "2026-11-21", all.clone()), "input.damageRecord.recordedOn"),
            (record(" ", "2026-11-20", all.clone()), "input.damageRecord.number"),
            (record("BB-1", "2026-11-20", json!(["BANK", "BORROWER"])), "input.damageRecord.signedBy"),
        ] {
            bank.ask(CHANGE, change(&loan, 1, what)).await.refused("BAD_USER_INPUT", field);
        }
        let frozen = bank.ask(CHANGE, change(&loan, 1, record("BB-1", "2026-11-19", all))).await;
        assert_eq!(done(&frozen), &json!({ "loan": { "status": "FROZEN", "maturesOn": "2029-02-01" }, "warnings": [],
            "transactions": [{ "kind": "FREEZE", "until": "2026-11-21", "cause": "NATURAL_DISASTER", "damagePercent": "80", "reason": "hạn mặn",
                "damageRecord": "BB-1", "damageRecordedOn": "2026-11-19", "damageSignedBy": ["BORROWER", "GROUP", "COMMUNE", "BANK"] }] }));
        // It is written off when the freeze is over, and not on its last day.
        let off = |on: &str| change(&loan, 2, json!({ "change": "WRITE_OFF", "cause": "NATURAL_DISASTER", "occurredOn": on }));
        bank.ask(CHANGE, off("2026-11-21")).await.refused("CONFLICT", "input.occurredOn");
        let gone = bank.ask(CHANGE, off("2026-11-22")).await;
        assert_eq!((&done(&gone)["loan"]["status"], &done(&gone)["warnings"]), (&json!("WRITTEN_OFF"),
            &json!([{ "code": "DAMAGE_RECORD_MISSING", "field": "input.damageRecord" }])));
        ledgers_agree(t).await;
    }

    async fn the_rules_are_shown_with_how_certain_they_are(t: &Service) {
        let rules = bank(t).await.query("{ riskDebtRules { code change damageFrom damageBelow maxMonths maxShareOfTerm unverified source }
            loanRules { code value unverified } then: riskDebtRules(on: \"2009-12-31\") { code } }").await;
        let rules = rules.data();
        assert_eq!(rules["riskDebtRules"].as_array().unwrap().len(), 4);
        assert!(rules["riskDebtRules"].as_array().unwrap().iter().all(|rule| rule["unverified"] == true));
        assert_eq!(rules["riskDebtRules"][3]["code"], "FREEZE_80");
        assert_eq!(rules["loanRules"][2], json!({ "code": "OVERDUE_RATE", "value": "130", "unverified": false }));
        assert_eq!(rules["then"], json!([]));
        // A rule of another day counts as soon as it is there.
        let loan = running(t, "A", 10_000_000).await;
        t.sql("UPDATE risk_debt_rule SET damage_below = 30 WHERE change = 'EXTENSION'; UPDATE risk_debt_rule SET damage_from = 30 WHERE code = 'FREEZE_40'").await;
        let freeze = json!({ "change": "FREEZE", "cause": "EPIDEMIC", "until": "2027-11-20", "damagePercent": "35" });
        assert_eq!(done(&bank(t).await.ask(CHANGE, change(&loan, 1, freeze)).await)["loan"]["status"], "FROZEN");
    }

    async fn a_loan_that_is_late_costs_130_percent_of_its_rate(t: &Service) {
        let (bank, home) = (bank(t).await, household(t, 901).await);
        let mut item = contract("A", &home, 50_000_000);
        item.as_object_mut().unwrap().extend(json!({ "termMonths": 12, "approvedOn": "2025-01-10", "disbursedOn": "2025-01-15" }).as_object().unwrap().clone());
        assert_eq!(statuses(&record(&bank, "k", json!([item])).await), ["APPLIED"]);
        let loan = "{ loan(contractNumber: \"A\") { due: accruedInterest(on: \"2026-01-16\") late: accruedInterest(on: \"2026-03-16\")
            none: overdueInterest(on: \"2026-01-16\") overdue: overdueInterest(on: \"2026-03-16\") } }";
        // Worked by hand in api/src/loan/rules_tests.rs.
        let expected = json!({ "due": 3_286_356, "late": 3_286_356 + 655_627, "none": 0, "overdue": 655_627 });
        assert_eq!(bank.query(loan).await.data()["loan"], expected);
        let extension = json!({ "loanId": null, "change": "EXTENSION", "until": "2026-07-15", "occurredOn": "2026-02-10" });
        let id = json!({ "id": bank.query("{ loan(contractNumber: \"A\") { id } }").await.data()["loan"]["id"] });
        let mut input = change(&id, 1, extension);
        input["input"]["loanId"] = id["id"].clone();
        done(&bank.ask(CHANGE, input).await);
        assert_eq!(bank.query(loan).await.data()["loan"]["late"], 3_576_986 + 277_808);
        assert_eq!(bank.query(loan).await.data()["loan"]["overdue"], 277_808);
    }
}
