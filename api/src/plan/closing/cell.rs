//! The cells: the parts that all closed figures are sums of.

use std::collections::BTreeMap;

use crate::plan::statistics::SMALLEST_COUNT;

/// A part of a unit's figures. Those of one kind (households, persons, loans, benefits) have no record in common within
/// a commune, except that the rest has what is hidden of the others.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Cell {
    Poor,
    NearPoor,
    NewlyEscaped,
    /// Households of none of the classes, and of those whose number is hidden.
    OtherHouseholds,
    Insured,
    /// Persons without health insurance, and the insured where their number is hidden.
    OtherPersons,
    LoansOutstanding,
    LoansOverdue,
    BenefitsPaid,
}

impl Cell {
    pub const CLASSES: [Self; 3] = [Self::Poor, Self::NearPoor, Self::NewlyEscaped];
    pub const COUNTS: [Self; 6] =
        [Self::Poor, Self::NearPoor, Self::NewlyEscaped, Self::OtherHouseholds, Self::Insured, Self::OtherPersons];
    pub const SUMS: [Self; 3] = [Self::LoansOutstanding, Self::LoansOverdue, Self::BenefitsPaid];

    /// As it is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Poor => "POOR",
            Self::NearPoor => "NEAR_POOR",
            Self::NewlyEscaped => "NEWLY_ESCAPED",
            Self::OtherHouseholds => "OTHER_HOUSEHOLDS",
            Self::Insured => "INSURED",
            Self::OtherPersons => "OTHER_PERSONS",
            Self::LoansOutstanding => "LOANS_OUTSTANDING",
            Self::LoansOverdue => "LOANS_OVERDUE",
            Self::BenefitsPaid => "BENEFITS_PAID",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::COUNTS.into_iter().chain(Self::SUMS).find(|cell| cell.code() == code)
    }
}

/// A sum of money to publish.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    /// Đồng.
    pub amount: i64,
    /// How many loans or benefits it is made of.
    pub of: i64,
    /// How many of them are new, gone or of another amount since the cell last took a value.
    pub changed: i64,
}

/// What the cells have shown, and what they show next.
#[derive(Debug, Default)]
pub struct Cells {
    /// Every value that a cell took, the last at the end.
    shown: BTreeMap<(i64, Cell), Vec<i64>>,
    /// The values taken in this closing.
    pub taken: Vec<(i64, Cell, i64)>,
}

impl Cells {
    /// From the values of the days before, the oldest first.
    pub fn remember(taken: impl IntoIterator<Item = (i64, Cell, i64)>) -> Self {
        let mut cells = Self::default();
        for (unit, cell, value) in taken {
            cells.shown.entry((unit, cell)).or_default().push(value);
        }
        cells
    }

    /// What a cell shows of a number of households or persons; none for 1 to 4.
    ///
    /// Two values that a cell ever shows are equal or five apart: it keeps its last while the truth is within four of
    /// it, and otherwise goes to a value that it had before and that is as near, or to the truth. `coarse` is for cells
    /// that are made of hidden ones: a new value is then a multiple of five, so that the bounds 1 and 4 of what is
    /// hidden don't tell it.
    pub fn count(&mut self, unit: i64, cell: Cell, truth: i64, coarse: bool) -> Option<i64> {
        if truth < SMALLEST_COUNT {
            return (truth <= 0).then_some(0);
        }
        let shown = self.shown.entry((unit, cell)).or_default();
        let last = shown.last().copied().filter(|last| near(*last, truth));
        if last.is_some() {
            return last;
        }
        let new = if coarse { truth - truth % SMALLEST_COUNT } else { truth };
        let known = shown.iter().copied().filter(|known| near(*known, new));
        let value = known.min_by_key(|known| (known.abs_diff(new), *known)).unwrap_or(new);
        self.take(unit, cell, value);
        Some(value)
    }

    /// What a cell shows of a sum of money; none for one made of 1 to 4. It keeps its last value until five of what the
    /// sum is made of have changed.
    pub fn sum(&mut self, unit: i64, cell: Cell, sum: Sum) -> Option<i64> {
        if sum.of < SMALLEST_COUNT {
            return (sum.of <= 0).then_some(0);
        }
        let last = self.shown.get(&(unit, cell)).and_then(|shown| shown.last()).copied();
        if let Some(last) = last.filter(|_| sum.changed < SMALLEST_COUNT) {
            return Some(last);
        }
        self.take(unit, cell, sum.amount);
        Some(sum.amount)
    }

    fn take(&mut self, unit: i64, cell: Cell, value: i64) {
        self.shown.entry((unit, cell)).or_default().push(value);
        self.taken.push((unit, cell, value));
    }
}

fn near(one: i64, other: i64) -> bool {
    (one - other).abs() < SMALLEST_COUNT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_moves_by_five_or_not_at_all() {
        let mut cells = Cells::default();
        let mut shows = |truth| cells.count(1, Cell::Poor, truth, false);
        assert_eq!([0, 1, 4, 7, 11, 3].map(&mut shows), [Some(0), None, None, Some(7), Some(7), None]);
        assert_eq!([12, 8, 7, 20, 16, 15].map(&mut shows), [Some(12), Some(12), Some(7), Some(20), Some(20), Some(12)]);
        // Five from the last value, three from one that was shown before: what was shown comes again.
        assert_eq!([26, 9].map(&mut shows), [Some(26), Some(7)]);
    }

    #[test]
    fn what_is_made_of_hidden_counts_is_coarse() {
        let mut cells = Cells::default();
        let mut shows = |truth| cells.count(1, Cell::Poor, truth, true);
        assert_eq!([4, 8, 9, 10, 6, 5].map(&mut shows), [None, Some(5), Some(5), Some(10), Some(10), Some(5)]);
    }

    #[test]
    fn a_sum_moves_when_five_have_changed() {
        let mut cells = Cells::default();
        let mut shows = |amount, of, changed| cells.sum(1, Cell::LoansOverdue, Sum { amount, of, changed });
        assert_eq!(shows(0, 0, 0), Some(0));
        assert_eq!(shows(900, 4, 4), None);
        assert_eq!(shows(1_000, 5, 5), Some(1_000));
        assert_eq!(shows(1_800, 9, 4), Some(1_000), "four loans more");
        assert_eq!(shows(900, 4, 1), None);
        assert_eq!(shows(1_100, 5, 1), Some(1_000), "one loan more than what was shown before");
        assert_eq!(shows(2_000, 10, 5), Some(2_000));
    }

    #[test]
    fn a_cell_is_stored_by_its_code() {
        for cell in Cell::COUNTS.into_iter().chain(Cell::SUMS) {
            assert_eq!(Cell::parse(cell.code()), Some(cell));
        }
        assert_eq!(Cell::parse("RICH"), None);
    }
}
