//! Recording and correcting what the law sets for policy credit, by the bank: single numbers, products' versions, their rates,
//! ceilings, the bands of risk debt.
//!
//! `law_rules.rs` has what a row must fulfil. Interest that was taken is never worked out anew, and a version goes on
//! allowing the loans that were asked for under it; ceilings and bands change for what comes.

use entity::{
    EnumSet,
    ids::{LoanCeilingId, LoanProductId},
    loan_ceiling, loan_product, loan_rate, loan_rule, risk_debt_rule,
};
use rust_decimal::Decimal;

use super::{
    law_input::{
        RecordLoanCeilingInput, RecordLoanProductInput, RecordLoanRateInput, RecordLoanRuleInput,
        RecordRiskDebtRuleInput,
    },
    law_rules::{self as rules, INTEREST_SUPPORT, INTEREST_SUPPORT_ABOVE, OVERDUE_RATE},
    law_store as store,
};
use crate::{
    access::Owned,
    error::{Failure, Result},
    exchange::Write,
    law::{self, Ending, Recorded, Step, new_row},
    request::Request,
    schema::text,
};

const MAX_CODE: usize = 40;
const MAX_NAME: usize = 200;

fn code(given: &str, field: &str) -> Result<String> {
    text::required(given, field, MAX_CODE)
}

fn name(given: &str) -> Result<String> {
    text::required(given, "input.name", MAX_NAME)
}

/// Records a single number, or corrects it, and tells its id.
pub async fn record_rule(request: &Request, input: RecordLoanRuleInput) -> Result<Recorded> {
    law::may_record(request, Owned::CreditLaw, "loanRule")?;
    let new = new_row!(
        request,
        input,
        loan_rule {
            id: 0,
            code: code(&input.code, "input.code")?,
            name: name(&input.name)?,
            value: input.value.0.normalize().to_string(),
            effective_to: input.effective_to.map(|to| to.0),
        }
    );
    rules::check_rule(&new, input.value.0)?;
    let mut write = Write::begin(request, "recordLoanRule").await?;
    let mut known = law::lock::<loan_rule::Entity>(&write).await?;
    let ending = law::ending(&new, &mut known, input.ends_previous);
    let step = law::step(&new, &known, input.expected_version, &[])?;
    rules::members_agree(&new, input.value.0, &known)?;
    if let Some(since) = step.since(&new) {
        let taken = match new.code.as_str() {
            OVERDUE_RATE => store::overdue_interest_taken(&write, law::counts_from(&new, &known, since)).await?,
            // Nothing is supported before its first row, nor after its last.
            INTEREST_SUPPORT | INTEREST_SUPPORT_ABOVE => {
                let until = rules::last_changed(&new, law::before(&new, &known, ending.as_ref()));
                store::interest_taken_of_days(&write, since, until).await?
            }
            _ => None,
        };
        taken.map_or(Ok(()), |last| Err(rules::charged(&new.code, last, "input.value")))?;
    }
    let recorded = law::put_next::<loan_rule::Entity>(&mut write, ending, &step, new).await?;
    write.commit().await?;
    Ok(recorded)
}

/// Records a version of a product with its rate, or corrects it, and tells its id.
pub async fn record_product(request: &Request, input: RecordLoanProductInput) -> Result<Recorded> {
    law::may_record(request, Owned::CreditLaw, "loanProduct")?;
    let mut new = product(request, &input)?;
    rules::check_product(&new)?;
    rules::check_rate(input.annual_rate.0)?;
    let mut write = Write::begin(request, "recordLoanProduct").await?;
    let mut known = law::lock::<loan_product::Entity>(&write).await?;
    let ending = law::ending(&new, &mut known, input.ends_previous);
    if let (None, Some(before)) = (input.grace_months, law::before(&new, &known, ending.as_ref())) {
        new.grace_months = before.grace_months;
        rules::check_product(&new)?;
    }
    let rates = law::lock::<loan_rate::Entity>(&write).await?;
    let rate = rate_of(&new, input.annual_rate.0, &rates);
    let besides: &[_] = if rate.is_some() { &["annualRate"] } else { &[] };
    let step = law::step(&new, &known, input.expected_version, besides)?;
    if let (Step::Correct { id, .. }, Some(before)) = (&step, law::found(&new, &known)) {
        let lent = store::lent(&write, LoanProductId(*id), before).await?;
        rules::check_lent(before, &new, lent)?;
    }
    if let Some(Ending { before, ended, .. }) = &ending {
        rules::check_lent(before, ended, store::lent(&write, before.id, before).await?)?;
    }
    if let Some(rate) = rate {
        let stored = law::found(&rate, &rates).map(|stored| stored.version);
        put_rate(&mut write, rate, &rates, stored).await?;
    }
    let recorded = law::put_next::<loan_product::Entity>(&mut write, ending, &step, new).await?;
    write.commit().await?;
    request.catalog.learn(&request.db, "a loan product").await;
    Ok(recorded)
}

fn product(request: &Request, input: &RecordLoanProductInput) -> Result<loan_product::Model> {
    Ok(new_row!(
        request,
        input,
        loan_product {
            id: LoanProductId(0),
            code: code(&input.code, "input.code")?,
            name: name(&input.name)?,
            max_amount: input.max_amount.0,
            max_term_months: input.max_term_months,
            grace_months: input.grace_months.unwrap_or_default(),
            annual_rate: input.annual_rate.0.normalize().to_string(),
            eligible_classes: input.eligible_classes.iter().copied().collect::<EnumSet<_>>(),
            eligible_categories: input.eligible_categories.iter().copied().collect::<EnumSet<_>>(),
            eligible_area: input.eligible_area,
            purpose: input.purpose,
            effective_to: input.effective_to.map(|to| to.0),
        }
    ))
}

/// The rate that begins with a version; none where it is the product's on that day already.
fn rate_of(version: &loan_product::Model, rate: Decimal, rates: &[loan_rate::Model]) -> Option<loan_rate::Model> {
    let annual_rate = rate.normalize().to_string();
    let of_product = rates.iter().filter(|rate| rate.product_code == version.code);
    let begun = of_product.filter(|rate| rate.effective_from <= version.effective_from);
    let in_force = begun.max_by_key(|rate| rate.effective_from);
    if in_force.is_some_and(|in_force| in_force.annual_rate == annual_rate) {
        return None;
    }
    Some(loan_rate::Model {
        id: 0,
        product_code: version.code.clone(),
        annual_rate,
        effective_from: version.effective_from,
        basis: version.basis,
        source: version.source.clone(),
        version: 1,
        recorded_at: version.recorded_at,
        recorded_by: version.recorded_by,
    })
}

/// Records a rate of a product from a day on, or corrects it, and tells its id.
pub async fn record_rate(request: &Request, input: RecordLoanRateInput) -> Result<i64> {
    law::may_record(request, Owned::CreditLaw, "loanRate")?;
    let new = new_row!(
        request,
        input,
        loan_rate {
            id: 0,
            product_code: code(&input.product_code, "input.productCode")?,
            annual_rate: input.annual_rate.0.normalize().to_string(),
        }
    );
    rules::check_rate(input.annual_rate.0)?;
    request.catalog.knows_product(&request.db, &new.product_code, "input.productCode").await?;
    let mut write = Write::begin(request, "recordLoanRate").await?;
    let known = law::lock::<loan_rate::Entity>(&write).await?;
    let id = put_rate(&mut write, new, &known, input.expected_version).await?;
    write.commit().await?;
    Ok(id)
}

/// CONFLICT where interest was taken of days on which the rate would be another.
async fn put_rate(
    write: &mut Write<'_>,
    new: loan_rate::Model,
    known: &[loan_rate::Model],
    expected: Option<i32>,
) -> Result<i64> {
    let step = law::step(&new, known, expected, &[])?;
    if let Some(since) = step.since(&new) {
        let taken = store::interest_taken(write, &new.product_code, law::counts_from(&new, known, since)).await?;
        taken.map_or(Ok(()), |last| Err(rules::charged(&new.product_code, last, "input.annualRate")))?;
    }
    law::put::<loan_rate::Entity>(write, &step, new).await
}

/// Records a ceiling over several products, or corrects it, and tells its id.
pub async fn record_ceiling(request: &Request, input: RecordLoanCeilingInput) -> Result<Recorded> {
    law::may_record(request, Owned::CreditLaw, "loanCeiling")?;
    let new = new_row!(
        request,
        input,
        loan_ceiling {
            id: LoanCeilingId(0),
            code: code(&input.code, "input.code")?,
            name: name(&input.name)?,
            max_amount: input.max_amount.0,
            effective_to: input.effective_to.map(|to| to.0),
            abolished: input.abolished,
        }
    );
    rules::check_ceiling(&new)?;
    let products = products(request, &input.product_codes).await?;
    let mut write = Write::begin(request, "recordLoanCeiling").await?;
    let mut known = law::lock::<loan_ceiling::Entity>(&write).await?;
    let ending = law::ending(&new, &mut known, input.ends_previous);
    let differ = match law::found(&new, &known) {
        Some(before) => store::ceiling_products(&write, before.id).await? != products,
        None => false,
    };
    let besides: &[_] = if differ { &["products"] } else { &[] };
    let step = law::step(&new, &known, input.expected_version, besides)?;
    let recorded = law::put_next::<loan_ceiling::Entity>(&mut write, ending, &step, new).await?;
    if differ || step == Step::New {
        store::put_ceiling_products(&write, LoanCeilingId(recorded.id), &products).await?;
    }
    write.commit().await?;
    Ok(recorded)
}

/// The codes in their order, each once and of a product that there is.
async fn products(request: &Request, given: &[String]) -> Result<Vec<String>> {
    let mut codes = Vec::new();
    for (index, given) in given.iter().enumerate() {
        let field = format!("input.productCodes.{index}");
        let code = code(given, &field)?;
        request.catalog.knows_product(&request.db, &code, &field).await?;
        codes.push(code);
    }
    codes.sort_unstable();
    codes.dedup();
    if codes.is_empty() {
        return Err(Failure::input(
            "input.productCodes",
            "A ceiling counts the debts of at least one product.",
            "Mức trần phải áp dụng cho ít nhất một sản phẩm tín dụng.",
        ));
    }
    Ok(codes)
}

/// Records a band of risk debt, or corrects it, and tells its id.
pub async fn record_risk_debt_rule(request: &Request, input: RecordRiskDebtRuleInput) -> Result<Recorded> {
    law::may_record(request, Owned::CreditLaw, "riskDebtRule")?;
    let new = new_row!(
        request,
        input,
        risk_debt_rule {
            id: 0,
            code: code(&input.code, "input.code")?,
            change: input.change,
            damage_from: input.damage_from,
            damage_below: input.damage_below,
            term_from: input.term_from,
            term_to: input.term_to,
            max_months: input.max_months,
            max_term_percent: input.max_share_of_term,
            effective_to: input.effective_to.map(|to| to.0),
        }
    );
    rules::check_band(&new)?;
    let mut write = Write::begin(request, "recordRiskDebtRule").await?;
    let mut known = law::lock::<risk_debt_rule::Entity>(&write).await?;
    let ending = law::ending(&new, &mut known, input.ends_previous);
    let step = law::step(&new, &known, input.expected_version, &[])?;
    rules::alone(&new, &known)?;
    let recorded = law::put_next::<risk_debt_rule::Entity>(&mut write, ending, &step, new).await?;
    write.commit().await?;
    Ok(recorded)
}
