//! Who is asking: from a bearer token to a viewer.
//!
//! `keys.rs` and `token.rs` sign and verify; `authenticate.rs` looks the token, its client and their roles up;
//! `admin.rs` makes clients and issues tokens, `oauth/` issues them to machines over the network.

pub mod admin;
mod authenticate;
pub mod client_keys;
mod graphql;
pub mod introduce;
pub mod issuers;
pub mod jwk;
mod key_file;
mod key_mutation;
pub mod keys;
pub mod oauth;
mod projection;
pub mod rotation;
pub mod secret;
pub mod token;

pub use authenticate::{AuthFailure, authenticate};
pub use graphql::IdentityQuery;
pub use key_mutation::ClientKeyMutation;
pub use projection::{CLIENT, ROLE, TOKEN, VIEWER};
