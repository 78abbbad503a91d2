//! An entry that names no record says what was aimed at.

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use crate::{
    fixture::{self, HERE},
    walk::global_id,
};

/// The entries of one request: operation, decision, what was aimed at.
async fn left(t: &Service, caller: &Caller, document: &str) -> Vec<Value> {
    let of_reads = "FROM audit_entry WHERE subjects IS NOT NULL";
    let before = t.number(&format!("SELECT COALESCE(max(id), 0) {of_reads}")).await;
    caller.query(document).await;
    let query = format!(
        "SELECT operation || '|' || decision || '|' || COALESCE(CAST(aimed AS TEXT), 'null') {of_reads} AND id > {before} ORDER BY id"
    );
    let entry = |text: String| {
        let parts: Vec<_> = text.splitn(3, '|').collect();
        json!([parts[0], parts[1], serde_json::from_str::<Value>(parts[2]).unwrap()])
    };
    t.texts(&query).await.into_iter().map(entry).collect()
}

both_databases! {
    async fn a_look_up_that_finds_nothing_says_what_it_looked_for(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let far = &register.far;
        for code in [far.code.as_str(), "00000-000000"] {
            let document = format!("query {{ x: household(code: \"{code}\") {{ address }} }}");
            assert_eq!(left(t, &officer, &document).await, [json!(["household", "ALLOWED", { "code": [code] }])]);
            let loan = format!("{{ loan(contractNumber: \"HD-{code}\") {{ status }} }}");
            assert_eq!(left(t, &t.as_role_in("bank_officer", HERE).await, &loan).await,
                [json!(["loan", "ALLOWED", { "contractNumber": [format!("HD-{code}")] }])]);
        }
        let missing = global_id("Household", "999999");
        for (id, named) in [(&far.id, format!("Household:{}", far.key)), (&missing, "Household:999999".to_owned())] {
            assert_eq!(left(t, &officer, &format!("{{ node(id: \"{id}\") {{ id }} }}")).await, [json!(["node", "ALLOWED", { "id": [named] }])]);
            assert_eq!(left(t, &officer, &format!("{{ explainAccess(id: \"{id}\") {{ visible }} }}")).await,
                [json!(["explainAccess", "ALLOWED", { "id": [named] }])]);
        }
        // What was found is named as a record, and nothing else is.
        let found = format!("{{ household(code: \"{}\") {{ address }} }}", register.here.code);
        assert_eq!(left(t, &officer, &found).await, [json!(["household", "ALLOWED", null])]);
    }

    async fn of_many_ids_those_that_were_missed_or_refused_are_named(t: &Service) {
        let register = fixture::register(t).await;
        let insurance = t.as_role_in("insurance_officer", HERE).await;
        let ids = [global_id("Loan", "7"), register.here.id.clone(), register.far.id.clone(), global_id("Agency", "999999")];
        let nodes = |ids: &[String]| format!("{{ nodes(ids: {ids:?}) {{ id }} }}");
        let missed = json!(["nodes", "ALLOWED", { "ids": [format!("Household:{}", register.far.key)] }]);
        assert_eq!(left(t, &insurance, &nodes(&ids)).await, [missed.clone(), json!(["nodes", "DENIED", { "ids": ["Loan:7"] }])]);
        assert_eq!(left(t, &insurance, &nodes(&ids[2..])).await, [missed]);
        assert_eq!(left(t, &insurance, &nodes(&ids[1..2])).await, [json!(["nodes", "ALLOWED", null])]);
        assert_eq!(left(t, &insurance, &format!("{{ node(id: \"{}\") {{ id }} }}", ids[0])).await, [json!(["node", "DENIED", { "id": ["Loan:7"] }])]);
    }

    async fn what_is_refused_says_what_it_was_aimed_at(t: &Service) {
        let register = fixture::register(t).await;
        let (here, far) = (&register.here, &register.far);
        let admin = t.as_role("platform_admin").await;
        let document = format!("query {{ household(code: \"{}\") {{ address }} }}", here.code);
        assert_eq!(left(t, &admin, &document).await, [json!(["household", "DENIED", { "code": [here.code] }])]);
        let change = |id: &str| format!("mutation {{ updateHousehold(input: {{ id: \"{id}\", expectedVersion: 1, address: \"x\" }}) {{ applied }} }}");
        let aimed = |key: &str| json!(["updateHousehold", "DENIED", { "id": [key] }]);
        assert_eq!(left(t, &t.as_role("bank_officer").await, &change(&here.id)).await, [aimed(&format!("Household:{}", here.key))]);
        let officer = t.as_role_in("commune_officer", HERE).await;
        assert_eq!(left(t, &officer, &change(&far.id)).await, [aimed(&format!("Household:{}", far.key))]);
        assert_eq!(left(t, &officer, &change(&global_id("Household", "999999"))).await, [aimed("Household:999999")]);
        // A variable's value is what counts.
        let before = t.number("SELECT max(id) FROM audit_entry").await;
        let with = "mutation($input: UpdateHouseholdInput!) { u: updateHousehold(input: $input) { applied } }";
        officer.ask(with, json!({ "input": { "id": far.id, "expectedVersion": 1, "address": "x" } })).await.refused("NOT_FOUND", "input.id");
        let aimed = t.texts(&format!("SELECT CAST(aimed AS TEXT) FROM audit_entry WHERE id > {before}")).await;
        assert_eq!(serde_json::from_str::<Value>(&aimed[0]).unwrap(), json!({ "id": [format!("Household:{}", far.key)] }));
    }

    async fn a_personal_number_or_a_name_is_never_in_the_ledger(t: &Service) {
        let register = fixture::register(t).await;
        let number = &register.far.national_id;
        let officer = t.as_role_in("insurance_officer", HERE).await;
        let looked = format!("{{ person(nationalId: \"{number}\") {{ fullName }} }}");
        assert_eq!(left(t, &officer, &looked).await, [json!(["person", "ALLOWED", null])]);
        for given in [number.as_str(), "Nguyễn Văn A"] {
            let document = format!("{{ household(code: \"{given}\") {{ address }} }}");
            assert_eq!(left(t, &officer, &document).await, [json!(["household", "ALLOWED", null])], "{given}");
        }
        let denied = format!("{{ person(nationalId: \"{number}\") {{ fullName }} }}");
        assert_eq!(left(t, &t.as_role("platform_admin").await, &denied).await, [json!(["person", "DENIED", null])]);
        let kept = format!("SELECT count(*) FROM audit_entry WHERE CAST(aimed AS TEXT) LIKE '%{number}%'");
        assert_eq!(t.number(&kept).await, 0);
    }

    async fn items_that_are_refused_while_the_batch_stands_are_attempts(t: &Service) {
        let register = fixture::register(t).await;
        let (here, far) = (&register.here, &register.far);
        let bank = t.as_role_in("bank_officer", HERE).await;
        let item = |number: &str| format!("{{ contractNumber: \"{number}\", occurredOn: \"2026-10-01\", principal: 1000, interest: 0, reference: \"R-1\" }}");
        let batch = |key: &str, items: &[&str]| {
            let items: Vec<_> = items.iter().map(|number| item(number)).collect();
            format!("mutation {{ r: recordRepayments(input: {{ idempotencyKey: \"{key}\", items: [{}] }}) {{ results {{ status }} }} }}", items.join(","))
        };
        let mixed = batch("a", &[&here.contract_number, &far.contract_number, "NONE-1"]);
        let noted = json!(["recordRepayments", "DENIED", { "items.contractNumber": [far.contract_number, "NONE-1"], "items.reference": ["R-1"] }]);
        assert_eq!(left(t, &bank, &mixed).await, std::slice::from_ref(&noted), "one note for the root");
        assert_eq!(left(t, &bank, &mixed).await, [noted], "a repeat asks again");
        assert_eq!(left(t, &bank, &batch("b", &[&here.contract_number])).await, [json!(["recordRepayments", "ALLOWED", null])], "it stands there already");
        let verifier = t.as_role_in("district_officer", fixture::DISTRICT_HERE).await;
        let ids = t.texts("SELECT CAST(id AS TEXT) FROM benefit ORDER BY id").await;
        let items = format!("{{ id: \"{}\", expectedVersion: 1 }}, {{ id: \"{}\", expectedVersion: 1 }}", global_id("Benefit", &ids[1]), global_id("Benefit", &ids[2]));
        let verify = format!("mutation {{ verifyBenefits(input: {{ idempotencyKey: \"v\", items: [{items}] }}) {{ results {{ error {{ code }} }} }} }}");
        assert_eq!(left(t, &verifier, &verify).await, [json!(["verifyBenefits", "DENIED", { "items.id": [format!("Benefit:{}", ids[1]), format!("Benefit:{}", ids[2])] }])],
            "one out of reach, and one that is no proposal any more");
    }
}
