//! What a household was on a day, as far as credit asks for it. Read off the decisions and not off the household's row:
//! the day is often a past one.

use chrono::NaiveDate;
use entity::{
    enums::{AreaKind, PovertyClass},
    household, poverty_review,
};

use super::{
    rules::{listed, newly_escaped_until},
    store,
};
use crate::{error::Result, exchange::Write};

/// A household on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Then {
    /// The class in force and the first day of the decision on it; none where the household was never decided on.
    pub class: Option<(PovertyClass, NaiveDate)>,
    /// The last day on which it counts as newly escaped for credit; none while it is on the list, or never was.
    pub newly_escaped_until: Option<NaiveDate>,
    /// Urban or rural.
    pub area_kind: AreaKind,
}

/// The household, which is locked, on a day.
pub async fn class_on(write: &Write<'_>, household: &household::Model, day: NaiveDate) -> Result<Then> {
    let reviews = store::reviews(write, household.id).await?;
    let decisions = decisions(&reviews);
    Ok(Then {
        class: in_force(&decisions, day),
        newly_escaped_until: escaped_on(&decisions, day).map(newly_escaped_until),
        area_kind: store::area_kind_on(write, household, day).await?,
    })
}

/// A decided class from a day to a day.
type Decision = (PovertyClass, NaiveDate, Option<NaiveDate>);

/// The decisions in the order in which they took effect.
fn decisions(reviews: &[poverty_review::Model]) -> Vec<Decision> {
    let decided =
        |review: &poverty_review::Model| Some((review.decided_class?, review.effective_from?, review.effective_to));
    let mut decisions: Vec<_> = reviews.iter().filter_map(decided).collect();
    decisions.sort_by_key(|(_, from, _)| *from);
    decisions
}

fn in_force(decisions: &[Decision], day: NaiveDate) -> Option<(PovertyClass, NaiveDate)> {
    let holds = |(_, from, to): &&Decision| *from <= day && to.is_none_or(|to| to >= day);
    decisions.iter().rev().find(holds).map(|(class, from, _)| (*class, *from))
}

/// Since when the household is off the list of the poor and near-poor, as `standing.rs` says it in SQL.
fn escaped_on(decisions: &[Decision], day: NaiveDate) -> Option<NaiveDate> {
    let by_then = || decisions.iter().filter(|(_, from, _)| *from <= day);
    let last_listed = by_then().filter(|(class, ..)| listed(*class)).map(|(_, from, _)| *from).max();
    let counts = |(class, from, _): &&Decision| match last_listed {
        Some(last) => !listed(*class) && *from >= last,
        None => *class == PovertyClass::NewlyEscaped,
    };
    by_then().find(counts).map(|(_, from, _)| *from)
}

#[cfg(test)]
mod tests {
    use PovertyClass::{Average, NearPoor, NewlyEscaped, Poor};

    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Decisions, each in force until the next one.
    fn history(decisions: &[(PovertyClass, &str)]) -> Vec<Decision> {
        let until = decisions.iter().skip(1).map(|(_, next)| on(next).pred_opt()).chain([None]);
        decisions.iter().zip(until).map(|((class, from), to)| (*class, on(from), to)).collect()
    }

    #[test]
    fn the_class_of_the_day_counts() {
        let decisions = history(&[(Poor, "2022-01-01"), (NearPoor, "2024-01-01"), (NewlyEscaped, "2025-01-01")]);
        assert_eq!(in_force(&decisions, on("2021-12-31")), None);
        assert_eq!(in_force(&decisions, on("2022-01-01")), Some((Poor, on("2022-01-01"))));
        assert_eq!(in_force(&decisions, on("2024-12-31")), Some((NearPoor, on("2024-01-01"))));
        assert_eq!(in_force(&decisions, on("2026-06-01")), Some((NewlyEscaped, on("2025-01-01"))));
    }

    #[test]
    fn who_leaves_the_list_has_escaped_since_the_first_decision_off_it() {
        let decisions = history(&[(Poor, "2022-01-01"), (NewlyEscaped, "2024-01-01"), (Average, "2025-01-01")]);
        assert_eq!(escaped_on(&decisions, on("2023-12-31")), None, "on the list");
        assert_eq!(escaped_on(&decisions, on("2024-06-01")), Some(on("2024-01-01")));
        assert_eq!(escaped_on(&decisions, on("2026-06-01")), Some(on("2024-01-01")), "whatever it is called since");
        let fell_back =
            history(&[(Poor, "2020-01-01"), (Average, "2021-01-01"), (Poor, "2022-01-01"), (Average, "2023-01-01")]);
        assert_eq!(escaped_on(&fell_back, on("2022-06-01")), None);
        assert_eq!(escaped_on(&fell_back, on("2023-06-01")), Some(on("2023-01-01")));
        let unknown_before = history(&[(Average, "2023-01-01"), (NewlyEscaped, "2024-01-01")]);
        assert_eq!(escaped_on(&unknown_before, on("2024-06-01")), Some(on("2024-01-01")));
        assert_eq!(escaped_on(&unknown_before, on("2023-06-01")), None, "never known to be on the list");
    }
}
