use ansinh::identity::admin::{self, Issue, Life};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement, TransactionTrait};
use serde_json::{Value, json};
use tests::{
    both_databases,
    database::DbBackend,
    patience::{PATIENCE, eventually},
    service::{Answer, Caller, Service},
};

use super::{active, ask, ends, issued, must, shut_out, token_for, viewer};
use crate::{
    bad_tokens::claims,
    fixture::{self, HERE, Register},
    ledger::entries,
};

async fn execute(t: &Service, tx: &DatabaseTransaction, statement: &str) {
    tx.execute_raw(Statement::from_string(t.database.backend, statement)).await.unwrap();
}

/// Three changes in one document, of which the first waits for a lock while something happens to its caller.
async fn changed_meanwhile(t: &Service, register: &Register, caller: &Caller, number: u32, meanwhile: &str) -> Answer {
    let document =
        "mutation($home: RegisterHouseholdInput!, $one: UpdateHouseholdInput!, $two: UpdateHouseholdInput!) {
        a: registerHousehold(input: $home) { household { code } }
        b: updateHousehold(input: $one) { applied } c: updateHousehold(input: $two) { applied } }";
    let members = json!([{ "fullName": "Phan Văn Mới", "relationshipToHead": "HEAD", "nationalId": format!("08309900000{number}") }]);
    let update = |version: i32| json!({ "id": register.here.id, "expectedVersion": version, "address": "Nơi khác" });
    let variables = json!({ "home": { "code": format!("{HERE}-00077{number}"), "communeCode": HERE, "members": members },
        "one": update(1), "two": update(2) });
    // So that its use is noted, which the lock would hold up.
    caller.query("{ viewer { client } }").await.data();
    let db = t.database.connect().await;
    let hold = db.begin().await.unwrap();
    let postgres = t.database.backend == DbBackend::Postgres;
    let lock = if postgres {
        "LOCK TABLE household IN SHARE MODE"
    } else {
        "UPDATE household SET address = address WHERE id = 0"
    };
    execute(t, &hold, lock).await;
    let mut answer = None;
    t.statements(async {
        let asking = caller.clone();
        let asked = tokio::spawn(async move { asking.ask(document, variables).await });
        // The number is looked for before the transaction of the first change.
        t.until(PATIENCE, |log| log.iter().any(|one| one.contains("national_id"))).await;
        execute(t, &hold, meanwhile).await;
        let jti = claims(t, caller).jti;
        eventually("what was known of the caller is stale", async || t.app.viewers.get(&jti).is_none()).await;
        hold.commit().await.unwrap();
        answer = Some(asked.await.unwrap());
    })
    .await;
    answer.unwrap()
}

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
    async fn a_document_of_changes_does_not_outlive_the_rights_of_its_caller(t: &Service) {
        let register = fixture::register(t).await;
        let name = format!("commune_officer of CPC in {HERE}");
        let writes = "permission = 'household:write' AND role_id = (SELECT id FROM role WHERE code = 'commune_officer')";
        for (number, (meanwhile, code, mended)) in (1..).zip([
            ("UPDATE token SET revoked_at = 1".to_owned(), "UNAUTHENTICATED", ""),
            (format!("DELETE FROM role_permission WHERE {writes}"), "FORBIDDEN",
                "INSERT INTO role_permission (role_id, permission) SELECT id, 'household:write' FROM role WHERE code = 'commune_officer'"),
            (format!("UPDATE client SET status = 'DISABLED' WHERE name = '{name}'"), "UNAUTHENTICATED", "UPDATE client SET status = 'ACTIVE'"),
        ]) {
            let caller = t.as_role_in("commune_officer", HERE).await;
            let before = entries(t).await.len();
            let answer = changed_meanwhile(t, &register, &caller, number, &meanwhile).await;
            assert_eq!(answer.partial()["a"]["household"]["code"], format!("{HERE}-00077{number}"), "what came before is done: {}", answer.text);
            assert_eq!((&answer.partial()["b"], &answer.partial()["c"]), (&Value::Null, &Value::Null), "{meanwhile}");
            assert_eq!((0..2).map(|error| answer.code(error)).collect::<Vec<_>>(), [code; 2], "{meanwhile}");
            let left = entries(t).await.split_off(before);
            let denied: Vec<_> = left.iter().filter(|entry| entry[1] == "DENIED").map(|entry| &entry[0]).collect();
            assert_eq!(denied, ["updateHousehold"; 2], "{meanwhile}: {left:?}");
            if !mended.is_empty() {
                t.sql(mended).await;
            }
        }
        assert_eq!(t.number(&format!("SELECT CAST(version AS BIGINT) FROM household WHERE id = {}", register.here.key)).await, 1);
        // Whose rights stay as they are does them all.
        let caller = t.as_role_in("commune_officer", HERE).await;
        let answer = changed_meanwhile(t, &register, &caller, 9, "UPDATE client SET status = status").await;
        assert_eq!(answer.data()["c"]["applied"], json!(["address"]));
    }
}
