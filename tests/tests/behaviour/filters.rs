//! Every filter of every list, alone and all at once.

use ansinh::access::{
    Permission, PermissionSet,
    filters::{FILTERS, Looks, PROGRAMS},
    roles::BUILT_IN,
    roots,
};
use serde_json::json;
use tests::{
    both_databases,
    service::{Caller, Service},
};

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

/// Each filter's key with what it takes besides, and a value for it.
fn guarded(schema: &Schema) -> Vec<(&'static str, &'static str, String, Vec<Permission>)> {
    let mut keys = Vec::new();
    for (name, looks) in FILTERS {
        let Some((filter, key)) = name.split_once('.').filter(|(filter, _)| filter.ends_with("Filter")) else {
            continue;
        };
        let field = schema.input_fields(filter).iter().find(|field| field["name"] == key).unwrap();
        match looks {
            Looks::Covered => {}
            Looks::At(needed) => keys.push((filter, key, value(schema, filter, field), vec![*needed])),
            Looks::ByProgram => keys.extend(
                PROGRAMS.iter().map(|(program, needed)| (filter, key, format!("\"{program}\""), needed.to_vec())),
            ),
        }
    }
    keys
}

/// The root that takes a filter.
fn root<'a>(schema: &'a Schema, filter: &str) -> &'a str {
    let takes = |field: &&serde_json::Value| {
        field["args"].as_array().unwrap().iter().any(|argument| named(&argument["type"]) == filter)
    };
    let root = schema.fields("Query").iter().find(takes).unwrap_or_else(|| panic!("no root takes {filter}"));
    root["name"].as_str().unwrap()
}

/// Somebody of DOLISA who may read everything but this.
async fn without(t: &Service, permission: Permission) -> Caller {
    let role = format!("without_{}", permission.code().replace(':', "_").to_lowercase());
    t.sql(&format!("INSERT INTO role (code, name, built_in) VALUES ('{role}', 'X', FALSE)")).await;
    for held in Permission::ALL.iter().filter(|held| **held != permission && held.code().ends_with(":read")) {
        t.sql(&format!("INSERT INTO role_permission SELECT id, '{}' FROM role WHERE code = '{role}'", held.code()))
            .await;
    }
    t.as_roles_in(&[&role], "DOLISA", "83").await
}

both_databases! {
    async fn each_key_takes_what_the_policy_says(t: &Service) {
        fixture::register(t).await;
        let schema = Schema::ask(&fixture::reader(t).await).await;
        let keys = guarded(&schema);
        let refuses = async |caller: &Caller, (filter, key, value, _): &(&str, &str, String, Vec<Permission>)| {
            let root = root(&schema, filter);
            let document = format!("{{ {root}(first: 5, filter: {{ {key}: {value} }}) {{ totalCount }} }}");
            let (answer, reads) = t.reads(caller.query(&document)).await;
            answer.refused("FORBIDDEN", &format!("filter.{key}"));
            assert_eq!((&answer.partial()[root], reads), (&json!(null), 0), "{} {key}: {value}", caller.name);
        };
        let (mut tried, mut alone) = (0, Vec::new());
        for role in BUILT_IN {
            let (caller, held) = (t.as_role(role.code).await, PermissionSet::of(role.permissions));
            for guarded in &keys {
                let admitted = roots::asks(root(&schema, guarded.0)).is_some_and(|asks| asks.lacking(held).is_none());
                if admitted && guarded.3.iter().any(|needed| !held.has(*needed)) {
                    refuses(&caller, guarded).await;
                    tried += 1;
                }
            }
        }
        for guarded in &keys {
            alone.extend(guarded.3.iter().copied().filter(|needed| !alone.contains(needed)).collect::<Vec<_>>());
        }
        for permission in alone {
            let caller = without(t, permission).await;
            for guarded in keys.iter().filter(|guarded| guarded.3.contains(&permission)) {
                let asks = roots::asks(root(&schema, guarded.0)).unwrap();
                if asks.lacking(PermissionSet::of(Permission::ALL).without(|held| held == permission)).is_none() {
                    refuses(&caller, guarded).await;
                    tried += 1;
                }
            }
        }
        assert!(tried > 30, "{tried} attempts");
    }

    async fn each_filter_field_runs(t: &Service) {
        fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let schema = Schema::ask(&reader).await;
        for filter in schema.filters() {
            let root = root(&schema, filter);
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
