//! What counts as committed and disbursed, as SQL over a program's or a line's row, and percentages; what an amount,
//! its shares and its period must fulfil.

use chrono::{Datelike, NaiveDate};
use entity::{
    enums::{FundingSource, Recurrence},
    funding_line,
};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::input::FundingShareInput;
use crate::{
    error::{Failure, Result},
    read::compute::Inputs,
};

/// Most đồng that an answer can carry; sums beyond are refused.
pub const MOST: i64 = (1 << 53) - 1;

/// What was paid out under a program, for `{t}` of `program`.
pub const DISBURSED_BY_PROGRAM: &str = "(COALESCE((SELECT sum(b.paid_amount) FROM benefit b WHERE b.program_id = {t}.id), 0) \
     + COALESCE((SELECT sum(l.disbursed_amount) FROM loan l WHERE l.program_id = {t}.id), 0) \
     + COALESCE((SELECT sum(p.support_amount) FROM model_participation p JOIN model_project m ON m.id = p.project_id \
                  WHERE m.program_id = {t}.id), 0) \
     + COALESCE((SELECT sum(s.amount) FROM program_spending s WHERE s.program_id = {t}.id), 0))";

/// Sums of payments by program and source, as a table of (program_id, source, line_id, amount).
pub const PAID_BY_SOURCE: &str = "(SELECT program_id, source, CAST(NULL AS BIGINT) AS line_id, CAST(sum(amount) AS BIGINT) AS amount FROM ( \
     SELECT b.program_id, p.source, p.amount FROM benefit_payment p JOIN benefit b ON b.id = p.benefit_id \
     UNION ALL SELECT l.program_id, f.source, f.amount FROM loan_funding f JOIN loan l ON l.id = f.loan_id \
      WHERE l.program_id IS NOT NULL AND l.disbursed_amount > 0 \
     UNION ALL SELECT m.program_id, f.source, f.amount FROM participation_funding f \
       JOIN model_participation p ON p.id = f.participation_id JOIN model_project m ON m.id = p.project_id \
      WHERE m.program_id IS NOT NULL \
     UNION ALL SELECT s.program_id, s.source, s.amount FROM program_spending s) paid GROUP BY program_id, source)";

/// Approved against a line, for `{t}` of `funding_line`. Of what comes back one time, or all that was paid where
/// that is more; of a benefit cancelled half-way what was paid stays committed.
pub const COMMITTED_BY_LINE: &str = "CAST(COALESCE((SELECT sum(CASE b.recurrence WHEN 'ONCE' THEN f.amount ELSE \
                    (SELECT CASE WHEN sum(y.amount) > f.amount THEN sum(y.amount) ELSE f.amount END FROM benefit_payment y \
                      WHERE y.benefit_id = b.id AND y.source = f.source) END) \
                  FROM benefit_funding f JOIN benefit b ON b.id = f.benefit_id \
                  WHERE f.line_id = {t}.id AND b.status IN ('APPROVED', 'DISBURSED', 'COMPLETED')), 0) \
     + COALESCE((SELECT sum(y.amount) FROM benefit_funding f JOIN benefit b ON b.id = f.benefit_id \
                  JOIN benefit_payment y ON y.benefit_id = b.id AND y.source = f.source \
                  WHERE f.line_id = {t}.id AND b.status = 'CANCELLED'), 0) \
     + COALESCE((SELECT sum(f.amount) FROM loan_funding f JOIN loan l ON l.id = f.loan_id \
                  WHERE f.line_id = {t}.id AND l.approved_on IS NOT NULL AND l.status <> 'REJECTED'), 0) \
     + COALESCE((SELECT sum(f.amount) FROM participation_funding f WHERE f.line_id = {t}.id), 0) \
     + COALESCE((SELECT sum(s.amount) FROM program_spending s WHERE s.line_id = {t}.id), 0) AS BIGINT)";

/// How many benefits, loans and participations are committed against a line, for `{t}` of `funding_line`.
pub const COUNTED_BY_LINE: &str = "CAST((SELECT count(*) FROM benefit_funding f JOIN benefit b ON b.id = f.benefit_id \
                  WHERE f.line_id = {t}.id AND b.status IN ('APPROVED', 'DISBURSED', 'COMPLETED')) \
     + (SELECT count(*) FROM loan_funding f JOIN loan l ON l.id = f.loan_id \
                  WHERE f.line_id = {t}.id AND l.approved_on IS NOT NULL AND l.status <> 'REJECTED') \
     + (SELECT count(*) FROM participation_funding f WHERE f.line_id = {t}.id) AS BIGINT)";

/// Paid out of a line, for `{t}` of `funding_line`. A benefit's payment of one source counts in the benefit's line of
/// that source; a loan's money counts from its disbursement.
pub const DISBURSED_BY_LINE: &str = "CAST(COALESCE((SELECT sum(p.amount) FROM benefit_payment p \
                  JOIN benefit_funding f ON f.benefit_id = p.benefit_id AND f.source = p.source \
                  WHERE f.line_id = {t}.id), 0) \
     + COALESCE((SELECT sum(f.amount) FROM loan_funding f JOIN loan l ON l.id = f.loan_id \
                  WHERE f.line_id = {t}.id AND l.disbursed_amount > 0), 0) \
     + COALESCE((SELECT sum(f.amount) FROM participation_funding f WHERE f.line_id = {t}.id), 0) \
     + COALESCE((SELECT sum(s.amount) FROM program_spending s WHERE s.line_id = {t}.id), 0) AS BIGINT)";

/// The first input over the second as a percentage with two decimals.
pub fn percent(inputs: &Inputs<'_>) -> Result<Value> {
    let part = inputs.integer(0).unwrap_or_default();
    let whole = inputs.integer(1).unwrap_or_default();
    if whole == 0 {
        return Ok(Value::String("0".to_owned()));
    }
    let percent = Decimal::from(part)
        .checked_mul(Decimal::ONE_HUNDRED)
        .and_then(|hundredfold| hundredfold.checked_div(Decimal::from(whole)))
        .ok_or_else(|| Failure::internal("a percentage overflows"))?;
    let rounded = percent.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    Ok(Value::String(rounded.normalize().to_string()))
}

/// Money that moves is more than nothing.
pub fn positive(amount: i64, field: &str) -> Result<()> {
    if amount > 0 {
        return Ok(());
    }
    Err(Failure::input(
        field,
        format!("{amount} is no amount to pay; it must be more than 0."),
        format!("Số tiền {amount} không hợp lệ; phải lớn hơn 0."),
    ))
}

/// Shares of more than nothing, each source once, together the amount. A source stands once so that a payment, which
/// names its source, says which share and which line it comes from.
pub fn check_shares(amount: i64, shares: &[FundingShareInput], field: &str) -> Result<()> {
    let mut sum = 0_i64;
    for (index, share) in shares.iter().enumerate() {
        positive(share.amount.0, &format!("{field}.{index}.amount"))?;
        if shares.iter().take(index).any(|other| other.source == share.source) {
            let source = share.source.as_str();
            return Err(Failure::input(
                format!("{field}.{index}.source"),
                format!("The source {source} stands twice; give it once with the whole of its share."),
                format!("Nguồn vốn {source} được khai hai lần; hãy gộp thành một phần."),
            ));
        }
        sum = sum.checked_add(share.amount.0).filter(|sum| *sum <= MOST).ok_or_else(|| too_much(field))?;
    }
    if sum == amount {
        return Ok(());
    }
    Err(Failure::input(
        field,
        format!("The shares come to {sum} đồng, the amount is {amount} đồng; they must be equal."),
        format!("Tổng các nguồn vốn là {sum} đồng, khác với số tiền {amount} đồng."),
    ))
}

/// The refusal of a sum that no answer could carry.
pub fn too_much(field: &str) -> Failure {
    Failure::input(field, format!("The sum goes beyond {MOST} đồng."), format!("Tổng số tiền vượt quá {MOST} đồng."))
}

/// What comes back has a first day; no period ends before it begins.
pub fn check_period(recurrence: Recurrence, starts_on: Option<NaiveDate>, ends_on: Option<NaiveDate>) -> Result<()> {
    if recurrence != Recurrence::Once && starts_on.is_none() {
        let recurrence = recurrence.as_str();
        return Err(Failure::input(
            "startsOn",
            format!("A {recurrence} benefit needs the day on which it starts."),
            format!("Khoản hỗ trợ {recurrence} phải có ngày bắt đầu."),
        ));
    }
    match (starts_on, ends_on) {
        (Some(from), Some(to)) if to < from => Err(Failure::input(
            "endsOn",
            format!("The benefit would end on {to}, before it starts on {from}."),
            format!("Ngày kết thúc {to} sớm hơn ngày bắt đầu {from}."),
        )),
        _ => Ok(()),
    }
}

/// The line of this code among a program's, which must be of the source where one is named.
pub fn find_line<'a>(
    mut lines: impl Iterator<Item = &'a funding_line::Model>,
    code: &str,
    source: Option<FundingSource>,
    field: &str,
) -> Result<&'a funding_line::Model> {
    let line = lines.find(|line| line.code == code).ok_or_else(|| {
        Failure::input(
            field,
            format!("The program has no funding line {code}."),
            format!("Chương trình không có dòng kinh phí {code}."),
        )
    })?;
    if source.is_none_or(|source| source == line.source) {
        return Ok(line);
    }
    let of = line.source.as_str();
    Err(Failure::input(
        field,
        format!("The funding line {code} is of the source {of}."),
        format!("Dòng kinh phí {code} thuộc nguồn {of}."),
    ))
}

/// The calendar month of a day, in order.
pub fn month(day: NaiveDate) -> (i32, u32) {
    (day.year(), day.month())
}

/// The day something happened: not in the future.
pub fn not_future(on: NaiveDate, field: &str, today: NaiveDate) -> Result<()> {
    if on <= today {
        return Ok(());
    }
    Err(Failure::input(field, format!("{on} lies in the future."), format!("Ngày {on} nằm trong tương lai.")))
}

#[cfg(test)]
mod tests {
    use entity::enums::FundingSource;
    use proptest::prelude::*;

    use super::*;
    use crate::schema::scalars::Vnd;

    fn shares(amounts: &[i64]) -> Vec<FundingShareInput> {
        let sources = FundingSource::ALL.iter().copied();
        sources
            .zip(amounts)
            .map(|(source, amount)| FundingShareInput { source, line_code: None, amount: Vnd(*amount) })
            .collect()
    }

    fn field(result: Result<()>) -> String {
        result.unwrap_err().field.unwrap()
    }

    proptest! {
        #[test]
        fn shares_are_taken_for_their_sum_and_for_no_other_amount(
            amounts in prop::collection::vec(1..=MOST / 6, 1..=6),
            off in prop_oneof![-1_000_i64..0, 1..1_000_i64],
        ) {
            let sum: i64 = amounts.iter().sum();
            prop_assert!(check_shares(sum, &shares(&amounts), "funding").is_ok());
            prop_assert_eq!(field(check_shares(sum + off, &shares(&amounts), "funding")), "funding");
        }
    }

    #[test]
    fn a_share_is_more_than_nothing_and_its_source_stands_once() {
        assert_eq!(field(check_shares(10, &shares(&[10, 0]), "funding")), "funding.1.amount");
        assert_eq!(field(check_shares(10, &shares(&[20, -10]), "funding")), "funding.1.amount");
        assert_eq!(field(check_shares(10, &[], "funding")), "funding");
        let mut twice = shares(&[5, 5]);
        twice[1].source = twice[0].source;
        assert_eq!(field(check_shares(10, &twice, "funding")), "funding.1.source");
        assert_eq!(
            field(check_shares(MOST, &shares(&[MOST, MOST]), "funding")),
            "funding",
            "a sum beyond every answer"
        );
    }

    #[test]
    fn a_period_begins_before_it_ends() {
        let day = |text: &str| Some(text.parse().unwrap());
        assert!(check_period(Recurrence::Once, None, None).is_ok());
        assert_eq!(field(check_period(Recurrence::Monthly, None, None)), "startsOn");
        assert_eq!(field(check_period(Recurrence::Yearly, None, day("2022-12-31"))), "startsOn");
        assert!(check_period(Recurrence::Monthly, day("2022-05-01"), None).is_ok());
        assert!(check_period(Recurrence::Monthly, day("2022-05-01"), day("2022-05-01")).is_ok());
        assert_eq!(field(check_period(Recurrence::Monthly, day("2022-05-01"), day("2022-04-30"))), "endsOn");
    }
}
