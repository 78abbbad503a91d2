//! Pilot sites: one commune for the province and each district, one hamlet for each commune, by the units of the day.

use serde_json::json;
use tests::{both_databases, service::Service};

use super::*;
use crate::fixture::{DISTRICT_FAR, DISTRICT_HERE, FAR, NEAR};

const COVERAGE: &str = "unit { code } on levels { level siteLevel wanted running planned missing { code } }";

/// What is answered of a unit on a day; of either the own where none is given.
async fn coverage(caller: &Caller, unit: Value, on: Value) -> Value {
    let document =
        format!("query($unit: UnitRef, $on: Date) {{ pilotCoverage(unit: $unit, on: $on) {{ {COVERAGE} }} }}");
    let mut variables = json!({});
    for (name, value) in [("unit", unit), ("on", on)] {
        if !value.is_null() {
            variables[name] = value;
        }
    }
    caller.ask(&document, variables).await.data()["pilotCoverage"].clone()
}

/// wanted, running, planned, missing of each level.
fn figures(coverage: &Value) -> Vec<[i64; 4]> {
    let of = |level: &Value| {
        let number = |name: &str| level[name].as_i64().unwrap();
        let missing = i64::try_from(level["missing"].as_array().unwrap().len()).unwrap();
        [number("wanted"), number("running"), number("planned"), missing]
    };
    coverage["levels"].as_array().unwrap().iter().map(of).collect()
}

/// A hamlet of a commune, by its code.
async fn hamlet(t: &Service, commune: &str) -> String {
    let input = json!({ "communeCode": commune, "name": "Ấp 1" });
    let officer = t.as_role_in("commune_officer", commune).await;
    let answer = write(&officer, "registerHamlet", input, "hamlet { code }").await;
    answer.data()["registerHamlet"]["hamlet"]["code"].as_str().unwrap().to_owned()
}

async fn pilot(t: &Service, code: &str, level: &str, site: &str, starts_on: &str) {
    let input = json!({ "code": code, "name": "Mô hình điểm", "track": "PILOT_SITE", "level": level,
        "site": { "code": site }, "startsOn": starts_on, "funding": [] });
    write(&officer(t).await, "createModelProject", input, "project { id }").await.data();
}

both_databases! {
    async fn each_unit_of_the_plan_wants_its_site(t: &Service) {
        let officer = officer(t).await;
        let none = coverage(&officer, Value::Null, Value::Null).await;
        assert_eq!((&none["unit"]["code"], &none["on"]), (&json!("83"), &json!("2026-11-23")));
        assert_eq!(figures(&none), [[1, 0, 0, 1], [9, 0, 0, 9], [157, 0, 0, 157]], "the plan's 167");
        assert_eq!(none["levels"][2]["siteLevel"], "HAMLET");
        pilot(t, "MD-T", "PROVINCE", FAR, "2022-06-01").await;
        pilot(t, "MD-H", "DISTRICT", HERE, "2022-06-01").await;
        pilot(t, "MD-F", "DISTRICT", FAR, "2026-12-01").await;
        let (here, near) = (hamlet(t, HERE).await, hamlet(t, NEAR).await);
        pilot(t, "MD-X", "COMMUNE", &here, "2022-06-01").await;
        // A second one in the same commune, one of another level, one that runs no pilot: none of them counts.
        pilot(t, "MD-Y", "COMMUNE", &here, "2022-06-01").await;
        pilot(t, "MD-Z", "COMMUNE", FAR, "2022-06-01").await;
        pilot(t, "MD-W", "DISTRICT", &near, "2022-06-01").await;
        project(t, "MH-1").await;
        let some = coverage(&officer, Value::Null, Value::Null).await;
        assert_eq!(figures(&some), [[1, 1, 0, 0], [9, 1, 1, 7], [157, 1, 0, 156]]);
        let missing: Vec<_> = some["levels"][1]["missing"].as_array().unwrap().iter().map(|unit| unit["code"].as_str().unwrap()).collect();
        assert!(!missing.contains(&DISTRICT_HERE) && !missing.contains(&DISTRICT_FAR), "{missing:?}");
        // Before they began they were to begin; an ended one leaves its unit without.
        assert_eq!(figures(&coverage(&officer, Value::Null, json!("2022-05-31")).await), [[1, 0, 1, 0], [9, 0, 2, 7], [157, 0, 1, 156]]);
        t.sql("UPDATE model_project SET status = 'CLOSED', closed_on = '2026-11-01' WHERE code IN ('MD-T', 'MD-X')").await;
        t.sql("UPDATE model_project SET status = 'CANCELLED' WHERE code = 'MD-F'").await;
        assert_eq!(figures(&coverage(&officer, Value::Null, Value::Null).await), [[1, 0, 0, 1], [9, 1, 0, 8], [157, 1, 0, 156]]);
        assert_eq!(figures(&coverage(&officer, Value::Null, json!("2022-12-31")).await), [[1, 1, 0, 0], [9, 1, 0, 8], [157, 1, 0, 156]]);
    }

    async fn a_site_counts_for_what_its_land_belongs_to_on_the_day(t: &Service) {
        let officer = officer(t).await;
        pilot(t, "MD-T", "PROVINCE", FAR, "2022-06-01").await;
        pilot(t, "MD-H", "DISTRICT", HERE, "2022-06-01").await;
        // An Hội took wards 4 and 5 over on 1 December 2024, and became the new An Hội on 1 July 2025.
        for (index, commune) in ["28765", "28768", HERE].into_iter().enumerate() {
            let hamlet = hamlet(t, commune).await;
            pilot(t, &format!("MD-{index}"), "COMMUNE", &hamlet, "2022-06-01").await;
        }
        let on = async |day: &str| figures(&coverage(&officer, Value::Null, json!(day)).await);
        assert_eq!(on("2024-11-30").await, [[1, 1, 0, 0], [9, 1, 0, 8], [157, 3, 0, 154]]);
        assert_eq!(on("2024-12-01").await, [[1, 1, 0, 0], [9, 1, 0, 8], [148, 2, 0, 146]]);
        assert_eq!(on("2025-06-30").await, [[1, 1, 0, 0], [9, 1, 0, 8], [148, 2, 0, 146]]);
        assert_eq!(on("2025-07-01").await, [[1, 1, 0, 0], [0, 0, 0, 0], [48, 2, 0, 46]], "no districts any more");
    }

    async fn nothing_is_told_of_what_lies_out_of_scope(t: &Service) {
        pilot(t, "MD-T", "PROVINCE", HERE, "2022-06-01").await;
        pilot(t, "MD-H", "DISTRICT", HERE, "2022-06-01").await;
        let (here, near, far) = (hamlet(t, HERE).await, hamlet(t, NEAR).await, hamlet(t, FAR).await);
        for (index, site) in [&here, &near, &far].into_iter().enumerate() {
            pilot(t, &format!("MD-{index}"), "COMMUNE", site, "2022-06-01").await;
        }
        let district = t.as_role_in("district_officer", DISTRICT_HERE).await;
        let own = coverage(&district, Value::Null, Value::Null).await;
        assert_eq!((&own["unit"]["code"], figures(&own)), (&json!(DISTRICT_HERE), vec![[0, 0, 0, 0], [1, 1, 0, 0], [14, 2, 0, 12]]));
        let commune = t.as_role_in("commune_officer", HERE).await;
        assert_eq!(figures(&coverage(&commune, Value::Null, Value::Null).await), [[0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 0, 0]]);
        // 28858 of 2025 was made of three communes: none of them is told of it alone.
        assert_eq!(figures(&coverage(&commune, Value::Null, json!("2026-11-23")).await), [[0; 4]; 3]);
        let near = json!({ "code": NEAR });
        assert_eq!(figures(&coverage(&district, near.clone(), Value::Null).await)[2], [1, 1, 0, 0]);
        for (caller, unit) in [(&commune, near), (&commune, json!({ "code": DISTRICT_HERE })), (&district, json!({ "code": FAR })),
            (&district, json!({ "code": "83" })), (&district, json!({ "code": "28858", "on": "2025-07-01" }))] {
            assert_eq!(coverage(caller, unit.clone(), Value::Null).await, Value::Null, "{unit}");
        }
        let refused = officer(t).await.query(&format!("{{ pilotCoverage(unit: {{ code: {far:?} }}) {{ on }} }}")).await;
        refused.refused("BAD_USER_INPUT", "unit.code");
        for role in ["bank_officer", "insurance_officer", "finance_viewer", "statistics_viewer", "platform_admin"] {
            t.as_role(role).await.query("{ pilotCoverage { on } }").await.refused("FORBIDDEN", "");
        }
    }
}
