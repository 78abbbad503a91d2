//! How sponsors, their pledges, gifts and sponsored households are read.

use crate::{
    access::Permission as P,
    household::HOUSEHOLD,
    program::PROGRAM,
    read::projection::{Projection, Rows, column, id, one, page, sql},
};

pub static SPONSOR: Projection = Projection::new(
    "Sponsor",
    "sponsor",
    Rows::Public,
    &[
        id(),
        column("version", "Int!", "version").doc("Counts the writes."),
        column("code", "String!", "code").doc("Unique, given by the Fatherland Front."),
        column("name", "String!", "name").doc("Of the organisation or person."),
        column("kind", "SponsorKind!", "kind").doc("An organisation or a person."),
        column("contact", "String", "contact").doc("How to reach them."),
        page("pledges", "PledgeConnection", &PLEDGE, "{c}.sponsor_id = {t}.id").doc("What they promised."),
        page("gifts", "GiftConnection", &GIFT, "{c}.sponsor_id = {t}.id").doc("What they gave."),
        page("sponsorships", "SponsorshipConnection", &SPONSORSHIP, "{c}.sponsor_id = {t}.id")
            .doc("The households that they look after."),
    ],
)
.doc("An organisation or person that supports the plan with money or in kind.")
.guard(P::SponsorshipRead);

pub static PLEDGE: Projection = Projection::new(
    "Pledge",
    "pledge",
    Rows::Public,
    &[
        id(),
        column("version", "Int!", "version").doc("Counts the writes."),
        one("sponsor", "Sponsor!", &SPONSOR, "{c}.id = {t}.sponsor_id").doc("Who promised."),
        one("program", "Program", &PROGRAM, "{c}.id = {t}.program_id").doc("For which program."),
        sql("lineCode", "String", "(SELECT f.code FROM funding_line f WHERE f.id = {t}.line_id)")
            .doc("For which line of it."),
        column("amount", "VND!", "amount").doc("Promised, in money or its worth."),
        sql("givenAmount", "VND!", "(SELECT COALESCE(sum(g.amount), 0) FROM gift g WHERE g.pledge_id = {t}.id)")
            .doc("Given of it so far."),
        column("pledgedOn", "Date!", "pledged_on").doc("The day of the promise."),
        column("dueOn", "Date", "due_on").doc("To be given by this day."),
        column("reference", "String!", "reference").doc("Of the letter; unique for the sponsor."),
        column("note", "String", "note").doc("What else was said."),
        page("gifts", "GiftConnection", &GIFT, "{c}.pledge_id = {t}.id")
            .doc("What was given of it, as far as the caller sees it."),
    ],
)
.doc("A sponsor's promise for a program.")
.guard(P::SponsorshipRead)
.born("pledged_on");

/// A gift to a household is seen by who sees the household; one to none by everybody with the permission.
pub static GIFT: Projection = Projection::new(
    "Gift",
    "gift",
    Rows::ThroughOrNone { parent: &HOUSEHOLD, column: "household_id" },
    &[
        id(),
        column("version", "Int!", "version").doc("Counts the writes."),
        one("sponsor", "Sponsor!", &SPONSOR, "{c}.id = {t}.sponsor_id").doc("Who gave."),
        one("pledge", "Pledge", &PLEDGE, "{c}.id = {t}.pledge_id").doc("The promise that it keeps."),
        one("program", "Program", &PROGRAM, "{c}.id = {t}.program_id").doc("For which program."),
        one("household", "Household", &HOUSEHOLD, "{c}.id = {t}.household_id")
            .doc("Null for a gift to no single household, or one out of reach."),
        column("kind", "GiftKind!", "kind").doc("Money or in kind."),
        column("amount", "VND!", "amount").doc("Money, or the worth of what was given."),
        column("description", "String", "description").doc("What was given."),
        column("givenOn", "Date!", "given_on").doc("The day."),
        column("reference", "String!", "reference").doc("Of the receipt; unique for the sponsor."),
    ],
)
.doc("What a sponsor gave, in money or in kind.")
.guard(P::SponsorshipRead)
.born("given_on");

pub static SPONSORSHIP: Projection = Projection::new(
    "Sponsorship",
    "sponsorship",
    Rows::Through { parent: &HOUSEHOLD, column: "household_id" },
    &[
        id(),
        column("version", "Int!", "version").doc("Counts the writes."),
        one("sponsor", "Sponsor!", &SPONSOR, "{c}.id = {t}.sponsor_id").doc("Who looks after the household."),
        one("household", "Household", &HOUSEHOLD, "{c}.id = {t}.household_id").doc("Which household."),
        column("startsOn", "Date!", "starts_on").doc("First day."),
        column("endsOn", "Date", "ends_on").doc("Last day; null while it lasts."),
        column("note", "String", "note").doc("What was agreed."),
    ],
)
.doc("A household that a sponsor looks after (nhận đỡ đầu).")
.guard(P::SponsorshipRead)
.born("starts_on");
