//! What can be created, and who joins.

use serde_json::json;
use tests::{both_databases, service::Service};

use super::*;
use crate::fixture::{self, DISTRICT_FAR, DISTRICT_HERE, FAR};

both_databases! {
    async fn a_project_lies_where_its_site_does_and_runs_from_its_first_day(t: &Service) {
        let officer = officer(t).await;
        let selection = "project { code status level version closedOn site { code } program { code }
            funding { source lineCode amount } } warnings { code field }";
        let answer = write(&officer, "createModelProject", livelihood("MH-1"), selection).await;
        assert_eq!(answer.data()["createModelProject"], json!({
            "project": { "code": "MH-1", "status": "ACTIVE", "level": null, "version": 1, "closedOn": null,
                "site": { "code": HERE }, "program": { "code": "LIVELIHOOD_MODELS" },
                "funding": [{ "source": "CENTRAL_BUDGET", "lineCode": "V.1.2", "amount": 300 * M }] },
            "warnings": [],
        }));
        let pilot = |code: &str, level: &str, site: &str| json!({ "code": code, "name": "Mô hình điểm",
            "track": "PILOT_SITE", "level": level, "site": { "code": site }, "startsOn": "2026-11-24", "funding": [] });
        let planned = write(&officer, "createModelProject", pilot("MD-1", "DISTRICT", HERE), selection).await;
        let planned = &planned.data()["createModelProject"];
        assert_eq!((&planned["project"]["status"], &planned["warnings"]), (&json!("PLANNED"), &json!([])));
        let odd = write(&officer, "createModelProject", pilot("MD-2", "COMMUNE", DISTRICT_HERE), selection).await;
        let warnings = &odd.data()["createModelProject"]["warnings"];
        assert_eq!(*warnings, json!([{ "code": "PILOT_SITE_LEVEL", "field": "input.level" }]));
        write(&officer, "createModelProject", pilot("MD-3", "PROVINCE", "83"), "project { id }").await.data();
        // Commune and district of a site say who sees it; the province's own is for all to see.
        let list = "{ modelProjects(first: 10) { nodes { code } } }";
        let seen = t.as_role_in("district_officer", DISTRICT_FAR).await.query(list).await;
        assert_eq!(seen.data()["modelProjects"]["nodes"], json!([{ "code": "MD-3" }]));
        let seen = t.as_role_in("commune_officer", HERE).await.query(list).await;
        assert_eq!(seen.data()["modelProjects"]["nodes"].as_array().unwrap().len(), 3, "not the district's");
    }

    async fn a_project_that_cannot_be_is_refused_by_field(t: &Service) {
        let officer = officer(t).await;
        project(t, "MH-1").await;
        let share = |source: &str, line: &str, amount: i64| {
            json!({ "funding": [{ "source": source, "lineCode": line, "amount": amount }] })
        };
        for (change, code, field) in [
            (json!({ "code": "MH-1" }), "CONFLICT", "input.code"),
            (json!({ "code": " " }), "BAD_USER_INPUT", "input.code"),
            (json!({ "name": "" }), "BAD_USER_INPUT", "input.name"),
            (json!({ "level": "COMMUNE" }), "BAD_USER_INPUT", "input.level"),
            (json!({ "track": "PILOT_SITE" }), "BAD_USER_INPUT", "input.level"),
            (json!({ "endsOn": "2026-10-31" }), "BAD_USER_INPUT", "input.endsOn"),
            (json!({ "site": { "code": "99999" } }), "BAD_USER_INPUT", "input.site.code"),
            (json!({ "programCode": "NONE" }), "BAD_USER_INPUT", "input.programCode"),
            (share("CENTRAL_BUDGET", "I.2.1", M), "BAD_USER_INPUT", "input.funding.0.lineCode"),
            (share("PROVINCIAL_BUDGET", "V.1.2", M), "BAD_USER_INPUT", "input.funding.0.lineCode"),
            (share("CENTRAL_BUDGET", "V.1.2", 0), "BAD_USER_INPUT", "input.funding.0.amount"),
            (json!({ "programCode": null }), "BAD_USER_INPUT", "input.funding.0.lineCode"),
        ] {
            let mut input = livelihood("MH-2");
            input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            write(&officer, "createModelProject", input, "project { id }").await.refused(code, field);
        }
        for (role, scope, field) in [("district_officer", DISTRICT_FAR, "input.site"), ("commune_officer", HERE, "")] {
            let caller = t.as_role_in(role, scope).await;
            write(&caller, "createModelProject", livelihood("MH-2"), "project { id }").await.refused("FORBIDDEN", field);
        }
        assert_eq!((count(t, "model_project").await, count(t, "change_event").await), ("1".into(), "1".into()));
    }

    async fn households_are_enrolled_item_by_item(t: &Service) {
        let (homes, project) = (households(t, HERE, 14).await, project(t, "MH-1").await);
        let far = households(t, FAR, 1).await;
        t.sql(&format!("UPDATE household SET dissolved_on = '2026-11-01' WHERE code = '{HERE}-000014'")).await;
        fixture::classed(t, &format!("h.code = '{HERE}-000002'"), "AVERAGE").await;
        let mixed = |central: i64, mobilised: i64, sum: i64| json!({ "householdId": homes[12], "supportAmount": sum,
            "funding": [{ "source": "CENTRAL_BUDGET", "amount": central },
                { "source": "SOCIAL_MOBILIZATION", "amount": mobilised }] });
        let nobody = "SG91c2Vob2xkOjk5OTk5OQ";
        let mut items: Vec<_> = homes[..9].iter().map(|home| advance(home, 25_000_001)).collect();
        items.extend([
            advance(&homes[0], M), advance(&homes[13], M), advance(&far[0], M), advance(nobody, M),
            advance(&homes[12], -1), advance(&homes[12], 30 * M + 1), mixed(30 * M, 20 * M + 1, 50 * M + 1),
            mixed(5 * M, 5 * M, 11 * M), mixed(30 * M, 20 * M, 50 * M),
        ]);
        let district = t.as_role_in("district_officer", DISTRICT_HERE).await;
        let answer = enrol(&district, &project, 1, &items).await;
        let payload = &answer.data()["enrolHouseholds"];
        let results = payload["results"].as_array().unwrap();
        let refused: Vec<_> = results.iter().filter(|result| result["status"] == "REFUSED")
            .map(|result| (result["index"].as_i64().unwrap(), result["error"]["code"].as_str().unwrap(),
                result["error"]["field"].as_str().unwrap())).collect();
        assert_eq!(refused, [
            (9, "CONFLICT", "householdId"), (10, "CONFLICT", "householdId"), (11, "NOT_FOUND", "householdId"),
            (12, "NOT_FOUND", "householdId"), (13, "BAD_USER_INPUT", "supportAmount"),
            (14, "BAD_USER_INPUT", "supportAmount"), (15, "BAD_USER_INPUT", "supportAmount"),
            (16, "BAD_USER_INPUT", "funding"),
        ]);
        let first = &results[0]["participation"];
        assert_eq!((&first["supportAmount"], &first["recoverableAmount"]), (&json!(25_000_001), &json!(12_500_000)));
        assert_eq!(results[17]["participation"]["recoverableAmount"], 15 * M, "half of the state's money");
        assert_eq!(payload["project"], json!({ "version": 2, "status": "ACTIVE", "startsOn": "2026-11-01",
            "capital": { "advanced": 9 * 25_000_001 + 50 * M, "recoverable": 9 * 12_500_000 + 15 * M,
                "recovered": 0, "reinvested": 0 } }));
        assert_eq!(payload["warnings"], json!([{ "code": "HOUSEHOLD_CLASS", "field": "input.items.1.householdId" }]));
        let answer = enrol(&district, &project, 2, &[advance(&homes[9], 0), advance(&homes[10], 0), advance(&homes[11], 0)]).await;
        let payload = &answer.data()["enrolHouseholds"];
        assert_eq!(payload["warnings"], json!([{ "code": "MODEL_SIZE", "field": "input.items" }]), "13 of 10 to 12");
        enrol(&district, &project, 2, &[advance(&homes[12], M)]).await.refused("CONFLICT", "expectedVersion");
        assert_eq!(count(t, "capital_movement").await, "10", "nothing is advanced where nothing is given");
    }

    async fn a_ceiling_counts_every_model_that_still_runs(t: &Service) {
        let (homes, one, other) = (households(t, HERE, 1).await, project(t, "MH-1").await, project(t, "MH-2").await);
        let officer = officer(t).await;
        let part = joined(t, &one, 1, advance(&homes[0], 20 * M)).await;
        let answer = enrol(&officer, &other, 1, &[advance(&homes[0], 10 * M + 1)]).await;
        let payload = &answer.data()["enrolHouseholds"];
        assert_eq!(payload["results"][0]["error"], json!({ "code": "BAD_USER_INPUT", "field": "supportAmount" }));
        assert_eq!(payload["project"]["version"], 1, "a batch of refusals writes nothing");
        let input = json!({ "projectId": one, "expectedVersion": 2, "closedOn": "2026-11-23",
            "outcomes": [{ "participationId": part, "outcome": "UNCHANGED" }] });
        write(&officer, "closeModelProject", input, "project { id }").await.data();
        joined(t, &other, 1, advance(&homes[0], 30 * M)).await;
    }

    async fn a_batch_takes_the_same_statements_whatever_its_size(t: &Service) {
        let (homes, project) = (households(t, HERE, 12).await, project(t, "MH-1").await);
        let officer = officer(t).await;
        officer.query("{ viewer { agency { code } } }").await.data(); // its first use of the token is noted
        let few = [advance(&homes[0], M)];
        let many: Vec<_> = homes[1..].iter().map(|home| advance(home, M)).collect();
        let one = t.statements(async { enrol(&officer, &project, 1, &few).await.data(); }).await;
        let eleven = t.statements(async { enrol(&officer, &project, 2, &many).await.data(); }).await;
        assert_eq!(one.len(), eleven.len(), "{eleven:#?}");
        let input = json!({ "projectId": project, "expectedVersion": 3, "items": vec![advance(&homes[0], 0); 1_001] });
        let answer = write(&officer, "enrolHouseholds", input, "project { id }").await;
        answer.refused("LIMIT_EXCEEDED", "input.items");
    }

    async fn only_what_lies_in_scope_takes_households(t: &Service) {
        let (homes, here) = (households(t, HERE, 1).await, project(t, "MH-1").await);
        let provincial = json!({ "code": "MH-2", "site": { "code": "83" } });
        let mut input = livelihood("MH-2");
        input.as_object_mut().unwrap().extend(provincial.as_object().unwrap().clone());
        let answer = write(&officer(t).await, "createModelProject", input, "project { id }").await;
        let provincial = answer.data()["createModelProject"]["project"]["id"].as_str().unwrap();
        let inside = t.as_role_in("district_officer", DISTRICT_HERE).await;
        enrol(&inside, provincial, 1, &[advance(&homes[0], 0)]).await.refused("FORBIDDEN", "input.projectId");
        let outside = t.as_role_in("district_officer", DISTRICT_FAR).await;
        enrol(&outside, &here, 1, &[advance(&homes[0], 0)]).await.refused("NOT_FOUND", "input.projectId");
        let member = households(t, FAR, 1).await;
        joined(t, &here, 1, advance(&member[0], 0)).await;
        let seen = enrol(&outside, &here, 2, &[advance(&member[0], 0)]).await;
        seen.refused("FORBIDDEN", "input.projectId");
        let part = joined(t, &here, 2, advance(&homes[0], 0)).await;
        let input = json!({ "projectId": here, "expectedVersion": 3, "closedOn": "2026-11-23",
            "outcomes": [{ "participationId": part, "outcome": "UNCHANGED" }] });
        let answer = write(&inside, "closeModelProject", input, "project { id }").await;
        answer.refused("FORBIDDEN", "input.projectId");
    }

    async fn an_allocation_caps_what_a_line_advances(t: &Service) {
        let (homes, project) = (households(t, HERE, 3).await, project(t, "MH-1").await);
        t.sql("UPDATE funding_line SET allocated = 50000000 WHERE code = 'V.1.2'").await;
        let of_line = |home: &str, amount: i64| json!({ "householdId": home, "supportAmount": amount,
            "funding": [{ "source": "CENTRAL_BUDGET", "lineCode": "V.1.2", "amount": amount }] });
        let items = [of_line(&homes[0], 30 * M), of_line(&homes[1], 20 * M + 1), of_line(&homes[2], 20 * M)];
        let answer = enrol(&officer(t).await, &project, 1, &items).await;
        let results = &answer.data()["enrolHouseholds"]["results"];
        assert_eq!(results[1]["error"], json!({ "code": "CONFLICT", "field": "funding" }));
        assert_eq!((&results[0]["status"], &results[2]["status"]), (&json!("APPLIED"), &json!("APPLIED")));
        let answer = enrol(&officer(t).await, &project, 2, &[of_line(&homes[1], 1)]).await;
        assert_eq!(answer.data()["enrolHouseholds"]["results"][0]["error"]["field"], "funding");
    }
}
