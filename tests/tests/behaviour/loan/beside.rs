//! A loan is not granted for what a program pays the same household: the mirror of `program/duplicates.rs`.

use ansinh::schema::global_id;
use serde_json::{Value, json};
use tests::{both_databases, service::Service};
use tokio::task::JoinSet;

use super::*;
use crate::fixture::{self, DISTRICT_FAR, FAR};

/// A benefit of a program that a household has.
async fn given(t: &Service, household: &str, program: &str, status: &str, on: &str) -> String {
    t.sql(&format!(
        "INSERT INTO benefit (program_id, household_id, commune_id, district_id, status, amount, recurrence, proposed_on, decided_on,
            paid_amount, version, created_at, updated_at)
         SELECT g.id, h.id, h.commune_id, h.district_id, '{status}', 5000000, 'ONCE', '{on}', '{on}', 0, 1, 0, 0
         FROM household h, program g WHERE h.code = '{household}' AND g.code = '{program}'"
    ))
    .await;
    global_id::encode("Benefit", t.number("SELECT max(id) FROM benefit").await)
}

/// A loan asked for and confirmed, and the decision that grants it.
async fn confirmed(t: &Service, product: &str, household: &str, more: Value) -> Value {
    let commune = t.as_role_in("commune_officer", FAR).await;
    let request = json!({ "productCode": product, "householdId": household, "amount": 10_000_000, "termMonths": 36, "requestedOn": "2026-11-20" });
    let asked = write(&commune, "requestLoan", request).await;
    let loan = &done(&asked)["loan"];
    done(
        &write(
            &commune,
            "confirmLoan",
            json!({ "loanId": loan["id"], "expectedVersion": 1, "confirmedOn": "2026-11-21" }),
        )
        .await,
    );
    let mut decision = json!({ "loanId": loan["id"], "expectedVersion": 2, "approve": true, "decidedOn": "2026-11-22",
        "contractNumber": format!("HD {}", loan["contractNumber"].as_str().unwrap()) });
    decision.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    decision
}

fn with(decision: &Value, more: Value) -> Value {
    let mut decision = decision.clone();
    decision.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    decision
}

fn words(answer: &Answer) -> &str {
    answer.errors()[0]["message"].as_str().unwrap()
}

async fn with_role(t: &Service, code: &str, permissions: &[&str]) -> Caller {
    let role = json!({ "input": { "code": code, "name": "Ngân hàng", "permissions": permissions } });
    let admin = t.as_role("platform_admin").await;
    admin.ask("mutation($input: CreateRoleInput!) { createRole(input: $input) { role { code } } }", role).await.data();
    t.as_roles_in(&[code], "VBSP", "83").await
}

both_databases! {
    async fn what_a_program_gives_in_the_year_is_not_lent_for_too(t: &Service) {
        let bank = bank(t).await;
        let home = household_in(t, FAR, 1, "AVERAGE").await;
        let decision = confirmed(t, "WATER_SANITATION", &home, json!({})).await;
        let gift = given(t, "28804-000001", "WATER_SANITATION", "DISBURSED", "2026-05-01").await;
        let refused = write(&bank, "decideLoan", decision.clone()).await;
        refused.refused("CONFLICT", "input.loanId");
        for word in ["WATER_SANITATION", "2026", "loan:override"] {
            assert!(words(&refused).contains(word), "{}", refused.body);
        }
        assert!(!words(&refused).contains(&gift), "the bank reads no benefits: {}", refused.body);
        let reads = &["household:read", "loan:read", "loan:decide", "benefit:read"];
        let told = write(&with_role(t, "bank_reader", reads).await, "decideLoan", decision.clone()).await;
        assert!(words(&told).starts_with(words(&refused)) && words(&told).contains(&gift), "{}", told.body);
        assert_eq!(t.number("SELECT count(*) FROM loan WHERE status = 'COMMUNE_CONFIRMED' AND version = 2").await, 1, "nothing was written");
        // What is only proposed, or was given in another year, doesn't stand in the way.
        for change in ["status = 'VERIFIED'", "status = 'CANCELLED'", "status = 'COMPLETED', decided_on = '2025-12-31'"] {
            t.sql(&format!("UPDATE benefit SET {change}")).await;
            let home = household_in(t, FAR, u32::try_from(change.len()).unwrap(), "AVERAGE").await;
            let free = confirmed(t, "WATER_SANITATION", &home, json!({})).await;
            t.sql("UPDATE benefit SET household_id = (SELECT max(id) FROM household)").await;
            assert_eq!(done(&write(&bank, "decideLoan", free).await)["loan"]["status"], "APPROVED", "{change}");
        }
    }

    async fn the_bank_lends_all_the_same_where_it_says_why(t: &Service) {
        let bank = bank(t).await;
        let home = household_in(t, FAR, 1, "AVERAGE").await;
        let decision = confirmed(t, "WATER_SANITATION", &home, json!({})).await;
        given(t, "28804-000001", "WATER_SANITATION", "APPROVED", "2026-05-01").await;
        let note = json!({ "overrideNote": "Hộ làm thêm nhà vệ sinh" });
        let plain = with_role(t, "plain_bank", &["household:read", "loan:read", "loan:decide"]).await;
        write(&plain, "decideLoan", with(&decision, note.clone())).await.refused("FORBIDDEN", "input.overrideNote");
        write(&bank, "decideLoan", with(&decision, json!({ "overrideNote": " " }))).await.refused("BAD_USER_INPUT", "input.overrideNote");
        let no = json!({ "approve": false, "contractNumber": null, "reason": "hết vốn", "overrideNote": "x" });
        write(&bank, "decideLoan", with(&decision, no)).await.refused("BAD_USER_INPUT", "input.overrideNote");
        let granted = write(&bank, "decideLoan", with(&decision, note)).await;
        assert_eq!(done(&granted)["loan"]["status"], "APPROVED");
        let document = "query($id: ID!) { node(id: $id) { ... on Loan { override { rule note at by { code } } } } }";
        let answer = bank.ask(document, json!({ "id": decision["loanId"] })).await;
        let kept = &answer.data()["node"]["override"];
        assert_eq!([&kept["rule"], &kept["note"], &kept["by"]["code"]], [&json!("SAME_PURPOSE"), &json!("Hộ làm thêm nhà vệ sinh"), &json!("VBSP")]);
        assert_eq!(kept["at"].as_str().map(|at| &at[..10]), Some("2026-11-23"), "{kept}");
        assert_eq!(t.number("SELECT count(*) FROM loan_override WHERE collided_type = 'Benefit' AND client_id IS NOT NULL").await, 1);
        assert_eq!(t.number("SELECT count(*) FROM audit_entry WHERE operation = 'decideLoan' AND fields LIKE '%override%'").await, 1);
        // A note where nothing collides is kept with nothing.
        let free = household_in(t, FAR, 2, "AVERAGE").await;
        let free = confirmed(t, "WATER_SANITATION", &free, json!({ "overrideNote": "Phòng khi trùng" })).await;
        done(&write(&bank, "decideLoan", free).await);
        assert_eq!(t.number("SELECT count(*) FROM loan_override").await, 1);
    }

    async fn a_house_is_lent_for_with_its_own_program_and_never_beside_another(t: &Service) {
        let bank = bank(t).await;
        let homes = [household_in(t, FAR, 1, "POOR").await, household_in(t, FAR, 2, "POOR").await];
        let funding = json!({ "funding": [{ "source": "VBSP_CREDIT", "lineCode": "II.2.2a", "amount": 10_000_000 }] });
        let merit = confirmed(t, "HOUSING_POOR", &homes[0], funding.clone()).await;
        let poor = confirmed(t, "HOUSING_POOR", &homes[1], funding).await;
        given(t, "28804-000001", "HOUSING_MERIT", "COMPLETED", "2019-05-01").await;
        given(t, "28804-000002", "HOUSING_POOR", "APPROVED", "2026-05-01").await;
        for decision in [merit.clone(), with(&merit, json!({ "overrideNote": "Nhà cũ đã sập" }))] {
            let refused = write(&bank, "decideLoan", decision).await;
            refused.refused("CONFLICT", "input.loanId");
            assert!(words(&refused).contains("nobody gets a second"), "{}", refused.body);
        }
        assert_eq!(done(&write(&bank, "decideLoan", poor).await)["loan"]["status"], "APPROVED", "one house of one program");
    }

    async fn of_a_gift_and_a_loan_at_one_moment_one_is_granted(t: &Service) {
        let (front, district, lead) = (t.as_role("front_officer").await, t.as_role_in("district_officer", DISTRICT_FAR).await, t.as_role("dolisa_approver").await);
        let mut pairs = Vec::new();
        for number in 1..=5 {
            let home = household_in(t, FAR, number, "AVERAGE").await;
            let item = json!({ "programCode": "WATER_SANITATION", "householdId": home, "amount": 5_000_000,
                "funding": [{ "source": "SOCIAL_MOBILIZATION", "amount": 5_000_000 }] });
            let chosen = "results { status benefit { id } }";
            let proposal = json!({ "items": [item], "idempotencyKey": format!("propose {number}") });
            let proposed = fixture::write(&front, "proposeBenefits", proposal, chosen).await;
            let id = proposed.data()["proposeBenefits"]["results"][0]["benefit"]["id"].clone();
            let step = |version: i32| json!({ "items": [{ "id": id, "expectedVersion": version }], "idempotencyKey": format!("step {number} {version}") });
            let document = "mutation($input: DecideBenefitsInput!) { verifyBenefits(input: $input) { results { status } } }";
            assert_eq!(district.ask(document, json!({ "input": step(1) })).await.data()["verifyBenefits"]["results"][0]["status"], "APPLIED");
            pairs.push((step(2), confirmed(t, "WATER_SANITATION", &home, json!({})).await));
        }
        let mut running = JoinSet::new();
        let bank = bank(t).await;
        for (approval, decision) in pairs {
            let (lead, bank) = (lead.clone(), bank.clone());
            running.spawn(async move {
                let document = "mutation($input: DecideBenefitsInput!) { approveBenefits(input: $input) { results { status } } }";
                lead.ask(document, json!({ "input": approval })).await.data();
            });
            running.spawn(async move {
                write(&bank, "decideLoan", decision).await;
            });
        }
        running.join_all().await;
        let both = "SELECT count(*) FROM household h WHERE 1 <> (SELECT count(*) FROM benefit b WHERE b.household_id = h.id AND b.status = 'APPROVED')
            + (SELECT count(*) FROM loan l WHERE l.household_id = h.id AND l.status = 'APPROVED')";
        assert_eq!(t.number(both).await, 0);
    }

    async fn a_loan_that_is_not_paid_out_yet_keeps_its_place_in_the_next_year(t: &Service) {
        let (front, bank) = (t.as_role("front_officer").await, bank(t).await);
        let gift = async |home: &str, key: &str| {
            let item = json!({ "programCode": "WATER_SANITATION", "householdId": home, "amount": 5_000_000,
                "funding": [{ "source": "SOCIAL_MOBILIZATION", "amount": 5_000_000 }] });
            let input = json!({ "items": [item], "idempotencyKey": key });
            let answer = fixture::write(&front, "proposeBenefits", input, "results { status error { code field message } }").await;
            answer.data()["proposeBenefits"]["results"][0].clone()
        };
        t.set_day("2026-12-30");
        let home = household_in(t, FAR, 1, "AVERAGE").await;
        let later = json!({ "decidedOn": "2026-12-28" });
        let lent = write(&bank, "decideLoan", confirmed(t, "WATER_SANITATION", &home, later).await).await;
        let loan = done(&lent)["loan"].clone();
        // Approved in December and not paid out: it may be paid in January, so nothing is given beside it then.
        t.set_day("2027-01-05");
        let refused = gift(&home, "january").await;
        assert_eq!((&refused["status"], &refused["error"]["code"]), (&json!("REFUSED"), &json!("CONFLICT")), "{refused}");
        assert!(refused["error"]["message"].as_str().unwrap().contains("2027"), "{refused}");
        let pay = json!({ "loanId": loan["id"], "expectedVersion": loan["version"], "amount": 10_000_000,
            "occurredOn": "2026-12-31", "reference": "GN-1" });
        done(&write(&bank, "disburseLoan", pay).await);
        assert_eq!(gift(&home, "january again").await["status"], "APPLIED", "paid in the year before, as it turned out");
        // Nor is lent for what is granted of the next year already.
        let next = household_in(t, FAR, 2, "AVERAGE").await;
        given(t, "28804-000002", "WATER_SANITATION", "APPROVED", "2026-12-01").await;
        t.sql("UPDATE benefit SET starts_on = '2027-02-01' WHERE id = (SELECT max(id) FROM benefit)").await;
        t.set_day("2026-12-30");
        write(&bank, "decideLoan", confirmed(t, "WATER_SANITATION", &next, json!({ "decidedOn": "2026-12-28" })).await).await.refused("CONFLICT", "input.loanId");
    }
}
