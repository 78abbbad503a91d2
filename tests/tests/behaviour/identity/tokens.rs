use ansinh::identity::admin::{self, Issue, Life};
use chrono::TimeDelta;
use serde_json::json;
use tests::{both_databases, service::Service};

use super::{active, ask, ends, issued, must, shut_out, token_for, viewer};

both_databases! {
    async fn a_token_never_holds_more_than_its_client(t: &Service) {
        let ends = ends(t).await;
        let client = active(&ends, "Hệ thống", &["dolisa_officer", "statistics_viewer"], "829").await;
        for (more, field) in [
            (json!({ "roleCodes": ["auditor"] }), "input.roleCodes"),
            (json!({ "roleCodes": ["statistics_viewer", "agency_admin"] }), "input.roleCodes"),
            (json!({ "scope": { "code": "83" } }), "input.scope"),
            (json!({ "scope": { "code": "831" } }), "input.scope"),
            (json!({ "scope": { "code": "28804" } }), "input.scope"),
        ] {
            ask(&ends.admin, "issueToken", token_for(&client, more)).await.refused("BAD_USER_INPUT", field);
        }
        let less = json!({ "roleCodes": ["statistics_viewer"], "scope": { "code": "28757" } });
        let (_, bearer) = issued(t, &ends.admin, &client, less).await;
        let seen = viewer(&bearer).await.data()["viewer"].clone();
        assert_eq!((&seen["roles"], &seen["scope"]["code"]), (&json!([{ "code": "statistics_viewer" }]), &json!("28757")));
    }

    async fn the_strictest_role_bounds_the_life_of_a_token(t: &Service) {
        let ends = ends(t).await;
        let client = active(&ends, "Hệ thống", &["dolisa_officer", "statistics_viewer"], "83").await;
        let until = |day: &str| json!({ "expiresAt": format!("{day}T03:00:00Z") });
        // 90 days from the 23rd of November: the 21st of February.
        let answer = ask(&ends.admin, "issueToken", token_for(&client, until("2027-02-22"))).await;
        answer.refused("BAD_USER_INPUT", "input.expiresAt");
        let said = answer.errors()[0]["message"].as_str().unwrap();
        assert!(said.contains("dolisa_officer") && said.contains("90 days"), "{said}");
        must(&ends.admin, "issueToken", token_for(&client, until("2027-02-21"))).await;
        // Without the strict role a year.
        let mut alone = until("2027-11-23");
        alone["roleCodes"] = json!(["statistics_viewer"]);
        let (_, bearer) = issued(t, &ends.admin, &client, alone).await;
        t.set_day("2027-11-22");
        viewer(&bearer).await.data();
        t.set_day("2027-11-24");
        shut_out(&bearer, "expired").await;
    }

    async fn the_server_keeps_the_same_bounds(t: &Service) {
        for role in ansinh::access::roles::BUILT_IN {
            let days = i64::from(role.longest_token_days);
            let scope = match role.agency {
                "CPC" => "28757",
                "DPC" => "829",
                _ => "83",
            };
            for (valid_for, life, taken) in [
                (TimeDelta::days(30), Life::Checked, true),
                (TimeDelta::days(days), Life::Checked, true),
                (TimeDelta::days(days) + TimeDelta::seconds(1), Life::Checked, false),
                (TimeDelta::days(days + 1), Life::Cut, true),
            ] {
                let issue = Issue { client: role.code, agency: role.agency, roles: &[role.code.into()], scope, valid_for, life };
                match admin::issue(&t.app, &issue).await {
                    Ok(_) => assert!(taken, "{} {valid_for}", role.code),
                    Err(failure) => assert!(!taken && failure.message.contains(&format!("{days} days")), "{}", failure.message),
                }
            }
        }
        let longest = "SELECT count(*) FROM token t JOIN token_role x ON x.token_id = t.id JOIN role r ON r.id = x.role_id
            WHERE t.expires_at - t.issued_at > r.longest_token_days * CAST(86400000000 AS BIGINT)";
        assert_eq!(t.number(longest).await, 0);
    }
}
