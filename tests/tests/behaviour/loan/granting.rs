//! From the request of a household to the first payment.

use serde_json::{Value, json};
use tests::{both_databases, service::Service};

use super::*;
use crate::fixture::{self, FAR, HERE, NEAR};

both_databases! {
    async fn a_repeat_after_the_household_moved_away_finds_nothing(t: &Service) {
        let (commune, household) = (t.as_role_in("commune_officer", HERE).await, household(t, 1).await);
        let request = json!({ "productCode": "JOB_CREATION", "householdId": household, "amount": 40_000_000,
            "termMonths": 60, "requestedOn": "2026-11-02", "idempotencyKey": "a" });
        write(&commune, "requestLoan", request.clone()).await.data();
        let moved = json!({ "input": { "id": household, "expectedVersion": 1, "toCommuneCode": NEAR, "movedOn": "2026-11-23" } });
        commune.ask("mutation($input: MoveHouseholdInput!) { moveHousehold(input: $input) { applied } }", moved).await.data();
        let again = write(&commune, "requestLoan", request).await;
        again.refused("NOT_FOUND", "loan");
        assert_eq!(again.errors()[0]["path"], json!(["done", "loan"]));
        assert_eq!(t.number("SELECT count(*) FROM loan").await, 1);
    }

    async fn a_request_becomes_a_contract_and_is_paid_out(t: &Service) {
        let (commune, bank) = (t.as_role_in("commune_officer", FAR).await, bank(t).await);
        let household = household_in(t, FAR, 1, "AVERAGE").await;
        let request = json!({ "productCode": "WATER_SANITATION", "householdId": household, "amount": 40_000_000,
            "termMonths": 60, "requestedOn": "2026-11-02", "idempotencyKey": "a" });
        let asked = write(&commune, "requestLoan", request.clone()).await;
        let loan = &done(&asked)["loan"];
        let (id, number) = (loan["id"].as_str().unwrap(), loan["contractNumber"].as_str().unwrap());
        assert_eq!((&loan["status"], &done(&asked)["transactions"]), (&json!("REQUESTED"), &json!([])));
        assert!(number.starts_with("REQ-2026-"), "{number}");
        assert_eq!(done(&write(&commune, "requestLoan", request).await), done(&asked), "a retry returns the first answer");
        assert_eq!(t.number("SELECT count(*) FROM loan").await, 1);

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
        let foreigner = t.number(&format!("SELECT min(id) FROM person WHERE household_id = {}", elsewhere.key)).await;
        let member = t.number(&format!("SELECT max(id) FROM person WHERE household_id <> {}", elsewhere.key)).await;
        let person = |id: i64| ansinh::schema::global_id::encode("Person", id);
        let before = t.number("SELECT count(*) FROM loan").await;
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
        assert_eq!(t.number("SELECT count(*) FROM loan").await, before);
    }

    async fn who_asked_does_not_decide_and_a_refusal_says_why(t: &Service) {
        let both = t.as_role_in("commune_officer", HERE).await;
        let input = json!({ "productCode": "POOR", "householdId": household(t, 4).await, "amount": 50_000_000, "termMonths": 36,
            "requestedOn": "2026-11-20" });
        let asked = write(&both, "requestLoan", input).await;
        let id = &done(&asked)["loan"]["id"];
        let confirmation = json!({ "loanId": id, "expectedVersion": 1, "confirmedOn": "2026-11-20" });
        done(&write(&t.as_role_in("commune_officer", HERE).await, "confirmLoan", confirmation).await);
        // Its client goes over to the bank, which no mutation does.
        t.sql(&format!("UPDATE client SET agency_id = (SELECT id FROM agency WHERE code = 'VBSP') WHERE name = '{}'", both.name)).await;
        t.also(&both, "bank_officer").await;
        let decision = json!({ "loanId": id, "expectedVersion": 2, "approve": false, "decidedOn": "2026-11-21", "reason": "đã vay đủ mức" });
        write(&both, "decideLoan", decision.clone()).await.refused("FORBIDDEN", "input.loanId");
        let refused = write(&bank(t).await, "decideLoan", decision).await;
        assert_eq!(done(&refused)["loan"]["status"], "REJECTED");
        assert_eq!(t.number("SELECT count(*) FROM loan_transition WHERE note = 'đã vay đủ mức'").await, 1);
        let payment = json!({ "loanId": id, "expectedVersion": 3, "amount": 1, "occurredOn": "2026-11-22", "reference": "GN" });
        write(&bank(t).await, "disburseLoan", payment).await.refused("CONFLICT", "input.loanId");
    }

    async fn only_the_commune_asks_and_confirms(t: &Service) {
        let home = household(t, 5).await;
        let input = json!({ "productCode": "POOR", "householdId": home, "amount": 50_000_000, "termMonths": 36, "requestedOn": "2026-11-20" });
        let asked = write(&t.as_role_in("commune_officer", HERE).await, "requestLoan", input.clone()).await;
        let confirmation = json!({ "loanId": done(&asked)["loan"]["id"], "expectedVersion": 1, "confirmedOn": "2026-11-20" });
        // Whatever its roles allow: an agency that sees the household, and the bank, to which both are denied.
        for (agency, field, words) in [("VFF", "loanRequest", "owned by CPC"), ("DOLISA", "loanRequest", "owned by CPC"), ("VBSP", "", "")] {
            let caller = t.as_roles_in(&["commune_officer"], agency, "83").await;
            for (mutation, input) in [("requestLoan", &input), ("confirmLoan", &confirmation)] {
                let answer = write(&caller, mutation, input.clone()).await;
                answer.refused("FORBIDDEN", field);
                assert!(answer.errors()[0]["message"].as_str().unwrap().contains(words), "{}", answer.body);
            }
        }
        assert_eq!(t.texts("SELECT status FROM loan").await, ["REQUESTED"]);
    }
}
