//! An Sinh

pub mod reference;
