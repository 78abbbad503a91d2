//! Recording and correcting what urgent social assistance gives (Decree 20/2021/NĐ-CP art. 12 to 15), by the department that
//! leads support. What was approved stands and is owed, and who corrects a row is told what was paid by it; what is only proposed is held against the new row when it is approved.
//! Proposals and approvals hold the rows (FOR KEY SHARE), so that either sees the other.

use entity::urgent_help_rule;
use rust_decimal::Decimal;

use super::{
    law_input::RecordUrgentHelpRuleInput,
    law_paid::{self, Changed},
};
use crate::{
    access::Owned,
    error::{Failure, Result},
    exchange::Write,
    law::{self, Law, Recorded, decimal, new_row, row_of_law, within},
    request::Request,
};

/// Decree 20/2021 goes up to 50.
const HIGHEST_COEFFICIENT: i64 = 200;
/// More than a household gets after one event, đồng: a sum above it has a zero too many.
const MOST: i64 = 1_000_000_000;

/// Records what an event gives, or corrects it, and tells its id.
pub async fn record(request: &Request, input: RecordUrgentHelpRuleInput) -> Result<Recorded> {
    law::may_record(request, Owned::SupportLaw, "urgentHelpRule")?;
    let coefficient = input.coefficient.map(|coefficient| coefficient.0);
    let new = new_row!(
        request,
        input,
        urgent_help_rule {
            id: 0,
            code: input.kind.as_str().to_owned(),
            coefficient: coefficient.map(|coefficient| coefficient.normalize().to_string()),
            amount: input.amount.map(|amount| amount.0),
            effective_to: input.effective_to.map(|to| to.0),
        }
    );
    check(coefficient, new.amount)?;
    let field = if coefficient.is_some() { "input.coefficient" } else { "input.amount" };
    new.days().check()?;
    let mut write = Write::begin(request, "recordUrgentHelpRule").await?;
    let mut known = law::lock::<urgent_help_rule::Entity>(&write).await?;
    let ending = law::ending(&new, &mut known, input.ends_previous);
    let step = law::step(&new, &known, input.expected_version, &[])?;
    let warning = match Changed::of(step.since(&new), new.effective_to) {
        Some(days) => law_paid::urgent(&write, Some(input.kind), days, field).await?,
        None => None,
    };
    let recorded = law::put_next::<urgent_help_rule::Entity>(&mut write, ending, &step, new).await?;
    write.commit().await?;
    Ok(Recorded { warnings: warning.into_iter().collect(), ..recorded })
}

/// Either times the standard level, or a sum. A kind that gives nothing has no row: its rule ends.
fn check(coefficient: Option<Decimal>, amount: Option<i64>) -> Result<()> {
    match (coefficient, amount) {
        (Some(coefficient), None) if coefficient.is_zero() => Err(Failure::input(
            "input.coefficient",
            format!(
                "A coefficient lies above 0 and is at most {HIGHEST_COEFFICIENT}; a kind that gives nothing has no rule."
            ),
            format!(
                "Hệ số phải lớn hơn 0 và không quá {HIGHEST_COEFFICIENT}; sự việc không được trợ giúp thì không có mức."
            ),
        )),
        (Some(coefficient), None) => decimal("input.coefficient", coefficient, 0, HIGHEST_COEFFICIENT),
        (None, Some(amount)) => within("input.amount", amount, 1, MOST),
        _ => Err(Failure::input(
            "input.amount",
            "Urgent help gives times the standard level or a sum: one of coefficient and amount.",
            "Mức trợ giúp khẩn cấp tính theo hệ số hoặc theo số tiền: chỉ nêu một trong hai, coefficient hoặc amount.",
        )),
    }
}

row_of_law!(urgent_help_rule, "UrgentHelpRule", ("rule of urgent help after", "mức trợ giúp khẩn cấp"), to_its_end "input.kind", {
    "coefficient": coefficient, "amount": amount, "basis": basis, "source": source, "effectiveTo": effective_to,
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_times_the_level_or_a_sum_and_no_absurd_one() {
        let may =
            |coefficient: Option<&str>, amount| check(coefficient.map(|text| text.parse().unwrap()), amount).is_ok();
        assert!(may(Some("50"), None) && may(Some("0.5"), None) && may(None, Some(40_000_000)));
        for (coefficient, amount) in
            [(None, None), (Some("50"), Some(1)), (Some("0"), None), (Some("-1"), None), (Some("500"), None)]
        {
            assert!(!may(coefficient, amount), "{coefficient:?} {amount:?}");
        }
        assert!(!may(None, Some(0)) && !may(None, Some(MOST + 1)));
    }
}
