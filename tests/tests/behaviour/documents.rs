//! What the library that runs documents gets wrong, and this service does not.

use ansinh::schema::global_id;
use serde_json::json;
use tests::{both_databases, service::Service};

both_databases! {
    async fn a_variable_may_decide_about_a_type_name_alone(t: &Service) {
        let caller = t.as_role("dolisa_officer").await;
        let document = "query($yes: Boolean!, $no: Boolean!) {
            program(code: \"HOUSING_MERIT\") { a: __typename @include(if: $yes) code b: __typename @skip(if: $no) c: __typename @include(if: $no) } }";
        let answer = caller.ask(document, json!({ "yes": true, "no": false })).await;
        answer.data();
        assert!(answer.text.contains(r#"{"a":"Program","code":"HOUSING_MERIT","b":"Program"}"#), "{}", answer.text);
    }

    async fn a_field_that_is_named_twice_is_one_field(t: &Service) {
        let caller = t.as_role("bank_officer").await;
        for document in [
            "{ benefits(first: 1) { totalCount } benefits(first: 1) { nodes { id } } }",
            "{ ...All ...All } fragment All on Query { benefits(first: 1) { totalCount } }",
        ] {
            let answer = caller.query(document).await;
            answer.refused("FORBIDDEN", "");
            assert_eq!(answer.errors().len(), 1, "{}", answer.body);
        }

        let id = global_id::encode("Agency", 1);
        let (node, nodes) = (format!("node(id: \"{id}\")"), format!("nodes(ids: [\"{id}\"])"));
        for field in ["agencies", "program(code: \"HOUSING_MERIT\")", &node, &nodes] {
            let once = format!("{{ {field} {{ id __typename }} }}");
            let twice = format!("{{ {field} {{ id }} ... {{ {field} {{ __typename }} }} }}");
            let spread = format!("{{ ...All ...All }} fragment All on Query {once}");
            let expected = caller.query(&once).await;
            for document in [twice, spread] {
                let (answer, reads) = t.reads(caller.query(&document)).await;
                assert_eq!((&answer.text, reads), (&expected.text, 1), "{document}");
            }
        }
    }
}
