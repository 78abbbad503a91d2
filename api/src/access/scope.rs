//! The administrative scope: which rows a viewer sees, as one comparison in SQL.
//!
//! Every table that is read by scope carries `commune_id` and `district_id` of its household (or site), so that the
//! rule needs no join. Projections and stores both take the rule from here.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};

/// The unit that bounds what a viewer sees. Hamlets are no scopes: their officers work under the commune.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Scope {
    /// The whole province, hence every row of the register.
    Province {
        unit_id: i64,
    },
    District {
        unit_id: i64,
    },
    Commune {
        unit_id: i64,
    },
}

impl Scope {
    pub const fn unit_id(self) -> i64 {
        match self {
            Self::Province { unit_id } | Self::District { unit_id } | Self::Commune { unit_id } => unit_id,
        }
    }

    /// The column to compare with the unit; none where every row is in scope.
    pub const fn column(self) -> Option<&'static str> {
        match self {
            Self::Province { .. } => None,
            Self::District { .. } => Some("district_id"),
            Self::Commune { .. } => Some("commune_id"),
        }
    }

    /// Whether a row of this commune and district is in scope.
    pub const fn covers(self, commune_id: i64, district_id: i64) -> bool {
        match self {
            Self::Province { .. } => true,
            Self::District { unit_id } => unit_id == district_id,
            Self::Commune { unit_id } => unit_id == commune_id,
        }
    }

    /// Only rows in scope: what a store asks for is what its viewer may see.
    pub(super) fn filter<E: EntityTrait>(self, query: Select<E>, commune: E::Column, district: E::Column) -> Select<E> {
        match self {
            Self::Province { .. } => query,
            Self::District { unit_id } => query.filter(district.eq(unit_id)),
            Self::Commune { unit_id } => query.filter(commune.eq(unit_id)),
        }
    }
}
