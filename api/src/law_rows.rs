//! What tables of law share in code: what a row of each is (`law.rs`), and how an input becomes one.

/// What rows of law have in common, each column by its name: of those that hold to their last day, and of those that hold until
/// the next of their code begins.
macro_rules! row_of_law {
    (@raw $id:expr) => { $id };
    (@raw $id:expr, $newtype:ident) => { $id.0 };
    (@typed $id:expr) => { $id };
    (@typed $id:expr, $newtype:ident) => { entity::ids::$newtype($id) };
    (@common $(($newtype:ident))?, $type:literal, $words:expr, $named_by:literal, { $($field:literal: $column:ident),+ $(,)? }) => {
        const TYPE: &'static str = $type;
        const WORDS: (&'static str, &'static str) = $words;
        const NAMED_BY: &'static str = $named_by;

        fn id(&self) -> i64 { $crate::law::row_of_law!(@raw self.id $(, $newtype)?) }
        fn version(&self) -> i32 { self.version }
        fn says(&self) -> Vec<(&'static str, sea_orm::Value)> { vec![$(($field, self.$column.clone().into())),+] }
        fn stamped(self, stored: i64, version: i32) -> Self {
            Self { id: $crate::law::row_of_law!(@typed stored $(, $newtype)?), version, ..self }
        }
    };
    ($entity:ident $(($newtype:ident))?, $type:literal, $words:expr, to_its_end $named_by:literal, $says:tt) => {
        impl $crate::law::Law for $entity::Model {
            $crate::law::row_of_law!(@common $(($newtype))?, $type, $words, $named_by, $says);

            fn code(&self) -> String { self.code.clone() }
            fn days(&self) -> $crate::law::Days { $crate::law::Days { from: self.effective_from, to: self.effective_to } }
            fn ended(self, on: chrono::NaiveDate, by: &Self) -> Option<Self> {
                let (recorded_at, recorded_by) = (by.recorded_at, by.recorded_by);
                Some(Self { effective_to: Some(on), recorded_at, recorded_by, ..self })
            }
        }
    };
    ($entity:ident, $type:literal, $words:expr, until_the_next $named_by:literal |$row:ident| $code:expr, $says:tt) => {
        impl $crate::law::Law for $entity::Model {
            $crate::law::row_of_law!(@common , $type, $words, $named_by, $says);

            fn code(&self) -> String {
                let $row = self;
                $code
            }
            fn days(&self) -> $crate::law::Days { $crate::law::Days::of(self.effective_from) }
        }
    };
}
pub(crate) use row_of_law;

/// A row of law as an input has it: its own columns, and those that all of them share.
macro_rules! new_row {
    ($request:expr, $input:expr, $entity:ident { $($column:ident: $value:expr),+ $(,)? }) => {{
        let (recorded_at, recorded_by) = $crate::law::stamp($request);
        $entity::Model {
            $($column: $value,)+
            basis: $input.basis,
            source: $crate::law::source(&$input.source)?,
            effective_from: $input.effective_from.0,
            version: 1,
            recorded_at,
            recorded_by,
        }
    }};
}
pub(crate) use new_row;
