//! What a household may owe in several products together, and whose money a loan is.

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};
use tokio::task::JoinSet;

use super::*;
use crate::fixture::{self, HERE};

/// A confirmed request, by its id.
async fn confirmed(commune: &Caller, product: &str, household: &str, amount: i64) -> Value {
    let input = json!({ "productCode": product, "householdId": household, "amount": amount, "termMonths": 36, "requestedOn": "2026-11-20" });
    let id = done(&write(commune, "requestLoan", input).await)["loan"]["id"].clone();
    done(
        &write(commune, "confirmLoan", json!({ "loanId": id, "expectedVersion": 1, "confirmedOn": "2026-11-20" }))
            .await,
    );
    id
}

fn approval(id: &Value, number: &str) -> Value {
    json!({ "loanId": id, "expectedVersion": 2, "approve": true, "contractNumber": number, "decidedOn": "2026-11-21" })
}

async fn recorded(t: &Service, number: &str, home: &str, changes: Value) -> Value {
    let mut item = contract(number, home, 60_000_000);
    item.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let answer = record(&bank(t).await, number, json!([item])).await;
    assert_eq!(statuses(&answer), ["APPLIED"], "{}", answer.body);
    results(&answer)[0]["loan"].clone()
}

fn words(answer: &Answer) -> String {
    answer.errors()[0]["message"].as_str().unwrap().to_owned()
}

both_databases! {
    async fn several_products_share_a_ceiling(t: &Service) {
        let (commune, bank, home) = (t.as_role_in("commune_officer", HERE).await, bank(t).await, household(t, 20).await);
        recorded(t, "OLD", &home, json!({ "productCode": "NEAR_POOR", "outstandingPrincipal": 30_000_000, "balanceOn": "2026-10-31" })).await;
        recorded(t, "NEW", &home, json!({ "disbursedOn": null, "principal": 25_000_000 })).await;
        // What counts against no ceiling, what is paid back and what another household owes doesn't count.
        recorded(t, "WATER", &home, json!({ "productCode": "JOB_CREATION" })).await;
        recorded(t, "PAID", &home, json!({ "outstandingPrincipal": 0, "balanceOn": "2026-10-31" })).await;
        recorded(t, "THEIRS", &household(t, 21).await, json!({})).await;
        let id = confirmed(&commune, "POOR", &home, 50_000_000).await;
        let refused = write(&bank, "decideLoan", approval(&id, "A")).await;
        refused.refused("CONFLICT", "input.principal");
        for figure in ["30000000", "25000000", "50000000", "100000000", "NEAR_POOR, NEWLY_ESCAPED, POOR"] {
            assert!(words(&refused).contains(figure), "{}", refused.body);
        }
        let with = |principal: i64| { let mut input = approval(&id, "A"); input["principal"] = json!(principal); input };
        write(&bank, "decideLoan", with(45_000_001)).await.refused("CONFLICT", "input.principal");
        assert_eq!(done(&write(&bank, "decideLoan", with(45_000_000)).await)["loan"]["principal"], 45_000_000);
        // A part is checked again when it is paid out: the bank's own books brought in another loan meanwhile.
        recorded(t, "LATE", &home, json!({ "principal": 20_000_000 })).await;
        let pay = |amount: i64| json!({ "loanId": id, "expectedVersion": 3, "amount": amount, "occurredOn": "2026-11-22", "reference": "GN-1" });
        write(&bank, "disburseLoan", pay(25_000_001)).await.refused("CONFLICT", "input.amount");
        done(&write(&bank, "disburseLoan", pay(25_000_000)).await);
        let after = json!({ "loanId": id, "expectedVersion": 4, "amount": 1, "occurredOn": "2026-11-22", "reference": "GN-2" });
        write(&bank, "disburseLoan", after).await.refused("CONFLICT", "input.amount");
        ledgers_agree(t).await;
        let shown = bank.query("{ loanProducts { code ceilings { code maxAmount unverified source } } }").await;
        let products = shown.data()["loanProducts"].as_array().unwrap();
        let ceilings = products.iter().map(|product| product["ceilings"].as_array().unwrap().len()).sum::<usize>();
        assert_eq!(ceilings, 3, "{products:?}");
    }

    async fn the_ceiling_of_the_day_counts(t: &Service) {
        let (commune, bank, home) = (t.as_role_in("commune_officer", HERE).await, bank(t).await, household(t, 22).await);
        recorded(t, "OLD", &home, json!({})).await;
        let higher = law::with(&law::ceiling(120_000_000, &["POOR"]), json!({ "effectiveFrom": "2026-11-21", "endsPrevious": true }));
        fixture::write(&law::admin(t).await, "recordLoanCeiling", higher, "previousEndedOn").await.data();
        let id = confirmed(&commune, "POOR", &home, 50_000_000).await;
        let mut early = approval(&id, "A");
        early["decidedOn"] = json!("2026-11-20");
        write(&bank, "decideLoan", early).await.refused("CONFLICT", "input.principal");
        done(&write(&bank, "decideLoan", approval(&id, "A")).await);
    }

    async fn decisions_at_the_same_moment_never_exceed_the_ceiling(t: &Service) {
        let (commune, bank, home) = (t.as_role_in("commune_officer", HERE).await, bank(t).await, household(t, 23).await);
        let mut ids = Vec::new();
        for _ in 0..8 {
            ids.push(confirmed(&commune, "POOR", &home, 30_000_000).await);
        }
        let mut running = JoinSet::new();
        for (n, id) in ids.iter().enumerate() {
            let (bank, input) = (bank.clone(), approval(id, &format!("HD-{n}")));
            running.spawn(async move { write(&bank, "decideLoan", input).await });
        }
        let answers = running.join_all().await;
        let (granted, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.errors().is_empty());
        assert_eq!(granted.len(), 3);
        refused.iter().for_each(|answer| answer.refused("CONFLICT", "input.principal"));
        assert_eq!(t.number("SELECT CAST(sum(principal) AS BIGINT) FROM loan WHERE status = 'APPROVED'").await, 90_000_000);

        // Paid out at the same moment as another is recorded and paid out: the same ceiling holds.
        t.sql("UPDATE loan_ceiling SET max_amount = 70000000").await;
        let mut running = JoinSet::new();
        for id in granted.iter().map(|answer| done(answer)["loan"]["id"].clone()) {
            let bank = bank.clone();
            let input = json!({ "loanId": id, "expectedVersion": 3, "amount": 30_000_000, "occurredOn": "2026-11-22", "reference": "GN" });
            running.spawn(async move { write(&bank, "disburseLoan", input).await });
        }
        for answer in running.join_all().await.iter().filter(|answer| !answer.errors().is_empty()) {
            answer.refused("CONFLICT", "input.amount");
        }
        assert!(t.number("SELECT CAST(COALESCE(sum(outstanding_principal), 0) AS BIGINT) FROM loan").await <= 70_000_000);
        ledgers_agree(t).await;
    }

    async fn work_abroad_that_is_not_funded_in_halves_is_granted_with_a_warning(t: &Service) {
        let (commune, bank, home) = (t.as_role_in("commune_officer", HERE).await, bank(t).await, household(t, 24).await);
        let document = "mutation($input: DecideLoanInput!) { done: decideLoan(input: $input) { loan { status funding { source amount } }
            warnings { code message messageVi field } } }";
        let halves = json!([{ "source": "VBSP_CREDIT", "lineCode": "VII.2.1", "amount": 40_000_000 },
            { "source": "VBSP_ENTRUSTED_LOCAL", "lineCode": "VII.2.2", "amount": 40_000_000 }]);
        let whole = json!([{ "source": "VBSP_CREDIT", "lineCode": "VII.2.1", "amount": 80_000_000 }]);
        for (number, funding, codes) in [("A", halves, json!([])), ("B", whole, json!(["FUNDING_SPLIT"])), ("C", Value::Null, json!(["FUNDING_SPLIT"]))] {
            let id = confirmed(&commune, "OVERSEAS_WORK", &home, 80_000_000).await;
            let mut input = approval(&id, number);
            input["funding"] = funding;
            let answer = bank.ask(document, json!({ "input": input })).await;
            assert_eq!(done(&answer)["loan"]["status"], "APPROVED");
            let warned: Vec<_> = done(&answer)["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].clone()).collect();
            assert_eq!(json!(warned), codes, "{}", answer.body);
        }
        let id = confirmed(&commune, "POOR", &home, 80_000_000).await;
        let answer = bank.ask(document, json!({ "input": approval(&id, "D") })).await;
        assert_eq!(done(&answer)["warnings"], json!([]), "what the plan funds out of one source");
    }
}
