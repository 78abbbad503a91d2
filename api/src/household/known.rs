//! Deprivations that the register itself knows of, from other agencies' records: what a reviewer need not ask. Where the
//! records don't tell, nobody guesses.
//!
//! Decree 07/2021/NĐ-CP art. 3 has the twelve indicators; their exact conditions are K+ (`rules.md` section 1).

use serde_json::Value;

use super::{days::aged, rules};
use crate::{
    access::Permission as P,
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

/// The rows of one indicator: its place and name, who of the household it looks at, who of them makes it deprived, of whom
/// the records don't tell, and whose records they are.
macro_rules! indicator {
    ($position:literal, $name:literal, $of:expr, $deprived:expr, $unknown:expr, $agency:literal, $source:literal) => {
        concat!(
            "SELECT h.id AS household_id, h.commune_id, h.district_id, ",
            $position,
            " AS position, '",
            $name,
            "' AS indicator, ",
            members!($of),
            " AS members, ",
            members!($deprived),
            " AS deprived_members, ",
            members!($unknown),
            " AS unknown_members, '",
            $agency,
            "' AS agency, '",
            $source,
            "' AS source FROM household h"
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

const TABLE: &str = concat!(
    "(",
    // Dependants: under 16, or older and on monthly social assistance. Of somebody of working age on assistance the register
    // doesn't say whether by disability or otherwise, without telling of it.
    indicator!(
        1,
        "DEPENDANTS",
        "TRUE",
        concat!(
            "NOT ",
            aged!("m.date_of_birth", 16, "{day}"),
            " OR ",
            aged!("m.date_of_birth", 60, "{day}"),
            " AND ",
            assisted!()
        ),
        concat!(unborn!(), " OR ", between!(16, 60), " AND ", assisted!()),
        "DOLISA",
        "Ages in the register; monthly social assistance that is paid"
    ),
    " UNION ALL ",
    indicator!(
        2,
        "NUTRITION",
        concat!(unborn!(), " OR NOT ", aged!("m.date_of_birth", 16, "{day}")),
        "FALSE",
        concat!(unborn!(), " OR NOT ", aged!("m.date_of_birth", 16, "{day}")),
        "CPC",
        "Ages in the register"
    ),
    " UNION ALL ",
    indicator!(
        3,
        "HEALTH_INSURANCE",
        concat!(unborn!(), " OR ", aged!("m.date_of_birth", 6, "{day}")),
        concat!(aged!("m.date_of_birth", 6, "{day}"), " AND ", uninsured!()),
        concat!(unborn!(), " AND ", uninsured!()),
        "PSI",
        "Health insurance coverages of the day"
    ),
    " UNION ALL ",
    indicator!(
        4,
        "ADULT_EDUCATION",
        concat!(unborn!(), " OR ", between!(16, 31)),
        "FALSE",
        concat!("(", unborn!(), " OR ", between!(16, 31), ") AND NOT ", studies!()),
        "CPC",
        "Ages and students in the register; certificates are not in it"
    ),
    " UNION ALL ",
    indicator!(
        5,
        "SCHOOL_ATTENDANCE",
        concat!(unborn!(), " OR ", between!(3, 16)),
        "FALSE",
        concat!(unborn!(), " OR ", between!(3, 16)),
        "CPC",
        "Ages in the register; levels of schooling are not in it"
    ),
    ")"
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
.guard(P::ReviewRead);

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
