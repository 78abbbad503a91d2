//! Who is asking: from a bearer token to a viewer.
//!
//! `keys.rs` and `token.rs` sign and verify; `authenticate.rs` looks the token, its client and their roles up;
//! `admin.rs` makes clients and issues tokens.

pub mod admin;
mod authenticate;
mod graphql;
pub mod keys;
mod projection;
pub mod secret;
pub mod token;

pub use authenticate::{AuthFailure, authenticate};
pub use graphql::{Client, IdentityQuery};
pub use projection::{CLIENT, ROLE, TOKEN, VIEWER};
