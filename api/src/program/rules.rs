//! What counts as committed and disbursed, as SQL over a program's or a line's row, and percentages.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use crate::{
    error::{Failure, Result},
    read::compute::Inputs,
};

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

/// Approved against a line, for `{t}` of `funding_line`.
pub const COMMITTED_BY_LINE: &str = "CAST(COALESCE((SELECT sum(f.amount) FROM benefit_funding f JOIN benefit b ON b.id = f.benefit_id \
                  WHERE f.line_id = {t}.id AND b.status IN ('APPROVED', 'DISBURSED', 'COMPLETED')), 0) \
     + COALESCE((SELECT sum(f.amount) FROM loan_funding f JOIN loan l ON l.id = f.loan_id \
                  WHERE f.line_id = {t}.id AND l.approved_on IS NOT NULL AND l.status <> 'REJECTED'), 0) \
     + COALESCE((SELECT sum(f.amount) FROM participation_funding f WHERE f.line_id = {t}.id), 0) \
     + COALESCE((SELECT sum(s.amount) FROM program_spending s WHERE s.line_id = {t}.id), 0) AS BIGINT)";

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
