//! Waiting for what comes in its own time.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// Longer than anything here takes, even on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Asks until the condition holds.
pub async fn eventually<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
