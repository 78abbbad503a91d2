//! A dry run of a poverty standard: what its lines would make of the households of a unit, by what the latest review of
//! each found, before anybody decides. Nothing is written.
//!
//! The rule is `rules::reclassified`, which `reclassify.rs` says in SQL, so that a province is one statement. Who has
//! no review, or one that doesn't say enough, is counted apart.

use std::collections::BTreeMap;

use entity::enums::{PovertyClass, ReclassificationOutcome};
use serde_json::{Value, json};

use super::{
    HOUSEHOLD, POVERTY_REVIEW, POVERTY_STANDARD,
    days::aged,
    reclassify::{COUNTS, FLIPS, RECLASSIFIED_ROWS, STANDARD_BY_UNIT},
};
use crate::{
    access::{Permission as P, Reach},
    error::{Failure, Result},
    loan::LOAN_PRODUCT,
    place::ADMIN_UNIT,
    program::audience::out_of_class,
    read::{
        Conditions,
        arguments::Arguments,
        compute::Inputs,
        projection::{Arg, Projection, Rows, column, computed_objects, many, one, page, sql},
    },
};

pub static RECLASSIFICATION_IMPACT: Projection = Projection::plain(
    "ReclassificationImpact",
    STANDARD_BY_UNIT,
    Rows::UnitInScope,
    &[
        one("standard", "PovertyStandard!", &POVERTY_STANDARD, "{c}.id = {t}.standard_id")
            .internal()
            .doc("The standard that is tried."),
        one("unit", "AdminUnit!", &ADMIN_UNIT, "{c}.id = {t}.id").internal().doc("Whose households."),
        column("on", "Date!", "on_day")
            .internal()
            .doc("The day that it is tried for: today, or the nearest day of the standard."),
        computed_objects("counts", "[ReclassificationCount!]!", &RECLASSIFICATION_COUNT, &[COUNTS], counts)
            .personal()
            .doc("Every household of the unit once, by what became of it, the class now and the class then."),
        page("flips", "ReclassifiedHouseholdConnection", &RECLASSIFIED, FLIPS)
            .arguments(FLIP_ARGS, of_classes)
            .personal()
            .doc("The households whose class would be another one."),
    ],
)
.doc("What a poverty standard would make of the households of a unit, if each were decided by its latest review.")
.guard(P::ReviewRead);

static RECLASSIFICATION_COUNT: Projection = Projection::embedded(
    "ReclassificationCount",
    &[
        column("outcome", "ReclassificationOutcome!", "outcome").personal().doc("Whether there is a class then."),
        column("currentClass", "PovertyClass", "current_class")
            .personal()
            .doc("In force today; null where none was ever decided."),
        column("newClass", "PovertyClass", "new_class").personal().doc("Null but for CLASSIFIED."),
        column("households", "Int!", "households").personal().doc("How many."),
    ],
)
.doc("How many households go from one class to another.");

const FLIP_ARGS: &[Arg] = &[
    Arg { name: "currentClasses", ty: "[PovertyClass!]", doc: "Now of one of these classes." },
    Arg { name: "newClasses", ty: "[PovertyClass!]", doc: "Then of one of these classes." },
    Arg { name: "first", ty: "Int", doc: "The first so many, at most 1,000." },
    Arg { name: "after", ty: "String", doc: "After this cursor." },
    Arg { name: "last", ty: "Int", doc: "The last so many, at most 1,000." },
    Arg { name: "before", ty: "String", doc: "Before this cursor." },
];

fn of_classes(arguments: &Arguments<'_>, rows: &mut Conditions<'_>) -> Result<()> {
    for (argument, column) in [("currentClasses", "{c}.current_class"), ("newClasses", "{c}.new_class")] {
        if let Some(classes) = arguments.get::<Vec<PovertyClass>>(argument)? {
            rows.one_of_texts(column, classes.into_iter().map(PovertyClass::as_str));
        }
    }
    Ok(())
}

/// People of the household who live.
macro_rules! members {
    ($condition:expr) => {
        concat!(
            "(SELECT count(*) FROM person m WHERE m.household_id = {t}.id AND m.died_on IS NULL AND ",
            $condition,
            ")"
        )
    };
}

/// A health card of `m` in force today.
macro_rules! card {
    ($further:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM insurance_coverage i WHERE i.person_id = m.id AND i.kind = 'HEALTH' \
             AND i.valid_from <= {today} AND (i.valid_to IS NULL OR i.valid_to >= {today})",
            $further,
            ")"
        )
    };
}

/// Cards that hang on the class: HN of the poor, CN of the near-poor (Decision 1351/QĐ-BHXH; `rules.md` H5).
const CARDS_OF_CLASS: &str = members!(card!(
    " AND i.participant_group = CASE {t}.current_class WHEN 'POOR' THEN 'HN' WHEN 'NEAR_POOR' THEN 'CN' END"
));
/// The poor and near-poor get one of the budget (Decree 146/2018/NĐ-CP art. 8; `rules.md` H7).
const CARDS_DUE: &str = concat!(
    "CASE WHEN {t}.new_class IN ('POOR', 'NEAR_POOR') THEN ",
    members!(concat!("NOT ", card!(""))),
    " ELSE 0 END"
);

/// Bits of classes, as sets of them are stored.
macro_rules! bit {
    ($class:literal) => {
        concat!(
            "CASE ",
            $class,
            " WHEN 'POOR' THEN 1 WHEN 'NEAR_POOR' THEN 2 WHEN 'NEWLY_ESCAPED' THEN 4 WHEN 'AVERAGE' THEN 8 \
             WHEN 'BETTER_OFF' THEN 16 ELSE 0 END"
        )
    };
}

/// Of the class now for credit: who escaped more than three years ago has none (`rules.md` L3).
macro_rules! bit_now {
    () => {
        concat!(
            "CASE WHEN {t}.current_class = 'NEWLY_ESCAPED' AND NOT COALESCE({t}.newly_escaped, FALSE) THEN 0 ELSE ",
            bit!("{t}.current_class"),
            " END"
        )
    };
}

/// Products `{c}` on the day that are for the one and not for the other.
macro_rules! products {
    ($with:expr, $without:expr) => {
        concat!(
            "{c}.effective_from <= {t}.on_day AND ({c}.effective_to IS NULL OR {c}.effective_to >= {t}.on_day) \
             AND ({c}.eligible_classes & ",
            $with,
            ") <> 0 AND ({c}.eligible_classes & ",
            $without,
            ") = 0"
        )
    };
}

/// Benefits `b` of programs `g` of the household that are neither over nor refused.
macro_rules! open_benefits {
    ($condition:expr) => {
        concat!(
            "(SELECT count(*) FROM benefit b JOIN program g ON g.id = b.program_id WHERE b.household_id = {t}.id \
             AND b.status IN ('PROPOSED', 'VERIFIED', 'APPROVED', 'DISBURSED') AND ",
            $condition,
            ")"
        )
    };
}

macro_rules! of_class {
    () => {
        out_of_class!("g.code", "{t}.new_class")
    };
}

/// Who would have the social pension by age and the class then, where nobody else provides one: from 75 whatever the class,
/// from 70 the poor and near-poor (Decree 176/2025/NĐ-CP; `rules.md` A10).
macro_rules! pensioned {
    () => {
        concat!(
            "(m.categories & 512) <> 0 AND (",
            aged!("m.date_of_birth", 75, "{t}.on_day"),
            " OR {t}.new_class IN ('POOR', 'NEAR_POOR') AND ",
            aged!("m.date_of_birth", 70, "{t}.on_day"),
            ")"
        )
    };
}

/// Monthly assistance of an older person without a carer (bit 3), which is for the poor (Decree 20/2021/NĐ-CP art. 5.5.a;
/// `rules.md` A6) and goes on as a social pension of who has no other, and that pension from 70 to under 75 (bit 9), which is for
/// the poor and near-poor. Who is severely or extremely disabled (bits 1 and 2) gets no less by that (art. 6.1.e) and keeps it.
/// Grounds that the register doesn't know are paid to nobody (`program/assistance.rs`).
macro_rules! assistance_lost {
    () => {
        concat!(
            "(g.code = 'SOCIAL_ASSISTANCE' AND {t}.current_class = 'POOR' AND {t}.new_class <> 'POOR' \
             AND EXISTS (SELECT 1 FROM person m WHERE m.id = b.person_id AND m.died_on IS NULL AND (m.categories & 8) <> 0 \
             AND (m.protected_categories & 6) = 0 AND ",
            aged!("m.date_of_birth", 60, "{t}.on_day"),
            " AND NOT (",
            pensioned!(),
            ")) OR g.code = 'SOCIAL_ASSISTANCE' AND {t}.current_class IN ('POOR', 'NEAR_POOR') \
             AND {t}.new_class NOT IN ('POOR', 'NEAR_POOR') \
             AND EXISTS (SELECT 1 FROM person m WHERE m.id = b.person_id AND m.died_on IS NULL AND (m.categories & 512) <> 0 \
             AND (m.protected_categories & 6) = 0 AND ",
            aged!("m.date_of_birth", 70, "{t}.on_day"),
            " AND NOT ",
            aged!("m.date_of_birth", 75, "{t}.on_day"),
            "))"
        )
    };
}

pub static RECLASSIFIED: Projection = Projection::plain(
    "ReclassifiedHousehold",
    RECLASSIFIED_ROWS,
    Rows::Scoped(Reach::OfHousehold),
    &[
        one("household", "Household", &HOUSEHOLD, "{c}.id = {t}.id").personal().doc("The household."),
        one("review", "PovertyReview", &POVERTY_REVIEW, "{c}.id = {t}.review_id")
            .personal()
            .doc("Its latest review, by which it is judged."),
        column("currentClass", "PovertyClass!", "current_class").personal().doc("In force today."),
        column("newClass", "PovertyClass!", "new_class")
            .personal()
            .doc("Under the standard; who leaves the poor and near-poor is NEWLY_ESCAPED for three years."),
        sql("healthCardsOfClass", "Int", CARDS_OF_CLASS)
            .guard(P::InsuranceRead)
            .sensitive()
            .doc("Members with a health card of the group of the class now, which ends with it."),
        sql("healthCardsDue", "Int", CARDS_DUE)
            .guard(P::InsuranceRead)
            .sensitive()
            .doc("Members without a health card to whom the class then gives one."),
        sql("benefitsOfClass", "Int", open_benefits!(concat!("(", of_class!(), " OR ", assistance_lost!(), ")")))
            .guard(P::BenefitRead)
            .without(
                P::ProtectedCategoryRead,
                "without monthly assistance",
                sql("benefitsOfClass", "Int", open_benefits!(of_class!())),
            )
            .personal()
            .doc("Open benefits of programs that are not for the class then; monthly assistance that is due to the poor only."),
        sql(
            "loansOfClass",
            "Int",
            concat!(
                "(SELECT count(*) FROM loan l JOIN loan_product o ON o.id = l.product_id WHERE l.household_id = {t}.id \
                 AND l.outstanding_principal > 0 AND o.eligible_classes <> 0 AND (o.eligible_classes & ",
                bit!("{t}.new_class"),
                ") = 0)"
            ),
        )
        .guard(P::LoanRead)
        .sensitive()
        .doc("Running loans of products that are not for the class then; they run on, but are not lent anew."),
        many(
            "loanProductsGained",
            "[LoanProduct!]",
            &LOAN_PRODUCT,
            products!(bit!("{t}.new_class"), bit_now!()),
            "{c}.code",
        )
        .guard(P::LoanRead)
        .sensitive()
        .doc("Products that the class then opens and the class now doesn't."),
        many(
            "loanProductsLost",
            "[LoanProduct!]",
            &LOAN_PRODUCT,
            products!(bit_now!(), bit!("{t}.new_class")),
            "{c}.code",
        )
        .guard(P::LoanRead)
        .sensitive()
        .doc("Products that the class now opens and the class then doesn't."),
        sql(
            "modelsOfClass",
            "Int",
            "(SELECT CASE WHEN {t}.new_class IN ('POOR', 'NEAR_POOR') THEN 0 ELSE count(*) END \
             FROM model_participation q JOIN model_project j ON j.id = q.project_id \
             WHERE q.household_id = {t}.id AND q.outcome = 'ONGOING' AND j.track = 'LIVELIHOOD')",
        )
        .guard(P::ModelProjectRead)
        .personal()
        .doc("Livelihood models that it takes part in, which are for the poor and near-poor."),
    ],
)
.doc("A household whose class would be another one, and what follows in other agencies' hands.")
.guard(P::ReviewRead)
.of_record("Household");

/// `ReclassificationImpact.counts`, by outcome, class now and class then, in the order of the enums.
fn counts(inputs: &Inputs<'_>) -> Result<Value> {
    let mut counts: BTreeMap<(usize, usize, usize), Value> = BTreeMap::new();
    for group in inputs.text(0).unwrap_or_default().split_whitespace() {
        let malformed = || Failure::internal("a count of a dry run in another shape");
        let [outcome, current, new, households] =
            <[&str; 4]>::try_from(group.split(':').collect::<Vec<_>>()).map_err(|_| malformed())?;
        let households: i64 = households.parse().map_err(Failure::internal)?;
        let class = |name: &str| PovertyClass::NAMES.iter().position(|known| *known == name);
        let place = ReclassificationOutcome::NAMES.iter().position(|known| *known == outcome).ok_or_else(malformed)?;
        let order = |name| class(name).unwrap_or(PovertyClass::NAMES.len());
        let or_null = |name: &str| class(name).map(|_| name.to_owned());
        let count = json!({ "outcome": outcome, "currentClass": or_null(current), "newClass": or_null(new),
            "households": households });
        counts.insert((place, order(current), order(new)), count);
    }
    Ok(Value::Array(counts.into_values().collect()))
}

#[cfg(test)]
mod tests {
    use entity::{
        EnumSet,
        enums::{PersonCategory, ProtectedCategory},
    };

    use super::*;

    #[test]
    fn bits_of_people_are_those_of_their_categories() {
        let disabled = [ProtectedCategory::SeverelyDisabled, ProtectedCategory::ExtremelyDisabled];
        assert_eq!(EnumSet::from([PersonCategory::LonelyElderly]).bits(), 8);
        assert_eq!(EnumSet::from([PersonCategory::WithoutPension]).bits(), 512);
        assert_eq!(EnumSet::from(disabled.as_slice()).bits(), 6);
    }

    #[test]
    fn bits_are_those_of_sets() {
        let text = bit!("x");
        for class in PovertyClass::ALL {
            let bits = EnumSet::from([*class].as_slice()).bits();
            assert!(text.contains(&format!("WHEN '{}' THEN {bits} ", class.as_str())), "{class:?}");
        }
    }
}
