//! Finds PostgreSQL's programs on this machine. `build.rs` uses it too.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest version that An Sinh supports.
const OLDEST: u32 = 15;

/// The folder that holds `initdb` and `postgres`: the first on the PATH, or else the newest that Debian has installed.
pub fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    on_path.into_iter().chain(debian()).find(|folder| version(folder).is_some_and(|version| version >= OLDEST))
}

/// Debian keeps the programs of each version apart and leaves them off the PATH. Newest first.
fn debian() -> Vec<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    folders
}

/// The major version of the programs in the folder; none where one is missing or does not run.
fn version(folder: &Path) -> Option<u32> {
    if !folder.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", or "17beta1".
    let text = String::from_utf8(output.stdout).ok()?;
    let number = text.strip_prefix("postgres (PostgreSQL) ")?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
