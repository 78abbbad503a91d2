//! An Sinh

pub mod fold;
pub mod reference;
pub mod seed;
