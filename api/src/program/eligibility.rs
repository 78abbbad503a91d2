//! Who a program is for, and who of them it doesn't serve yet: conditions on lists of households and persons.
//!
//! Source: the plan, II.3, II.4 and annex items I to X. Programs that serve no single household (capacity,
//! mobilisation) are for nobody here. Being served shows in benefits, in loans or in model projects: a viewer needs the
//! right to read that of them in which the program works, since the list would tell it.

use crate::{
    access::{Permission, Reach, filters},
    error::{Failure, Result},
    household::birthday,
    place::Coded,
    read::Conditions,
};

const FIELD: &str = "filter.lacksProgramCode";
/// The plan's poor and near-poor with the newly escaped, who may still borrow.
const CREDIT_CLASSES: &str = "('POOR', 'NEAR_POOR', 'NEWLY_ESCAPED')";

/// Whether a program is for some classes and not for this one, of the texts of its code and of the class: what
/// `unserved_households` asks for.
macro_rules! out_of_class {
    ($code:literal, $class:literal) => {
        concat!(
            "(CASE ",
            $code,
            " WHEN 'HOUSING_POOR' THEN ",
            $class,
            " <> 'POOR' WHEN 'HI_NEAR_POOR' THEN ",
            $class,
            " <> 'NEAR_POOR' WHEN 'LIVELIHOOD_MODELS' THEN ",
            $class,
            " NOT IN ('POOR', 'NEAR_POOR') ELSE FALSE END)"
        )
    };
}
pub(crate) use out_of_class;

/// Person `{m}` has no health insurance today.
const UNINSURED: &str = "NOT EXISTS (SELECT 1 FROM insurance_coverage i WHERE i.person_id = {m}.id AND i.kind = 'HEALTH' \
     AND i.valid_from <= {day} AND (i.valid_to IS NULL OR i.valid_to >= {day}))";
/// Person `{m}` has no benefit of the program, neither of its own nor with its household.
const PERSON_WITHOUT_BENEFIT: &str = "NOT EXISTS (SELECT 1 FROM benefit b WHERE b.program_id = {0} \
     AND b.status NOT IN ('REJECTED', 'CANCELLED') \
     AND (b.person_id = {m}.id OR (b.person_id IS NULL AND b.household_id = {m}.household_id)))";

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
    match program.code.as_str() {
        // Bit 0 of the categories: MERIT.
        "HOUSING_MERIT" => rows.add("({c}.categories & 1) <> 0", []),
        "HOUSING_POOR" => rows.add(format!("{class} = 'POOR'"), []),
        "HI_NEAR_POOR" => rows.add(format!("{class} = 'NEAR_POOR'"), []),
        "HI_ELDERLY" => return households_of_elderly(rows, program),
        "LIVELIHOOD_MODELS" => rows.add(format!("{class} IN ('POOR', 'NEAR_POOR')"), []),
        "CREDIT_PRODUCTION" | "CREDIT_OVERSEAS" => rows.add(format!("{class} IN {CREDIT_CLASSES}"), []),
        "WATER_SANITATION" => rows.add("{c}.area_kind = 'RURAL'", []),
        code => return Err(for_nobody(code)),
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

/// Households with somebody of 60 to under 80 years who has neither insurance nor the benefit.
fn households_of_elderly(rows: &mut Conditions<'_>, program: &Coded) -> Result<()> {
    let (sixty, eighty) = elderly(rows)?;
    let condition = format!(
        "EXISTS (SELECT 1 FROM person m WHERE m.household_id = {{c}}.id AND m.died_on IS NULL \
         AND m.date_of_birth <= {{1}} AND m.date_of_birth > {{2}} AND {UNINSURED} AND {PERSON_WITHOUT_BENEFIT})"
    );
    rows.add(condition.replace("{m}", "m"), [program.id.into(), sixty, eighty]);
    Ok(())
}

/// Persons (`{c}`) that the program is for and that get nothing of it. `class`: SQL of the class of household `h`.
pub fn unserved_persons(rows: &mut Conditions<'_>, program: &Coded, class: &str) -> Result<()> {
    let serves = Serves::of(&program.code);
    admitted(rows, program)?;
    rows.add("{c}.household_id IS NOT NULL AND {c}.died_on IS NULL", []);
    let needed = rows.needed(Reach::Household, "h");
    let of_class = |condition: &str| {
        format!("EXISTS (SELECT 1 FROM household h WHERE h.id = {{c}}.household_id AND {class} {condition}{needed})")
    };
    match program.code.as_str() {
        "HI_NEAR_POOR" => rows.add(of_class("= 'NEAR_POOR'"), []),
        "HI_ELDERLY" => {
            let (sixty, eighty) = elderly(rows)?;
            rows.add("{c}.date_of_birth <= {0} AND {c}.date_of_birth > {1}", [sixty, eighty]);
            rows.add(UNINSURED.replace("{m}", "{c}"), []);
        }
        "CREDIT_OVERSEAS" => rows.add(of_class(&format!("IN {CREDIT_CLASSES}")), []),
        code => return Err(for_nobody(code)),
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

/// The days of birth between which somebody is 60 to under 80 today (annex IV).
fn elderly(rows: &Conditions<'_>) -> Result<(sea_orm::Value, sea_orm::Value)> {
    Ok((birthday(rows.today, 60, FIELD)?.into(), birthday(rows.today, 80, FIELD)?.into()))
}

fn for_nobody(code: &str) -> Failure {
    Failure::input(
        FIELD,
        format!("The program {code} serves nobody in this list, so nobody lacks it."),
        format!("Chương trình {code} không hỗ trợ trực tiếp đối tượng trong danh sách này."),
    )
}
