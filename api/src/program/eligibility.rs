//! Who a program is for, and who of them it doesn't serve yet: conditions on lists of households and persons.
//!
//! Source: the plan, II.3, II.4 and annex items I to X. Programs that serve no single household (capacity,
//! mobilisation) are for nobody here.

use crate::{
    error::{Failure, Result},
    household::birthday,
    place::Coded,
    read::Conditions,
};

/// The plan's poor and near-poor with the newly escaped, who may still borrow.
const CREDIT_CLASSES: &str = "('POOR', 'NEAR_POOR', 'NEWLY_ESCAPED')";
const UNINSURED: &str = "NOT EXISTS (SELECT 1 FROM insurance_coverage i WHERE i.person_id = {m}.id AND i.kind = 'HEALTH' \
     AND i.valid_from <= {day} AND (i.valid_to IS NULL OR i.valid_to >= {day}))";

/// Households (`{c}`) that the program is for and that get nothing of it. `class`: SQL of their class today.
pub fn unserved_households(rows: &mut Conditions<'_>, program: &Coded, class: &str) -> Result<()> {
    rows.add("{c}.dissolved_on IS NULL", []);
    match program.code.as_str() {
        // Bit 0 of the categories: MERIT.
        "HOUSING_MERIT" => rows.add("({c}.categories & 1) <> 0", []),
        "HOUSING_POOR" => rows.add(format!("{class} = 'POOR'"), []),
        "HI_NEAR_POOR" => rows.add(format!("{class} = 'NEAR_POOR'"), []),
        "HI_ELDERLY" => {
            let (sixty, eighty) = elderly(rows)?;
            rows.add(
                format!(
                    "EXISTS (SELECT 1 FROM person m WHERE m.household_id = {{c}}.id AND m.date_of_birth <= {{0}} \
                     AND m.date_of_birth > {{1}} AND {})",
                    UNINSURED.replace("{m}", "m")
                ),
                [sixty, eighty],
            );
        }
        "LIVELIHOOD_MODELS" => rows.add(format!("{class} IN ('POOR', 'NEAR_POOR')"), []),
        "CREDIT_PRODUCTION" | "CREDIT_OVERSEAS" => rows.add(format!("{class} IN {CREDIT_CLASSES}"), []),
        "WATER_SANITATION" => rows.add("{c}.area_kind = 'RURAL'", []),
        code => return Err(for_nobody(code)),
    }
    rows.add(
        "NOT EXISTS (SELECT 1 FROM benefit b WHERE b.household_id = {c}.id AND b.program_id = {0} \
         AND b.status NOT IN ('REJECTED', 'CANCELLED'))",
        [program.id.into()],
    );
    unlent(rows, program, "{c}.id");
    Ok(())
}

/// Persons (`{c}`) that the program is for and that get nothing of it. `class`: SQL of the class of household `h`.
pub fn unserved_persons(rows: &mut Conditions<'_>, program: &Coded, class: &str) -> Result<()> {
    rows.add("{c}.household_id IS NOT NULL AND {c}.died_on IS NULL", []);
    let of_class = |condition: &str| {
        format!("EXISTS (SELECT 1 FROM household h WHERE h.id = {{c}}.household_id AND {class} {condition})")
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
    rows.add(
        "NOT EXISTS (SELECT 1 FROM benefit b WHERE b.person_id = {c}.id AND b.program_id = {0} \
         AND b.status NOT IN ('REJECTED', 'CANCELLED'))",
        [program.id.into()],
    );
    unlent(rows, program, "{c}.household_id");
    Ok(())
}

/// Credit and model capital serve a household too.
fn unlent(rows: &mut Conditions<'_>, program: &Coded, household: &str) {
    rows.add(
        format!(
            "NOT EXISTS (SELECT 1 FROM loan l WHERE l.household_id = {household} AND l.program_id = {{0}} \
             AND l.status <> 'REJECTED')"
        ),
        [program.id.into()],
    );
    rows.add(
        format!(
            "NOT EXISTS (SELECT 1 FROM model_participation p JOIN model_project m ON m.id = p.project_id \
             WHERE p.household_id = {household} AND m.program_id = {{0}} AND p.outcome <> 'WITHDRAWN')"
        ),
        [program.id.into()],
    );
}

/// The days of birth between which somebody is 60 to under 80 today (annex IV).
fn elderly(rows: &Conditions<'_>) -> Result<(sea_orm::Value, sea_orm::Value)> {
    let field = "filter.lacksProgramCode";
    Ok((birthday(rows.today, 60, field)?.into(), birthday(rows.today, 80, field)?.into()))
}

fn for_nobody(code: &str) -> Failure {
    Failure::input(
        "filter.lacksProgramCode",
        format!("The program {code} serves nobody in this list, so nobody lacks it."),
        format!("Chương trình {code} không hỗ trợ trực tiếp đối tượng trong danh sách này."),
    )
}
