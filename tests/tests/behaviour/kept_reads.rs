//! Compiled reads are kept, and callers are known for a moment: neither may answer with another's rows or yesterday's
//! rights.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};
use tests::{both_databases, service::Service};

use crate::fixture::{self, DISTRICT_FAR, FAR, HERE, NEAR};

const HOUSEHOLD: &str =
    "query($code: String!) { household(code: $code) { code loans(first: 5) { nodes { contractNumber } } } }";
const PAGE: &str = "query($first: Int, $after: String, $last: Int, $filter: HouseholdFilter) {
    households(first: $first, after: $after, last: $last, filter: $filter) { nodes { code } pageInfo { endCursor } totalCount } }";

/// Asks until the condition holds. No question that is put later than a second from now may find that it doesn't.
pub async fn within_a_second(gone: impl AsyncFn() -> bool) {
    let since = Instant::now();
    loop {
        let asked = since.elapsed();
        if gone().await {
            return;
        }
        assert!(asked < Duration::from_secs(1), "still there {asked:?} later");
    }
}

both_databases! {
    async fn one_document_shows_each_caller_its_own(t: &Service) {
        let register = fixture::register(t).await;
        let callers = [
            (t.as_role_in("commune_officer", HERE).await, [false, true, false], true),
            (t.as_role_in("commune_officer", NEAR).await, [true, false, false], true),
            (t.as_role_in("bank_officer", DISTRICT_FAR).await, [false, false, true], true),
            (t.as_role("insurance_officer").await, [true, true, true], false),
            (t.as_role("bank_officer").await, [true, true, true], true),
            (t.as_role("bank_officer").await.with("x-purpose", "LOAN_APPRAISAL"), [true, true, true], true),
            (t.as_role("platform_admin").await, [false, false, false], false),
        ];
        // Twice: each is answered by a read of its own first, and then by the one that was kept.
        for round in 0..2 {
            for (caller, sees, reads_loans) in &callers {
                for (home, seen) in register.homes().into_iter().zip(sees) {
                    let answer = caller.ask(HOUSEHOLD, json!({ "code": home.code })).await;
                    let household = &answer.body["data"]["household"];
                    let told = format!("round {round}: {} of {}: {}", caller.name, home.code, answer.text);
                    assert_eq!(household["code"], if *seen { json!(home.code) } else { Value::Null }, "{told}");
                    let loan = &household["loans"]["nodes"][0]["contractNumber"];
                    assert_eq!(*loan, if *seen && *reads_loans { json!(home.contract_number) } else { Value::Null }, "{told}");
                }
            }
        }
    }

    async fn values_are_each_requests_own(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role("dolisa_officer").await;
        let codes: Vec<_> = register.homes().iter().map(|home| home.code.clone()).collect();
        let page = async |variables: Value| {
            let answer = officer.ask(PAGE, variables).await;
            let page = answer.data()["households"].clone();
            let found: Vec<_> = page["nodes"].as_array().unwrap().iter().map(|node| node["code"].as_str().unwrap().to_owned()).collect();
            (found, page["pageInfo"]["endCursor"].clone(), page["totalCount"].clone())
        };
        let (first, end, _) = page(json!({ "first": 1 })).await;
        let (second, end, _) = page(json!({ "first": 1, "after": end })).await;
        let (third, _, _) = page(json!({ "first": 1, "after": end })).await;
        assert_eq!([first, second, third].concat(), codes);
        assert_eq!(page(json!({ "first": 2 })).await.0, codes[..2]);
        assert_eq!(page(json!({ "last": 1 })).await.0, codes[2..]);
        for (unit, code) in [(HERE, &register.here.code), (FAR, &register.far.code)] {
            let (found, _, total) = page(json!({ "first": 5, "filter": { "unit": { "code": unit } } })).await;
            assert_eq!((found, total), (vec![code.clone()], json!(1)));
        }
        for home in register.homes() {
            assert_eq!(officer.ask(HOUSEHOLD, json!({ "code": home.code })).await.data()["household"]["code"], home.code);
        }
    }

    async fn another_value_of_a_nested_argument_is_another_read(t: &Service) {
        let register = fixture::register(t).await;
        let bank = t.as_role("bank_officer").await;
        let document = "query($code: String!, $first: Int!, $statuses: [LoanStatus!]) { household(code: $code) {
            loans(first: $first, filter: { statuses: $statuses }) { nodes { contractNumber } totalCount } } }";
        for (first, statuses, nodes) in [
            (1, json!(["ACTIVE"]), 1), (0, json!(["ACTIVE"]), 0), (1, json!(["REPAID"]), 0), (1, Value::Null, 1), (1, json!(["ACTIVE"]), 1),
        ] {
            let variables = json!({ "code": register.here.code, "first": first, "statuses": statuses });
            let answer = bank.ask(document, variables).await;
            let found = answer.data()["household"]["loans"]["nodes"].as_array().unwrap().len();
            assert_eq!(found, nodes, "{first} {statuses}: {}", answer.text);
        }
    }

    async fn another_day_and_another_selection_are_other_reads(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role("dolisa_officer").await;
        let code = &register.here.code;
        let document = "query($code: String!, $on: Date, $with: Boolean!) { household(code: $code, on: $on) { code address @include(if: $with) } }";
        for (on, with, found) in [
            (Value::Null, true, true), (json!("2020-01-01"), true, false), (Value::Null, false, true), (Value::Null, true, true),
        ] {
            let answer = officer.ask(document, json!({ "code": code, "on": on, "with": with })).await;
            let household = &answer.data()["household"];
            assert_eq!(household.is_null(), !found, "{on} {with}: {}", answer.text);
            assert_eq!(household.get("address").is_some(), found && with, "{on} {with}: {}", answer.text);
        }
        // Errors name the place in their own document.
        let bank = t.as_role("bank_officer").await;
        for (space, column) in [("", 23), ("   ", 26), ("", 23)] {
            let answer = bank.query(&format!("{{ households(first: 1) {{{space} nodes {{ reviews {{ decidedClass }} }} }} }}")).await;
            let at = answer.errors()[0]["locations"][0]["column"].as_u64().unwrap();
            assert_eq!(at, column + 11, "{}", answer.text);
        }
    }

    async fn a_statement_outlives_the_connections_of_before(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role("dolisa_officer").await;
        let asked = async || {
            let answer = officer.ask(HOUSEHOLD, json!({ "code": register.here.code })).await;
            assert_eq!(answer.data()["household"]["code"], register.here.code);
        };
        tokio::join!(asked(), asked(), asked(), asked());
        if t.database.backend == sea_orm::DbBackend::Postgres {
            let ended = t.number("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").await;
            assert!(ended > 1, "{ended}");
        }
        tokio::join!(asked(), asked(), asked(), asked());
    }

    async fn a_read_that_has_to_wait_holds_up_no_other(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role("dolisa_officer").await;
        let household = async || officer.ask(HOUSEHOLD, json!({ "code": register.here.code })).await.data()["household"]["code"].clone();
        let loan = async || {
            let document = "query($n: String!) { loan(contractNumber: $n) { contractNumber } }";
            officer.ask(document, json!({ "n": register.here.contract_number })).await.data()["loan"]["contractNumber"].clone()
        };
        assert_eq!((household().await, loan().await), (json!(register.here.code), json!(register.here.contract_number)));
        let lock = t.app.db.connection.begin().await.unwrap();
        if t.database.backend == sea_orm::DbBackend::Postgres {
            lock.execute_unprepared("LOCK TABLE household IN ACCESS EXCLUSIVE MODE").await.unwrap();
        }
        let others = async {
            // Over every worker's connections, and longer than a short read may take.
            for _ in 0..10 {
                tokio::join!(async { assert_eq!(loan().await, json!(register.here.contract_number)) }, async { assert_eq!(loan().await, json!(register.here.contract_number)) });
            }
            lock.commit().await.unwrap();
        };
        let (first, second, ()) = tokio::join!(household(), household(), others);
        assert_eq!((first, second), (json!(register.here.code), json!(register.here.code)));
    }

    async fn what_a_role_loses_is_gone_on_every_node(t: &Service) {
        let register = fixture::register(t).await;
        let other = t.another_node(|_| {}).await;
        let bank = t.as_role("bank_officer").await;
        let there = other.bearing(&bank.token, &bank.name);
        let loan = async |caller: &tests::service::Caller| {
            let answer = caller.ask(HOUSEHOLD, json!({ "code": register.here.code })).await;
            answer.body["data"]["household"]["loans"]["nodes"][0]["contractNumber"].clone()
        };
        for caller in [&bank, &there] {
            assert_eq!(loan(caller).await, json!(register.here.contract_number));
        }
        t.sql("DELETE FROM role_permission WHERE permission = 'loan:read'").await;
        assert_eq!(loan(&bank).await, Value::Null);
        within_a_second(async || loan(&there).await.is_null()).await;
        t.sql("UPDATE token SET revoked_at = 1").await;
        assert_eq!(bank.query("{ viewer { client } }").await.status, 401);
        within_a_second(async || there.query("{ viewer { client } }").await.status == 401).await;
    }
}
