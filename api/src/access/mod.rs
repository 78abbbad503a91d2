//! Who may do what: permissions, the viewer of a request, and the scope that is applied in SQL.
//!
//! Start with `permission.rs`, the closed list of what can be allowed, and `roles.rs`, who is allowed it. Roles are
//! data, permissions are code. `purpose.rs` says which roles count for what a request is for, `uses.rs` gathers what it
//! reads. The field's and the type's permission stand in the projections (`read`), the row rule
//! is `scope.rs`, ownership of fields is `owner.rs`.

mod owner;
mod permission;
pub mod purpose;
pub mod roles;
mod scope;
pub mod uses;
mod viewer;

pub use owner::{Owned, may_write};
pub use permission::{Permission, PermissionSet, lacking};
pub use scope::Scope;
pub use viewer::Viewer;
