//! Limits of a role, each met by what is just within it and by what is just beyond.

use std::time::Duration;

use ansinh::config::{Config, Limits};
use chrono::TimeDelta;
use sea_orm::DbBackend;
use serde_json::{Value, json};
use tests::{
    both_databases,
    database::TestDatabase,
    service::{Answer, Caller, Service},
};
use tokio::task::JoinSet;

use crate::fixture;

/// A service whose bank has these limits; everybody else has the usual ones.
async fn service(backend: DbBackend, limits: impl FnOnce(&mut Limits)) -> Service {
    let database = TestDatabase::new(backend).await;
    let configure = |config: &mut Config| {
        let mut bank = config.limits;
        limits(&mut bank);
        config.role_limits.insert("bank_officer".into(), bank);
    };
    Service::with(database, configure).await
}

/// That the caller is refused before anything runs, and told what was found and what is allowed.
async fn refused(caller: &Caller, document: &str, found: usize, most: usize) {
    let answer = caller.query(document).await;
    answer.refused("LIMIT_EXCEEDED", "");
    assert_eq!((answer.status, answer.body.get("data")), (400, None), "{}", answer.body);
    for words in [&answer.body["errors"][0]["message"], &answer.body["errors"][0]["extensions"]["messageVi"]] {
        let words = words.as_str().unwrap();
        assert!(words.contains(&found.to_string()) && words.contains(&most.to_string()), "{words}");
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

macro_rules! on_both {
    ($($name:ident($backend:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn behaviour($backend: DbBackend) $body

            #[tokio::test]
            async fn sqlite() {
                behaviour(DbBackend::Sqlite).await;
            }

            #[tokio::test]
            #[cfg_attr(no_postgres, ignore = "no PostgreSQL 15 or newer on this machine")]
            async fn postgres() {
                behaviour(DbBackend::Postgres).await;
            }
        }
    )+};
}

on_both! {
    a_document_is_measured_by_the_limits_of_the_role(backend) {
        let t = service(backend, |bank| {
            *bank = Limits { depth: 4, root_fields: 2, fields: 12, aliases: 3, directives: 2, tokens: 60, ..*bank };
        }).await;
        let (bank, other) = (t.as_role("bank_officer").await, t.as_role("dolisa_officer").await);
        let both = t.as_roles_in(&["bank_officer", "auditor"], "VBSP", "83").await;
        let deep = |levels: usize| format!("{{ adminUnits(level: PROVINCE) {{ {} code {} }} }}", "parent {".repeat(levels), "}".repeat(levels));
        let roots = |n: usize| format!("{{ {} }}", "agencies { code } programs { code } roles { code }".split("} ").take(n).map(|root| format!("{} }}", root.trim_end_matches(" }"))).collect::<String>());
        let aliases = |n: usize| format!("{{ agencies {{ {} }} }}", (0..n).map(|n| format!("a{n}: code ")).collect::<String>());
        let directives = |n: usize| format!("{{ agencies {{ {} }} }}", "code @include(if: true) ".repeat(n));
        let fields = |n: usize| format!("{{ agencies {{ ...F }} }} fragment F on Agency {{ {} }}", "code ".repeat(n - 1));
        let tokens = |n: usize| format!("{{ agencies(x: [{}]) {{ code }} }}", "1 ".repeat(n - 12));
        for (within, beyond, found, most) in [
            (deep(2), deep(3), 5, 4),
            (roots(2), roots(3), 3, 2),
            (aliases(3), aliases(4), 4, 3),
            (directives(2), directives(3), 3, 2),
            (fields(12), fields(13), 13, 12),
        ] {
            bank.query(&within).await.data();
            refused(&bank, &beyond, found, most).await;
            other.query(&beyond.replace("roles { code }", "povertyStandards { id }")).await.data();
            // Of two roles, the wider limit of each number.
            both.query(&beyond.replace("roles { code }", "povertyStandards { id }")).await.data();
        }
        // Whether there is such an argument is asked only of a document of this length.
        bank.query(&tokens(60)).await.refused("BAD_USER_INPUT", "");
        refused(&bank, &tokens(61), 61, 60).await;
    }

    what_an_answer_may_hold_at_worst_is_known_before_anything_runs(backend) {
        // The connection, and for each household itself, its code and ten members with a name.
        let t = service(backend, |bank| bank.cost = 1 + 100 * (2 + 10 * 2)).await;
        let bank = t.as_role("bank_officer").await;
        let page = |first: usize| format!("{{ households(first: {first}) {{ nodes {{ code members {{ fullName }} }} }} }}");
        bank.query(&page(100)).await.data();
        let statements = t.statements(async { refused(&bank, &page(101), 1 + 101 * 22, 2_201).await }).await;
        assert!(!statements.iter().any(|statement| statement.starts_with("/*read*/")), "{statements:?}");
        // All root fields count together, and the dearest one is named.
        let two = "{ few: households(first: 40) { nodes { code members { fullName } } } many: households(first: 61) { nodes { code members { fullName } } } }";
        refused(&bank, two, 2 + 101 * 22, 2_201).await;
        let answer = bank.query(two).await;
        assert!(answer.body["errors"][0]["message"].as_str().unwrap().contains("many"), "{}", answer.body);
        let variables = json!({ "first": 101 });
        bank.ask("query($first: Int) { households(first: $first) { nodes { code members { fullName } } } }", variables).await.refused("LIMIT_EXCEEDED", "");
    }

    the_schema_s_own_description_is_not_for_free(backend) {
        let t = service(backend, |_| ()).await;
        let bank = t.as_role("bank_officer").await;
        let within = "type { fields { ".repeat(5);
        let deep = format!("{{ __schema {{ types {{ fields {{ {within} name {} }} }} }} }}", "} }".repeat(5));
        let answer = bank.query(&deep).await;
        answer.refused("LIMIT_EXCEEDED", "");
        assert_eq!(answer.status, 400);
        bank.query("{ __schema { types { name fields { name args { name } type { name ofType { name } } } } } }").await.data();
    }

    a_batch_and_the_errors_of_an_answer_are_bounded(backend) {
        let t = service(backend, |bank| *bank = Limits { batch_items: 2, errors: 3, ..*bank }).await;
        fixture::register(&t).await;
        let bank = t.as_role("bank_officer").await;
        let receipts = |count: usize| json!({ "input": { "idempotencyKey": format!("receipts-{count}"), "items": vec![json!({ "contractNumber": "none", "reference": "1",
            "occurredOn": "2026-11-20", "principal": 1, "interest": 0 }); count] } });
        let document = "mutation($input: RecordRepaymentsInput!) { recordRepayments(input: $input) { results { status } } }";
        let within = bank.ask(document, receipts(2)).await;
        assert_ne!(within.errors().first().map(|error| &error["extensions"]["code"]), Some(&json!("LIMIT_EXCEEDED")), "{}", within.body);
        bank.ask(document, receipts(3)).await.refused("LIMIT_EXCEEDED", "input.items");

        // Two forbidden fields of each of the two people of each household.
        let household = |code: &str| format!("household(code: \"{code}\") {{ members {{ a: protectedCategories b: protectedCategories }} }}");
        let one = bank.query(&format!("{{ {} }}", household("28757-000002"))).await;
        assert_eq!(one.errors().len(), 4, "{}", one.body);
        assert!(one.body["errors"][3]["message"].as_str().unwrap().starts_with("1 further"), "{}", one.body);
        let two = bank.query(&format!("{{ x: {} y: {} }}", household("28757-000002"), household("28756-000001"))).await;
        assert_eq!(two.errors().len(), 4, "{}", two.body);
        two.refused("FORBIDDEN", "");
        assert_eq!(two.code(3), "LIMIT_EXCEEDED");
        assert_eq!(two.partial()["y"]["members"], json!([{ "a": null, "b": null }, { "a": null, "b": null }]));
    }

    a_body_is_bounded_by_the_role_once_it_is_known(backend) {
        let t = service(backend, |bank| bank.body_bytes = 4_096).await;
        let (bank, other) = (t.as_role("bank_officer").await, t.as_role("dolisa_officer").await);
        let body = |length: usize| json!({ "query": "{ __typename }", "later": "x".repeat(length - 37) });
        assert_eq!(body(4_096).to_string().len(), 4_096);
        bank.send(&body(4_096)).await.data();
        let answer = bank.send(&body(4_097)).await;
        answer.refused("LIMIT_EXCEEDED", "");
        assert_eq!(answer.status, 413);
        other.send(&body(4_097)).await.data();
    }

    requests_of_a_minute_are_counted_and_told(backend) {
        let t = service(backend, |bank| bank.requests_per_minute = Some(3)).await;
        let (bank, other) = (t.as_role("bank_officer").await, t.as_role("dolisa_officer").await);
        for left in [2, 1, 0] {
            let answer = bank.query("{ __typename }").await;
            answer.data();
            assert_eq!(header(&answer, "ratelimit-policy"), r#""requests";q=3;w=60"#);
            assert_eq!(header(&answer, "ratelimit"), format!(r#""requests";r={left};t=60"#));
        }
        t.clock.advance(TimeDelta::milliseconds(20_500));
        let answer = bank.query("{ __typename }").await;
        answer.refused("LIMIT_EXCEEDED", "");
        assert_eq!((answer.status, header(&answer, "retry-after")), (429, "40"));
        assert_eq!(header(&answer, "ratelimit"), r#""requests";r=0;t=40"#);
        // Another client has its own; one without such a limit is told nothing.
        t.as_role_in("bank_officer", "829").await.query("{ __typename }").await.data();
        let answer = other.query("{ __typename }").await;
        assert_eq!((header(&answer, "ratelimit-policy"), header(&answer, "ratelimit")), ("", ""));
        t.clock.advance(TimeDelta::milliseconds(39_500));
        bank.query("{ __typename }").await.data();
    }

    the_cost_of_a_minute_is_a_budget(backend) {
        let t = service(backend, |bank| bank.cost_per_minute = Some(1_000_100)).await;
        let bank = t.as_role("bank_officer").await;
        let page = |first: usize| format!("{{ households(first: {first}) {{ nodes {{ code loans(first: 400) {{ nodes {{ id }} }} }} }} }}");
        // 1 + 1,000 × (3 + 400 × 2)
        let answer = bank.query(&page(1_000)).await;
        answer.data();
        assert_eq!(header(&answer, "ratelimit-policy"), r#""cost";q=1000100;w=60;qu="values""#);
        assert_eq!(header(&answer, "ratelimit"), r#""cost";r=197099;t=60"#);
        let (answer, reads) = t.reads(bank.query(&page(300))).await;
        answer.refused("LIMIT_EXCEEDED", "");
        assert_eq!((answer.status, header(&answer, "retry-after"), reads), (429, "60", 0));
        let words = answer.body["errors"][0]["message"].as_str().unwrap();
        assert!(words.contains("240901") && words.contains("197099"), "{words}");
        // What was refused took nothing.
        bank.query(&page(200)).await.data();
        t.clock.advance(TimeDelta::seconds(60));
        bank.query(&page(300)).await.data();
    }

    a_bulk_reader_leaves_a_counter_clerk_her_turn(backend) {
        let t = service(backend, |bank| bank.concurrency = 2).await;
        fixture::register(&t).await;
        slow_loans(&t, 200_000).await;
        let (bank, clerk) = (t.as_role("bank_officer").await, t.as_role_in("commune_officer", fixture::HERE).await);
        let mut bulk = JoinSet::new();
        for _ in 0..32 {
            let bank = bank.clone();
            bulk.spawn(async move { bank.query("{ households(first: 1000) { totalCount nodes { loans(first: 100) { totalCount } } } }").await });
        }
        // One is answered: the bulk is on its way.
        bulk.join_next().await.unwrap().unwrap().data();
        for _ in 0..5 {
            clerk.query("{ programs { code } }").await.data();
        }
        // The clerk was served while most of the bulk was still in line.
        let mut left = 0;
        let answered = std::iter::from_fn(|| bulk.try_join_next()).count();
        while let Some(answer) = bulk.join_next().await {
            answer.unwrap().data();
            left += 1;
        }
        assert!(left > answered && answered + left == 31, "{answered} answered, {left} in line");
    }

    who_waits_too_long_for_a_turn_is_told_so_and_nothing_was_done(backend) {
        let t = service(backend, |bank| *bank = Limits { concurrency: 1, request_time: Duration::from_millis(400), ..*bank }).await;
        let bank = t.as_role("bank_officer").await;
        let id = t.number("SELECT id FROM client WHERE name LIKE 'bank_officer%'").await;
        let taken = t.app.places.enter(id, 1, Duration::ZERO).await.unwrap_or_else(|_| panic!("a place is free"));
        let (answer, reads) = t.reads(bank.query("{ programs { code } }")).await;
        answer.refused("LIMIT_EXCEEDED", "");
        assert_eq!((answer.status, header(&answer, "retry-after"), reads), (429, "1", 0));
        // A document that is refused, and another client, need not wait.
        bank.query("{ nothing").await.refused("BAD_USER_INPUT", "");
        t.as_role("dolisa_officer").await.query("{ programs { code } }").await.data();
        drop(taken);
        bank.query("{ programs { code } }").await.data();
    }

    a_statement_has_the_time_of_the_role(backend) {
        let t = service(backend, |bank| bank.statement_time = Duration::from_millis(300)).await;
        fixture::register(&t).await;
        slow_loans(&t, 8_000_000).await;
        let (bank, other) = (t.as_role("bank_officer").await, t.as_role("dolisa_officer").await);
        bank.query("{ programs { code } }").await.data();
        let slow = "{ loans(first: 1) { totalCount } }";
        let answer = bank.query(slow).await;
        answer.refused("TIMEOUT", "");
        other.query(slow).await.data();
        if backend == DbBackend::Postgres {
            // The database has stopped it: nothing of it runs any more.
            let running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND datname = current_database() AND query LIKE '/*read*/%'";
            let stopped = async { while t.number(running).await > 0 { tokio::task::yield_now().await; } };
            tokio::time::timeout(Duration::from_secs(5), stopped).await.expect("the statement is stopped");
        }
        bank.query("{ programs { code } }").await.data();
    }
}

/// Makes loans slow to read: a view that counts so far first.
async fn slow_loans(t: &Service, steps: u32) {
    let work =
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {steps}) SELECT count(*) FROM n";
    let work = work.replace("{steps}", &steps.to_string());
    let columns = match t.database.backend {
        DbBackend::Sqlite => "SELECT name FROM pragma_table_info('loan')",
        _ => {
            "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'loan' ORDER BY ordinal_position"
        }
    };
    let columns = t.texts(columns).await.join(", ");
    t.sql(&format!(
        "ALTER TABLE loan RENAME TO loan_kept;
         CREATE VIEW loan AS SELECT {columns} FROM loan_kept WHERE ({work}) > loan_kept.id * 0"
    ))
    .await;
}

both_databases! {
    async fn where_the_rate_is_switched_off_nothing_is_counted(t: &Service) {
        let caller = t.as_role("dolisa_officer").await;
        for _ in 0..50 {
            let answer = caller.query("{ __typename }").await;
            assert_eq!(answer.data(), &json!({ "__typename": "Query" }));
            assert_eq!(answer.headers.get("ratelimit").map(|_| Value::Null), None);
        }
    }

    async fn as_shipped_every_client_has_a_rate_and_a_budget(database: &TestDatabase) {
        let t = Service::with(database.borrowed(), |config| config.limits = Limits::default()).await;
        let caller = t.as_role("dolisa_officer").await;
        let answer = caller.query("{ __typename }").await;
        let policy = r#""requests";q=6000;w=60, "cost";q=100000000;w=60;qu="values""#;
        assert_eq!(header(&answer, "ratelimit-policy"), policy);
        assert_eq!(header(&answer, "ratelimit"), r#""requests";r=5999;t=60, "cost";r=99999999;t=60"#);
        // A hundred of the dearest requests in a minute, and one more.
        let page = "{ households(first: 1000) { nodes { loans(first: 498) { nodes { id } } } } }";
        for _ in 0..100 {
            caller.query(page).await.data();
        }
        let answer = caller.query(page).await;
        assert_eq!((answer.status, answer.code(0)), (429, "LIMIT_EXCEEDED"));
        assert_eq!(header(&answer, "retry-after"), "60");
    }
}
