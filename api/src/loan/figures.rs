//! Interest and schedules as they are read: what SQL brings of a loan's ledger and of the law, and what is answered.
//! `rules.rs` has the figures themselves.

use std::str::FromStr;

use chrono::NaiveDate;
use entity::enums::LoanTransactionKind as Kind;
use serde_json::{Value, json};

use super::{
    rules::{Accrued, Basis, Entry, Rate, Spread, Unknown, balances, instalments, interest, lasting},
    support::{Row, Support, supports},
};
use crate::{
    error::{Failure, Result},
    read::compute::Inputs,
    schema::scalars::Date,
};

/// The entries that hold. A balance carried over tells nothing of interest before it: its day is the last one settled.
const LEDGER: &str = "(SELECT string_agg(x.occurred_on || '=' || x.id || '=' || x.kind || '=' || x.amount || '=' || \
     CASE WHEN x.kind = 'INTEREST_PAYMENT' OR (x.kind = 'PRINCIPAL_REPAYMENT' AND x.reference = 'OPENING') THEN 1 ELSE 0 END \
     || '=' || COALESCE(CAST(x.until_on AS TEXT), ''), ';') \
     FROM loan_transaction x WHERE x.loan_id = {t}.id AND x.kind <> 'REVERSAL' \
     AND NOT EXISTS (SELECT 1 FROM loan_transaction r WHERE r.reverses_id = x.id))";
const RATES: &str = "(SELECT string_agg(r.effective_from || '=' || r.annual_rate, ';') FROM loan_rate r \
     WHERE r.product_code = {t}.product_code)";

/// The rate of a product on the first day of a version.
pub const RATE_AT_FIRST: &str = "COALESCE((SELECT r.annual_rate FROM loan_rate r WHERE r.product_code = {t}.code \
     AND r.effective_from <= {t}.effective_from ORDER BY r.effective_from DESC LIMIT 1), {t}.annual_rate)";

/// What overdue interest is of the rate, in percent.
const OVERDUE_RATES: &str = "(SELECT string_agg(o.effective_from || '=' || o.value || '=' || COALESCE(CAST(o.effective_to AS TEXT), ''), ';') \
     FROM loan_rule o WHERE o.code = 'OVERDUE_RATE')";

/// What of the interest the State pays, and above which rate.
const SUPPORT: &str = "(SELECT string_agg(s.effective_from || '=' || s.value || '=' || COALESCE(CAST(s.effective_to AS TEXT), ''), ';') \
     FROM loan_rule s WHERE s.code = 'INTEREST_SUPPORT')";
const SUPPORT_ABOVE: &str = "(SELECT string_agg(s.effective_from || '=' || s.value || '=' || COALESCE(CAST(s.effective_to AS TEXT), ''), ';') \
     FROM loan_rule s WHERE s.code = 'INTEREST_SUPPORT_ABOVE')";

/// Ledger, rates, percent of the rate when overdue, term, support.
pub const INTEREST_INPUTS: &[&str] = &[LEDGER, RATES, OVERDUE_RATES, "{t}.term_months", SUPPORT, SUPPORT_ABOVE];
/// Ledger, rates, first disbursement, disbursed amount, term, grace, outstanding principal, support.
pub const SCHEDULE_INPUTS: &[&str] = &[
    LEDGER,
    RATES,
    DISBURSED_THEN,
    "{t}.disbursed_amount",
    "{t}.term_months",
    "{t}.grace_months",
    OUTSTANDING_THEN,
    SUPPORT,
    SUPPORT_ABOVE,
];

/// The first disbursement, where it was not after the day.
pub const DISBURSED_THEN: &str = "CASE WHEN {t}.disbursed_on <= {day} THEN {t}.disbursed_on END";
macro_rules! outstanding_then {
    () => {
        "CAST(COALESCE((SELECT sum(CASE x.kind WHEN 'DISBURSEMENT' THEN x.amount \
         WHEN 'PRINCIPAL_REPAYMENT' THEN -x.amount WHEN 'WRITE_OFF' THEN -x.amount ELSE 0 END) \
         FROM loan_transaction x WHERE x.loan_id = {t}.id AND x.occurred_on <= {day} \
         AND NOT EXISTS (SELECT 1 FROM loan_transaction r WHERE r.reverses_id = x.id)), 0) AS BIGINT)"
    };
}

/// The balance on the day, by the days of the entries, which need not be the order of entry. What was reversed never counted:
/// the same entered anew for its true day would count twice in between.
pub const OUTSTANDING_THEN: &str = outstanding_then!();
/// The last step by the day that agrees with the balance: a receipt that was reversed settled nothing, whatever the books said
/// until then.
pub const STATUS_THEN: &str = concat!(
    "COALESCE((SELECT s.to_status FROM loan_transition s WHERE s.loan_id = {t}.id AND s.occurred_on <= {day} \
     AND CASE WHEN s.to_status IN ('REPAID', 'WRITTEN_OFF') THEN 1 ELSE 0 END \
     = CASE WHEN {t}.disbursed_on <= {day} AND ",
    outstanding_then!(),
    " = 0 THEN 1 ELSE 0 END ORDER BY s.occurred_on DESC, s.id DESC LIMIT 1), {t}.status)"
);

/// `Loan.accruedInterest(on)`: null where nothing in force says how much.
pub fn accrued_interest(inputs: &Inputs<'_>) -> Result<Value> {
    let Some(accrued) = accrued(inputs)? else { return Ok(Value::Null) };
    accrued.total().map(Value::from).ok_or_else(overflow)
}

/// `Loan.overdueInterest(on)`, null like it.
pub fn overdue_interest(inputs: &Inputs<'_>) -> Result<Value> {
    Ok(accrued(inputs)?.map(|accrued| accrued.overdue).into())
}

/// `Loan.interestSupport(on)`, null like it.
pub fn interest_support(inputs: &Inputs<'_>) -> Result<Value> {
    Ok(accrued(inputs)?.map(|accrued| accrued.support).into())
}

/// A figure, or none where the law has a gap.
fn told<T>(figure: Result<T, Unknown>) -> Result<Option<T>> {
    match figure {
        Ok(figure) => Ok(Some(figure)),
        Err(Unknown::Rate { .. } | Unknown::OverdueRate { .. }) => Ok(None),
        Err(Unknown::Overflow) => Err(overflow()),
    }
}

fn accrued(inputs: &Inputs<'_>) -> Result<Option<Accrued>> {
    let on = inputs.argument::<Date>("on")?.map_or(inputs.day, |on| on.0);
    let (ledger, rates, overdue) = (ledger(inputs)?, rates(inputs, 1)?, overdue_rates(inputs, 2)?);
    let months = u32::try_from(inputs.integer(3).unwrap_or_default()).map_err(Failure::internal)?;
    let support = support(inputs, 4)?;
    told(interest(&ledger, Basis { months, rates: &rates, overdue: &overdue, support: &support }, on))
}

/// `Loan.schedule`: none before the disbursement, and none where the product has no rate.
pub fn schedule(inputs: &Inputs<'_>) -> Result<Value> {
    let (Some(from), Some(amount), Some(months)) = (inputs.date(2)?, inputs.integer(3), inputs.integer(4)) else {
        return Ok(Value::Null);
    };
    let months = u32::try_from(months).map_err(Failure::internal)?;
    let grace = u32::try_from(inputs.integer(5).unwrap_or_default()).map_err(Failure::internal)?;
    let repaid = amount - inputs.integer(6).unwrap_or_default();
    let spread = Spread { amount, months, grace };
    let (rates, support) = (rates(inputs, 1)?, support(inputs, 7)?);
    let Some(list) = told(instalments(spread, from, (&rates, &support), repaid))? else { return Ok(Value::Null) };
    let objects = list.into_iter().zip(1..).map(|(part, number)| {
        json!({
            "number": number, "dueOn": part.due_on.to_string(), "principal": part.principal,
            "interest": part.interest, "paid": part.paid,
        })
    });
    Ok(objects.collect())
}

fn overflow() -> Failure {
    Failure::internal("a loan's figures overflow")
}

fn ledger(inputs: &Inputs<'_>) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for text in parts(inputs.text(0)) {
        let fields: Vec<_> = text.split('=').collect();
        let [on, id, kind, amount, settles, until] = fields.as_slice() else { return Err(overflow()) };
        let until = if until.is_empty() { None } else { Some(parse::<NaiveDate>(until)?) };
        let kind = Kind::parse(kind).ok_or_else(|| Failure::internal("a ledger entry of no kind"))?;
        let key = (parse::<NaiveDate>(on)?, parse::<i64>(id)?);
        entries.push((key, kind, parse::<i64>(amount)?, *settles == "1", until));
    }
    entries.sort_by_key(|(key, ..)| *key);
    let entries = entries.into_iter().map(|((on, _), kind, amount, settles, until)| (on, kind, amount, settles, until));
    balances(entries).ok_or_else(overflow)
}

fn rates(inputs: &Inputs<'_>, index: usize) -> Result<Vec<Rate>> {
    let mut rates = Vec::new();
    for text in parts(inputs.text(index)) {
        let (from, percent) = text.split_once('=').ok_or_else(overflow)?;
        rates.push(Rate { from: parse(from)?, percent: Some(parse(percent)?) });
    }
    rates.sort_by_key(|rate| rate.from);
    Ok(rates)
}

fn overdue_rates(inputs: &Inputs<'_>, index: usize) -> Result<Vec<Rate>> {
    let rows = rows(inputs, index)?.into_iter();
    Ok(lasting(rows.map(|(percent, from, to)| (Rate { from, percent: Some(percent) }, to)).collect()))
}

/// Points, and in the cell after it the rate above which they are given.
fn support(inputs: &Inputs<'_>, index: usize) -> Result<Vec<Support>> {
    Ok(supports(&rows(inputs, index)?, &rows(inputs, index.saturating_add(1))?))
}

/// Single numbers of the law with their days.
fn rows(inputs: &Inputs<'_>, index: usize) -> Result<Vec<Row>> {
    let rows = parts(inputs.text(index)).map(|text| {
        let fields: Vec<_> = text.split('=').collect();
        let [from, value, to] = fields.as_slice() else { return Err(overflow()) };
        let to = if to.is_empty() { None } else { Some(parse(to)?) };
        Ok((parse(value)?, parse(from)?, to))
    });
    rows.collect()
}

fn parts(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.unwrap_or_default().split(';').filter(|part| !part.is_empty())
}

fn parse<T: FromStr>(text: &str) -> Result<T>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(Failure::internal)
}
