//! Changing the signing keys without a break: a new key is published first and signs only after an overlap, an old one
//! verifies until the last token that it can have signed has ended.

use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use entity::token;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::key_file::{self, StoredKey};
use super::keys::{KeyError, KeySet, SigningKeys, generate_pem, key_path};
use crate::clock;
use crate::config::Config;
use crate::error::Failure;
use crate::exchange::{self, server::Deed};
use crate::startup::App;

/// Partners may keep the public keys for five minutes, and nodes may need some to get the file.
pub const SHORTEST_OVERLAP: TimeDelta = TimeDelta::minutes(10);
/// How much longer than its last second a key may have signed: another node's clock, and its look at the file.
const MARGIN: TimeDelta = TimeDelta::minutes(1);

/// Why the keys are as they were.
pub enum Unchanged {
    /// The operator must do something else.
    Refused(KeyError),
    Failed(Failure),
}

impl From<KeyError> for Unchanged {
    fn from(error: KeyError) -> Self {
        Self::Refused(error)
    }
}

impl From<Failure> for Unchanged {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A key as `ansinh keys list` shows it.
pub struct Listed {
    pub kid: String,
    /// `published`, `signs` or `verifies`.
    pub state: &'static str,
    /// From when it signs or signed; empty where nobody wrote it down.
    pub since: String,
}

/// The keys, the newest first.
pub fn list(keys: &SigningKeys, now: DateTime<Utc>) -> Vec<Listed> {
    let set = keys.set();
    let current = set.current(now);
    let state = |place: usize| match place.cmp(&current) {
        std::cmp::Ordering::Less => "published",
        std::cmp::Ordering::Equal => "signs",
        std::cmp::Ordering::Greater => "verifies",
    };
    let since = |from: Option<DateTime<Utc>>| {
        from.map(|from| from.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default()
    };
    let keys = set.keys.iter().enumerate();
    keys.map(|(place, key)| Listed { kid: key.kid.clone(), state: state(place), since: since(key.signs_from) })
        .collect()
}

/// Publishes a new key that signs after the overlap, and takes out those that nobody needs. Returns from when it signs.
pub async fn rotate(app: &App, overlap: TimeDelta) -> Result<DateTime<Utc>, Unchanged> {
    let now = app.clock.now();
    let (path, keys) = stored(&app.config)?;
    if let Some(from) = keys.first().and_then(|key| key.signs_from).filter(|from| *from > now) {
        return Err(Unchanged::Refused(KeyError::new(format!(
            "A new key is published already and signs from {}: rotate again after that.",
            from.to_rfc3339_opts(SecondsFormat::Secs, true)
        ))));
    }
    let from = now.checked_add_signed(overlap).unwrap_or(now);
    let mut kept = vec![StoredKey { pem: generate_pem()?, signs_from: Some(from) }];
    kept.extend(needed(app, keys).await?);
    note(app, "rotateKeys").await?;
    key_file::replace(&path, &key_file::compose(&kept))?;
    Ok(from)
}

/// Takes out the keys whose last token has ended. Returns how many there were.
pub async fn retire(app: &App) -> Result<usize, Unchanged> {
    let (path, keys) = stored(&app.config)?;
    let before = keys.len();
    let kept = needed(app, keys).await?;
    let gone = before.saturating_sub(kept.len());
    if gone > 0 {
        note(app, "retireKeys").await?;
        key_file::replace(&path, &key_file::compose(&kept))?;
    }
    Ok(gone)
}

/// Replaces all keys by a new one, at once: whoever has learnt a private key can sign nothing more, and every token that
/// is out ends. Asks no database: it must be possible while the service is being attacked, so [`note`] comes after it.
pub fn replace_all(config: &Config, now: DateTime<Utc>) -> Result<(), Unchanged> {
    let (path, _) = stored(config)?;
    let new = StoredKey { pem: generate_pem()?, signs_from: Some(now) };
    Ok(key_file::replace(&path, &key_file::compose(&[new]))?)
}

/// Notes in the ledger what is done to the keys: before the file is written, for an entry too many does no harm.
pub async fn note(app: &App, operation: &str) -> Result<(), Failure> {
    let deed = Deed { operation, type_name: "SigningKey", id: None, fields: &[] };
    exchange::server::note(&app.db.connection, app.clock.now(), deed).await
}

fn stored(config: &Config) -> Result<(PathBuf, Vec<StoredKey>), KeyError> {
    let path = key_path(config).ok_or_else(|| {
        KeyError::new(
            "The signing keys come from ANSINH_SIGNING_KEY, which no command can change. Put a new key before the old one \
             there, after a line \"signs-from: \" with an instant at least 10 minutes ahead, and start the nodes anew; or \
             keep the keys in a file that ANSINH_SIGNING_KEY_FILE names.",
        )
    })?;
    let keys = key_file::parse(key_file::read(&path)?.reveal())?;
    Ok((path, keys))
}

/// The keys but those that signed before the current one and whose tokens have all ended.
async fn needed(app: &App, keys: Vec<StoredKey>) -> Result<Vec<StoredKey>, Unchanged> {
    let now = app.clock.now();
    let current = KeySet::read(&key_file::compose(&keys))?.current(now);
    let mut kept = Vec::new();
    let mut successor = None;
    for (place, key) in keys.into_iter().enumerate() {
        // Where it isn't known when the next key took over, this one may have signed until now.
        let until = successor.unwrap_or(now);
        successor = key.signs_from;
        if place <= current || has_live_tokens(app, until, now).await? {
            kept.push(key);
        }
    }
    Ok(kept)
}

/// Whether a token that was signed until an instant may still be in use.
async fn has_live_tokens(app: &App, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<bool, Failure> {
    let micros = |instant: DateTime<Utc>, margin: TimeDelta| {
        clock::to_micros(instant.checked_add_signed(margin).unwrap_or(instant))
    };
    let live = token::Entity::find()
        .filter(token::Column::IssuedAt.lte(micros(until, MARGIN)))
        .filter(token::Column::ExpiresAt.gte(micros(now, -MARGIN)))
        .filter(token::Column::RevokedAt.is_null())
        .count(&app.db.connection)
        .await?;
    Ok(live > 0)
}
