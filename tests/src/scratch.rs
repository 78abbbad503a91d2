//! A folder of its own for whatever a test writes.

use std::{
    fs::DirBuilder,
    io::ErrorKind,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// A new folder under the machine's temporary one, closed to other users, removed with everything in it on drop.
pub struct Scratch(PathBuf);

impl Scratch {
    #[expect(clippy::new_without_default, reason = "making a folder is no default")]
    pub fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            // Short, because a Unix socket's path has room for a hundred bytes.
            let name = format!("ansinh-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let path = std::env::temp_dir().join(name);
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Scratch(path),
                // Left by a process that bore our number and was killed.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => panic!("no folder {}: {error}", path.display()),
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder left behind is no reason to fail a test that has passed.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
