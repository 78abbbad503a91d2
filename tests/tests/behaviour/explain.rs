//! `explainAccess`: field by field, and the rule that decided.

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use crate::{
    fixture::{self, HERE},
    walk::global_id,
};

const DOCUMENT: &str = "query($id: ID!, $client: ID) { explainAccess(id: $id, clientId: $client) {
    visible reason fields { field read write owner { code } rule } } }";

async fn explain(caller: &Caller, id: &str, client: Option<&str>) -> Value {
    let answer = caller.ask(DOCUMENT, json!({ "id": id, "client": client })).await;
    answer.data()["explainAccess"].clone()
}

/// What is said of a field: reading, writing, the owner.
#[track_caller]
fn said<'a>(explanation: &'a Value, field: &str) -> [&'a str; 3] {
    let fields = explanation["fields"].as_array().unwrap();
    let found = fields.iter().find(|found| found["field"] == field).unwrap_or_else(|| panic!("no {field}"));
    assert!(found["rule"].as_str().is_some_and(|rule| rule.contains("read: ") && rule.contains("write: ")));
    [&found["read"], &found["write"], &found["owner"]["code"]].map(|value| value.as_str().unwrap_or("-"))
}

async fn a_person(t: &Service, household: &str) -> String {
    let query = format!(
        "SELECT CAST(p.id AS TEXT) FROM person p JOIN household h ON h.id = p.household_id WHERE h.code = '{household}' ORDER BY p.id"
    );
    global_id("Person", &t.texts(&query).await[0])
}

async fn client_of(t: &Service, caller: &Caller) -> String {
    global_id(
        "Client",
        &t.texts(&format!("SELECT CAST(id AS TEXT) FROM client WHERE name = '{}'", caller.name)).await[0],
    )
}

both_databases! {
    async fn its_keys_come_in_the_order_of_the_query(t: &Service) {
        let register = fixture::register(t).await;
        let caller = t.as_role("auditor").await;
        let document = "query($id: ID!) { explainAccess(id: $id) { fields { rule owner { code } write field } visible } }";
        let answer = caller.ask(document, json!({ "id": register.here.id })).await;
        let text = answer.text.replace("\"owner\":null", "\"owner\":{\"code\":\"\"}");
        let keys: Vec<_> = text.split('"').filter(|word| matches!(*word, "rule" | "owner" | "write" | "field" | "visible")).collect();
        assert_eq!((keys[..8].to_vec(), keys.last()), (["rule", "owner", "write", "field"].repeat(2), Some(&"visible")), "{text}");
    }

    async fn it_says_of_each_field_what_the_caller_may(t: &Service) {
        let register = fixture::register(t).await;
        let person = a_person(t, &register.here.code).await;
        for (role, number, masked, protected, name) in [
            ("commune_officer", "ALLOWED", "ALLOWED", ["ALLOWED", "DENIED", "DOLISA"], ["ALLOWED", "ALLOWED", "CPC"]),
            ("dolisa_officer", "ALLOWED", "ALLOWED", ["ALLOWED", "ALLOWED", "DOLISA"], ["ALLOWED", "DENIED", "CPC"]),
            ("bank_officer", "ALLOWED", "ALLOWED", ["DENIED", "DENIED", "DOLISA"], ["ALLOWED", "DENIED", "CPC"]),
            ("auditor", "MASKED", "ALLOWED", ["ALLOWED", "DENIED", "DOLISA"], ["ALLOWED", "DENIED", "CPC"]),
            ("agriculture_officer", "DENIED", "DENIED", ["DENIED", "DENIED", "DOLISA"], ["ALLOWED", "DENIED", "CPC"]),
        ] {
            let caller = t.as_role(role).await;
            let explanation = explain(&caller, &person, None).await;
            assert_eq!(explanation["visible"], true, "{role}: {explanation}");
            assert_eq!(said(&explanation, "nationalId")[0], number, "{role}");
            assert_eq!(said(&explanation, "nationalIdMasked")[0], masked, "{role}");
            assert_eq!(said(&explanation, "protectedCategories"), protected, "{role}");
            assert_eq!(said(&explanation, "fullName"), name, "{role}");
            assert_eq!(said(&explanation, "version"), ["ALLOWED", "DENIED", "-"], "{role}");
            // What is said is what happens.
            let read = caller.ask("query($id: ID!) { node(id: $id) { ... on Person { nationalId } } }", json!({ "id": person })).await;
            assert_eq!(read.partial()["node"]["nationalId"].is_string(), number == "ALLOWED", "{role}");
        }
    }

    async fn a_record_out_of_reach_is_explained_as_a_missing_one(t: &Service) {
        let register = fixture::register(t).await;
        let commune = t.as_role_in("commune_officer", HERE).await;
        let far = explain(&commune, &register.far.id, None).await;
        assert_eq!(far["visible"], false);
        assert_eq!(said(&far, "address"), ["DENIED", "DENIED", "CPC"]);
        assert_eq!(far, explain(&commune, &global_id("Household", "999999"), None).await);
        // Nor does another client's sight tell that it is there.
        let auditor = t.as_role("auditor").await;
        let other = client_of(t, &auditor).await;
        let refused = commune.ask(DOCUMENT, json!({ "id": register.far.id, "client": other })).await;
        refused.refused("FORBIDDEN", "");
        let statistics = t.as_role("statistics_viewer").await;
        let none = explain(&statistics, &register.here.id, None).await;
        assert_eq!(none["visible"], false);
        assert!(none["reason"].as_str().unwrap().contains("household:read"), "{none}");
        assert_eq!(none, explain(&statistics, &global_id("Household", "999999"), None).await);
    }

    async fn who_may_look_at_clients_is_told_of_them(t: &Service) {
        let register = fixture::register(t).await;
        let commune = t.as_role_in("commune_officer", HERE).await;
        let auditor = t.as_role("auditor").await;
        let id = client_of(t, &commune).await;
        let near = explain(&auditor, &register.here.id, Some(&id)).await;
        assert_eq!((&near["visible"], said(&near, "address")), (&json!(true), ["ALLOWED", "ALLOWED", "CPC"]));
        let far = explain(&auditor, &register.far.id, Some(&id)).await;
        assert_eq!((&far["visible"], said(&far, "address")), (&json!(false), ["DENIED", "DENIED", "CPC"]));
        let missing = auditor.ask(DOCUMENT, json!({ "id": register.here.id, "client": global_id("Client", "999999") })).await;
        missing.refused("NOT_FOUND", "clientId");
        auditor.ask(DOCUMENT, json!({ "id": "nonsense" })).await.refused("BAD_USER_INPUT", "id");
    }
}
