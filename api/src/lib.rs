//! An Sinh

pub mod clock;
pub mod config;
pub mod http;
pub mod identity;
pub mod startup;
pub mod telemetry;
