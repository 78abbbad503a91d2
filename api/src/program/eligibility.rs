//! Who of those that a program is for (`audience.rs`) it doesn't serve yet: conditions on lists of households and persons.
//!
//! Programs that are for no household or for anyone (capacity, mobilisation) leave nobody out here. Being served shows in
//! benefits, in loans or in model projects: a viewer needs the right to read that of them in which the program works, since
//! the list would tell it.

use entity::{EnumSet, enums::PovertyClass};

use super::{assistance_grounds::entitled, audience::Audience};
use crate::{
    access::{Permission, Reach, filters},
    error::{Failure, Result},
    household::birthday,
    place::Coded,
    read::Conditions,
};

const FIELD: &str = "filter.lacksProgramCode";

/// Person `{m}` has no health insurance today.
const UNINSURED: &str = "NOT EXISTS (SELECT 1 FROM insurance_coverage i WHERE i.person_id = {m}.id AND i.kind = 'HEALTH' \
     AND i.valid_from <= {day} AND (i.valid_to IS NULL OR i.valid_to >= {day}))";
/// Person `{m}` has no benefit of the program, neither of its own nor with its household.
const PERSON_WITHOUT_BENEFIT: &str = "NOT EXISTS (SELECT 1 FROM benefit b WHERE b.program_id = {0} \
     AND b.status NOT IN ('REJECTED', 'CANCELLED') \
     AND (b.person_id = {m}.id OR (b.person_id IS NULL AND b.household_id = {m}.household_id)))";

/// Urban or rural today, of the household `{c}`: `household/on_day.rs` in SQL.
const AREA: &str = "COALESCE((SELECT a.area_kind FROM unit_area a WHERE a.unit_id = {c}.commune_id \
     AND a.valid_from <= {day} AND a.valid_to >= {day}), {c}.area_kind)";

/// In what a program shows that it serves somebody.
#[derive(Clone, Copy, PartialEq)]
enum Serves {
    Benefits,
    /// Benefits, and loans for those of a viewer who may read loans.
    BenefitsAndLoans,
    Loans,
    Models,
}

impl Serves {
    fn of(program: &str) -> Self {
        match program {
            "CREDIT_PRODUCTION" | "CREDIT_OVERSEAS" => Self::Loans,
            "LIVELIHOOD_MODELS" => Self::Models,
            "HOUSING_POOR" | "WATER_SANITATION" => Self::BenefitsAndLoans,
            _ => Self::Benefits,
        }
    }
}

/// FORBIDDEN where the viewer may not read that in which the program shows whom it serves.
fn admitted(rows: &Conditions<'_>, program: &Coded) -> Result<()> {
    filters::of_program(&program.code).iter().try_for_each(|permission| rows.require(*permission, FIELD))
}

/// Households (`{c}`) that the program is for and that get nothing of it. `class`: SQL of their class today.
pub fn unserved_households(rows: &mut Conditions<'_>, program: &Coded, class: &str) -> Result<()> {
    let serves = Serves::of(&program.code);
    admitted(rows, program)?;
    rows.add("{c}.dissolved_on IS NULL", []);
    match Audience::of(&program.code) {
        Audience::Category(category) => {
            let bits = EnumSet::from([category]).bits();
            rows.add(format!("({{c}}.categories & {bits}) <> 0"), []);
        }
        Audience::Class(classes) => rows.add(one_of(class, classes), []),
        Audience::ClassOrPeople(classes, categories) => {
            let (of_class, bits) = (one_of(class, classes), EnumSet::from(categories).bits());
            let needed = rows.needed(Reach::Person, "m");
            rows.add(
                format!(
                    "({of_class} OR (SELECT TRUE FROM person m WHERE m.household_id = {{c}}.id \
                     AND m.died_on IS NULL AND (m.categories & {bits}) <> 0{needed} LIMIT 1))"
                ),
                [],
            );
        }
        Audience::Area(kind) => rows.add(format!("{AREA} = '{}'", kind.as_str()), []),
        Audience::Uninsured { from, below } => return households_of_uninsured(rows, program, from, below),
        Audience::Assisted => return households_of_unassisted(rows, program),
        Audience::Anyone | Audience::Nobody => return Err(for_nobody(&program.code)),
    }
    if matches!(serves, Serves::Benefits | Serves::BenefitsAndLoans) {
        rows.add(
            "NOT EXISTS (SELECT 1 FROM benefit b WHERE b.household_id = {c}.id AND b.program_id = {0} \
             AND b.status NOT IN ('REJECTED', 'CANCELLED'))",
            [program.id.into()],
        );
    }
    without_loan_or_model(rows, program, serves, "{c}.id");
    Ok(())
}

/// Whether a class, as SQL, is one of these.
fn one_of(class: &str, classes: &[PovertyClass]) -> String {
    let classes: Vec<_> = classes.iter().map(|class| format!("'{}'", class.as_str())).collect();
    format!("{class} IN ({})", classes.join(", "))
}

/// Households with somebody of the age who has neither insurance nor the benefit.
fn households_of_uninsured(rows: &mut Conditions<'_>, program: &Coded, from: i32, below: i32) -> Result<()> {
    let (youngest, too_old) = births(rows, from, below)?;
    let condition = format!(
        "EXISTS (SELECT 1 FROM person m WHERE m.household_id = {{c}}.id AND m.died_on IS NULL \
         AND m.date_of_birth <= {{1}} AND m.date_of_birth > {{2}} AND {UNINSURED} AND {PERSON_WITHOUT_BENEFIT})"
    );
    rows.add(condition.replace("{m}", "m"), [program.id.into(), youngest, too_old]);
    Ok(())
}

/// Households with somebody to whom monthly assistance is due and who has no benefit of it.
fn households_of_unassisted(rows: &mut Conditions<'_>, program: &Coded) -> Result<()> {
    let (unassisted, values) = unassisted(rows, program)?;
    let needed = rows.needed(Reach::Person, "m");
    let condition = format!(
        "EXISTS (SELECT 1 FROM person m WHERE m.household_id = {{c}}.id AND m.household_id IS NOT NULL \
         AND m.died_on IS NULL AND {unassisted}{needed})"
    );
    rows.add(condition.replace("{m}", "m"), values);
    Ok(())
}

/// Person `{m}` is entitled to monthly assistance today and has no benefit of it, neither paid nor on its way; one that is
/// over is none.
fn unassisted(rows: &Conditions<'_>, program: &Coded) -> Result<(String, Vec<sea_orm::Value>)> {
    let (entitled, births) = entitled(1, &|age| birthday(rows.today, age, FIELD))?;
    let condition = format!(
        "{entitled} AND NOT EXISTS (SELECT 1 FROM benefit b WHERE b.person_id = {{m}}.id AND b.program_id = {{0}} \
         AND b.status NOT IN ('REJECTED', 'CANCELLED') AND (b.ends_on IS NULL OR b.ends_on >= {{day}}))"
    );
    Ok((condition, [program.id.into()].into_iter().chain(births.into_iter().map(Into::into)).collect()))
}

/// Persons (`{c}`) that the program is for and that get nothing of it. `class`: SQL of the class of household `h`.
pub fn unserved_persons(rows: &mut Conditions<'_>, program: &Coded, class: &str) -> Result<()> {
    let serves = Serves::of(&program.code);
    admitted(rows, program)?;
    rows.add("{c}.household_id IS NOT NULL AND {c}.died_on IS NULL", []);
    let needed = rows.needed(Reach::Household, "h");
    let of_class = |condition: &str| {
        format!("EXISTS (SELECT 1 FROM household h WHERE h.id = {{c}}.household_id AND {condition}{needed})")
    };
    match Audience::of(&program.code) {
        Audience::Class(classes) if of_people(&program.code) => rows.add(of_class(&one_of(class, classes)), []),
        Audience::ClassOrPeople(classes, categories) => {
            let (of_class, bits) = (of_class(&one_of(class, classes)), EnumSet::from(categories).bits());
            rows.add(format!("({of_class} OR ({{c}}.categories & {bits}) <> 0)"), []);
        }
        Audience::Uninsured { from, below } => {
            let (youngest, too_old) = births(rows, from, below)?;
            rows.add("{c}.date_of_birth <= {0} AND {c}.date_of_birth > {1}", [youngest, too_old]);
            rows.add(UNINSURED.replace("{m}", "{c}"), []);
        }
        Audience::Assisted => {
            let (unassisted, values) = unassisted(rows, program)?;
            rows.add(unassisted.replace("{m}", "{c}"), values);
            return Ok(());
        }
        _ => return Err(for_nobody(&program.code)),
    }
    if serves == Serves::Benefits {
        rows.add(PERSON_WITHOUT_BENEFIT.replace("{m}", "{c}"), [program.id.into()]);
    }
    without_loan_or_model(rows, program, serves, "{c}.household_id");
    Ok(())
}

fn without_loan_or_model(rows: &mut Conditions<'_>, program: &Coded, serves: Serves, household: &str) {
    let reads_loans = rows.rights.may(Permission::LoanRead);
    let condition = match serves {
        Serves::Benefits => return,
        Serves::BenefitsAndLoans if !reads_loans => return,
        Serves::BenefitsAndLoans | Serves::Loans => format!(
            "NOT EXISTS (SELECT 1 FROM loan l WHERE l.household_id = {household} AND l.program_id = {{0}} \
             AND l.status <> 'REJECTED')"
        ),
        Serves::Models => format!(
            "NOT EXISTS (SELECT 1 FROM model_participation p JOIN model_project m ON m.id = p.project_id \
             WHERE p.household_id = {household} AND m.program_id = {{0}} AND p.outcome <> 'WITHDRAWN')"
        ),
    };
    rows.add(condition, [program.id.into()]);
}

/// Programs for classes that count people and not households.
fn of_people(program: &str) -> bool {
    program == "HI_NEAR_POOR"
}

/// The latest day of birth of who is `from` years old today, and of who is `below`.
fn births(rows: &Conditions<'_>, from: i32, below: i32) -> Result<(sea_orm::Value, sea_orm::Value)> {
    Ok((birthday(rows.today, from, FIELD)?.into(), birthday(rows.today, below, FIELD)?.into()))
}

fn for_nobody(code: &str) -> Failure {
    Failure::input(
        FIELD,
        format!("The program {code} serves nobody in this list, so nobody lacks it."),
        format!("Chương trình {code} không hỗ trợ trực tiếp đối tượng trong danh sách này."),
    )
}
