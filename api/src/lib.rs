//! An Sinh

pub mod clock;
pub mod config;
pub mod identity;
