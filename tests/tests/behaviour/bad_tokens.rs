//! What a bad token gets: 401 with a plain reason and nothing of the inside.

use std::io::{Read, Write};
use std::net::TcpStream;

use ansinh::identity::token::Claims;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
    signer::{Signer, signed_by_secret, unsigned},
};

use crate::walk::base64;

const QUERY: &str = "{ viewer { client } }";

fn post(t: &Service, path: &str) -> RequestBuilder {
    t.request(Method::POST, path).json(&json!({ "query": QUERY }))
}

/// That a request is refused with this reason, and that the answer tells nothing else.
async fn refused(request: RequestBuilder, reason: &str) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
    let text = response.text().await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (status, &body["errors"][0]["extensions"]["code"]),
        (401, &json!("UNAUTHENTICATED")),
        "{reason}: {text}"
    );
    let expected = match reason {
        "" => "Bearer realm=\"ansinh\"".to_owned(),
        reason => format!("Bearer realm=\"ansinh\", error=\"invalid_token\", error_description=\"{reason}\""),
    };
    assert_eq!(challenge, expected);
    assert!(body.get("data").is_none());
    for inside in ["kid", "jwt", "ES256", "SELECT", "sql", "panicked", "src/", "passwd", ".pem", "eyJ"] {
        assert!(!text.contains(inside), "{inside} in {text}");
    }
}

/// What the service's own key would sign for a caller, with changes.
pub fn claims(t: &Service, caller: &Caller) -> Claims {
    let part = caller.token.split('.').nth(1).unwrap();
    let claims: Claims = serde_json::from_slice(&decoded(part)).unwrap();
    assert_eq!(claims.iss, t.app.config.issuer);
    claims
}

fn decoded(part: &str) -> Vec<u8> {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()
}

fn header(caller: &Caller) -> Value {
    serde_json::from_slice(&decoded(caller.token.split('.').next().unwrap())).unwrap()
}

both_databases! {
    async fn forged_tokens_are_refused(t: &Service) {
        let caller = t.as_role("statistics_viewer").await;
        let (good, kid) = (serde_json::to_value(claims(t, &caller)).unwrap(), header(&caller)["kid"].clone());
        let kid = kid.as_str().unwrap();
        for alg in ["none", "None", "NONE", "nOnE", ""] {
            let token = unsigned(&json!({ "alg": alg, "kid": kid }), &good);
            refused(post(t, "/graphql").bearer_auth(token), "malformed").await;
        }
        let jwks = t.request(Method::GET, "/.well-known/jwks.json").send().await.unwrap().text().await.unwrap();
        let set: Value = serde_json::from_str(&jwks).unwrap();
        for secret in [jwks.clone(), set["keys"][0].to_string(), set["keys"][0]["x"].as_str().unwrap().to_owned()] {
            let token = signed_by_secret(secret.as_bytes(), kid, &good);
            refused(post(t, "/graphql").bearer_auth(token), "malformed").await;
        }
        let attacker = Signer::new();
        refused(post(t, "/graphql").bearer_auth(attacker.sign(Some(kid), &good)), "bad_signature").await;
        for unknown in [attacker.kid(), "../../../etc/passwd", "/dev/null", "' OR 1=1 --", "https://evil.example/jwks", ""] {
            refused(post(t, "/graphql").bearer_auth(attacker.sign(Some(unknown), &good)), "unknown_key").await;
        }
        refused(post(t, "/graphql").bearer_auth(attacker.sign(None, &good)), "unknown_key").await;

        // Roles of one's own, under the signature of others.
        let mut more = good.clone();
        more["roles"] = json!(["platform_admin", "dolisa_officer"]);
        let parts: Vec<_> = caller.token.split('.').collect();
        let token = format!("{}.{}.{}", parts[0], base64(&more.to_string()), parts[2]);
        refused(post(t, "/graphql").bearer_auth(token), "bad_signature").await;
        let token = format!("{}.{}.", parts[0], base64(&more.to_string()));
        refused(post(t, "/graphql").bearer_auth(token), "bad_signature").await;
        assert_eq!(caller.query(QUERY).await.status, 200);
    }

    async fn signed_tokens_that_do_not_hold_are_refused(t: &Service) {
        let caller = t.as_role("statistics_viewer").await;
        let good = claims(t, &caller);
        let other = t.as_role("auditor").await;
        let now = t.app.clock.now().timestamp();
        for (changed, reason) in [
            (Claims { exp: now - 31, ..good.clone() }, "expired"),
            (Claims { nbf: now + 31, ..good.clone() }, "not_yet_valid"),
            (Claims { iat: now + 31, ..good.clone() }, "not_yet_valid"),
            (Claims { iss: "https://ansinh.evil".into(), ..good.clone() }, "wrong_issuer"),
            (Claims { aud: "another service".into(), ..good.clone() }, "wrong_audience"),
            // A token of ours that isn't stored, or not for this client.
            (Claims { jti: "0198a0a0-0000-7000-8000-000000000000".into(), ..good.clone() }, "revoked"),
            (Claims { sub: claims(t, &other).sub, ..good.clone() }, "revoked"),
        ] {
            let token = t.app.keys.sign(&changed).unwrap_or_else(|error| panic!("{error}"));
            refused(post(t, "/graphql").bearer_auth(token), reason).await;
        }
        t.sql("UPDATE token SET revoked_at = 1 WHERE client_id = (SELECT id FROM client WHERE name LIKE 'auditor%')").await;
        refused(post(t, "/graphql").bearer_auth(&other.token), "revoked").await;
        for status in ["DISABLED", "PENDING"] {
            t.sql(&format!("UPDATE client SET status = '{status}' WHERE name LIKE 'statistics%'")).await;
            refused(post(t, "/graphql").bearer_auth(&caller.token), "client_disabled").await;
        }
    }

    async fn a_good_token_in_the_wrong_place_is_refused(t: &Service) {
        let caller = t.as_role("statistics_viewer").await;
        let token = &caller.token;
        let with_header = |path: &str| post(t, path).bearer_auth(token);
        refused(with_header("/graphql").bearer_auth(token), "malformed").await;
        refused(with_header("/graphql").header("authorization", "Basic dTpw"), "malformed").await;
        for name in ["access_token", "ACCESS_TOKEN", "token", "authorization", "x", "acc%65ss_token"] {
            let path = format!("/graphql?{name}={token}");
            refused(with_header(&path), "in_address").await;
            refused(post(t, &path), "in_address").await;
        }
        refused(with_header("/graphql?a=1&access_token="), "in_address").await;
        refused(t.request(Method::POST, "/graphql").json(&json!({ "query": QUERY, "access_token": token })), "").await;
        assert_eq!(with_header("/graphql?tenant=1").send().await.unwrap().status().as_u16(), 200);
    }

    async fn a_huge_token_is_refused(t: &Service) {
        for bytes in [4_097, 60_000] {
            refused(post(t, "/graphql").bearer_auth("a".repeat(bytes)), "malformed").await;
        }
        // More than a server reads of a request's head: it must say so and hang up.
        let mut stream = TcpStream::connect(t.address()).unwrap();
        let head = format!("POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}", "a".repeat(200_000));
        let _ = stream.write_all(head.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer:?}");
    }
}
