//! Receipts of many requests at a time, which may share a transaction: each is done, noted and answered as if it were alone.

use std::time::Duration;

use sea_orm::{ConnectionTrait, TransactionTrait};
use tests::{both::OnDatabase, both_databases, database::DbBackend};
use tokio::task::JoinSet;

use super::{charged::WAITING, *};

const OWED: i64 = 10_000_000;

/// Contracts L-0, L-1 … of households of their own.
async fn contracts(t: &Service, count: u32) {
    let mut items = Vec::new();
    for number in 0..count {
        items.push(contract(&format!("L-{number}"), &household(t, number + 1).await, OWED));
    }
    assert!(
        statuses(&record(&bank(t).await, "contracts", json!(items)).await).iter().all(|status| *status == "APPLIED")
    );
}

/// Sends receipts at once, each under its reference as the request's id and key; tells the answers by these.
async fn at_once(requests: impl IntoIterator<Item = (Caller, Value)>) -> Vec<(String, Answer)> {
    let mut running = JoinSet::new();
    for (caller, item) in requests {
        running.spawn(async move {
            let id = item["reference"].as_str().unwrap().to_owned();
            let answer = repay(&caller.with("x-request-id", &id), &id, json!([item])).await;
            (id, answer)
        });
    }
    running.join_all().await
}

/// So many statements wait for a lock.
async fn until_waiting(t: &Service, count: i64) {
    while t.number(WAITING).await < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Request, caller, loan, purpose and version of each note of a receipt in the ledger and the feed.
async fn notes(t: &Service) -> Vec<String> {
    let sql = "SELECT a.request_id || ' ' || k.name || ' ' || l.contract_number || ' ' || COALESCE(a.purpose, '') FROM audit_entry a
        JOIN client k ON k.id = a.client_id JOIN loan l ON l.id = a.subject_id
        WHERE a.operation = 'recordRepayments' AND a.subject_type = 'Loan'";
    let mut notes = t.texts(sql).await;
    notes.sort();
    notes
}

both_databases! {
    async fn each_request_has_its_own_entries_and_outcome(t: &Service) {
        contracts(t, 40).await;
        let (bank, other) = (bank(t).await, t.as_roles_in(&["bank_officer", "statistics_viewer"], "VBSP", "83").await);
        let stating = bank.clone().with("x-purpose", "DATA_QUALITY");
        let callers = [("bank", &bank, ""), ("other", &other, ""), ("stating", &stating, "DATA_QUALITY")];
        let requests = (0..40).map(|n| {
            let (name, caller, _) = &callers[n % 3];
            ((*caller).clone(), receipt(&format!("L-{n}"), &format!("{name}-{n:02}"), 1_000 + n as i64, 0))
        });
        let before = t.number("SELECT count(*) FROM change_event").await;
        for (id, answer) in at_once(requests).await {
            let n: i64 = id[id.len() - 2..].parse().unwrap();
            let result = &results(&answer)[0];
            assert_eq!(result["status"], "APPLIED", "{}", answer.text);
            assert_eq!((&result["loan"]["outstandingPrincipal"], &result["loan"]["version"]), (&json!(OWED - 1_000 - n), &json!(2)));
            assert_eq!(result["transactions"].as_array().unwrap().len(), 1);
            assert_eq!((&result["transactions"][0]["amount"], &result["transactions"][0]["balanceAfter"]), (&json!(1_000 + n), &json!(OWED - 1_000 - n)));
            // The same again is the same answer, and another under its key is refused.
            let again = repay(callers[n as usize % 3].1, &id, json!([receipt(&format!("L-{n}"), &id, 1_000 + n, 0)])).await;
            assert_eq!(again.text, answer.text);
            repay(callers[n as usize % 3].1, &id, json!([receipt(&format!("L-{n}"), &id, 1, 0)])).await.refused("CONFLICT", "input.idempotencyKey");
        }
        let mut expected: Vec<_> = (0..40).map(|n| {
            let (name, caller, purpose) = callers[n % 3];
            format!("{name}-{n:02} {} L-{n} {purpose}", caller.name)
        }).collect();
        expected.sort();
        assert_eq!(notes(t).await, expected);
        assert_eq!(t.number("SELECT count(*) FROM change_event").await - before, 40);
        assert_eq!(t.number("SELECT count(*) FROM change_event WHERE version = 2 AND subject_type = 'Loan' AND operation = 'UPDATED'
            AND commune_id IS NOT NULL AND district_id IS NOT NULL").await, 40);
        ledgers_agree(t).await;
    }

    /// Good and bad receipts, some of the same loan, some sent twice, one of a loan that isn't there.
    async fn none_is_done_twice_and_none_undoes_another(t: &Service) {
        contracts(t, 5).await;
        let bank = bank(t).await;
        let item = |n: usize| match n % 6 {
            5 if n == 35 => receipt("Z", "R-35", 1, 0),
            5 => receipt(&format!("L-{}", n % 5), &format!("R-{n}"), OWED + 1, 0),
            _ => receipt(&format!("L-{}", n % 5), &format!("R-{n}"), 1_000, 0),
        };
        let twice = (0..48).flat_map(|n| std::iter::repeat_n((bank.clone(), item(n)), 1 + usize::from(n % 4 == 0)));
        let answers = at_once(twice).await;
        assert_eq!(answers.len(), 60);
        for (id, answer) in &answers {
            let n: usize = id[2..].parse().unwrap();
            let result = &results(answer)[0];
            match n % 6 {
                5 if n == 35 => assert_eq!(fault(result), ("NOT_FOUND", "contractNumber")),
                5 => assert_eq!(fault(result), ("BAD_USER_INPUT", "principal")),
                _ => assert_eq!((result["status"].as_str(), &result["transactions"][0]["amount"]), (Some("APPLIED"), &json!(1_000))),
            }
        }
        assert_eq!(t.number("SELECT count(*) FROM loan_transaction WHERE kind = 'PRINCIPAL_REPAYMENT'").await, 40);
        assert_eq!(t.number("SELECT CAST(sum(outstanding_principal) AS BIGINT) FROM loan").await, 5 * OWED - 40 * 1_000);
        assert_eq!(t.number("SELECT count(*) FROM idempotency_key WHERE outcome IS NULL").await, 0);
        ledgers_agree(t).await;
    }
}

/// While one waits for a lock, others come; the database refuses one of these in the middle of the work that they share.
#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn what_one_breaks_the_others_do_without_it() {
    let t = Service::on(DbBackend::Postgres).await;
    contracts(&t, 30).await;
    t.sql(
        "CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
        CREATE TRIGGER break_it BEFORE INSERT ON loan_transaction FOR EACH ROW WHEN (NEW.reference = 'R-7')
        EXECUTE FUNCTION break_it()",
    )
    .await;
    let bank = bank(&t).await;
    let requests = (0..30).map(|n| (bank.clone(), receipt(&format!("L-{n}"), &format!("R-{n}"), 1_000, 0)));
    for (id, answer) in at_once(requests).await {
        match id.as_str() {
            "R-7" => assert_eq!(answer.code(0), "INTERNAL", "{}", answer.text),
            _ => assert_eq!(statuses(&answer), ["APPLIED"], "{}", answer.text),
        }
    }
    assert_eq!(t.number("SELECT count(*) FROM loan WHERE outstanding_principal = 9999000").await, 29);
    assert_eq!(t.number("SELECT count(*) FROM idempotency_key WHERE idempotency_key = 'R-7'").await, 0);
    ledgers_agree(&t).await;
}

/// Of those that come while another waits for a lock, several do their work in one transaction.
#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn requests_at_a_time_share_transactions() {
    let t = Service::on(DbBackend::Postgres).await;
    contracts(&t, 60).await;
    let bank = bank(&t).await;
    let requests = (0..60).map(|n| (bank.clone(), receipt(&format!("L-{n}"), &format!("R-{n}"), 1_000, 0)));
    for (_, answer) in at_once(requests).await {
        assert_eq!(statuses(&answer), ["APPLIED"]);
    }
    let transactions =
        "SELECT count(DISTINCT transaction_id) FROM change_event WHERE subject_type = 'Loan' AND version = 2";
    let shared = t.number(transactions).await;
    assert!((1..60).contains(&shared), "{shared}");
    ledgers_agree(&t).await;
}

/// Who leads goes away while it waits, and so do some that wait for it; the others have their receipts entered all the same.
#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn who_goes_away_holds_nobody_up() {
    let t = Service::on(DbBackend::Postgres).await;
    contracts(&t, 20).await;
    let hold = t.database.connect().await.begin().await.unwrap();
    hold.execute_unprepared("LOCK TABLE loan_transaction IN SHARE MODE").await.unwrap();
    let bank = bank(&t).await;
    let request = |n: u32| {
        let bank = bank.clone();
        async move { repay(&bank, &format!("k{n}"), json!([receipt(&format!("L-{n}"), &format!("R-{n}"), 1_000, 0)])).await }
    };
    let mut leaving: Vec<_> = (0..4).map(|n| tokio::spawn(request(n))).collect();
    until_waiting(&t, 1).await;
    let staying: Vec<_> = (4..20).map(|n| tokio::spawn(request(n))).collect();
    until_waiting(&t, 4).await;
    for gone in leaving.drain(..) {
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
    }
    hold.commit().await.unwrap();
    for answer in staying {
        assert_eq!(statuses(&answer.await.unwrap()), ["APPLIED"]);
    }
    // Whether theirs was entered or not, a retry tells so and it is there once.
    for n in 0..4 {
        assert_eq!(statuses(&request(n).await), ["APPLIED"]);
    }
    assert_eq!(t.number("SELECT count(*) FROM loan WHERE outstanding_principal = 9999000").await, 20);
    assert_eq!(t.number("SELECT count(*) FROM loan_transaction WHERE kind = 'PRINCIPAL_REPAYMENT'").await, 20);
    ledgers_agree(&t).await;
}

/// A loan that another writer holds is waited for by whoever pays it, and by nobody else.
#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn a_loan_that_is_locked_holds_up_no_other() {
    let t = Service::on(DbBackend::Postgres).await;
    contracts(&t, 30).await;
    let bank = bank(&t).await;
    let hold = t.database.connect().await.begin().await.unwrap();
    hold.execute_unprepared("SELECT 1 FROM loan WHERE contract_number = 'L-7' FOR UPDATE").await.unwrap();
    let locked = at_once([(bank.clone(), receipt("L-7", "R-7", 1_000, 0))]);
    let locked = tokio::spawn(locked);
    until_waiting(&t, 1).await;
    let others = (0..30).filter(|n| *n != 7);
    let requests = others.map(|n| (bank.clone(), receipt(&format!("L-{n}"), &format!("R-{n}"), 1_000, 0)));
    for (_, answer) in at_once(requests).await {
        assert_eq!(statuses(&answer), ["APPLIED"]);
    }
    assert!(!locked.is_finished(), "its lock is still held");
    // Among others that come with it, too.
    let again = (0..30).map(|n| (bank.clone(), receipt(&format!("L-{n}"), &format!("S-{n}"), 1_000, 0)));
    let mut again = Box::pin(at_once(again));
    let all_but_one = "SELECT count(*) FROM loan WHERE outstanding_principal = 9998000";
    while t.number(all_but_one).await < 29 {
        tokio::select! {
            _ = &mut again => panic!("the locked one is answered"),
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
    }
    hold.commit().await.unwrap();
    for (_, answer) in again.await.into_iter().chain(locked.await.unwrap()) {
        assert_eq!(statuses(&answer), ["APPLIED"]);
    }
    assert_eq!(t.number(all_but_one).await, 30);
    ledgers_agree(&t).await;
}
