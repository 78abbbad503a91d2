//! What was acknowledged stays, and what was not is there whole or not at all: when the database goes away under a
//! running service, and when the service itself is killed.

use reqwest::Client;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::{Value, json};
use tests::{
    both_databases,
    database::TestDatabase,
    patience::{PATIENCE, eventually},
    postgres::{Cluster, Durability, Stop},
    process::{Process, Settings},
    service::{Caller, Service},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
    time::timeout,
};

use crate::fixture::HERE;

const WRITERS: usize = 8;

const REGISTER: &str = "mutation($input: RegisterHouseholdInput!) {
    registerHousehold(input: $input) { household { id code version } } }";
const UPDATE: &str = "mutation($input: UpdateHouseholdInput!) {
    updateHousehold(input: $input) { household { code version address } } }";

fn registration(code: &str) -> Value {
    json!({ "input": { "code": code, "communeCode": HERE, "idempotencyKey": code, "members": [
        { "fullName": "Nguyễn Thị Hoa", "relationshipToHead": "HEAD" },
        { "fullName": "Nguyễn Văn Lợi", "relationshipToHead": "CHILD" },
    ] } })
}

/// The first eight characters tell the writer.
fn code(writer: usize, number: usize) -> String {
    format!("{HERE}-{:06}", writer * 10_000 + number)
}

/// Waits for so many messages.
async fn receive<T>(acknowledged: &mut UnboundedReceiver<T>, count: usize) {
    for _ in 0..count {
        timeout(PATIENCE, acknowledged.recv()).await.expect("the writers write").expect("a writer lives");
    }
}

async fn number(db: &DatabaseConnection, query: &str) -> i64 {
    let statement = Statement::from_string(db.get_database_backend(), query);
    let row = db.query_one_raw(statement).await.unwrap_or_else(|error| panic!("{query}: {error}"));
    row.and_then(|row| row.try_get_by_index(0).ok()).unwrap_or_else(|| panic!("{query} gives no number"))
}

/// That each household has its two people, and that the ledger and the feed have one entry for each version of each of
/// the three and none besides.
async fn nothing_is_half_written(db: &DatabaseConnection) {
    let people = "(SELECT count(*) FROM person p WHERE p.household_id = h.id)";
    assert_eq!(number(db, &format!("SELECT count(*) FROM household h WHERE {people} <> 2")).await, 0);
    assert_eq!(number(db, "SELECT count(*) FROM person WHERE household_id IS NULL").await, 0);
    for (table, subject) in [("household", "Household"), ("person", "Person")] {
        let versions = number(db, &format!("SELECT CAST(COALESCE(sum(version), 0) AS BIGINT) FROM {table}")).await;
        let entries = format!("x WHERE subject_type = '{subject}'");
        let of_records = format!("x JOIN {table} r ON r.id = x.subject_id WHERE subject_type = '{subject}'");
        let each = format!("(SELECT DISTINCT subject_id, version FROM change_event {entries}) e");
        for told in [
            format!("audit_entry {entries}"),
            format!("audit_entry {of_records}"),
            format!("change_event {entries}"),
            format!("change_event {of_records} AND x.version <= r.version"),
            each,
        ] {
            assert_eq!(number(db, &format!("SELECT count(*) FROM {told}")).await, versions, "{told}");
        }
    }
}

/// That the household is there once, and was not written less often than acknowledged.
async fn stored(db: &DatabaseConnection, code: &str, version: i64) {
    assert_eq!(number(db, &format!("SELECT count(*) FROM household WHERE code = '{code}'")).await, 1, "{code}");
    let found = number(db, &format!("SELECT CAST(version AS BIGINT) FROM household WHERE code = '{code}'")).await;
    assert!(found >= version, "{code}: version {found}, {version} was acknowledged");
}

/// Registers households until one is refused, and returns the acknowledged ones.
async fn register_until_refused(officer: Caller, writer: usize, acknowledged: UnboundedSender<()>) -> Vec<String> {
    let mut done = Vec::new();
    loop {
        let code = code(writer, done.len());
        let answer = officer.ask(REGISTER, registration(&code)).await;
        if !answer.errors().is_empty() {
            answer.refused("UNAVAILABLE", "");
            return done;
        }
        done.push(code);
        let _ = acknowledged.send(());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "no PostgreSQL 15 or newer on this machine")]
async fn a_database_that_goes_away_and_comes_back_takes_no_acknowledged_write_with_it() {
    let mut cluster = Cluster::start(Durability::Full);
    let t = Service::over(TestDatabase::in_cluster(&cluster).await).await;
    let officer = t.as_role_in("commune_officer", HERE).await;
    let mut acknowledged = Vec::new();
    for (round, how) in [Stop::Immediate, Stop::Fast].into_iter().enumerate() {
        let (sender, mut receiver) = unbounded_channel();
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            writers.spawn(register_until_refused(officer.clone(), round * WRITERS + writer, sender.clone()));
        }
        receive(&mut receiver, 5 * WRITERS).await;
        cluster.stop(how);
        let done = timeout(PATIENCE, writers.join_all()).await.expect("every writer is told");
        acknowledged.extend(done.into_iter().flatten());
        assert_eq!((t.status("/readyz").await, t.status("/healthz").await), (503, 200));
        officer.query("{ agencies { code } }").await.refused("UNAVAILABLE", "");
        // Once it isn't known any more who asks, the whole request is refused.
        let whole = async || officer.query("{ agencies { code } }").await.status == 503;
        eventually("nobody can be looked up", whole).await;

        cluster.resume();
        eventually("the service finds its database again", async || t.status("/readyz").await == 200).await;
        // Nobody meets what is left of the connections of before.
        let mut writers = JoinSet::new();
        for number in 0..4 * WRITERS {
            let (officer, code) = (officer.clone(), code(90 + round, number));
            writers.spawn(async move { officer.ask(REGISTER, registration(&code)).await });
        }
        for answer in writers.join_all().await {
            answer.data();
        }
        let db = t.database.connect().await;
        for code in &acknowledged {
            stored(&db, code, 1).await;
        }
        nothing_is_half_written(&db).await;
    }
}

/// What a process said to a request; none where it died before it answered.
async fn post(client: &Client, url: &str, token: &str, document: &str, variables: &Value) -> Option<Value> {
    let body = json!({ "query": document, "variables": variables });
    let response = client.post(url).bearer_auth(token).json(&body).send().await.ok()?;
    let answer: Value = response.json().await.ok()?;
    assert_eq!(answer.get("errors"), None, "{answer}");
    Some(answer["data"].clone())
}

/// Registers a household and updates it, and the next one, until the process dies. Returns the acknowledged ones with
/// their versions.
async fn write_until_killed(
    url: String,
    token: String,
    writer: usize,
    acknowledged: UnboundedSender<()>,
) -> Vec<(String, i64)> {
    ansinh::startup::install_crypto();
    let client = Client::new();
    let mut done: Vec<(String, i64)> = Vec::new();
    loop {
        let code = code(writer, done.len());
        let Some(data) = post(&client, &url, &token, REGISTER, &registration(&code)).await else { return done };
        done.push((code.clone(), 1));
        let id = &data["registerHousehold"]["household"]["id"];
        let input = json!({ "input": { "id": id, "expectedVersion": 1, "address": code } });
        let Some(_) = post(&client, &url, &token, UPDATE, &input).await else { return done };
        done.last_mut().expect("just pushed").1 = 2;
        let _ = acknowledged.send(());
    }
}

both_databases! {
    async fn the_services_connections_commit_durably_whatever_the_server_says(t: &Service) {
        let asked = if t.database.backend == DbBackend::Postgres {
            assert_eq!(t.texts("SELECT reset_val FROM pg_settings WHERE name = 'fsync'").await, ["off"], "the cluster of the tests");
            // For all connections to come.
            t.sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$").await;
            "SELECT current_setting('synchronous_commit')"
        } else {
            "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous"
        };
        let fresh = t.another_node(|_| {}).await;
        let expected = if t.database.backend == DbBackend::Postgres { "on" } else { "2" };
        assert_eq!((t.texts(asked).await, fresh.texts(asked).await), (vec![expected.to_owned()], vec![expected.to_owned()]));
        // A lane of a worker, too.
        let worker = fresh.app.db.of_worker(1);
        let rows = worker.read(worker.statement(asked, Vec::new())).await.unwrap();
        assert_eq!(rows[0].try_get_by_index::<String>(0).unwrap(), expected);
    }

    async fn a_service_that_is_killed_has_kept_every_acknowledged_write(t: &TestDatabase) {
        let settings = Settings::new(&t.url);
        let token = settings.commune_token(HERE);
        let mut acknowledged = Vec::new();
        for round in 0..3 {
            let process = settings.serve();
            let (sender, mut receiver) = unbounded_channel();
            let mut writers = JoinSet::new();
            for writer in 0..WRITERS {
                let writing = write_until_killed(process.url.clone(), token.clone(), round * WRITERS + writer, sender.clone());
                writers.spawn(writing);
            }
            receive(&mut receiver, 3 * WRITERS).await;
            process.kill();
            acknowledged.extend(timeout(PATIENCE, writers.join_all()).await.expect("every writer is told").into_iter().flatten());
        }
        let process = settings.serve();
        // What was under way when the process died may be asked for again: it is done once.
        retry_everything(&process, &token, &acknowledged).await;
        let db = t.connect().await;
        for (code, version) in &acknowledged {
            stored(&db, code, *version).await;
        }
        nothing_is_half_written(&db).await;
    }
}

/// Sends each acknowledged registration again, and those that each writer had under way.
async fn retry_everything(process: &Process, token: &str, acknowledged: &[(String, i64)]) {
    ansinh::startup::install_crypto();
    let client = Client::new();
    let under_way = (0..3 * WRITERS).map(|writer| {
        let done = acknowledged.iter().filter(|(known, _)| known[..8] == code(writer, 0)[..8]).count();
        code(writer, done)
    });
    for code in acknowledged.iter().map(|(code, _)| code.clone()).chain(under_way) {
        let data = post(&client, &process.url, token, REGISTER, &registration(&code)).await;
        assert_eq!(data.expect("an answer")["registerHousehold"]["household"]["code"], code.as_str());
    }
}
