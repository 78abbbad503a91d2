//! Interest that the State pays for the borrower in 2022 and 2023.

use tests::both_databases;

use super::{
    law::{admin, with},
    write as write_loan, *,
};
use crate::fixture::write;

fn points(value: &str, change: Value) -> Value {
    let row = json!({ "code": "INTEREST_SUPPORT", "expectedVersion": 1, "name": "Hỗ trợ lãi suất", "value": value, "effectiveFrom": "2022-01-01",
        "effectiveTo": "2023-12-31", "basis": "STATED", "source": "Nghị định 36/2022/NĐ-CP" });
    with(&row, change)
}

async fn set(caller: &Caller, input: Value) -> Answer {
    write(caller, "recordLoanRule", input, "rule { value version unverified effectiveTo }").await
}

/// Interest up to a day: what the borrower owes, what the State pays of it, and the first instalments.
async fn interest(caller: &Caller, number: &str, on: &str) -> (Value, Value, Value) {
    let query = format!(
        "{{ loan(contractNumber: \"{number}\") {{ accruedInterest(on: \"{on}\") interestSupport(on: \"{on}\") schedule {{ interest }} }} }}"
    );
    let answer = caller.query(&query).await;
    let loan = &answer.data()["loan"];
    (loan["accruedInterest"].clone(), loan["interestSupport"].clone(), loan["schedule"][0]["interest"].clone())
}

/// Contracts of 50 and 25 M paid out on 1 May 2022, at 6.6% and at 3%.
async fn lent(t: &Service) {
    let home = household(t, 1).await;
    let old = json!({ "approvedOn": "2022-04-20", "disbursedOn": "2022-05-01", "termMonths": 60 });
    let house = json!({ "productCode": "HOUSING_POOR", "graceMonths": 0 });
    let items = json!([
        with(&contract("A", &home, 50_000_000), old.clone()),
        with(&with(&contract("B", &home, 25_000_000), old), house)
    ]);
    assert_eq!(statuses(&record(&bank(t).await, "k", items).await), ["APPLIED"; 2]);
}

both_databases! {
    async fn two_points_of_loans_above_six_percent_are_the_states(t: &Service) {
        let bank = bank(t).await;
        lent(t).await;
        // 50,000,000 x 6.6%, of which 2 points; in the first month 31 days, 280,273.973 and 84,931.507.
        assert_eq!(interest(&bank, "A", "2023-05-01").await, (json!(2_300_000), json!(1_000_000), json!(195_342)));
        assert_eq!(interest(&bank, "B", "2023-05-01").await.1, 0, "3% is not above 6%");
        // To the end of 2023, 610 days; of January 2024 the whole rate.
        let (at_end, later) = (interest(&bank, "A", "2024-01-01").await, interest(&bank, "A", "2024-02-01").await);
        assert_eq!((&at_end.1, &later.1), (&json!(1_671_233), &json!(1_671_233)));
        assert_eq!(later.0.as_i64().unwrap() - at_end.0.as_i64().unwrap(), 280_274);
        let rules = bank.query("{ then: loanRules(on: \"2022-06-01\") { code value unverified source } now: loanRules { code } }").await;
        let then = rules.data()["then"].as_array().unwrap();
        let found: Vec<_> = then.iter().filter(|rule| rule["code"].as_str().unwrap().starts_with("INTEREST_")).collect();
        assert_eq!(found.len(), 2);
        for rule in found {
            assert_eq!(rule["unverified"], true);
            assert!(rule["source"].as_str().unwrap().contains("43/2022/QH15"), "{rule}");
        }
        assert!(!rules.text.contains("\"now\":[{\"code\":\"INTEREST"), "{}", rules.text);
    }

    async fn what_is_supported_is_corrected_until_interest_was_taken(t: &Service) {
        let (admin, bank) = (admin(t).await, bank(t).await);
        lent(t).await;
        let recorded = set(&admin, points("1", json!({}))).await;
        assert_eq!(recorded.data()["recordLoanRule"]["rule"], json!({ "value": "1", "version": 2, "unverified": false, "effectiveTo": "2023-12-31" }));
        assert_eq!(interest(&bank, "A", "2023-05-01").await, (json!(2_800_000), json!(500_000), json!(280_274 - 42_466)));
        set(&admin, points("-1", json!({ "expectedVersion": 2 }))).await.refused("BAD_USER_INPUT", "input.value");
        let paid = with(&receipt("A", "R-1", 0, 2_800_000), json!({ "occurredOn": "2023-05-01" }));
        assert_eq!(statuses(&repay(&bank, "r", json!([paid])).await), ["APPLIED"]);
        let refused = set(&admin, points("2", json!({ "expectedVersion": 2 }))).await;
        refused.refused("CONFLICT", "input.value");
        assert!(refused.errors()[0]["message"].as_str().unwrap().contains("2023-05-01"), "{}", refused.text);
        let above = points("7", json!({ "code": "INTEREST_SUPPORT_ABOVE" }));
        set(&admin, above).await.refused("CONFLICT", "input.value");
        // From the day of that payment on it may be another.
        set(&admin, points("1", json!({ "expectedVersion": 2, "effectiveTo": "2023-04-30" }))).await.data();
        set(&admin, points("2", json!({ "expectedVersion": null, "effectiveFrom": "2023-05-01" }))).await.data();
        // 31 days of May of 2 points: 84,931.507.
        assert_eq!(interest(&bank, "A", "2023-06-01").await.1, 84_932);
    }

    async fn only_interest_of_its_days_holds_it(t: &Service) {
        let (admin, bank, home) = (admin(t).await, bank(t).await, household(t, 2).await);
        lent(t).await;
        let later = json!({ "approvedOn": "2024-01-20", "disbursedOn": "2024-02-01", "termMonths": 60 });
        // Lent after it, and carried over with its interest settled.
        let opening = json!({ "approvedOn": "2021-01-20", "disbursedOn": "2021-02-01", "termMonths": 60, "outstandingPrincipal": 40_000_000, "balanceOn": "2024-01-01" });
        let items = json!([with(&contract("C", &home, 50_000_000), later), with(&contract("D", &home, 50_000_000), opening)]);
        assert_eq!(statuses(&record(&bank, "l", items).await), ["APPLIED"; 2]);
        let pay = async |number: &str, reference: &str, on: &str| {
            let paid = with(&receipt(number, reference, 0, 1_000), json!({ "occurredOn": on }));
            assert_eq!(statuses(&repay(&bank, reference, json!([paid])).await), ["APPLIED"]);
        };
        pay("C", "R-1", "2026-11-20").await;
        pay("D", "R-2", "2026-11-20").await;
        set(&admin, points("1", json!({}))).await.data();
        // Of A up to 1 January 2024: all of the last day, and no day of it after.
        pay("A", "R-3", "2024-01-01").await;
        pay("A", "R-4", "2026-11-20").await;
        let refused = set(&admin, points("2", json!({ "expectedVersion": 2 }))).await;
        refused.refused("CONFLICT", "input.value");
        let words = refused.errors()[0]["message"].as_str().unwrap().to_owned();
        assert!(words.contains("2024-01-01") && !words.contains("2026-11-20"), "{words}");
        // The days to which it would go on were taken by the next receipt, of C and D too.
        let longer = set(&admin, points("1", json!({ "expectedVersion": 2, "effectiveTo": "2024-03-31" }))).await;
        longer.refused("CONFLICT", "input.value");
        assert!(longer.errors()[0]["message"].as_str().unwrap().contains("2026-11-20"), "{}", longer.text);
        // A receipt that is reversed took nothing; the next one then takes its days.
        let entries = bank.query("{ loan(contractNumber: \"A\") { version transactions(first: 9) { nodes { id reference } } } }").await.data()["loan"].clone();
        let entry = entries["transactions"]["nodes"].as_array().unwrap().iter().find(|entry| entry["reference"] == "R-3").unwrap().clone();
        let back = json!({ "transactionId": entry["id"], "expectedVersion": entries["version"], "reference": "HB-1", "occurredOn": "2026-11-21", "reason": "ghi nhầm" });
        done(&write_loan(&bank, "reverseLoanTransaction", back).await);
        let refused = set(&admin, points("2", json!({ "expectedVersion": 2 }))).await;
        refused.refused("CONFLICT", "input.value");
        assert!(refused.errors()[0]["message"].as_str().unwrap().contains("2026-11-20"), "{}", refused.text);
    }
}
