//! What the embedded data must hold, and what loading it does to a store.

mod data;
mod store;

use chrono::NaiveDate;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}
