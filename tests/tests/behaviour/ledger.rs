//! The ledger of reads: what is in an entry, and that none is missing.

mod aims;
mod durable;
mod refused;
mod told;

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use crate::{
    fixture::{self, FAR, HERE},
    walk::global_id,
};

/// The reads and refusals in the ledger, oldest first: operation, decision, fields, records.
pub async fn entries(t: &Service) -> Vec<Value> {
    let query = "SELECT CAST(subjects AS TEXT) || '|' || operation || '|' || decision || '|' || fields FROM audit_entry \
         WHERE subjects IS NOT NULL ORDER BY id";
    let entry = |text: String| {
        let parts: Vec<_> = text.split('|').collect();
        let subjects: Value = serde_json::from_str(parts[0]).unwrap();
        json!([parts[1], parts[2], parts[3], subjects])
    };
    t.texts(query).await.into_iter().map(entry).collect()
}

/// The entries that one request left.
async fn left(t: &Service, caller: &Caller, document: &str) -> Vec<Value> {
    let before = entries(t).await.len();
    caller.query(document).await;
    entries(t).await.split_off(before)
}

async fn ids(t: &Service, query: &str) -> Value {
    t.texts(query).await.iter().map(|id| json!(id.parse::<i64>().unwrap())).collect()
}

/// The two people of the fixture's household in a commune.
async fn people(t: &Service, household: i64) -> Value {
    ids(t, &format!("SELECT CAST(id AS TEXT) FROM person WHERE household_id = {household} ORDER BY id")).await
}

both_databases! {
    async fn a_read_names_every_record_and_field_and_what_was_denied(t: &Service) {
        let register = fixture::register(t).await;
        let home = &register.here;
        let bank = t.as_role("bank_officer").await;
        let document = format!("{{ agencies {{ code }} a: household(code: \"{}\") {{ __typename name: code head {{ fullName }}
            members {{ fullName household {{ id }} insurance {{ number }} }}
            loans(first: 1) {{ totalCount nodes {{ contractNumber product {{ code }} transactions(first: 2) {{ nodes {{ id }} }} }} }}
            benefits(first: 1) {{ totalCount }} commune {{ code }} timeline(first: 9) {{ edges {{ node {{ amount }} }} }} }} }}", home.code);
        let loans = ids(t, &format!("SELECT CAST(id AS TEXT) FROM loan WHERE household_id = {}", home.key)).await;
        let moves = ids(t, &format!("SELECT CAST(id AS TEXT) FROM loan_transaction WHERE loan_id = {} ORDER BY id", loans[0])).await;
        let events: Vec<_> = moves.as_array().unwrap().iter().map(|id| format!("LT{id}")).collect();
        assert_eq!(left(t, &bank, &document).await, [
            json!(["household", "ALLOWED", "Household.code,Household.commune,Household.head,Household.id,Household.loans,Household.members,\
                Household.timeline,Loan.contractNumber,Loan.product,Loan.transactions,LoanTransaction.id,MoneyEvent.amount,Person.fullName,\
                Person.household",
                { "Household": [home.key], "Person": people(t, home.key).await, "Loan": loans,
                  "LoanTransaction": [moves[0], moves[1]], "MoneyEvent": events }]),
            json!(["household", "DENIED", "Household.benefits,Person.insurance",
                { "Household": [home.key], "Person": people(t, home.key).await }]),
        ]);
        assert!(left(t, &bank, "{ agencies { code } programs { code } __typename }").await.is_empty(), "on nobody");
    }

    async fn pages_counts_and_look_ups_of_many_are_read_too(t: &Service) {
        let register = fixture::register(t).await;
        let [near, here, _] = register.homes();
        let reader = fixture::reader(t).await;
        let page = "{ households(first: 2) { totalCount nodes { code } edges { cursor node { address } } } }";
        assert_eq!(left(t, &reader, page).await, [
            json!(["households", "ALLOWED", "Household.address,Household.code", { "Household": [near.key, here.key] }]),
        ]);
        let count = "{ persons(first: 1, filter: { lacksInsurance: HEALTH }) { totalCount } }";
        assert_eq!(left(t, &reader, count).await, [json!(["persons", "ALLOWED", "Person.filter.lacksInsurance", {}])]);
        let many = format!("{{ personsByNationalId(nationalIds: [\"{}\", \"083000000000\"]) {{ persons {{ fullName }} }} }}", here.national_id);
        let head = people(t, here.key).await[0].clone();
        assert_eq!(left(t, &reader, &many).await, [
            json!(["personsByNationalId", "ALLOWED", "Person.fullName", { "Person": [head] }]),
        ]);
        let project = format!("{{ modelProject(code: \"{}\") {{ participants(first: 1) {{ nodes {{ household {{ code }} }} }} }} }}", here.project_code);
        let found = left(t, &reader, &project).await;
        assert_eq!(found[0][3]["Household"], json!([here.key]), "{found:?}");
        // The project itself holds nothing on persons.
        assert_eq!(found[0][3].as_object().unwrap().len(), 2, "{found:?}");
    }

    async fn a_sum_over_households_is_a_use_of_it(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let project = ids(t, &format!("SELECT CAST(id AS TEXT) FROM model_project WHERE code = '{}'", register.here.project_code)).await;
        let summed = json!([json!(["modelProjects", "ALLOWED", "ModelProject.capital", { "ModelProject": project }])]);
        let list = |selection: &str| format!("{{ modelProjects(first: 1) {{ nodes {{ code {selection} }} }} }}");
        assert_eq!(json!(left(t, &officer, &list("capital { advanced }")).await), summed);
        assert!(left(t, &officer, &list("name")).await.is_empty(), "on nobody");
        let (front, pledges) = (t.as_role("front_officer").await, ids(t, "SELECT CAST(id AS TEXT) FROM pledge").await);
        let pledge = |selection: &str| format!("{{ node(id: \"{}\") {{ ... on Pledge {{ amount {selection} }} }} }}", global_id("Pledge", &pledges[0].to_string()));
        assert_eq!(left(t, &front, &pledge("given: givenAmount")).await, [json!(["node", "ALLOWED", "Pledge.givenAmount", { "Pledge": pledges }])]);
        assert!(left(t, &front, &pledge("")).await.is_empty(), "on nobody");
    }

    async fn cursors_tell_of_records_and_so_do_filters(t: &Service) {
        let register = fixture::register(t).await;
        let [near, here, far] = register.homes();
        let reader = fixture::reader(t).await;
        let filtered = "{ households(first: 2, filter: { hasOutstandingLoan: true, search: null }) { edges { cursor } } }";
        assert_eq!(left(t, &reader, filtered).await, [
            json!(["households", "ALLOWED", "Household.code,Household.filter.hasOutstandingLoan", { "Household": [near.key, here.key] }]),
        ]);
        for (info, told) in [("endCursor", json!({ "Household": [far.key] })), ("startCursor", json!({ "Household": [near.key] })),
            ("s: startCursor endCursor", json!({ "Household": [near.key, far.key] }))] {
            let page = format!("{{ households(first: 3, orderBy: {{ field: CODE, direction: ASC }}) {{ pageInfo {{ {info} }} }} }}");
            assert_eq!(left(t, &reader, &page).await, [json!(["households", "ALLOWED", "Household.code", told])], "{info}");
        }
        let more = "{ households(last: 1) { pageInfo { hasNextPage hasPreviousPage } edges { __typename } } }";
        assert_eq!(left(t, &reader, more).await, [json!(["households", "ALLOWED", "", {}])]);
        let written = "query { households(first: 3, orderBy: { field: UPDATED_AT, direction: DESC }) { edges { c: cursor } } }";
        assert_eq!(left(t, &reader, written).await[0][2], "Household.updatedAt");
        let persons = "{ persons(first: 1) { pageInfo { endCursor } } }";
        let first = ids(t, "SELECT CAST(min(id) AS TEXT) FROM person").await;
        assert_eq!(left(t, &reader, persons).await, [json!(["persons", "ALLOWED", "Person.id", { "Person": first }])]);
        let nested = format!("query($of: LoanFilter) {{ household(code: \"{}\") {{ loans(first: 1, filter: $of) {{ totalCount edges {{ cursor }} }}
            benefits(first: 1, filter: {{ statuses: [DISBURSED] }}) {{ totalCount }}
            timeline(first: 1, from: \"2026-01-01\") {{ pageInfo {{ endCursor }} }} }} }}", here.code);
        let before = entries(t).await.len();
        reader.ask(&nested, json!({ "of": { "overdueOnly": false } })).await.data();
        let loans = ids(t, &format!("SELECT CAST(id AS TEXT) FROM loan WHERE household_id = {}", here.key)).await;
        let event = entries(t).await.split_off(before).remove(0);
        assert_eq!(event[2], "Household.benefits,Household.loans,Household.timeline,Loan.id,MoneyEvent.on,\
            Benefit.filter.statuses,Loan.filter.overdueOnly,MoneyEvent.filter.from");
        assert_eq!((&event[3]["Loan"], &event[3]["Household"]), (&loans, &json!([here.key])));
        assert_eq!(event[3]["MoneyEvent"].as_array().unwrap().len(), 1, "{event}");
    }

    async fn a_count_by_a_search_says_so_and_a_refused_one_too(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let count = format!("query {{ a: households(first: 1, filter: {{ search: \"{}\" }}) {{ totalCount }} }}", register.here.code);
        assert_eq!(left(t, &officer, &count).await, [json!(["households", "ALLOWED", "Household.filter.search", {}])]);
        let models = "{ modelProjects(first: 3, filter: { statuses: [ACTIVE] }) { totalCount edges { cursor } } }";
        assert!(left(t, &officer, models).await.is_empty(), "on nobody");
    }

    async fn telling_that_a_record_is_there_is_a_use_of_it(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let explain = |id: &str| format!("{{ x: explainAccess(id: \"{id}\") {{ visible }} }}");
        let seen = [json!(["explainAccess", "ALLOWED", "", { "Household": [register.here.key] }])];
        assert_eq!(left(t, &officer, &explain(&register.here.id)).await, seen);
        let (missing, agency) = (global_id("Household", "999999"), global_id("Agency", "1"));
        for out_of_sight in [&register.far.id, &missing] {
            assert_eq!(left(t, &officer, &explain(out_of_sight)).await, [json!(["explainAccess", "ALLOWED", "", {}])]);
        }
        let event = t.texts("SELECT min(id) FROM money_event WHERE id LIKE 'LT%'").await.remove(0);
        let entry = left(t, &t.as_role("bank_officer").await, &explain(&global_id("MoneyEvent", &event))).await;
        assert_eq!(entry, [json!(["explainAccess", "ALLOWED", "", { "MoneyEvent": [event] }])]);
        assert!(left(t, &officer, &explain(&agency)).await.is_empty(), "on nobody");
        let reader = fixture::reader(t).await;
        let numbers = format!("{{ personsByNationalId(nationalIds: [\"{}\"]) {{ nationalId }} }}", register.here.national_id);
        assert_eq!(left(t, &reader, &numbers).await, [json!(["personsByNationalId", "ALLOWED", "", {}])]);
    }

    async fn a_wide_object_is_read_like_a_narrow_one(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let wide: String = (0..200).map(|index| format!(" f{index}: address")).collect();
        let document = format!("{{ household(code: \"{}\") {{ {wide} }} }}", register.far.code);
        let answer = reader.query(&document).await;
        assert_eq!(answer.data()["household"]["f199"], "12 Ấp 3");
        assert_eq!(left(t, &reader, &document).await, [
            json!(["household", "ALLOWED", "Household.address", { "Household": [register.far.key] }]),
        ]);
    }

    async fn records_by_their_ids_are_read_and_refused_one_by_one(t: &Service) {
        let register = fixture::register(t).await;
        let insurance = t.as_role("insurance_officer").await;
        let loan = global_id("Loan", "1");
        let node = format!("{{ node(id: \"{}\") {{ ... on Household {{ code }} }} }}", register.here.id);
        assert_eq!(left(t, &insurance, &node).await, [
            json!(["node", "ALLOWED", "Household.code", { "Household": [register.here.key] }]),
        ]);
        let nodes = format!("{{ nodes(ids: [\"{loan}\", \"{}\"]) {{ id }} }}", register.here.id);
        assert_eq!(left(t, &insurance, &nodes).await, [
            json!(["nodes", "ALLOWED", "Household.id", { "Household": [register.here.key] }]),
            json!(["nodes", "DENIED", "", {}]),
        ]);
        assert_eq!(left(t, &insurance, &format!("{{ node(id: \"{loan}\") {{ id }} }}")).await, [json!(["node", "DENIED", "", {}])]);
    }

    async fn what_finds_nothing_is_an_attempt(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        for code in [register.far.code.as_str(), "00000-000000"] {
            let document = format!("{{ household(code: \"{code}\") {{ address }} }}");
            assert_eq!(left(t, &officer, &document).await, [json!(["household", "ALLOWED", "Household.address", {}])], "{code}");
        }
    }

    async fn a_refused_root_or_change_leaves_an_entry(t: &Service) {
        let register = fixture::register(t).await;
        let admin = t.as_role("platform_admin").await;
        let document = "{ x: households(first: 1) { totalCount } y: households(first: 1) { totalCount } }";
        assert_eq!(left(t, &admin, document).await, vec![json!(["households", "DENIED", "", {}]); 2]);
        let bank = t.as_role("bank_officer").await;
        let filter = "{ persons(first: 1, filter: { lacksInsurance: HEALTH }) { totalCount } }";
        assert_eq!(left(t, &bank, filter).await, [json!(["persons", "DENIED", "", {}])]);
        let change = format!("mutation {{ updateHousehold(input: {{ id: \"{}\", expectedVersion: 1, address: \"x\" }}) {{ applied }} }}", register.here.id);
        assert_eq!(left(t, &bank, &change).await, [json!(["updateHousehold", "DENIED", "", {}])]);
        let officer = t.as_role_in("commune_officer", HERE).await;
        for id in [register.far.id.clone(), global_id("Household", "999999")] {
            let aimed = format!("mutation {{ updateHousehold(input: {{ id: \"{id}\", expectedVersion: 1, address: \"x\" }}) {{ applied }} }}");
            assert_eq!(left(t, &officer, &aimed).await, [json!(["updateHousehold", "DENIED", "", {}])], "an attempt on what is out of reach");
        }
    }

    async fn the_records_that_a_change_answers_with_are_read(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let change = |selection: &str, version: i32| format!("mutation {{ done: updateHousehold(input: {{ id: \"{}\",
            expectedVersion: {version}, address: \"{version} Ấp 3\" }}) {{ applied {selection} }} }}", register.here.id);
        assert!(left(t, &officer, &change("", 1)).await.is_empty(), "a write has its own entry");
        assert_eq!(left(t, &officer, &change("household { address head { fullName } }", 2)).await, [
            json!(["updateHousehold", "ALLOWED", "Household.address,Household.head,Person.fullName",
                { "Household": [register.here.key], "Person": [people(t, register.here.key).await[0]] }]),
        ]);
        let insurance = t.as_role("insurance_officer").await;
        let item = |number: &str| format!("{{ nationalId: \"{number}\", kind: SOCIAL_VOLUNTARY, number: \"8312345678\", validFrom: \"2026-01-01\" }}");
        let batch = format!("mutation {{ recordInsurance(input: {{ idempotencyKey: \"k\", items: [{}, {}] }}) {{ results {{ coverage {{ number }} }} }} }}",
            item(&register.here.national_id), item(&register.far.national_id));
        let before = entries(t).await.len();
        insurance.query(&batch).await.data();
        let written = ids(t, "SELECT CAST(id AS TEXT) FROM insurance_coverage WHERE kind = 'SOCIAL_VOLUNTARY' ORDER BY id").await;
        assert_eq!(written.as_array().unwrap().len(), 2);
        assert_eq!(entries(t).await.split_off(before), [
            json!(["recordInsurance", "ALLOWED", "InsuranceCoverage.number", { "InsuranceCoverage": written }]),
        ]);
    }

    async fn an_entry_says_who_for_what_and_by_which_request(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", FAR).await.with("x-request-id", "req-1");
        let basis = "Điều 5 Nghị định 07/2021/NĐ-CP";
        let stating = officer.clone().with("x-purpose", "POVERTY_REVIEW").with("x-legal-basis", basis);
        let read = format!("{{ household(code: \"{}\") {{ code }} }}", register.far.code);
        stating.query(&read).await.data();
        officer.query(&read).await.data();
        stating.query(&format!("mutation {{ updateHousehold(input: {{ id: \"{}\", expectedVersion: 1, address: \"x\" }}) {{ applied }} }}", register.far.id)).await.data();
        let query = "SELECT e.operation || ' ' || e.roles || ' ' || a.code || ' ' || c.name || ' ' || t.client_id || ' ' || e.at || ' '
            || COALESCE(e.purpose, '-') || ' ' || COALESCE(e.legal_basis, '-')
            FROM audit_entry e JOIN client c ON c.id = e.client_id JOIN agency a ON a.id = e.agency_id JOIN token t ON t.id = e.token_id
            WHERE e.request_id = 'req-1' ORDER BY e.id";
        let client = t.number("SELECT client_id FROM audit_entry WHERE request_id = 'req-1' LIMIT 1").await;
        let line = |operation: &str, said: &str| format!("{operation} commune_officer CPC {} {client} 1795402800000000 {said}", officer.name);
        assert_eq!(t.texts(query).await, [
            line("household", &format!("POVERTY_REVIEW {basis}")),
            line("household", "- -"),
            line("updateHousehold", &format!("POVERTY_REVIEW {basis}")),
        ]);
    }
}
