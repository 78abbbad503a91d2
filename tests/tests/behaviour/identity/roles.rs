use serde_json::json;
use tests::{both_databases, service::Service};

use crate::{fixture, walk::global_id};

use super::{active, ask, done, ends, issued, must, of, offered, shut_out, token_for, traces, viewer};

/// Alone it could be held, but not beside `dolisa_officer`.
const APPROVES: &[&str] = &["benefit:approve", "benefit:read", "household:read"];

both_databases! {
    async fn editing_a_role_acts_on_tokens_that_are_out(t: &Service) {
        let ends = ends(t).await;
        let input = json!({ "code": "reader", "name": "Người xem", "permissions": ["plan:read", "household:read"] });
        let role = must(&ends.platform, "createRole", input).await["role"].clone();
        assert_eq!((&role["builtIn"], &role["longestTokenDays"]), (&json!(false), &json!(90)));
        assert_eq!(role["permissions"], json!(["household:read", "plan:read"]));
        let client = active(&ends, "Hệ thống", &["reader"], "83").await;
        let (_, bearer) = issued(t, &ends.admin, &client, json!({})).await;
        bearer.query("{ households(first: 1) { totalCount } }").await.data();

        let less = json!({ "id": role["id"], "permissions": ["plan:read"], "name": "Người xem kế hoạch" });
        assert_eq!(must(&ends.platform, "updateRole", less).await["role"]["name"], "Người xem kế hoạch");
        bearer.query("{ households(first: 1) { totalCount } }").await.refused("FORBIDDEN", "");
        assert_eq!(viewer(&bearer).await.data()["viewer"]["permissions"], json!(["plan:read"]));

        // More is for the agency to accept.
        let more = json!({ "id": role["id"], "permissions": ["plan:read", "household:read"] });
        must(&ends.platform, "updateRole", more).await;
        shut_out(&bearer, "client_disabled").await;
        let found = ends.admin.ask("query($id: ID!) { node(id: $id) { ... on Client { id version status } } }", json!({ "id": client["id"] })).await;
        let waiting = &found.data()["node"];
        assert_eq!((&waiting["status"], &waiting["version"]), (&json!("PENDING"), &json!(3)));
        must(&ends.admin, "activateClient", of(waiting)).await;
        bearer.query("{ households(first: 1) { totalCount } }").await.data();
        let feed = "SELECT operation || ' ' || subject_type || ' ' || CAST(version AS TEXT) FROM change_event WHERE subject_type IN ('Role', 'Client') ORDER BY id";
        assert_eq!(t.texts(feed).await, [
            "CREATED Role 1", "CREATED Client 1", "UPDATED Client 2", "UPDATED Role 2", "UPDATED Role 3", "UPDATED Client 3", "UPDATED Client 4",
        ]);
    }

    async fn a_role_may_bound_its_tokens(t: &Service) {
        let ends = ends(t).await;
        let input = json!({ "code": "week", "name": "Một tuần", "permissions": ["plan:read"], "longestTokenDays": 6 });
        let role = must(&ends.platform, "createRole", input).await["role"].clone();
        assert_eq!(role["longestTokenDays"], 6);
        let client = active(&ends, "Hệ thống", &["week"], "83").await;
        ask(&ends.admin, "issueToken", token_for(&client, json!({}))).await.refused("BAD_USER_INPUT", "input.expiresAt");
        must(&ends.platform, "updateRole", json!({ "id": role["id"], "longestTokenDays": 7 })).await;
        issued(t, &ends.admin, &client, json!({})).await;
    }

    async fn roles_that_may_not_be_are_refused(t: &Service) {
        let ends = ends(t).await;
        let own = |code: &str, permissions: &[&str]| json!({ "code": code, "name": "Vai trò", "permissions": permissions });
        let role = must(&ends.platform, "createRole", own("approver", &["plan:read", "benefit:read"])).await["role"].clone();
        active(&ends, "Hệ thống", &["approver", "dolisa_officer"], "83").await;
        let roles = ends.platform.query("{ roles { id code } }").await.data()["roles"].clone();
        let id = |code: &str| roles.as_array().unwrap().iter().find(|role| role["code"] == code).unwrap()["id"].clone();
        let update = |permissions: &[&str]| json!({ "id": role["id"], "permissions": permissions });
        let before = traces(t).await;
        for (mutation, input, code, field) in [
            ("createRole", own("approver", &["plan:read"]), "CONFLICT", "input.code"),
            ("createRole", own("auditor", &["plan:read"]), "CONFLICT", "input.code"),
            ("createRole", own("Auditor", &["plan:read"]), "BAD_USER_INPUT", "input.code"),
            ("createRole", own("new", &[]), "BAD_USER_INPUT", "input.permissions"),
            ("createRole", own("new", &["plan:read", "everything"]), "BAD_USER_INPUT", "input.permissions.1"),
            ("createRole", own("new", &["benefit:propose", "benefit:approve"]), "BAD_USER_INPUT", "input.permissions"),
            ("createRole", own("new", &["loan:request", "loan:decide"]), "BAD_USER_INPUT", "input.permissions"),
            ("createRole", own("new", &["modelProject:read", "modelProject:write"]), "BAD_USER_INPUT", "input.permissions"),
            ("createRole", own("new", &["household:read", "insurance:write"]), "BAD_USER_INPUT", "input.permissions"),
            ("updateRole", update(&["plan:read", "loan:write"]), "BAD_USER_INPUT", "input.permissions"),
            ("createRole", own("new", &["client:create", "client:activate"]), "BAD_USER_INPUT", "input.permissions"),
            ("createRole", own("new", &["client:create", "token:issue"]), "BAD_USER_INPUT", "input.permissions"),
            ("createRole", own("new", &["role:write", "household:read"]), "BAD_USER_INPUT", "input.permissions"),
            ("updateRole", update(&["benefit:approve", "benefit:propose"]), "BAD_USER_INPUT", "input.permissions"),
            // Alone it could, but a client holds it beside dolisa_officer, who proposes.
            ("updateRole", update(APPROVES), "BAD_USER_INPUT", "input.permissions"),
            ("updateRole", json!({ "id": id("auditor"), "name": "Khác" }), "FORBIDDEN", "input.id"),
            ("updateRole", json!({ "id": id("commune_officer"), "permissions": ["plan:read"] }), "FORBIDDEN", "input.id"),
            ("updateRole", json!({ "id": id("platform_admin"), "longestTokenDays": 365 }), "FORBIDDEN", "input.id"),
            ("updateRole", json!({ "id": "Um9sZTo5OTk5", "name": "Khác" }), "NOT_FOUND", "input.id"),
            ("updateRole", json!({ "id": role["id"], "longestTokenDays": 0 }), "BAD_USER_INPUT", "input.longestTokenDays"),
        ] {
            let answer = ask(&ends.platform, mutation, input.clone()).await;
            assert!(!answer.errors().is_empty(), "{mutation} {input}: {}", answer.body);
            answer.refused(code, field);
            assert_eq!(traces(t).await, before, "{mutation} {input}");
        }
        let held = ask(&ends.platform, "updateRole", update(APPROVES)).await;
        let said = held.errors()[0]["message"].as_str().unwrap();
        assert!(said.contains("Hệ thống") && said.contains("benefit:propose and benefit:approve"), "{said}");
        let blind = ask(&ends.platform, "createRole", own("new", &["modelProject:read", "modelProject:write"])).await;
        let said = blind.errors()[0]["message"].as_str().unwrap();
        assert!(said.contains("modelProject:write needs household:read too"), "{said}");
    }

    async fn a_role_from_before_changes_nothing_that_it_may_not_read(t: &Service) {
        let register = fixture::register(t).await;
        t.sql("INSERT INTO role (code, name, built_in) VALUES ('enroller', 'X', FALSE);
            INSERT INTO role_permission SELECT id, 'modelProject:read' FROM role WHERE code = 'enroller';
            INSERT INTO role_permission SELECT id, 'modelProject:write' FROM role WHERE code = 'enroller'").await;
        let caller = t.as_roles_in(&["enroller"], "DARD", "83").await;
        let project = t.number(&format!("SELECT id FROM model_project WHERE code = '{}'", register.here.project_code)).await;
        let input = json!({ "expectedVersion": 1, "projectId": global_id("ModelProject", &project.to_string()), "items": [{ "householdId": register.far.id,
            "supportAmount": 1, "funding": [{ "source": "PROVINCIAL_BUDGET", "amount": 1 }] }] });
        let document = "mutation($input: EnrolHouseholdsInput!) { enrolHouseholds(input: $input) { results { status error { message } } } }";
        let before = t.number("SELECT count(*) FROM model_participation").await;
        let refused = caller.ask(document, json!({ "input": input })).await;
        refused.refused("FORBIDDEN", "");
        assert!(refused.errors()[0]["message"].as_str().unwrap().contains("household:read"), "{}", refused.body);
        assert_eq!(t.number("SELECT count(*) FROM model_participation").await, before);
    }

    async fn a_role_may_be_for_some_purposes_only(t: &Service) {
        let ends = ends(t).await;
        let input = json!({ "code": "reader", "name": "Người xem", "permissions": ["plan:read", "household:read"],
            "purposes": ["REPORTING", "INSPECTION"], "purposeRequired": true });
        let id = must(&ends.platform, "createRole", input).await["role"]["id"].clone();
        let stored = || async {
            let found = ends.platform.ask("query($id: ID!) { node(id: $id) { ... on Role { purposes purposeRequired } } }", json!({ "id": id })).await;
            found.data()["node"].clone()
        };
        assert_eq!(stored().await, json!({ "purposes": ["REPORTING", "INSPECTION"], "purposeRequired": true }));
        let client = active(&ends, "Hệ thống", &["reader"], "83").await;
        let (_, bearer) = issued(t, &ends.admin, &client, json!({})).await;
        let count = "{ households(first: 1) { totalCount } }";
        bearer.query(count).await.refused("FORBIDDEN", "X-Purpose");
        let for_purpose = |purpose: &str| bearer.clone().with("x-purpose", purpose);
        for_purpose("INSPECTION").query(count).await.data();

        // Fewer act at once.
        let change = |more: serde_json::Value| {
            let mut input = json!({ "id": id });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            input
        };
        must(&ends.platform, "updateRole", change(json!({ "purposes": ["REPORTING"] }))).await;
        for_purpose("INSPECTION").query(count).await.refused("FORBIDDEN", "X-Purpose");
        for_purpose("REPORTING").query(count).await.data();
        let before = traces(t).await;
        must(&ends.platform, "updateRole", change(json!({ "purposes": ["REPORTING"], "purposeRequired": true }))).await;
        assert_eq!(traces(t).await, before, "nothing changes");

        // More are for the agency to accept: another purpose, any, or none that must be said.
        for more in [json!({ "purposes": ["REPORTING", "LOAN_APPRAISAL"] }), json!({ "purposes": [] }), json!({ "purposeRequired": false })] {
            must(&ends.platform, "updateRole", change(more.clone())).await;
            shut_out(&for_purpose("REPORTING"), "client_disabled").await;
            let found = ends.admin.ask("query($id: ID!) { node(id: $id) { ... on Client { id version status } } }", json!({ "id": client["id"] })).await;
            assert_eq!(found.data()["node"]["status"], "PENDING", "{more}");
            must(&ends.admin, "activateClient", of(&found.data()["node"])).await;
        }
        bearer.query(count).await.data();
        assert_eq!(stored().await["purposes"], json!([]));
        let fields = "SELECT fields FROM audit_entry WHERE operation = 'updateRole' AND subject_type = 'Role' ORDER BY id";
        assert_eq!(t.texts(fields).await, ["purposes", "purposes", "purposes", "purposeRequired"]);
        ask(&ends.platform, "updateRole", change(json!({ "purposes": ["CURIOSITY"] }))).await.refused("BAD_USER_INPUT", "input.purposes.0");
    }

    async fn a_role_is_not_widened_behind_an_activation(t: &Service) {
        let ends = ends(t).await;
        let input = json!({ "code": "reader", "name": "Người xem", "permissions": ["plan:read"] });
        let role = must(&ends.platform, "createRole", input).await["role"].clone();
        for round in 0..8 {
            let client = offered(&ends.platform, &format!("Hệ thống {round}"), "DOLISA", &["reader"], "83").await;
            let permissions = if round % 2 == 0 { json!(["plan:read", "household:read"]) } else { json!(["plan:read", "loan:read"]) };
            let widen = json!({ "id": role["id"], "permissions": permissions });
            let (taken, widened) = tokio::join!(
                ask(&ends.admin, "activateClient", of(&client)),
                ask(&ends.platform, "updateRole", widen),
            );
            done(&widened, "updateRole");
            // Whichever came first: what the agency accepted is not what the client would hold now.
            if !taken.errors().is_empty() {
                taken.refused("CONFLICT", "expectedVersion");
            }
            let states = t.texts("SELECT DISTINCT status FROM client WHERE name LIKE 'Hệ thống %'").await;
            assert_eq!(states, ["PENDING"], "round {round}");
        }
    }
}
