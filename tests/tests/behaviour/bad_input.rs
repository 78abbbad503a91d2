//! What a read answers to input that can't be meant: a code, the field at fault, words in both languages, status 200
//! where the document itself was good.

use serde_json::{Value, json};
use tests::{both_databases, service::Service};

use crate::{fixture, walk::global_id};

both_databases! {
    async fn values_that_name_nothing_are_refused_by_field(t: &Service) {
        fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let households = "query($filter: HouseholdFilter) { households(first: 1, filter: $filter) { totalCount } }";
        let persons = "query($filter: PersonFilter) { persons(first: 1, filter: $filter) { totalCount } }";
        let loans = "query($filter: LoanFilter) { loans(first: 1, filter: $filter) { totalCount } }";
        let benefits = "query($filter: BenefitFilter) { benefits(first: 1, filter: $filter) { totalCount } }";
        let filter = |filter: Value| json!({ "filter": filter });
        for (document, variables, field) in [
            (households, filter(json!({ "unit": { "code": "99999" } })), "filter.unit.code"),
            (households, filter(json!({ "unit": { "code": "28757", "on": "2026-11-23" } })), "filter.unit.code"),
            (households, filter(json!({ "lacksProgramCode": "NONE" })), "filter.lacksProgramCode"),
            (households, filter(json!({ "search": "a" })), "filter.search"),
            (households, filter(json!({ "search": "   " })), "filter.search"),
            (households, filter(json!({ "search": "x".repeat(1_000) })), "filter.search"),
            (persons, filter(json!({ "ageFrom": -1 })), "filter.ageFrom"),
            (persons, filter(json!({ "ageTo": i32::MAX })), "filter.ageTo"),
            (persons, filter(json!({ "lacksProgramCode": "HOUSING_POOR" })), "filter.lacksProgramCode"),
            (loans, filter(json!({ "productCode": "NONE" })), "filter.productCode"),
            (loans, filter(json!({ "disbursedFrom": "2026-02-02", "disbursedTo": "2026-02-01" })), "filter.disbursedTo"),
            (benefits, filter(json!({ "programCode": "NONE" })), "filter.programCode"),
            ("{ adminUnits(parent: { code: \"99999\" }) { code } }", json!({}), "parent.code"),
            ("{ statistics(groupBy: COMMUNE, unit: { code: \"99999\" }) { poor } }", json!({}), "unit.code"),
            ("{ person(nationalId: \"08308000000\") { id } }", json!({}), "nationalId"),
            ("{ person(nationalId: \"08308000000x\") { id } }", json!({}), "nationalId"),
            ("{ personsByNationalId(nationalIds: [\"083080000001\", \"1\"]) { nationalId } }", json!({}), "nationalIds.1"),
            ("{ node(id: \"not an id\") { id } }", json!({}), "id"),
            ("{ node(id: \"\") { id } }", json!({}), "id"),
            ("query($i: ID!) { node(id: $i) { id } }", json!({ "i": global_id("Nothing", "1") }), "id"),
            ("query($i: ID!) { node(id: $i) { id } }", json!({ "i": global_id("Household", "x") }), "id"),
            ("query($i: ID!) { node(id: $i) { id } }", json!({ "i": global_id("Household", "99999999999999999999") }), "id"),
            ("query($i: ID!) { node(id: $i) { id } }", json!({ "i": global_id("MoneyEvent", "7") }), "id"),
            ("query($i: ID!) { node(id: $i) { id } }", json!({ "i": global_id("MoneyEvent", "LT\u{0}") }), "id"),
            ("query($i: [ID!]!) { nodes(ids: $i) { id } }", json!({ "i": [global_id("Household", "1"), "x"] }), "ids.1"),
        ] {
            let answer = reader.ask(document, variables.clone()).await;
            assert_eq!((answer.status, answer.errors().len()), (200, 1), "{variables} {}", answer.body);
            answer.refused("BAD_USER_INPUT", field);
        }
    }

    async fn a_text_with_a_zero_is_refused_or_finds_nothing(t: &Service) {
        fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let zero = "28757\u{0}";
        for (document, root) in [
            ("query($x: String!) { household(code: $x) { code } }", "household"),
            ("query($x: String!) { loan(contractNumber: $x) { id } }", "loan"),
            ("query($x: String!) { program(code: $x) { id } }", "program"),
            ("query($x: String!) { modelProject(code: $x) { id } }", "modelProject"),
            ("query($x: String!) { sponsor(code: $x) { id } }", "sponsor"),
            ("query($x: String!) { sponsors(first: 1, search: $x) { totalCount } }", "sponsors"),
            ("query($x: String!) { households(first: 1, filter: { search: $x }) { totalCount } }", "households"),
            ("query($x: String!) { loans(first: 1, filter: { contractNumbers: [$x] }) { totalCount } }", "loans"),
            ("query($x: String!) { adminUnits(parent: { code: $x }) { code } }", "adminUnits"),
        ] {
            let answer = reader.ask(document, json!({ "x": zero })).await;
            if answer.errors().is_empty() {
                let nothing = answer.partial()[root].is_null() || answer.partial()[root]["totalCount"] == 0;
                assert!(nothing, "{document}: {}", answer.body);
            } else {
                assert_eq!(answer.code(0), "BAD_USER_INPUT", "{document}: {}", answer.body);
            }
        }
    }

    async fn too_many_at_once_are_refused(t: &Service) {
        let reader = fixture::reader(t).await;
        // Few different ones: those that nobody bears are bounded by the hour.
        let numbers: Vec<_> = (0..1_001).map(|number| format!("{:012}", number % 150)).collect();
        let ids: Vec<_> = (0..1_001).map(|number| global_id("Household", &number.to_string())).collect();
        let by_number = "query($n: [String!]!) { personsByNationalId(nationalIds: $n) { nationalId persons { id } } }";
        let by_id = "query($n: [ID!]!) { nodes(ids: $n) { id } }";
        for (document, values, field) in [(by_number, &numbers, "nationalIds"), (by_id, &ids, "ids")] {
            let answer = reader.ask(document, json!({ "n": values })).await;
            answer.refused("LIMIT_EXCEEDED", field);
            let (answer, reads) = t.reads(reader.ask(document, json!({ "n": values[..1_000] }))).await;
            assert!(answer.errors().is_empty());
            assert_eq!(reads, 1);
        }
    }

    async fn a_document_that_cannot_be_run_is_400_and_has_no_data(t: &Service) {
        let reader = fixture::reader(t).await;
        for document in [
            "{ household(code: 7) { code } }",
            "{ household { code } }",
            "{ household(code: \"x\", on: \"2026-02-30\") { code } }",
            "{ household(code: \"x\", on: \"30/01/2026\") { code } }",
            "{ loans(first: 1, filter: { statuses: [RUNNING] }) { totalCount } }",
            "{ loans(first: 1, filter: { unknown: true }) { totalCount } }",
            "{ households(first: 1, filter: { updatedSince: \"yesterday\" }) { totalCount } }",
            "{ households(first: 1.5) { totalCount } }",
            "{ nothing }",
            "{ households(first: 1) }",
            "{ viewer { client { name } } }",
            "{ household(code: \"x\") { ... on Loan { id } } }",
            "query($x: Int) { household(code: $x) { code } }",
            "{ households(first: 1) { nodes { code } ",
            "",
        ] {
            let answer = reader.query(document).await;
            assert!(!answer.errors().is_empty(), "{document}: {}", answer.body);
            answer.refused("BAD_USER_INPUT", answer.field(0));
            assert_eq!((answer.status, answer.body.get("data")), (400, None), "{document}: {}", answer.body);
        }
    }

    async fn a_variable_of_another_type_is_400(t: &Service) {
        let reader = fixture::reader(t).await;
        for (document, variables) in [
            ("query($code: String!) { household(code: $code) { code } }", json!({ "code": 7 })),
            ("query($code: String!) { household(code: $code) { code } }", json!({})),
            ("query($code: String!) { household(code: $code) { code } }", json!({ "code": null })),
            ("query($on: Date) { household(code: \"x\", on: $on) { code } }", json!({ "on": "2026-02-30" })),
            ("query($f: LoanFilter) { loans(first: 1, filter: $f) { totalCount } }", json!({ "f": { "statuses": ["NONE"] } })),
            ("query($f: LoanFilter) { loans(first: 1, filter: $f) { totalCount } }", json!({ "f": { "no": 1 } })),
            ("query($n: Int!) { households(first: $n) { totalCount } }", json!({ "n": "5" })),
        ] {
            let answer = reader.ask(document, variables.clone()).await;
            answer.refused("BAD_USER_INPUT", answer.field(0));
            assert_eq!((answer.status, answer.body.get("data")), (400, None), "{variables}: {}", answer.body);
        }
    }

    async fn a_number_that_several_claim_is_a_conflict(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let members = json!([{ "fullName": "Lê Văn Khác", "relationshipToHead": "HEAD", "nationalId": register.here.national_id }]);
        fixture::register_household(t, fixture::FAR, "28804-000099", members).await;
        let answer = reader.ask("query($n: String!) { person(nationalId: $n) { id } }", json!({ "n": register.here.national_id })).await;
        answer.refused("CONFLICT", "nationalId");
        let document = "query($n: [String!]!) { personsByNationalId(nationalIds: $n) { nationalId persons { fullName } } }";
        let numbers = [&register.here.national_id, "083080999999", &register.far.national_id, &register.here.national_id];
        let answer = reader.ask(document, json!({ "n": numbers })).await;
        let both = json!([{ "fullName": "Nguyễn Văn Số 2" }, { "fullName": "Lê Văn Khác" }]);
        assert_eq!(answer.data()["personsByNationalId"], json!([
            { "nationalId": numbers[0], "persons": both },
            { "nationalId": numbers[1], "persons": [] },
            { "nationalId": numbers[2], "persons": [{ "fullName": "Nguyễn Văn Số 3" }] },
            { "nationalId": numbers[3], "persons": both },
        ]));
        // Who sees one of them only knows of one.
        let commune = t.as_role_in("commune_officer", fixture::HERE).await;
        let answer = commune.ask("query($n: String!) { person(nationalId: $n) { fullName } }", json!({ "n": numbers[0] })).await;
        assert_eq!(answer.data()["person"]["fullName"], "Nguyễn Văn Số 2");
    }
}
