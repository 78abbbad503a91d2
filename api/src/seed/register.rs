//! The rows of a register while they are being made, table by table.

use sea_orm::EntityTrait;

use super::{SeedError, write::Sink};

/// New rows of one table, and the id that the next one gets.
pub struct Rows<E: EntityTrait> {
    next_id: i64,
    pub made: Vec<E::Model>,
}

impl<E: EntityTrait> Rows<E> {
    fn after(last_id: i64) -> Self {
        Self { next_id: last_id + 1, made: Vec::new() }
    }

    /// An id for a row that is about to be added.
    pub fn id(&mut self) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    pub fn add(&mut self, row: E::Model) {
        self.made.push(row);
    }

    fn take(&mut self) -> Self {
        Self { next_id: self.next_id, made: std::mem::take(&mut self.made) }
    }
}

/// Declares [`Register`]: the tables in the order in which they can be written, none before one that it refers to.
macro_rules! tables {
    ($($table:ident)+) => {
        /// New rows of all tables that the seed writes.
        pub struct Register {
            $(pub $table: Rows<entity::$table::Entity>,)+
        }

        impl Register {
            pub const TABLES: &[&str] = &[$(stringify!($table)),+];

            /// An empty register whose ids begin after the last ones of the store.
            pub fn after(last_id: impl Fn(&str) -> i64) -> Self {
                Self { $($table: Rows::after(last_id(stringify!($table))),)+ }
            }

            /// The rows made so far; what follows goes on with the next ids.
            pub fn take(&mut self) -> Self {
                Self { $($table: self.$table.take(),)+ }
            }

            /// How many rows each table has here.
            pub fn counts(&self) -> impl Iterator<Item = (&'static str, usize)> {
                [$((stringify!($table), self.$table.made.len())),+].into_iter()
            }

            #[cfg(test)]
            pub fn append(&mut self, other: Self) {
                $(self.$table.made.extend(other.$table.made);)+
            }

            /// All rows as one text, which differs where any value does.
            #[cfg(test)]
            pub fn text(&self) -> String {
                let mut text = String::new();
                $(
                    text.push_str(concat!(stringify!($table), "\n"));
                    for row in &self.$table.made {
                        super::write::copy_row(&mut text, row).unwrap();
                    }
                )+
                text
            }

            pub async fn write(&self, sink: &mut Sink) -> Result<(), SeedError> {
                $(sink.write(&self.$table.made).await?;)+
                Ok(())
            }
        }
    };
}

tables! {
    admin_unit
    sponsor pledge
    household household_history person membership_history insurance_coverage poverty_review
    loan loan_funding loan_transaction loan_transition
    benefit benefit_funding benefit_payment benefit_transition
    gift sponsorship
    model_project model_funding model_participation participation_funding capital_movement
}
