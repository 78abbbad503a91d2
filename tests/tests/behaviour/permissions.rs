//! What each role may not read is null with FORBIDDEN at its path, and the rest of the answer stands.

use std::collections::BTreeSet;

use ansinh::access::roles::BUILT_IN;
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Service},
};

use crate::{
    fixture,
    policy::{may, needed},
    walk::{self, Schema, named},
};

/// Walks an answer along the schema: what the role may not read must be null. Gives the paths of the refusals.
fn refusals(schema: &Schema, role: &str, ty: &str, value: &Value, path: &mut Vec<Value>, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(json!(index));
                refusals(schema, role, ty, item, path, found);
                path.pop();
            }
        }
        Value::Object(fields) => {
            let ty = fields.get("__typename").and_then(Value::as_str).unwrap_or(ty);
            for (name, value) in fields {
                let Some(field) = schema.fields(ty).iter().find(|field| field["name"] == name.as_str()) else {
                    continue;
                };
                let to = named(&field["type"]);
                path.push(json!(name));
                if needed(ty, name, to).is_some_and(|permission| !may(role, permission)) {
                    assert!(value.is_null(), "{role} reads {path:?}: {value}");
                    found.insert(json!(path).to_string());
                } else {
                    refusals(schema, role, to, value, path, found);
                }
                path.pop();
            }
        }
        _ => {}
    }
}

/// That an answer has just the errors that the role's permissions ask for.
fn check(schema: &Schema, role: &str, answer: &Answer) {
    let (mut expected, mut found) = (BTreeSet::new(), BTreeSet::new());
    refusals(schema, role, "Query", answer.partial(), &mut Vec::new(), &mut expected);
    for (index, error) in answer.errors().iter().enumerate() {
        assert_eq!(answer.code(index), "FORBIDDEN", "{role}: {error}");
        found.insert(error["path"].to_string());
    }
    assert_eq!(found, expected, "{role}: {}", answer.body);
}

both_databases! {
    async fn each_role_reads_what_its_permissions_allow_at_every_root(t: &Service) {
        let register = fixture::register(t).await;
        let schema = Schema::ask(&fixture::reader(t).await).await;
        let ids = vec![register.here.id.clone(), walk::global_id("Agency", "1")];
        for role in BUILT_IN.iter().map(|role| role.code) {
            let caller = t.as_role(role).await;
            for (name, root) in schema.roots(&register.here, &ids, 1) {
                // An interface's selection tells the type only where the record may be read.
                if name == "node" || name == "nodes" {
                    continue;
                }
                check(&schema, role, &caller.query(&format!("{{ {root} }}")).await);
            }
        }
    }

    async fn each_role_reads_what_its_permissions_allow_of_every_type(t: &Service) {
        fixture::register(t).await;
        let schema = Schema::ask(&fixture::reader(t).await).await;
        let nodes = walk::a_node_of_each(t).await;
        for role in BUILT_IN.iter().map(|role| role.code) {
            let caller = t.as_role(role).await;
            for (ty, id) in &nodes {
                let document = format!("query($id: ID!) {{ node(id: $id) {{ __typename ... on {ty} {} }} }}", schema.select(ty, 1));
                let answer = caller.ask(&document, json!({ "id": id })).await;
                if needed("Query", "node", ty).is_some_and(|permission| !may(role, permission)) {
                    assert_eq!(answer.partial()["node"], json!(null), "{role} reads {ty}");
                    assert_eq!((answer.code(0), &answer.errors()[0]["path"]), ("FORBIDDEN", &json!(["node"])), "{role} {ty}");
                } else if !answer.partial()["node"].is_null() {
                    assert_eq!(answer.partial()["node"]["__typename"], *ty, "{role}");
                    check(&schema, role, &answer);
                } else {
                    // The kind of a movement of money decides who sees it, and the agency of a client.
                    let hidden = *ty == "MoneyEvent" || role == "agency_admin" && ["Client", "Token"].contains(ty);
                    assert!(hidden && answer.errors().is_empty(), "{role} finds no {ty}: {}", answer.body);
                }
            }
        }
    }

    async fn several_ids_are_refused_one_by_one(t: &Service) {
        let register = fixture::register(t).await;
        let insurance = t.as_role("insurance_officer").await;
        let ids = t.texts("SELECT CAST(id AS TEXT) FROM loan ORDER BY id").await;
        let [loan, agency] = [walk::global_id("Loan", &ids[0]), walk::global_id("Agency", "1")];
        let document = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Loan { contractNumber } } }";
        let answer = insurance.ask(document, json!({ "ids": [loan, register.here.id, loan, agency] })).await;
        assert_eq!(answer.partial()["nodes"], json!([null, { "id": register.here.id }, null, { "id": agency }]));
        let found: Vec<_> = (0..2).map(|error| (answer.code(error), answer.errors()[error]["path"].clone())).collect();
        assert_eq!((answer.errors().len(), found), (2, vec![("FORBIDDEN", json!(["nodes", 0])), ("FORBIDDEN", json!(["nodes", 2]))]));
    }

    async fn the_timeline_shows_the_kinds_of_money_that_a_role_may_see(t: &Service) {
        let register = fixture::register(t).await;
        let document = "query($code: String!) { household(code: $code) { timeline(first: 20) { totalCount nodes { kind amount } } } }";
        for (role, expected) in [
            ("bank_officer", json!(["LOAN_DISBURSEMENT", "LOAN_REPAYMENT", "LOAN_INTEREST"])),
            ("insurance_officer", json!([])),
            ("agriculture_officer", json!(["MODEL_CAPITAL"])),
            ("front_officer", json!(["BENEFIT", "MODEL_CAPITAL", "SPONSORSHIP"])),
        ] {
            let answer = t.as_role(role).await.ask(document, json!({ "code": register.here.code })).await;
            let timeline = &answer.data()["household"]["timeline"];
            let kinds: Vec<_> = timeline["nodes"].as_array().unwrap().iter().map(|event| &event["kind"]).collect();
            assert_eq!((json!(kinds), &timeline["totalCount"]), (expected.clone(), &json!(expected.as_array().unwrap().len())), "{role}");
        }
    }

    async fn a_thousand_refusals_are_counted_not_listed(t: &Service) {
        for number in 1..=130 {
            let code = format!("28757-{number:06}");
            t.sql(&format!("INSERT INTO household (code, commune_id, district_id, area_kind, search_text, poverty_class, registered_on, history_from, version,
                created_at, updated_at) SELECT '{code}', id, parent_id, area_kind, 'x', 'POOR', '2022-01-01', '2022-01-01', 1, 0, 0
                FROM admin_unit WHERE code = '28757' AND valid_to = '2025-06-30'")).await;
        }
        let bank = t.as_role("bank_officer").await;
        let answer = bank.query("{ households(first: 200) { nodes { code benefits(first: 1) { totalCount } } } }").await;
        assert_eq!(answer.partial()["households"]["nodes"].as_array().unwrap().len(), 130);
        assert_eq!(answer.errors().len(), 101);
        let last = &answer.errors()[100];
        assert!(last["message"].as_str().unwrap().starts_with("30 further errors"), "{last}");
        assert_eq!((&last["path"], last.get("locations")), (&json!(["households"]), None));
    }
}
