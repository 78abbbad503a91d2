//! Levels and coefficients of social assistance for tests.

use chrono::NaiveDate;
use entity::enums::{AssistanceGround, Basis};

use super::{
    assistance::Coefficient,
    assistance_rates::{Dated, Level},
};

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A standard level from a day on, read where the day is.
pub fn level(amount: i64, from: &str) -> Level {
    Level { amount, basis: Basis::Stated, source: from.to_owned(), from: day(from) }
}

/// Times the standard level since the decree is in force.
pub fn dated(ground: AssistanceGround, coefficient: &str) -> Dated {
    Dated {
        ground: ground.as_str().to_owned(),
        row: Coefficient {
            coefficient: coefficient.parse().unwrap(),
            level: None,
            basis: Basis::Stated,
            source: String::new(),
        },
        from: day("2021-07-01"),
        to: None,
    }
}
