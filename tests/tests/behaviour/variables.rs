//! Directives and variables: literal, given, defaulted, null, absent.

use serde_json::{Value, json};
use tests::{both_databases, service::Service};

use crate::fixture;

both_databases! {
    async fn directives_include_and_skip(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let document = "query($c: String!, $yes: Boolean!, $no: Boolean!, $on: Boolean = true, $off: Boolean = false) {
            household(code: $c) @include(if: $on) {
                a1: code @include(if: true) a2: code @include(if: false) a3: code @skip(if: true) a4: code @skip(if: false)
                b1: code @include(if: $yes) b2: code @include(if: $no) b3: code @skip(if: $yes) b4: code @skip(if: $no)
                c1: code @include(if: $on) c2: code @include(if: $off) c3: code @skip(if: $on) c4: code @skip(if: $off)
                d1: code @include(if: true) @skip(if: true) d2: code @include(if: $yes) @skip(if: $no)
                ... @include(if: $off) { e1: code } ... @skip(if: $off) { e2: code }
                ...F @include(if: $no) ...G @skip(if: $no)
                members @include(if: $off) { id } kept: members @skip(if: $off) { sex @include(if: $on) id @skip(if: $on) } }
            gone: household(code: $c) @skip(if: $yes) { code } }
            fragment F on Household { f: code } fragment G on Household { g: code }";
        let variables = |more: Value| {
            let mut all = json!({ "c": register.here.code, "yes": true, "no": false });
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all
        };
        let keys = |data: &Value| data.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let (answer, reads) = t.reads(reader.ask(document, variables(json!({})))).await;
        assert_eq!((reads, keys(answer.data())), (1, vec!["household".to_owned()]));
        assert_eq!(keys(&answer.data()["household"]), ["a1", "a4", "b1", "b4", "c1", "c4", "d2", "e2", "g", "kept"]);
        assert_eq!(answer.data()["household"]["kept"], json!([{ "sex": "MALE" }, { "sex": "FEMALE" }]));
        let (answer, reads) = t.reads(reader.ask(document, variables(json!({ "on": false, "yes": false })))).await;
        assert_eq!((reads, keys(answer.data())), (1, vec!["gone".to_owned()]));
        let turned = reader.ask(document, variables(json!({ "off": true, "no": true }))).await;
        assert_eq!(keys(&turned.data()["household"]), ["a1", "a4", "b1", "b2", "c1", "c2", "e1", "f", "members"]);
        let nothing = reader.query("{ household(code: \"x\") @skip(if: true) { code } }").await;
        assert_eq!(*nothing.data(), json!({}));
    }

    async fn a_document_that_was_valid_is_checked_anew_for_other_values(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let document = "query A($c: String!, $n: [ID!]!, $first: Int = 1, $with: Boolean) {
            household(code: $c) { code @include(if: $with) loans(first: $first) { totalCount } }
            nodes(ids: $n) { id } }
            query B($c: Int!) { household(code: $c) { code } }";
        let code = &register.here.code;
        let good = json!({ "c": code, "n": [register.here.id], "with": true });
        let with = |name: &str, value: Value| {
            let mut all = good.clone();
            all[name] = value;
            all
        };
        let mut cases = vec![("A", good.clone()), ("A", json!({ "c": code })), ("A", json!({})), ("B", json!({ "c": 1 })), ("C", good.clone())];
        for name in ["c", "n", "first", "with"] {
            for value in [json!(null), json!("x"), json!(""), json!(1), json!(-1), json!(2.5), json!(1e300), json!(4_000_000_000_u64), json!(true),
                json!([]), json!(["x"]), json!(["x", null]), json!(["x", 1]), json!([1]), json!([["x"]]), json!({ "x": 1 })] {
                cases.push(("A", with(name, value)));
            }
        }
        let asked = async |document: &str, (operation, variables): &(&str, Value)| {
            let body = json!({ "query": document, "operationName": operation, "variables": variables });
            let answer = reader.send(&body).await;
            (answer.status, answer.body["data"].clone(), answer.errors().to_vec())
        };
        // In turn with the good ones, so that each form was valid before; beside each a document that nobody has sent.
        for (number, case) in cases.iter().enumerate() {
            assert!(asked(document, &cases[0]).await.2.is_empty());
            let fresh = asked(&format!("{document} # {number}"), case).await;
            assert_eq!(asked(document, case).await, fresh, "{case:?}");
            assert_eq!(asked(document, case).await, fresh, "{case:?} once more");
        }
    }

    async fn a_text_within_an_object_for_a_list_is_checked_each_time(t: &Service) {
        let register = fixture::register(t).await;
        let bank = t.as_role("bank_officer").await;
        let document = "mutation($on: String!) { recordRepayments(input: { idempotencyKey: \"k\", items: { contractNumber: \"x\",
            principal: 1, interest: 0, reference: \"r\", occurredOn: $on } }) { results { status } } }";
        let asked = async |document: &str, on: Value| {
            let answer = bank.ask(document, json!({ "on": on })).await;
            (answer.status, answer.body["data"].clone(), answer.errors().to_vec())
        };
        asked(document, json!("2026-01-01")).await;
        for (number, on) in [json!("NONSENSE"), json!("2026-02-31"), json!(""), json!(5)].into_iter().enumerate() {
            let fresh = asked(&format!("{document} # {number}"), on.clone()).await;
            assert_eq!(asked(document, on.clone()).await, fresh, "{on}");
        }
        drop(register);
    }

    async fn variables_absent_null_and_defaulted(t: &Service) {
        fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let document = "query($first: Int = 2, $filter: HouseholdFilter, $by: HouseholdOrder = { field: CODE, direction: DESC },
            $unit: UnitRef, $search: String) {
            one: households(first: $first, filter: $filter, orderBy: $by) { nodes { code } }
            two: households(first: 5, filter: { unit: $unit, search: $search }) { totalCount } }";
        let run = async |variables: Value| reader.ask(document, variables).await.data().clone();
        let [near, here, far] = ["28756-000001", "28757-000002", "28804-000003"].map(|code| json!({ "code": code }));
        assert_eq!(run(json!({})).await, json!({ "one": { "nodes": [far, here] }, "two": { "totalCount": 3 } }));
        assert_eq!(run(json!({ "filter": null, "unit": null, "search": null, "by": null })).await,
            json!({ "one": { "nodes": [near, here] }, "two": { "totalCount": 3 } }));
        assert_eq!(run(json!({ "first": 1, "by": { "field": "CODE" }, "unit": { "code": "831" } })).await,
            json!({ "one": { "nodes": [near] }, "two": { "totalCount": 1 } }));
        assert_eq!(run(json!({ "filter": { "unit": { "code": "829" } }, "search": "so 2" })).await,
            json!({ "one": { "nodes": [here, near] }, "two": { "totalCount": 1 } }));
        let refused = reader.ask(document, json!({ "first": null })).await;
        refused.refused("BAD_USER_INPUT", "first");
    }

    async fn an_absent_variable_leaves_a_field_and_null_empties_it(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", fixture::HERE).await;
        let update = "mutation($id: ID!, $version: Int!, $address: String, $add: [HouseholdCategory!]) {
            updateHousehold(input: { id: $id, expectedVersion: $version, address: $address, addCategories: $add }) {
                applied household { address version categories } } }";
        let run = async |version: i32, more: Value| {
            let mut all = json!({ "id": register.here.id, "version": version });
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            officer.ask(update, all).await.data()["updateHousehold"].clone()
        };
        let absent = run(1, json!({ "add": ["NO_LABOUR"] })).await;
        assert_eq!(absent, json!({ "applied": ["categories"], "household":
            { "address": "12 Ấp 3", "version": 2, "categories": ["MERIT", "NO_LABOUR", "CLIMATE_AFFECTED"] } }));
        let given = run(2, json!({ "address": "7 Ấp 1" })).await;
        assert_eq!((&given["applied"], &given["household"]["address"]), (&json!(["address"]), &json!("7 Ấp 1")));
        let null = run(3, json!({ "address": null })).await;
        assert_eq!((&null["applied"], &null["household"]["address"]), (&json!(["address"]), &json!(null)));
        let nothing = run(4, json!({})).await;
        assert_eq!((&nothing["applied"], &nothing["household"]["version"]), (&json!([]), &json!(4)));
    }

    async fn a_whole_input_in_one_variable_means_the_same(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", fixture::HERE).await;
        let update = "mutation($input: UpdateHouseholdInput!) { updateHousehold(input: $input) { applied household { address } } }";
        let run = async |input: Value| officer.ask(update, json!({ "input": input })).await.data()["updateHousehold"].clone();
        let absent = run(json!({ "id": register.here.id, "expectedVersion": 1, "addCategories": ["NO_LABOUR"] })).await;
        assert_eq!(absent, json!({ "applied": ["categories"], "household": { "address": "12 Ấp 3" } }));
        let null = run(json!({ "id": register.here.id, "expectedVersion": 2, "address": null })).await;
        assert_eq!(null, json!({ "applied": ["address"], "household": { "address": null } }));
    }

    async fn arguments_of_nested_fields_take_variables(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let document = "query($c: String!, $n: Int, $on: Date, $kinds: [InsuranceKind!], $from: Date, $status: LoanStatus = ACTIVE) {
            household(code: $c) { members { insurance(on: $on, kinds: $kinds) { kind } }
                loans(first: 1, filter: { statuses: [$status] }) { totalCount nodes { accruedInterest(on: $on) transactions(first: $n) { nodes { kind } } } }
                timeline(first: 9, from: $from) { totalCount } } }";
        let run = async |more: Value| {
            let mut all = json!({ "c": register.here.code, "n": 2 });
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            reader.ask(document, all).await.data()["household"].clone()
        };
        let plain = run(json!({})).await;
        assert_eq!(plain["members"], json!([{ "insurance": [{ "kind": "HEALTH" }] }, { "insurance": [{ "kind": "HEALTH" }] }]));
        assert_eq!((&plain["loans"]["totalCount"], &plain["timeline"]["totalCount"]), (&json!(1), &json!(6)));
        assert_eq!(plain["loans"]["nodes"][0]["transactions"]["nodes"].as_array().unwrap().len(), 2);
        let given = run(json!({ "on": "2025-12-31", "kinds": ["HEALTH"], "from": "2026-04-01", "status": "REPAID", "n": 1 })).await;
        assert_eq!(given["members"], json!([{ "insurance": [] }, { "insurance": [] }]));
        assert_eq!((&given["loans"]["totalCount"], &given["timeline"]["totalCount"]), (&json!(0), &json!(3)));
    }
}
