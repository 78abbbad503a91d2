//! Households of a class in a commune: the page, its order and its total, whichever of the two classes of a row is in force.

use std::sync::atomic::{AtomicBool, Ordering};

use ansinh::access::roles::BUILT_IN;
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use super::all_pages;
use crate::fixture::{self, FAR, HERE, NEAR};

const PAGE: &str = "query($filter: HouseholdFilter, $order: HouseholdOrder, $first: Int, $after: String, $last: Int, $before: String) {
    households(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { id code povertyClass } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

const CLASSES: [&str; 5] = ["POOR", "NEAR_POOR", "NEWLY_ESCAPED", "AVERAGE", "BETTER_OFF"];

/// Every class that is, with every one that is to come, before, on and after today; some of it of households that ended.
async fn every_kind(t: &Service) {
    fixture::register(t).await;
    let mut number = 0;
    for commune in [HERE, NEAR, FAR] {
        let unit = format!(
            "SELECT id, parent_id FROM admin_unit WHERE code = '{commune}' AND level = 'COMMUNE' AND valid_from IS NULL"
        );
        for class in [Some("POOR"), Some("NEAR_POOR"), Some("AVERAGE"), None] {
            for next in [
                None,
                Some(("POOR", "2026-11-20")),
                Some(("POOR", "2026-11-24")),
                Some(("AVERAGE", "2026-11-23")),
                Some(("NEAR_POOR", "2026-12-01")),
            ] {
                number += 1;
                let text = |text: Option<&str>| text.map_or("NULL".to_owned(), |text| format!("'{text}'"));
                let (class, to, on) = (text(class), text(next.map(|next| next.0)), text(next.map(|next| next.1)));
                let ended = text((number % 7 == 0).then_some("2026-11-01"));
                // Codes in another order than ids.
                t.sql(&format!(
                    "INSERT INTO household (code, commune_id, district_id, area_kind, search_text, poverty_class, next_class, next_class_on,
                        dissolved_on, registered_on, history_from, version, created_at, updated_at)
                     SELECT '{commune}-{:06}', id, parent_id, 'URBAN', '', {class}, {to}, {on}, {ended}, '2020-01-01', '2020-01-01', 1, 0, {}
                       FROM ({unit}) u", 1_000 - number * 7 % 61 * 10 - number % 10, 1_000_000 + number * 13 % 29
                ))
                .await;
            }
        }
    }
}

async fn pages(caller: &Caller, filter: &Value, order: &Value, size: u32, backward: bool) -> (Vec<Value>, Value) {
    all_pages(caller, ("households", PAGE), json!({ "filter": filter, "order": order }), size, backward).await
}

/// What the caller finds of each class in a unit is what it sees of that class without the filter.
async fn each_class(caller: &Caller, unit: &Value, order: &Value) -> usize {
    let (all, total) = pages(caller, &json!({ "unit": unit }), order, 1_000, false).await;
    assert_eq!(total, json!(all.len()));
    for class in CLASSES {
        let expected: Vec<_> = all.iter().filter(|home| home["povertyClass"] == class).cloned().collect();
        let filter = json!({ "unit": unit, "povertyClasses": [class] });
        for (size, backward) in [(3, false), (3, true), (1_000, false)] {
            let (found, total) = pages(caller, &filter, order, size, backward).await;
            assert_eq!(found, expected, "{} {class} in {unit} by {order}, {size}, {backward}", caller.name);
            assert_eq!(total, json!(expected.len()), "{} {class} in {unit}", caller.name);
        }
    }
    all.len()
}

both_databases! {
    async fn a_class_is_found_and_counted_for_everybody_on_every_day(t: &Service) {
        every_kind(t).await;
        let mut callers = Vec::new();
        for known in BUILT_IN {
            for scope in ["83", "829", HERE] {
                let caller = t.as_role_in(known.code, scope).await;
                if caller.ask(PAGE, json!({ "first": 1 })).await.body.get("errors").is_none() {
                    callers.push((caller, scope));
                }
            }
        }
        assert!(callers.len() > 9, "{}", callers.len());
        let (here, far) = (json!({ "code": HERE }), json!({ "code": FAR }));
        for day in ["2026-11-23", "2026-11-24", "2026-11-30", "2026-12-01"] {
            t.set_day(day);
            let mut seen = 0;
            for (caller, scope) in &callers {
                seen += each_class(caller, &here, &json!({ "field": "CODE" })).await;
                let elsewhere = each_class(caller, &far, &json!({ "field": "CODE" })).await;
                assert!(elsewhere == 0 || *scope == "83");
            }
            assert!(seen > callers.len(), "something is seen");
        }
        // The other orders, a district, all that the scope holds, and what is narrowed further.
        let officer = t.as_role("dolisa_officer").await;
        for order in [json!({ "field": "CODE", "direction": "DESC" }), json!({ "field": "UPDATED_AT" }), json!({ "field": "UPDATED_AT", "direction": "DESC" })] {
            for unit in [here.clone(), json!({ "code": "829" }), Value::Null] {
                assert!(each_class(&officer, &unit, &order).await > 20);
            }
        }
        let narrowed = json!({ "unit": here, "povertyClasses": ["POOR"], "hasOutstandingLoan": false, "updatedSince": "1970-01-01T00:00:00Z" });
        let (found, total) = pages(&officer, &narrowed, &Value::Null, 2, false).await;
        assert!(found.len() > 3 && total == json!(found.len()));
    }

    async fn a_total_is_of_the_moment_of_its_page(t: &Service) {
        every_kind(t).await;
        let (officer, bank) = (t.as_role_in("commune_officer", HERE).await, t.as_role("bank_officer").await);
        let done = AtomicBool::new(false);
        let commune = format!("(SELECT id FROM admin_unit WHERE code = '{HERE}' AND level = 'COMMUNE' AND valid_from IS NULL)");
        let writing = async {
            for n in 0..30 {
                let change = match n % 3 {
                    0 => "poverty_class = 'POOR', next_class = NULL, next_class_on = NULL",
                    1 => "next_class = 'POOR', next_class_on = '2026-11-23', poverty_class = 'AVERAGE'",
                    _ => "next_class = 'BETTER_OFF', next_class_on = '2026-11-22', poverty_class = 'POOR'",
                };
                t.sql(&format!("UPDATE household SET {change} WHERE commune_id = {commune} AND id % 4 = {}", n % 4)).await;
            }
            done.store(true, Ordering::SeqCst);
        };
        let looking = async {
            let filter = json!({ "filter": { "unit": { "code": HERE }, "povertyClasses": ["POOR"] }, "first": 1_000 });
            while !done.load(Ordering::SeqCst) {
                for caller in [&officer, &bank] {
                    let answer = caller.ask(PAGE, filter.clone()).await;
                    let page = &answer.data()["households"];
                    let nodes = page["nodes"].as_array().unwrap();
                    assert_eq!(page["totalCount"], json!(nodes.len()));
                    assert!(nodes.iter().all(|home| home["povertyClass"] == "POOR"));
                }
            }
        };
        tokio::join!(writing, looking);
    }
}
