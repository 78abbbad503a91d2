//! `Person.socialAssistance`: the register's facts of a day, the rows in force on it, and what `assistance.rs` makes of both.

use std::{collections::BTreeMap, str::FromStr};

use chrono::NaiveDate;
use entity::{
    EnumSet,
    enums::{AssistanceGround, Basis, PovertyClass},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::assistance::{Coefficient, Facts, Grounds, amount, due};
use crate::{
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
        column("level", "VND!", "level").internal().doc("The standard level in force: đồng a month."),
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
    ],
)
.doc("Monthly social assistance as the register's facts of a day give it. A computation, not a decision.");

/// Birth, categories, protected categories, death; decided classes of the household; levels, coefficients.
pub const INPUTS: &[&str] = &[
    "{t}.date_of_birth",
    "{t}.categories",
    "{t}.protected_categories",
    "{t}.died_on",
    "(SELECT string_agg(r.effective_from || '|' || COALESCE(CAST(r.effective_to AS TEXT), '') || '|' || r.decided_class, '#') \
     FROM poverty_review r WHERE r.household_id = {t.household_id} AND r.decided_class IS NOT NULL)",
    "(SELECT string_agg(a.effective_from || '|' || a.amount || '|' || a.basis || '|' || a.source, '#') FROM assistance_level a)",
    "(SELECT string_agg(a.effective_from || '|' || COALESCE(CAST(a.effective_to AS TEXT), '') || '|' || a.code || '|' || \
     a.coefficient || '|' || a.basis || '|' || a.source, '#') FROM assistance_coefficient a)",
];

pub fn social_assistance(inputs: &Inputs<'_>) -> Result<Value> {
    let on = inputs.argument::<Date>("on")?.map_or(inputs.day, |on| on.0);
    if inputs.date(3)?.is_some_and(|died| died <= on) {
        return Ok(Value::Null);
    }
    let Some((level, basis, source)) = level(inputs.text(5), on)? else { return Ok(Value::Null) };
    let facts = Facts {
        born: inputs.date(0)?,
        categories: known(EnumSet::from_bits(inputs.integer(1).unwrap_or_default()))?,
        protected: known(EnumSet::from_bits(inputs.integer(2).unwrap_or_default()))?,
        class: class(inputs.text(4), on)?,
        on,
    };
    let Grounds { given, not_known } = facts.grounds()?;
    let coefficients = coefficients(inputs.text(6), on)?;
    let due = due(&given, &coefficients);
    let rows: Vec<_> = due.iter().filter_map(|ground| coefficients.get(ground.as_str())).collect();
    let coefficient = rows.iter().map(|row| row.coefficient).sum::<Decimal>();
    Ok(json!({
        "on": on.to_string(),
        "level": level,
        "levelSource": source,
        "grounds": names(&due),
        "coefficient": coefficient.normalize().to_string(),
        "monthlyAmount": amount(coefficient, level)?,
        "sources": rows.iter().map(|row| row.source.as_str()).collect::<Vec<_>>(),
        "unverified": basis == Basis::Unknown || rows.iter().any(|row| row.basis == Basis::Unknown),
        "notKnown": names(&not_known),
    }))
}

fn names(grounds: &[AssistanceGround]) -> Vec<&'static str> {
    grounds.iter().map(|ground| ground.as_str()).collect()
}

fn known<T>(set: Option<T>) -> Result<T> {
    set.ok_or_else(|| Failure::internal("a category that isn't known"))
}

/// Rows of as many parts, as `string_agg` above joins them.
fn rows<const PARTS: usize>(text: Option<&str>) -> impl Iterator<Item = Result<[&str; PARTS]>> {
    text.unwrap_or_default().split('#').filter(|row| !row.is_empty()).map(|row| {
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

fn level(text: Option<&str>, on: NaiveDate) -> Result<Option<(i64, Basis, &str)>> {
    let mut found: Option<(NaiveDate, (i64, Basis, &str))> = None;
    for row in rows::<4>(text) {
        let [from, amount, of, source] = row?;
        let from = parse::<NaiveDate>(from)?;
        if from <= on && found.is_none_or(|(latest, _)| latest <= from) {
            found = Some((from, (parse(amount)?, basis(of)?, source)));
        }
    }
    Ok(found.map(|(_, level)| level))
}

fn coefficients(text: Option<&str>, on: NaiveDate) -> Result<BTreeMap<&str, Coefficient>> {
    let mut found: BTreeMap<&str, (NaiveDate, Coefficient)> = BTreeMap::new();
    for row in rows::<6>(text) {
        let [from, to, code, coefficient, of, source] = row?;
        let from = parse::<NaiveDate>(from)?;
        if in_force(from, to, on)? && found.get(code).is_none_or(|(latest, _)| *latest <= from) {
            let row = Coefficient { coefficient: parse(coefficient)?, basis: basis(of)?, source: source.to_owned() };
            found.insert(code, (from, row));
        }
    }
    Ok(found.into_iter().map(|(code, (_, row))| (code, row)).collect())
}
