//! Somebody with one end tries to get hold of the other.

use ansinh::identity::command;
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Service},
    signer::Signer,
};

use super::{active, ask, ends, issued, must, of, offered, shut_out, token_for, traces, viewer, with};
use crate::walk::global_id;

fn a_key_for(client: &Value) -> Value {
    json!({ "clientId": client["id"], "jwk": Signer::new().jwk.to_string() })
}

both_databases! {
    async fn the_platform_gets_no_secret_and_no_token(t: &Service) {
        let ends = ends(t).await;
        // Not even for its own agency, nor for itself.
        for agency in ["DOLISA", "PPC"] {
            let client = offered(&ends.platform, &format!("Của {agency}"), agency, &["auditor"], "83").await;
            let before = traces(t).await;
            for mutation in ["activateClient", "rotateClientSecret"] {
                ask(&ends.platform, mutation, of(&client)).await.refused("FORBIDDEN", "");
            }
            ask(&ends.platform, "issueToken", token_for(&client, json!({}))).await.refused("FORBIDDEN", "");
            assert_eq!(traces(t).await, before);
        }
        let own = t.number(&format!("SELECT id FROM client WHERE name = '{}'", ends.platform.name)).await;
        let own = json!({ "id": global_id("Client", &own.to_string()), "version": 1 });
        ask(&ends.platform, "issueToken", token_for(&own, json!({}))).await.refused("FORBIDDEN", "");
        let more = with(&own, json!({ "roleCodes": ["platform_admin", "auditor"] }));
        ask(&ends.platform, "updateClient", more).await.refused("BAD_USER_INPUT", "input.roleCodes");
        let more = with(&own, json!({ "roleCodes": ["platform_admin", "statistics_viewer"] }));
        ask(&ends.platform, "updateClient", more).await.refused("FORBIDDEN", "");
        ends.platform.query("{ households(first: 1) { totalCount } }").await.refused("FORBIDDEN", "");
    }

    async fn nobody_widens_a_role_of_its_own(t: &Service) {
        let platform = t.as_role("platform_admin").await;
        let role = must(&platform, "createRole", json!({ "code": "helper", "name": "Phụ", "permissions": ["plan:read"] })).await["role"].clone();
        let holder = t.as_roles_in(&["platform_admin", "helper"], "PPC", "83").await;
        let before = traces(t).await;
        let widen = |permission: &str| json!({ "id": role["id"], "permissions": ["plan:read", permission] });
        ask(&holder, "updateRole", widen("household:read")).await.refused("BAD_USER_INPUT", "input.permissions");
        ask(&holder, "updateRole", widen("token:issue")).await.refused("BAD_USER_INPUT", "input.permissions");
        ask(&holder, "updateRole", widen("statistics:read")).await.refused("FORBIDDEN", "");
        assert_eq!(traces(t).await, before);
        // Another one may; then it waits, and only the server takes a client of the platform's into use again.
        must(&platform, "updateRole", widen("statistics:read")).await;
        shut_out(&holder, "client_disabled").await;
        let waiting = t.texts(&format!("SELECT CAST(id AS TEXT) FROM client WHERE name = '{}'", holder.name)).await;
        let waiting = json!({ "id": global_id("Client", &waiting[0]), "version": 2 });
        let admin = t.as_roles_in(&["agency_admin"], "PPC", "83").await;
        ask(&admin, "activateClient", of(&waiting)).await.refused("FORBIDDEN", "input.id");
    }

    async fn tokens_of_an_agency_do_not_grow_into_the_platforms_end(t: &Service) {
        let ends = ends(t).await;
        let role = json!({ "code": "helper", "name": "Phụ", "permissions": ["plan:read"] });
        let role = must(&ends.platform, "createRole", role).await["role"].clone();
        let client = active(&ends, "Bảng tin", &["helper"], "83").await;
        let (_, bearer) = issued(t, &ends.admin, &client, json!({})).await;
        let widened = json!({ "id": role["id"], "permissions": ["plan:read", "client:read", "client:create"] });
        must(&ends.platform, "updateRole", widened).await;
        shut_out(&bearer, "client_disabled").await;
        let secret = command::activate_client(&t.app, "Bảng tin").await.unwrap_or_else(|failure| panic!("{}", failure.message));
        assert!(secret.is_none());
        shut_out(&bearer, "revoked").await;
        viewer(&ends.admin).await.data();
    }

    async fn an_agency_administrator_does_not_get_the_platforms_end(t: &Service) {
        let ends = ends(t).await;
        let before = traces(t).await;
        for (mutation, input) in [
            ("createClient", json!({ "name": "X", "agencyCode": "DOLISA", "roleCodes": ["auditor"], "scope": { "code": "83" } })),
            ("updateClient", json!({ "id": global_id("Client", "1"), "expectedVersion": 1, "name": "X" })),
            ("createRole", json!({ "code": "x", "name": "X", "permissions": ["household:read"] })),
            ("updateRole", json!({ "id": global_id("Role", "1"), "name": "X" })),
        ] {
            ask(&ends.admin, mutation, input).await.refused("FORBIDDEN", "");
        }
        assert_eq!(traces(t).await, before);
        // A platform administrator that is put into its agency is not for it to take into use: it would hold both ends.
        let planted = offered(&ends.platform, "Cài vào", "DOLISA", &["platform_admin"], "83").await;
        ask(&ends.admin, "activateClient", of(&planted)).await.refused("FORBIDDEN", "input.id");
        // The same where one is in use: made on the server, for the agency PPC.
        let admin = t.as_roles_in(&["agency_admin"], "PPC", "83").await;
        let platform = t.number(&format!("SELECT id FROM client WHERE name = '{}'", ends.platform.name)).await;
        let platform = json!({ "id": global_id("Client", &platform.to_string()), "version": 1 });
        ask(&admin, "issueToken", token_for(&platform, json!({}))).await.refused("FORBIDDEN", "input.clientId");
        ask(&admin, "rotateClientSecret", of(&platform)).await.refused("FORBIDDEN", "input.id");
    }

    async fn clients_of_other_agencies_are_as_if_they_were_not_there(t: &Service) {
        let ends = ends(t).await;
        let theirs = offered(&ends.platform, "Của ngân hàng", "VBSP", &["bank_officer"], "83").await;
        let bank = t.as_roles_in(&["agency_admin"], "VBSP", "83").await;
        let theirs = must(&bank, "activateClient", of(&theirs)).await["client"].clone();
        let (token, _) = issued(t, &bank, &theirs, json!({})).await;
        let (no_client, no_token) = (global_id("Client", "999999"), global_id("Token", "999999"));
        let before = traces(t).await;
        let as_missing = |hidden: Answer, missing: Answer, field: &str| {
            hidden.refused("NOT_FOUND", field);
            assert_eq!((hidden.status, hidden.text), (missing.status, missing.text));
        };
        for mutation in ["activateClient", "rotateClientSecret", "disableClient"] {
            let missing = json!({ "id": no_client, "expectedVersion": theirs["version"] });
            as_missing(ask(&ends.admin, mutation, of(&theirs)).await, ask(&ends.admin, mutation, missing).await, "input.id");
            // Neither does the version tell.
            let stale = json!({ "id": theirs["id"], "expectedVersion": 77 });
            ask(&ends.admin, mutation, stale).await.refused("NOT_FOUND", "input.id");
        }
        let missing = token_for(&json!({ "id": no_client }), json!({}));
        as_missing(ask(&ends.admin, "issueToken", token_for(&theirs, json!({}))).await, ask(&ends.admin, "issueToken", missing).await, "input.clientId");
        let [hidden, missing] = [&token, &json!(no_token)].map(|id| json!({ "id": id, "reason": "x" }));
        as_missing(ask(&ends.admin, "revokeToken", hidden).await, ask(&ends.admin, "revokeToken", missing).await, "input.id");
        assert_eq!(traces(t).await, before);

        let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }";
        let seen = ends.admin.ask(nodes, json!({ "ids": [theirs["id"], token] })).await;
        assert_eq!(seen.data()["nodes"], json!([null, null]));
        let all = "{ clients(first: 100) { totalCount nodes { name agency { code } tokens(first: 5) { totalCount } } } }";
        let own = ends.admin.query(all).await;
        assert_eq!(own.data()["clients"]["totalCount"], 1, "itself: {}", own.body);
        assert_eq!(own.data()["clients"]["nodes"][0]["agency"]["code"], "DOLISA");
        assert_eq!(bank.query(all).await.data()["clients"]["totalCount"], 2);
        for all_seeing in [&ends.platform, &t.as_role("auditor").await] {
            let count = t.number("SELECT count(*) FROM client").await;
            assert_eq!(all_seeing.query(all).await.data()["clients"]["totalCount"], count, "{}", all_seeing.name);
            assert_eq!(all_seeing.ask(nodes, json!({ "ids": [theirs["id"], token] })).await.data()["nodes"][1]["__typename"], "Token");
        }
    }

    async fn an_administrator_of_a_district_stays_in_it(t: &Service) {
        let ends = ends(t).await;
        let admin = t.as_roles_in(&["agency_admin"], "DOLISA", "829").await;
        let wide = active(&ends, "Cả tỉnh", &["dolisa_officer"], "83").await;
        let near = active(&ends, "Phường", &["dolisa_officer"], "28757").await;
        let far = active(&ends, "Huyện khác", &["dolisa_officer"], "831").await;
        for client in [&wide, &far] {
            ask(&admin, "issueToken", token_for(client, json!({}))).await.refused("NOT_FOUND", "input.clientId");
            ask(&admin, "disableClient", of(client)).await.refused("NOT_FOUND", "input.id");
        }
        issued(t, &admin, &near, json!({})).await;
        let listed = admin.query("{ clients(first: 9) { nodes { name } } }").await;
        assert_eq!(listed.data()["clients"]["nodes"], json!([{ "name": admin.name }, { "name": "Phường" }]));
        // The same for who makes clients: not beyond its own scope.
        let platform = t.as_role_in("platform_admin", "829").await;
        let input = json!({ "name": "X", "agencyCode": "DOLISA", "roleCodes": ["auditor"], "scope": { "code": "83" } });
        ask(&platform, "createClient", input).await.refused("FORBIDDEN", "input.scope");
        ask(&platform, "updateClient", with(&near, json!({ "scope": { "code": "831" } }))).await.refused("FORBIDDEN", "input.scope");
    }

    async fn a_token_issues_itself_no_more_than_it_holds(t: &Service) {
        let both = t.as_roles_in(&["agency_admin", "dolisa_officer"], "DOLISA", "83").await;
        let own = t.number(&format!("SELECT id FROM client WHERE name = '{}'", both.name)).await;
        let own = json!({ "id": global_id("Client", &own.to_string()), "name": both.name });
        let alone = |role: &str| json!({ "roleCodes": [role] });
        let (_, admin) = issued(t, &both, &own, alone("agency_admin")).await;
        admin.query("{ households(first: 1) { totalCount } }").await.refused("FORBIDDEN", "");
        for more in [alone("dolisa_officer"), json!({ "roleCodes": ["agency_admin", "dolisa_officer"] }), json!({})] {
            ask(&admin, "issueToken", token_for(&own, more)).await.refused("FORBIDDEN", "input.roleCodes");
        }
        // But it may go on: the next month's token.
        let (_, next) = issued(t, &admin, &own, alone("agency_admin")).await;
        viewer(&next).await.data();
        // A token for one commune of a client for the province can't get the province back.
        let (_, narrow) = issued(t, &both, &own, json!({ "roleCodes": ["agency_admin"], "scope": { "code": "28757" } })).await;
        ask(&narrow, "issueToken", token_for(&own, alone("agency_admin"))).await.refused("NOT_FOUND", "input.clientId");
    }

    async fn a_token_opens_its_own_client_no_further_than_it_reaches(t: &Service) {
        // A secret or a key opens all that the client holds, through `/oauth/token`.
        let both = t.as_roles_in(&["agency_admin", "dolisa_officer"], "DOLISA", "83").await;
        let own = t.number(&format!("SELECT id FROM client WHERE name = '{}'", both.name)).await;
        let own = json!({ "id": global_id("Client", &own.to_string()), "version": 1, "name": both.name });
        let (_, admin) = issued(t, &both, &own, json!({ "roleCodes": ["agency_admin"] })).await;
        let before = traces(t).await;
        ask(&admin, "rotateClientSecret", of(&own)).await.refused("FORBIDDEN", "input.id");
        ask(&admin, "registerClientKey", a_key_for(&own)).await.refused("FORBIDDEN", "input.clientId");
        assert_eq!(traces(t).await, before);
        must(&both, "registerClientKey", a_key_for(&own)).await;
        must(&both, "rotateClientSecret", json!({ "id": own["id"], "expectedVersion": 2 })).await;
    }

    async fn keys_are_let_in_by_who_may_issue_tokens(t: &Service) {
        let ends = ends(t).await;
        // The platform's clients: made on the server for the agency PPC, or planted into an agency.
        let of_ppc = t.number(&format!("SELECT id FROM client WHERE name = '{}'", ends.platform.name)).await;
        let of_ppc = json!({ "id": global_id("Client", &of_ppc.to_string()) });
        let ppc = t.as_roles_in(&["agency_admin"], "PPC", "83").await;
        let planted = offered(&ends.platform, "Cài vào", "DOLISA", &["platform_admin"], "83").await;
        let theirs = offered(&ends.platform, "Của ngân hàng", "VBSP", &["bank_officer"], "83").await;
        // Keys that are there, past the service.
        t.sql("INSERT INTO client_key (client_id, kid, jwk, created_at) SELECT id, 'old', '{}', 0 FROM client").await;
        let seeing_all = t.as_roles_in(&["agency_admin", "auditor"], "DOLISA", "83").await;
        let removal = |client: &Value| json!({ "clientId": client["id"], "kid": "old" });
        let before = traces(t).await;
        for (admin, client, code) in [
            (&ppc, &of_ppc, "FORBIDDEN"),
            (&ends.admin, &planted, "FORBIDDEN"),
            (&ends.admin, &theirs, "NOT_FOUND"),
            (&seeing_all, &theirs, "FORBIDDEN"),
            (&ends.platform, &of_ppc, "FORBIDDEN"),
            (&ends.platform, &planted, "FORBIDDEN"),
        ] {
            let field = if admin.name == ends.platform.name { "" } else { "input.clientId" };
            ask(admin, "registerClientKey", a_key_for(client)).await.refused(code, field);
            ask(admin, "removeClientKey", removal(client)).await.refused(code, field);
        }
        assert_eq!(traces(t).await, before);
        let own = offered(&ends.platform, "Của mình", "DOLISA", &["dolisa_officer"], "83").await;
        assert_eq!(must(&ends.admin, "registerClientKey", a_key_for(&own)).await["client"]["id"], own["id"]);
    }

    async fn who_offered_a_client_never_activates_it(t: &Service) {
        let ends = ends(t).await;
        let maker = json!({ "code": "turncoat", "name": "Đổi vai", "permissions": ["client:read", "client:create"] });
        let role = must(&ends.platform, "createRole", maker).await["role"].clone();
        let turncoat = t.as_roles_in(&["turncoat"], "DOLISA", "83").await;
        let [planted, other] = [offered(&turncoat, "Cài", "DOLISA", &["auditor"], "83").await, offered(&ends.platform, "Khác", "DOLISA", &["auditor"], "83").await];
        // Its role becomes the other end, and its agency accepts that.
        let other_end = json!({ "id": role["id"], "permissions": ["client:read", "client:activate"] });
        must(&ends.platform, "updateRole", other_end).await;
        let id = t.number(&format!("SELECT id FROM client WHERE name = '{}'", turncoat.name)).await;
        must(&ends.admin, "activateClient", json!({ "id": global_id("Client", &id.to_string()), "expectedVersion": 2 })).await;
        ask(&turncoat, "activateClient", of(&planted)).await.refused("FORBIDDEN", "input.id");
        assert_eq!(must(&turncoat, "activateClient", of(&other)).await["client"]["status"], "ACTIVE");
        assert_eq!(must(&ends.admin, "activateClient", of(&planted)).await["client"]["status"], "ACTIVE");
    }

    async fn seeing_every_client_is_not_ruling_them(t: &Service) {
        let platform = t.as_role("platform_admin").await;
        let theirs = offered(&platform, "Của ngân hàng", "VBSP", &["bank_officer"], "83").await;
        let both = t.as_roles_in(&["agency_admin", "auditor"], "DOLISA", "83").await;
        for mutation in ["activateClient", "disableClient", "rotateClientSecret"] {
            ask(&both, mutation, of(&theirs)).await.refused("FORBIDDEN", "input.id");
        }
        ask(&both, "issueToken", token_for(&theirs, json!({}))).await.refused("FORBIDDEN", "input.clientId");
    }

    async fn the_other_roles_have_neither_end(t: &Service) {
        let client = json!({ "id": global_id("Client", "1"), "version": 1 });
        let token: Value = json!({ "id": global_id("Token", "1"), "reason": "x" });
        for role in ansinh::access::roles::BUILT_IN.iter().filter(|role| !role.code.ends_with("_admin")) {
            let caller = t.as_role(role.code).await;
            let before = traces(t).await;
            for (mutation, input) in [
                ("createClient", json!({ "name": "X", "agencyCode": "DOLISA", "roleCodes": ["auditor"], "scope": { "code": "83" } })),
                ("updateClient", of(&client)),
                ("activateClient", of(&client)),
                ("disableClient", of(&client)),
                ("rotateClientSecret", of(&client)),
                ("createRole", json!({ "code": "x", "name": "X", "permissions": ["plan:read"] })),
                ("updateRole", json!({ "id": global_id("Role", "1"), "name": "X" })),
                ("issueToken", token_for(&client, json!({}))),
                ("revokeToken", token.clone()),
            ] {
                ask(&caller, mutation, input).await.refused("FORBIDDEN", "");
            }
            assert_eq!(traces(t).await, before, "{}", role.code);
        }
    }
}
