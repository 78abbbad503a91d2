//! What lists of households and persons can be narrowed by, and what of their fields is computed.

use async_graphql::InputObject;
use chrono::{Datelike, NaiveDate};
use entity::EnumSet;
use entity::enums::{HouseholdCategory, InsuranceKind, PersonCategory, PovertyClass};
use serde_json::Value;

use super::projection::CLASS_NOW;
use crate::{
    access::Reach,
    db::Dialect,
    error::{Failure, Result},
    place::UnitRef,
    program::eligibility,
    read::{Conditions, OnePart, Parts, arguments::Arguments, compute::Inputs},
    schema::scalars::{Date, Instant},
    search,
};

/// Which households.
#[derive(Default, InputObject)]
pub struct HouseholdFilter {
    /// Living in this unit.
    pub unit: Option<UnitRef>,
    /// Of these classes today.
    pub poverty_classes: Option<Vec<PovertyClass>>,
    /// Of at least one of these categories.
    pub categories: Option<Vec<HouseholdCategory>>,
    /// With principal outstanding, or without.
    pub has_outstanding_loan: Option<bool>,
    /// Eligible for the program and not served by it: nobody left out.
    pub lacks_program_code: Option<String>,
    /// Head's name or household code; Vietnamese marks and case do not matter.
    pub search: Option<String>,
    /// Written at this instant or later.
    pub updated_since: Option<Instant>,
}

impl HouseholdFilter {
    pub fn conditions(self, rows: &mut Conditions<'_>) -> Result<()> {
        if let Some(unit) = self.unit {
            unit.condition(rows, "filter.unit")?;
        }
        if let Some(classes) = self.poverty_classes {
            of_classes(rows, &classes);
        }
        if let Some(categories) = self.categories {
            any_of(rows, "categories", EnumSet::from(categories.as_slice()).bits());
        }
        if let Some(outstanding) = self.has_outstanding_loan {
            rows.admit("HouseholdFilter", "hasOutstandingLoan")?;
            let not = if outstanding { "" } else { "NOT " };
            rows.add(
                format!(
                    "{not}EXISTS (SELECT 1 FROM loan l WHERE l.household_id = {{c}}.id AND l.outstanding_principal > 0)"
                ),
                [],
            );
        }
        if let Some(code) = self.lacks_program_code {
            let program = rows.catalog.program(&code, "filter.lacksProgramCode")?;
            eligibility::unserved_households(rows, &program, &class_of("{c}"))?;
        }
        if let Some(text) = self.search {
            search::condition(rows, "household", "search_text", &text, "filter.search")?;
        }
        if let Some(since) = self.updated_since {
            rows.add_varying("{c}.updated_at >= {0}", since.0.timestamp_micros().into());
        }
        Ok(())
    }
}

/// The class in force today of the household with this alias.
fn class_of(alias: &str) -> String {
    CLASS_NOW.replace("{t}", alias)
}

/// Households of one class today: those of the class whose next one hasn't begun, and those whose next one has. `needed`: whether
/// the class in the first column opens the file to the caller's agency.
const fn of_a_class(needed: bool) -> Parts {
    let now = "{c}.poverty_class = {0} AND ({c}.next_class_on IS NULL OR {c}.next_class_on > {day})";
    let next = "{c}.next_class = {0} AND {c}.next_class_on <= {day}";
    Parts { parts: [OnePart { template: now, needed }, OnePart { template: next, needed: false }], column: "code" }
}

static OF_A_CLASS: Parts = of_a_class(false);
static OF_A_NEEDED_CLASS: Parts = of_a_class(true);

/// Which column holds the class in force depends on the day; that one of the two does needs no day, so an index finds it.
fn of_classes(rows: &mut Conditions<'_>, classes: &[PovertyClass]) {
    let texts = || rows.dialect.texts(classes.iter().map(|class| class.as_str()));
    let among = |column: &str| rows.dialect.among(column, "{0}", texts());
    let ((now, value), (first, _), (next, _)) =
        (among(&class_of("{c}")), among("{c}.poverty_class"), among("{c}.next_class"));
    let template = format!("{now} AND ({first} OR {next})");
    match classes {
        [class] if rows.of_commune() && rows.dialect == Dialect::Postgres => {
            let needed = rows.rights.need.opens(*class);
            rows.add_with_parts(template, value, if needed { &OF_A_NEEDED_CLASS } else { &OF_A_CLASS });
        }
        _ => rows.add(template, [value]),
    }
}

fn any_of(rows: &mut Conditions<'_>, column: &str, bits: i64) {
    rows.add(format!("({{c}}.{column} & {{0}}) <> 0"), [bits.into()]);
}

/// Which persons.
#[derive(Default, InputObject)]
pub struct PersonFilter {
    /// Living in this unit.
    pub unit: Option<UnitRef>,
    /// Of at least one of these categories.
    pub categories: Option<Vec<PersonCategory>>,
    /// At least so many years old today.
    pub age_from: Option<i32>,
    /// At most so many years old today.
    pub age_to: Option<i32>,
    /// Without a coverage of this kind today.
    pub lacks_insurance: Option<InsuranceKind>,
    /// Eligible for the program and not served by it: nobody left out.
    pub lacks_program_code: Option<String>,
    /// Whose household is of one of these classes today.
    pub poverty_classes: Option<Vec<PovertyClass>>,
    /// Part of the name; Vietnamese marks and case do not matter.
    pub search: Option<String>,
    /// Written at this instant or later.
    pub updated_since: Option<Instant>,
}

impl PersonFilter {
    pub fn conditions(self, rows: &mut Conditions<'_>) -> Result<()> {
        if let Some(unit) = self.unit {
            unit.condition(rows, "filter.unit")?;
        }
        if let Some(categories) = self.categories {
            any_of(rows, "categories", EnumSet::from(categories.as_slice()).bits());
        }
        if let Some(age) = self.age_from {
            rows.add("{c}.date_of_birth <= {0}", [birthday(rows.today, age, "filter.ageFrom")?.into()]);
        }
        if let Some(age) = self.age_to {
            birthday(rows.today, age, "filter.ageTo")?;
            let older = age.saturating_add(1);
            rows.add("{c}.date_of_birth > {0}", [birthday(rows.today, older, "filter.ageTo")?.into()]);
        }
        if let Some(kind) = self.lacks_insurance {
            rows.admit("PersonFilter", "lacksInsurance")?;
            rows.add(uninsured(kind), []);
        }
        if let Some(classes) = self.poverty_classes {
            let class = rows.dialect.one_of(&class_of("h"), "{0}");
            let needed = rows.needed(Reach::Household, "h");
            let classes = rows.dialect.texts(classes.into_iter().map(PovertyClass::as_str));
            rows.add(
                format!("EXISTS (SELECT 1 FROM household h WHERE h.id = {{c}}.household_id AND {class}{needed})"),
                [classes],
            );
        }
        if let Some(code) = self.lacks_program_code {
            let program = rows.catalog.program(&code, "filter.lacksProgramCode")?;
            eligibility::unserved_persons(rows, &program, &class_of("h"))?;
        }
        if let Some(text) = self.search {
            search::persons(rows, &text, "filter.search")?;
        }
        if let Some(since) = self.updated_since {
            rows.add_varying("{c}.updated_at >= {0}", since.0.timestamp_micros().into());
        }
        Ok(())
    }
}

fn uninsured(kind: InsuranceKind) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM insurance_coverage i WHERE i.person_id = {{c}}.id AND i.kind = '{}' \
         AND i.valid_from <= {{day}} AND (i.valid_to IS NULL OR i.valid_to >= {{day}}))",
        kind.as_str()
    )
}

/// The latest day of birth of somebody who is `age` today. Born on 29 February counts from 1 March.
pub fn birthday(today: NaiveDate, age: i32, field: &str) -> Result<NaiveDate> {
    let refused = || Failure::input(field, "An age is 0 to 150 years.", "Tuổi phải từ 0 đến 150.");
    if !(0..=151).contains(&age) {
        return Err(refused());
    }
    today
        .with_year(today.year() - age)
        .or_else(|| NaiveDate::from_ymd_opt(today.year() - age, 2, 28))
        .ok_or_else(refused)
}

/// `Person.insurance(on, kinds)`.
pub fn coverage(arguments: &Arguments<'_>, rows: &mut Conditions<'_>) -> Result<()> {
    if let Some(on) = arguments.get::<Date>("on")? {
        rows.add("{c}.valid_from <= {0} AND ({c}.valid_to IS NULL OR {c}.valid_to >= {0})", [on.0.into()]);
    }
    if let Some(kinds) = arguments.get::<Vec<InsuranceKind>>("kinds")? {
        rows.one_of_texts("{c}.kind", kinds.into_iter().map(InsuranceKind::as_str));
    }
    Ok(())
}

/// `Household.timeline(from, to)`.
pub fn timeline(arguments: &Arguments<'_>, rows: &mut Conditions<'_>) -> Result<()> {
    let (from, to) = (arguments.get::<Date>("from")?, arguments.get::<Date>("to")?);
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(Failure::input("to", "to lies before from.", "Ngày kết thúc nằm trước ngày bắt đầu."));
    }
    if let Some(from) = from {
        rows.add("{c}.occurred_on >= {0}", [from.0.into()]);
    }
    if let Some(to) = to {
        rows.add("{c}.occurred_on <= {0}", [to.0.into()]);
    }
    Ok(())
}

/// `Person.nationalIdMasked`: stars and the last three digits.
pub fn masked(inputs: &Inputs<'_>) -> Result<Value> {
    let Some(number) = inputs.text(0) else { return Ok(Value::Null) };
    let tail = number.get(number.len().saturating_sub(3)..).unwrap_or_default();
    Ok(Value::String(format!("*********{tail}")))
}
