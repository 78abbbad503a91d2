//! Where an administrator ended a row of law and recorded no other, nothing is granted and no interest is guessed.

use tests::both_databases;

use super::{
    law::{admin, ceiling, overdue, with},
    next_version::waiting,
    write as write_loan, *,
};
use crate::fixture::write;

fn words(answer: &Answer) -> &str {
    answer.errors()[0]["message"].as_str().unwrap()
}

async fn interest(caller: &Caller, on: &str) -> Value {
    let query = format!(
        "{{ loan(contractNumber: \"A\") {{ all: accruedInterest(on: \"{on}\") overdue: overdueInterest(on: \"{on}\") schedule {{ interest }} }} }}"
    );
    caller.query(&query).await.data()["loan"].clone()
}

both_databases! {
    async fn without_a_ceiling_nothing_is_granted_or_paid_out(t: &Service) {
        let (admin, bank) = (admin(t).await, bank(t).await);
        let granted = done(&write_loan(&bank, "decideLoan", waiting(t, 1).await).await)["loan"]["id"].clone();
        let decision = waiting(t, 2).await;
        let ended = with(&ceiling(100_000_000, &["POOR", "NEAR_POOR", "NEWLY_ESCAPED"]), json!({ "expectedVersion": 1, "effectiveTo": "2026-11-20" }));
        write(&admin, "recordLoanCeiling", ended, "ceiling { version }").await.data();
        let refused = write_loan(&bank, "decideLoan", decision.clone()).await;
        refused.refused("CONFLICT", "input.decidedOn");
        assert!(["PRODUCTION over POOR", "2026-11-20", "2026-11-21"].iter().all(|part| words(&refused).contains(part)), "{}", refused.text);
        let pay = |on: &str| json!({ "loanId": granted, "expectedVersion": 3, "amount": 50_000_000, "occurredOn": on, "reference": "GN-1" });
        write_loan(&bank, "disburseLoan", pay("2026-11-22")).await.refused("CONFLICT", "input.occurredOn");
        assert_eq!(t.number("SELECT count(*) FROM loan_transaction").await, 0);
        let other = with(&ceiling(50_000_000, &["POOR"]), json!({ "effectiveFrom": "2026-11-21" }));
        write(&admin, "recordLoanCeiling", other, "ceiling { version }").await.data();
        done(&write_loan(&bank, "decideLoan", decision).await);
        done(&write_loan(&bank, "disburseLoan", pay("2026-11-22")).await);
        // It is on purpose that the other one leaves these out.
        let next = with(&ceiling(100_000_000, &["NEAR_POOR"]), json!({ "expectedVersion": 1, "effectiveFrom": "2026-11-21" }));
        write(&admin, "recordLoanCeiling", next, "ceiling { version }").await.data();
        done(&write_loan(&bank, "decideLoan", waiting(t, 3).await).await);
    }

    async fn without_a_ceiling_that_was_abolished_all_is_lent(t: &Service) {
        let (admin, bank) = (admin(t).await, bank(t).await);
        let (in_time, decision) = (waiting(t, 1).await, waiting(t, 2).await);
        let low = with(&ceiling(10_000_000, &["POOR", "NEAR_POOR", "NEWLY_ESCAPED"]), json!({ "expectedVersion": 1, "abolished": true }));
        let record = async |input: &Value| write(&admin, "recordLoanCeiling", input.clone(), "ceiling { version effectiveTo abolished }").await;
        record(&low).await.refused("BAD_USER_INPUT", "input.effectiveTo");
        let row = record(&with(&low, json!({ "effectiveTo": "2026-11-20" }))).await;
        assert_eq!(row.data()["recordLoanCeiling"]["ceiling"], json!({ "version": 2, "effectiveTo": "2026-11-20", "abolished": true }));
        write_loan(&bank, "decideLoan", with(&in_time, json!({ "decidedOn": "2026-11-20" }))).await.refused("CONFLICT", "input.principal");
        done(&write_loan(&bank, "decideLoan", decision).await);
        // Another that follows later holds from its day on.
        let next = with(&ceiling(10_000_000, &["POOR"]), json!({ "effectiveFrom": "2026-11-21" }));
        record(&next).await.data();
        write_loan(&bank, "decideLoan", in_time).await.refused("CONFLICT", "input.principal");
    }

    async fn what_overdue_interest_is_of_the_rate_is_never_guessed(t: &Service) {
        let (admin, bank) = (admin(t).await, bank(t).await);
        // It matures on 1 May 2026.
        let late = with(&contract("A", &household(t, 900).await, 50_000_000), json!({ "termMonths": 3 }));
        assert_eq!(statuses(&record(&bank, "k", json!([late])).await), ["APPLIED"]);
        let decision = waiting(t, 1).await;
        let ended = with(&overdue("130"), json!({ "expectedVersion": 1, "effectiveTo": "2026-05-10" }));
        write(&admin, "recordLoanRule", ended, "rule { version }").await.data();
        // 50,000,000 x 6.24% x 130% x 9 days from 2 May to 11 May; of 11 May nobody knows.
        assert_eq!(interest(&bank, "2026-05-11").await["overdue"], 100_011);
        let unknown = interest(&bank, "2026-05-12").await;
        assert_eq!((&unknown["all"], &unknown["overdue"], unknown["schedule"].as_array().unwrap().len()), (&Value::Null, &Value::Null, 3));
        let answer = repay(&bank, "r", json!([receipt("A", "R-1", 0, 1_000), receipt("A", "R-2", 1_000, 1_000), receipt("A", "R-3", 1_000_000, 0)])).await;
        assert_eq!(statuses(&answer), ["REFUSED", "REFUSED", "APPLIED"]);
        for refused in &results(&answer)[..2] {
            assert_eq!(fault(refused), ("CONFLICT", "occurredOn"));
            let message = refused["error"]["message"].as_str().unwrap();
            assert!(message.contains("OVERDUE_RATE") && message.contains("2026-05-11"), "{message}");
        }
        let refused = write_loan(&bank, "decideLoan", decision.clone()).await;
        refused.refused("CONFLICT", "input.decidedOn");
        assert!(words(&refused).contains("OVERDUE_RATE") && words(&refused).contains("2026-11-21"), "{}", refused.text);
        // Of days up to then a receipt is taken.
        let early = with(&receipt("A", "R-4", 0, 1_000), json!({ "occurredOn": "2026-05-11" }));
        assert_eq!(statuses(&repay(&bank, "early", json!([early])).await), ["APPLIED"]);
        let next = with(&overdue("150"), json!({ "effectiveFrom": "2026-05-11" }));
        write(&admin, "recordLoanRule", next, "rule { version }").await.data();
        // A day of 50,000,000 x 6.24% x 150%: 12,821.918.
        assert_eq!(interest(&bank, "2026-05-12").await["overdue"], 12_822);
        assert_eq!(statuses(&repay(&bank, "again", json!([receipt("A", "R-1", 0, 1_000)])).await), ["APPLIED"]);
        done(&write_loan(&bank, "decideLoan", decision).await);
        ledgers_agree(t).await;
    }

    async fn a_product_without_a_rate_bears_no_known_interest(t: &Service) {
        let bank = bank(t).await;
        running(t, "A", 50_000_000).await;
        let decision = waiting(t, 1).await;
        t.sql("DELETE FROM loan_rate WHERE product_code = 'POOR'").await;
        assert_eq!(interest(&bank, "2026-03-01").await, json!({ "all": null, "overdue": null, "schedule": null }));
        let answer = repay(&bank, "r", json!([receipt("A", "R-1", 0, 1_000)])).await;
        assert_eq!(fault(&results(&answer)[0]), ("CONFLICT", "occurredOn"));
        let refused = write_loan(&bank, "decideLoan", decision).await;
        refused.refused("CONFLICT", "input.decidedOn");
        assert!(words(&refused).contains("POOR has no rate"), "{}", refused.text);
        assert_eq!(t.number("SELECT count(*) FROM loan WHERE status = 'APPROVED'").await, 0);
    }
}
