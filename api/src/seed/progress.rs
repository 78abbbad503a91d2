//! What a person at the terminal sees of long work.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Told how far the work has come.
pub trait Progress: Sync {
    /// A new piece of work begins, of `total` steps; 0 where they can't be counted.
    fn start(&self, what: &'static str, total: u64);
    fn advance(&self, steps: u64);
}

/// Shows nothing.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _what: &'static str, _total: u64) {}
    fn advance(&self, _steps: u64) {}
}

/// A bar on standard error, seen only where the work takes longer than a second and somebody is there to look.
pub struct Bar {
    began: Instant,
    bar: Mutex<Option<ProgressBar>>,
}

const PATIENCE: Duration = Duration::from_secs(1);

impl Bar {
    pub fn new() -> Self {
        Self { began: Instant::now(), bar: Mutex::new(None) }
    }

    fn with(&self, change: impl FnOnce(&mut Option<ProgressBar>)) {
        // A poisoned lock means that another thread panicked while drawing: the bar is not worth another panic.
        if let Ok(mut bar) = self.bar.lock() {
            change(&mut bar);
            if let Some(bar) = bar.as_ref().filter(|bar| bar.is_hidden() && self.began.elapsed() >= PATIENCE) {
                bar.set_draw_target(ProgressDrawTarget::stderr());
            }
        }
    }
}

impl Default for Bar {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for Bar {
    fn start(&self, what: &'static str, total: u64) {
        self.with(|bar| {
            if let Some(before) = bar.take() {
                before.finish_and_clear();
            }
            let (next, template) = match total {
                0 => (ProgressBar::no_length(), "{msg} {spinner} {elapsed}"),
                _ => (ProgressBar::new(total), "{msg} [{bar:40}] {human_pos}/{human_len}, {eta} left"),
            };
            next.set_draw_target(ProgressDrawTarget::hidden());
            if let Ok(style) = ProgressStyle::with_template(template) {
                next.set_style(style);
            }
            next.set_message(what);
            next.enable_steady_tick(Duration::from_millis(200));
            *bar = Some(next);
        });
    }

    fn advance(&self, steps: u64) {
        self.with(|bar| {
            if let Some(bar) = bar {
                bar.inc(steps);
            }
        });
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.with(|bar| {
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        });
    }
}
