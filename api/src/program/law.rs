//! Recording and correcting what a program pays at most, and the levels and coefficients of social assistance (Decree
//! 20/2021/NĐ-CP art. 4 to 6), by the department that leads support.
//!
//! What was approved within a limit stays approved and is owed. Levels and coefficients are what monthly assistance is
//! paid by (`dues.rs`): what was paid stands, and so does the sum at which a month was worked out. They may be corrected at any
//! time, with a warning of what was paid in the days that read otherwise. Payments hold the rows (FOR KEY SHARE), so that
//! either sees the other.

use entity::{EnumSet, assistance_coefficient, assistance_level, program_limit};
use rust_decimal::Decimal;

use super::{
    law_input::{RecordAssistanceCoefficientInput, RecordAssistanceLevelInput, RecordProgramLimitInput},
    law_paid::{self, Changed},
};
use crate::{
    access::Owned,
    error::Result,
    exchange::Write,
    law::{self, Days, Law, Recorded, decimal, new_row, row_of_law, within},
    request::Request,
    schema::text,
};

const MAX_RULE: usize = 40;
/// More than a program will pay a household, đồng: a sum above it has a zero too many.
const MOST: i64 = 10_000_000_000;
/// More than any standard level will be, đồng a month.
const HIGHEST_LEVEL: i64 = 100_000_000;
/// Decree 20/2021 goes up to 3.
const HIGHEST_COEFFICIENT: i64 = 20;

/// Records a limit, or corrects it, and tells its id.
pub async fn record_limit(request: &Request, input: RecordProgramLimitInput) -> Result<i64> {
    law::may_record(request, Owned::SupportLaw, "programLimit")?;
    let new = new_row!(
        request,
        input,
        program_limit {
            id: 0,
            program_code: request.catalog.program(&input.program_code, "input.programCode")?.code,
            rule: text::required(&input.rule, "input.rule", MAX_RULE)?,
            sources: input.sources.iter().copied().collect::<EnumSet<_>>(),
            max_amount: input.max_amount.0,
            per_person: input.per_person,
            yearly: input.yearly,
            binding: input.binding,
            effective_to: input.effective_to.map(|to| to.0),
        }
    );
    within("input.maxAmount", new.max_amount, 1, MOST)?;
    Days { from: new.effective_from, to: new.effective_to }.check()?;
    let mut write = Write::begin(request, "recordProgramLimit").await?;
    let known = law::lock::<program_limit::Entity>(&write).await?;
    let step = law::step(&new, &known, input.expected_version, &[])?;
    let id = law::put::<program_limit::Entity>(&mut write, &step, new).await?;
    write.commit().await?;
    Ok(id)
}

/// Records a standard level, or corrects it, and tells its id.
pub async fn record_level(request: &Request, input: RecordAssistanceLevelInput) -> Result<Recorded> {
    law::may_record(request, Owned::SupportLaw, "assistanceLevel")?;
    let new = new_row!(request, input, assistance_level { id: 0, amount: input.amount.0 });
    within("input.amount", new.amount, 1, HIGHEST_LEVEL)?;
    let mut write = Write::begin(request, "recordAssistanceLevel").await?;
    let known = law::lock::<assistance_level::Entity>(&write).await?;
    let step = law::step(&new, &known, input.expected_version, &[])?;
    let next = known.iter().map(|row| row.effective_from).filter(|from| *from > new.effective_from).min();
    let until = next.and_then(|next| next.pred_opt());
    let mut warnings = Vec::new();
    if let Some(days) = Changed::of(step.since(&new), until) {
        warnings.extend(law_paid::monthly(&write, days, "input.amount").await?);
        warnings.extend(law_paid::urgent(&write, None, days, "input.amount").await?);
    }
    let id = law::put::<assistance_level::Entity>(&mut write, &step, new).await?;
    write.commit().await?;
    Ok(Recorded { id, previous_ended_on: None, warnings })
}

/// Records a coefficient, or corrects it, and tells its id.
pub async fn record_coefficient(request: &Request, input: RecordAssistanceCoefficientInput) -> Result<Recorded> {
    law::may_record(request, Owned::SupportLaw, "assistanceCoefficient")?;
    let mut new = new_row!(
        request,
        input,
        assistance_coefficient {
            id: 0,
            code: input.ground.as_str().to_owned(),
            coefficient: input.coefficient.0.normalize().to_string(),
            level: input.level.value().map(|level| level.0),
            effective_to: input.effective_to.map(|to| to.0),
        }
    );
    check_coefficient(input.coefficient.0)?;
    new.level.map_or(Ok(()), |level| within("input.level", level, 1, HIGHEST_LEVEL))?;
    new.days().check()?;
    let mut write = Write::begin(request, "recordAssistanceCoefficient").await?;
    let mut known = law::lock::<assistance_coefficient::Entity>(&write).await?;
    let ending = law::ending(&new, &mut known, input.ends_previous);
    if input.level.is_undefined() {
        new.level = law::before(&new, &known, ending.as_ref()).and_then(|before| before.level);
    }
    let step = law::step(&new, &known, input.expected_version, &[])?;
    let warning = match Changed::of(step.since(&new), new.effective_to) {
        Some(days) => law_paid::monthly(&write, days, "input.coefficient").await?,
        None => None,
    };
    let recorded = law::put_next::<assistance_coefficient::Entity>(&mut write, ending, &step, new).await?;
    write.commit().await?;
    Ok(Recorded { warnings: warning.into_iter().collect(), ..recorded })
}

/// A ground that gives nothing has no row: its coefficient ends.
fn check_coefficient(coefficient: Decimal) -> Result<()> {
    decimal("input.coefficient", coefficient, 0, HIGHEST_COEFFICIENT)?;
    if coefficient.is_zero() { within("input.coefficient", 0, 1, HIGHEST_COEFFICIENT) } else { Ok(()) }
}

row_of_law!(program_limit, "ProgramLimit", ("limit", "mức hỗ trợ tối đa"), until_the_next "input.rule"
    |row| format!("{} {}", row.program_code, row.rule), {
    "sources": sources, "maxAmount": max_amount, "perPerson": per_person, "yearly": yearly, "binding": binding,
    "basis": basis, "source": source, "effectiveTo": effective_to,
});
row_of_law!(assistance_level, "AssistanceLevel", ("standard level of", "mức chuẩn"), until_the_next "input.effectiveFrom"
    |_row| "SOCIAL_ASSISTANCE".to_owned(), {
    "amount": amount, "basis": basis, "source": source,
});
row_of_law!(assistance_coefficient, "AssistanceCoefficient", ("coefficient of", "hệ số"), to_its_end "input.ground", {
    "coefficient": coefficient, "level": level, "basis": basis, "source": source, "effectiveTo": effective_to,
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coefficient_is_more_than_nothing_and_no_absurd_one() {
        let may = |text: &str| check_coefficient(text.parse().unwrap()).is_ok();
        assert!(may("1.5") && may("0.75") && may("20"));
        for wrong in ["0", "-1.5", "20.5", "15.00001"] {
            assert!(!may(wrong), "{wrong}");
        }
    }
}
