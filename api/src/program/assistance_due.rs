//! `Person.socialAssistance`: the register's facts of a day, the rows in force on it, what `assistance.rs` makes of
//! both, and whether it is being paid.

use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use entity::{
    EnumSet,
    enums::{AssistanceGround, Basis, PovertyClass},
};
use serde_json::{Value, json};

use super::{
    assistance::{Coefficient, Facts},
    assistance_rates::{Dated, Level, Rates},
};
use crate::{
    access::Permission,
    error::{Failure, Result},
    read::{
        compute::Inputs,
        projection::{Projection, column},
    },
    schema::scalars::Date,
};

pub static SOCIAL_ASSISTANCE: Projection = Projection::embedded(
    "SocialAssistance",
    &[
        column("on", "Date!", "on").internal().doc("The day that it is worked out for."),
        column("level", "VND!", "level")
            .internal()
            .doc("What the coefficient is times of: the standard level in force, or the social pension. Đồng a month."),
        column("levelSource", "String!", "level_source").internal().doc("Where the level was read, and how certain."),
        column("grounds", "[AssistanceGround!]!", "grounds")
            .sensitive()
            .doc("What it is due for; none: nothing that the register knows."),
        column("coefficient", "Decimal!", "coefficient").sensitive().doc("Of these grounds together; 0 for none."),
        column("monthlyAmount", "VND!", "monthly_amount").sensitive().doc("Coefficient by level."),
        column("sources", "[String!]!", "sources").sensitive().doc("Where each coefficient was read, and how certain."),
        column("unverified", "Boolean!", "unverified")
            .sensitive()
            .doc("Whether the level or a coefficient rests on what nobody has checked."),
        column("notKnown", "[AssistanceGround!]!", "not_known")
            .sensitive()
            .doc("Grounds of which the register doesn't know whether they are given; they are not counted."),
        column("beingPaid", "Boolean", "being_paid").sensitive().doc(
            "Whether a benefit of it runs on the day of which something was paid; null for who may not read benefits.",
        ),
        column("paidInMonth", "VND", "paid_in_month")
            .sensitive()
            .doc("Paid of it in the month of the day, by that day; null for who may not read benefits."),
    ],
)
.doc("Monthly social assistance as the register's facts of a day give it. A computation, not a decision.");

/// Birth, categories, protected categories, death; decided classes of the household; levels, coefficients;
/// payments of monthly assistance.
pub const INPUTS: &[&str] = &[
    "{t}.date_of_birth",
    "{t}.categories",
    "{t}.protected_categories",
    "{t}.died_on",
    "(SELECT string_agg(r.effective_from || '|' || COALESCE(CAST(r.effective_to AS TEXT), '') || '|' || r.decided_class, '\u{1e}') \
     FROM poverty_review r WHERE r.household_id = {t.household_id} AND r.decided_class IS NOT NULL)",
    "(SELECT string_agg(a.effective_from || '|' || a.amount || '|' || a.basis || '|' || a.source, '\u{1e}') FROM assistance_level a)",
    "(SELECT string_agg(a.effective_from || '|' || COALESCE(CAST(a.effective_to AS TEXT), '') || '|' || a.code || '|' || \
     a.coefficient || '|' || COALESCE(CAST(a.level AS TEXT), '') || '|' || a.basis || '|' || a.source, '\u{1e}') FROM assistance_coefficient a)",
    "(SELECT string_agg(y.paid_on || '|' || y.amount || '|' || \
     CASE WHEN b.status IN ('REJECTED', 'CANCELLED') THEN '0' ELSE '1' END || '|' || b.starts_on || '|' || \
     COALESCE(CAST(b.ends_on AS TEXT), ''), '\u{1e}') FROM benefit b JOIN program g ON g.id = b.program_id \
     JOIN benefit_payment y ON y.benefit_id = b.id WHERE b.person_id = {t}.id AND g.code = 'SOCIAL_ASSISTANCE' \
     AND b.recurrence = 'MONTHLY')",
];

pub fn social_assistance(inputs: &Inputs<'_>) -> Result<Value> {
    let on = inputs.argument::<Date>("on")?.map_or(inputs.day, |on| on.0);
    if inputs.date(3)?.is_some_and(|died| died <= on) {
        return Ok(Value::Null);
    }
    let facts = Facts {
        born: inputs.date(0)?,
        categories: known(EnumSet::from_bits(inputs.integer(1).unwrap_or_default()))?,
        protected: known(EnumSet::from_bits(inputs.integer(2).unwrap_or_default()))?,
        class: class(inputs.text(4), on)?,
        on,
    };
    let rates = Rates { levels: levels(inputs.text(5))?, coefficients: coefficients(inputs.text(6))? };
    let Some(due) = rates.due(&facts)? else { return Ok(Value::Null) };
    // Whoever may not read benefits isn't told of one here.
    let reads = inputs.viewer.may(Permission::BenefitRead);
    let paid = if reads { Some(paid(inputs.text(7), on)?) } else { None };
    Ok(json!({
        "on": on.to_string(),
        "level": due.level,
        "levelSource": due.level_source,
        "grounds": names(&due.grounds),
        "coefficient": due.coefficient.normalize().to_string(),
        "monthlyAmount": due.monthly,
        "sources": due.sources,
        "unverified": due.unverified,
        "notKnown": names(&due.not_known),
        "beingPaid": paid.map(|(being, _)| being),
        "paidInMonth": paid.map(|(_, sum)| sum),
    }))
}

fn names(grounds: &[AssistanceGround]) -> Vec<&'static str> {
    grounds.iter().map(|ground| ground.as_str()).collect()
}

fn known<T>(set: Option<T>) -> Result<T> {
    set.ok_or_else(|| Failure::internal("a category that isn't known"))
}

/// Between rows: no text of an input holds a control character.
const BETWEEN: char = '\u{1e}';

/// Rows of as many parts, as `string_agg` above joins them.
fn rows<const PARTS: usize>(text: Option<&str>) -> impl Iterator<Item = Result<[&str; PARTS]>> {
    text.unwrap_or_default().split(BETWEEN).filter(|row| !row.is_empty()).map(|row| {
        <[&str; PARTS]>::try_from(row.splitn(PARTS, '|').collect::<Vec<_>>())
            .map_err(|_| Failure::internal("a row of assistance in another shape"))
    })
}

fn parse<T: FromStr>(text: &str) -> Result<T>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(Failure::internal)
}

fn basis(text: &str) -> Result<Basis> {
    Basis::parse(text).ok_or_else(|| Failure::internal("a basis that isn't known"))
}

/// Whether a day lies between two, the last of which may be left open.
fn in_force(from: NaiveDate, to: &str, on: NaiveDate) -> Result<bool> {
    let ended = if to.is_empty() { false } else { parse::<NaiveDate>(to)? < on };
    Ok(from <= on && !ended)
}

/// The class by the decision in force, as `household/on_day.rs` has it.
fn class(decisions: Option<&str>, on: NaiveDate) -> Result<Option<PovertyClass>> {
    let mut found: Option<(NaiveDate, PovertyClass)> = None;
    for row in rows::<3>(decisions) {
        let [from, to, class] = row?;
        let from = parse::<NaiveDate>(from)?;
        let class = PovertyClass::parse(class).ok_or_else(|| Failure::internal("a class that isn't known"))?;
        if in_force(from, to, on)? && found.is_none_or(|(latest, _)| latest <= from) {
            found = Some((from, class));
        }
    }
    Ok(found.map(|(_, class)| class))
}

fn levels(text: Option<&str>) -> Result<Vec<Level>> {
    let level = |row: Result<[&str; 4]>| {
        let [from, amount, of, source] = row?;
        Ok(Level { amount: parse(amount)?, basis: basis(of)?, source: source.to_owned(), from: parse(from)? })
    };
    rows::<4>(text).map(level).collect()
}

fn coefficients(text: Option<&str>) -> Result<Vec<Dated>> {
    let dated = |row: Result<[&str; 7]>| {
        let [from, to, ground, coefficient, level, of, source] = row?;
        let level = if level.is_empty() { None } else { Some(parse(level)?) };
        let row = Coefficient { coefficient: parse(coefficient)?, level, basis: basis(of)?, source: source.to_owned() };
        let to = if to.is_empty() { None } else { Some(parse(to)?) };
        Ok(Dated { ground: ground.to_owned(), row, from: parse(from)?, to })
    };
    rows::<7>(text).map(dated).collect()
}

/// Of the payments with their benefits: whether one that runs on the day was paid by then, and what was paid in its month.
fn paid(text: Option<&str>, on: NaiveDate) -> Result<(bool, i64)> {
    let (mut being, mut sum) = (false, 0_i64);
    for row in rows::<5>(text) {
        let [paid_on, amount, runs, from, to] = row?;
        let paid_on = parse::<NaiveDate>(paid_on)?;
        if paid_on > on {
            continue;
        }
        being |= runs == "1" && in_force(parse(from)?, to, on)?;
        if (paid_on.year(), paid_on.month()) == (on.year(), on.month()) {
            sum = sum.checked_add(parse(amount)?).ok_or_else(|| Failure::internal("payments overflow"))?;
        }
    }
    Ok((being, sum))
}
