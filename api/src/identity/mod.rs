//! Who is asking: from a bearer token to a viewer.
//!
//! `keys.rs` and `token.rs` sign and verify; `authenticate.rs` looks the token, its client and their roles up,
//! `viewers.rs` remembers that for a moment, `refused.rs` says whom a refused token names.
//! `service.rs` is what callers can do with clients, roles and tokens, `command.rs` and `admin.rs` what the server can;
//! both through `clients.rs`, `roles.rs`, `scope.rs`, `issuing.rs` and `hand_out.rs`. `forget.rs` deletes tokens of long ago.
//! `oauth/` issues tokens to machines over the network, `issuers.rs` takes those of others, `rotation.rs` changes our keys,
//! `built_in.rs` keeps the built-in roles as the code has them, `purposes.rs` sets what roles are for.

pub mod admin;
mod authenticate;
pub mod built_in;
pub mod client_keys;
mod clients;
pub mod command;
pub mod forget;
mod graphql;
mod hand_out;
mod input;
pub mod introduce;
pub mod issuers;
pub mod issuing;
pub mod jwk;
mod key_file;
mod key_mutation;
pub mod keys;
mod mutation;
pub mod oauth;
mod projection;
pub mod purposes;
mod refused;
mod roles;
pub mod rotation;
mod scope;
pub mod secret;
mod service;
mod store;
pub mod token;
mod viewers;

pub use authenticate::{authenticate, viewer_of_client};
pub use graphql::{Client, IdentityQuery};
pub use key_mutation::ClientKeyMutation;
pub use mutation::IdentityMutation;
pub use projection::{CLIENT, ROLE, TOKEN, VIEWER};
pub use refused::{AuthFailure, Named};
pub use roles::unknown_in_settings;
pub use store::client as client_in_reach;
pub use viewers::{FRESH, Viewers};
