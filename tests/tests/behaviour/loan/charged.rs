//! A receipt and a correction of what its interest is by, at the same moment: they see each other.

use std::time::Duration;

use sea_orm::{ConnectionTrait, TransactionTrait};
use tests::{both::OnDatabase, both_databases, database::DbBackend};

use super::{
    law::{admin, ceiling, overdue, poor, with},
    next_version::waiting,
    *,
};
use crate::fixture::write;

pub(super) const WAITING: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// The rate of POOR since 1 December 2025.
fn rate(value: &str) -> Value {
    json!({ "productCode": "POOR", "expectedVersion": 1, "annualRate": value, "effectiveFrom": "2025-12-01", "basis": "STATED", "source": "Công báo" })
}

/// A receipt is in the middle of its transaction while somebody corrects what it was charged by; then it commits.
async fn meanwhile(t: &Service, mutation: &'static str, input: Value, payload: &'static str) -> Answer {
    let (admin, bank) = (admin(t).await, bank(t).await);
    let hold = t.database.connect().await.begin().await.unwrap();
    // Reads go through; the entries wait.
    hold.execute_unprepared("LOCK TABLE loan_transaction IN SHARE MODE").await.unwrap();
    let paying = tokio::spawn(async move { repay(&bank, "r", json!([receipt("A", "R-1", 0, 1_000)])).await });
    while t.number(WAITING).await < 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let correcting = tokio::spawn(async move { write(&admin, mutation, input, payload).await });
    while !correcting.is_finished() && t.number(WAITING).await < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    hold.commit().await.unwrap();
    assert_eq!(statuses(&paying.await.unwrap()), ["APPLIED"]);
    correcting.await.unwrap()
}

#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn a_rate_is_not_corrected_under_a_receipt() {
    let t = Service::on(DbBackend::Postgres).await;
    running(&t, "A", 50_000_000).await;
    let refused = meanwhile(&t, "recordLoanRate", rate("6.3"), "rate { version }").await;
    refused.refused("CONFLICT", "input.annualRate");
    assert!(refused.errors()[0]["message"].as_str().unwrap().contains("2026-11-20"), "{}", refused.text);
    assert_eq!(
        t.texts("SELECT annual_rate FROM loan_rate WHERE product_code = 'POOR' AND effective_from = '2025-12-01'")
            .await,
        ["6.24"]
    );
}

#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn a_version_brings_no_other_rate_under_a_receipt() {
    let t = Service::on(DbBackend::Postgres).await;
    running(&t, "A", 50_000_000).await;
    let version = with(&poor(), json!({ "expectedVersion": 1, "annualRate": "6.5" }));
    meanwhile(&t, "recordLoanProduct", version, "product { version }").await.refused("CONFLICT", "input.annualRate");
}

#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn overdue_interest_is_not_corrected_under_a_receipt() {
    let t = Service::on(DbBackend::Postgres).await;
    let late = with(&contract("A", &household(&t, 1).await, 50_000_000), json!({ "termMonths": 3 }));
    assert_eq!(statuses(&record(&bank(&t).await, "k", json!([late])).await), ["APPLIED"]);
    let rule = with(&overdue("150"), json!({ "expectedVersion": 1 }));
    meanwhile(&t, "recordLoanRule", rule, "rule { version }").await.refused("CONFLICT", "input.value");
}

/// A version is about to end for another one, and a receipt comes in between: there is no moment without either.
#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn a_receipt_goes_by_the_version_that_it_waited_for() {
    let t = Service::on(DbBackend::Postgres).await;
    let (admin, bank) = (admin(&t).await, bank(&t).await);
    let late = with(&contract("A", &household(&t, 1).await, 50_000_000), json!({ "termMonths": 3 }));
    assert_eq!(statuses(&record(&bank, "k", json!([late])).await), ["APPLIED"]);
    let hold = t.database.connect().await.begin().await.unwrap();
    // The correction holds the rows and can't write them yet.
    hold.execute_unprepared("LOCK TABLE loan_rule IN SHARE MODE").await.unwrap();
    let next = with(&overdue("150"), json!({ "effectiveFrom": "2026-11-01", "endsPrevious": true }));
    let correcting = tokio::spawn(async move { write(&admin, "recordLoanRule", next, "previousEndedOn").await });
    while t.number(WAITING).await < 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let paying = tokio::spawn(async move { repay(&bank, "r", json!([receipt("A", "R-1", 0, 1_000)])).await });
    while t.number(WAITING).await < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    hold.commit().await.unwrap();
    assert_eq!(correcting.await.unwrap().data()["recordLoanRule"]["previousEndedOn"], "2026-10-31");
    let paid = paying.await.unwrap();
    assert_eq!(statuses(&paid), ["APPLIED"], "{}", paid.text);
}

/// A ceiling is about to be lowered, and a decision comes in between: it waits and goes by the new one.
#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn a_decision_goes_by_the_ceiling_that_it_waited_for() {
    let t = Service::on(DbBackend::Postgres).await;
    let (admin, bank, decision) = (admin(&t).await, bank(&t).await, waiting(&t, 1).await);
    let hold = t.database.connect().await.begin().await.unwrap();
    hold.execute_unprepared("LOCK TABLE loan_ceiling IN SHARE MODE").await.unwrap();
    let lower = with(&ceiling(40_000_000, &["POOR"]), json!({ "expectedVersion": 1 }));
    let correcting =
        tokio::spawn(async move { write(&admin, "recordLoanCeiling", lower, "ceiling { version }").await });
    while t.number(WAITING).await < 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let deciding = tokio::spawn(async move { super::write(&bank, "decideLoan", decision).await });
    while !deciding.is_finished() && t.number(WAITING).await < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    hold.commit().await.unwrap();
    assert_eq!(correcting.await.unwrap().data()["recordLoanCeiling"]["ceiling"]["version"], 2);
    deciding.await.unwrap().refused("CONFLICT", "input.principal");
}

/// A decision is in the middle of its transaction: the ceiling that it goes by is lowered after it.
#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn a_ceiling_is_not_lowered_under_a_decision() {
    let t = Service::on(DbBackend::Postgres).await;
    let (admin, bank, decision) = (admin(&t).await, bank(&t).await, waiting(&t, 1).await);
    let hold = t.database.connect().await.begin().await.unwrap();
    // Reads go through; the steps wait.
    hold.execute_unprepared("LOCK TABLE loan_transition IN SHARE MODE").await.unwrap();
    let deciding = tokio::spawn(async move { super::write(&bank, "decideLoan", decision).await });
    while t.number(WAITING).await < 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let lower = with(&ceiling(40_000_000, &["POOR"]), json!({ "expectedVersion": 1 }));
    let correcting =
        tokio::spawn(async move { write(&admin, "recordLoanCeiling", lower, "ceiling { version }").await });
    while !correcting.is_finished() && t.number(WAITING).await < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!correcting.is_finished(), "it waits for who goes by it");
    hold.commit().await.unwrap();
    assert_eq!(super::done(&deciding.await.unwrap())["loan"]["status"], "APPROVED");
    assert_eq!(correcting.await.unwrap().data()["recordLoanCeiling"]["ceiling"]["version"], 2);
}

both_databases! {
    async fn receipts_and_corrections_at_once_never_part(t: &Service) {
        let (admin, bank, home) = (admin(t).await, bank(t).await, household(t, 1).await);
        let numbers: Vec<_> = (0..6).map(|number| format!("A-{number}")).collect();
        let contracts: Value = numbers.iter().map(|number| contract(number, &home, 9_000_000)).collect();
        assert_eq!(statuses(&record(&bank, "k", contracts).await), ["APPLIED"; 6]);
        let mut running = tokio::task::JoinSet::new();
        for (place, number) in numbers.iter().enumerate() {
            let (bank, items) = (bank.clone(), json!([receipt(number, "R-1", 0, 1_000)]));
            running.spawn(async move { repay(&bank, &format!("r-{place}"), items).await });
        }
        let corrected = write(&admin, "recordLoanRate", rate("6.3"), "rate { version }").await;
        for answer in running.join_all().await {
            assert_eq!(statuses(&answer), ["APPLIED"]);
        }
        if !corrected.errors().is_empty() {
            corrected.refused("CONFLICT", "input.annualRate");
        }
        let again = with(&rate("6.4"), json!({ "expectedVersion": if corrected.errors().is_empty() { 2 } else { 1 } }));
        write(&admin, "recordLoanRate", again, "rate { version }").await.refused("CONFLICT", "input.annualRate");
        ledgers_agree(t).await;
    }
}
