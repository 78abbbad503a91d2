//! Templates: the part of the compiler that writes the SQL fragments of projections and conditions. `projection.rs`
//! has the list of their words.

use super::{
    bound::Bound,
    compile::{Compiler, Row},
};
use crate::{access::Reach, db::Dialect};

impl Compiler<'_> {
    /// A column of a row, as of the day where its past is kept.
    pub(super) fn column(&mut self, row: Row, column: &str) {
        let alias = row.alias;
        let dated = self.setting.day.is_some()
            && row.projection.history.as_ref().is_some_and(|history| history.columns.contains(&column));
        if dated {
            self.push(&format!("CASE WHEN t{alias}h.id IS NULL THEN t{alias}.{column} ELSE t{alias}h.{column} END"));
        } else {
            self.push(&format!("t{alias}.{column}"));
        }
    }

    pub fn template(&mut self, template: &str, row: Row, child: Option<Row>) {
        self.render(template, row, child, 0);
    }

    /// Writes a template: see `projection.rs` for its words. `{0}` is the value bound after the first `base` ones.
    pub(super) fn render(&mut self, template: &str, row: Row, child: Option<Row>, base: usize) {
        let mut rest = template;
        while let Some((text, tail)) = rest.split_once('{') {
            self.push(text);
            let (word, after) = tail.split_once('}').unwrap_or((tail, ""));
            let (subject, column) =
                word.split_once('.').map_or((word, None), |(subject, column)| (subject, Some(column)));
            let of = if subject == "c" { child.unwrap_or(row) } else { row };
            match (subject, column) {
                ("t" | "c", Some(column)) => self.column(of, column),
                ("t" | "c", None) => self.push(&format!("t{}", of.alias)),
                ("day", _) => self.day(),
                ("today", _) => self.today(),
                ("day_end", _) => self.day_end(),
                ("now", _) => self.now(),
                ("seen", Some(alias)) => self.seen(row, alias, Reach::OfHousehold),
                ("seen_household", Some(alias)) => self.seen(row, alias, Reach::Household),
                ("seen_loan", Some(alias)) => self.seen(row, alias, Reach::Loan),
                ("scope", _) => self.bind(self.setting.rights.scope.unit_id().into()),
                (slot, _) => self.placeholder(base + slot.parse().unwrap_or(0) + 1),
            }
            rest = after;
        }
        self.push(rest);
    }

    fn day(&mut self) {
        let slot = match self.day_slot {
            Some(slot) => slot,
            None => {
                self.bound.push(Bound::Day);
                *self.day_slot.insert(self.bound.len())
            }
        };
        self.typed_placeholder(slot, "date");
    }

    fn today(&mut self) {
        if self.setting.day.is_none() {
            return self.day();
        }
        let slot = match self.today_slot {
            Some(slot) => slot,
            None => {
                self.bound.push(Bound::Today);
                *self.today_slot.insert(self.bound.len())
            }
        };
        self.typed_placeholder(slot, "date");
    }

    /// The last instant of the day.
    fn day_end(&mut self) {
        self.bound.push(Bound::DayEnd);
        self.typed_placeholder(self.bound.len(), "bigint");
    }

    fn now(&mut self) {
        let slot = match self.now_slot {
            Some(slot) => slot,
            None => {
                self.bound.push(Bound::Now);
                *self.now_slot.insert(self.bound.len())
            }
        };
        self.typed_placeholder(slot, "bigint");
    }

    /// PostgreSQL must know the type where the first use doesn't tell it.
    fn typed_placeholder(&mut self, slot: usize, ty: &str) {
        self.placeholder(slot);
        if self.setting.dialect == Dialect::Postgres {
            self.push("::");
            self.push(ty);
        }
    }
}
