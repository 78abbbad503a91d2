//! What a household may owe in several products together: outstanding, and granted and not yet paid out (`rules.md` L12).
//! Pure.

use chrono::NaiveDate;
use entity::{enums::LoanStatus, loan, loan_ceiling};

use crate::error::{Failure, Result};

/// A ceiling with all of its products.
pub type Ceiling = (loan_ceiling::Model, Vec<String>);

/// The ceilings that a product counts against on a day, of those that had begun by it. CONFLICT where one has ended without
/// being abolished, no version of it goes on and no other ceiling holds the product: then nobody knows how much it may be.
pub fn over<'a>(begun: &'a [Ceiling], product: &str, on: NaiveDate) -> Result<Vec<&'a Ceiling>> {
    let holds = |(_, products): &&Ceiling| products.iter().any(|code| code == product);
    let last = |(ceiling, _): &&Ceiling| {
        let later = |(other, _): &Ceiling| other.code == ceiling.code && other.effective_from > ceiling.effective_from;
        !begun.iter().any(later)
    };
    let (in_force, ended): (Vec<_>, Vec<_>) = begun
        .iter()
        .filter(holds)
        .filter(last)
        .partition(|(ceiling, _)| ceiling.effective_to.is_none_or(|to| on <= to));
    let gap = ended.iter().find(|(ceiling, _)| !ceiling.abolished);
    match gap {
        Some((ceiling, _)) if in_force.is_empty() => Err(ended_without_another(ceiling, product, on)),
        _ => Ok(in_force),
    }
}

fn ended_without_another(ceiling: &loan_ceiling::Model, product: &str, on: NaiveDate) -> Failure {
    let loan_ceiling::Model { code, name, effective_to, .. } = ceiling;
    let ended = effective_to.map_or_else(String::new, |to| to.to_string());
    Failure::conflict(
        format!(
            "The ceiling {code} over {product} ended on {ended} and none is in force on {on}; what a household may owe isn't known \
             until one is recorded."
        ),
        format!(
            "Mức trần {code} ({name}) của {product} hết hiệu lực ngày {ended} và không có mức nào áp dụng vào ngày {on}; chưa xác \
             định được mức dư nợ tối đa của hộ cho đến khi được ghi."
        ),
    )
}

/// What a household owes and was granted in the products of a ceiling. Sums are đồng.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Exposure {
    pub outstanding: i64,
    /// Granted and not yet paid out, where it still can be.
    pub granted: i64,
}

impl Exposure {
    /// Of these loans; none where their sums overflow.
    pub fn of<'a>(mut loans: impl Iterator<Item = &'a loan::Model>) -> Option<Self> {
        loans.try_fold(Self::default(), |sum, loan| {
            let open = matches!(loan.status, LoanStatus::Approved | LoanStatus::Active | LoanStatus::Frozen);
            let left = if open { loan.principal.checked_sub(loan.disbursed_amount)? } else { 0 };
            Some(Self {
                outstanding: sum.outstanding.checked_add(loan.outstanding_principal)?,
                granted: sum.granted.checked_add(left)?,
            })
        })
    }

    /// CONFLICT, with the figures, where so much more would be above the ceiling.
    pub fn takes(self, amount: i64, ceiling: &loan_ceiling::Model, products: &[String]) -> Result<()> {
        let Self { outstanding, granted } = self;
        let loan_ceiling::Model { max_amount, name, .. } = ceiling;
        let total = outstanding.checked_add(granted).and_then(|sum| sum.checked_add(amount));
        if total.is_some_and(|total| total <= *max_amount) {
            return Ok(());
        }
        let products = products.join(", ");
        Err(Failure::conflict(
            format!(
                "The household owes {outstanding} đồng and was granted {granted} đồng more in {products}; with {amount} đồng \
                 it would be above their ceiling together, {max_amount} đồng."
            ),
            format!(
                "Hộ còn dư nợ {outstanding} đồng và đã được duyệt thêm {granted} đồng thuộc {products}; thêm {amount} đồng \
                 sẽ vượt mức {max_amount} đồng ({name})."
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use entity::{enums::Basis, ids::LoanCeilingId};
    use proptest::prelude::*;

    use super::{super::example, *};

    fn loan(status: LoanStatus, principal: i64, disbursed_amount: i64, outstanding_principal: i64) -> loan::Model {
        loan::Model { status, principal, disbursed_amount, outstanding_principal, ..example::loan() }
    }

    fn ceiling(max_amount: i64) -> loan_ceiling::Model {
        loan_ceiling::Model {
            id: LoanCeilingId(1),
            code: "PRODUCTION".to_owned(),
            name: String::new(),
            max_amount,
            basis: Basis::Stated,
            source: String::new(),
            effective_from: "2019-03-01".parse().unwrap(),
            effective_to: None,
            abolished: false,
            version: 1,
            recorded_at: None,
            recorded_by: None,
        }
    }

    #[test]
    fn what_is_owed_and_what_is_granted_count_together() {
        let loans = [
            loan(LoanStatus::Active, 50, 30, 20),
            loan(LoanStatus::Approved, 10, 0, 0),
            loan(LoanStatus::Overdue, 15, 10, 10),
            // Asked for, refused, repaid: nothing is owed and nothing was granted.
            loan(LoanStatus::Requested, 90, 0, 0),
            loan(LoanStatus::Rejected, 90, 0, 0),
            loan(LoanStatus::Repaid, 90, 80, 0),
        ];
        let exposure = Exposure::of(loans.iter()).unwrap();
        assert_eq!(exposure, Exposure { outstanding: 30, granted: 30 });
        assert!(exposure.takes(40, &ceiling(100), &[]).is_ok());
        let refused = exposure.takes(41, &ceiling(100), &["POOR".to_owned()]).unwrap_err();
        for part in ["owes 30", "granted 30", "POOR", "41", "100"] {
            assert!(refused.message.contains(part), "{}", refused.message);
        }
        assert!(exposure.takes(i64::MAX, &ceiling(i64::MAX), &[]).is_err(), "a sum that overflows");
        assert_eq!(
            Exposure::of([loan(LoanStatus::Active, i64::MAX, 0, i64::MAX), loan(LoanStatus::Active, 1, 1, 1)].iter()),
            None
        );
    }

    #[test]
    fn a_ceiling_that_ended_without_another_is_no_leave() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let row = |code: &str, from: &str, to: Option<&str>, products: &[&str]| {
            let dated = loan_ceiling::Model {
                code: code.to_owned(),
                effective_from: day(from),
                effective_to: to.map(day),
                ..ceiling(100)
            };
            (dated, products.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>())
        };
        let on = |rows: &[Ceiling], product: &str| over(rows, product, day("2026-11-20")).map(|found| found.len());
        let lasting = row("A", "2019-03-01", None, &["POOR", "NEAR_POOR"]);
        assert_eq!((on(from_ref(&lasting), "POOR").unwrap(), on(from_ref(&lasting), "STUDENT").unwrap()), (1, 0));
        let ended = row("A", "2019-03-01", Some("2026-11-19"), &["POOR"]);
        let refused = on(from_ref(&ended), "POOR").unwrap_err();
        assert!(
            ["A over POOR", "2026-11-19", "2026-11-20"].iter().all(|part| refused.message.contains(part)),
            "{}",
            refused.message
        );
        assert_eq!(on(from_ref(&ended), "STUDENT").unwrap(), 0, "it never held that one");
        assert_eq!(on(&[row("A", "2019-03-01", Some("2026-11-20"), &["POOR"])], "POOR").unwrap(), 1, "its last day");
        // Another version of it goes on, with the product or on purpose without it; or another ceiling holds the product.
        assert_eq!(on(&[ended.clone(), row("A", "2026-11-20", None, &["POOR"])], "POOR").unwrap(), 1);
        assert_eq!(on(&[ended.clone(), row("A", "2026-11-20", None, &["NEAR_POOR"])], "POOR").unwrap(), 0);
        assert_eq!(on(&[ended.clone(), row("B", "2026-11-20", None, &["POOR"])], "POOR").unwrap(), 1);
        let abolished = (loan_ceiling::Model { abolished: true, ..ended.0.clone() }, ended.1.clone());
        assert_eq!(on(from_ref(&abolished), "POOR").unwrap(), 0, "nothing holds it any more");
        assert!(on(&[abolished, (loan_ceiling::Model { code: "B".to_owned(), ..ended.0 }, ended.1)], "POOR").is_err());
    }

    proptest! {
        /// Whatever is granted one after the other, the sum never exceeds the ceiling.
        #[test]
        fn nothing_ever_exceeds_the_ceiling(amounts in prop::collection::vec(1..60_i64, 0..12)) {
            let mut loans = Vec::new();
            for amount in amounts {
                if Exposure::of(loans.iter()).unwrap().takes(amount, &ceiling(100), &[]).is_ok() {
                    loans.push(loan(LoanStatus::Approved, amount, 0, 0));
                }
                prop_assert!(loans.iter().map(|loan| loan.principal).sum::<i64>() <= 100);
            }
        }
    }
}
