//! One statement a root field, at any depth and any number of rows; and every field of every type is read.

use sea_orm::{ConnectionTrait, TransactionTrait};
use tests::{both_databases, service::Service};

use crate::{
    fixture,
    walk::{self, Schema},
};

/// How many reads a root field takes.
fn expected(root: &str, types: usize, depth: usize) -> usize {
    match root {
        // One for each type that the ids name.
        "nodes" => types,
        // Whether the record is seen; and, where they are selected, the owners of its fields.
        "explainAccess" => depth,
        _ => 1,
    }
}

both_databases! {
    async fn every_root_field_is_one_statement(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let schema = Schema::ask(&reader).await;
        let nodes = walk::a_node_of_each(t).await;
        let ids: Vec<_> = nodes.iter().map(|(_, id)| id.clone()).collect();
        for (name, root) in schema.roots(&register.here, &ids, 2) {
            let expected = expected(&name, nodes.len(), 2);
            let (answer, reads) = t.reads(reader.query(&format!("{{ {root} }}"))).await;
            assert!(!answer.data()[&name].is_null(), "{name} finds something");
            assert_eq!(reads, expected, "{name}");
        }
        // Each occurrence under a key of its own counts.
        for (name, root) in schema.roots(&register.here, &ids, 1) {
            let expected = expected(&name, nodes.len(), 1);
            let (answer, reads) = t.reads(reader.query(&format!("{{ a: {root} b: {root} }}"))).await;
            assert_eq!(answer.data()["a"], answer.data()["b"]);
            assert_eq!(reads, 2 * expected, "{name} twice");
        }
    }

    async fn the_number_of_statements_does_not_grow_with_rows_or_depth(t: &Service) {
        fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let document = "{ households(first: 20) { totalCount nodes { members { household { loans(first: 1) { nodes {
            transactions(first: 3) { nodes { id } } borrower { insurance { id } household { reviews { standard { code } }
            benefits(first: 1) { edges { node { payments(first: 1) { totalCount } history { by { successors { code } } }
            } } } } } } } } } } } }";
        let (few, reads) = t.reads(reader.query(document)).await;
        assert_eq!((reads, few.data()["households"]["totalCount"].as_u64()), (1, Some(3)));
        for number in 10..20 {
            fixture::home(t, fixture::FAR, number).await;
        }
        let (many, reads) = t.reads(reader.query(document)).await;
        assert_eq!((reads, many.data()["households"]["totalCount"].as_u64()), (1, Some(13)));
    }

    async fn one_receipt_takes_few_statements(t: &Service) {
        let register = fixture::register(t).await;
        let bank = t.as_role("bank_officer").await;
        let document = "mutation($input: RecordRepaymentsInput!) { recordRepayments(input: $input) { results { status loan { version } } } }";
        let item = |reference: &str| serde_json::json!({ "contractNumber": register.here.contract_number, "reference": reference,
            "occurredOn": "2026-11-20", "principal": 1, "interest": 0 });
        let input = |key: &str, items: &[&str]| serde_json::json!({ "input": { "idempotencyKey": key,
            "items": items.iter().map(|reference| item(reference)).collect::<Vec<_>>() } });
        // Who asks is known for a moment.
        bank.ask(document, input("before", &["R-0"])).await.data();
        let (mut answer, mut counts) = (None, Vec::new());
        for (key, items) in [("one", &["R-1"][..]), ("three", &["R-2", "R-3", "R-4"]), ("one", &["R-1"])] {
            let statements = t.statements(async { answer = Some(bank.ask(document, input(key, items)).await) }).await;
            let answer = answer.take().unwrap();
            assert_eq!(answer.data()["recordRepayments"]["results"][0]["status"], "APPLIED");
            counts.push(statements.len());
        }
        // Within BEGIN and COMMIT: whether the key is known, the loans, their books, what they come to with the receipts, and the rest with the key. Then the
        // records of the answer and the ledger. A retry finds its outcome.
        let whole = if t.database.backend == DbBackend::Postgres { 7 } else { 10 };
        assert_eq!(counts, [whole, whole, 3]);
    }

    async fn every_field_of_every_type_is_read(t: &Service) {
        fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let schema = Schema::ask(&reader).await;
        for (ty, id) in walk::a_node_of_each(t).await {
            let selection = schema.select(ty, 2);
            let document = format!("query($id: ID!) {{ node(id: $id) {{ __typename ... on {ty} {selection} }} }}");
            let answer = reader.ask(&document, serde_json::json!({ "id": id })).await;
            assert_eq!(answer.data()["node"]["__typename"], ty);
        }
    }

    async fn an_answer_by_several_ids_is_one_statement_for_each_type(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let homes = register.homes().map(|home| home.id.clone());
        let agency = walk::global_id("Agency", "1");
        let missing = walk::global_id("Household", "999999");
        let ids = [&homes[2], &agency, &missing, &homes[0], &homes[2]];
        let document = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Household { code } } }";
        let (answer, reads) = t.reads(reader.ask(document, serde_json::json!({ "ids": ids }))).await;
        assert_eq!(reads, 2);
        let far = serde_json::json!({ "id": homes[2], "code": register.far.code });
        let near = serde_json::json!({ "id": homes[0], "code": register.near.code });
        assert_eq!(answer.data()["nodes"], serde_json::json!([far, { "id": agency }, null, near, far]));
    }
    async fn a_hidden_record_is_no_more_work_than_a_missing_one_and_is_not_locked(t: &Service) {
        let register = fixture::register(t).await;
        let key = |table: &str| format!("SELECT CAST(x.id AS TEXT) FROM {table} x JOIN household h ON h.id = x.household_id WHERE h.code = '{}'", register.far.code);
        let [review, sponsorship] = [t.texts(&key("poverty_review")).await.remove(0), t.texts(&key("sponsorship")).await.remove(0)];
        let coverage = t.texts(&format!("SELECT CAST(max(c.id) AS TEXT) FROM insurance_coverage c JOIN person p ON p.id = c.person_id WHERE p.household_id = {}", register.far.key)).await.remove(0);
        let entry = t.texts("SELECT CAST(max(id) AS TEXT) FROM loan_transaction").await.remove(0);
        let admin = t.as_roles_in(&["agency_admin"], "VFF", "83").await;
        let token = t.texts("SELECT CAST(max(t.id) AS TEXT) FROM token t JOIN client k ON k.id = t.client_id JOIN agency a ON a.id = k.agency_id WHERE a.code = 'CPC'").await.remove(0);
        let decided = "decidedClass: POOR, decisionNumber: \"QD-9\", effectiveFrom: \"2026-11-20\"";
        let reversed = "occurredOn: \"2026-11-20\", reference: \"R-1\", reason: \"nhầm\"";
        for (caller, mutation, id, table, key, rest) in [
            (t.as_role_in("commune_officer", fixture::HERE).await, "decideReview", ("reviewId", "PovertyReview"), "poverty_review", &review, decided),
            (t.as_role_in("insurance_officer", fixture::HERE).await, "endInsurance", ("id", "InsuranceCoverage"), "insurance_coverage", &coverage,
                "endedOn: \"2026-11-20\", reason: \"hết\""),
            (t.as_role_in("bank_officer", fixture::HERE).await, "reverseLoanTransaction", ("transactionId", "LoanTransaction"), "loan_transaction", &entry, reversed),
            (t.as_role_in("front_officer", fixture::HERE).await, "endSponsorship", ("id", "Sponsorship"), "sponsorship", &sponsorship, "endsOn: \"2026-11-20\""),
            (admin, "revokeToken", ("id", "Token"), "token", &token, "reason: \"x\""),
        ] {
            let version = if mutation == "revokeToken" { "" } else { "expectedVersion: 1," };
            let change = |of: &str| format!("mutation {{ {mutation}(input: {{ {}: \"{}\", {version} {rest} }}) {{ __typename }} }}", id.0, walk::global_id(id.1, of));
            caller.query("{ viewer { client } }").await.data();
            let db = t.database.connect().await;
            let held = db.begin().await.unwrap();
            if t.database.backend == DbBackend::Postgres {
                held.execute_unprepared(&format!("SELECT 1 FROM {table} WHERE id = {key} FOR UPDATE")).await.unwrap();
            }
            let mut counts = Vec::new();
            for of in [key.as_str(), "999999"] {
                let mut answer = None;
                counts.push(t.statements(async { answer = Some(caller.query(&change(of)).await) }).await);
                assert_eq!(answer.unwrap().code(0), "NOT_FOUND", "{mutation}");
            }
            held.rollback().await.unwrap();
            assert_eq!(counts[0].len(), counts[1].len(), "{mutation}: {counts:#?}");
        }
    }
}
