//! Interest that the State pays for the borrower: 2 points a year of loans above 6%, in 2022 and 2023 (Resolution 43/2022/QH15,
//! Decree 36/2022/NĐ-CP; `rules.md` L11, K+). Dated rows, unverified. Pure.
//!
//! It is of days in term: nothing is supported that is overdue (K). Where no row is in force nothing is supported, so that an
//! end is no gap.

use chrono::NaiveDate;
use rust_decimal::Decimal;

/// One row: its number, its first and its last day.
pub type Row = (Decimal, NaiveDate, Option<NaiveDate>);

/// What is supported between two days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Support {
    pub from: NaiveDate,
    /// The first day without it; none while it lasts.
    pub until: Option<NaiveDate>,
    /// Points a year.
    pub points: Decimal,
    /// Of rates above this one, percent a year.
    pub above: Decimal,
}

impl Support {
    /// The points that it takes off a rate; none where that isn't above, and never more than the rate.
    pub fn of(&self, rate: Decimal) -> Decimal {
        if rate > self.above { self.points.min(rate) } else { Decimal::ZERO }
    }
}

/// The days on which rows of points and of the rate above which they are given are both in force.
pub fn supports(points: &[Row], above: &[Row]) -> Vec<Support> {
    let pairs = points.iter().flat_map(|points| above.iter().map(move |above| (points, above)));
    let both = pairs.map(|((points, since, to), (above, other, other_to))| {
        let last = to.iter().chain(other_to).min();
        Support {
            from: *since.max(other),
            until: last.and_then(|last| last.succ_opt()),
            points: *points,
            above: *above,
        }
    });
    both.filter(|support| support.until.is_none_or(|until| support.from < until)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn row(value: i64, from: &str, to: Option<&str>) -> Row {
        (Decimal::from(value), day(from), to.map(day))
    }

    #[test]
    fn both_rows_are_in_force() {
        let points = [row(2, "2022-01-01", Some("2023-12-31"))];
        let found = supports(&points, &[row(6, "2022-01-01", Some("2022-12-31")), row(5, "2023-01-01", None)]);
        let spans: Vec<_> = found.iter().map(|one| (one.from, one.until, one.above)).collect();
        assert_eq!(
            spans,
            [
                (day("2022-01-01"), Some(day("2023-01-01")), Decimal::from(6)),
                (day("2023-01-01"), Some(day("2024-01-01")), Decimal::from(5)),
            ]
        );
        assert_eq!(supports(&points, &[]), []);
        assert_eq!(supports(&points, &[row(6, "2024-01-01", None)]), []);
        assert_eq!(supports(&[row(2, "2022-01-01", None)], &[row(6, "2022-01-01", None)])[0].until, None);
    }

    #[test]
    fn a_rate_above_is_supported_and_never_by_more_than_itself() {
        let support =
            Support { from: day("2022-01-01"), until: None, points: Decimal::from(2), above: Decimal::from(6) };
        let of = |rate: &str| support.of(rate.parse().unwrap()).to_string();
        assert_eq!([of("6.6"), of("6.001"), of("6"), of("3")], ["2", "2", "0", "0"]);
        let generous = Support { points: Decimal::from(10), ..support };
        assert_eq!(generous.of("6.6".parse().unwrap()).to_string(), "6.6");
    }
}
