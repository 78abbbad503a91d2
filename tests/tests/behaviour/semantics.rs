//! Documents mean what GraphQL's specification says they mean.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{both_databases, service::Service};

use crate::fixture;

both_databases! {
    async fn keys_come_in_the_order_of_the_query(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let document = "query($c: String!) { z: __typename loan(contractNumber: \"none\") { id } household(code: $c) {
            version ...Late code a: address members { sex id fullName } id commune { name code } address
        } agencies { code } a: program(code: \"HOUSING_MERIT\") { unit code } } fragment Late on Household { areaKind code }";
        let answer = reader.ask(document, json!({ "c": register.here.code })).await;
        answer.data();
        let keys = ["\"z\"", "\"loan\"", "\"household\"", "\"version\"", "\"areaKind\"", "\"code\"", "\"a\"", "\"members\"", "\"sex\"",
            "\"id\"", "\"fullName\"", "\"commune\"", "\"name\"", "\"address\"", "\"agencies\"", "\"unit\""];
        let places: Vec<_> = keys.iter().map(|key| answer.text.find(key).unwrap_or_else(|| panic!("{key}"))).collect();
        assert!(places.is_sorted(), "{places:?} {}", answer.text);
    }

    async fn one_field_under_several_names_with_several_arguments(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let document = "query($here: String!, $far: String!) {
            one: household(code: $here) { code active: loans(first: 5, filter: { statuses: [ACTIVE] }) { totalCount }
                repaid: loans(first: 5, filter: { statuses: [REPAID] }) { totalCount nodes { id } }
                members { then: insurance(on: \"2026-06-01\") { kind } later: insurance(on: \"2027-01-01\") { kind }
                    social: insurance(kinds: [SOCIAL_VOLUNTARY]) { kind } } }
            two: household(code: $far) { code } }";
        let answer = reader.ask(document, json!({ "here": register.here.code, "far": register.far.code })).await;
        let member = json!({ "then": [{ "kind": "HEALTH" }], "later": [], "social": [] });
        assert_eq!(*answer.data(), json!({
            "one": { "code": register.here.code, "active": { "totalCount": 1 }, "repaid": { "totalCount": 0, "nodes": [] },
                "members": [member, member] },
            "two": { "code": register.far.code },
        }));
    }

    async fn fragments_apply_by_their_type(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let document = "query($ids: [ID!]!, $id: ID!) {
            nodes(ids: $ids) { __typename ...Any ... on Node { again: id } ... on Household { code } ... on Agency { code name }
                ... { ... on Household { version } } }
            node(id: $id) { ... on Loan { contractNumber } ... on Household { ...Home } } }
            fragment Any on Node { id ... on Agency { nameEn } }
            fragment Home on Household { members { ...Who } ... on Node { id } }
            fragment Who on Person { sex ... on Household { code } }";
        let agency = crate::walk::global_id("Agency", "1");
        let broken = reader.ask(document, json!({ "ids": [], "id": register.here.id })).await;
        assert_eq!(broken.status, 400, "a person is never a household");
        let document = document.replace("sex ... on Household { code }", "sex ... on Person { sex }");
        let answer = reader.ask(&document, json!({ "ids": [register.here.id, agency], "id": register.here.id })).await;
        let names = ["name", "nameEn", "code"].map(|field| answer.data()["nodes"][1][field].clone());
        assert_eq!(*answer.data(), json!({
            "nodes": [
                { "__typename": "Household", "id": register.here.id, "again": register.here.id, "code": register.here.code, "version": 1 },
                { "__typename": "Agency", "id": agency, "again": agency, "name": names[0], "nameEn": names[1], "code": names[2] },
            ],
            "node": { "members": [{ "sex": "MALE" }, { "sex": "FEMALE" }], "id": register.here.id },
        }));
        assert!(names.iter().all(Value::is_string));
    }

    async fn a_root_field_written_twice_is_one(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let document = "query($c: String!) { household(code: $c) { code members { sex } } ...More
            ... on Query { household(code: $c) { members { id } version } } }
            fragment More on Query { household(code: $c) { address loans(first: 1) { totalCount } loans(first: 1) { nodes { status } } } }";
        let (answer, reads) = t.reads(reader.ask(document, json!({ "c": register.here.code }))).await;
        assert_eq!(reads, 1);
        let ids: Vec<_> = answer.data()["household"]["members"].as_array().unwrap().iter().map(|who| who["id"].clone()).collect();
        assert_eq!(*answer.data(), json!({ "household": {
            "code": register.here.code, "members": [{ "sex": "MALE", "id": ids[0] }, { "sex": "FEMALE", "id": ids[1] }],
            "address": "12 Ấp 3", "loans": { "totalCount": 1, "nodes": [{ "status": "ACTIVE" }] }, "version": 1,
        } }));
        let conflicting = "{ household(code: \"a\") { code } household(code: \"b\") { code } }";
        assert_eq!(reader.query(conflicting).await.status, 400);
    }

    async fn typename_stands_at_every_level(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let document = "query($c: String!) { __typename household(code: $c) { __typename loans(first: 1) { t: __typename edges {
            __typename node { __typename funding { __typename } schedule { __typename number } } } pageInfo { __typename } }
            timeline(first: 1) { nodes { subject { __typename } } } } viewer { __typename } }";
        let answer = reader.ask(document, json!({ "c": register.here.code })).await;
        let household = &answer.data()["household"];
        let loans = &household["loans"];
        let node = &loans["edges"][0]["node"];
        let found = [&answer.data()["__typename"], &household["__typename"], &loans["t"], &loans["edges"][0]["__typename"],
            &node["__typename"], &node["funding"][0]["__typename"], &node["schedule"][0]["__typename"],
            &loans["pageInfo"]["__typename"], &household["timeline"]["nodes"][0]["subject"]["__typename"], &answer.data()["viewer"]["__typename"]];
        assert_eq!(json!(found), json!(["Query", "Household", "LoanConnection", "LoanEdge", "Loan", "FundingShare", "Instalment",
            "PageInfo", "Loan", "Viewer"]));
    }

    async fn many_aliases_fit_in_one_object(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let fields: Vec<_> = (0..250).map(|n| format!("c{n}: code m{n}: members {{ a{n}: sex }}")).collect();
        let document = format!("query($c: String!) {{ household(code: $c) {{ {} }} }}", fields.join(" "));
        let (answer, reads) = t.reads(reader.ask(&document, json!({ "c": register.here.code }))).await;
        assert_eq!(reads, 1);
        let household = answer.data()["household"].as_object().unwrap();
        assert_eq!(household.len(), 500);
        for n in 0..250 {
            assert_eq!(household[&format!("c{n}")], register.here.code);
            assert_eq!(household[&format!("m{n}")], json!([{ format!("a{n}"): "MALE" }, { format!("a{n}"): "FEMALE" }]));
        }
    }

    async fn the_operation_is_chosen_by_name(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        // One variable, nullable in one operation and needed in the other; a fragment that only the other spreads.
        let document = "query One($code: String, $day: Date) { households(first: 1, filter: { search: $code }) { totalCount }
            loanProducts(on: $day) { code } }
            query Other($code: String!) { ...Home } fragment Home on Query { household(code: $code) { code } }";
        let run = async |name: Value, variables: Value| {
            reader.send(&json!({ "query": document, "operationName": name, "variables": variables })).await
        };
        let one = run(json!("One"), json!({})).await;
        assert_eq!(one.data()["households"]["totalCount"], 3);
        let other = run(json!("Other"), json!({ "code": register.far.code })).await;
        assert_eq!(*other.data(), json!({ "household": { "code": register.far.code } }));
        for name in [json!("Third"), json!(null)] {
            let refused = run(name, json!({})).await;
            assert_eq!((refused.status, refused.code(0)), (400, "BAD_USER_INPUT"));
        }
    }

    async fn documents_beyond_the_limits_are_refused_at_once(t: &Service) {
        let reader = fixture::reader(t).await;
        let deep = |levels: usize| {
            let (open, close) = ("parent { ".repeat(levels), " }".repeat(levels));
            format!("{{ adminUnits(level: PROVINCE) {{ {open} code {close} }} }}")
        };
        reader.query(&deep(14)).await.data();
        let wide = |fields: usize| {
            let fields: Vec<_> = (0..fields).map(|n| format!("f{n}: code")).collect();
            format!("{{ adminUnits(level: PROVINCE) {{ {} }} }}", fields.join(" "))
        };
        reader.query(&wide(1_999)).await.data();
        let long = |roots: usize| {
            let roots: Vec<_> = (0..roots).map(|n| format!("r{n}: viewer {{ client }}")).collect();
            format!("{{ {} }}", roots.join(" "))
        };
        reader.query(&long(30)).await.data();
        let bomb: Vec<_> = (0..40).map(|n| format!("fragment F{n} on AdminUnit {{ a: parent {{ ...F{0} }} b: parent {{ ...F{0} }} }}", n + 1)).collect();
        let bomb = format!("{{ adminUnits {{ ...F0 }} }} {} fragment F40 on AdminUnit {{ code }}", bomb.join(" "));
        let flat: Vec<_> = (0..40).map(|n| format!("fragment F{n} on AdminUnit {{ ...F{0} ...F{0} }}", n + 1)).collect();
        let flat = format!("{{ adminUnits {{ ...F0 }} }} {} fragment F40 on AdminUnit {{ code name }}", flat.join(" "));
        let circle = "{ adminUnits { ...A } } fragment A on AdminUnit { parent { ...B } } fragment B on AdminUnit { parent { ...A } }";
        for document in [deep(15), deep(2_000), wide(2_001), long(31), bomb, flat, circle.to_owned()] {
            let begun = Instant::now();
            let answer = reader.query(&document).await;
            assert!(begun.elapsed() < Duration::from_secs(2), "took {:?}", begun.elapsed());
            let name: String = document.chars().take(60).collect();
            assert_eq!((answer.status, answer.body.get("data")), (400, None), "{name}: {}", answer.body);
            answer.refused("LIMIT_EXCEEDED", "");
        }
    }

    async fn lists_inside_each_other_are_bounded_together(t: &Service) {
        fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let nested = |loans: usize| {
            format!("{{ households(first: 1000) {{ nodes {{ loans(first: {loans}) {{ nodes {{ transactions(first: 10) {{ totalCount nodes {{ id }} }} }} }} }} }} }}")
        };
        reader.query(&nested(10)).await.data();
        let answer = reader.query(&nested(1_000)).await;
        answer.refused("LIMIT_EXCEEDED", "");
        assert_eq!((answer.status, answer.body.get("data")), (400, None));
    }
}
