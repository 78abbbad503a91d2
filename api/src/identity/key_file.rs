//! The file of the signing keys: PEM blocks, the newest key first. A line before a block says from when its key signs;
//! other text between blocks is left out when the file is written anew.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};

use super::keys::KeyError;
use crate::config::{Secret, is_open_to_others};

pub(super) const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";
const SIGNS_FROM: &str = "signs-from:";

/// One key of the file.
#[derive(Clone)]
pub(super) struct StoredKey {
    /// The PEM block.
    pub pem: Secret,
    /// Before this instant the key is only published. None: it may sign at any time.
    pub signs_from: Option<DateTime<Utc>>,
}

/// The keys of a text, at least one.
pub(super) fn parse(text: &str) -> Result<Vec<StoredKey>, KeyError> {
    let mut keys = Vec::new();
    let mut signs_from = None;
    let mut block: Option<String> = None;
    for line in text.lines().map(str::trim) {
        if line.starts_with(PEM_BEGIN) {
            block = Some(String::new());
        }
        if let Some(open) = &mut block {
            open.push_str(line);
            open.push('\n');
            if line == PEM_END {
                let pem = Secret::new(block.take().unwrap_or_default());
                keys.push(StoredKey { pem, signs_from: signs_from.take() });
            }
        } else if let Some(instant) = line.strip_prefix(SIGNS_FROM) {
            signs_from = Some(instant.trim().parse::<DateTime<Utc>>().map_err(|_| {
                KeyError::new(format!("A line \"{SIGNS_FROM}\" before a signing key holds no instant in RFC 3339."))
            })?);
        }
    }
    if block.is_some() {
        return Err(KeyError::not_a_key());
    }
    if keys.is_empty() {
        return Err(KeyError::new(format!(
            "The signing key holds no \"{PEM_BEGIN}\" block: it must be a PKCS#8 P-256 key in PEM."
        )));
    }
    Ok(keys)
}

/// The text of a file that holds these keys.
pub(super) fn compose(keys: &[StoredKey]) -> Secret {
    let mut text = String::new();
    for key in keys {
        if let Some(instant) = key.signs_from {
            text.push_str(&format!("{SIGNS_FROM} {}\n", instant.to_rfc3339_opts(SecondsFormat::Secs, true)));
        }
        text.push_str(key.pem.reveal());
    }
    Secret::new(text)
}

/// What tells a file that was changed from one that was not.
pub(super) type Stamp = (u64, u64, i64, i64, u32);

pub(super) fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec(), metadata.mode()))
}

/// Reads the file, unless others could have read it too.
pub(super) fn read(path: &Path) -> Result<Secret, KeyError> {
    let failed =
        |error: io::Error| KeyError::new(format!("The signing key {} cannot be read: {error}.", path.display()));
    let mut file = File::open(path).map_err(failed)?;
    if is_open_to_others(&file.metadata().map_err(failed)?) {
        return Err(KeyError::new(format!(
            "The signing key {} can be read by other users of this machine: chmod 600 it.",
            path.display()
        )));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    Ok(Secret::new(text))
}

/// Makes a file that isn't there yet, for the owner's eyes only.
pub(super) fn create(path: &Path, text: &Secret) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.reveal().as_bytes()).and_then(|()| file.sync_all())
}

/// Puts a new text in the file's place in one step, with the file's owner and mode 0600. A service that looks at it
/// sees the old text or the new one. The file beside it, while it is there, keeps a second rotation out.
pub(super) fn replace(path: &Path, text: &Secret) -> Result<(), KeyError> {
    let failed = |error: io::Error| not_replaced(path, &error);
    let path = fs::canonicalize(path).map_err(failed)?;
    let beside = path.with_extension("new");
    match create(&beside, text) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(KeyError::new(format!(
                "{} is there: another rotation runs, or one broke off; then delete it.",
                beside.display()
            )));
        }
        made => made.map_err(failed)?,
    }
    let moved = keep_owner(&path, &beside).and_then(|()| fs::rename(&beside, &path));
    if moved.is_err() {
        let _left_behind = fs::remove_file(&beside);
    }
    moved.map_err(failed)?;
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all()).map_err(failed)
}

/// A file that is mounted by itself can't be replaced by another (EBUSY), nor can one in a read-only folder (EROFS).
fn not_replaced(path: &Path, error: &io::Error) -> KeyError {
    let path = path.display();
    KeyError::new(match error.kind() {
        io::ErrorKind::ResourceBusy => format!(
            "The signing key {path} cannot be replaced: it is mounted as a single file. Run the command where the file comes \
             from and start the nodes anew, or mount its folder instead."
        ),
        io::ErrorKind::ReadOnlyFilesystem => format!(
            "The signing key {path} cannot be replaced: it is mounted read-only. Run the command where it comes from."
        ),
        _ => format!("The signing key {path} cannot be replaced: {error}."),
    })
}

/// A root who rotates must not take the file away from the user that the service runs as.
fn keep_owner(path: &Path, beside: &Path) -> io::Result<()> {
    let (old, new) = (fs::metadata(path)?, fs::metadata(beside)?);
    if (old.uid(), old.gid()) == (new.uid(), new.gid()) {
        return Ok(());
    }
    chown(beside, Some(old.uid()), Some(old.gid()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_told_how_a_mounted_file_is_changed() {
        // EBUSY, EROFS, ENOSPC.
        for (code, words) in [(16, "mounted as a single file"), (30, "mounted read-only"), (28, "No space left")] {
            let sentence = not_replaced(Path::new("/run/keys.pem"), &io::Error::from_raw_os_error(code)).to_string();
            assert!(sentence.contains(words) && sentence.contains("/run/keys.pem"), "{sentence}");
        }
    }
}
