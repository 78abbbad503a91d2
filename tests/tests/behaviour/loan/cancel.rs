//! An approval is taken back while nothing is paid out, and what it held is free again.

use tests::both_databases;

use super::{
    law::{self, ceiling, with},
    next_version::waiting,
    write as write_loan, *,
};
use crate::fixture::{HERE, write};

fn withdrawal(loan: &Value, version: i32) -> Value {
    json!({ "loanId": loan["id"], "expectedVersion": version, "cancelledOn": "2026-11-22", "reason": "hộ không nhận vốn" })
}

/// A loan that is granted and not paid out.
async fn granted(t: &Service, number: u32, more: Value) -> Value {
    done(&write_loan(&bank(t).await, "decideLoan", with(&waiting(t, number).await, more)).await)["loan"].clone()
}

both_databases! {
    async fn the_bank_takes_an_approval_back(t: &Service) {
        let bank = bank(t).await;
        let loan = granted(t, 1, json!({})).await;
        for (change, code, field) in [
            (json!({ "reason": " " }), "BAD_USER_INPUT", "input.reason"),
            (json!({ "cancelledOn": "2026-11-20" }), "BAD_USER_INPUT", "input.cancelledOn"),
            (json!({ "cancelledOn": "2026-11-24" }), "BAD_USER_INPUT", "input.cancelledOn"),
            (json!({ "expectedVersion": 2 }), "CONFLICT", "expectedVersion"),
            (json!({ "loanId": "x" }), "BAD_USER_INPUT", "input.loanId"),
        ] {
            write_loan(&bank, "cancelLoan", with(&withdrawal(&loan, 3), change)).await.refused(code, field);
        }
        let commune = t.as_role_in("commune_officer", HERE).await;
        write_loan(&commune, "cancelLoan", withdrawal(&loan, 3)).await.refused("FORBIDDEN", "");
        let cancelled = write_loan(&bank, "cancelLoan", withdrawal(&loan, 3)).await;
        assert_eq!((&done(&cancelled)["loan"]["status"], &done(&cancelled)["loan"]["version"]), (&json!("REJECTED"), &json!(4)));
        let steps = "SELECT from_status || ' ' || to_status || ' ' || occurred_on || ' ' || note FROM loan_transition ORDER BY id DESC LIMIT 1";
        assert_eq!(t.texts(steps).await, ["APPROVED REJECTED 2026-11-22 hộ không nhận vốn"]);
        assert_eq!(t.number("SELECT count(*) FROM audit_entry WHERE operation = 'cancelLoan' AND subject_type = 'Loan' AND decision = 'ALLOWED'").await, 1);
        assert_eq!(t.texts("SELECT operation || ' ' || version FROM change_event WHERE subject_type = 'Loan' ORDER BY id DESC LIMIT 1").await, ["UPDATED 4"]);
        // Nothing is paid out any more, its number stays its own, and it isn't cancelled twice.
        let pay = json!({ "loanId": loan["id"], "expectedVersion": 4, "amount": 1, "occurredOn": "2026-11-22", "reference": "GN-1" });
        write_loan(&bank, "disburseLoan", pay).await.refused("CONFLICT", "input.loanId");
        write_loan(&bank, "cancelLoan", withdrawal(&loan, 4)).await.refused("CONFLICT", "input.loanId");
        let taken = with(&waiting(t, 2).await, json!({ "contractNumber": "N-1" }));
        write_loan(&bank, "decideLoan", taken).await.refused("CONFLICT", "input.contractNumber");
        ledgers_agree(t).await;
    }

    async fn what_is_paid_out_is_not_cancelled(t: &Service) {
        let bank = bank(t).await;
        let loan = granted(t, 1, json!({})).await;
        let pay = json!({ "loanId": loan["id"], "expectedVersion": 3, "amount": 1_000_000, "occurredOn": "2026-11-22", "reference": "GN-1" });
        let paid = write_loan(&bank, "disburseLoan", pay).await;
        write_loan(&bank, "cancelLoan", withdrawal(&loan, 4)).await.refused("CONFLICT", "input.loanId");
        // Reversed, it was never paid out.
        let back = json!({ "transactionId": done(&paid)["transactions"][0]["id"], "expectedVersion": 4, "reference": "HB-1", "occurredOn": "2026-11-22",
            "reason": "chi nhầm" });
        assert_eq!(done(&write_loan(&bank, "reverseLoanTransaction", back).await)["loan"]["status"], "APPROVED");
        assert_eq!(done(&write_loan(&bank, "cancelLoan", withdrawal(&loan, 5)).await)["loan"]["status"], "REJECTED");
        ledgers_agree(t).await;
    }

    async fn the_household_and_the_money_are_free_again(t: &Service) {
        let bank = bank(t).await;
        t.sql("UPDATE funding_line SET allocated = 50000000 WHERE code = 'VI.1'").await;
        let funded = json!({ "funding": [{ "source": "VBSP_CREDIT", "lineCode": "VI.1", "amount": 50_000_000 }] });
        let loan = granted(t, 1, funded.clone()).await;
        let other = with(&waiting(t, 2).await, funded);
        write_loan(&bank, "decideLoan", other.clone()).await.refused("CONFLICT", "input.funding");
        let home = t.number("SELECT household_id FROM loan ORDER BY id LIMIT 1").await;
        let home = ansinh::schema::global_id::encode("Household", home);
        let lower = with(&ceiling(50_000_000, &["POOR"]), json!({ "expectedVersion": 1 }));
        write(&law::admin(t).await, "recordLoanCeiling", lower, "ceiling { version }").await.data();
        let commune = t.as_role_in("commune_officer", HERE).await;
        let asked = json!({ "productCode": "POOR", "householdId": home, "amount": 50_000_000, "termMonths": 36, "requestedOn": "2026-11-22" });
        let again = done(&write_loan(&commune, "requestLoan", asked).await)["loan"]["id"].clone();
        done(&write_loan(&commune, "confirmLoan", json!({ "loanId": again, "expectedVersion": 1, "confirmedOn": "2026-11-22" })).await);
        let decision = json!({ "loanId": again, "expectedVersion": 2, "approve": true, "contractNumber": "N-9", "decidedOn": "2026-11-23" });
        write_loan(&bank, "decideLoan", decision.clone()).await.refused("CONFLICT", "input.principal");
        done(&write_loan(&bank, "cancelLoan", withdrawal(&loan, 3)).await);
        done(&write_loan(&bank, "decideLoan", decision).await);
        done(&write_loan(&bank, "decideLoan", other).await);
    }

    async fn a_house_is_given_once_the_loan_for_one_is_taken_back(t: &Service) {
        let (bank, commune, home) = (bank(t).await, t.as_role_in("commune_officer", HERE).await, household(t, 1).await);
        let asked = json!({ "productCode": "HOUSING_POOR", "householdId": home, "amount": 25_000_000, "termMonths": 120, "requestedOn": "2026-11-20" });
        let id = done(&write_loan(&commune, "requestLoan", asked).await)["loan"]["id"].clone();
        done(&write_loan(&commune, "confirmLoan", json!({ "loanId": id, "expectedVersion": 1, "confirmedOn": "2026-11-20" })).await);
        let decision = json!({ "loanId": id, "expectedVersion": 2, "approve": true, "contractNumber": "N-1", "decidedOn": "2026-11-21" });
        let loan = done(&write_loan(&bank, "decideLoan", decision).await)["loan"].clone();
        let propose = async |key: &str| {
            let house = json!({ "programCode": "HOUSING_POOR", "householdId": home, "amount": 50_000_000,
                "funding": [{ "source": "SOCIAL_MOBILIZATION", "amount": 50_000_000 }] });
            let document = "mutation($input: ProposeBenefitsInput!) { done: proposeBenefits(input: $input) { results { status error { code field message messageVi } } } }";
            commune.ask(document, json!({ "input": { "items": [house], "idempotencyKey": key } })).await
        };
        let refused = propose("a").await;
        assert_eq!(fault(&results(&refused)[0]), ("CONFLICT", "householdId"), "{}", refused.text);
        done(&write_loan(&bank, "cancelLoan", withdrawal(&loan, 3)).await);
        let taken = propose("b").await;
        assert_eq!(statuses(&taken), ["APPLIED"], "{}", taken.text);
    }

    async fn a_contract_that_was_taken_back_is_not_recorded_as_one(t: &Service) {
        let bank = bank(t).await;
        let loan = granted(t, 1, json!({})).await;
        let home = t.number("SELECT household_id FROM loan").await;
        let home = ansinh::schema::global_id::encode("Household", home);
        let item = json!({ "contractNumber": "N-1", "productCode": "POOR", "householdId": home, "principal": 50_000_000,
            "termMonths": 36, "approvedOn": "2026-11-21" });
        assert_eq!(statuses(&record(&bank, "1", json!([item])).await), ["UNCHANGED"]);
        done(&write_loan(&bank, "cancelLoan", withdrawal(&loan, 3)).await);
        let paid = with(&item, json!({ "disbursedOn": "2026-11-23" }));
        let graced = with(&item, json!({ "graceMonths": 12 }));
        let answer = record(&bank, "2", json!([item, paid, graced])).await;
        for result in results(&answer) {
            assert_eq!(fault(result), ("CONFLICT", "contractNumber"));
            for words in ["message", "messageVi"] {
                assert!(result["error"][words].as_str().unwrap().contains("2026-11-22"), "{result}");
            }
        }
        assert_eq!(t.number("SELECT count(*) FROM loan WHERE status = 'REJECTED' AND version = 4 AND grace_months = 0").await, 1);
    }

    async fn of_a_payment_and_a_cancellation_at_once_one_wins(t: &Service) {
        let bank = bank(t).await;
        for number in 1..=4 {
            let loan = granted(t, number, json!({})).await;
            let pay = json!({ "loanId": loan["id"], "expectedVersion": 3, "amount": 1_000_000, "occurredOn": "2026-11-22", "reference": "GN-1" });
            let (paid, cancelled) = tokio::join!(write_loan(&bank, "disburseLoan", pay), write_loan(&bank, "cancelLoan", withdrawal(&loan, 3)));
            let lost = [&paid, &cancelled].into_iter().filter(|answer| !answer.errors().is_empty()).collect::<Vec<_>>();
            assert_eq!(lost.len(), 1, "{} {}", paid.text, cancelled.text);
            assert_eq!(lost[0].code(0), "CONFLICT");
        }
        assert_eq!(t.number("SELECT count(*) FROM loan WHERE status = 'REJECTED' AND outstanding_principal > 0").await, 0);
        ledgers_agree(t).await;
    }
}
