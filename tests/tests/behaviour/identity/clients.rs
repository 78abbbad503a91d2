use ansinh::identity::{
    admin::{self, Issue, Life},
    secret,
};
use chrono::TimeDelta;
use serde_json::json;
use tests::{both_databases, service::Service};

use super::{active, ask, ends, issued, must, of, offered, shut_out, token_for, traces, viewer, with};

both_databases! {
    async fn a_client_lives_from_its_offer_to_its_end(t: &Service) {
        let ends = ends(t).await;
        let waiting = offered(&ends.platform, "Phần mềm giảm nghèo", "DOLISA", &["dolisa_officer"], "829").await;
        assert_eq!((&waiting["status"], &waiting["version"]), (&json!("PENDING"), &json!(1)));
        assert_eq!((&waiting["agency"]["code"], &waiting["scope"]["code"]), (&json!("DOLISA"), &json!("829")));

        // While it waits, nobody gets a token for it: neither its agency nor a command.
        ask(&ends.admin, "issueToken", token_for(&waiting, json!({}))).await.refused("CONFLICT", "input.clientId");
        ask(&ends.admin, "rotateClientSecret", of(&waiting)).await.refused("CONFLICT", "input.id");
        let issue = Issue { client: "Phần mềm giảm nghèo", agency: "DOLISA", roles: &["dolisa_officer".into()], scope: "829",
            valid_for: TimeDelta::days(1), life: Life::Checked };
        assert!(admin::issue(&t.app, &issue).await.unwrap_err().message.contains("is not active"));

        let taken = must(&ends.admin, "activateClient", with(&waiting, json!({ "reason": "Công văn 12" }))).await;
        let client = &taken["client"];
        assert_eq!((&client["status"], &client["version"]), (&json!("ACTIVE"), &json!(2)));
        assert_eq!(client["statusReason"], "Công văn 12");
        let shown = taken["secret"].as_str().unwrap();
        let kept = t.texts("SELECT secret_hash FROM client WHERE name = 'Phần mềm giảm nghèo'").await;
        assert!(secret::fits(shown, &kept[0]) && !kept[0].contains(shown));
        ask(&ends.admin, "activateClient", of(client)).await.refused("CONFLICT", "input.id");

        let (token, bearer) = issued(t, &ends.admin, client, json!({})).await;
        let seen = viewer(&bearer).await;
        assert_eq!(seen.data()["viewer"]["roles"], json!([{ "code": "dolisa_officer" }]));
        assert_eq!(seen.data()["viewer"]["scope"]["code"], "829");
        let used = "query($id: ID!) { node(id: $id) { ... on Token { label lastUsedAt revokedAt revokedReason } } }";
        let read = ends.admin.ask(used, json!({ "id": token })).await;
        assert_eq!(read.data()["node"]["lastUsedAt"], "2026-11-23T03:00:00Z");

        let gone = must(&ends.admin, "revokeToken", json!({ "id": token, "reason": "mất máy" })).await;
        assert_eq!((&gone["token"]["revokedAt"], &gone["token"]["revokedReason"]), (&json!("2026-11-23T03:00:00Z"), &json!("mất máy")));
        shut_out(&bearer, "revoked").await;
        // Again, by the other end: it stays as it was.
        let again = must(&ends.platform, "revokeToken", json!({ "id": token, "reason": "khác" })).await;
        assert_eq!(again["token"]["revokedReason"], "mất máy");

        let rotated = must(&ends.admin, "rotateClientSecret", of(client)).await;
        let kept = t.texts("SELECT secret_hash FROM client WHERE name = 'Phần mềm giảm nghèo'").await;
        assert!(secret::fits(rotated["secret"].as_str().unwrap(), &kept[0]) && !secret::fits(shown, &kept[0]));

        let (_, bearer) = issued(t, &ends.admin, client, json!({})).await;
        viewer(&bearer).await.data();
        let ended = must(&ends.platform, "disableClient", with(&rotated["client"], json!({ "reason": "thay phần mềm" }))).await;
        assert_eq!((&ended["client"]["status"], &ended["client"]["statusReason"]), (&json!("DISABLED"), &json!("thay phần mềm")));
        shut_out(&bearer, "client_disabled").await;
        for mutation in ["activateClient", "rotateClientSecret", "disableClient"] {
            ask(&ends.admin, mutation, of(&ended["client"])).await.refused("CONFLICT", "input.id");
        }
        ask(&ends.admin, "issueToken", token_for(client, json!({}))).await.refused("CONFLICT", "input.clientId");

        // Each write is in the ledger and in the feed, with who did it; the secret is in neither.
        let kept = "SELECT a.operation || ' ' || a.subject_type || ' ' || g.code FROM audit_entry a JOIN agency g ON g.id = a.agency_id
                    WHERE a.subjects IS NULL AND (a.operation LIKE '%Client%' OR a.operation LIKE '%Token%') ORDER BY a.id";
        assert_eq!(t.texts(kept).await, [
            "createClient Client PPC", "activateClient Client DOLISA", "issueToken Token DOLISA", "revokeToken Token DOLISA",
            "rotateClientSecret Client DOLISA", "issueToken Token DOLISA", "disableClient Client PPC",
        ]);
        let feed = t.texts("SELECT operation || ' ' || subject_type FROM change_event ORDER BY id").await;
        assert_eq!(feed, ["CREATED Client", "UPDATED Client", "CREATED Token", "UPDATED Token", "UPDATED Client", "CREATED Token", "UPDATED Client"]);
    }

    async fn more_needs_the_agency_again_and_less_acts_at_once(t: &Service) {
        let ends = ends(t).await;
        let client = active(&ends, "Hệ thống", &["dolisa_officer"], "829").await;
        let (_, bearer) = issued(t, &ends.admin, &client, json!({})).await;
        viewer(&bearer).await.data();
        let hash = t.texts("SELECT secret_hash FROM client WHERE name = 'Hệ thống'").await;

        let mut client = client;
        for more in [json!({ "roleCodes": ["dolisa_officer", "statistics_viewer"] }), json!({ "scope": { "code": "83" } })] {
            let widened = must(&ends.platform, "updateClient", with(&client, more)).await;
            assert_eq!((&widened["client"]["status"], &widened["secret"]), (&json!("PENDING"), &json!(null)));
            shut_out(&bearer, "client_disabled").await;
            ask(&ends.admin, "issueToken", token_for(&client, json!({}))).await.refused("CONFLICT", "input.clientId");
            let accepted = must(&ends.admin, "activateClient", of(&widened["client"])).await;
            // It has a secret that goes on holding.
            assert_eq!(accepted["secret"], json!(null));
            assert_eq!(t.texts("SELECT secret_hash FROM client WHERE name = 'Hệ thống'").await, hash);
            viewer(&bearer).await.data();
            client = accepted["client"].clone();
        }
        let (_, wide) = issued(t, &ends.admin, &client, json!({})).await;
        assert_eq!(viewer(&wide).await.data()["viewer"]["scope"]["code"], "83");

        let narrowed = must(&ends.platform, "updateClient", with(&client, json!({ "scope": { "code": "28757" } }))).await;
        assert_eq!(narrowed["client"]["status"], "ACTIVE");
        for bearer in [&wide, &bearer] {
            assert_eq!(viewer(bearer).await.data()["viewer"]["scope"]["code"], "28757");
        }
        bearer.query("{ households(first: 1) { totalCount } }").await.data();
        let input = with(&narrowed["client"], json!({ "roleCodes": ["statistics_viewer"], "name": "Bảng số liệu" }));
        // The new role is one that it holds already: nothing of it is more.
        let narrowed = must(&ends.platform, "updateClient", input).await;
        assert_eq!((&narrowed["client"]["status"], &narrowed["client"]["name"]), (&json!("ACTIVE"), &json!("Bảng số liệu")));
        assert_eq!(viewer(&wide).await.data()["viewer"]["roles"], json!([{ "code": "statistics_viewer" }]));
        wide.query("{ households(first: 1) { totalCount } }").await.refused("FORBIDDEN", "");
        assert_eq!(viewer(&bearer).await.data()["viewer"]["permissions"], json!([]), "its one role is gone");

        let before = traces(t).await;
        let same = must(&ends.platform, "updateClient", with(&narrowed["client"], json!({ "name": "Bảng số liệu" }))).await;
        assert_eq!((&same["client"]["version"], traces(t).await), (&narrowed["client"]["version"], before));
    }

    async fn bad_input_changes_nothing(t: &Service) {
        let ends = ends(t).await;
        let client = active(&ends, "Hệ thống", &["dolisa_officer"], "829").await;
        let (token, _) = issued(t, &ends.admin, &client, json!({})).await;
        let agency = json!("QWdlbmN5OjE");
        let offer = |more: serde_json::Value| {
            let mut input = json!({ "name": "Mới", "agencyCode": "DOLISA", "roleCodes": ["dolisa_officer"], "scope": { "code": "83" } });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            input
        };
        let before = traces(t).await;
        for (caller, mutation, input, code, field) in [
            (&ends.platform, "createClient", offer(json!({ "name": " " })), "BAD_USER_INPUT", "input.name"),
            (&ends.platform, "createClient", offer(json!({ "name": "Hệ thống" })), "CONFLICT", "input.name"),
            (&ends.platform, "createClient", offer(json!({ "agencyCode": "NONE" })), "BAD_USER_INPUT", "input.agencyCode"),
            (&ends.platform, "createClient", offer(json!({ "roleCodes": [] })), "BAD_USER_INPUT", "input.roleCodes"),
            (&ends.platform, "createClient", offer(json!({ "roleCodes": ["dolisa_officer", "root"] })), "BAD_USER_INPUT", "input.roleCodes"),
            (&ends.platform, "createClient", offer(json!({ "roleCodes": ["dolisa_officer", "dolisa_approver"] })), "BAD_USER_INPUT", "input.roleCodes"),
            (&ends.platform, "createClient", offer(json!({ "scope": { "code": "99999" } })), "BAD_USER_INPUT", "input.scope.code"),
            (&ends.platform, "updateClient", with(&client, json!({ "roleCodes": ["platform_admin", "agency_admin"] })), "BAD_USER_INPUT", "input.roleCodes"),
            (&ends.platform, "updateClient", with(&client, json!({ "roleCodes": [] })), "BAD_USER_INPUT", "input.roleCodes"),
            (&ends.platform, "updateClient", json!({ "id": client["id"], "expectedVersion": 1, "name": "X" }), "CONFLICT", "expectedVersion"),
            (&ends.platform, "disableClient", json!({ "id": client["id"], "expectedVersion": 1 }), "CONFLICT", "expectedVersion"),
            (&ends.admin, "rotateClientSecret", json!({ "id": client["id"], "expectedVersion": 3 }), "CONFLICT", "expectedVersion"),
            (&ends.admin, "activateClient", json!({ "id": agency, "expectedVersion": 1 }), "BAD_USER_INPUT", "input.id"),
            (&ends.admin, "issueToken", token_for(&client, json!({ "label": "" })), "BAD_USER_INPUT", "input.label"),
            (&ends.admin, "issueToken", token_for(&client, json!({ "clientId": agency })), "BAD_USER_INPUT", "input.clientId"),
            (&ends.admin, "issueToken", token_for(&client, json!({ "roleCodes": [] })), "BAD_USER_INPUT", "input.roleCodes"),
            (&ends.admin, "issueToken", token_for(&client, json!({ "expiresAt": "2026-11-23T03:00:00Z" })), "BAD_USER_INPUT", "input.expiresAt"),
            (&ends.admin, "revokeToken", json!({ "id": token, "reason": "" }), "BAD_USER_INPUT", "input.reason"),
            (&ends.admin, "revokeToken", json!({ "id": client["id"], "reason": "x" }), "BAD_USER_INPUT", "input.id"),
        ] {
            let answer = ask(caller, mutation, input.clone()).await;
            assert!(!answer.errors().is_empty(), "{mutation} {input}: {}", answer.body);
            answer.refused(code, field);
            assert_eq!(traces(t).await, before, "{mutation} {input}");
        }
        let stale = ask(&ends.platform, "disableClient", json!({ "id": client["id"], "expectedVersion": 1 })).await;
        assert_eq!(stale.errors()[0]["extensions"]["storedVersion"], 2);
    }
}
