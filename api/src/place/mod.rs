//! Administrative units and agencies.
//!
//! Start with `catalog.rs`: units are named by code and day, because codes are reused; the catalog turns a name into
//! the unit, and knows the few other codes that filters and inputs name.

mod catalog;
mod graphql;
mod mutation;
mod projection;
pub mod service;
mod store;

pub use catalog::{Catalog, Coded, Unit, UnitRef, unknown_product};
pub use graphql::{AdminUnit, Agency, PlaceQuery};
pub use mutation::PlaceMutation;
pub use projection::{ADMIN_UNIT, AGENCY};
pub use service::above_hamlets;
