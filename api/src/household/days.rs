//! Days as whole numbers, YYYYMMDD, for SQL that both databases run: a year is 10,000, and who was born on 29 February has
//! a birthday on 1 March.

/// The number of a day.
macro_rules! number {
    ($day:expr) => {
        concat!("CAST(replace(CAST(", $day, " AS TEXT), '-', '') AS INTEGER)")
    };
}

/// Whether somebody born on a day is so many years old on another: `aged!("m.date_of_birth", 6, "{day}")`.
macro_rules! aged {
    ($born:expr, $years:literal, $day:expr) => {
        concat!(
            "(",
            crate::household::days::number!($born),
            " + ",
            $years,
            "0000 <= ",
            crate::household::days::number!($day),
            ")"
        )
    };
}

pub(super) use aged;
pub(crate) use number;
