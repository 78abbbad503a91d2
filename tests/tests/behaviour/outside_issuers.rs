//! Tokens of an agency's own issuer, with a real little one that answers over HTTP and changes its keys.

mod refused;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
};

use ansinh::{
    config::Issuer,
    identity::{introduce, secret},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{
    both_databases,
    database::TestDatabase,
    patience::eventually,
    service::{Answer, Service},
    signer::{Signer, signed_by_secret, unsigned},
};

use crate::{
    fixture::{HERE, NEAR},
    oauth,
    walk::global_id,
};

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

    async fn is_told_to_come_back(&self, token: &str) {
        let answer = self.ask(token).await;
        assert_eq!((answer.status, answer.code(0)), (503, "UNAVAILABLE"), "{}", answer.text);
        assert_eq!(
            (&answer.headers["retry-after"], answer.headers.get("www-authenticate")),
            (&"5".parse().unwrap(), None)
        );
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
        eventually("the token is refused", async || bank.ask(&token).await.status == 401).await;
        assert_eq!(bank.refusal(&token).await, "revoked");
        assert_eq!(bank.refusal(&scoped(json!(NEAR))).await, "unknown_client");
    }

    async fn to_a_commune_their_token_gives_no_more_than_a_commune(t: &TestDatabase) {
        let bank = Bank::with(t.borrowed(), Some("unit")).await;
        bank.t.sql("UPDATE client SET agency_id = (SELECT id FROM agency WHERE code = 'CPC')").await;
        let scoped = |unit: &str| bank.key.sign(Some(bank.key.kid()), &with(bank.claims(), "unit", json!(unit)));
        assert_eq!(bank.refusal(&scoped("829")).await, "malformed");
        assert_eq!(bank.ask(&scoped(HERE)).await.data()["viewer"]["scope"]["code"], HERE);
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
        bank.is_told_to_come_back(&bank.token()).await;
        bank.is_told_to_come_back(&Signer::new().sign(Some("unknown"), &bank.claims())).await;
        // Our own tokens don't depend on them.
        assert_eq!(bank.t.as_role("auditor").await.query(VIEWER).await.status, 200);
        bank.script.keys(&[&bank.key]);
        bank.t.clock.advance(TimeDelta::seconds(10));
        assert_eq!(bank.ask(&bank.token()).await.status, 200);
        assert_eq!(bank.refusal(&Signer::new().sign(Some("unknown"), &bank.claims())).await, "unknown_key");
    }

    async fn an_issuer_that_was_never_reached_is_not_the_tokens_fault(t: &TestDatabase) {
        let bank = Bank::new(t.borrowed()).await;
        bank.script.answer("no HTTP at all".to_owned());
        bank.is_told_to_come_back(&bank.token()).await;
        // Nor is what nobody could have signed well: that needs no key.
        assert_eq!(bank.refusal(&bank.key.sign(None, &bank.claims())).await, "unknown_key");
        assert_eq!(bank.t.number("SELECT count(*) FROM token WHERE jti LIKE 'out:%'").await, 0);
        bank.script.keys(&[&bank.key]);
        bank.is_told_to_come_back(&bank.token()).await;
        bank.t.clock.advance(TimeDelta::seconds(10));
        assert_eq!(bank.ask(&bank.token()).await.status, 200);
    }

    async fn their_token_lives_no_longer_than_its_roles_allow(t: &TestDatabase) {
        let bank = Bank::new(t.borrowed()).await;
        let now = bank.t.app.clock.now().timestamp();
        let token = |roles: Value, made: Value, days: i64| {
            let claims = with(with(bank.claims(), "exp", json!(now + days * 86_400)), "iat", made);
            bank.key.sign(Some(bank.key.kid()), &with(claims, "realm_access", json!({ "roles": roles })))
        };
        bank.t.sql("UPDATE role SET longest_token_days = 90 WHERE code = 'bank_officer'").await;
        // A year for who sees figures; where no role counts, what bounds the client with all of its own.
        let (officer, figures, both) = (json!(["credit"]), json!(["figures"]), json!(["credit", "figures"]));
        for roles in [&officer, &both, &json!([])] {
            assert_eq!(bank.refusal(&token(roles.clone(), json!(now), 91)).await, "lives_too_long", "{roles}");
        }
        assert_eq!(bank.refusal(&token(figures.clone(), json!(now), 366)).await, "lives_too_long");
        assert_eq!(bank.refusal(&token(figures.clone(), json!(now), i64::MAX / 86_400 / 2)).await, "lives_too_long");
        assert_eq!(bank.t.number("SELECT count(*) FROM token WHERE jti LIKE 'out:%'").await, 0);
        for (roles, days) in [(&officer, 90), (&both, 90), (&figures, 365)] {
            assert_eq!(bank.ask(&token(roles.clone(), json!(now), days)).await.status, 200, "{roles}");
        }
        // It does not grow into its bounds; one that doesn't say when it was made counts from when it is seen.
        let (long, unsaid) = (token(officer.clone(), json!(now - 60), 90), token(officer.clone(), Value::Null, 91));
        assert_eq!(bank.refusal(&unsaid).await, "lives_too_long");
        bank.t.clock.advance(TimeDelta::days(2));
        assert_eq!(bank.refusal(&long).await, "lives_too_long");
        assert_eq!(bank.ask(&unsaid).await.status, 200);
    }

    async fn the_platforms_clients_are_no_issuers_to_mean(t: &TestDatabase) {
        let bank = Bank::new(t.borrowed()).await;
        let platform = bank.t.as_role("platform_admin").await;
        let refused = introduce::link(&bank.t.app, ISSUER, "boss", &platform.name).await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("client"));
        assert_eq!(bank.t.number("SELECT count(*) FROM client_issuer").await, 1);
        // One that comes to the platform's end later.
        bank.t.also(&bank.t.bearing("", &bank.client), "platform_admin").await;
        assert_eq!(bank.refusal(&bank.token()).await, "unknown_client");
        assert_eq!(bank.t.number("SELECT count(*) FROM token WHERE jti LIKE 'out:%'").await, 0);
    }

    async fn tokens_of_long_ago_are_forgotten_and_the_ledger_stays(t: &TestDatabase) {
        let bank = Bank::new(t.borrowed()).await;
        let (t, count) = (&bank.t, "SELECT count(*) FROM token");
        let hash = secret::hash(oauth::SECRET);
        t.sql(&format!("UPDATE client SET secret_hash = '{hash}' WHERE name = '{}'", bank.client)).await;
        let id = t.number(&format!("SELECT id FROM client WHERE name = '{}'", bank.client)).await;
        oauth::by_secret(t, &global_id("Client", &id.to_string()), oauth::SECRET, &[]).await.token();
        assert_eq!(bank.ask(&bank.token()).await.status, 200);
        // One that is revoked long before its end, and one of the server's that ended.
        let sixty_days = with(bank.claims(), "exp", json!(t.app.clock.now().timestamp() + 60 * 86_400));
        let revoked = bank.key.sign(Some(bank.key.kid()), &sixty_days);
        assert_eq!(bank.ask(&revoked).await.status, 200);
        t.sql("UPDATE token SET revoked_at = 1 WHERE expires_at = (SELECT max(expires_at) FROM token WHERE jti LIKE 'out:%')").await;
        t.as_role("auditor").await;
        t.sql("UPDATE token SET expires_at = issued_at + 1 WHERE label LIKE 'issued on%'").await;
        let ledger = "SELECT count(*) FROM audit_entry WHERE token_id IS NOT NULL AND decision = 'ALLOWED'";
        let (rows, entries) = (t.number(count).await, t.number(ledger).await);
        assert_eq!((rows, entries), (5, 3));

        t.clock.advance(TimeDelta::days(59));
        assert!(t.app.forget_ended_tokens().await);
        assert_eq!(bank.refusal(&revoked).await, "revoked");
        t.clock.advance(TimeDelta::days(31));
        assert!(t.app.forget_ended_tokens().await);
        assert_eq!(t.number(count).await, rows, "ended just 90 days ago");
        t.clock.advance(TimeDelta::seconds(601));
        let other = t.another_node(|_| {}).await;
        assert_eq!(tokio::join!(t.app.forget_ended_tokens(), other.app.forget_ended_tokens()), (true, true));
        let left = t.texts("SELECT label FROM token ORDER BY label").await;
        assert_eq!(left, [format!("issued by {ISSUER}").as_str(), "issued on the server", "issued on the server"]);
        assert_eq!(t.number("SELECT count(*) FROM token_role WHERE token_id NOT IN (SELECT id FROM token)").await, 0);
        assert_eq!(t.number(ledger).await, entries);
        assert_eq!(bank.refusal(&revoked).await, "expired");
    }

    async fn many_tokens_are_forgotten_with_few_statements(t: &TestDatabase) {
        let bank = Bank::new(t.borrowed()).await;
        bank.t.sql("WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 6000)
            INSERT INTO token (jti, client_id, label, scope_unit_id, issued_at, expires_at)
            SELECT 'oauth:' || n, k.id, 'oauth/token', k.scope_unit_id, 0, 1 FROM numbers, client k;
            INSERT INTO token_role (token_id, role_id) SELECT t.id, r.id FROM token t, role r
            WHERE t.expires_at = 1 AND r.code = 'bank_officer'").await;
        let statements = bank.t.statements(async { assert!(bank.t.app.forget_ended_tokens().await) }).await;
        assert_eq!(bank.t.number("SELECT count(*) FROM token").await, 1);
        assert!(statements.len() <= 12, "{statements:#?}");
    }
}
