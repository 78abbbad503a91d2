//! Who is asking: from a bearer token to a viewer.
//!
//! `keys.rs` and `token.rs` sign and verify; `authenticate.rs` looks the token, its client and their roles up.
//! `service.rs` is what callers can do with clients, roles and tokens, `command.rs` and `admin.rs` what the server can;
//! both through `clients.rs`, `roles.rs` and `issuing.rs`.

pub mod admin;
mod authenticate;
mod clients;
pub mod command;
mod graphql;
mod input;
pub mod issuing;
pub mod keys;
mod mutation;
mod projection;
mod roles;
pub mod secret;
mod service;
mod store;
pub mod token;

pub use authenticate::{AuthFailure, authenticate, viewer_of_client};
pub use graphql::IdentityQuery;
pub use mutation::IdentityMutation;
pub use projection::{CLIENT, ROLE, TOKEN, VIEWER};
