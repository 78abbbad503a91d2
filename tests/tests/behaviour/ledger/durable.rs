//! No entry, no answer; many requests share one commit; what was answered has its entry, also after `kill -9`.

use std::time::Duration;

use reqwest::Client;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use serde_json::json;
use tests::{both_databases, database::TestDatabase, process::Settings, service::Service};
use tokio::task::JoinSet;

use super::entries;
use crate::fixture::{self, HERE};

/// Longer than anything here takes, even on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);
const REQUESTS: usize = 24;

/// Refuses entries of reads, as a full disk would.
pub const SQLITE_REFUSES: &str = "CREATE TRIGGER refuse BEFORE INSERT ON audit_entry WHEN NEW.subjects IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'no room'); END;";
pub const POSTGRES_REFUSES: &str = "
    CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE 'no room'; END $$ LANGUAGE plpgsql;
    CREATE TRIGGER refuse BEFORE INSERT ON audit_entry FOR EACH ROW WHEN (NEW.subjects IS NOT NULL) EXECUTE FUNCTION refuse();";

fn on<'a>(t: &Service, sqlite: &'a str, postgres: &'a str) -> &'a str {
    if t.database.backend == DbBackend::Sqlite { sqlite } else { postgres }
}

both_databases! {
    async fn without_an_entry_nothing_on_persons_is_answered(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let before = entries(t).await.len();
        t.sql(on(t, SQLITE_REFUSES, POSTGRES_REFUSES)).await;
        let read = format!("{{ household(code: \"{}\") {{ address }} agencies {{ code }} }}", register.here.code);
        let denied = "{ clients(first: 1) { totalCount } }";
        for document in [read.as_str(), denied] {
            let answer = officer.query(document).await;
            answer.refused("UNAVAILABLE", "");
            assert_eq!((answer.status, answer.body.get("data"), answer.text.contains("Ấp")), (503, None, false));
        }
        officer.query("{ agencies { code } }").await.data();
        let change = |version: i32, selection: &str| format!("mutation {{ updateHousehold(input: {{ id: \"{}\", expectedVersion: {version},
            address: \"Ấp {version}\" }}) {{ applied {selection} }} }}", register.here.id);
        officer.query(&change(1, "")).await.data();
        let answer = officer.query(&change(2, "household { address }")).await;
        answer.refused("UNAVAILABLE", "");
        assert_eq!((answer.body.get("data"), answer.text.contains("Ấp")), (None, false));
        assert!(answer.errors()[0]["message"].as_str().unwrap().contains("Read the record"), "the change itself is written");
        assert_eq!(t.number("SELECT CAST(max(version) AS BIGINT) FROM household").await, 3);
        assert_eq!(entries(t).await.len(), before);

        t.sql(on(t, "DROP TRIGGER refuse", "DROP TRIGGER refuse ON audit_entry")).await;
        assert_eq!(officer.query(&read).await.data()["household"]["address"], "Ấp 2");
        assert_eq!(entries(t).await.len(), before + 1);
    }

    async fn many_requests_share_one_commit(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let document = format!("{{ household(code: \"{}\") {{ address }} }}", register.here.code);
        officer.query(&document).await.data();
        let before = entries(t).await.len();
        let db = t.database.connect().await;
        let ledger = db.begin().await.unwrap();
        let hold = on(t, "UPDATE audit_entry SET at = at WHERE id = 0", "LOCK TABLE audit_entry IN SHARE MODE");
        ledger.execute_raw(Statement::from_string(t.database.backend, hold)).await.unwrap();

        let mut asking = JoinSet::new();
        let statements = t.statements(async {
            for _ in 0..REQUESTS {
                let (officer, document) = (officer.clone(), document.clone());
                asking.spawn(async move { officer.query(&document).await.data()["household"]["address"].clone() });
            }
            // A compiled read is seen once it has run; after it the request waits for the ledger.
            t.until(PATIENCE, |log| log.iter().filter(|one| one.starts_with("/*read*/")).count() >= REQUESTS).await;
            assert!(asking.try_join_next().is_none(), "nobody is answered before the entries are there");
            ledger.commit().await.unwrap();
            while let Some(address) = asking.join_next().await {
                assert_eq!(address.unwrap(), "12 Ấp 3");
            }
        }).await;
        assert_eq!(entries(t).await.len(), before + REQUESTS);
        let inserts = statements.iter().filter(|one| one.starts_with("INSERT INTO audit_entry")).count();
        assert!((1..REQUESTS / 4).contains(&inserts), "{inserts} inserts");
    }

    async fn an_answer_outlives_its_service_in_the_ledger(t: &TestDatabase) {
        let settings = Settings::new(&t.url);
        let token = settings.commune_token(HERE);
        let process = settings.serve();
        let client = Client::new();
        let mut answered = Vec::new();
        for round in 0..20 {
            let id = format!("read-{round}");
            let body = json!({ "query": "{ household(code: \"none\") { address } }" });
            let request = client.post(&process.url).bearer_auth(&token).header("x-request-id", &id).json(&body);
            assert_eq!(request.send().await.unwrap().status(), 200);
            answered.push(id);
        }
        process.kill();
        let db = t.connect().await;
        let query = "SELECT request_id FROM audit_entry WHERE subjects IS NOT NULL ORDER BY id";
        let rows = db.query_all_raw(Statement::from_string(t.backend, query)).await.unwrap();
        let kept: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        assert_eq!(kept, answered);
    }
}
