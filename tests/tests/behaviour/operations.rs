//! Trusted documents: a client may be bound to the operations that it has registered.

use ansinh::{
    operations::{Digest, server},
    schema::global_id,
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
};

const PROGRAMS: &str = "query Programs { programs { code } }";
const BY_CODE: &str = "query($code: String!) { program(code: $code) { code } }";
const REGISTER: &str = "mutation($input: RegisterOperationsInput!) { registerOperations(input: $input) {
    documentIds client { registeredOnly operations(first: 10) { nodes { sha256 name document } } } } }";
const RESTRICT: &str = "mutation($input: RestrictToRegisteredInput!) { restrictToRegistered(input: $input) {
    client { version registeredOnly } } }";

fn id(document: &str) -> String {
    format!("sha256:{}", Digest::of(document))
}

fn persisted(document: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": Digest::of(document).to_string() } })
}

/// An administrator of DOLISA, a system of DOLISA, and that system's global id.
async fn cast(t: &Service) -> (Caller, Caller, String) {
    let admin = t.as_roles_in(&["agency_admin"], "DOLISA", "83").await;
    let system = t.as_role("dolisa_officer").await;
    let key = t.number(&format!("SELECT id FROM client WHERE name = '{}'", system.name)).await;
    (admin, system, global_id::encode("Client", key))
}

async fn register(admin: &Caller, client: &str, documents: &[&str]) -> Answer {
    admin.ask(REGISTER, json!({ "input": { "clientId": client, "documents": documents } })).await
}

async fn restrict(admin: &Caller, client: &str, version: i32, on: bool) -> Answer {
    let input = json!({ "clientId": client, "expectedVersion": version, "registeredOnly": on });
    admin.ask(RESTRICT, json!({ "input": input })).await
}

#[track_caller]
fn not_registered(answer: &Answer) {
    answer.refused("FORBIDDEN", "");
    assert_eq!((answer.status, answer.body.get("data")), (403, None), "{}", answer.body);
}

both_databases! {
    async fn a_registered_document_is_run_by_its_digest(t: &Service) {
        let (admin, system, client) = cast(t).await;
        let answer = register(&admin, &client, &[PROGRAMS, BY_CODE, PROGRAMS]).await;
        let payload = &answer.data()["registerOperations"];
        assert_eq!(payload["documentIds"], json!([id(PROGRAMS), id(BY_CODE), id(PROGRAMS)]));
        assert_eq!(payload["client"]["operations"]["nodes"], json!([
            { "sha256": Digest::of(PROGRAMS).to_string(), "name": "Programs", "document": PROGRAMS },
            { "sha256": Digest::of(BY_CODE).to_string(), "name": null, "document": BY_CODE },
        ]));
        // Again: nothing new.
        let again = register(&admin, &client, &[PROGRAMS]).await;
        assert_eq!(again.data()["registerOperations"]["client"], payload["client"]);
        let entries = "SELECT count(*) FROM audit_entry WHERE operation = 'registerOperations' AND subject_type = 'Client' AND fields = 'operations'";
        assert_eq!(t.number(entries).await, 2);

        let expected = system.query(PROGRAMS).await;
        for body in [
            json!({ "documentId": id(PROGRAMS) }),
            json!({ "documentId": id(PROGRAMS), "query": null }),
            json!({ "extensions": persisted(PROGRAMS) }),
            json!({ "documentId": id(PROGRAMS), "extensions": persisted(PROGRAMS), "query": PROGRAMS }),
        ] {
            assert_eq!(system.send(&body).await.text, expected.text, "{body}");
        }
        let by_code = json!({ "documentId": id(BY_CODE), "variables": { "code": "HOUSING_MERIT" } });
        assert_eq!(system.send(&by_code).await.data()["program"]["code"], "HOUSING_MERIT");
        // Its limits hold for it as for any other.
        system.send(&json!({ "documentId": id(BY_CODE) })).await.refused("BAD_USER_INPUT", "code");
    }

    async fn a_digest_that_names_nothing_or_another_document_is_refused(t: &Service) {
        let (admin, system, client) = cast(t).await;
        register(&admin, &client, &[PROGRAMS]).await.data();
        let other = t.as_role("auditor").await;
        for (caller, body, code) in [
            (&system, json!({ "documentId": id(BY_CODE) }), "NOT_FOUND"),
            (&system, json!({ "extensions": persisted(BY_CODE) }), "NOT_FOUND"),
            // What one client has registered is no other's.
            (&other, json!({ "documentId": id(PROGRAMS) }), "NOT_FOUND"),
            (&system, json!({ "documentId": id(PROGRAMS), "query": BY_CODE }), "BAD_USER_INPUT"),
            (&system, json!({ "documentId": id(PROGRAMS), "extensions": persisted(BY_CODE) }), "BAD_USER_INPUT"),
            (&system, json!({ "documentId": Digest::of(PROGRAMS).to_string() }), "BAD_USER_INPUT"),
            (&system, json!({ "documentId": id(PROGRAMS).to_uppercase() }), "BAD_USER_INPUT"),
            (&system, json!({ "documentId": 7 }), "BAD_USER_INPUT"),
            (&system, json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": Digest::of(PROGRAMS).to_string() } } }), "BAD_USER_INPUT"),
            (&system, json!({ "extensions": { "persistedQuery": "x" } }), "BAD_USER_INPUT"),
        ] {
            let answer = caller.send(&body).await;
            answer.refused(code, "documentId");
            assert_eq!((answer.status, answer.body.get("data")), (400, None), "{body}");
        }
        system.send(&json!({})).await.refused("BAD_USER_INPUT", "query");
        // As Apollo's clients go on: the document with its digest.
        system.send(&json!({ "query": BY_CODE, "extensions": persisted(BY_CODE), "variables": { "code": "x" } })).await.data();
    }

    async fn a_bound_client_runs_what_it_has_registered_and_nothing_else(t: &Service) {
        let (admin, system, client) = cast(t).await;
        register(&admin, &client, &[PROGRAMS]).await.data();
        restrict(&admin, &client, 7, true).await.refused("CONFLICT", "expectedVersion");
        system.query("{ __typename }").await.data();
        let answer = restrict(&admin, &client, 1, true).await;
        assert_eq!(answer.data()["restrictToRegistered"]["client"], json!({ "version": 2, "registeredOnly": true }));
        assert_eq!(t.number("SELECT count(*) FROM audit_entry WHERE operation = 'restrictToRegistered' AND fields = 'registeredOnly'").await, 1);

        system.query(PROGRAMS).await.data();
        system.send(&json!({ "documentId": id(PROGRAMS) })).await.data();
        for body in [
            json!({ "query": "{ __typename }" }),
            json!({ "query": format!("{PROGRAMS} ") }),
            json!({ "query": format!("{PROGRAMS} query Other {{ households(first: 1) {{ nodes {{ id }} }} }}"), "operationName": "Other" }),
            json!({ "query": BY_CODE, "extensions": persisted(BY_CODE) }),
            json!({ "documentId": id(BY_CODE) }),
            json!({ "extensions": persisted("") }),
            json!({ "query": "" }),
            json!({ "query": "not GraphQL" }),
        ] {
            let (answer, reads) = t.reads(system.send(&body)).await;
            not_registered(&answer);
            assert_eq!(reads, 0);
        }
        system.send(&json!({ "query": BY_CODE, "documentId": id(PROGRAMS) })).await.refused("BAD_USER_INPUT", "documentId");
        // A document that is taken back is gone within a second.
        let digest = Digest::of(PROGRAMS);
        assert!(server::remove(&t.app, &system.name, digest).await.unwrap_or_else(|failure| panic!("{}", failure.message)));
        t.clock.advance(TimeDelta::seconds(1));
        not_registered(&system.send(&json!({ "documentId": id(PROGRAMS) })).await);
        restrict(&admin, &client, 2, false).await.data();
        system.query(PROGRAMS).await.data();
    }

    async fn only_an_administrator_of_the_client_s_agency_registers_and_binds(t: &Service) {
        let (_, system, client) = cast(t).await;
        let elsewhere = t.as_roles_in(&["agency_admin"], "VBSP", "83").await;
        register(&elsewhere, &client, &[PROGRAMS]).await.refused("NOT_FOUND", "input.clientId");
        restrict(&elsewhere, &client, 1, true).await.refused("NOT_FOUND", "input.clientId");
        let missing = global_id::encode("Client", 999_999);
        register(&elsewhere, &missing, &[PROGRAMS]).await.refused("NOT_FOUND", "input.clientId");
        register(&system, &client, &[PROGRAMS]).await.refused("FORBIDDEN", "");
        restrict(&system, &client, 1, false).await.refused("FORBIDDEN", "");
        assert_eq!(t.number("SELECT count(*) FROM client_operation").await, 0);
        assert_eq!(t.number("SELECT count(*) FROM client WHERE registered_only").await, 0);
    }

    async fn a_document_that_could_not_be_run_is_not_registered(t: &Service) {
        let (admin, _, client) = cast(t).await;
        let deep = format!("{{ adminUnits {{ {} code {} }} }}", "parent { ".repeat(20), "} ".repeat(20));
        for (bad, code) in [
            ("{ nothing }", "BAD_USER_INPUT"),
            ("{ programs { code }", "BAD_USER_INPUT"),
            ("", "BAD_USER_INPUT"),
            ("query A { programs { code } } query B { nothing }", "BAD_USER_INPUT"),
            ("query($x: Nothing!) { program(code: $x) { code } }", "BAD_USER_INPUT"),
            ("{ ...A } fragment A on Query { ...A }", "LIMIT_EXCEEDED"),
            (&deep, "LIMIT_EXCEEDED"),
        ] {
            register(&admin, &client, &[PROGRAMS, bad]).await.refused(code, "input.documents.1");
        }
        register(&admin, &client, &[]).await.refused("BAD_USER_INPUT", "input.documents");
        register(&admin, &client, &vec![PROGRAMS; 1_001]).await.refused("LIMIT_EXCEEDED", "input.documents");
        assert_eq!(t.number("SELECT count(*) FROM client_operation").await, 0);
        // What variables decide is asked when it runs.
        register(&admin, &client, &["query A { programs { code } } query B($n: Int!) { households(first: $n) { totalCount } }"]).await.data();
    }

    async fn a_token_of_another_client_of_the_agency_is_not_bound(t: &Service) {
        let (admin, system, client) = cast(t).await;
        // Bound to nothing, a client could do nothing, an administrator not even set itself free.
        restrict(&admin, &client, 1, true).await.refused("BAD_USER_INPUT", "input.registeredOnly");
        register(&admin, &client, &[PROGRAMS]).await.data();
        restrict(&admin, &client, 1, true).await.data();
        not_registered(&system.query("{ __typename }").await);
        t.as_role_in("dolisa_officer", "829").await.query("{ __typename }").await.data();
    }
}
