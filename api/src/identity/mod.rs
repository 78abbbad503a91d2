//! Who is asking: signing keys and tokens.

pub mod keys;
pub mod token;
