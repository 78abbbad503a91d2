//! Contracts from the bank's own system.

use serde_json::{Value, json};
use tests::{both_databases, service::Service};

use super::*;
use crate::fixture::HERE;

both_databases! {
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
        assert_eq!(t.number("SELECT count(*) FROM loan").await, 4);
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
        let asking = json!({ "productCode": "POOR", "householdId": household(t, 9).await, "amount": 50_000_000, "termMonths": 36, "requestedOn": "2026-11-20" });
        let commune = t.as_role_in("commune_officer", HERE).await;
        let id = done(&write(&commune, "requestLoan", asking).await)["loan"]["id"].clone();
        done(&write(&commune, "confirmLoan", json!({ "loanId": id, "expectedVersion": 1, "confirmedOn": "2026-11-20" })).await);
        let decision = json!({ "loanId": id, "expectedVersion": 2, "approve": true, "contractNumber": "D", "decidedOn": "2026-11-21",
            "funding": funded("D")["funding"] });
        write(&bank, "decideLoan", decision).await.refused("CONFLICT", "input.funding");
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
        assert_eq!(t.number("SELECT count(*) FROM loan WHERE outstanding_principal = 8000000").await, 402);
        ledgers_agree(t).await;
    }
}
