//! The orders of a list of households.

use async_graphql::InputObject;
use entity::enums::{HouseholdOrderField as By, SortDirection};

use crate::read::projection::{Sort, SortKind};

/// The order of a list of households; by code without one.
#[derive(InputObject)]
pub struct HouseholdOrder {
    /// By what.
    pub field: By,
    /// Up or down.
    #[graphql(default_with = "SortDirection::Asc")]
    pub direction: SortDirection,
}

impl Default for HouseholdOrder {
    fn default() -> Self {
        Self { field: By::Code, direction: SortDirection::Asc }
    }
}

impl HouseholdOrder {
    pub const fn sort(&self) -> Sort {
        let descending = matches!(self.direction, SortDirection::Desc);
        let (tag, column) = match (self.field, descending) {
            (By::Code, false) => ("code", ("code", SortKind::Text)),
            (By::Code, true) => ("code-", ("code", SortKind::Text)),
            (By::UpdatedAt, false) => ("updated", ("updated_at", SortKind::Integer)),
            (By::UpdatedAt, true) => ("updated-", ("updated_at", SortKind::Integer)),
        };
        Sort { tag, column: Some(column), descending }
    }
}
