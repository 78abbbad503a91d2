//! The document that a digest stands for.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};

use crate::{clock, db::Db, error::Result};

/// How long a found document is taken from memory, in microseconds: one that is removed is gone within a second.
const FRESH: i64 = 1_000_000;
/// Documents in memory. Beyond it all are looked up anew.
const REMEMBERED: usize = 1_000;

/// SHA-256 of a document's text in UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// From 64 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if text.len() != 64 || !digits {
            return None;
        }
        let mut bytes = [0_u8; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

struct Found {
    at: i64,
    document: Arc<str>,
}

/// Documents that were found a moment ago.
#[derive(Default)]
pub struct Known {
    found: Mutex<HashMap<(i64, Digest), Found>>,
}

impl Known {
    /// The document that a client has registered under a digest.
    pub async fn find(
        &self,
        db: &Db,
        clock: &dyn clock::Clock,
        client: i64,
        digest: Digest,
    ) -> Result<Option<Arc<str>>> {
        let (now, key) = (clock::to_micros(clock.now()), (client, digest));
        if let Some(document) = self.fresh(key, now) {
            return Ok(Some(document));
        }
        let at = db.dialect.placeholder();
        let sql = format!("SELECT document FROM client_operation WHERE client_id = {at}1 AND sha256 = {at}2");
        let rows = db.read(db.statement(sql, vec![client.into(), digest.to_string().into()])).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let document: Arc<str> = row.try_get_by_index::<String>(0)?.into();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.len() >= REMEMBERED {
            found.clear();
        }
        found.insert(key, Found { at: now, document: document.clone() });
        Ok(Some(document))
    }

    fn fresh(&self, key: (i64, Digest), now: i64) -> Option<Arc<str>> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.get(&key).filter(|found| (0..FRESH).contains(&(now - found.at))).map(|found| found.document.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_specification_s_example() {
        let hex = "71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b";
        let digest = Digest::of("query($id:ID!){user(id:$id){name}}");
        assert_eq!(digest.to_string(), hex);
        assert_eq!(Digest::parse(hex), Some(digest));
        for wrong in ["", &hex[1..], &hex.to_uppercase(), &format!("{hex}0"), &hex.replace('7', "+"), &"é".repeat(32)]
        {
            assert_eq!(Digest::parse(wrong), None, "{wrong}");
        }
    }
}
