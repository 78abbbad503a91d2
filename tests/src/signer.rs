//! Somebody else's key: of an agency, of an outside issuer, of an attacker.

use ansinh::{
    config::Secret,
    identity::keys::{SigningKeys, generate_pem},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

/// A P-256 key that signs whatever a test wants to try.
pub struct Signer {
    /// The public half, with its `kid`.
    pub jwk: Value,
    key: EncodingKey,
}

impl Signer {
    #[expect(clippy::new_without_default, reason = "making a key is no default")]
    pub fn new() -> Signer {
        let pem = generate_pem().unwrap_or_else(|error| panic!("{error}"));
        let keys = SigningKeys::from_pem(&pem, "", "").unwrap_or_else(|error| panic!("{error}"));
        let set: Value = serde_json::from_str(&keys.jwks()).expect("JSON");
        Signer { jwk: set["keys"][0].clone(), key: EncodingKey::from_ec_der(&der(&pem)) }
    }

    pub fn kid(&self) -> &str {
        self.jwk["kid"].as_str().expect("a kid")
    }

    /// A JWT with these claims; those that are null are left out.
    pub fn sign(&self, kid: Option<&str>, claims: &Value) -> String {
        let header = match kid {
            Some(kid) => json!({ "alg": "ES256", "kid": kid }),
            None => json!({ "alg": "ES256" }),
        };
        signed(&header, claims, &self.key, Algorithm::ES256)
    }
}

/// A JWT signed with a shared secret, such as a public key's bytes.
pub fn signed_by_secret(secret: &[u8], kid: &str, claims: &Value) -> String {
    signed(&json!({ "alg": "HS256", "kid": kid }), claims, &EncodingKey::from_secret(secret), Algorithm::HS256)
}

/// A JWT with whatever header and no signature.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}.", part(header), part(claims))
}

fn signed(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let mut claims = claims.clone();
    claims.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    let message = format!("{}.{}", part(header), part(&claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).expect("a signature");
    format!("{message}.{signature}")
}

fn part(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

fn der(pem: &Secret) -> Vec<u8> {
    let text: String = pem.reveal().lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64_STANDARD.decode(text).expect("PEM")
}
