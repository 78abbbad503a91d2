//! A scope sees exactly its own rows, by every path; a row out of it answers as one that does not exist.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use crate::{
    fixture::{self, DISTRICT_FAR, DISTRICT_HERE, FAR, HERE, NEAR},
    policy,
    walk::{self, Schema, global_id},
};

/// A commune without households.
const EMPTY: &str = "28759";

/// Scopes, and the communes of the fixture that lie in each.
const SCOPES: &[(&str, &[&str])] =
    &[(HERE, &[HERE]), (DISTRICT_HERE, &[NEAR, HERE]), (DISTRICT_FAR, &[FAR]), (EMPTY, &[])];

async fn reader_in(t: &Service, scope: &str) -> Caller {
    t.as_roles_in(&["dolisa_officer", "auditor"], "DOLISA", scope).await
}

/// Every `id` of an answer.
fn ids(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| ids(item, found)),
        Value::Object(fields) => {
            found.extend(fields.get("id").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| ids(value, found));
        }
        _ => {}
    }
}

/// The records of one type that a scope holds.
fn within<'o>(owners: &'o BTreeMap<String, String>, ty: &str, communes: &[&str]) -> BTreeSet<&'o str> {
    let of_type = |id: &str| ansinh::schema::global_id::decode(id).is_some_and(|(found, _)| found == ty);
    let held = owners.iter().filter(|(id, commune)| of_type(id) && communes.contains(&commune.as_str()));
    held.map(|(id, _)| id.as_str()).collect()
}

both_databases! {
    async fn nothing_of_another_commune_is_seen_by_any_path(t: &Service) {
        let register = fixture::register(t).await;
        let owners = policy::owners(t).await;
        let schema = Schema::ask(&fixture::reader(t).await).await;
        let nodes = walk::a_node_of_each(t).await;
        for (scope, communes) in SCOPES {
            let caller = reader_in(t, scope).await;
            let mut seen = BTreeSet::new();
            for home in register.homes() {
                for (name, root) in schema.roots(home, &owners.keys().cloned().collect::<Vec<_>>(), 2) {
                    let answer = caller.query(&format!("{{ {root} }}")).await;
                    answer.data();
                    ids(&answer.body, &mut seen);
                    for hidden in register.homes().iter().filter(|home| !communes.contains(&home.commune)) {
                        let tail = &hidden.code[5..];
                        assert!(!answer.text.contains(tail), "{name} in {scope} shows {tail}: {}", answer.text);
                    }
                }
            }
            for (ty, id) in &nodes {
                let document = format!("query($id: ID!) {{ node(id: $id) {{ ... on {ty} {} }} }}", schema.select(ty, 2));
                ids(&caller.ask(&document, json!({ "id": id })).await.body, &mut seen);
            }
            let known: BTreeSet<_> = owners.keys().filter(|id| seen.contains(*id)).collect();
            let own: BTreeSet<_> = owners.iter().filter(|(_, commune)| communes.contains(&commune.as_str())).map(|(id, _)| id).collect();
            assert_eq!(known, own, "{scope} sees what is its own, all of it");
        }
    }

    async fn a_row_out_of_scope_answers_as_one_that_does_not_exist(t: &Service) {
        let register = fixture::register(t).await;
        let owners = policy::owners(t).await;
        for (scope, communes) in SCOPES {
            let caller = reader_in(t, scope).await;
            let document = "query($id: ID!) { node(id: $id) { __typename id } }";
            for (id, commune) in &owners {
                let (ty, _) = ansinh::schema::global_id::decode(id).unwrap();
                let missing = global_id(&ty, if ty == "MoneyEvent" { "LT999999" } else { "999999" });
                let answer = caller.ask(document, json!({ "id": id })).await;
                if communes.contains(&commune.as_str()) {
                    assert_eq!(answer.data()["node"], json!({ "__typename": ty, "id": id }));
                } else {
                    let missing = caller.ask(document, json!({ "id": missing })).await;
                    assert_eq!((answer.status, &answer.text), (missing.status, &missing.text), "{ty} in {scope}");
                }
            }
            for home in register.homes().iter().filter(|home| !communes.contains(&home.commune)) {
                for (document, hidden, missing) in [
                    ("query($x: String!) { household(code: $x) { id } }", &home.code, "28757-999999"),
                    ("query($x: String!) { household(code: $x, on: \"2026-12-01\") { id } }", &home.code, "28757-999999"),
                    ("query($x: String!) { loan(contractNumber: $x) { id } }", &home.contract_number, "HD-28757-999999"),
                    ("query($x: String!) { modelProject(code: $x) { id } }", &home.project_code, "MH-28757-999999"),
                ] {
                    let hidden = caller.ask(document, json!({ "x": hidden })).await;
                    let missing = caller.ask(document, json!({ "x": missing })).await;
                    assert_eq!((hidden.status, &hidden.text), (missing.status, &missing.text), "{document} in {scope}");
                }
            }
        }
    }

    async fn lists_and_counts_hold_the_scope_and_nothing_else(t: &Service) {
        fixture::register(t).await;
        let owners = policy::owners(t).await;
        for (scope, communes) in SCOPES {
            let caller = reader_in(t, scope).await;
            for (root, ty) in [
                ("households", "Household"), ("persons", "Person"), ("benefits", "Benefit"), ("loans", "Loan"), ("modelProjects", "ModelProject"),
            ] {
                let own = within(&owners, ty, communes);
                let answer = caller.query(&format!("{{ {root}(first: 100) {{ totalCount nodes {{ id }} pageInfo {{ hasNextPage }} }} }}")).await;
                let page = &answer.data()[root];
                let found: BTreeSet<_> = page["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
                assert_eq!((found, page["totalCount"].as_u64()), (own.clone(), Some(own.len() as u64)), "{root} in {scope}");
                // A filter on another unit finds nothing there, rather than an error that tells of it.
                for other in [HERE, NEAR, FAR].iter().filter(|other| !communes.contains(other)) {
                    if ty == "Person" || ty == "Household" || ty == "Loan" {
                        let document = format!("{{ {root}(first: 5, filter: {{ unit: {{ code: \"{other}\" }} }}) {{ totalCount }} }}");
                        assert_eq!(caller.query(&document).await.data()[root]["totalCount"], 0, "{root} of {other} in {scope}");
                    }
                }
            }
            let answer = caller.query("{ statistics(groupBy: COMMUNE) { unit { code } households persons loansOutstanding } }").await;
            let rows = answer.data()["statistics"].as_array().unwrap();
            let counted: Vec<_> = rows.iter().filter(|row| row["households"] != 0).map(|row| row["unit"]["code"].as_str().unwrap()).collect();
            let mut expected = communes.to_vec();
            expected.sort_unstable();
            assert_eq!(counted, expected, "statistics in {scope}");
        }
    }

    async fn a_number_is_found_in_scope_only(t: &Service) {
        let register = fixture::register(t).await;
        let numbers = register.homes().map(|home| home.national_id.clone());
        for (scope, role, communes) in [(HERE, "commune_officer", &[HERE][..]), (DISTRICT_HERE, "district_officer", &[NEAR, HERE])] {
            let caller = t.as_role_in(role, scope).await;
            let document = "query($n: [String!]!) { personsByNationalId(nationalIds: $n) { persons { household { commune { code } } } } }";
            let answer = caller.ask(document, json!({ "n": numbers })).await;
            for (home, found) in register.homes().iter().zip(answer.data()["personsByNationalId"].as_array().unwrap()) {
                let expected = communes.contains(&home.commune);
                assert_eq!(found["persons"].as_array().unwrap().len(), usize::from(expected), "{} in {scope}", home.code);
                let one = caller.ask("query($n: String!) { person(nationalId: $n) { nationalId } }", json!({ "n": home.national_id })).await;
                assert_eq!(one.data()["person"].is_null(), !expected);
            }
        }
    }

    async fn a_write_out_of_scope_answers_as_one_to_nothing(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let update = "mutation($id: ID!) { updateHousehold(input: { id: $id, expectedVersion: 1, address: \"x\" }) { applied } }";
        let hidden = officer.ask(update, json!({ "id": register.far.id })).await;
        let missing = officer.ask(update, json!({ "id": global_id("Household", "999999") })).await;
        assert_eq!((hidden.status, &hidden.text), (missing.status, &missing.text));
        hidden.refused("NOT_FOUND", "input.id");
    }

    async fn a_project_of_no_commune_is_seen_everywhere_its_households_are_not(t: &Service) {
        let register = fixture::register(t).await;
        t.sql(&format!("UPDATE model_project SET commune_id = NULL, district_id = NULL WHERE code = '{}'", register.far.project_code)).await;
        let caller = reader_in(t, HERE).await;
        let document = "query($code: String!) { modelProject(code: $code) { code participants(first: 5) { totalCount nodes { id } } } }";
        let answer = caller.ask(document, json!({ "code": register.far.project_code })).await;
        assert_eq!(answer.data()["modelProject"], json!({ "code": register.far.project_code, "participants": { "totalCount": 0, "nodes": [] } }));
    }

    async fn a_project_is_seen_by_who_sees_a_household_in_it(t: &Service) {
        let register = fixture::register(t).await;
        // A household takes part in the project of another commune, as after a move.
        t.sql(&format!("UPDATE model_participation SET project_id = (SELECT id FROM model_project WHERE code = '{}')
            WHERE household_id = {}", register.far.project_code, register.here.key)).await;
        let caller = reader_in(t, HERE).await;
        let document = "query($code: String!, $project: String!) {
            household(code: $code) { participations { project { code participants(first: 9) { totalCount nodes { household { code } } } } } }
            modelProject(code: $project) { code } modelProjects(first: 9) { totalCount } }";
        let answer = caller.ask(document, json!({ "code": register.here.code, "project": register.far.project_code })).await;
        let participants = json!({ "totalCount": 1, "nodes": [{ "household": { "code": register.here.code } }] });
        assert_eq!(*answer.data(), json!({
            "household": { "participations": [{ "project": { "code": register.far.project_code, "participants": participants } }] },
            "modelProject": { "code": register.far.project_code },
            "modelProjects": { "totalCount": 2 },
        }));
    }
}
