//! How machines get their tokens: RFC 6749 with client credentials, RFC 7523 with the agency's own key, RFC 8414.

mod bounds;
mod own_keys;

use ansinh::identity::{client_keys, secret};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::TimeDelta;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::Service,
    signer::{Signer, signed_by_secret},
};

use crate::walk::global_id;

pub const SECRET: &str = "ans_a+b %:é";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const VIEWER: &str = "{ viewer { client permissions roles { code } } }";

/// A client in use with a secret: its name and its id.
async fn a_client(t: &Service, roles: &[&str], agency: &str) -> (String, String) {
    let name = t.as_roles_in(roles, agency, "83").await.name;
    let hash = secret::hash(SECRET);
    t.sql(&format!("UPDATE client SET secret_hash = '{hash}' WHERE name = '{name}'")).await;
    let key = t.number(&format!("SELECT id FROM client WHERE name = '{name}'")).await;
    (name, global_id("Client", &key.to_string()))
}

fn post(t: &Service) -> RequestBuilder {
    t.request(Method::POST, "/oauth/token")
}

/// User and password, each form-encoded first.
fn basic(id: &str, secret: &str) -> String {
    let encoded: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{encoded}")))
}

pub async fn by_secret(t: &Service, id: &str, secret: &str, form: &[(&str, &str)]) -> Answer {
    let request = post(t).header("authorization", basic(id, secret));
    let grant: &[_] = &[("grant_type", "client_credentials")];
    Answer::of(request.form(&[grant, form].concat())).await
}

async fn by_assertion(t: &Service, assertion: &str) -> Answer {
    by_assertion_for(t, assertion, &[]).await
}

async fn by_assertion_for(t: &Service, assertion: &str, form: &[(&str, &str)]) -> Answer {
    let shown: &[_] =
        &[("grant_type", "client_credentials"), ("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
    Answer::of(post(t).form(&[shown, form].concat())).await
}

pub struct Answer {
    pub status: u16,
    pub body: Value,
    challenge: String,
    wait: String,
}

impl Answer {
    async fn of(request: RequestBuilder) -> Answer {
        let response: Response = request.send().await.unwrap();
        let header = |name: &str| {
            response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        assert_eq!((header("cache-control"), header("pragma")), ("no-store".into(), "no-cache".into()));
        let (challenge, wait) = (header("www-authenticate"), header("retry-after"));
        let (status, text) = (response.status().as_u16(), response.text().await.unwrap());
        Answer { status, body: serde_json::from_str(&text).unwrap(), challenge, wait }
    }

    #[track_caller]
    pub fn token(&self) -> &str {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body["access_token"].as_str().unwrap()
    }

    #[track_caller]
    fn refused(&self, status: u16, error: &str) {
        assert_eq!((self.status, &self.body["error"]), (status, &json!(error)), "{}", self.body);
        assert_eq!(status == 401, self.challenge.starts_with("Basic "), "{}", self.challenge);
        assert!(self.body.get("access_token").is_none());
    }
}

async fn tokens(t: &Service) -> i64 {
    t.number("SELECT count(*) FROM token").await
}

/// The claims of a good assertion.
fn claims(t: &Service, id: &str, jti: &str) -> Value {
    let now = t.app.clock.now().timestamp();
    json!({ "iss": id, "sub": id, "aud": t.app.config.issuer, "jti": jti, "iat": now, "exp": now + 60 })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

both_databases! {
    async fn a_secret_gets_a_token_of_minutes(t: &Service) {
        let (name, id) = a_client(t, &["bank_officer"], "VBSP").await;
        let answer = by_secret(t, &id, SECRET, &[]).await;
        let token = answer.token();
        assert_eq!(answer.body["token_type"], "Bearer");
        assert_eq!((&answer.body["expires_in"], &answer.body["scope"]), (&json!(600), &json!("bank_officer")));
        let viewer = t.with_token(token).query(VIEWER).await;
        assert_eq!(viewer.data()["viewer"]["client"], name.as_str());
        assert_eq!(viewer.data()["viewer"]["roles"], json!([{ "code": "bank_officer" }]));

        let noted = t.number(
            "SELECT count(*) FROM audit_entry a JOIN token t ON t.id = a.token_id AND t.id = a.subject_id \
             WHERE a.operation = 'oauth/token' AND a.subject_type = 'Token' AND t.label = 'oauth/token'").await;
        assert_eq!(noted, 1);
        t.clock.advance(TimeDelta::seconds(629));
        assert_eq!(t.with_token(token).query(VIEWER).await.status, 200);
        t.clock.advance(TimeDelta::seconds(1));
        assert_eq!(t.with_token(token).query(VIEWER).await.status, 401);

        let form = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", SECRET)];
        let answer = Answer::of(post(t).form(&form)).await;
        assert_eq!(t.with_token(answer.token()).query(VIEWER).await.status, 200);
        t.sql("UPDATE token SET revoked_at = 1").await;
        assert_eq!(t.with_token(answer.token()).query(VIEWER).await.status, 401);
    }

    async fn a_scope_is_a_part_of_the_clients_roles(t: &Service) {
        let (_, id) = a_client(t, &["bank_officer", "statistics_viewer"], "VBSP").await;
        let all = by_secret(t, &id, SECRET, &[("scope", "")]).await;
        assert_eq!((all.status, &all.body["scope"]), (200, &json!("bank_officer statistics_viewer")));
        let part = by_secret(t, &id, SECRET, &[("scope", "statistics_viewer")]).await;
        assert_eq!(part.body["scope"], "statistics_viewer");
        let viewer = t.with_token(part.token()).query(VIEWER).await;
        assert_eq!(viewer.data()["viewer"]["permissions"], json!(["plan:read", "statistics:read"]));
        let before = tokens(t).await;
        for scope in ["platform_admin", "bank_officer platform_admin", "bank_officer  statistics_viewer", "*", "Bank_officer"] {
            by_secret(t, &id, SECRET, &[("scope", scope)]).await.refused(400, "invalid_scope");
        }
        assert_eq!(tokens(t).await, before);
    }

    async fn whoever_is_not_the_client_gets_one_answer(t: &Service) {
        let (name, id) = a_client(t, &["bank_officer"], "VBSP").await;
        let before = tokens(t).await;
        let wrong = by_secret(t, &id, "ans_wrong", &[]).await;
        wrong.refused(401, "invalid_client");
        let mut others = Vec::new();
        for (id, secret) in [
            (global_id("Client", "999999"), SECRET),
            (global_id("Token", "1"), SECRET),
            (global_id("Client", "1; DROP TABLE client"), SECRET),
            ("nobody".to_owned(), SECRET),
            (String::new(), SECRET),
            (id.clone(), ""),
            // What is stored of a secret is none.
            (id.clone(), secret::hash(SECRET).as_str()),
        ] {
            others.push(by_secret(t, &id, secret, &[]).await);
        }
        for status in ["PENDING", "DISABLED"] {
            t.sql(&format!("UPDATE client SET status = '{status}' WHERE name = '{name}'")).await;
            others.push(by_secret(t, &id, SECRET, &[]).await);
        }
        t.sql(&format!("UPDATE client SET status = 'ACTIVE', secret_hash = NULL WHERE name = '{name}'")).await;
        others.push(by_secret(t, &id, SECRET, &[]).await);
        others.push(by_secret(t, &id, "-", &[]).await);
        others.push(Answer::of(post(t).form(&[("grant_type", "client_credentials")])).await);
        others.push(Answer::of(post(t).bearer_auth("x").form(&[("grant_type", "client_credentials")])).await);
        for other in others {
            assert_eq!((other.status, &other.body, &other.challenge), (wrong.status, &wrong.body, &wrong.challenge));
        }
        assert_eq!(tokens(t).await, before);
    }

    async fn a_request_at_fault_says_what_is_wrong(t: &Service) {
        let (_, id) = a_client(t, &["bank_officer"], "VBSP").await;
        let before = tokens(t).await;
        let form_type = "application/x-www-form-urlencoded";
        let good = basic(&id, SECRET);
        for (path, content_type, body, error) in [
            ("", form_type, "", "invalid_request"),
            ("", form_type, "grant_type=", "invalid_request"),
            ("", form_type, "scope=bank_officer", "invalid_request"),
            ("", form_type, "grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
            ("", form_type, "grant_type=client_credentials&a=1&a=2", "invalid_request"),
            ("", form_type, "grant_type=client_credentials&client_id=other", "invalid_request"),
            ("", form_type, "grant_type=client_credentials&client_secret=x", "invalid_request"),
            ("", form_type, "grant_type=client_credentials&client_assertion=x", "invalid_request"),
            ("", "application/json", r#"{"grant_type":"client_credentials"}"#, "invalid_request"),
            ("", "text/plain", "grant_type=client_credentials", "invalid_request"),
            ("?grant_type=client_credentials", form_type, "grant_type=client_credentials", "invalid_request"),
            ("", form_type, "grant_type=password&username=a&password=b", "unsupported_grant_type"),
            ("", form_type, "grant_type=authorization_code&code=x", "unsupported_grant_type"),
        ] {
            let request = t.request(Method::POST, &format!("/oauth/token{path}")).header("authorization", &good);
            Answer::of(request.header("content-type", content_type).body(body)).await.refused(400, error);
        }
        let long = format!("grant_type=client_credentials&x={}", "x".repeat(20_000));
        let request = post(t).header("authorization", &good).header("content-type", form_type);
        Answer::of(request.body(long)).await.refused(400, "invalid_request");
        let twice = post(t).header("authorization", &good).header("authorization", &good);
        Answer::of(twice.form(&[("grant_type", "client_credentials")])).await.refused(400, "invalid_request");
        assert_eq!(t.status("/oauth/token").await, 405);
        assert_eq!(tokens(t).await, before);
    }

    async fn an_agency_signs_with_its_own_key(t: &Service) {
        let (name, id) = a_client(t, &["bank_officer"], "VBSP").await;
        let (key, other) = (Signer::new(), Signer::new());
        let kid = client_keys::add(&t.app, &name, &key.jwk.to_string()).await.unwrap_or_else(|f| panic!("{}", f.message));
        let good = |jti: &str| claims(t, &id, jti);
        let answer = by_assertion(t, &key.sign(Some(&kid), &good("1"))).await;
        assert_eq!(t.with_token(answer.token()).query(VIEWER).await.data()["viewer"]["client"], name.as_str());
        // With one key no name is needed; the audience may be the endpoint or one of several.
        by_assertion(t, &key.sign(None, &with(good("2"), "aud", json!(["x", t.app.config.issuer])))).await.token();
        // A stock client knows the metadata and no more.
        let metadata = t.request(Method::GET, "/.well-known/oauth-authorization-server").send().await.unwrap();
        let metadata: Value = serde_json::from_str(&metadata.text().await.unwrap()).unwrap();
        assert_eq!((&metadata["issuer"], metadata["token_endpoint"].as_str().unwrap()),
            (&json!(t.app.config.issuer), format!("http://{}/oauth/token", t.address()).as_str()));
        by_assertion(t, &key.sign(None, &with(good("3"), "aud", metadata["token_endpoint"].clone()))).await.token();

        let before = tokens(t).await;
        let now = t.app.clock.now().timestamp();
        let mut bad = vec![
            other.sign(Some(&kid), &good("b1")),
            other.sign(None, &good("b2")),
            key.sign(Some("../../etc/passwd"), &good("b3")),
            signed_by_secret(key.jwk.to_string().as_bytes(), &kid, &good("b4")),
            signed_by_secret(SECRET.as_bytes(), &kid, &good("b5")),
            "a.b.c".to_owned(),
            "x".repeat(5_000),
        ];
        for (name, value) in [
            ("iss", json!("bank")), ("sub", json!("bank")), ("aud", json!("https://elsewhere")), ("aud", json!([])),
            ("exp", json!(now - 31)), ("exp", json!(now + 3_600)), ("exp", Value::Null), ("nbf", json!(now + 60)),
            ("iat", json!(now + 60)), ("jti", Value::Null), ("jti", json!("")), ("jti", json!("j".repeat(129))),
        ] {
            bad.push(key.sign(Some(&kid), &with(good("b6"), name, value)));
        }
        for assertion in bad {
            // Not about who guesses too often.
            t.clock.advance(TimeDelta::milliseconds(1));
            t.app.attempts.forget();
            by_assertion(t, &assertion).await.refused(401, "invalid_client");
        }
        assert_eq!(tokens(t).await, before);

        client_keys::remove(&t.app, &name, &kid).await.unwrap_or_else(|failure| panic!("{}", failure.message));
        by_assertion(t, &key.sign(Some(&kid), &good("4"))).await.refused(401, "invalid_client");
    }

    async fn an_assertion_is_taken_once_on_whatever_node(t: &Service) {
        let (name, id) = a_client(t, &["bank_officer"], "VBSP").await;
        let key = Signer::new();
        client_keys::add(&t.app, &name, &key.jwk.to_string()).await.unwrap_or_else(|f| panic!("{}", f.message));
        let other = t.another_node(|_| {}).await;
        let assertion = key.sign(None, &claims(t, &id, "once"));
        let (one, two) = tokio::join!(by_assertion(t, &assertion), by_assertion(&other, &assertion));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401], "{} {}", one.body, two.body);
        for node in [t, &other] {
            by_assertion(node, &assertion).await.refused(401, "invalid_client");
        }
        // The memory of it ends with its own period.
        t.clock.advance(TimeDelta::seconds(300));
        by_assertion(t, &assertion).await.refused(401, "invalid_client");
        by_assertion(t, &key.sign(None, &claims(t, &id, "next"))).await.token();
        assert_eq!(t.number("SELECT count(*) FROM assertion_use").await, 1);
    }

    async fn the_platforms_clients_get_no_token_whatever_they_show(t: &Service) {
        let (name, id) = a_client(t, &["platform_admin", "statistics_viewer"], "PPC").await;
        let key = Signer::new();
        let refused = client_keys::add(&t.app, &name, &key.jwk.to_string()).await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("client"));
        // A key that is there nevertheless.
        t.sql(&format!("INSERT INTO client_key (client_id, kid, jwk, created_at)
            SELECT id, '{}', '{}', 0 FROM client WHERE name = '{name}'", key.kid(), key.jwk)).await;
        let before = tokens(t).await;
        for form in [&[][..], &[("scope", "platform_admin")], &[("scope", "statistics_viewer")], &[("scope", "auditor")]] {
            by_secret(t, &id, SECRET, form).await.refused(400, "unauthorized_client");
        }
        by_assertion(t, &key.sign(None, &claims(t, &id, "1"))).await.refused(400, "unauthorized_client");
        // Who isn't the client learns nothing of it.
        by_secret(t, &id, "ans_wrong", &[]).await.refused(401, "invalid_client");

        // A client that comes to the platform's end has the secret and the key from before.
        let (name, id) = a_client(t, &["statistics_viewer"], "DOLISA").await;
        let key = Signer::new();
        client_keys::add(&t.app, &name, &key.jwk.to_string()).await.unwrap_or_else(|f| panic!("{}", f.message));
        by_secret(t, &id, SECRET, &[]).await.token();
        t.sql(&format!("INSERT INTO role (code, name, built_in) VALUES ('maker', 'X', FALSE);
            INSERT INTO role_permission SELECT id, 'role:write' FROM role WHERE code = 'maker';
            INSERT INTO client_role SELECT k.id, r.id FROM client k, role r WHERE k.name = '{name}' AND r.code = 'maker'")).await;
        by_secret(t, &id, SECRET, &[]).await.refused(400, "unauthorized_client");
        by_secret(t, &id, SECRET, &[("scope", "statistics_viewer")]).await.refused(400, "unauthorized_client");
        by_assertion(t, &key.sign(None, &claims(t, &id, "2"))).await.refused(400, "unauthorized_client");
        assert_eq!(tokens(t).await, before + 2, "its own and the one before");
    }

    async fn the_strictest_role_bounds_a_machines_token_too(t: &Service) {
        t.sql("INSERT INTO role (code, name, built_in, longest_token_days) VALUES ('for_a_day', 'Một ngày', FALSE, 1)").await;
        let (_, id) = a_client(t, &["bank_officer", "for_a_day"], "VBSP").await;
        let generous = t.another_node(|config| config.access_token_life = TimeDelta::days(2)).await;
        let (day, longest) = (86_400, "SELECT max(expires_at - issued_at) / 1000000 FROM token WHERE label = 'oauth/token'");
        let answer = by_secret(&generous, &id, SECRET, &[]).await;
        assert_eq!((answer.status, &answer.body["expires_in"]), (200, &json!(day)));
        assert_eq!(t.number(longest).await, day);
        let answer = by_secret(&generous, &id, SECRET, &[("scope", "bank_officer")]).await;
        assert_eq!((answer.status, &answer.body["expires_in"]), (200, &json!(2 * day)));
        assert_eq!(t.number(longest).await, 2 * day);
    }

    async fn who_is_not_taken_for_a_client_is_noted(t: &Service) {
        let (name, id) = a_client(t, &["bank_officer"], "VBSP").await;
        let noted = async || {
            t.number(&format!("SELECT count(*) FROM audit_entry a JOIN client k ON k.id = a.client_id AND k.id = a.subject_id
                AND k.agency_id = a.agency_id WHERE k.name = '{name}' AND a.operation = 'oauth/token'
                AND a.subject_type = 'Client' AND a.decision = 'DENIED' AND a.token_id IS NULL")).await
        };
        by_secret(t, &id, SECRET, &[]).await.token();
        assert_eq!(noted().await, 0);
        by_secret(t, &id, "ans_wrong", &[]).await.refused(401, "invalid_client");
        by_assertion(t, &Signer::new().sign(None, &claims(t, &id, "1"))).await.refused(401, "invalid_client");
        t.sql(&format!("UPDATE client SET status = 'PENDING' WHERE name = '{name}'")).await;
        by_secret(t, &id, SECRET, &[]).await.refused(401, "invalid_client");
        assert_eq!(noted().await, 3);
        // Nobody's client has no entry, nor has who must wait: he can't fill the ledger.
        by_secret(t, &global_id("Client", "999999"), SECRET, &[]).await.refused(401, "invalid_client");
        for _ in 0..20 {
            by_secret(t, &id, "ans_wrong", &[]).await;
        }
        assert_eq!(noted().await, 10);
        assert_eq!(t.number("SELECT count(*) FROM audit_entry WHERE decision = 'DENIED'").await, 10);
    }

    async fn the_metadata_say_where_and_how(t: &Service) {
        let path = "/.well-known/oauth-authorization-server";
        let get = async |t: &Service| {
            let text = t.request(Method::GET, path).send().await.unwrap().text().await.unwrap();
            serde_json::from_str::<Value>(&text).unwrap()
        };
        let demo = get(t).await;
        assert_eq!(demo["token_endpoint"], format!("http://{}/oauth/token", t.address()));
        assert_eq!(demo["grant_types_supported"], json!(["client_credentials"]));
        let named = t.another_node(|config| config.issuer = "https://ansinh.example".into()).await;
        let metadata = get(&named).await;
        assert_eq!(metadata["issuer"], "https://ansinh.example");
        assert_eq!(metadata["token_endpoint"], "https://ansinh.example/oauth/token");
        assert_eq!(metadata["jwks_uri"], "https://ansinh.example/.well-known/jwks.json");
        let methods = json!(["client_secret_basic", "client_secret_post", "private_key_jwt"]);
        assert_eq!(metadata["token_endpoint_auth_methods_supported"], methods);
    }
}
