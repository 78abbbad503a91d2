use serde_json::{Value, json};
use tests::{both_databases, service::Service};

use super::{entries, household, write};
use crate::fixture::{FAR, HERE, register_household};

const RESULTS: &str =
    "results { index status coverage { id version number validFrom validTo } error { code field messageVi } }";

/// A household of a commune with so many people, whose numbers end in 1, 2, …; their global ids.
async fn people(t: &Service, commune: &str, count: usize) -> Vec<Value> {
    let member = |index: usize| {
        let relation = if index == 1 { "HEAD" } else { "CHILD" };
        json!({ "fullName": format!("Người {index}"), "relationshipToHead": relation,
            "nationalId": format!("0830800{commune}")[..9].to_owned() + &format!("{index:03}"), "dateOfBirth": "1980-01-01" })
    };
    let code = format!("{commune}-I");
    register_household(t, commune, &code, (1..=count).map(member).collect()).await;
    let found = household(t, &code).await;
    found["members"].as_array().unwrap().iter().map(|member| member["id"].clone()).collect()
}

fn health(person: &Value, from: &str, to: &str) -> Value {
    json!({ "personId": person, "kind": "HEALTH", "number": "HN2838312345678", "participantGroup": "HN", "validFrom": from, "validTo": to })
}

fn with(mut item: Value, changes: Value) -> Value {
    item.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    item
}

both_databases! {
    async fn a_batch_is_answered_item_by_item(t: &Service) {
        let persons = people(t, HERE, 2).await;
        let officer = t.as_role("insurance_officer").await;
        let year = health(&persons[0], "2026-01-01", "2026-12-31");
        let items = json!([
            year,
            year,
            with(year.clone(), json!({ "validFrom": "2026-12-31", "validTo": null })),
            with(year.clone(), json!({ "validFrom": "2027-01-01", "validTo": null, "number": "8312345678" })),
            with(year.clone(), json!({ "kind": "UNEMPLOYMENT" })),
            with(year.clone(), json!({ "validFrom": "2025-12-31", "validTo": "2025-12-30" })),
            with(year.clone(), json!({ "nationalId": "083080028001" })),
            { "kind": "HEALTH", "validFrom": "2026-01-01" },
            { "nationalId": "083080028002", "kind": "HEALTH", "validFrom": "2026-01-01" },
            { "nationalId": "083999999999", "kind": "HEALTH", "validFrom": "2026-01-01" },
            { "nationalId": "12", "kind": "HEALTH", "validFrom": "2026-01-01" },
            with(year.clone(), json!({ "validFrom": "1979-12-31", "validTo": "1979-12-31" })),
        ]);
        let input = json!({ "items": items, "idempotencyKey": "thang-1" });
        let answer = write(&officer, "recordInsurance", input.clone(), RESULTS).await;
        let results = answer.data()["recordInsurance"]["results"].as_array().unwrap().clone();
        let seen: Vec<_> = results
            .iter()
            .map(|result| [&result["status"], &result["error"]["code"], &result["error"]["field"]].map(|text| text.as_str().unwrap_or("")))
            .collect();
        assert_eq!(seen, [
            ["APPLIED", "", ""],
            ["UNCHANGED", "", ""],
            ["REFUSED", "CONFLICT", "validFrom"],
            ["APPLIED", "", ""],
            ["REFUSED", "BAD_USER_INPUT", "number"],
            ["REFUSED", "BAD_USER_INPUT", "validTo"],
            ["REFUSED", "BAD_USER_INPUT", "personId"],
            ["REFUSED", "BAD_USER_INPUT", "personId"],
            ["APPLIED", "", ""],
            ["REFUSED", "NOT_FOUND", "nationalId"],
            ["REFUSED", "BAD_USER_INPUT", "nationalId"],
            ["REFUSED", "BAD_USER_INPUT", "validFrom"],
        ]);
        assert_eq!(results[0]["coverage"], results[1]["coverage"]);
        assert_eq!(results[3]["coverage"]["number"], "8312345678");
        assert_eq!(results[8]["coverage"]["validTo"], json!(null));
        assert!(results[2]["coverage"].is_null() && results[2]["error"]["messageVi"].as_str().unwrap().contains("HEALTH"));

        // A retry is answered alike and writes nothing; the same coverage under another key is known.
        let written = entries(t).await;
        assert_eq!(write(&officer, "recordInsurance", input, RESULTS).await.data(), answer.data());
        let again = json!({ "items": [year], "idempotencyKey": "thang-2" });
        let again = write(&officer, "recordInsurance", again, RESULTS).await;
        let result = &again.data()["recordInsurance"]["results"][0];
        assert_eq!((&result["status"], &result["coverage"]), (&json!("UNCHANGED"), &results[0]["coverage"]));
        assert_eq!(entries(t).await, written);
        assert_eq!(t.number("SELECT count(*) FROM insurance_coverage").await, 3);
    }

    async fn a_number_of_several_people_names_nobody(t: &Service) {
        let persons = people(t, HERE, 2).await;
        t.sql("UPDATE person SET national_id = '083080028001'").await;
        let officer = t.as_role("insurance_officer").await;
        let by_number = json!({ "nationalId": "083080028001", "kind": "SOCIAL_VOLUNTARY", "validFrom": "2026-01-01" });
        let by_id = json!({ "personId": persons[0], "kind": "SOCIAL_VOLUNTARY", "validFrom": "2026-01-01" });
        let input = json!({ "items": [by_number, by_id], "idempotencyKey": "1" });
        let answer = write(&officer, "recordInsurance", input, RESULTS).await;
        let results = &answer.data()["recordInsurance"]["results"];
        assert_eq!((&results[0]["error"]["code"], &results[0]["error"]["field"]), (&json!("CONFLICT"), &json!("nationalId")));
        assert_eq!(results[1]["status"], "APPLIED");
    }

    async fn who_is_out_of_scope_is_not_there(t: &Service) {
        let (here, far) = (people(t, HERE, 1).await, people(t, FAR, 1).await);
        let officer = t.as_role_in("insurance_officer", "829").await;
        let items = json!([health(&here[0], "2026-01-01", "2026-12-31"), health(&far[0], "2026-01-01", "2026-12-31"),
            { "nationalId": "083080028001", "kind": "HEALTH", "validFrom": "2027-01-01" }]);
        let answer = write(&officer, "recordInsurance", json!({ "items": items, "idempotencyKey": "1" }), RESULTS).await;
        let results = &answer.data()["recordInsurance"]["results"];
        assert_eq!((&results[0]["status"], &results[2]["status"]), (&json!("APPLIED"), &json!("APPLIED")), "{results}");
        assert_eq!((&results[1]["error"]["code"], &results[1]["error"]["field"]), (&json!("NOT_FOUND"), &json!("personId")));
        let commune = t.as_role_in("commune_officer", HERE).await;
        let input = json!({ "items": [], "idempotencyKey": "1" });
        write(&commune, "recordInsurance", input, RESULTS).await.refused("FORBIDDEN", "");
    }

    async fn a_large_batch_takes_no_more_statements_than_a_small_one(t: &Service) {
        let persons = people(t, HERE, 20).await;
        let officer = t.as_role("insurance_officer").await;
        let batch = async |key: &str, count: usize, from: &str, to: &str| {
            let items: Vec<_> = persons.iter().take(count).map(|person| health(person, from, to)).collect();
            let input = json!({ "items": items, "idempotencyKey": key });
            let statements = t.statements(async {
                let answer = write(&officer, "recordInsurance", input, RESULTS).await;
                let results = answer.data()["recordInsurance"]["results"].as_array().unwrap();
                assert!(results.iter().all(|result| result["status"] == "APPLIED"), "{results:?}");
            });
            statements.await.len()
        };
        // The first use of a token writes down when it was.
        officer.query("{ viewer { client } }").await.data();
        let small = batch("small", 1, "2026-01-01", "2026-06-30").await;
        assert_eq!(batch("large", 20, "2026-07-01", "2026-12-31").await, small);
        let too_many = vec![health(&persons[0], "2026-01-01", "2026-06-30"); 1_001];
        let input = json!({ "items": too_many, "idempotencyKey": "too many" });
        write(&officer, "recordInsurance", input, RESULTS).await.refused("LIMIT_EXCEEDED", "input.items");
    }

    async fn batches_at_once_record_a_coverage_once(t: &Service) {
        let persons = people(t, HERE, 1).await;
        let officer = t.as_role("insurance_officer").await;
        let batch = async |key: &str| {
            let input = json!({ "items": [health(&persons[0], "2026-01-01", "2026-12-31")], "idempotencyKey": key });
            let answer = write(&officer, "recordInsurance", input, RESULTS).await;
            answer.data()["recordInsurance"]["results"][0]["status"].as_str().unwrap().to_owned()
        };
        let (one, two, three) = tokio::join!(batch("1"), batch("2"), batch("3"));
        let mut statuses = [one, two, three];
        statuses.sort();
        assert_eq!(statuses, ["APPLIED", "UNCHANGED", "UNCHANGED"]);
        assert_eq!(t.number("SELECT count(*) FROM insurance_coverage").await, 1);
    }

    async fn a_coverage_ends_within_its_time(t: &Service) {
        let persons = people(t, HERE, 1).await;
        let officer = t.as_role("insurance_officer").await;
        let input = json!({ "items": [health(&persons[0], "2026-01-01", "2026-12-31")], "idempotencyKey": "1" });
        let recorded = write(&officer, "recordInsurance", input, RESULTS).await;
        let id = &recorded.data()["recordInsurance"]["results"][0]["coverage"]["id"];
        let end = |version: i32, on: &str| json!({ "id": id, "expectedVersion": version, "endedOn": on, "reason": "Thoát nghèo" });
        let coverage = "coverage { version validTo }";
        for (input, code, field) in [
            (end(1, "2025-12-31"), "BAD_USER_INPUT", "input.endedOn"),
            (end(1, "2027-01-01"), "BAD_USER_INPUT", "input.endedOn"),
            (end(2, "2026-11-30"), "CONFLICT", "expectedVersion"),
        ] {
            write(&officer, "endInsurance", input, coverage).await.refused(code, field);
        }
        let answer = write(&officer, "endInsurance", end(1, "2026-11-30"), coverage).await;
        assert_eq!(answer.data()["endInsurance"]["coverage"], json!({ "version": 2, "validTo": "2026-11-30" }));
        let elsewhere = t.as_role_in("insurance_officer", "831").await;
        write(&elsewhere, "endInsurance", end(2, "2026-10-31"), coverage).await.refused("NOT_FOUND", "input.id");
    }
}
