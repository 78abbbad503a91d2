//! Loans are what their ledgers come to, under load too, and the proof finds where they aren't.

use ansinh::loan::proof;
use serde_json::{Value, json};
use tests::{both_databases, service::Service};
use tokio::task::JoinSet;

use super::*;

/// The differences that the proof finds, and how many loans it went through.
async fn proven(t: &Service) -> (Vec<String>, u64) {
    let mut found = Vec::new();
    let seen = proof::differences(&t.app, |difference| {
        found.push(format!("{} {}", difference.contract_number, difference.what))
    });
    let seen = seen.await.unwrap_or_else(|failure| panic!("{}", failure.message));
    (found, seen)
}

both_databases! {
    async fn the_proof_finds_what_was_changed_past_the_ledger(t: &Service) {
        let (bank, home) = (bank(t).await, household(t, 40).await);
        let contracts = |from: usize, to: usize| (from..to).map(|n| contract(&format!("K-{n}"), &home, 9_000_000)).collect::<Value>();
        for (key, from, to) in [("1", 0, 700), ("2", 700, 1_100)] {
            record(&bank, key, contracts(from, to)).await.data();
        }
        repay(&bank, "r", json!([receipt("K-1", "R", 1_000_000, 40_000), receipt("K-1050", "R", 9_000_000, 0)])).await.data();
        assert_eq!(proven(t).await, (vec![], 1_100), "more than one round");
        t.sql("UPDATE loan SET outstanding_principal = 1 WHERE contract_number = 'K-7';
            UPDATE loan SET status = 'REPAID' WHERE contract_number = 'K-8';
            UPDATE loan SET matures_on = '2030-01-01' WHERE contract_number = 'K-1090';
            UPDATE loan_transaction SET balance_after = 5 WHERE kind = 'INTEREST_PAYMENT'").await;
        let (found, _) = proven(t).await;
        assert_eq!(found, ["K-1 BALANCE_AFTER", "K-7 OUTSTANDING", "K-8 STATUS", "K-1090 MATURES_ON"]);
    }

    /// Receipts, reversals, freezes and payments on the same loans at the same moment: each is taken or refused with a
    /// reason, no balance falls below nought or above what was paid out, and all agree with their ledgers.
    async fn under_load_no_ledger_and_no_balance_part(t: &Service) {
        let (bank, home) = (bank(t).await, household(t, 41).await);
        let items: Value = (0..4).map(|n| contract(&format!("L-{n}"), &home, 10_000_000)).collect();
        let recorded = record(&bank, "k", items).await;
        let ids: Vec<_> = results(&recorded).iter().map(|result| result["loan"]["id"].clone()).collect();
        let mut running = JoinSet::new();
        for n in 0..48_usize {
            let (bank, id) = (bank.clone(), ids[n % 4].clone());
            running.spawn(async move {
                if n % 6 == 5 {
                    let freeze = json!({ "loanId": id, "expectedVersion": 1 + n / 6, "change": "FREEZE", "occurredOn": "2026-11-20", "reference": format!("F-{n}"),
                        "until": "2027-11-20", "cause": "EPIDEMIC", "damagePercent": "50", "reason": "dịch" });
                    return vec![write(&bank, "changeLoan", freeze).await];
                }
                let number = |shift: usize| format!("L-{}", (n + shift) % 4);
                let items = json!([receipt(&number(0), &format!("R-{n}"), 700_000, 10_000), receipt(&number(1), &format!("R-{n}"), 900_000, 0)]);
                let paid = repay(&bank, &format!("k{n}"), items).await;
                let entry = results(&paid)[0]["transactions"][0]["id"].clone();
                if n % 3 != 0 || entry.is_null() {
                    return vec![paid];
                }
                // Undone again by whoever finds the version that it saw.
                let version = results(&paid)[0]["loan"]["version"].clone();
                let reversal = json!({ "transactionId": entry, "expectedVersion": version, "reference": format!("D-{n}"), "occurredOn": "2026-11-21", "reason": "nhầm" });
                let undone = write(&bank, "reverseLoanTransaction", reversal).await;
                vec![paid, undone]
            });
        }
        let answers: Vec<_> = running.join_all().await.into_iter().flatten().collect();
        let codes: std::collections::BTreeSet<_> = answers.iter().flat_map(|answer| answer.errors()).map(|error| error["extensions"]["code"].as_str().unwrap().to_owned()).collect();
        assert!(codes.iter().all(|code| code == "CONFLICT" || code == "BAD_USER_INPUT"), "{codes:?}");
        let (found, seen) = proven(t).await;
        assert_eq!((found, seen), (vec![], 4));
        assert_eq!(t.number("SELECT count(*) FROM loan WHERE outstanding_principal < 0 OR outstanding_principal > disbursed_amount").await, 0);
        let reversals = t.number("SELECT count(*) FROM loan_transaction WHERE kind = 'REVERSAL'").await;
        assert_eq!(t.number("SELECT count(DISTINCT reverses_id) FROM loan_transaction WHERE kind = 'REVERSAL'").await, reversals);
        assert!(t.number("SELECT count(*) FROM loan_transaction").await > 4 + 20, "most receipts were taken");
        ledgers_agree(t).await;
    }
}
