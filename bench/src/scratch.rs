//! Folders of a run.

use std::{
    fs::DirBuilder,
    io::ErrorKind,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use crate::trouble::{Result, While};

/// A folder closed to other users: made anew and removed on drop, or a given one that stays.
pub struct Scratch {
    path: PathBuf,
    stays: bool,
}

impl Scratch {
    /// Under the machine's temporary folder. The name is short: a Unix socket's path has room for a hundred bytes.
    pub fn temporary() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("ansinh-bench-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&path).during(|| format!("making {}", path.display()))?;
        Ok(Self { path, stays: false })
    }

    pub fn given(path: &Path) -> Result<Self> {
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(error).during(|| format!("making {}", path.display()));
            }
            _ => {}
        }
        Ok(Self { path: path.canonicalize()?, stays: true })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.stays {
            // What is left in the temporary folder is no reason to lose the figures.
            let _left = std::fs::remove_dir_all(&self.path);
        }
    }
}
