//! The need to know: which of the people within its scope an agency has business with at all.
//!
//! Beside the scope (`scope.rs`) it is the other half of the row rule. It is of today, also where a record is read as of
//! another day: what is asked is whether the agency may see the household now. Projections and stores take it from here.

use entity::{
    EnumSet,
    enums::{HouseholdCategory, PersonCategory, PovertyClass},
};

/// What of the register an agency needs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Need {
    /// All people and households in its scope.
    Everyone,
    /// Those whom policy credit is for: households that are or were poor, near-poor or newly escaped, those of merit, and
    /// those that asked for a loan or owe one. A loan's own rows stay with the bank when the household's file closes.
    Credit,
    /// No single person or household, whatever its roles hold: the agency works with money, campaigns or figures.
    Nobody,
}

/// What a row with data on persons hangs on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    /// It is a household.
    Household,
    /// It is a person.
    Person,
    /// Its `household_id` names the household that it belongs to.
    OfHousehold,
    /// It is a loan, hence the bank's own record.
    Loan,
}

/// The agencies of the plan, each with the business that it has (section III, and the programs of the annex). One that
/// isn't here needs nobody.
pub const AGENCIES: &[(&str, Need)] = &[
    // Directs the whole, inspects, hears complaints.
    ("PPC", Need::Everyone),
    ("PROV_COUNCIL", Need::Nobody),
    ("PROV_PARTY", Need::Nobody),
    // Houses, water, gifts and sponsored households.
    ("VFF", Need::Everyone),
    ("DOLISA", Need::Everyone),
    // Schooling and tuition of poor children.
    ("DOET", Need::Everyone),
    // Health records of older people, medical care of the poor.
    ("DOH", Need::Everyone),
    // Houses for households of merit and poor ones.
    ("DOC", Need::Everyone),
    // Livelihood models, rural water.
    ("DARD", Need::Everyone),
    // Campaigns and programmes for communes, not for single people.
    ("DIC", Need::Nobody),
    ("DCST", Need::Nobody),
    // Legal aid.
    ("DOJ", Need::Everyone),
    // Money and figures.
    ("DOF", Need::Nobody),
    ("DPI", Need::Nobody),
    ("VBSP", Need::Credit),
    // People and coverages of everyone; its roles read neither debts nor incomes.
    ("PSI", Need::Everyone),
    // Nobody knows who this is.
    ("ORG_14", Need::Nobody),
    ("DPC", Need::Everyone),
    ("CPC", Need::Everyone),
    // Health insurance of older people and of the near-poor.
    ("ELDERLY_REP", Need::Everyone),
    ("ELDERLY_ASSOC", Need::Everyone),
    ("POOR_PATIENT_ASSOC", Need::Everyone),
    // Savings and credit groups, houses, water.
    ("MASS_ORGS", Need::Everyone),
    // No agency but a group of them: its members have clients of their own.
    ("ALL_DEPTS", Need::Nobody),
    ("RADIO_TV", Need::Nobody),
    ("DONG_KHOI", Need::Nobody),
    // Placement of workers.
    ("EMP_CENTER", Need::Everyone),
    // Takes people in.
    ("SP_FACILITY", Need::Everyone),
    ("CENTRAL", Need::Nobody),
];

/// What each need means, for those who read the printed policy.
pub const RULES: &[(Need, &str)] = &[
    (Need::Everyone, "All people and households of the token's unit."),
    (
        Need::Credit,
        "Households that are or were poor, near-poor or newly escaped, that are of merit, or that have asked for a loan or owe \
         one; their people; borrowers. A loan's own rows stay with the bank when the household's file closes.",
    ),
    (Need::Nobody, "No single person or household, whatever the roles hold."),
];

impl Need {
    /// What the agency with this code needs.
    pub fn of(agency: &str) -> Self {
        AGENCIES.iter().find(|(code, _)| *code == agency).map_or(Self::Nobody, |(_, need)| *need)
    }

    /// Whether every household with this class in its own column fulfils the condition, so that it need not be asked.
    pub fn opens(self, class: PovertyClass) -> bool {
        self == Self::Credit && CLASSES.contains(&format!("'{}'", class.as_str()))
    }

    /// The condition on the row with this alias, none where every row fulfils it. `today` stands once in it, as the place
    /// of the day. A condition is false where the row isn't needed, or null.
    pub fn condition(self, reach: Reach, alias: &str, today: &str) -> Option<String> {
        match (self, reach) {
            (Self::Everyone, _) | (Self::Credit, Reach::Loan) => None,
            (Self::Nobody, _) => Some("FALSE".to_owned()),
            (Self::Credit, Reach::Household) => Some(credit_household(alias, today)),
            (Self::Credit, Reach::Person) => Some(credit_person(alias, today)),
            (Self::Credit, Reach::OfHousehold) => Some(of_household(alias, today)),
        }
    }
}

/// Classes that open a household's file for good: who was poor is watched for falling back.
const CLASSES: &str = "('POOR','NEAR_POOR','NEWLY_ESCAPED')";
/// Statuses of a loan that is over. From the request to the last đồng it keeps the file open.
const OVER: &str = "('REJECTED','REPAID','WRITTEN_OFF')";

/// A sub-select that is true where there is such a row. PostgreSQL answers an EXISTS under OR by hashing the whole table,
/// also for a page of 50; what gives TRUE is looked up by index for each row.
fn is_there(rows: &str) -> String {
    format!("(SELECT TRUE FROM {rows} LIMIT 1)")
}

/// Own columns first: most files are open by the class in force, and nothing else is then looked at. `next_class` need not
/// be asked: a class that has come into force is that of a decided review.
fn credit_household(h: &str, today: &str) -> String {
    let merit = EnumSet::from(&[HouseholdCategory::Merit][..]).bits();
    let reviewed = is_there(&format!(
        "poverty_review nr WHERE nr.household_id = {h}.id AND nr.decided_class IN {CLASSES} AND nr.effective_from <= {today}"
    ));
    let borrows = is_there(&format!("loan nl WHERE nl.household_id = {h}.id AND nl.status NOT IN {OVER}"));
    let with_merit = is_there(&format!("person np WHERE np.household_id = {h}.id AND {}", of_merit("np")));
    format!(
        "{h}.poverty_class IN {CLASSES} OR ({h}.categories & {merit}) <> 0 OR {reviewed} OR {borrows} OR {with_merit}"
    )
}

fn credit_person(p: &str, today: &str) -> String {
    let borrows = is_there(&format!("loan nb WHERE nb.borrower_id = {p}.id AND nb.status NOT IN {OVER}"));
    format!("{} OR {} OR {borrows}", of_merit(p), of_household(p, today))
}

fn of_household(row: &str, today: &str) -> String {
    is_there(&format!("household nh WHERE nh.id = {row}.household_id AND ({})", credit_household("nh", today)))
}

/// A person of merit or a relative makes a household of merit, whether or not the commune noted it on the household.
fn of_merit(person: &str) -> String {
    let categories = [PersonCategory::PersonWithMerit, PersonCategory::RelativeOfMerit];
    format!("({person}.categories & {}) <> 0", EnumSet::from(&categories[..]).bits())
}

/// The same condition for counting the rows of the whole province: there, hashing each table once is the quicker way.
pub fn to_count(condition: &str) -> String {
    condition.replace("(SELECT TRUE FROM", "EXISTS (SELECT 1 FROM").replace(" LIMIT 1)", ")")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_agency_of_the_plan_is_decided_and_any_other_needs_nobody() {
        let agencies: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../reference/data/agencies.json")).unwrap();
        let known: Vec<&str> = agencies.iter().map(|agency| agency["code"].as_str().unwrap()).collect();
        let mut decided: Vec<&str> = AGENCIES.iter().map(|(code, _)| *code).collect();
        assert_eq!(decided.len(), 29);
        assert!(known.iter().all(|code| decided.contains(code)), "{known:?}");
        decided.sort_unstable();
        decided.dedup();
        assert_eq!(decided.len(), known.len());
        assert_eq!(Need::of("VBSP"), Need::Credit);
        assert_eq!(Need::of("PSI"), Need::Everyone);
        for code in ["DOF", "ALL_DEPTS", "RADIO_TV", "", "vbsp", "NEW_AGENCY"] {
            assert_eq!(Need::of(code), Need::Nobody, "{code}");
        }
    }

    #[test]
    fn who_needs_nobody_has_no_rows_and_the_bank_keeps_its_loans() {
        for reach in [Reach::Household, Reach::Person, Reach::OfHousehold, Reach::Loan] {
            assert_eq!(Need::Nobody.condition(reach, "t1", "$1").as_deref(), Some("FALSE"));
            assert_eq!(Need::Everyone.condition(reach, "t1", "$1"), None);
            let credit = Need::Credit.condition(reach, "t1", "$1");
            assert_eq!(credit.is_none(), reach == Reach::Loan);
            assert!(credit.is_none_or(|sql| sql.matches("$1").count() == 1), "the day is bound once");
        }
    }

    #[test]
    fn a_class_opens_a_file_that_the_condition_names_first() {
        let opening = [PovertyClass::Poor, PovertyClass::NearPoor, PovertyClass::NewlyEscaped];
        for class in PovertyClass::ALL.iter().copied() {
            assert_eq!(Need::Credit.opens(class), opening.contains(&class), "{class:?}");
            assert!(!Need::Everyone.opens(class) && !Need::Nobody.opens(class));
        }
        let condition = Need::Credit.condition(Reach::Household, "t1", "$1").unwrap();
        assert!(condition.starts_with("t1.poverty_class IN ('POOR','NEAR_POOR','NEWLY_ESCAPED') OR "), "{condition}");
    }
}
