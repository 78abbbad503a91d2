//! The row rule for stores: scope and need in one function, so that a look-up for writing can't have one without the
//! other.

use chrono::NaiveDate;
use entity::{benefit, household, loan, model_participation, person, savings_group};
use sea_orm::{DatabaseBackend, EntityTrait, QueryFilter, Select, sea_query::Expr};

use super::{Hidden, Reach, Viewer, hidden};

/// A table whose rows hold data on persons and lie in a commune.
pub trait Personal: EntityTrait {
    const REACH: Reach;
    const COMMUNE: Self::Column;
    const DISTRICT: Self::Column;
    /// Rows of it that take a permission besides.
    const HIDDEN: Option<Hidden>;
}

macro_rules! hidden {
    () => {
        None
    };
    ($hidden:ident) => {
        Some(hidden::$hidden)
    };
}

macro_rules! rows {
    ($($table:ident: $reach:ident $(but $hidden:ident)?,)+) => {$(
        impl Personal for $table::Entity {
            const REACH: Reach = Reach::$reach;
            const COMMUNE: $table::Column = $table::Column::CommuneId;
            const DISTRICT: $table::Column = $table::Column::DistrictId;
            const HIDDEN: Option<Hidden> = hidden!($($hidden)?);
        }
    )+};
}

rows! {
    household: Household,
    person: Person,
    benefit: OfHousehold but ASSISTANCE,
    loan: Loan,
    savings_group: Loan,
    model_participation: OfHousehold,
}

/// Only rows that the viewer may see: what a store asks for is what its viewer could read.
pub fn visible<E: Personal>(
    query: Select<E>,
    viewer: &Viewer,
    today: NaiveDate,
    backend: DatabaseBackend,
) -> Select<E> {
    let query = viewer.scope.filter(query, E::COMMUNE, E::DISTRICT);
    let table = E::default();
    let query = match E::HIDDEN.filter(|hidden| !viewer.may(hidden.without)) {
        Some(hidden) => query.filter(Expr::cust(hidden.condition(table.table_name()))),
        None => query,
    };
    let place = if backend == DatabaseBackend::Postgres { "$1" } else { "?" };
    match viewer.need.condition(E::REACH, table.table_name(), place) {
        None => query,
        Some(needed) if needed.contains(place) => query.filter(Expr::cust_with_values(format!("({needed})"), [today])),
        Some(needed) => query.filter(Expr::cust(needed)),
    }
}
