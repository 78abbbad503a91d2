//! Tokens of an agency's own issuer, with a real little one that answers over HTTP and changes its keys.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
};

use ansinh::{config::Issuer, identity::introduce};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{
    both_databases,
    database::TestDatabase,
    service::{Answer, Service},
    signer::{Signer, signed_by_secret, unsigned},
};

use crate::fixture::{HERE, NEAR};

const ISSUER: &str = "https://login.bank.example/realms/bank";
const VIEWER: &str = "{ viewer { client permissions roles { code } scope { code } } }";

/// What the issuer answers to the next requests, and how many there were.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<(String, usize)>>);

impl Script {
    fn keys(&self, keys: &[&Signer]) {
        let body = json!({ "keys": keys.iter().map(|key| &key.jwk).collect::<Vec<_>>() }).to_string();
        self.answer(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()));
    }

    fn answer(&self, answer: String) {
        self.0.lock().unwrap().0 = answer;
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().1
    }

    /// Listens for as long as the process runs.
    fn serve(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, script) = (listener.local_addr().unwrap(), self.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = [0; 4096];
                let _ = stream.read(&mut head);
                let answer = {
                    let mut script = script.0.lock().unwrap();
                    script.1 += 1;
                    script.0.clone()
                };
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        address
    }
}

struct Bank {
    t: Service,
    script: Script,
    key: Signer,
    client: String,
}

impl Bank {
    /// A service that knows the bank's issuer, and a client of the bank's that the issuer calls `core`.
    async fn new(database: TestDatabase) -> Bank {
        Bank::with(database, None).await
    }

    async fn with(database: TestDatabase, scope_claim: Option<&str>) -> Bank {
        let (script, key) = (Script::default(), Signer::new());
        script.keys(&[&key]);
        let issuer = Issuer {
            issuer: ISSUER.into(),
            jwks_uri: format!("http://{}/keys", script.serve()),
            audience: "ansinh".into(),
            client_claim: "azp".into(),
            roles_claim: "realm_access.roles".into(),
            roles: [("credit", "bank_officer"), ("boss", "platform_admin"), ("figures", "statistics_viewer")]
                .map(|(theirs, ours)| (theirs.into(), ours.into()))
                .into(),
            scope_claim: scope_claim.map(str::to_owned),
        };
        let t = Service::with(database, |config| config.issuers = vec![issuer]).await;
        let client = t.as_roles_in(&["bank_officer", "statistics_viewer"], "VBSP", "829").await.name;
        introduce::link(&t.app, ISSUER, "core", &client).await.unwrap_or_else(|failure| panic!("{}", failure.message));
        Bank { t, script, key, client }
    }

    fn claims(&self) -> Value {
        let now = self.t.app.clock.now().timestamp();
        json!({ "iss": ISSUER, "aud": ["account", "ansinh"], "azp": "core", "sub": "service-account-core", "jti": "1",
                "iat": now, "exp": now + 300, "realm_access": { "roles": ["offline_access", "credit", "boss"] } })
    }

    fn token(&self) -> String {
        self.key.sign(Some(self.key.kid()), &self.claims())
    }

    async fn ask(&self, token: &str) -> Answer {
        self.t.with_token(token).query(VIEWER).await
    }

    #[track_caller]
    fn because(answer: &Answer) -> String {
        assert_eq!(answer.status, 401, "{}", answer.text);
        let challenge = answer.headers["www-authenticate"].to_str().unwrap();
        challenge.rsplit('"').nth(1).unwrap().to_owned()
    }

    async fn refusal(&self, token: &str) -> String {
        Bank::because(&self.ask(token).await)
    }
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

both_databases! {
    async fn their_token_is_one_of_our_clients(t: &TestDatabase) {
        let bank = Bank::new(t.borrowed()).await;
        let token = bank.token();
        let answer = bank.ask(&token).await;
        let viewer = &answer.data()["viewer"];
        assert_eq!((&viewer["client"], &viewer["scope"]["code"]), (&json!(bank.client), &json!("829")));
        // Of what the token names, what is ours and the client holds: "boss" would be platform_admin.
        assert_eq!(viewer["roles"], json!([{ "code": "bank_officer" }]));

        // One row, whatever node sees it and however often.
        let other = bank.t.another_node(|_| {}).await;
        assert_eq!(other.with_token(&token).query(VIEWER).await.status, 200);
        assert_eq!(bank.ask(&token).await.status, 200);
        let rows = "FROM token WHERE jti LIKE 'out:%'";
        assert_eq!(bank.t.number(&format!("SELECT count(*) {rows}")).await, 1);
        let noted = "SELECT count(*) FROM audit_entry WHERE operation = 'oauth/issuer'";
        assert_eq!(bank.t.number(noted).await, 1);

        bank.t.sql("UPDATE token SET revoked_at = 1 WHERE jti LIKE 'out:%'").await;
        assert_eq!(bank.refusal(&token).await, "revoked");
        let next = bank.key.sign(Some(bank.key.kid()), &with(bank.claims(), "jti", json!("2")));
        assert_eq!(bank.ask(&next).await.status, 200);
        bank.t.sql("UPDATE client SET status = 'DISABLED'").await;
        assert_eq!(bank.refusal(&next).await, "client_disabled");
        let new = bank.key.sign(Some(bank.key.kid()), &with(bank.claims(), "jti", json!("3")));
        assert_eq!(bank.refusal(&new).await, "client_disabled");
        assert_eq!(bank.t.number(&format!("SELECT count(*) {rows}")).await, 2);
    }

    async fn their_token_never_holds_more_than_the_client(t: &TestDatabase) {
        let bank = Bank::with(t.borrowed(), Some("unit")).await;
        let scoped = |unit: Value| bank.key.sign(Some(bank.key.kid()), &with(bank.claims(), "unit", unit));
        assert_eq!(bank.ask(&scoped(json!(HERE))).await.data()["viewer"]["scope"]["code"], HERE);
        for unit in [json!("83"), json!("831"), json!("nowhere"), json!(7), Value::Null] {
            assert_eq!(bank.refusal(&scoped(unit.clone())).await, "malformed", "{unit}");
        }
        // The client loses a role and moves to a commune: what is out has no more.
        let token = scoped(json!("829"));
        assert_eq!(bank.ask(&token).await.data()["viewer"]["roles"], json!([{ "code": "bank_officer" }]));
        bank.t.sql("DELETE FROM client_role WHERE role_id = (SELECT id FROM role WHERE code = 'bank_officer')").await;
        bank.t.as_role_in("auditor", NEAR).await;
        bank.t.sql("UPDATE client SET scope_unit_id = (SELECT scope_unit_id FROM client WHERE name LIKE 'auditor%')").await;
        let viewer = bank.ask(&token).await.data()["viewer"].clone();
        assert_eq!((&viewer["roles"], &viewer["permissions"]), (&json!([]), &json!([])));
        assert_eq!(viewer["scope"]["code"], NEAR);
        introduce::unlink(&bank.t.app, ISSUER, "core").await.unwrap_or_else(|failure| panic!("{}", failure.message));
        assert_eq!(bank.refusal(&token).await, "revoked");
        assert_eq!(bank.refusal(&scoped(json!(NEAR))).await, "unknown_client");
    }

    async fn what_their_issuer_did_not_sign_for_us_is_refused(t: &TestDatabase) {
        let bank = Bank::new(t.borrowed()).await;
        let (kid, good) = (bank.key.kid().to_owned(), bank.claims());
        let now = bank.t.app.clock.now().timestamp();
        let attacker = Signer::new();
        for (token, reason) in [
            (attacker.sign(Some(&kid), &good), "bad_signature"),
            (attacker.sign(Some(attacker.kid()), &good), "unknown_key"),
            (attacker.sign(Some("../../keys"), &good), "unknown_key"),
            (bank.key.sign(None, &good), "unknown_key"),
            (signed_by_secret(bank.key.jwk.to_string().as_bytes(), &kid, &good), "malformed"),
            (unsigned(&json!({ "alg": "none", "kid": kid }), &good), "malformed"),
            (unsigned(&json!({ "alg": "ES256", "kid": kid }), &good), "bad_signature"),
            // Their key doesn't sign for us, nor for an issuer that we don't know.
            (bank.key.sign(Some(&kid), &with(good.clone(), "iss", json!("ansinh"))), "unknown_key"),
            (bank.key.sign(Some(&kid), &with(good.clone(), "iss", json!("https://evil.example"))), "unknown_key"),
        ] {
            assert_eq!(bank.refusal(&token).await, reason);
        }
        for (name, value, reason) in [
            ("aud", json!("account"), "wrong_audience"),
            ("aud", json!([]), "wrong_audience"),
            ("aud", Value::Null, "wrong_audience"),
            ("exp", json!(now - 31), "expired"),
            ("exp", Value::Null, "malformed"),
            ("exp", json!("never"), "malformed"),
            ("nbf", json!(now + 31), "not_yet_valid"),
            ("iat", json!(now + 31), "not_yet_valid"),
            ("azp", json!("others"), "unknown_client"),
            ("azp", json!(["core"]), "unknown_client"),
            ("azp", Value::Null, "unknown_client"),
        ] {
            assert_eq!(bank.refusal(&bank.key.sign(Some(&kid), &with(good.clone(), name, value))).await, reason, "{name}");
        }
        assert_eq!(bank.t.number("SELECT count(*) FROM token WHERE jti LIKE 'out:%'").await, 0);
        assert_eq!(bank.ask(&bank.token()).await.status, 200);
    }

    async fn their_keys_are_kept_and_change(t: &TestDatabase) {
        let bank = Bank::new(t.borrowed()).await;
        let token = bank.token();
        for _ in 0..3 {
            assert_eq!(bank.ask(&token).await.status, 200);
        }
        assert_eq!(bank.script.asked(), 1);

        // Unknown names of keys don't make us ask again and again.
        let next = Signer::new();
        bank.script.keys(&[&bank.key, &next]);
        let with_next = || next.sign(Some(next.kid()), &with(bank.claims(), "jti", json!("next")));
        for _ in 0..5 {
            assert_eq!(bank.refusal(&with_next()).await, "unknown_key");
        }
        assert_eq!(bank.script.asked(), 1);
        bank.t.clock.advance(TimeDelta::seconds(10));
        assert_eq!(bank.ask(&with_next()).await.status, 200);
        assert_eq!((bank.ask(&token).await.status, bank.script.asked()), (200, 2));

        // A key that they took out signs no more once the set is read anew.
        bank.script.keys(&[&next]);
        bank.t.clock.advance(TimeDelta::seconds(600));
        assert_eq!(bank.refusal(&bank.token()).await, "unknown_key");
        assert_eq!(bank.ask(&with_next()).await.status, 200);
    }

    async fn an_issuer_that_fails_is_outlived_for_an_hour(t: &TestDatabase) {
        let bank = Bank::new(t.borrowed()).await;
        assert_eq!(bank.ask(&bank.token()).await.status, 200);
        let long = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(300_000));
        for (step, answer) in [
            "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnope".to_owned(),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}".to_owned(),
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{long}", long.len()),
            "no HTTP at all".to_owned(),
        ].into_iter().enumerate() {
            bank.script.answer(answer);
            bank.t.clock.advance(TimeDelta::seconds(590));
            assert_eq!(bank.ask(&bank.token()).await.status, 200, "answer {step}");
        }
        bank.t.clock.advance(TimeDelta::seconds(60));
        assert_eq!(bank.refusal(&bank.token()).await, "unknown_key");
        // Our own tokens don't depend on them.
        assert_eq!(bank.t.as_role("auditor").await.query(VIEWER).await.status, 200);
        bank.script.keys(&[&bank.key]);
        bank.t.clock.advance(TimeDelta::seconds(10));
        assert_eq!(bank.ask(&bank.token()).await.status, 200);
    }
}
