//! How sponsors, their pledges, gifts and sponsored households are read.

use crate::{
    access::{Owned as O, Permission as P},
    household::HOUSEHOLD,
    program::PROGRAM,
    read::projection::{Projection, Rows, column, id, one, page, sql},
};

/// Some are natural persons, so that every read of a sponsor is a use of personal data.
pub static SPONSOR: Projection = Projection::new(
    "Sponsor",
    "sponsor",
    Rows::Public,
    &[
        id(),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        column("code", "String!", "code").internal().doc("Unique, given by the Fatherland Front."),
        column("name", "String!", "name").personal().doc("Of the organisation or person."),
        column("kind", "SponsorKind!", "kind").personal().doc("An organisation or a person."),
        column("contact", "String", "contact").personal().doc("How to reach them."),
        page("pledges", "PledgeConnection", &PLEDGE, "{c}.sponsor_id = {t}.id").internal().doc("What they promised."),
        page("gifts", "GiftConnection", &GIFT, "{c}.sponsor_id = {t}.id").personal().doc("What they gave."),
        page("sponsorships", "SponsorshipConnection", &SPONSORSHIP, "{c}.sponsor_id = {t}.id")
            .personal()
            .doc("The households that they look after."),
    ],
)
.doc("An organisation or person that supports the plan with money or in kind.")
.guard(P::SponsorshipRead)
.owned(O::Sponsorship);

/// A gift to a household counts for who sees the household, one to none for everybody.
const GIVEN: &str = "(SELECT CAST(COALESCE(sum(g.amount), 0) AS BIGINT) FROM gift g WHERE g.pledge_id = {t}.id \
     AND (g.household_id IS NULL OR EXISTS (SELECT 1 FROM household s WHERE s.id = g.household_id AND {seen_household.s})))";

/// It names nobody by itself: who made it is read from the sponsor, who may be a person.
pub static PLEDGE: Projection = Projection::new(
    "Pledge",
    "pledge",
    Rows::Public,
    &[
        id(),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        one("sponsor", "Sponsor!", &SPONSOR, "{c}.id = {t}.sponsor_id").internal().doc("Who promised."),
        one("program", "Program", &PROGRAM, "{c}.id = {t}.program_id").internal().doc("For which program."),
        sql("lineCode", "String", "(SELECT f.code FROM funding_line f WHERE f.id = {t}.line_id)")
            .internal()
            .doc("For which line of it."),
        column("amount", "VND!", "amount").internal().doc("Promised, in money or its worth."),
        sql("givenAmount", "VND!", GIVEN)
            .internal()
            .sums()
            .doc("Given of it so far, as far as the caller sees the gifts."),
        column("pledgedOn", "Date!", "pledged_on").internal().doc("The day of the promise."),
        column("dueOn", "Date", "due_on").internal().doc("To be given by this day."),
        column("reference", "String!", "reference").internal().doc("Of the letter; unique for the sponsor."),
        column("note", "String", "note").internal().doc("What else was said."),
        page("gifts", "GiftConnection", &GIFT, "{c}.pledge_id = {t}.id")
            .personal()
            .doc("What was given of it, as far as the caller sees it."),
    ],
)
.doc("A sponsor's promise for a program.")
.guard(P::SponsorshipRead)
.owned(O::Sponsorship)
.born("pledged_on");

/// A gift to a household is seen by who sees the household; one to none by everybody with the permission.
pub static GIFT: Projection = Projection::new(
    "Gift",
    "gift",
    Rows::ThroughOrNone { parent: &HOUSEHOLD, column: "household_id" },
    &[
        id(),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        one("sponsor", "Sponsor!", &SPONSOR, "{c}.id = {t}.sponsor_id").personal().doc("Who gave."),
        one("pledge", "Pledge", &PLEDGE, "{c}.id = {t}.pledge_id").personal().doc("The promise that it keeps."),
        one("program", "Program", &PROGRAM, "{c}.id = {t}.program_id").personal().doc("For which program."),
        one("household", "Household", &HOUSEHOLD, "{c}.id = {t}.household_id")
            .personal()
            .doc("Null for a gift to no single household, or one out of reach."),
        column("kind", "GiftKind!", "kind").personal().doc("Money or in kind."),
        sql("lineCode", "String", "(SELECT f.code FROM funding_line f WHERE f.id = {t}.line_id)")
            .personal()
            .doc("The line of mobilised money that it counts in."),
        column("amount", "VND!", "amount")
            .personal()
            .doc("Money, or the worth of what was given: 0 in kind where nobody told it."),
        column("description", "String", "description").personal().doc("What was given."),
        column("givenOn", "Date!", "given_on").personal().doc("The day."),
        column("reference", "String!", "reference").personal().doc("Of the receipt; unique for the sponsor."),
    ],
)
.doc("What a sponsor gave, in money or in kind.")
.guard(P::SponsorshipRead)
.owned(O::Sponsorship)
.born("given_on");

pub static SPONSORSHIP: Projection = Projection::new(
    "Sponsorship",
    "sponsorship",
    Rows::Through { parent: &HOUSEHOLD, column: "household_id" },
    &[
        id(),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        one("sponsor", "Sponsor!", &SPONSOR, "{c}.id = {t}.sponsor_id")
            .personal()
            .doc("Who looks after the household."),
        one("household", "Household", &HOUSEHOLD, "{c}.id = {t}.household_id").personal().doc("Which household."),
        column("startsOn", "Date!", "starts_on").personal().doc("First day."),
        column("endsOn", "Date", "ends_on").personal().doc("Last day; null while it lasts."),
        column("note", "String", "note").personal().doc("What was agreed."),
    ],
)
.doc("A household that a sponsor looks after (nhận đỡ đầu).")
.guard(P::SponsorshipRead)
.owned(O::Sponsorship)
.born("starts_on");
