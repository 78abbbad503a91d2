//! Secrets that clients show: made here, shown once, kept as a hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use sha2::{Digest, Sha256};

use crate::config::Secret;

/// So that a secret that was lost in a log or a repository can be searched for.
const PREFIX: &str = "ans_";

/// A new secret of 256 random bits.
pub fn generate() -> Secret {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// What is stored of a secret. It has 256 random bits, so that a plain hash can't be searched backwards: the slow
/// functions are for what people make up.
pub fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}

/// Whether the secret has this hash. The hashes are compared, and nobody can choose theirs: how far they agree tells
/// nothing of the secret.
pub fn fits(secret: &str, hashed: &str) -> bool {
    hash(secret) == hashed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_fits_its_own_hash_only() {
        let (one, other) = (generate(), generate());
        assert!(one != other);
        assert!(one.reveal().starts_with(PREFIX) && one.reveal().len() == PREFIX.len() + 43);
        assert!(fits(one.reveal(), &hash(one.reveal())));
        assert!(!fits(other.reveal(), &hash(one.reveal())));
        assert!(!hash(one.reveal()).contains(one.reveal()));
    }
}
