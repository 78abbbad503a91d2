//! Deprivations that the register itself knows of, from other agencies' records: what a reviewer need not ask. Where the
//! records don't tell, nobody guesses.
//!
//! Decree 07/2021/NĐ-CP art. 3 has the twelve indicators; their exact conditions are K+ (`rules.md` section 1).

use serde_json::Value;

use super::{days::aged, rules};
use crate::{
    access::{Permission as P, hidden},
    error::Result,
    place::AGENCY,
    read::{
        compute::Inputs,
        projection::{Projection, Rows, column, computed, one},
    },
};

/// Somebody `m` in the household `h` on the day.
macro_rules! member {
    () => {
        "m.id IN (SELECT p.id FROM person p WHERE p.household_id = h.id AND p.joined_on <= {day} \
         UNION SELECT x.person_id FROM membership_history x WHERE x.household_id = h.id AND x.joined_on <= {day} \
         AND x.left_on > {day}) AND (m.died_on IS NULL OR m.died_on > {day})"
    };
}

/// How many members fulfil a condition; none where there are none.
macro_rules! members {
    ($condition:expr) => {
        concat!("(SELECT count(*) FROM person m WHERE ", member!(), " AND (", $condition, "))")
    };
}

/// How many members fulfil the condition of each indicator, in their order. A CASE, so that only what a row asks for is
/// counted; and one plain join rather than a union, which SQLite would make for every household before it picks one.
macro_rules! by_indicator {
    ($dependants:expr, $nutrition:expr, $insurance:expr, $adults:expr, $school:expr) => {
        concat!(
            "CASE k.position WHEN 1 THEN ",
            members!($dependants),
            " WHEN 2 THEN ",
            members!($nutrition),
            " WHEN 3 THEN ",
            members!($insurance),
            " WHEN 4 THEN ",
            members!($adults),
            " ELSE ",
            members!($school),
            " END"
        )
    };
}

macro_rules! unborn {
    () => {
        "m.date_of_birth IS NULL"
    };
}

/// From an age on, and under another one.
macro_rules! between {
    ($from:literal, $under:literal) => {
        concat!(
            "(",
            aged!("m.date_of_birth", $from, "{day}"),
            " AND NOT ",
            aged!("m.date_of_birth", $under, "{day}"),
            ")"
        )
    };
}

macro_rules! uninsured {
    () => {
        "NOT EXISTS (SELECT 1 FROM insurance_coverage i WHERE i.person_id = m.id AND i.kind = 'HEALTH' \
         AND i.valid_from <= {day} AND (i.valid_to IS NULL OR i.valid_to >= {day}))"
    };
}

/// Monthly social assistance of the person, of which something was paid by the day.
macro_rules! assisted {
    () => {
        "EXISTS (SELECT 1 FROM benefit b JOIN program g ON g.id = b.program_id WHERE b.person_id = m.id \
         AND b.recurrence = 'MONTHLY' AND g.purpose = 'CASH_ASSISTANCE' AND b.status NOT IN ('REJECTED', 'CANCELLED') \
         AND b.starts_on <= {day} AND (b.ends_on IS NULL OR b.ends_on >= {day}) \
         AND EXISTS (SELECT 1 FROM benefit_payment y WHERE y.benefit_id = b.id AND y.paid_on <= {day}))"
    };
}

/// Bit 8 of the categories: STUDENT, a pupil or student.
macro_rules! studies {
    () => {
        "(m.categories & 256) <> 0"
    };
}

macro_rules! children {
    () => {
        concat!(unborn!(), " OR NOT ", aged!("m.date_of_birth", 16, "{day}"))
    };
}

/// Whose records each indicator is read from, and which.
macro_rules! indicators {
    () => {
        "(SELECT 1 AS position, 'DEPENDANTS' AS indicator, 'DOLISA' AS agency, \
          'Ages in the register; monthly social assistance that is paid' AS source \
         UNION ALL SELECT 2, 'NUTRITION', 'CPC', 'Ages in the register' \
         UNION ALL SELECT 3, 'HEALTH_INSURANCE', 'PSI', 'Health insurance coverages of the day' \
         UNION ALL SELECT 4, 'ADULT_EDUCATION', 'CPC', 'Ages and students in the register; certificates are not in it' \
         UNION ALL SELECT 5, 'SCHOOL_ATTENDANCE', 'CPC', 'Ages in the register; levels of schooling are not in it')"
    };
}

/// A row for each household and indicator: of whom the indicator asks, who of them the records say makes the household
/// deprived, and of whom they don't tell.
///
/// Dependants are under 16, or older and on monthly social assistance. Of somebody of working age on assistance it isn't
/// said whether by disability or otherwise, since that would tell of it.
const TABLE: &str = concat!(
    "(SELECT h.id AS household_id, h.commune_id, h.district_id, k.position, k.indicator, k.agency, k.source, ",
    by_indicator!(
        "TRUE",
        children!(),
        concat!(unborn!(), " OR ", aged!("m.date_of_birth", 6, "{day}")),
        concat!(unborn!(), " OR ", between!(16, 31)),
        concat!(unborn!(), " OR ", between!(3, 16))
    ),
    " AS members, ",
    by_indicator!(
        concat!(
            "NOT ",
            aged!("m.date_of_birth", 16, "{day}"),
            " OR ",
            aged!("m.date_of_birth", 60, "{day}"),
            " AND ",
            assisted!()
        ),
        "FALSE",
        concat!(aged!("m.date_of_birth", 6, "{day}"), " AND ", uninsured!()),
        "FALSE",
        "FALSE"
    ),
    " AS deprived_members, ",
    by_indicator!(
        concat!(unborn!(), " OR ", between!(16, 60), " AND ", assisted!()),
        children!(),
        concat!(unborn!(), " AND ", uninsured!()),
        concat!("(", unborn!(), " OR ", between!(16, 31), ") AND NOT ", studies!()),
        concat!(unborn!(), " OR ", between!(3, 16))
    ),
    " AS unknown_members FROM household h CROSS JOIN ",
    indicators!(),
    " k)"
);

pub static KNOWN_DEPRIVATION: Projection = Projection::plain(
    "KnownDeprivation",
    TABLE,
    Rows::ScopedByKind {
        column: "indicator",
        kinds: &[
            ("DEPENDANTS", P::BenefitRead),
            ("NUTRITION", P::HouseholdRead),
            ("HEALTH_INSURANCE", P::InsuranceRead),
            ("ADULT_EDUCATION", P::HouseholdRead),
            ("SCHOOL_ATTENDANCE", P::HouseholdRead),
        ],
    },
    &[
        column("indicator", "Deprivation!", "indicator").sensitive().doc("Which of the twelve."),
        computed(
            "deprived",
            "Boolean",
            &["{t}.indicator", "{t}.members", "{t}.deprived_members", "{t}.unknown_members"],
            deprived,
        )
        .sensitive()
        .doc("Null where the records don't tell."),
        column("members", "Int!", "members").sensitive().doc("Of how many of its people the indicator asks."),
        column("deprivedMembers", "Int!", "deprived_members").sensitive().doc("Of how many the records say yes."),
        column("unknownMembers", "Int!", "unknown_members").sensitive().doc("Of how many they don't tell."),
        one("agency", "Agency", &AGENCY, "{c}.code = {t}.agency").sensitive().doc("Whose records they are."),
        column("source", "String!", "source").sensitive().doc("What was looked at."),
    ],
)
.doc(
    "A deprivation as far as the register knows of it on the day of the read. Rows are left out where the caller may not \
     read what they come from.",
)
.guard(P::ReviewRead)
.hiding(hidden::DEPENDANTS);

/// `KnownDeprivation.deprived`.
fn deprived(inputs: &Inputs<'_>) -> Result<Value> {
    let count = |index| inputs.integer(index).unwrap_or_default();
    let (of, sure, unknown) = (count(1), count(2), count(3));
    let known = match inputs.text(0) {
        Some("DEPENDANTS") => rules::more_than_half(of, sure, unknown),
        _ => rules::anybody(sure, unknown),
    };
    Ok(known.map_or(Value::Null, Value::Bool))
}
