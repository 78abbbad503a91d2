//! The P-256 keys that sign tokens, and their public half as partners fetch it.

use std::collections::HashMap;
use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use p256::SecretKey;
use p256::elliptic_curve::Generate;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use sha2::{Digest, Sha256};

use super::token::VerifiedTokens;
use crate::config::{Config, Secret};

/// The demo's own key, in the data directory.
const DEMO_KEY_FILE: &str = "demo-signing-key.pem";
const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";

/// Why the keys cannot be used; a sentence for the operator.
#[derive(Debug)]
pub struct KeyError(String);

impl KeyError {
    pub(super) fn signing() -> Self {
        Self("A token cannot be signed with the current key.".into())
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The keys of this service: one signs, all of them verify. A new key goes first in the PEM text and the old one
/// stays behind it until the last token it signed has ended.
pub struct SigningKeys {
    pub(super) current: CurrentKey,
    pub(super) by_kid: HashMap<String, DecodingKey>,
    pub(super) issuer: String,
    pub(super) audience: String,
    pub(super) verified: VerifiedTokens,
    jwks: String,
}

pub(super) struct CurrentKey {
    pub kid: String,
    pub key: EncodingKey,
}

impl SigningKeys {
    /// The configured keys or, in demo mode without any, the key kept in the data directory, made there once.
    pub fn open(config: &Config) -> Result<Self, KeyError> {
        match &config.signing_keys {
            Some(pem) => Self::from_pem(pem, &config.issuer, &config.audience),
            None => Self::from_pem(&demo_key(&config.data_dir)?, &config.issuer, &config.audience),
        }
    }

    /// Keys from PEM text: PKCS#8 P-256 private keys, one after the other; the first one signs.
    pub fn from_pem(pem: &Secret, issuer: &str, audience: &str) -> Result<Self, KeyError> {
        let mut current = None;
        let mut by_kid = HashMap::new();
        let mut published = Vec::new();
        for (index, block) in pem.reveal().match_indices(PEM_BEGIN) {
            let text = pem.reveal().get(index..).unwrap_or(block);
            let key = Key::parse(text)?;
            published.push(key.jwk());
            by_kid.insert(key.kid.clone(), key.verifying());
            if current.is_none() {
                current = Some(CurrentKey { key: key.signing()?, kid: key.kid });
            }
        }
        let current = current.ok_or_else(|| {
            KeyError(format!("The signing key holds no \"{PEM_BEGIN}\" block: it must be a PKCS#8 P-256 key in PEM."))
        })?;
        Ok(Self {
            current,
            by_kid,
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            verified: VerifiedTokens::default(),
            jwks: serde_json::json!({ "keys": published }).to_string(),
        })
    }

    /// The public keys as a JSON Web Key Set (RFC 7517).
    pub fn jwks(&self) -> &str {
        &self.jwks
    }
}

/// A new PKCS#8 P-256 key in PEM.
pub fn generate_pem() -> Result<Secret, KeyError> {
    let key = SecretKey::try_generate().map_err(|_| KeyError("The system gives no random numbers.".into()))?;
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError("A new signing key cannot be encoded.".into()))?;
    Ok(Secret::new(pem.as_str()))
}

/// One key, taken apart.
struct Key {
    secret: SecretKey,
    kid: String,
    x: String,
    y: String,
}

impl Key {
    /// Reads the first PEM block of a text.
    fn parse(text: &str) -> Result<Self, KeyError> {
        let end = "-----END PRIVATE KEY-----";
        let block = text.split_once(end).map(|(body, _)| format!("{body}{end}\n"));
        let secret = block
            .and_then(|block| SecretKey::from_pkcs8_pem(&block).ok())
            .ok_or_else(|| KeyError("The signing key is not a PKCS#8 P-256 private key in PEM.".into()))?;
        let point = secret.public_key().to_sec1_point(false);
        let coordinate = |bytes: Option<&[u8]>| URL_SAFE_NO_PAD.encode(bytes.unwrap_or_default());
        let x = coordinate(point.x().map(|x| x.as_slice()));
        let y = coordinate(point.y().map(|y| y.as_slice()));
        Ok(Self { secret, kid: thumbprint(&x, &y), x, y })
    }

    fn signing(&self) -> Result<EncodingKey, KeyError> {
        let der = self.secret.to_pkcs8_der().map_err(|_| KeyError("The signing key cannot be encoded.".into()))?;
        Ok(EncodingKey::from_ec_der(der.as_bytes()))
    }

    fn verifying(&self) -> DecodingKey {
        DecodingKey::from_ec_der(self.secret.public_key().to_sec1_point(false).as_bytes())
    }

    fn jwk(&self) -> serde_json::Value {
        serde_json::json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid, "x": self.x, "y": self.y,
        })
    }
}

/// RFC 7638: the hash of the required members, in order of their names, without white space.
fn thumbprint(x: &str, y: &str) -> String {
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members.as_bytes()))
}

/// The demo's key: read, or made and written for the owner's eyes only.
fn demo_key(data_dir: &Path) -> Result<Secret, KeyError> {
    let path = data_dir.join(DEMO_KEY_FILE);
    let failed = |error: io::Error| KeyError(format!("The signing key {} cannot be kept: {error}.", path.display()));
    match std::fs::read_to_string(&path) {
        Ok(pem) => Ok(Secret::new(pem)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let pem = generate_pem()?;
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
            file.write_all(pem.reveal().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
            Ok(pem)
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_thumbprint_hashes_the_required_members_in_their_order() {
        // Computed apart with: printf '{"crv":...}' | openssl dgst -sha256 -binary | basenc --base64url
        let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
        let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
        assert_eq!(thumbprint(x, y), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    }

    #[test]
    fn the_published_set_holds_public_members_only() {
        let (first, second) = (generate_pem().unwrap(), generate_pem().unwrap());
        let both = Secret::new(format!("{}{}", first.reveal(), second.reveal()));
        let keys = SigningKeys::from_pem(&both, "ansinh", "ansinh").unwrap();
        let set = serde_json::from_str::<serde_json::Value>(keys.jwks()).unwrap();
        let published = set["keys"].as_array().unwrap();
        assert_eq!(published.len(), 2);
        assert_eq!(published[0]["kid"], keys.current.kid.as_str());
        for jwk in published {
            let members = jwk.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
            assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
            assert!(keys.by_kid.contains_key(jwk["kid"].as_str().unwrap()));
        }
    }

    #[test]
    fn what_is_not_a_p256_key_is_refused() {
        for text in ["", "secret", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", PEM_BEGIN] {
            let refusal = SigningKeys::from_pem(&Secret::new(text), "ansinh", "ansinh").err().unwrap();
            assert!(refusal.to_string().contains("P-256"), "{refusal}");
        }
    }

    #[test]
    fn the_demo_key_is_made_once_and_private() {
        let directory = std::env::temp_dir().join(format!("ansinh-keys-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&directory).unwrap();
        let made = demo_key(&directory).unwrap();
        assert!(made == demo_key(&directory).unwrap());
        let mode = std::fs::metadata(directory.join(DEMO_KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
