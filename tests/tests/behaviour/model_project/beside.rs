//! A model advances no capital for what a program pays the same household in the year: the mirror of
//! `program/duplicates.rs` and `loan/beside.rs`.

use ansinh::schema::global_id;
use serde_json::json;
use tests::{both_databases, service::Service};
use tokio::task::JoinSet;

use super::*;

/// A benefit for a livelihood that a household has, of the plan's program for models.
async fn given(t: &Service, household: &str, status: &str, on: &str) -> String {
    let decided = if status == "VERIFIED" { "NULL".to_owned() } else { format!("'{on}'") };
    t.sql(&format!(
        "INSERT INTO benefit (program_id, household_id, commune_id, district_id, status, amount, recurrence, proposed_on, decided_on,
            paid_amount, version, created_at, updated_at)
         SELECT g.id, h.id, h.commune_id, h.district_id, '{status}', 5000000, 'ONCE', '{on}', {decided}, 0, 2, 0, 0
         FROM household h, program g WHERE h.code = '{household}' AND g.code = 'LIVELIHOOD_MODELS';
         INSERT INTO benefit_funding (benefit_id, source, amount) SELECT max(id), 'SOCIAL_MOBILIZATION', 5000000 FROM benefit"
    ))
    .await;
    global_id::encode("Benefit", t.number("SELECT max(id) FROM benefit").await)
}

/// A livelihood model of no program of the plan.
async fn own_model(t: &Service, code: &str) -> String {
    let mut input = livelihood(code);
    input["programCode"] = json!(null);
    input["funding"] = json!([{ "source": "CENTRAL_BUDGET", "amount": 300 * M }]);
    let answer = write(&officer(t).await, "createModelProject", input, "project { id }").await;
    answer.data()["createModelProject"]["project"]["id"].as_str().unwrap().to_owned()
}

async fn enrolled(caller: &Caller, project: &str, version: i64, item: Value) -> Value {
    let input = json!({ "projectId": project, "expectedVersion": version, "items": [item] });
    let selection = "results { status error { code field message messageVi } }";
    let answer = write(caller, "enrolHouseholds", input, selection).await;
    answer.data()["enrolHouseholds"]["results"][0].clone()
}

both_databases! {
    async fn what_a_program_gives_in_the_year_is_not_advanced_too(t: &Service) {
        let (homes, model, officer) = (households(t, HERE, 1).await, own_model(t, "MH-1").await, officer(t).await);
        let gift = given(t, "28757-000001", "APPROVED", "2026-05-01").await;
        let refused = enrolled(&officer, &model, 1, advance(&homes[0], 10 * M)).await;
        assert_eq!([&refused["status"], &refused["error"]["code"], &refused["error"]["field"]], ["REFUSED", "CONFLICT", "householdId"]);
        let words = refused["error"]["message"].as_str().unwrap();
        for word in ["LIVELIHOOD", "2026", gift.as_str()] {
            assert!(words.contains(word), "{refused}");
        }
        assert!(!words.contains("override"), "nobody may give leave: {refused}");
        assert_eq!(count(t, "model_participation").await, "0", "nothing was written");
        // Who reads no benefits is told the rule only.
        let dard = enrolled(&t.as_role("agriculture_officer").await, &model, 1, advance(&homes[0], 10 * M)).await;
        let untold = dard["error"]["message"].as_str().unwrap();
        assert!(words.starts_with(untold) && !untold.contains(&gift), "{dard}");
        // To take part without capital is to be paid nothing.
        assert_eq!(enrolled(&officer, &model, 1, advance(&homes[0], 0)).await["status"], "APPLIED");
        // What is only proposed, was cancelled, is of another year or of the model's own program doesn't stand in the way.
        for (index, change) in ["status = 'VERIFIED'", "status = 'CANCELLED'", "status = 'COMPLETED', decided_on = '2025-12-31', proposed_on = '2025-12-01'"].into_iter().enumerate() {
            t.sql(&format!("UPDATE benefit SET {change}")).await;
            let other = own_model(t, &format!("MH-1{index}")).await;
            assert_eq!(enrolled(&officer, &other, 1, advance(&homes[0], M)).await["status"], "APPLIED", "{change}");
        }
        t.sql("UPDATE benefit SET status = 'APPROVED', decided_on = '2026-05-01', proposed_on = '2026-05-01'").await;
        let same = project(t, "MH-2").await;
        assert_eq!(enrolled(&officer, &same, 1, advance(&homes[0], M)).await["status"], "APPLIED");
    }

    async fn of_a_gift_and_an_advance_at_one_moment_one_is_granted(t: &Service) {
        let (homes, officer, lead) = (households(t, HERE, 4).await, officer(t).await, t.as_role("dolisa_approver").await);
        let mut running = JoinSet::new();
        for (index, home) in homes.iter().enumerate() {
            let gift = given(t, &format!("28757-{:06}", index + 1), "VERIFIED", "2026-11-20").await;
            let (model, item) = (own_model(t, &format!("MH-{index}")).await, advance(home, 10 * M));
            let approval = json!({ "items": [{ "id": gift, "expectedVersion": 2 }], "idempotencyKey": format!("approve {index}") });
            let (officer, lead) = (officer.clone(), lead.clone());
            running.spawn(async move { enrolled(&officer, &model, 1, item).await });
            running.spawn(async move {
                let document = "mutation($input: DecideBenefitsInput!) { approveBenefits(input: $input) { results { status error { code field message } } } }";
                lead.ask(document, json!({ "input": approval })).await.data()["approveBenefits"]["results"][0].clone()
            });
        }
        let results = running.join_all().await;
        let applied = results.iter().filter(|result| result["status"] == "APPLIED").count();
        assert_eq!(applied, homes.len(), "one of each two: {results:?}");
        let both = "SELECT count(*) FROM household h WHERE 1 <> (SELECT count(*) FROM benefit b WHERE b.household_id = h.id AND b.status = 'APPROVED')
            + (SELECT count(*) FROM model_participation p WHERE p.household_id = h.id)";
        assert_eq!(t.number(both).await, 0, "{results:?}");
    }
}
