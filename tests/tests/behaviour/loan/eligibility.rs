//! Who may borrow: by the class on the day, by a category of the borrower, by where the household lives.

use ansinh::schema::global_id;
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use super::*;
use crate::fixture::{FAR, HERE};

/// Asks for a loan on a day.
async fn ask(commune: &Caller, product: &str, household: &str, on: &str, further: Value) -> Answer {
    let mut input = json!({ "productCode": product, "householdId": household, "amount": 10_000_000, "termMonths": 36,
        "requestedOn": on });
    input.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    write(commune, "requestLoan", input).await
}

/// Has a request confirmed and decided on a day.
async fn decide(t: &Service, loan: &Value, commune: &Caller, on: &str) -> Answer {
    let confirmation = json!({ "loanId": loan["id"], "expectedVersion": 1, "confirmedOn": on });
    done(&write(commune, "confirmLoan", confirmation).await);
    let number = format!("HD {}", loan["contractNumber"].as_str().unwrap());
    let decision = json!({ "loanId": loan["id"], "expectedVersion": 2, "approve": true, "contractNumber": number, "decidedOn": on });
    write(&bank(t).await, "decideLoan", decision).await
}

fn words(answer: &Answer) -> &str {
    answer.errors()[0]["message"].as_str().unwrap()
}

both_databases! {
    async fn the_class_on_the_day_opens_and_closes_a_product(t: &Service) {
        let commune = t.as_role_in("commune_officer", HERE).await;
        let home = household_in(t, HERE, 10, "NEAR_POOR").await;
        let before = t.number("SELECT count(*) FROM loan").await;
        let refused = ask(&commune, "POOR", &home, "2026-11-20", json!({})).await;
        refused.refused("CONFLICT", "input.householdId");
        assert_eq!(words(&refused), "The household 28757-000010 is NEAR_POOR since 2026-01-01; POOR lends to POOR.");
        let early = ask(&commune, "NEAR_POOR", &home, "2025-12-31", json!({})).await;
        early.refused("CONFLICT", "input.householdId");
        assert!(words(&early).contains("no class decided by 2025-12-31"), "{}", early.body);
        assert_eq!(t.number("SELECT count(*) FROM loan").await, before, "nothing was written");

        // Asked for in time, decided too late: what counts is the day of the approval.
        let asked = ask(&commune, "NEAR_POOR", &home, "2026-10-20", json!({})).await;
        fixture::decided(t, "28757-000010", "AVERAGE", "2026-11-01").await;
        let refused = decide(t, &done(&asked)["loan"], &commune, "2026-11-02").await;
        refused.refused("CONFLICT", "input.loanId");
        assert_eq!(words(&refused), "The household 28757-000010 is AVERAGE since 2026-11-01; NEAR_POOR lends to NEAR_POOR.");
        assert_eq!(t.number("SELECT count(*) FROM loan WHERE status = 'COMMUNE_CONFIRMED' AND version = 2").await, 1);
        // It is newly escaped now, whatever it is called.
        let asked = ask(&commune, "NEWLY_ESCAPED", &home, "2026-11-02", json!({})).await;
        assert_eq!(done(&decide(t, &done(&asked)["loan"], &commune, "2026-11-03").await)["loan"]["status"], "APPROVED");
    }

    async fn newly_escaped_may_borrow_for_three_years(t: &Service) {
        let commune = t.as_role_in("commune_officer", HERE).await;
        let home = household_in(t, HERE, 11, "POOR").await;
        t.sql("UPDATE poverty_review SET effective_from = '2020-01-01'").await;
        fixture::decided(t, "28757-000011", "NEWLY_ESCAPED", "2023-11-01").await;
        done(&ask(&commune, "NEWLY_ESCAPED", &home, "2026-11-01", json!({})).await);
        let late = ask(&commune, "NEWLY_ESCAPED", &home, "2026-11-02", json!({})).await;
        late.refused("CONFLICT", "input.householdId");
        assert!(words(&late).contains("until 2026-11-01"), "{}", late.body);
        ask(&commune, "OVERSEAS_WORK", &home, "2026-11-02", json!({})).await.refused("CONFLICT", "input.householdId");
    }

    async fn a_category_of_the_borrower_opens_a_product_whatever_the_class(t: &Service) {
        let commune = t.as_role_in("commune_officer", HERE).await;
        let home = household_in(t, HERE, 12, "BETTER_OFF").await;
        let refused = ask(&commune, "OVERSEAS_WORK", &home, "2026-11-20", json!({})).await;
        assert!(words(&refused).contains("or to a borrower who is ORPHAN, DISCHARGED_SOLDIER"), "{}", refused.body);
        let person = t.number("SELECT max(id) FROM person").await;
        let borrower = json!({ "borrowerId": global_id::encode("Person", person) });
        ask(&commune, "OVERSEAS_WORK", &home, "2026-11-20", borrower.clone()).await.refused("CONFLICT", "input.householdId");
        let soldier = json!({ "input": { "id": borrower["borrowerId"], "expectedVersion": 1, "addCategories": ["DISCHARGED_SOLDIER"] } });
        commune.ask("mutation($input: UpdatePersonInput!) { updatePerson(input: $input) { applied } }", soldier).await.data();
        let asked = ask(&commune, "OVERSEAS_WORK", &home, "2026-11-20", borrower).await;
        assert_eq!(done(&decide(t, &done(&asked)["loan"], &commune, "2026-11-21").await)["loan"]["status"], "APPROVED");
        // Without a borrower the household stands for itself.
        ask(&commune, "OVERSEAS_WORK", &home, "2026-11-20", json!({})).await.refused("CONFLICT", "input.householdId");
    }

    async fn what_is_for_everybody_stays_open_and_water_is_for_rural_areas(t: &Service) {
        for (commune, number, water) in [(HERE, 13, false), (FAR, 14, true)] {
            let (officer, home) = (t.as_role_in("commune_officer", commune).await, household_in(t, commune, number, "BETTER_OFF").await);
            for product in ["JOB_CREATION", "SOCIAL_HOUSING"] {
                done(&ask(&officer, product, &home, "2026-11-20", json!({})).await);
            }
            let asked = ask(&officer, "WATER_SANITATION", &home, "2026-11-20", json!({})).await;
            if water {
                done(&asked);
            } else {
                asked.refused("CONFLICT", "input.householdId");
                assert!(words(&asked).contains("URBAN"), "{}", asked.body);
            }
        }
        let products = bank(t).await.query("{ loanProducts { code eligibleArea } }").await;
        let rural: Vec<_> = products.data()["loanProducts"].as_array().unwrap().iter().filter(|p| p["eligibleArea"] == "RURAL").collect();
        assert_eq!(rural.len(), 1);
    }
}
