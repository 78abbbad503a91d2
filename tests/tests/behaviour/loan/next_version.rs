//! A new version of the law ends the one before in the same write, so that no day between them is without law; and where there
//! is none, nothing is taken as unlimited.

use tests::both_databases;
use tokio::task::JoinSet;

use super::{
    law::{admin, ask, ceiling, freeze_40, overdue, poor, with},
    write as write_loan, *,
};
use crate::fixture::{HERE, write};

const NEXT: &str = "2026-11-20";

/// The ceiling over production loans from a day on, ending the one before.
fn lower(most: i64) -> Value {
    with(&ceiling(most, &["POOR"]), json!({ "effectiveFrom": NEXT, "endsPrevious": true }))
}

async fn set_ceiling(caller: &Caller, input: Value) -> Answer {
    write(caller, "recordLoanCeiling", input, "ceiling { maxAmount version } previousEndedOn").await
}

/// A loan of 50 million that waits for the bank's decision, and the decision.
pub(super) async fn waiting(t: &Service, number: u32) -> Value {
    let id = done(&ask(t, "POOR", number, 50_000_000).await)["loan"]["id"].clone();
    let commune = t.as_role_in("commune_officer", HERE).await;
    done(
        &write_loan(&commune, "confirmLoan", json!({ "loanId": id, "expectedVersion": 1, "confirmedOn": NEXT })).await,
    );
    json!({ "loanId": id, "expectedVersion": 2, "approve": true, "contractNumber": format!("N-{number}"), "decidedOn": "2026-11-21" })
}

both_databases! {
    async fn the_version_before_ends_with_the_write_of_the_next(t: &Service) {
        let (admin, bank) = (admin(t).await, bank(t).await);
        let plain = with(&lower(40_000_000), json!({ "endsPrevious": false }));
        let refused = set_ceiling(&admin, plain).await;
        refused.refused("CONFLICT", "input.effectiveFrom");
        assert!(refused.errors()[0]["message"].as_str().unwrap().contains("endsPrevious"), "{}", refused.text);
        let answer = set_ceiling(&admin, lower(40_000_000)).await;
        assert_eq!(*answer.data(), json!({ "recordLoanCeiling": { "ceiling": { "maxAmount": 40_000_000, "version": 1 }, "previousEndedOn": "2026-11-19" } }));
        let rows = t.texts("SELECT effective_from || ' ' || COALESCE(CAST(effective_to AS TEXT), '') || ' ' || version || ' ' || recorded_by FROM loan_ceiling
            WHERE code = 'PRODUCTION' ORDER BY effective_from").await;
        let by = t.number("SELECT id FROM agency WHERE code = 'VBSP'").await;
        assert_eq!(rows, [format!("2019-03-01 2026-11-19 2 {by}"), format!("2026-11-20  1 {by}")]);
        let events = "SELECT subject_type || ' ' || operation || ' ' || version FROM change_event WHERE subject_type = 'LoanCeiling' ORDER BY id";
        assert_eq!(t.texts(events).await, ["LoanCeiling UPDATED 2", "LoanCeiling CREATED 1"]);
        // The same again changes nothing, and ends nothing.
        let again = set_ceiling(&admin, lower(40_000_000)).await;
        assert_eq!(again.data()["recordLoanCeiling"]["previousEndedOn"], Value::Null);
        assert_eq!(t.texts(events).await.len(), 2);
        write_loan(&bank, "decideLoan", waiting(t, 1).await).await.refused("CONFLICT", "input.principal");
    }

    async fn it_ends_nothing_that_still_holds_something(t: &Service) {
        let admin = admin(t).await;
        done(&ask(t, "POOR", 1, 10_000_000).await);
        let product = |from: &str| with(&poor(), json!({ "effectiveFrom": from, "annualRate": "6.24", "maxAmount": 120_000_000, "endsPrevious": true }));
        let shown = "product { maxAmount version } previousEndedOn";
        // Asked for on 20 November: the version of then goes on allowing it.
        let refused = write(&admin, "recordLoanProduct", product("2026-11-20"), shown).await;
        refused.refused("CONFLICT", "input.effectiveTo");
        assert_eq!(t.number("SELECT count(*) FROM loan_product WHERE recorded_by IS NOT NULL OR effective_to IS NOT NULL AND code = 'POOR'").await, 0, "nothing was written");
        let taken = write(&admin, "recordLoanProduct", product("2026-11-21"), shown).await;
        assert_eq!(taken.data()["recordLoanProduct"], json!({ "product": { "maxAmount": 120_000_000, "version": 1 }, "previousEndedOn": "2026-11-20" }));
        let rule = with(&overdue("140"), json!({ "effectiveFrom": "2026-11-01", "endsPrevious": true }));
        let answer = write(&admin, "recordLoanRule", rule, "rule { value } previousEndedOn").await;
        assert_eq!(answer.data()["recordLoanRule"], json!({ "rule": { "value": "140" }, "previousEndedOn": "2026-10-31" }));
        let band = with(&freeze_40(), json!({ "effectiveFrom": "2026-11-01", "endsPrevious": true }));
        let answer = write(&admin, "recordRiskDebtRule", band, "rule { maxMonths } previousEndedOn").await;
        assert_eq!(answer.data()["recordRiskDebtRule"], json!({ "rule": { "maxMonths": 24 }, "previousEndedOn": "2026-10-31" }));
        // Where nothing goes on into its days it ends nothing.
        let first = with(&ceiling(5_000_000, &["STUDENT"]), json!({ "code": "STUDY", "endsPrevious": true }));
        assert_eq!(set_ceiling(&admin, first).await.data()["recordLoanCeiling"]["previousEndedOn"], Value::Null);
    }

    async fn no_moment_is_without_a_ceiling(t: &Service) {
        let (admin, bank) = (admin(t).await, bank(t).await);
        set_ceiling(&admin, with(&ceiling(40_000_000, &["POOR"]), json!({ "expectedVersion": 1 }))).await.data();
        let mut decisions = Vec::new();
        for number in 1..=8 {
            decisions.push(waiting(t, number).await);
        }
        let mut running = JoinSet::new();
        for decision in decisions {
            let bank = bank.clone();
            running.spawn(async move { write_loan(&bank, "decideLoan", decision).await });
        }
        running.spawn(async move { set_ceiling(&admin, lower(45_000_000)).await });
        running.join_all().await;
        assert_eq!(t.number("SELECT count(*) FROM loan_ceiling WHERE code = 'PRODUCTION'").await, 2);
        assert_eq!(t.number("SELECT count(*) FROM loan WHERE status = 'APPROVED'").await, 0, "both ceilings forbid it");
    }

    async fn without_a_rule_nothing_is_extended(t: &Service) {
        let bank = bank(t).await;
        let loan = running(t, "A", 10_000_000).await;
        let plain = |until: &str| json!({ "loanId": loan["id"], "expectedVersion": 1, "change": "EXTENSION", "occurredOn": "2026-11-20",
            "until": until, "reference": "QD-1", "reason": "khó khăn tạm thời" });
        t.sql("UPDATE risk_debt_rule SET effective_to = '2026-11-19' WHERE change = 'EXTENSION'").await;
        let refused = write_loan(&bank, "changeLoan", plain("2099-01-01")).await;
        refused.refused("CONFLICT", "input.occurredOn");
        assert!(refused.errors()[0]["message"].as_str().unwrap().contains("2026-11-20"), "{}", refused.text);
        t.sql("UPDATE risk_debt_rule SET effective_to = NULL WHERE change = 'EXTENSION'").await;
        write_loan(&bank, "changeLoan", plain("2099-01-01")).await.refused("BAD_USER_INPUT", "input.until");
    }
}
