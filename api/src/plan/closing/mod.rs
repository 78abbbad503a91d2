//! The figures of a day for those who see statistics only: closed once, soon after the day's end, and kept.
//!
//! `cell.rs` says what may be shown of a number that is known of other days, `figures.rs` what of numbers that add up;
//! `store.rs` reads the register and writes the day. `docs/decisions/closed-statistics.md` has what that guarantees.

mod cell;
mod figures;
#[cfg(test)]
mod figures_tests;
mod store;

use std::collections::{BTreeMap, BTreeSet};

use cell::{Cell, Sum};
use chrono::NaiveDate;
use figures::Closing;
use store::Day;

use crate::{
    error::{Failure, Result},
    startup::App,
};

/// Closes yesterday, in Asia/Ho_Chi_Minh, and tells the day; nothing where it was closed before, by whichever node. Days
/// before yesterday that nobody closed stay open: nobody knows any more what they were.
pub async fn close_yesterday(app: &App) -> Result<Option<NaiveDate>> {
    let Some(day) = app.clock.today().pred_opt() else { return Ok(None) };
    if store::is_closed(&app.db, day).await? {
        return Ok(None);
    }
    match close(app, day).await {
        Ok(closed) => Ok(closed.then_some(day)),
        // The node that was faster makes this one's transaction fail.
        Err(failure) if !store::is_closed(&app.db, day).await? => Err(failure),
        Err(_) => Ok(None),
    }
}

async fn close(app: &App, date: NaiveDate) -> Result<bool> {
    let now = app.clock.now().timestamp_micros();
    let Some(day) = Day::begin(&app.db, date, app.config.units_day, now).await? else { return Ok(false) };
    let mut closing = Closing::new(day.cells().await?);
    let communes = day.communes().await?;
    for commune in &communes {
        closing.counts(commune);
    }
    let districts = communes.iter().map(|commune| (commune.id, commune.district)).collect();
    for cell in Cell::SUMS {
        sums(&day, &mut closing, cell, &districts).await?;
    }
    let figures = closing.finish();
    day.write(figures, &closing.cells.taken).await?;
    Ok(true)
}

/// The sums of money of one kind: those of the communes, and of what the communes of a district hide.
async fn sums(day: &Day, closing: &mut Closing, cell: Cell, districts: &BTreeMap<i64, i64>) -> Result<()> {
    let before = closing.cells.taken.len();
    let sums = day.sums(cell).await?;
    let mut hidden = Vec::new();
    for (commune, district) in districts {
        if closing.sum(*commune, *district, cell, sums.get(commune).copied().unwrap_or_default()) {
            hidden.push(*commune);
        }
    }
    day.keep_contributions(cell, &taken_since(closing, before)).await?;
    let hidden = day.contributions(cell, &hidden).await?;
    let units: BTreeSet<i64> = districts.values().copied().collect();
    let kept = day.kept_contributions(cell, &units).await?;
    let none = BTreeMap::new();
    let before = closing.cells.taken.len();
    for district in units {
        let (now, then) = (hidden.get(&district).unwrap_or(&none), kept.get(&district).unwrap_or(&none));
        closing.hidden_sum(district, cell, compared(now, then)?);
    }
    day.replace_contributions(cell, &taken_since(closing, before), &hidden).await
}

/// The units whose cells have taken a value since there were so many.
fn taken_since(closing: &Closing, before: usize) -> Vec<i64> {
    closing.cells.taken.iter().skip(before).map(|(unit, ..)| *unit).collect()
}

/// The sum of these contributions, by record, and how many differ from those of then.
fn compared(now: &BTreeMap<i64, i64>, then: &BTreeMap<i64, i64>) -> Result<Sum> {
    let amount = now.values().try_fold(0_i64, |sum, amount| sum.checked_add(*amount));
    let changed = now.iter().filter(|(record, amount)| then.get(record) != Some(amount)).count()
        + then.keys().filter(|record| !now.contains_key(record)).count();
    Ok(Sum {
        amount: amount.ok_or_else(|| Failure::internal("a sum of money beyond all bounds"))?,
        of: i64::try_from(now.len()).map_err(Failure::internal)?,
        changed: i64::try_from(changed).map_err(Failure::internal)?,
    })
}
