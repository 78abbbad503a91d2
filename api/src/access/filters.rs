//! What lists may be narrowed and ordered by, and the arguments of fields: at what each looks. One that looks at
//! something which the caller may not read would tell it, so it takes the permission of what it looks at.
//!
//! Each key of an input that queries take, each order and each argument stands here, those of pages aside. One that
//! doesn't is refused to everybody, and a test names it. Names are those of the schema: `HouseholdFilter.search`,
//! `HouseholdOrderField.CODE`, `Person.insurance(on:)`.

use Looks::{At, ByProgram, Covered};

use super::{Permission, Permission as P};
use crate::error::{Failure, Result};

/// At what a key or argument looks.
#[derive(Clone, Copy, Debug)]
pub enum Looks {
    /// At what the root, the type or the field that takes it asks for anyway; or at nothing of a record.
    Covered,
    /// At what takes this permission besides.
    At(Permission),
    /// At what the program shows its service in: `PROGRAMS`.
    ByProgram,
}

pub const FILTERS: &[(&str, Looks)] = &[
    ("BenefitFilter.programCode", At(P::PlanRead)),
    ("BenefitFilter.statuses", Covered),
    // Where its household lives is the household's.
    ("BenefitFilter.unit", At(P::HouseholdRead)),
    ("BenefitFilter.updatedSince", Covered),
    ("HouseholdFilter.categories", Covered),
    ("HouseholdFilter.hasOutstandingLoan", At(P::LoanRead)),
    ("HouseholdFilter.lacksProgramCode", ByProgram),
    ("HouseholdFilter.povertyClasses", Covered),
    ("HouseholdFilter.search", Covered),
    ("HouseholdFilter.unit", Covered),
    ("HouseholdFilter.updatedSince", Covered),
    ("HouseholdOrder.direction", Covered),
    ("HouseholdOrder.field", Covered),
    ("HouseholdOrderField.CODE", Covered),
    ("HouseholdOrderField.UPDATED_AT", Covered),
    ("LoanFilter.contractNumbers", Covered),
    ("LoanFilter.disbursedFrom", Covered),
    ("LoanFilter.disbursedTo", Covered),
    ("LoanFilter.groupCode", Covered),
    ("LoanFilter.overdueOnly", Covered),
    ("LoanFilter.productCode", Covered),
    ("LoanFilter.solvencyAnalysisDueBy", Covered),
    ("LoanFilter.statuses", Covered),
    ("LoanFilter.unit", At(P::HouseholdRead)),
    ("LoanFilter.updatedSince", Covered),
    ("ModelProjectFilter.statuses", Covered),
    ("ModelProjectFilter.track", Covered),
    ("ModelProjectFilter.unit", Covered),
    ("PersonFilter.ageFrom", Covered),
    ("PersonFilter.ageTo", Covered),
    ("PersonFilter.categories", Covered),
    ("PersonFilter.lacksInsurance", At(P::InsuranceRead)),
    ("PersonFilter.lacksProgramCode", ByProgram),
    ("PersonFilter.povertyClasses", Covered),
    ("PersonFilter.search", Covered),
    ("PersonFilter.unit", Covered),
    ("PersonFilter.updatedSince", Covered),
    ("SavingsGroupFilter.code", Covered),
    ("SavingsGroupFilter.organisation", Covered),
    ("SavingsGroupFilter.unit", Covered),
    ("UnitRef.code", Covered),
    ("UnitRef.on", Covered),
    ("Household.benefits(filter:)", Covered),
    ("Household.loans(filter:)", Covered),
    ("Household.timeline(from:)", Covered),
    ("Household.timeline(to:)", Covered),
    ("Loan.accruedInterest(on:)", Covered),
    ("Loan.interestSupport(on:)", Covered),
    ("Loan.overdueInterest(on:)", Covered),
    ("Person.insurance(kinds:)", Covered),
    ("Person.insurance(on:)", Covered),
    ("Person.socialAssistance(on:)", Covered),
    ("ReclassificationImpact.flips(currentClasses:)", Covered),
    ("ReclassificationImpact.flips(newClasses:)", Covered),
    ("Query.adminUnits(level:)", Covered),
    ("Query.adminUnits(on:)", Covered),
    ("Query.adminUnits(parent:)", Covered),
    ("Query.assistanceCoefficients(on:)", Covered),
    ("Query.benefits(filter:)", Covered),
    ("Query.debtClassification(on:)", Covered),
    ("Query.debtClassification(unit:)", Covered),
    // But for the caller's own client.
    ("Query.explainAccess(clientId:)", At(P::ClientRead)),
    ("Query.explainAccess(id:)", Covered),
    ("Query.household(code:)", Covered),
    ("Query.household(on:)", Covered),
    ("Query.households(filter:)", Covered),
    ("Query.households(orderBy:)", Covered),
    ("Query.loan(contractNumber:)", Covered),
    ("Query.loanProducts(on:)", Covered),
    ("Query.loanRules(on:)", Covered),
    ("Query.loans(filter:)", Covered),
    ("Query.modelProject(code:)", Covered),
    ("Query.modelProjects(filter:)", Covered),
    ("Query.node(id:)", Covered),
    ("Query.nodes(ids:)", Covered),
    ("Query.person(nationalId:)", Covered),
    ("Query.persons(filter:)", Covered),
    ("Query.personsByNationalId(nationalIds:)", Covered),
    ("Query.pilotCoverage(on:)", Covered),
    ("Query.pilotCoverage(unit:)", Covered),
    ("Query.plan(year:)", Covered),
    ("Query.program(code:)", Covered),
    ("Query.programs(planYear:)", Covered),
    ("Query.reclassificationImpact(standardCode:)", Covered),
    ("Query.reclassificationImpact(unit:)", Covered),
    ("Query.regularReviewReport(month:)", Covered),
    ("Query.regularReviewReport(unit:)", Covered),
    ("Query.regularReviewReport(year:)", Covered),
    ("Query.riskDebtRules(on:)", Covered),
    ("Query.savingsGroups(filter:)", Covered),
    ("Query.sponsor(code:)", Covered),
    ("Query.sponsors(search:)", Covered),
    ("Query.statistics(groupBy:)", Covered),
    ("Query.statistics(unit:)", Covered),
    ("Query.urgentHelpRules(on:)", Covered),
];

/// What a filter by `lacksProgramCode` takes: to read that in which the program shows whom it serves, and by which it
/// finds those that it is for.
pub const PROGRAMS: &[(&str, &[Permission])] = &[
    ("HOUSING_MERIT", &[P::BenefitRead]),
    ("HOUSING_POOR", &[P::BenefitRead]),
    ("HI_NEAR_POOR", &[P::BenefitRead]),
    ("HI_ELDERLY", &[P::BenefitRead, P::InsuranceRead]),
    ("LIVELIHOOD_MODELS", &[P::ModelProjectRead]),
    ("CREDIT_PRODUCTION", &[P::LoanRead]),
    ("CREDIT_OVERSEAS", &[P::LoanRead]),
    ("WATER_SANITATION", &[P::BenefitRead]),
    // It would tell of disabilities.
    ("SOCIAL_ASSISTANCE", &[P::BenefitRead, P::ProtectedCategoryRead]),
];

/// Of programs that aren't listed: they are for no single household, and the filter is refused with that.
const OTHER_PROGRAMS: &[Permission] = &[P::BenefitRead];

/// What a filter by this program takes.
pub fn of_program(code: &str) -> &'static [Permission] {
    PROGRAMS.iter().find(|(known, _)| *known == code).map_or(OTHER_PROGRAMS, |(_, needed)| needed)
}

/// What a key or argument looks at; none where it isn't declared.
pub fn looks(name: &str) -> Option<Looks> {
    FILTERS.iter().find(|(known, _)| *known == name).map(|(_, looks)| *looks)
}

/// Refused where the caller may not read what the key or argument looks at. What the program decides is asked with the
/// program.
pub fn admit(name: &str, require: impl Fn(Permission) -> Result<()>) -> Result<()> {
    match looks(name) {
        Some(Covered | ByProgram) => Ok(()),
        Some(At(permission)) => require(permission),
        None => Err(Failure::forbidden(
            format!("The policy says nothing of {name}; nobody is answered."),
            format!("Chính sách chưa quy định {name}; không ai được trả lời."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_declared_is_refused() {
        assert!(admit("HouseholdFilter.incomeBelow", |_| Ok(())).is_err());
        assert!(admit("HouseholdFilter.search", |_| Ok(())).is_ok());
    }

    #[test]
    fn each_stands_once() {
        for (index, (name, _)) in FILTERS.iter().enumerate() {
            assert!(FILTERS.iter().skip(index + 1).all(|(other, _)| name != other), "{name} stands twice");
        }
    }
}
