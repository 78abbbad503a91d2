//! Who may do what: permissions, the viewer of a request, and the scope that is applied in SQL.
//!
//! Start with `permission.rs`, the closed list of what can be allowed, and `roles.rs`, who is allowed it. Roles are
//! data, permissions are code. `purpose.rs` says which roles count for what a request is for, `uses.rs` gathers what it
//! reads. The field's and the type's permission stand in the projections (`read`), that of what a list is narrowed by in
//! `filters.rs`; the row rule is `scope.rs` with `need.rs` and `hidden.rs`, which `rows.rs` brings to the stores, and `bounds.rs`
//! says how wide a scope may be. Ownership of fields is `owner.rs`, what who changes something must read `reads.rs`, what nobody may
//! hold together `duties.rs`, what no role can give `denied.rs`.

pub mod bounds;
pub mod denied;
pub mod duties;
pub mod explain;
pub mod filters;
pub mod hidden;
pub mod need;
mod owner;
pub mod payloads;
mod permission;
pub mod purpose;
pub mod reads;
mod rights;
pub mod roles;
pub mod roots;
mod rows;
mod scope;
pub mod sensitivity;
pub mod uses;
mod viewer;

pub use hidden::Hidden;
pub use need::{Need, Reach, to_count};
pub use owner::{Owned, may_write};
pub use permission::{Permission, PermissionSet, lacking};
pub use rights::Rights;
pub use rows::{Personal, visible};
pub use scope::Scope;
pub use sensitivity::Sensitivity;
pub use viewer::Viewer;
