//! Nobody gets a second house, and no two programs of one purpose pay the same household in a year.

use serde_json::json;
use tests::{both_databases, service::Service};
use tokio::task::JoinSet;

use super::*;
use crate::fixture::FAR;

const COLLIDES: (&str, &str, &str) = ("REFUSED", "CONFLICT", "householdId");

/// A loan that the bank granted this household.
async fn lent(t: &Service, household: &str, product: &str, contract: &str) {
    t.sql(&format!(
        "INSERT INTO loan (contract_number, product_id, product_code, household_id, commune_id, district_id, status, principal, term_months,
             requested_on, approved_on, disbursed_amount, outstanding_principal, overdue_principal, version, created_at, updated_at)
         SELECT '{contract}', max(d.id), d.code, h.id, h.commune_id, h.district_id, 'APPROVED', 20000000, 36, '2026-01-05', '2026-01-15', 0, 0, 0, 1, 0, 0
         FROM household h, loan_product d WHERE h.code = '{household}' AND d.code = '{product}' GROUP BY d.code, h.id, h.commune_id, h.district_id"
    ))
    .await;
}

fn raised(program: &str, household: &str, amount: i64) -> Value {
    json!({ "programCode": program, "householdId": household, "amount": amount, "note": "Hoàn cảnh đặc biệt",
        "funding": [{ "source": "SOCIAL_MOBILIZATION", "amount": amount }] })
}

/// A household of the near-poor in which somebody of 70 years has no card.
async fn near_poor(t: &Service, number: u32) -> String {
    let code = format!("{HERE}-{number:06}");
    let members = json!([{ "fullName": format!("Lê Thị Số {number}"), "relationshipToHead": "HEAD", "dateOfBirth": "1956-03-01" }]);
    let id = fixture::register_household(t, HERE, &code, members).await;
    fixture::classed(t, &format!("h.code = '{code}'"), "NEAR_POOR").await;
    id
}

fn asking(mut item: Value) -> Value {
    item["asksOverride"] = json!(true);
    item
}

async fn propose(caller: &Caller, key: u32, items: Vec<Value>) -> Vec<Value> {
    let answer = batch(caller, "proposeBenefits", key, items, json!({})).await;
    results(&answer, "proposeBenefits").to_vec()
}

both_databases! {
    async fn nobody_gets_a_second_house(t: &Service) {
        let cast = cast(t).await;
        let (ours, other) = (household(t, HERE, 1).await, household(t, HERE, 2).await);
        fixture::classed(t, "TRUE", "POOR").await;
        let first = propose(&cast.commune, 1, vec![house(&ours), house(&ours)]).await;
        assert_eq!(fates(&first), [APPLIED, COLLIDES], "in one batch");
        assert!(message(&first[1]).contains("item 0"), "{}", first[1]);
        t.sql("UPDATE benefit SET status = 'COMPLETED', proposed_on = '2022-05-01', decided_on = '2022-06-01'").await;
        let again = propose(&cast.commune, 2, vec![house(&ours), asking(raised("HOUSING_POOR", &ours, 50_000_000))]).await;
        assert_eq!(fates(&again), [COLLIDES, COLLIDES], "years later, of another program, and no leave helps");
        let id = first[0]["benefit"]["id"].as_str().unwrap();
        assert!(message(&again[1]).contains(id) && message(&again[1]).contains("HOUSING_MERIT"), "{}", again[1]);
        t.sql("UPDATE benefit SET status = 'CANCELLED'").await;
        assert_eq!(fates(&propose(&cast.commune, 3, vec![house(&ours)]).await), [APPLIED], "what was cancelled is no house");
        // A house that the bank lent for: who may not read loans is told the rule, in the same words, and no more.
        lent(t, "28757-000002", "HOUSING_POOR", "HD-NHA-1").await;
        let told = propose(&cast.commune, 4, vec![house(&other)]).await;
        let untold = propose(&t.as_role("front_officer").await, 1, vec![house(&other)]).await;
        assert_eq!([fates(&told), fates(&untold)], [[COLLIDES], [COLLIDES]]);
        assert!(message(&told[0]).contains("HD-NHA-1"), "{}", told[0]);
        assert!(message(&told[0]).starts_with(message(&untold[0])), "{}", untold[0]);
        for hint in ["HD-NHA-1", "Loan", "It is"] {
            assert!(!message(&untold[0]).contains(hint), "{}", untold[0]);
        }
    }

    async fn two_programs_of_a_purpose_do_not_pay_in_one_year(t: &Service) {
        let cast = cast(t).await;
        let ours = near_poor(t, 1).await;
        let (card, elderly) = (raised("HI_NEAR_POOR", &ours, 100_000), raised("HI_ELDERLY", &ours, 100_000));
        let first = propose(&cast.commune, 1, vec![card]).await;
        let second = propose(&cast.commune, 2, vec![elderly.clone()]).await;
        assert_eq!((fates(&first), fates(&second)), (vec![APPLIED], vec![COLLIDES]));
        for word in ["HEALTH_INSURANCE", "2026", "benefit:override", "HI_NEAR_POOR", first[0]["benefit"]["id"].as_str().unwrap()] {
            assert!(message(&second[0]).contains(word), "{}", second[0]);
        }
        t.set_day("2027-01-01");
        assert_eq!(fates(&propose(&cast.commune, 3, vec![elderly]).await), [APPLIED], "in another year");
        // The trap of the plan itself: the bank lends for a water container, and the front gives one.
        t.set_day("2026-11-23");
        let front = t.as_role("front_officer").await;
        let far = household(t, FAR, 2).await;
        lent(t, "28804-000002", "WATER_SANITATION", "HD-NUOC-1").await;
        let water = propose(&front, 1, vec![raised("WATER_SANITATION", &far, 5_000_000)]).await;
        assert_eq!(fates(&water), [COLLIDES]);
        assert!(!message(&water[0]).contains("HD-NUOC-1"), "{}", water[0]);
    }

    async fn an_approver_lets_a_second_program_pay_and_says_why(t: &Service) {
        let cast = cast(t).await;
        let ours = near_poor(t, 1).await;
        let first = approved(&cast, 1, vec![raised("HI_NEAR_POOR", &ours, 100_000)]).await;
        let mut silent = asking(raised("HI_ELDERLY", &ours, 100_000));
        silent["note"] = json!(null);
        let asked = propose(&cast.commune, 2, vec![silent, asking(raised("HI_ELDERLY", &ours, 100_000))]).await;
        assert_eq!(fates(&asked), [("REFUSED", "BAD_USER_INPUT", "note"), APPLIED]);
        let ids = [asked[1]["benefit"]["id"].as_str().unwrap().to_owned()];
        let note = json!({ "overrideNote": "Thẻ cũ hết hạn giữa năm" });
        batch(&cast.district, "verifyBenefits", 2, versioned(&ids, 1), note.clone()).await.refused("BAD_USER_INPUT", "input.overrideNote");
        batch(&cast.district, "verifyBenefits", 3, versioned(&ids, 1), json!({})).await.data();
        let without = batch(&cast.lead, "approveBenefits", 2, versioned(&ids, 2), json!({})).await;
        assert_eq!(fates(results(&without, "approveBenefits")), [("REFUSED", "CONFLICT", "id")]);
        batch(&cast.lead, "approveBenefits", 3, versioned(&ids, 2), json!({ "overrideNote": " " })).await.refused("BAD_USER_INPUT", "input.overrideNote");
        let by_leave = batch(&cast.lead, "approveBenefits", 4, versioned(&ids, 2), note).await;
        assert_eq!(fates(results(&by_leave, "approveBenefits")), [APPLIED]);
        let document = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Benefit { status override { rule note at by { code } } } } }";
        let answer = cast.commune.ask(document, json!({ "ids": [first[0], ids[0]] })).await;
        let nodes = &answer.data()["nodes"];
        assert_eq!(nodes[0], json!({ "status": "APPROVED", "override": null }));
        assert_eq!(nodes[1]["override"]["at"].as_str().map(|at| &at[..10]), Some("2026-11-23"), "{nodes}");
        assert_eq!(nodes[1]["override"]["rule"], "SAME_PURPOSE");
        assert_eq!(nodes[1]["override"]["note"], "Thẻ cũ hết hạn giữa năm");
        assert_eq!(nodes[1]["override"]["by"]["code"], "DOLISA");
        assert_eq!(t.number("SELECT count(*) FROM audit_entry WHERE operation = 'approveBenefits' AND fields LIKE '%override%'").await, 1);
        assert_eq!(t.number("SELECT count(*) FROM benefit_override WHERE collided_type = 'Benefit' AND client_id IS NOT NULL").await, 1);
    }

    async fn an_override_is_for_who_holds_it(t: &Service) {
        let admin = t.as_role("platform_admin").await;
        let role = json!({ "input": { "code": "plain_approver", "name": "Phê duyệt", "permissions": ["household:read", "benefit:read", "benefit:approve", "plan:read"] } });
        admin.ask("mutation($input: CreateRoleInput!) { createRole(input: $input) { role { code } } }", role).await.data();
        let plain = t.as_roles_in(&["plain_approver"], "DOLISA", "83").await;
        let answer = batch(&plain, "approveBenefits", 1, vec![], json!({ "overrideNote": "Vì sao" })).await;
        answer.refused("FORBIDDEN", "input.overrideNote");
    }

    async fn proposals_at_one_moment_give_one_house(t: &Service) {
        let cast = cast(t).await;
        let ours = household(t, HERE, 1).await;
        let mut running = JoinSet::new();
        for key in 0..8 {
            let (commune, item) = (cast.commune.clone(), house(&ours));
            running.spawn(async move { propose(&commune, key, vec![item]).await });
        }
        let fates: Vec<_> = running.join_all().await.iter().map(|results| results[0]["status"] == "APPLIED").collect();
        assert_eq!(fates.iter().filter(|applied| **applied).count(), 1);
        assert_eq!(t.number("SELECT count(*) FROM benefit").await, 1);
    }

    async fn approvals_at_one_moment_pay_one_program_of_a_purpose(t: &Service) {
        let cast = cast(t).await;
        let mut pairs = Vec::new();
        for number in 1..=6 {
            let ours = near_poor(t, number).await;
            let both = vec![raised("HI_NEAR_POOR", &ours, 100_000), asking(raised("HI_ELDERLY", &ours, 100_000))];
            pairs.push(verified(&cast, number, both).await);
        }
        let mut running = JoinSet::new();
        for (key, id) in (0..).zip(pairs.iter().flatten().cloned()) {
            let lead = cast.lead.clone();
            running.spawn(async move { batch(&lead, "approveBenefits", key, versioned(&[id], 2), json!({})).await });
        }
        let answers = running.join_all().await;
        let applied = answers.iter().filter(|answer| fates(results(answer, "approveBenefits")) == [APPLIED]).count();
        assert_eq!(applied, 6);
        let twice = "SELECT count(*) FROM (SELECT household_id FROM benefit WHERE status = 'APPROVED' GROUP BY household_id HAVING count(*) <> 1) AS twice";
        assert_eq!(t.number(twice).await, 0);
    }
}
