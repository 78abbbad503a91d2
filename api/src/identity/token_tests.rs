use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use super::*;
use crate::config::Secret;
use crate::identity::keys::generate_pem;

fn keys() -> SigningKeys {
    SigningKeys::from_pem(&generate_pem().unwrap(), "ansinh", "partners").unwrap()
}

fn now() -> DateTime<Utc> {
    "2023-03-01T02:00:00Z".parse().unwrap()
}

fn claims(keys: &SigningKeys) -> Claims {
    keys.claims("client-7".into(), "token-9".into(), now(), now() + TimeDelta::hours(1))
}

fn refusal(keys: &SigningKeys, token: &str) -> TokenRefusal {
    keys.verify(token, now()).expect_err("the token was accepted")
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Signs with this service's own key whatever header and claims a test wants to try.
fn signed(keys: &SigningKeys, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &keys.set().keys[0].signing, Algorithm::ES256).unwrap();
    format!("{message}.{signature}")
}

fn kid(keys: &SigningKeys) -> String {
    keys.set().keys[0].kid.clone()
}

fn header(keys: &SigningKeys) -> Value {
    json!({ "typ": "JWT", "alg": "ES256", "kid": kid(keys) })
}

/// The claims with one of them changed, or taken out by null.
fn with(keys: &SigningKeys, name: &str, value: Value) -> Value {
    let mut changed = serde_json::to_value(claims(keys)).unwrap();
    match value {
        Value::Null => drop(changed.as_object_mut().unwrap().remove(name)),
        value => changed[name] = value,
    }
    changed
}

#[test]
fn a_signed_token_says_its_claims_again_and_again() {
    let keys = keys();
    let token = keys.sign(&claims(&keys)).unwrap();
    for _ in 0..2 {
        assert_eq!(*keys.verify(&token, now()).unwrap(), claims(&keys));
    }
}

#[test]
fn a_token_without_signature_is_refused() {
    let keys = keys();
    let claims = serde_json::to_value(claims(&keys)).unwrap();
    for alg in ["none", "None", "NONE", ""] {
        let header = json!({ "alg": alg, "kid": kid(&keys) });
        assert_eq!(refusal(&keys, &format!("{}.{}.", part(&header), part(&claims))), TokenRefusal::Malformed);
    }
    let unsigned = format!("{}.{}.", part(&header(&keys)), part(&claims));
    assert_eq!(refusal(&keys, &unsigned), TokenRefusal::BadSignature);
}

#[test]
fn the_public_key_is_no_shared_secret() {
    let keys = keys();
    let set = serde_json::from_str::<Value>(&keys.jwks()).unwrap();
    let public = [
        keys.jwks().as_bytes().to_vec(),
        set["keys"][0].to_string().into_bytes(),
        keys.set().keys[0].verifying.try_get_as_bytes().unwrap().to_vec(),
    ];
    for secret in public {
        let header = Header { kid: Some(kid(&keys)), ..Header::new(Algorithm::HS256) };
        let token = jsonwebtoken::encode(&header, &claims(&keys), &EncodingKey::from_secret(&secret)).unwrap();
        assert_eq!(refusal(&keys, &token), TokenRefusal::Malformed);
    }
}

#[test]
fn a_changed_token_is_refused() {
    let keys = keys();
    let token = keys.sign(&claims(&keys)).unwrap();
    let mut parts = token.split('.').map(str::to_owned).collect::<Vec<_>>();
    parts[1] = part(&with(&keys, "sub", json!("client-1")));
    assert_eq!(refusal(&keys, &parts.join(".")), TokenRefusal::BadSignature);

    let other = SigningKeys::from_pem(&generate_pem().unwrap(), "ansinh", "partners").unwrap();
    let forged = signed(&other, &header(&keys), &serde_json::to_value(claims(&keys)).unwrap());
    assert_eq!(refusal(&keys, &forged), TokenRefusal::BadSignature);
}

#[test]
fn a_verified_token_still_ends() {
    let keys = keys();
    let token = keys.sign(&claims(&keys)).unwrap();
    let ends = now() + TimeDelta::hours(1);
    assert!(keys.verify(&token, ends + TimeDelta::seconds(29)).is_ok());
    assert_eq!(keys.verify(&token, ends + TimeDelta::seconds(30)), Err(TokenRefusal::Expired));
    assert_eq!(keys.verify(&token, ends + TimeDelta::days(30)), Err(TokenRefusal::Expired));
}

#[test]
fn a_token_does_not_begin_early() {
    let keys = keys();
    let token = keys.sign(&claims(&keys)).unwrap();
    assert!(keys.verify(&token, now() - TimeDelta::seconds(30)).is_ok());
    assert_eq!(keys.verify(&token, now() - TimeDelta::seconds(31)), Err(TokenRefusal::NotYetValid));
    for begin in ["nbf", "iat"] {
        let later = with(&keys, begin, json!(now().timestamp() + 31));
        assert_eq!(refusal(&keys, &signed(&keys, &header(&keys), &later)), TokenRefusal::NotYetValid);
    }
}

#[test]
fn only_this_service_and_its_partners_are_meant() {
    let keys = keys();
    for (name, value, expected) in [
        ("iss", json!("ansinh2"), TokenRefusal::WrongIssuer),
        ("iss", json!(""), TokenRefusal::WrongIssuer),
        ("aud", json!("Partners"), TokenRefusal::WrongAudience),
        ("aud", json!(["partners", "others"]), TokenRefusal::Malformed),
    ] {
        let token = signed(&keys, &header(&keys), &with(&keys, name, value));
        assert_eq!(refusal(&keys, &token), expected);
    }
}

#[test]
fn on_one_machine_the_port_does_not_matter() {
    let pem = generate_pem().unwrap();
    let named = |issuer: &str| SigningKeys::from_pem(&pem, issuer, "partners").unwrap();
    let token = |issuer: &str| named(issuer).sign(&claims(&named(issuer))).unwrap();
    let (demo, real) = (named("http://127.0.0.1:8080"), named("https://ansinh.example"));
    for own in ["http://127.0.0.1:9000", "http://localhost:8080", "http://[::1]:1"] {
        assert!(demo.verify(&token(own), now()).is_ok(), "{own}");
        assert_eq!(refusal(&real, &token(own)), TokenRefusal::WrongIssuer, "{own}");
    }
    for other in ["https://ansinh.evil", "http://ansinh.example", "ansinh", "http://127.0.0.1.evil"] {
        assert_eq!(refusal(&demo, &token(other)), TokenRefusal::WrongIssuer, "{other}");
    }
}

#[test]
fn every_claim_is_required() {
    let keys = keys();
    for name in ["iss", "aud", "sub", "jti", "iat", "nbf", "exp"] {
        let token = signed(&keys, &header(&keys), &with(&keys, name, Value::Null));
        assert_eq!(refusal(&keys, &token), TokenRefusal::Malformed, "without {name}");
    }
    for (name, value) in [("sub", json!("")), ("jti", json!("j".repeat(129))), ("exp", json!("never"))] {
        let token = signed(&keys, &header(&keys), &with(&keys, name, value));
        assert_eq!(refusal(&keys, &token), TokenRefusal::Malformed, "bad {name}");
    }
}

#[test]
fn the_key_id_only_looks_up_known_keys() {
    let keys = keys();
    let claims = serde_json::to_value(claims(&keys)).unwrap();
    for kid in
        [json!("../../demo-signing-key.pem"), json!("/etc/passwd"), json!("x' OR '1'='1"), json!(""), Value::Null]
    {
        let header = json!({ "alg": "ES256", "kid": kid });
        assert_eq!(refusal(&keys, &signed(&keys, &header, &claims)), TokenRefusal::UnknownKey);
    }
    let embedded = json!({ "alg": "ES256", "jku": "https://attacker.example/keys" });
    assert_eq!(refusal(&keys, &signed(&keys, &embedded, &claims)), TokenRefusal::UnknownKey);
    let critical = json!({ "alg": "ES256", "kid": kid(&keys), "crit": ["b64"], "b64": false });
    assert_eq!(refusal(&keys, &signed(&keys, &critical, &claims)), TokenRefusal::Malformed);
}

#[test]
fn an_old_key_verifies_until_it_is_taken_out() {
    let (old, new) = (generate_pem().unwrap(), generate_pem().unwrap());
    let before = SigningKeys::from_pem(&old, "ansinh", "partners").unwrap();
    let token = before.sign(&claims(&before)).unwrap();
    let both = Secret::new(format!("{}\n{}", new.reveal(), old.reveal()));
    let turning = SigningKeys::from_pem(&both, "ansinh", "partners").unwrap();
    assert!(turning.verify(&token, now()).is_ok());
    assert_ne!(kid(&turning), kid(&before));
    let after = SigningKeys::from_pem(&new, "ansinh", "partners").unwrap();
    assert_eq!(refusal(&after, &token), TokenRefusal::UnknownKey);
}

#[test]
fn what_is_no_token_is_refused() {
    let keys = keys();
    let huge = signed(&keys, &header(&keys), &with(&keys, "pad", json!("x".repeat(4096))));
    let long = "a".repeat(1 << 20);
    for text in ["", ".", "..", "a.b", "a.b.c.d", "not a token", "ä.ö.ü", &huge, &long] {
        assert_eq!(refusal(&keys, text), TokenRefusal::Malformed, "{}", text.get(..20).unwrap_or(text));
    }
}

#[test]
fn the_memory_of_verified_tokens_is_bounded() {
    let tokens = VerifiedTokens::default();
    let claims = Arc::new(claims(&keys()));
    for number in 0..MAX_VERIFIED * 2 + 1 {
        tokens.remember(&number.to_string(), &claims);
    }
    assert!(tokens.0.lock().unwrap().len() <= MAX_VERIFIED);
    assert!(tokens.get(&(MAX_VERIFIED * 2).to_string()).is_some());
}
