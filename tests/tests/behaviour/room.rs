//! How much memory answers may take: one answer, and all of a node together with those whose readers don't read.

use std::time::Duration;

use ansinh::config::{Config, Limits};
use sea_orm::DbBackend;
use serde_json::{Value, json};
use tests::{
    database::TestDatabase,
    service::{Answer, Caller, Service},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};

use crate::fixture;

const MEGA: usize = 1 << 20;
/// Letters of an address here.
const LONG: usize = 20_000;

/// A service with three households of a long address, whose bank has these limits.
async fn service(backend: DbBackend, answers_bytes: usize, limits: impl FnOnce(&mut Limits)) -> Service {
    let configure = |config: &mut Config| {
        config.answers_bytes = answers_bytes;
        let mut bank = config.limits;
        limits(&mut bank);
        config.role_limits.insert("bank_officer".into(), bank);
    };
    let t = Service::with(TestDatabase::new(backend).await, configure).await;
    fixture::register(&t).await;
    t.sql(&format!("UPDATE household SET address = '{}'", "x".repeat(LONG))).await;
    t
}

/// Three households, each with so many times its address.
fn addresses(times: usize, first: usize) -> String {
    let fields: String = (0..times).map(|number| format!(" a{number}: address")).collect();
    format!("households(first: {first}) {{ nodes {{{fields} }} }}")
}

fn query(fields: &str) -> String {
    format!("{{ {fields} }}")
}

/// That a root field alone is refused, in words that say what to do.
fn refused_alone(answer: &Answer, root: &str, words: &str) {
    answer.refused("LIMIT_EXCEEDED", "");
    let error = &answer.body["errors"][0];
    assert_eq!((answer.status, &error["path"]), (200, &json!([root])), "{error}");
    assert_eq!(answer.body["data"][root], Value::Null);
    assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    assert!(!error["extensions"]["messageVi"].as_str().unwrap().is_empty());
}

/// Asks, and reads nothing of the answer but its first byte for as long as the stream lives.
async fn leave_unread(t: &Service, caller: &Caller, document: &str) -> tokio::net::TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(t.address()).await.unwrap();
    let body = json!({ "query": document }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        caller.token(),
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    let mut first = [0];
    stream.read_exact(&mut first).await.unwrap();
    stream
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
    an_answer_has_a_greatest_length_and_the_rest_of_the_document_stands(backend) {
        let t = service(backend, 32 * MEGA, |bank| bank.answer_bytes = 4 * MEGA).await;
        let (bank, other) = (t.as_role("bank_officer").await, t.as_role("dolisa_officer").await);
        let (within, beyond) = (addresses(60, 10), addresses(75, 10));
        let (answer, reads) = t.reads(bank.query(&query(&within))).await;
        let nodes = answer.data()["households"]["nodes"].as_array().unwrap();
        assert_eq!((nodes.len(), nodes[2]["a59"].as_str().unwrap().len()), (3, LONG));
        // Texts are hardly ever as long, so it was read for less first.
        assert_eq!(reads, 2);
        let answer = bank.query(&query(&format!("{beyond} programs {{ code }}"))).await;
        refused_alone(&answer, "households", "longer than 4194304 bytes");
        assert!(answer.body["data"]["programs"].as_array().unwrap().len() > 1);
        // Root fields count together, whichever is read last.
        let two = query(&format!("one: {} other: {}", addresses(40, 10), addresses(40, 10)));
        let answer = bank.query(&two).await;
        let [one, other_one] = ["one", "other"].map(|root| answer.body["data"][root].is_null());
        assert_ne!(one, other_one, "one of them fits");
        answer.refused("LIMIT_EXCEEDED", "");
        for document in [query(&beyond), two] {
            other.query(&document).await.data();
        }
    }

    what_is_written_counts_and_not_what_was_read(backend) {
        let t = service(backend, 32 * MEGA, |bank| bank.answer_bytes = 40_000).await;
        let bank = t.as_role("bank_officer").await;
        // Next to nothing is read; the key is long and comes with every record, edge, page and computed value.
        for below in ["nodes { KEY: version }", "edges { KEY: cursor }", "nodes { members { KEY: __typename } }"] {
            let document = |letters: usize| query(&format!("households(first: 10) {{ {below} }}")).replace("KEY", &"k".repeat(letters));
            bank.query(&document(4_000)).await.data();
            refused_alone(&bank.query(&document(15_000)).await, "households", "longer than 40000 bytes");
        }
    }

    records_of_several_ids_and_of_a_change_are_bounded_too(backend) {
        let t = service(backend, 32 * MEGA, |bank| bank.answer_bytes = MEGA).await;
        let bank = t.as_role("bank_officer").await;
        let ids = bank.query("{ households(first: 3) { nodes { id } } }").await;
        let ids: Vec<_> = ids.data()["households"]["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
        let nodes = |times: usize| {
            let fields: String = (0..times).map(|number| format!(" a{number}: address")).collect();
            format!("query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Household {{{fields} }} }} }}")
        };
        let answer = bank.ask(&nodes(15), json!({ "ids": ids })).await;
        assert_eq!(answer.data()["nodes"][2]["a14"].as_str().unwrap().len(), LONG);
        let answer = bank.ask(&nodes(20), json!({ "ids": ids })).await;
        answer.refused("LIMIT_EXCEEDED", "");
        // What was written stands; only showing it is refused.
        let fields: String = (0..60).map(|number| format!(" a{number}: address")).collect();
        let document = format!("mutation($input: RecordRepaymentsInput!) {{ recordRepayments(input: $input) {{ results {{ status loan {{ household {{{fields} }} }} }} }} }}");
        let before = t.number("SELECT count(*) FROM loan_transaction").await;
        let contract = t.texts("SELECT contract_number FROM loan ORDER BY id").await.remove(0);
        let item = json!({ "contractNumber": contract, "reference": "R-1", "occurredOn": "2026-11-20", "principal": 1, "interest": 0 });
        let input = json!({ "idempotencyKey": "long-answer", "items": [item] });
        let answer = bank.ask(&document, json!({ "input": input })).await;
        answer.refused("LIMIT_EXCEEDED", "");
        assert_eq!(t.number("SELECT count(*) FROM loan_transaction").await, before + 1);
        let short = document.replace(&fields, " code ");
        bank.ask(&short, json!({ "input": input })).await.data();
        assert_eq!(t.number("SELECT count(*) FROM loan_transaction").await, before + 1);
    }

    batches_at_a_time_are_all_answered(backend) {
        // Each of them alone may usually need all that the client has.
        let t = service(backend, MEGA / 2, |bank| bank.answer_bytes = MEGA / 4).await;
        let bank = t.as_role("bank_officer").await;
        let contract = t.texts("SELECT contract_number FROM loan ORDER BY id").await.remove(0);
        let document = "mutation($input: RecordRepaymentsInput!) { recordRepayments(input: $input) { results { status
            loan { contractNumber version } transactions { reference amount balanceAfter } } } }";
        let ask = async |batch: usize| {
            let items = (0..200).map(|number| json!({ "contractNumber": contract, "reference": format!("R-{batch}-{number}"),
                "occurredOn": "2026-11-20", "principal": 1, "interest": 0 }));
            let input = json!({ "idempotencyKey": format!("batch-{batch}"), "items": items.collect::<Vec<_>>() });
            bank.ask(document, json!({ "input": input })).await
        };
        let answers = tokio::join!(ask(0), ask(1), ask(2), ask(3), ask(4), ask(5));
        let answers = <[Answer; 6]>::from(answers);
        for (batch, answer) in answers.iter().enumerate() {
            let results = answer.data()["recordRepayments"]["results"].as_array().unwrap();
            assert_eq!((results.len(), &results[199]["transactions"][0]["reference"]), (200, &json!(format!("R-{batch}-199"))));
        }
    }

    who_does_not_read_fills_no_more_than_its_share(backend) {
        let t = service(backend, 16 * MEGA, |bank| *bank = Limits { request_time: Duration::from_secs(2), ..*bank }).await;
        let (bank, other) = (t.as_role("bank_officer").await, t.as_role("dolisa_officer").await);
        // 6 MB, of which the kernel takes in some.
        let long = query(&addresses(100, 10));
        let unread = leave_unread(&t, &bank, &long).await;
        // Such an answer has no room while that one has not been read, however it turns out.
        refused_alone(&bank.query(&long).await, "households", "other long answers are being sent");
        let (answer, reads) = t.reads(bank.query(&query(&addresses(150, 1_000)))).await;
        answer.refused("LIMIT_EXCEEDED", "");
        assert_eq!((answer.status, reads), (429, 0));
        assert_eq!(answer.headers["retry-after"], "1");
        // Short ones go on, and so does everybody else.
        bank.query("{ programs { code } }").await.data();
        other.query(&long).await.data();
        drop(unread);
        let again = async { while bank.query(&long).await.body["data"]["households"].is_null() {} };
        tokio::time::timeout(Duration::from_secs(20), again).await.expect("the room is free again");
    }

    many_who_do_not_read_are_refused_and_not_kept(backend) {
        let t = service(backend, 16 * MEGA, |bank| *bank = Limits { request_time: Duration::from_millis(500), ..*bank }).await;
        let bank = t.as_role("bank_officer").await;
        let long = query(&addresses(100, 10));
        let mut unread = Vec::new();
        for _ in 0..24 {
            unread.push(leave_unread(&t, &bank, &long).await);
        }
        assert!(t.app.places.in_use() <= 8 * MEGA, "one client has half");
        drop(unread);
        let sent = async { while t.app.places.in_use() > 0 { tokio::task::yield_now().await; } };
        tokio::time::timeout(Duration::from_secs(20), sent).await.expect("all is given back");
    }
}
