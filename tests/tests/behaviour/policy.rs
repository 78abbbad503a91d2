//! Who may read what, written down a second time, by hand: the service's own table is held against it.

use std::collections::BTreeMap;

use ansinh::{access::roles::BUILT_IN, schema::NODES};
use tests::service::Service;

use crate::walk::global_id;

/// The permission that a type needs, by whatever path it is reached.
pub const TYPES: &[(&str, &str)] = &[
    ("Benefit", "benefit:read"),
    ("BenefitOverride", "benefit:read"),
    ("BenefitPayment", "benefit:read"),
    ("BenefitTransition", "benefit:read"),
    ("CapitalMovement", "modelProject:read"),
    ("Client", "client:read"),
    ("ClientOperation", "client:read"),
    ("DebtClassification", "loan:read"),
    ("Gift", "sponsorship:read"),
    ("Household", "household:read"),
    ("Indicator", "plan:read"),
    ("InsuranceCoverage", "insurance:read"),
    ("KnownDeprivation", "review:read"),
    ("Loan", "loan:read"),
    ("LoanOverride", "loan:read"),
    ("LoanTransaction", "loan:read"),
    ("ModelParticipation", "modelProject:read"),
    ("ModelProject", "modelProject:read"),
    ("MoneyEvent", "household:read"),
    ("Person", "household:read"),
    ("PilotCoverage", "modelProject:read"),
    ("PilotLevel", "modelProject:read"),
    ("Plan", "plan:read"),
    ("Pledge", "sponsorship:read"),
    ("PovertyReview", "review:read"),
    ("Program", "plan:read"),
    ("ReclassificationImpact", "review:read"),
    ("RegularReviewReport", "review:read"),
    ("ReclassifiedHousehold", "review:read"),
    ("ReportObligation", "plan:read"),
    ("Role", "client:read"),
    ("SavingsGroup", "loan:read"),
    ("SolvencyAnalysis", "loan:read"),
    ("Sponsor", "sponsorship:read"),
    ("Sponsorship", "sponsorship:read"),
    ("StatisticsRow", "statistics:read"),
    ("Token", "client:read"),
    ("UnitDebts", "loan:read"),
];

/// Fields with a permission of their own.
pub const FIELDS: &[(&str, &str)] = &[
    ("ClientOperation.document", "client:operation"),
    ("FundingLine.toCome", "sponsorship:read"),
    ("Indicator.counted", "sponsorship:read"),
    ("Mobilisation.toCome", "sponsorship:read"),
    ("Person.nationalId", "nationalId:read"),
    ("Person.nationalIdMasked", "nationalIdMasked:read"),
    ("Person.protectedCategories", "protectedCategory:read"),
    ("Person.socialAssistance", "protectedCategory:read"),
    ("Query.person", "nationalId:read"),
    ("Query.personsByNationalId", "nationalId:read"),
    ("ReclassifiedHousehold.benefitsOfClass", "benefit:read"),
    ("ReclassifiedHousehold.healthCardsDue", "insurance:read"),
    ("ReclassifiedHousehold.healthCardsOfClass", "insurance:read"),
    ("ReclassifiedHousehold.loanProductsGained", "loan:read"),
    ("ReclassifiedHousehold.loanProductsLost", "loan:read"),
    ("ReclassifiedHousehold.loansOfClass", "loan:read"),
    ("ReclassifiedHousehold.modelsOfClass", "modelProject:read"),
];

/// Types with ids that hold no data on persons.
const PUBLIC: &[&str] = &[
    "AdminUnit",
    "Agency",
    "Client",
    "LoanProduct",
    "Plan",
    "Pledge",
    "PovertyStandard",
    "Program",
    "ReportObligation",
    "Role",
    "Sponsor",
    "Token",
];

/// How a row of a type is tied to the household or site `c` whose commune decides who sees it.
const OF_A_COMMUNE: &[(&str, &str)] = &[
    ("Household", "household x JOIN household c ON c.id = x.id"),
    ("Person", "person x JOIN person c ON c.id = x.id"),
    ("InsuranceCoverage", "insurance_coverage x JOIN person c ON c.id = x.person_id"),
    ("PovertyReview", "poverty_review x JOIN household c ON c.id = x.household_id"),
    ("MoneyEvent", "money_event x JOIN household c ON c.id = x.household_id"),
    ("Benefit", "benefit x JOIN household c ON c.id = x.household_id"),
    (
        "BenefitPayment",
        "benefit_payment x JOIN benefit b ON b.id = x.benefit_id JOIN household c ON c.id = b.household_id",
    ),
    ("Loan", "loan x JOIN household c ON c.id = x.household_id"),
    ("LoanTransaction", "loan_transaction x JOIN loan l ON l.id = x.loan_id JOIN household c ON c.id = l.household_id"),
    ("SavingsGroup", "savings_group x JOIN savings_group c ON c.id = x.id"),
    ("ModelProject", "model_project x JOIN model_project c ON c.id = x.id"),
    ("ModelParticipation", "model_participation x JOIN household c ON c.id = x.household_id"),
    ("Gift", "gift x JOIN household c ON c.id = x.household_id"),
    ("Sponsorship", "sponsorship x JOIN household c ON c.id = x.household_id"),
];

/// Whether a built-in role holds a permission.
pub fn may(role: &str, permission: &str) -> bool {
    let role = BUILT_IN.iter().find(|known| known.code == role).unwrap();
    role.permissions.iter().any(|held| held.code() == permission)
}

fn of(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == name).map(|(_, permission)| *permission)
}

/// The permission that a field needs: its own, or that of the type it leads to.
pub fn needed(ty: &str, field: &str, to: &str) -> Option<&'static str> {
    // Everybody may read what their own token holds.
    if (ty, field) == ("Viewer", "roles") {
        return None;
    }
    of(FIELDS, &format!("{ty}.{field}")).or_else(|| of(TYPES, to.strip_suffix("Connection").unwrap_or(to)))
}

/// Every record that some commune decides on: global id, code of the commune.
pub async fn owners(t: &Service) -> BTreeMap<String, String> {
    let mut owners = BTreeMap::new();
    for projection in NODES {
        let name = projection.name;
        let Some((_, from)) = OF_A_COMMUNE.iter().find(|(known, _)| *known == name) else {
            assert!(PUBLIC.contains(&name), "say who decides on {name}");
            continue;
        };
        let query =
            format!("SELECT CAST(x.id AS TEXT) || ' ' || u.code FROM {from} JOIN admin_unit u ON u.id = c.commune_id");
        let rows = t.texts(&query).await;
        assert!(rows.len() >= 3, "each household of the fixture has a {name}");
        for row in rows {
            let (key, commune) = row.split_once(' ').unwrap();
            owners.insert(global_id(name, key), commune.to_owned());
        }
    }
    owners
}
