//! What sponsors promised and gave for a program and its lines of mobilised money, beside what was planned and spent.
//!
//! A đồng stands once in each figure: a gift counts in `raised`, and what it keeps of a promise no longer in `to_come`,
//! so that raised and to come together are what can be hoped for. What is spent of it is `disbursed`: another look at the
//! same money, never to be added.

use super::fives::whole_fives;
use crate::{
    access::Permission as P,
    read::projection::{Field, Projection, sql},
};

/// A gift to a household counts for who sees the household, one to none for everybody.
macro_rules! seen_gift {
    () => {
        "(g.household_id IS NULL OR EXISTS (SELECT 1 FROM household s WHERE s.id = g.household_id AND {seen_household.s}))"
    };
}

macro_rules! pledged {
    ($of:literal) => {
        concat!("(SELECT CAST(COALESCE(sum(p.amount), 0) AS BIGINT) FROM pledge p WHERE p.", $of, " = {t}.id)")
    };
}

macro_rules! raised {
    ($of:literal) => {
        concat!(
            "(SELECT CAST(COALESCE(sum(g.amount), 0) AS BIGINT) FROM gift g WHERE g.",
            $of,
            " = {t}.id AND ",
            seen_gift!(),
            ")"
        )
    };
}

/// For who reads no gifts: those to households in whole fives of them, those to none as they are.
macro_rules! raised_in_fives {
    ($of:literal) => {
        concat!(
            "(SELECT CAST(COALESCE(sum(c.amount), 0) AS BIGINT) FROM (",
            whole_fives!(
                "SELECT g.program_id, 'GIFT' AS kind, 'SOCIAL_MOBILIZATION' AS source, g.line_id, g.household_id, g.id AS seq, \
                 g.amount FROM gift g WHERE g.household_id IS NOT NULL AND g.",
                $of,
                " = {t}.id"
            ),
            " UNION ALL SELECT g.program_id, 'SOCIAL_MOBILIZATION', g.line_id, g.amount FROM gift g \
             WHERE g.household_id IS NULL AND g.",
            $of,
            " = {t}.id) c)"
        )
    };
}

/// Of each promise what is not given yet; what was given beyond one makes up for none of the others.
macro_rules! to_come {
    ($of:literal) => {
        concat!(
            "(SELECT CAST(COALESCE(sum(CASE WHEN o.given < o.amount THEN o.amount - o.given ELSE 0 END), 0) AS BIGINT) FROM \
             (SELECT p.amount, (SELECT COALESCE(sum(g.amount), 0) FROM gift g WHERE g.pledge_id = p.id AND ",
            seen_gift!(),
            ") AS given FROM pledge p WHERE p.",
            $of,
            " = {t}.id) o)"
        )
    };
}

const fn pledged(sum: &'static str) -> Field {
    sql("pledged", "VND!", sum).internal().doc("Promised by sponsors.")
}

const fn raised(sum: &'static str, in_fives: &'static str) -> Field {
    const WORDS: &str = "gifts to households in whole fives of them";
    sql("raised", "VND!", sum).without(P::SponsorshipRead, WORDS, sql("raised", "VND!", in_fives)).internal().doc(
        "Given by sponsors, as far as the caller sees the gifts; without sponsorship:read, to households in whole fives of them.",
    )
}

const fn to_come(sum: &'static str) -> Field {
    sql("toCome", "VND", sum)
        .guard(P::SponsorshipRead)
        .internal()
        .doc("Promised and not given yet, as far as the caller sees the gifts.")
}

pub const PLEDGED_OF_LINE: Field = pledged(pledged!("line_id"));
pub const RAISED_OF_LINE: Field = raised(raised!("line_id"), raised_in_fives!("line_id"));
pub const TO_COME_OF_LINE: Field = to_come(to_come!("line_id"));

pub static MOBILISATION: Projection = Projection::embedded(
    "Mobilisation",
    &[
        pledged(pledged!("program_id")),
        raised(raised!("program_id"), raised_in_fives!("program_id")),
        to_come(to_come!("program_id")),
    ],
)
.doc("What sponsors promised and gave for a program, lines or not. What is spent of it stands in `progress.bySource`.");
