//! The P-256 keys that sign tokens, and their public half as partners fetch it. How they are kept is `key_file.rs`, how
//! they are changed is `rotation.rs`.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{DecodingKey, EncodingKey};
use p256::SecretKey;
use p256::elliptic_curve::Generate;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use sha2::{Digest, Sha256};

use super::key_file::{self, Stamp, StoredKey};
use super::token::VerifiedTokens;
use crate::config::{Config, Secret};

/// The demo's own key, in the data directory.
const DEMO_KEY_FILE: &str = "demo-signing-key.pem";
/// How often the file is looked at, in milliseconds.
const LOOK_EVERY: u64 = 1_000;

/// Why the keys cannot be used; a sentence for the operator.
#[derive(Debug)]
pub struct KeyError(String);

impl KeyError {
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    pub(super) fn signing() -> Self {
        Self("A token cannot be signed with the current key.".into())
    }

    pub(super) fn not_a_key() -> Self {
        Self("The signing key is not a PKCS#8 P-256 private key in PEM.".into())
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The keys of this service: one signs, all of them verify. Where they are in a file, a change of the file is noticed
/// within a second.
pub struct SigningKeys {
    pub(super) issuer: String,
    pub(super) audience: String,
    file: Option<Watched>,
    set: RwLock<Arc<KeySet>>,
}

/// The file, and when and as what it was last seen.
struct Watched {
    path: PathBuf,
    opened: Instant,
    /// Milliseconds after it was opened.
    looked: AtomicU64,
    seen: Mutex<Option<Stamp>>,
}

/// Keys as they were read at one time, and the tokens that they verified.
pub(super) struct KeySet {
    pub keys: Vec<LiveKey>,
    pub verified: VerifiedTokens,
    pub jwks: String,
}

pub(super) struct LiveKey {
    pub kid: String,
    pub signs_from: Option<DateTime<Utc>>,
    pub signing: EncodingKey,
    pub verifying: DecodingKey,
}

impl SigningKeys {
    /// The configured keys or, in demo mode without any, the key kept in the data directory, made there once.
    pub fn open(config: &Config) -> Result<Self, KeyError> {
        let (issuer, audience) = (&config.issuer, &config.audience);
        match (&config.signing_keys, key_path(config)) {
            (Some(pem), _) => Self::from_pem(pem, issuer, audience),
            (None, Some(path)) => Self::from_file(path, issuer, audience),
            (None, None) => Self::from_file(demo_key(&config.data_dir)?, issuer, audience),
        }
    }

    /// Keys from PEM text: PKCS#8 P-256 private keys, one after the other; the first one signs.
    pub fn from_pem(pem: &Secret, issuer: &str, audience: &str) -> Result<Self, KeyError> {
        Self::new(KeySet::read(pem)?, None, issuer, audience)
    }

    fn from_file(path: PathBuf, issuer: &str, audience: &str) -> Result<Self, KeyError> {
        let seen = Mutex::new(key_file::stamp(&path));
        let set = KeySet::read(&key_file::read(&path)?)?;
        let file = Watched { path, opened: Instant::now(), looked: AtomicU64::new(0), seen };
        Self::new(set, Some(file), issuer, audience)
    }

    fn new(set: KeySet, file: Option<Watched>, issuer: &str, audience: &str) -> Result<Self, KeyError> {
        let set = RwLock::new(Arc::new(set));
        Ok(Self { issuer: issuer.to_owned(), audience: audience.to_owned(), file, set })
    }

    /// The public keys as a JSON Web Key Set (RFC 7517).
    pub fn jwks(&self) -> String {
        self.set().jwks.clone()
    }

    /// The keys of now.
    pub(super) fn set(&self) -> Arc<KeySet> {
        if let Some(set) = self.file.as_ref().and_then(Watched::changed) {
            *self.set.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(set);
        }
        self.set.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Watched {
    /// The keys of the file where it has changed. One caller a second looks. A file that can't be used leaves the keys
    /// as they are: a slip of the operator must not lock everybody out.
    fn changed(&self) -> Option<KeySet> {
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        let looked = self.looked.load(Ordering::Relaxed);
        if now < looked.saturating_add(LOOK_EVERY) {
            return None;
        }
        self.looked.compare_exchange(looked, now, Ordering::Relaxed, Ordering::Relaxed).ok()?;
        let stamp = key_file::stamp(&self.path);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == stamp {
            return None;
        }
        *seen = stamp;
        match key_file::read(&self.path).and_then(|pem| KeySet::read(&pem)) {
            Ok(set) => {
                tracing::info!(keys = set.keys.len(), "the signing keys were read anew");
                Some(set)
            }
            Err(error) => {
                tracing::error!(%error, "the signing keys have changed and can't be used; the old ones stay");
                None
            }
        }
    }
}

impl KeySet {
    pub fn read(pem: &Secret) -> Result<Self, KeyError> {
        let stored = key_file::parse(pem.reveal())?;
        let (mut keys, mut published) = (Vec::new(), Vec::new());
        for stored in &stored {
            let key = Key::parse(stored)?;
            published.push(key.jwk());
            let (signing, verifying) = (key.signing()?, key.verifying());
            keys.push(LiveKey { kid: key.kid, signs_from: stored.signs_from, signing, verifying });
        }
        let jwks = serde_json::json!({ "keys": published }).to_string();
        Ok(Self { keys, verified: VerifiedTokens::default(), jwks })
    }

    /// The place of the key that signs: the newest whose time has come. Where none has, the oldest.
    pub fn current(&self, now: DateTime<Utc>) -> usize {
        let begun = |key: &LiveKey| key.signs_from.is_none_or(|from| from <= now);
        self.keys.iter().position(begun).unwrap_or(self.keys.len().saturating_sub(1))
    }

    pub fn signing(&self, now: DateTime<Utc>) -> Option<&LiveKey> {
        self.keys.get(self.current(now))
    }

    pub fn by_kid(&self, kid: &str) -> Option<&LiveKey> {
        self.keys.iter().find(|key| key.kid == kid)
    }
}

/// The file that holds the keys; none where they come from the environment.
pub(super) fn key_path(config: &Config) -> Option<PathBuf> {
    match (&config.signing_keys, &config.signing_key_file) {
        (Some(_), _) => None,
        (None, Some(path)) => Some(path.clone()),
        (None, None) => {
            let path = config.data_dir.join(DEMO_KEY_FILE);
            path.exists().then_some(path)
        }
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
    fn parse(stored: &StoredKey) -> Result<Self, KeyError> {
        let secret = SecretKey::from_pkcs8_pem(stored.pem.reveal()).map_err(|_| KeyError::not_a_key())?;
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

/// The demo's key, made and written for the owner's eyes only.
fn demo_key(data_dir: &Path) -> Result<PathBuf, KeyError> {
    let path = data_dir.join(DEMO_KEY_FILE);
    match key_file::create(&path, &generate_pem()?) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(KeyError(format!("The signing key {} cannot be kept: {error}.", path.display())))
        }
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::identity::key_file::PEM_BEGIN;

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
        let set = serde_json::from_str::<serde_json::Value>(&keys.jwks()).unwrap();
        let published = set["keys"].as_array().unwrap();
        assert_eq!(published.len(), 2);
        assert_eq!(published[0]["kid"], keys.set().keys[0].kid.as_str());
        for jwk in published {
            let members = jwk.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
            assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
            assert!(keys.set().by_kid(jwk["kid"].as_str().unwrap()).is_some());
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
        let config = Config { data_dir: directory.clone(), ..Config::of_database("sqlite::memory:") };
        let jwks = || SigningKeys::open(&config).unwrap().jwks();
        assert_eq!(jwks(), jwks());
        let file = directory.join(DEMO_KEY_FILE);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn the_first_key_whose_time_has_come_signs() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let text: String = ["signs-from: 2026-11-23T10:00:00Z\n", "signs-from: 2026-11-22T10:00:00Z\n", ""]
            .iter()
            .map(|line| format!("{line}{}", generate_pem().unwrap().reveal()))
            .collect();
        let set = KeySet::read(&Secret::new(text)).unwrap();
        for (now, place) in [
            ("2026-11-20T00:00:00Z", 2),
            ("2026-11-22T10:00:00Z", 1),
            ("2026-11-23T09:59:59Z", 1),
            ("2026-11-23T10:00:00Z", 0),
        ] {
            assert_eq!(set.current(at(now)), place, "{now}");
        }
        let early = format!("signs-from: 2026-11-23T10:00:00Z\n{}", generate_pem().unwrap().reveal());
        assert!(KeySet::read(&Secret::new(early)).unwrap().signing(at("2026-01-01T00:00:00Z")).is_some());
        let wrong = format!("signs-from: soon\n{}", generate_pem().unwrap().reveal());
        assert!(KeySet::read(&Secret::new(wrong)).is_err());
    }

    #[test]
    fn a_file_that_is_spoilt_locks_nobody_out() {
        let path = std::env::temp_dir().join(format!("ansinh-keys-{}.pem", uuid::Uuid::now_v7()));
        let (first, second) = (generate_pem().unwrap(), generate_pem().unwrap());
        key_file::create(&path, &first).unwrap();
        let mut keys = SigningKeys::from_file(path.clone(), "ansinh", "ansinh").unwrap();
        let published = keys.jwks();
        let mut look = || {
            // As if the last look had been a while ago.
            keys.file.as_mut().unwrap().opened = Instant::now() - std::time::Duration::from_secs(2);
            keys.file.as_ref().unwrap().looked.store(0, Ordering::Relaxed);
            keys.jwks()
        };
        fs::write(&path, "no key").unwrap();
        assert_eq!(look(), published);
        fs::write(&path, [first.reveal(), second.reveal()].concat()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
        assert_eq!(look(), published, "a file that others can read is not used");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(look().len() > published.len());
        fs::remove_file(&path).unwrap();
        assert!(look().len() > published.len());
    }

    #[test]
    fn keys_that_others_can_read_are_refused() {
        let path = std::env::temp_dir().join(format!("ansinh-keys-{}.pem", uuid::Uuid::now_v7()));
        key_file::create(&path, &generate_pem().unwrap()).unwrap();
        let open = |mode: u32| {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            SigningKeys::from_file(path.clone(), "ansinh", "ansinh").map(drop).map_err(|error| error.to_string())
        };
        for mode in [0o644, 0o604, 0o660, 0o666, 0o777, 0o601] {
            let refusal = open(mode).unwrap_err();
            assert!(refusal.contains("chmod 600"), "{mode:o}: {refusal}");
        }
        for mode in [0o600, 0o400] {
            assert_eq!(open(mode), Ok(()));
        }
        fs::remove_file(&path).unwrap();
    }
}
