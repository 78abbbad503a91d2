//! What An Sinh stores: enums, sets of them.

pub mod enum_set;
pub mod enums;

pub use enum_set::EnumSet;
