//! Files that hold something secret: whether others of the machine could have read it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// Only the owner may read the file. One exception: what an orchestrator mounts for a process of another user belongs
/// to root and is readable, not writable, for the group made for that process.
pub fn is_open_to_others(metadata: &Metadata) -> bool {
    let mounted = metadata.uid() == 0 && metadata.mode() & 0o037 == 0;
    metadata.mode() & 0o077 != 0 && !mounted
}
