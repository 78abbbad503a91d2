//! A behaviour is written once and holds on both databases.

use crate::database::{DbBackend, TestDatabase};

/// What a test of [`both_databases!`](crate::both_databases) takes.
pub trait OnDatabase: Sized {
    fn on(backend: DbBackend) -> impl Future<Output = Self>;
}

impl OnDatabase for TestDatabase {
    async fn on(backend: DbBackend) -> TestDatabase {
        TestDatabase::new(backend).await
    }
}

/// A database without a table, for tests of the migrations and of the first start.
pub struct EmptyDatabase(pub TestDatabase);

impl OnDatabase for EmptyDatabase {
    async fn on(backend: DbBackend) -> EmptyDatabase {
        EmptyDatabase(TestDatabase::empty(backend).await)
    }
}

/// Makes two tests of each function, `name::sqlite` and `name::postgres`.
///
/// ```ignore
/// both_databases! {
///     async fn a_household_is_found_by_its_code(t: &Service) { .. }
/// }
/// ```
#[macro_export]
macro_rules! both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($argument:ident: &$subject:ty) $body:block)+) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;
            use $crate::{both::OnDatabase, database::DbBackend};

            async fn behaviour($argument: &$subject) $body

            #[tokio::test]
            async fn sqlite() {
                behaviour(&<$subject>::on(DbBackend::Sqlite).await).await
            }

            #[tokio::test]
            #[cfg_attr(no_postgres, ignore = "no PostgreSQL 15 or newer on this machine")]
            async fn postgres() {
                behaviour(&<$subject>::on(DbBackend::Postgres).await).await
            }
        }
    )+};
}
