//! Every filter of every list, alone and all at once.

use serde_json::json;
use tests::{both_databases, service::Service};

use crate::{
    fixture,
    walk::{Schema, named},
};

/// A value for a field of a filter.
fn value(schema: &Schema, filter: &str, field: &serde_json::Value) -> String {
    let (name, ty) = (field["name"].as_str().unwrap(), named(&field["type"]));
    let one = match (name, ty) {
        ("lacksProgramCode", _) if filter == "PersonFilter" => "\"HI_ELDERLY\"".into(),
        ("lacksProgramCode", _) => "\"HOUSING_POOR\"".into(),
        ("programCode", _) => "\"HOUSING_MERIT\"".into(),
        ("productCode", _) => "\"POOR\"".into(),
        ("contractNumbers", _) => "\"HD-28757-000002\"".into(),
        ("groupCode" | "code", _) => "\"TO-28757-000002\"".into(),
        ("search", _) => "\"nguyen van\"".into(),
        (_, "UnitRef") => "{ code: \"829\", on: \"2022-06-01\" }".into(),
        (_, "Boolean") => "true".into(),
        (_, "Int") => "30".into(),
        (_, "Date") => "\"2026-02-01\"".into(),
        (_, "DateTime") => "\"2026-02-01T07:00:00+07:00\"".into(),
        _ if schema.kind(ty) == "ENUM" => schema.enum_values(ty)[0].to_owned(),
        _ => panic!("say what {name}: {ty} may be"),
    };
    let outer = if field["type"]["kind"] == "NON_NULL" { &field["type"]["ofType"] } else { &field["type"] };
    if outer["kind"] == "LIST" { format!("[{one}]") } else { one }
}

both_databases! {
    async fn each_filter_field_runs(t: &Service) {
        fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let schema = Schema::ask(&reader).await;
        for filter in schema.filters() {
            let root = schema.fields("Query").iter().find(|field| {
                field["args"].as_array().unwrap().iter().any(|arg| named(&arg["type"]) == filter)
            });
            let root = root.unwrap_or_else(|| panic!("no root takes {filter}"))["name"].as_str().unwrap();
            let mut all = Vec::new();
            for field in schema.input_fields(filter) {
                let name = field["name"].as_str().unwrap();
                let value = value(&schema, filter, field);
                all.push(format!("{name}: {value}"));
                let (answer, reads) = t.reads(reader.query(&format!(
                    "{{ {root}(first: 50, filter: {{ {name}: {value} }}) {{ totalCount nodes {{ id }} }} }}"
                ))).await;
                let page = &answer.data()[root];
                assert_eq!(page["totalCount"], page["nodes"].as_array().unwrap().len(), "{filter}.{name}");
                assert_eq!(reads, 1, "{filter}.{name}");
            }
            let all = format!("{{ {root}(first: 50, filter: {{ {} }}) {{ totalCount }} }}", all.join(", "));
            assert!(reader.query(&all).await.data()[root]["totalCount"].is_u64());
        }
    }

    async fn filters_of_households_narrow(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let codes = async |filter: serde_json::Value| {
            let document = "query($filter: HouseholdFilter) { households(first: 9, filter: $filter) { nodes { code } } }";
            let answer = reader.ask(document, json!({ "filter": filter })).await;
            let nodes = answer.data()["households"]["nodes"].as_array().unwrap().clone();
            nodes.iter().map(|node| node["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let [near, here, far] = register.homes().map(|home| home.code.clone());
        t.sql(&format!("UPDATE household SET poverty_class = 'POOR', next_class = 'NEAR_POOR', next_class_on = '2026-11-23'
            WHERE code = '{far}'; UPDATE household SET categories = 16 WHERE code = '{near}';
            UPDATE loan SET outstanding_principal = 0 WHERE contract_number = 'HD-{near}'")).await;
        assert_eq!(codes(json!(null)).await, [near.clone(), here.clone(), far.clone()]);
        assert_eq!(codes(json!({ "unit": { "code": fixture::DISTRICT_HERE } })).await, [near.clone(), here.clone()]);
        assert_eq!(codes(json!({ "unit": { "code": fixture::FAR } })).await, std::slice::from_ref(&far));
        assert_eq!(codes(json!({ "unit": { "code": "83" } })).await.len(), 3);
        assert_eq!(codes(json!({ "povertyClasses": ["NEAR_POOR"] })).await, std::slice::from_ref(&far));
        assert_eq!(codes(json!({ "povertyClasses": [] })).await, Vec::<String>::new());
        assert_eq!(codes(json!({ "categories": ["MERIT", "FEMALE_HEADED"] })).await, [here.clone(), far.clone()]);
        assert_eq!(codes(json!({ "hasOutstandingLoan": false })).await, std::slice::from_ref(&near));
        assert_eq!(codes(json!({ "hasOutstandingLoan": true })).await, [here.clone(), far.clone()]);
        for search in ["nguyen van so 2", "NGUYỄN VĂN SỐ 2", "28757-000002", "văn số 2"] {
            assert_eq!(codes(json!({ "search": search })).await, std::slice::from_ref(&here), "{search}");
        }
        assert_eq!(codes(json!({ "search": "số 2 %_" })).await, Vec::<String>::new());
        assert_eq!(codes(json!({ "unit": { "code": fixture::FAR }, "search": "so 2" })).await, Vec::<String>::new());
    }

    async fn filters_of_persons_narrow(t: &Service) {
        fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let count = async |filter: serde_json::Value| {
            let document = "query($filter: PersonFilter) { persons(first: 9, filter: $filter) { totalCount } }";
            let answer = reader.ask(document, json!({ "filter": filter })).await;
            answer.data()["persons"]["totalCount"].as_u64().unwrap()
        };
        // The heads were born on 17 May 1980: 46 years old on 23 November 2026. The spouses' birthdays are unknown.
        assert_eq!(count(json!({})).await, 6);
        assert_eq!(count(json!({ "ageFrom": 46, "ageTo": 46 })).await, 3);
        assert_eq!(count(json!({ "ageFrom": 47 })).await, 0);
        assert_eq!(count(json!({ "ageTo": 45 })).await, 0);
        assert_eq!(count(json!({ "lacksInsurance": "HEALTH" })).await, 0);
        assert_eq!(count(json!({ "lacksInsurance": "SOCIAL_VOLUNTARY" })).await, 6);
        t.set_day("2027-01-01");
        let count_after = async |filter: serde_json::Value| count(filter).await;
        assert_eq!(count_after(json!({ "lacksInsurance": "HEALTH" })).await, 6);
        assert_eq!(count(json!({ "categories": ["PERSON_WITH_MERIT"], "unit": { "code": fixture::HERE } })).await, 1);
        assert_eq!(count(json!({ "povertyClasses": ["POOR"] })).await, 6);
        assert_eq!(count(json!({ "povertyClasses": ["BETTER_OFF"] })).await, 0);
    }
}
