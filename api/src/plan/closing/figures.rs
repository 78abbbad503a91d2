//! From what is true of the communes to the figures that are published of communes and districts.
//!
//! A figure is a sum of cells. What a commune hides isn't in its figures; what the communes of a district hide of one
//! kind is a cell of the district. So nothing can be had by subtracting that isn't a cell, and what a cell may show is
//! decided in `cell.rs` alone.

use std::collections::BTreeMap;

use super::cell::{Cell, Cells, Sum};

/// What is true of a commune.
#[derive(Clone, Copy, Debug, Default)]
pub struct Commune {
    pub id: i64,
    pub district: i64,
    pub households: i64,
    pub poor: i64,
    pub near_poor: i64,
    pub newly_escaped: i64,
    pub persons: i64,
    pub insured: i64,
}

impl Commune {
    const fn of_class(&self, class: Cell) -> i64 {
        match class {
            Cell::Poor => self.poor,
            Cell::NearPoor => self.near_poor,
            _ => self.newly_escaped,
        }
    }
}

/// What is published of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub households: Option<i64>,
    pub poor: Option<i64>,
    pub near_poor: Option<i64>,
    pub newly_escaped: Option<i64>,
    pub persons: Option<i64>,
    pub insured_persons: Option<i64>,
    pub loans_outstanding: Option<i64>,
    pub loans_overdue: Option<i64>,
    pub benefits_paid: Option<i64>,
}

impl Figures {
    /// The figure that is this cell; none for a rest, which no figure shows.
    const fn of(&mut self, cell: Cell) -> Option<&mut Option<i64>> {
        Some(match cell {
            Cell::Poor => &mut self.poor,
            Cell::NearPoor => &mut self.near_poor,
            Cell::NewlyEscaped => &mut self.newly_escaped,
            Cell::Insured => &mut self.insured_persons,
            Cell::LoansOutstanding => &mut self.loans_outstanding,
            Cell::LoansOverdue => &mut self.loans_overdue,
            Cell::BenefitsPaid => &mut self.benefits_paid,
            Cell::OtherHouseholds | Cell::OtherPersons => return None,
        })
    }
}

/// A kind of cell over the communes of a district.
#[derive(Clone, Copy, Debug, Default)]
struct Pool {
    /// The sum of what the communes show.
    shown: i64,
    /// How many records the communes hide.
    hidden: i64,
    /// What the district shows of those.
    rest: i64,
}

/// A day being closed.
#[derive(Debug, Default)]
pub struct Closing {
    pub cells: Cells,
    figures: BTreeMap<i64, Figures>,
    pools: BTreeMap<(i64, Cell), Pool>,
}

impl Closing {
    pub fn new(cells: Cells) -> Self {
        Self { cells, ..Self::default() }
    }

    /// The numbers of households and persons of a commune.
    pub fn counts(&mut self, commune: &Commune) {
        let classes = Cell::CLASSES.map(|class| (class, commune.of_class(class)));
        let households = self.whole(commune, commune.households, &classes, Cell::OtherHouseholds);
        let insured = [(Cell::Insured, commune.insured)];
        let persons = self.whole(commune, commune.persons, &insured, Cell::OtherPersons);
        let figures = self.figures.entry(commune.id).or_default();
        (figures.households, figures.persons) = (households, persons);
    }

    /// Parts of a whole, and the whole: what it shows of its parts and the rest, or nothing where the rest is small.
    fn whole(&mut self, commune: &Commune, whole: i64, parts: &[(Cell, i64)], rest: Cell) -> Option<i64> {
        let (mut published, mut left, mut hides) = (0, whole, false);
        for (part, truth) in parts {
            match self.part(commune, *part, *truth, false) {
                Some(value) => (published, left) = (published + value, left - truth),
                None => hides = true,
            }
        }
        self.part(commune, rest, left, hides).map(|rest| rest + published)
    }

    fn part(&mut self, commune: &Commune, cell: Cell, truth: i64, coarse: bool) -> Option<i64> {
        let value = self.cells.count(commune.id, cell, truth, coarse);
        self.show(commune.id, commune.district, cell, value, truth);
        value
    }

    /// A sum of money of a commune; tells whether it is hidden.
    pub fn sum(&mut self, commune: i64, district: i64, cell: Cell, sum: Sum) -> bool {
        let value = self.cells.sum(commune, cell, sum);
        self.show(commune, district, cell, value, sum.of);
        value.is_none()
    }

    fn show(&mut self, commune: i64, district: i64, cell: Cell, value: Option<i64>, records: i64) {
        if let Some(figure) = self.figures.entry(commune).or_default().of(cell) {
            *figure = value;
        }
        let pool = self.pools.entry((district, cell)).or_default();
        match value {
            Some(value) => pool.shown += value,
            None => pool.hidden += records,
        }
    }

    /// The sum of money that the communes of a district hide.
    pub fn hidden_sum(&mut self, district: i64, cell: Cell, sum: Sum) {
        let rest = self.cells.sum(district, cell, sum).unwrap_or(0);
        self.pools.entry((district, cell)).or_default().rest = rest;
    }

    /// The figures of all units, once every commune is in.
    pub fn finish(&mut self) -> BTreeMap<i64, Figures> {
        for ((district, cell), pool) in &mut self.pools {
            if Cell::COUNTS.contains(cell) {
                pool.rest = self.cells.count(*district, *cell, pool.hidden, true).unwrap_or(0);
            }
        }
        for ((district, cell), pool) in &self.pools {
            let figures = self.figures.entry(*district).or_default();
            if let Some(figure) = figures.of(*cell) {
                *figure = total(pool.shown + pool.rest, pool.hidden);
            }
            // Hidden classes are among the other households, so that only these have a rest here.
            match cell {
                Cell::OtherHouseholds => {
                    let shown = Cell::CLASSES.map(|class| self.pool(*district, class).shown);
                    let sum = pool.shown + pool.rest + shown.iter().sum::<i64>();
                    self.figures.entry(*district).or_default().households = total(sum, pool.hidden);
                }
                Cell::OtherPersons => {
                    let sum = pool.shown + pool.rest + self.pool(*district, Cell::Insured).shown;
                    self.figures.entry(*district).or_default().persons = total(sum, pool.hidden);
                }
                _ => {}
            }
        }
        std::mem::take(&mut self.figures)
    }

    fn pool(&self, district: i64, cell: Cell) -> Pool {
        self.pools.get(&(district, cell)).copied().unwrap_or_default()
    }
}

/// Nothing rather than 0 where all that there is, is hidden.
fn total(sum: i64, hidden: i64) -> Option<i64> {
    (sum > 0 || hidden == 0).then_some(sum)
}
