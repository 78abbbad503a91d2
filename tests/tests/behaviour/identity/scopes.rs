//! A commune sees its own, whatever somebody types in as the scope of its client.

use ansinh::identity::admin::{self, Issue, Life};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{both_databases, process::Settings, service::Service};

use super::{ask, ends, must, of, offered, token_for, traces, viewer, with};
use crate::{
    fixture::{DISTRICT_FAR, DISTRICT_HERE, HERE, NEAR},
    oauth,
};

const REFUSED: &str = "BAD_USER_INPUT";

fn offer(name: &str, agency: &str, role: &str, scope: &str) -> Value {
    json!({ "name": name, "agencyCode": agency, "roleCodes": [role], "scope": { "code": scope } })
}

both_databases! {
    async fn clients_of_communes_and_districts_have_no_wider_unit(t: &Service) {
        let ends = ends(t).await;
        let before = traces(t).await;
        for (agency, role, scope, most) in [
            ("CPC", "commune_officer", "83", "has a commune for its scope, or less; 83 is a province"),
            ("CPC", "commune_officer", DISTRICT_HERE, "has a commune for its scope, or less; 829 is a district"),
            ("CPC", "auditor", "83", "has a commune"),
            ("DPC", "district_officer", "83", "has a district for its scope, or less; 83 is a province"),
        ] {
            let answer = ask(&ends.platform, "createClient", offer("Rộng", agency, role, scope)).await;
            answer.refused(REFUSED, "input.scope");
            let said = answer.errors()[0]["message"].as_str().unwrap();
            assert!(said.contains(agency) && said.contains(most), "{said}");
            assert_eq!(traces(t).await, before, "{agency} {scope}");
        }
        for (index, (agency, role, scope)) in [
            ("CPC", "commune_officer", HERE), ("DPC", "district_officer", DISTRICT_HERE), ("DPC", "district_officer", HERE),
            // Who administers the clients of all communes works with none of their records.
            ("CPC", "agency_admin", "83"), ("CPC", "statistics_viewer", "83"), ("DOLISA", "commune_officer", "83"),
        ].into_iter().enumerate() {
            offered(&ends.platform, &format!("Vừa {index}"), agency, &[role], scope).await;
        }
    }

    async fn nor_do_they_get_one_later(t: &Service) {
        let ends = ends(t).await;
        let commune = offered(&ends.platform, "Xã", "CPC", &["commune_officer"], HERE).await;
        let district = offered(&ends.platform, "Huyện", "DPC", &["district_officer"], DISTRICT_HERE).await;
        let figures = offered(&ends.platform, "Số liệu", "CPC", &["statistics_viewer"], "83").await;
        let before = traces(t).await;
        for (client, change, field) in [
            (&commune, json!({ "scope": { "code": DISTRICT_HERE } }), "input.scope"),
            (&district, json!({ "scope": { "code": "83" } }), "input.scope"),
            (&figures, json!({ "roleCodes": ["commune_officer"] }), "input.roleCodes"),
        ] {
            ask(&ends.platform, "updateClient", with(client, change.clone())).await.refused(REFUSED, field);
            assert_eq!(traces(t).await, before, "{change}");
        }
        must(&ends.platform, "updateClient", with(&commune, json!({ "scope": { "code": NEAR } }))).await;
        must(&ends.platform, "updateClient", with(&district, json!({ "scope": { "code": DISTRICT_FAR } }))).await;
        let both = json!({ "roleCodes": ["commune_officer"], "scope": { "code": HERE } });
        must(&ends.platform, "updateClient", with(&figures, both)).await;
    }

    async fn one_that_is_stored_wider_gets_no_token_for_it(t: &Service) {
        let ends = ends(t).await;
        let admin = t.as_roles_in(&["agency_admin"], "CPC", "83").await;
        let client = offered(&ends.platform, "Cũ", "CPC", &["commune_officer"], HERE).await;
        t.widen("Cũ", "83").await;
        ask(&admin, "activateClient", of(&client)).await.refused(REFUSED, "input.id");
        t.sql("UPDATE client SET status = 'ACTIVE' WHERE name = 'Cũ'").await;
        ask(&admin, "issueToken", token_for(&client, json!({}))).await.refused(REFUSED, "input.scope");
        let narrow = must(&admin, "issueToken", token_for(&client, json!({ "scope": { "code": HERE } }))).await;
        let bearer = t.bearing(narrow["secret"].as_str().unwrap(), "Cũ");
        assert_eq!(viewer(&bearer).await.data()["viewer"]["scope"]["code"], HERE);
        // What has nothing to do with it can be changed all the same.
        must(&ends.platform, "updateClient", with(&client, json!({ "name": "Đổi tên" }))).await;

        t.sql(&format!("UPDATE client SET secret_hash = '{}' WHERE name = 'Đổi tên'", ansinh::identity::secret::hash(oauth::SECRET))).await;
        let id = client["id"].as_str().unwrap();
        let refused = oauth::by_secret(t, id, oauth::SECRET, &[]).await;
        assert_eq!((refused.status, &refused.body["error"]), (400, &json!("unauthorized_client")));
        t.widen("Đổi tên", HERE).await;
        oauth::by_secret(t, id, oauth::SECRET, &[]).await.token();
    }

    async fn by_command_it_is_the_same(t: &Service) {
        t.clock.set(chrono::Utc::now());
        let settings = Settings::of(t);
        for arguments in [
            ["client", "create", "--name", "Rộng", "--agency", "CPC", "--role", "commune_officer", "--scope", "83"].as_slice(),
            &["token", "--client", "Rộng", "--agency", "DPC", "--role", "district_officer", "--scope", "83"],
        ] {
            let (code, out, complaints) = settings.run(arguments);
            assert_eq!((code, out.as_str()), (2, ""), "{complaints}");
            assert!(complaints.contains("or less; 83 is a province"), "{complaints}");
        }
        assert_eq!(t.number("SELECT count(*) FROM client").await, 0);
        assert_eq!(settings.run(&["agency-admin", "--agency", "CPC"]).0, 0, "the administrator of all communes' clients");
        // A client that is wider from before gets a token for a commune only.
        let issue = |scope: &'static str| {
            let app = t.app.clone();
            async move {
                let roles = ["commune_officer".to_owned()];
                let (valid_for, life) = (TimeDelta::days(1), Life::Checked);
                admin::issue(&app, &Issue { client: "Cũ", agency: "CPC", roles: &roles, scope, valid_for, life }).await
            }
        };
        assert!(issue(HERE).await.is_ok());
        t.widen("Cũ", "83").await;
        assert_eq!(issue("83").await.unwrap_err().field.as_deref(), Some("scope"));
        assert!(issue(NEAR).await.is_ok());
    }
}
