//! Receipts, changes and reversals: what a ledger takes and what it refuses.

use serde_json::{Value, json};
use tests::{both_databases, service::Service};

use super::*;
use crate::fixture;

both_databases! {
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

    /// A receipt of principal alone asks nothing of the interest that was paid, but for what stands under its own reference.
    async fn a_receipt_of_principal_is_not_the_one_of_principal_and_interest(t: &Service) {
        let bank = bank(t).await;
        running(t, "A", 10_000_000).await;
        let items = json!([receipt("A", "R-1", 1_000_000, 50_000), receipt("A", "R-2", 0, 50_000), receipt("A", "R-3", 1_000_000, 0)]);
        assert_eq!(statuses(&repay(&bank, "one", items).await), ["APPLIED"; 3]);
        for (key, reference, status) in [("a", "R-1", "REFUSED"), ("b", " R-1 ", "REFUSED"), ("c", "R-2", "REFUSED"), ("d", "R-3", "UNCHANGED"), ("e", " R-3", "UNCHANGED")] {
            let answer = repay(&bank, key, json!([receipt("A", reference, 1_000_000, 0)])).await;
            assert_eq!(statuses(&answer), [status], "{reference}");
            if status == "REFUSED" {
                assert_eq!(fault(&results(&answer)[0]), ("CONFLICT", "reference"));
            }
        }
        let both = json!([receipt("A", "R-2", 1_000_000, 0), receipt("A", "R-4", 1_000_000, 0), receipt("A", "R-1", 1_000_000, 0)]);
        assert_eq!(statuses(&repay(&bank, "f", both).await), ["REFUSED", "APPLIED", "REFUSED"]);
        assert_eq!(t.number("SELECT outstanding_principal FROM loan").await, 7_000_000);
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
        assert_eq!(t.number("SELECT outstanding_principal FROM loan").await, 1_000_000);
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
        assert_eq!(t.number("SELECT count(*) FROM loan_transaction WHERE damage_percent = '65.5' AND cause = 'NATURAL_DISASTER'
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
        // What was reversed never counted, also on the days until it was; what takes its place counts once, from its true day.
        t.sql("UPDATE household SET registered_on = '2026-01-01', history_from = '2026-01-01'").await;
        let stood = async |days: &[(&str, i64, &str)]| {
            for (day, outstanding, status) in days {
                let then = "query($on: Date!) { household(code: \"28757-000900\", on: $on) { loans(first: 1) { nodes { outstandingPrincipal status } } }
                    debtClassification(on: $on) { total { principal } } }";
                let answer = bank.ask(then, json!({ "on": day })).await;
                let expected = json!([{ "outstandingPrincipal": outstanding, "status": status }]);
                assert_eq!(answer.data()["household"]["loans"]["nodes"], expected, "{day}");
                assert_eq!(answer.data()["debtClassification"]["total"]["principal"], *outstanding, "{day}");
            }
        };
        stood(&[("2026-11-19", 10_000_000, "ACTIVE"), ("2026-11-20", 10_000_000, "ACTIVE"), ("2026-11-21", 10_000_000, "ACTIVE")]).await;
        let mut anew = receipt("A", "R-2", 10_000_000, 0);
        anew["occurredOn"] = json!("2026-11-15");
        assert_eq!(statuses(&repay(&bank, "anew", json!([anew])).await), ["APPLIED"]);
        stood(&[("2026-11-14", 10_000_000, "ACTIVE"), ("2026-11-15", 0, "REPAID"), ("2026-11-20", 0, "REPAID"), ("2026-11-23", 0, "REPAID")]).await;
        ledgers_agree(t).await;
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
        assert_eq!(t.number("SELECT count(*) FROM loan_transaction").await, 1);
    }
}
