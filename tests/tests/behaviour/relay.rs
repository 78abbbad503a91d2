//! Global ids and connections, as Relay's specification says.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use crate::{fixture, walk};

const PAGE: &str = "query($by: HouseholdOrder, $first: Int, $after: String, $last: Int, $before: String) {
    households(orderBy: $by, first: $first, after: $after, last: $last, before: $before) {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { code } } nodes { code } } }";

fn codes(page: &Value) -> Vec<String> {
    page["nodes"].as_array().unwrap().iter().map(|node| node["code"].as_str().unwrap().to_owned()).collect()
}

async fn page(caller: &Caller, variables: Value) -> Value {
    caller.ask(PAGE, variables).await.data()["households"].clone()
}

/// Eleven households, written at instants of which some are the same.
async fn eleven(t: &Service) {
    for number in 1..=11 {
        add(t, number, i64::from(number) / 3).await;
    }
}

async fn add(t: &Service, number: u32, updated_at: i64) {
    t.sql(&format!(
        "INSERT INTO household (code, commune_id, district_id, area_kind, search_text, registered_on, history_from, version,
            created_at, updated_at) SELECT 'H{number:02}', id, parent_id, area_kind, 'h{number:02}', '2022-01-01', '2022-01-01', 1, 0,
            {updated_at} FROM admin_unit WHERE code = '28757' AND valid_to = '2025-06-30'"
    ))
    .await;
}

/// Walks all pages in one direction while households are added at every step; what was there before must come once.
async fn walk_while_adding(t: &Service, caller: &Caller, by: Value, forward: bool) {
    let whole = codes(&page(caller, json!({ "by": by, "first": 100 })).await);
    let (mut seen, mut cursor, mut number) = (Vec::new(), Value::Null, 0);
    loop {
        let variables = if forward {
            json!({ "by": by, "first": 3, "after": cursor })
        } else {
            json!({ "by": by, "last": 3, "before": cursor })
        };
        let page = page(caller, variables).await;
        let found = codes(&page);
        seen.extend(if forward { found } else { found.into_iter().rev().collect() });
        let (more, next) = if forward { ("hasNextPage", "endCursor") } else { ("hasPreviousPage", "startCursor") };
        if page["pageInfo"][more] == false {
            break;
        }
        cursor = page["pageInfo"][next].clone();
        number += 1;
        // Before and after the place where the walk is, in either order.
        let (low, high) = (50 + number, 70 + number);
        add(t, low, -1).await;
        add(t, high, i64::MAX / 2).await;
        t.sql(&format!("UPDATE household SET code = '0{low}' WHERE code = 'H{low}'")).await;
    }
    let distinct: BTreeSet<_> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len(), "nothing comes twice: {seen:?}");
    let old: Vec<_> = seen.iter().filter(|code| whole.contains(code)).cloned().collect();
    let expected: Vec<_> = if forward { whole } else { whole.into_iter().rev().collect() };
    assert_eq!(old, expected, "nothing is skipped");
    t.sql("DELETE FROM household WHERE updated_at < 0 OR updated_at > 1000").await;
}

both_databases! {
    async fn every_record_is_found_by_its_global_id(t: &Service) {
        fixture::register(t).await;
        let reader = fixture::reader(t).await;
        for (ty, id) in walk::a_node_of_each(t).await {
            let answer = reader.ask("query($id: ID!) { node(id: $id) { id __typename } }", json!({ "id": id })).await;
            assert_eq!(answer.data()["node"], json!({ "id": id, "__typename": ty }));
        }
    }

    async fn a_page_says_where_it_stands(t: &Service) {
        eleven(t).await;
        let reader = fixture::reader(t).await;
        let first = page(&reader, json!({ "first": 4 })).await;
        assert_eq!(codes(&first), ["H01", "H02", "H03", "H04"]);
        assert_eq!(first["totalCount"], 11);
        let edges = first["edges"].as_array().unwrap();
        let info = |page: &Value| (page["pageInfo"]["hasPreviousPage"].clone(), page["pageInfo"]["hasNextPage"].clone());
        assert_eq!(info(&first), (json!(false), json!(true)));
        assert_eq!(first["pageInfo"]["startCursor"], edges[0]["cursor"]);
        assert_eq!(first["pageInfo"]["endCursor"], edges[3]["cursor"]);
        assert_eq!(edges.iter().map(|edge| &edge["node"]).collect::<Vec<_>>(), first["nodes"].as_array().unwrap().iter().collect::<Vec<_>>());

        let middle = page(&reader, json!({ "first": 4, "after": edges[3]["cursor"] })).await;
        assert_eq!(codes(&middle), ["H05", "H06", "H07", "H08"]);
        assert_eq!((middle["totalCount"].clone(), middle["pageInfo"]["hasNextPage"].clone()), (json!(11), json!(true)));
        let last = page(&reader, json!({ "first": 4, "after": middle["pageInfo"]["endCursor"] })).await;
        assert_eq!((codes(&last), last["pageInfo"]["hasNextPage"].clone()), (["H09", "H10", "H11"].map(String::from).into(), json!(false)));
        let end = page(&reader, json!({ "last": 2 })).await;
        assert_eq!((codes(&end), info(&end)), (["H10", "H11"].map(String::from).into(), (json!(true), json!(false))));
        let between = page(&reader, json!({ "last": 2, "before": middle["pageInfo"]["endCursor"], "after": edges[0]["cursor"] })).await;
        assert_eq!(codes(&between), ["H06", "H07"]);
        let none = page(&reader, json!({ "first": 0 })).await;
        assert_eq!((codes(&none).len(), none["totalCount"].clone(), none["pageInfo"]["startCursor"].clone()), (0, json!(11), json!(null)));
        let past = page(&reader, json!({ "first": 3, "after": end["pageInfo"]["endCursor"] })).await;
        assert_eq!((codes(&past).len(), past["pageInfo"]["endCursor"].clone()), (0, json!(null)));
    }

    async fn pages_stay_valid_while_records_are_added(t: &Service) {
        eleven(t).await;
        let reader = fixture::reader(t).await;
        for field in ["CODE", "UPDATED_AT"] {
            for direction in ["ASC", "DESC"] {
                for forward in [true, false] {
                    let by = json!({ "field": field, "direction": direction });
                    walk_while_adding(t, &reader, by, forward).await;
                }
            }
        }
    }

    async fn the_order_is_the_one_asked_for(t: &Service) {
        eleven(t).await;
        let reader = fixture::reader(t).await;
        let ascending = codes(&page(&reader, json!({ "by": { "field": "UPDATED_AT" }, "first": 20 })).await);
        let mut descending = codes(&page(&reader, json!({ "by": { "field": "UPDATED_AT", "direction": "DESC" }, "first": 20 })).await);
        descending.reverse();
        assert_eq!(ascending, descending, "records of one instant have an order too");
        assert_eq!(ascending[..2], ["H01", "H02"]);
        let default = codes(&page(&reader, json!({ "first": 20 })).await);
        assert_eq!(default, codes(&page(&reader, json!({ "by": { "field": "CODE", "direction": "ASC" }, "first": 20 })).await));
    }

    async fn pages_without_one_bound_or_with_a_strange_cursor_are_refused(t: &Service) {
        eleven(t).await;
        let reader = fixture::reader(t).await;
        let by_code = page(&reader, json!({ "first": 1 })).await["pageInfo"]["endCursor"].clone();
        let updated = json!({ "field": "UPDATED_AT" });
        let down = json!({ "field": "CODE", "direction": "DESC" });
        let forged = |text: &str| walk::base64(text);
        for (variables, field) in [
            (json!({}), "first"),
            (json!({ "first": 1, "last": 1 }), "last"),
            (json!({ "first": 1001 }), "first"),
            (json!({ "first": -1 }), "first"),
            (json!({ "last": 1001 }), "last"),
            (json!({ "last": -3 }), "last"),
            (json!({ "first": 1, "after": by_code, "by": updated }), "after"),
            (json!({ "first": 1, "after": by_code, "by": down }), "after"),
            (json!({ "first": 1, "after": "" }), "after"),
            (json!({ "first": 1, "after": "x" }), "after"),
            (json!({ "last": 1, "before": "~" }), "before"),
            (json!({ "first": 1, "after": forged("[\"code\",\"H01\",\"x\"]") }), "after"),
            (json!({ "first": 1, "after": forged("[\"code\",\"H\\u0000\",1]") }), "after"),
            (json!({ "first": 1, "after": forged("[\"code\",5,1]") }), "after"),
            (json!({ "first": 1, "after": forged("[\"code\",\"H01\",1.5]") }), "after"),
            (json!({ "first": 1, "after": forged("[\"code\"]") }), "after"),
        ] {
            let answer = reader.ask(PAGE, variables.clone()).await;
            assert_eq!(answer.status, 200, "{variables}");
            answer.refused("BAD_USER_INPUT", field);
            assert_eq!(answer.partial()["households"], json!(null));
        }
    }

    async fn a_page_within_each_parent(t: &Service) {
        fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let document = "query($after: String, $before: String) { households(first: 5) { nodes { loans(first: 1) { nodes {
            forward: transactions(first: 2, after: $after) { nodes { kind } totalCount pageInfo { hasNextPage endCursor } }
            backward: transactions(last: 1, before: $before) { nodes { kind } pageInfo { hasPreviousPage startCursor } }
        } } } } }";
        let answer = reader.query(document).await;
        let households = answer.data()["households"]["nodes"].as_array().unwrap();
        assert_eq!(households.len(), 3);
        for household in households {
            let loan = &household["loans"]["nodes"][0];
            assert_eq!(loan["forward"]["nodes"], json!([{ "kind": "DISBURSEMENT" }, { "kind": "PRINCIPAL_REPAYMENT" }]));
            assert_eq!((&loan["forward"]["totalCount"], &loan["forward"]["pageInfo"]["hasNextPage"]), (&json!(3), &json!(true)));
            assert_eq!(loan["backward"]["nodes"], json!([{ "kind": "INTEREST_PAYMENT" }]));
            assert_eq!(loan["backward"]["pageInfo"]["hasPreviousPage"], true);
        }
        let loan = &households[2]["loans"]["nodes"][0];
        let (after, before) = (&loan["forward"]["pageInfo"]["endCursor"], &loan["backward"]["pageInfo"]["startCursor"]);
        let answer = reader.ask(document, json!({ "after": after, "before": before })).await;
        let loan = &answer.data()["households"]["nodes"][2]["loans"]["nodes"][0];
        assert_eq!(loan["forward"]["nodes"], json!([{ "kind": "INTEREST_PAYMENT" }]));
        assert_eq!(loan["backward"]["nodes"], json!([{ "kind": "PRINCIPAL_REPAYMENT" }]));
    }

    async fn money_events_page_by_day_and_text_id(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let document = "query($code: String!, $after: String) { household(code: $code) {
            timeline(first: 1, after: $after) { nodes { id kind } pageInfo { hasNextPage endCursor } } } }";
        let (mut kinds, mut after) = (Vec::new(), Value::Null);
        loop {
            let answer = reader.ask(document, json!({ "code": register.here.code, "after": after })).await;
            let page = &answer.data()["household"]["timeline"];
            kinds.push(page["nodes"][0]["kind"].as_str().unwrap().to_owned());
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        let expected = ["LOAN_DISBURSEMENT", "BENEFIT", "MODEL_CAPITAL", "SPONSORSHIP", "LOAN_REPAYMENT", "LOAN_INTEREST"];
        assert_eq!(kinds, expected);
        let forged = walk::base64("[\"on\",\"2026-02-01\",7]");
        let answer = reader.ask(document, json!({ "code": register.here.code, "after": forged })).await;
        answer.refused("BAD_USER_INPUT", "after");
    }
}
