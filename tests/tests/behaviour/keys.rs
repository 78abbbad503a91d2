//! Signing keys change under running nodes, and no token breaks.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use ansinh::identity::{
    keys::generate_pem,
    rotation::{self, Unchanged},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::Value;
use tests::{both_databases, database::TestDatabase, scratch::Scratch, service::Service};

const OVERLAP: TimeDelta = TimeDelta::hours(1);

fn key_file(folder: &Scratch) -> PathBuf {
    let path = folder.path().join("keys.pem");
    fs::write(&path, generate_pem().unwrap_or_else(|error| panic!("{error}")).reveal()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// A node whose keys are in this file.
async fn node(database: TestDatabase, path: &Path) -> Service {
    Service::with(database, |config| {
        config.signing_keys = None;
        config.signing_key_file = Some(path.to_owned());
    })
    .await
}

async fn published(t: &Service) -> Vec<String> {
    let answer = t.request(Method::GET, "/.well-known/jwks.json").send().await.unwrap();
    let set: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Asks until a node publishes so many keys.
async fn publishes(t: &Service, count: usize) -> Vec<String> {
    loop {
        let kids = published(t).await;
        if kids.len() == count {
            return kids;
        }
        tokio::task::yield_now().await;
    }
}

fn kid(token: &str) -> String {
    let header = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

fn done<T>(result: Result<T, Unchanged>) -> T {
    result.unwrap_or_else(|unchanged| panic!("{}", sentence(unchanged)))
}

fn sentence(unchanged: Unchanged) -> String {
    match unchanged {
        Unchanged::Refused(error) => error.to_string(),
        Unchanged::Failed(failure) => failure.message,
    }
}

async fn status(t: &Service, token: &str) -> u16 {
    t.with_token(token).query("{ viewer { client } }").await.status
}

both_databases! {
    async fn keys_rotate_under_two_nodes_without_a_break(t: &TestDatabase) {
        let folder = Scratch::new();
        let path = key_file(&folder);
        let one = node(t.borrowed(), &path).await;
        let two = one.another_node(|_| {}).await;
        let before = one.as_role("auditor").await.token;
        let old = published(&one).await;

        let from = done(rotation::rotate(&one.app, OVERLAP).await);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (kids, others) = (publishes(&one, 2).await, publishes(&two, 2).await);
        assert_eq!(kids, others);
        assert_eq!(kids[1], old[0]);
        // Published only: partners and other nodes must have it before it signs.
        assert_eq!(kid(&one.as_role("auditor").await.token), old[0]);
        let again = rotation::rotate(&one.app, OVERLAP).await.err().map(sentence).unwrap();
        assert!(again.contains("published already"), "{again}");

        one.clock.set(from);
        let after = two.as_role("auditor").await.token;
        assert_eq!(kid(&after), kids[0]);
        for node in [&one, &two] {
            assert_eq!((status(node, &before).await, status(node, &after).await), (200, 200));
        }
    }

    async fn an_old_key_goes_only_with_its_last_token(t: &TestDatabase) {
        let folder = Scratch::new();
        let path = key_file(&folder);
        let one = node(t.borrowed(), &path).await;
        let before = one.as_role("auditor").await.token;
        let from = done(rotation::rotate(&one.app, OVERLAP).await);
        publishes(&one, 2).await;
        one.clock.set(from + TimeDelta::days(2));
        assert_eq!(done(rotation::retire(&one.app).await), 0);
        assert_eq!(status(&one, &before).await, 200);

        one.sql("UPDATE token SET revoked_at = 1").await;
        let after = one.as_role("auditor").await.token;
        assert_eq!(done(rotation::retire(&one.app).await), 1);
        assert_eq!(publishes(&one, 1).await, [kid(&after)]);
        assert_eq!(status(&one, &after).await, 200);
        // What the key verified before isn't remembered beyond it.
        one.sql("UPDATE token SET revoked_at = NULL").await;
        assert_eq!(status(&one, &before).await, 401);
    }

    async fn a_leaked_key_is_replaced_at_once(t: &TestDatabase) {
        let folder = Scratch::new();
        let path = key_file(&folder);
        let one = node(t.borrowed(), &path).await;
        let before = one.as_role("auditor").await.token;
        let old = published(&one).await;
        assert_eq!(status(&one, &before).await, 200);
        done(rotation::replace_all(&one.app.config, one.app.clock.now()));
        while published(&one).await == old {
            tokio::task::yield_now().await;
        }
        assert_eq!(status(&one, &before).await, 401);
        assert_eq!(status(&one, &one.as_role("auditor").await.token).await, 200);
    }
}
