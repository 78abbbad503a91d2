//! How support programs, their funding lines and the benefits granted under them are read.

use super::rules;
use crate::{
    access::{Permission as P, Reach},
    household::{HOUSEHOLD, PERSON},
    place::AGENCY,
    read::projection::{Field, Projection, Rows, column, computed, embed, id, instant, many, one, page, sql},
    sponsorship::PLEDGE,
};

pub static PROGRAM: Projection = Projection::new(
    "Program",
    "program",
    Rows::Public,
    &[
        id(),
        column("code", "String!", "code").doc("Unique: HOUSING_MERIT."),
        column("name", "String!", "name").doc("Vietnamese name."),
        column("nameEn", "String!", "name_en").doc("English name."),
        column("unit", "String!", "unit").doc("What its quantity counts: HOUSE, HOUSEHOLD, PERSON."),
        column("purpose", "SupportPurpose!", "purpose")
            .doc("Two programs with one purpose may not pay for the same thing twice."),
        column("plannedQuantity", "Int", "planned_quantity").doc("Null where the plan has no single quantity."),
        column("plannedAmount", "VND!", "planned_amount")
            .doc("As the plan states it; the sum of the lines where it states none."),
        many("fundingLines", "[FundingLine!]!", &FUNDING_LINE, "{c}.program_id = {t}.id", "{c}.position")
            .doc("Lines of the plan's money table."),
        many("leadAgencies", "[Agency!]!", &AGENCY, "{c}p.program_id = {t}.id AND {c}p.part = 'LEAD'", "{c}p.position")
            .join("JOIN program_agency {c}p ON {c}p.agency_id = {c}.id")
            .doc("Who answers for it."),
        column("leadBasis", "Basis!", "lead_basis").doc("Whether the plan names the leads."),
        many(
            "coordinatingAgencies",
            "[Agency!]!",
            &AGENCY,
            "{c}p.program_id = {t}.id AND {c}p.part = 'COORDINATING'",
            "{c}p.position",
        )
        .join("JOIN program_agency {c}p ON {c}p.agency_id = {c}.id")
        .doc("Who takes part."),
        page("pledges", "PledgeConnection", &PLEDGE, "{c}.program_id = {t}.id").doc("What sponsors promised for it."),
        embed("progress", "ProgramProgress", &PROGRAM_PROGRESS).doc("What is approved and paid so far."),
    ],
)
.doc("A support program of the plan.")
.guard(P::PlanRead);

/// Benefits count from the approval; loans and model projects of the program with them.
pub static PROGRAM_PROGRESS: Projection = Projection::embedded(
    "ProgramProgress",
    &[
        sql(
            "approved",
            "Int!",
            "((SELECT count(*) FROM benefit b WHERE b.program_id = {t}.id AND b.status IN ('APPROVED', 'DISBURSED', 'COMPLETED')) \
             + (SELECT count(*) FROM loan l WHERE l.program_id = {t}.id AND l.approved_on IS NOT NULL AND l.status <> 'REJECTED'))",
        )
        .doc("Benefits and loans approved."),
        sql(
            "disbursed",
            "Int!",
            "((SELECT count(*) FROM benefit b WHERE b.program_id = {t}.id AND b.paid_amount > 0) \
             + (SELECT count(*) FROM loan l WHERE l.program_id = {t}.id AND l.disbursed_amount > 0))",
        )
        .doc("Benefits and loans of which something is paid out."),
        sql("disbursedAmount", "VND!", rules::DISBURSED_BY_PROGRAM).doc("Paid out: benefits, loans, model capital, spending."),
        many("bySource", "[FundingShare!]!", &PROGRAM_SOURCE, "{c}.program_id = {t}.id", "{c}.source")
            .doc("The same by whose money it is, as far as it is recorded for each payment."),
        computed("percent", "Decimal!", &[rules::DISBURSED_BY_PROGRAM, "{t}.planned_amount"], rules::percent)
            .doc("Disbursed over planned amount, as a percentage."),
    ],
)
.doc("How far a program has come.");

/// `FundingShare`, whichever table it stands in.
pub const fn funding_share(table: &'static str, rows: Rows) -> Projection {
    Projection::plain("FundingShare", table, rows, SHARE_FIELDS).doc("A part of a sum, and whose money it is.")
}

const SHARE_FIELDS: &[Field] = &[
    column("source", "FundingSource!", "source").doc("Whose money."),
    sql("lineCode", "String", "(SELECT f.code FROM funding_line f WHERE f.id = {t}.line_id)")
        .doc("The plan's line; null for money outside the plan's lines."),
    column("amount", "VND!", "amount").doc("How much of the sum."),
];

/// Payments of a program by source: a view of sums.
pub static PROGRAM_SOURCE: Projection = funding_share(rules::PAID_BY_SOURCE, Rows::Public);

pub static FUNDING_LINE: Projection = Projection::plain(
    "FundingLine",
    "funding_line",
    Rows::Public,
    &[
        column("code", "String!", "code").doc("As in the plan's table: VI.1."),
        column("source", "FundingSource!", "source").doc("Whose money."),
        column("quantity", "Int", "quantity").doc("Null where the plan gives none."),
        column("unitCost", "VND", "unit_cost").doc("Null where the plan gives none."),
        column("amount", "VND!", "amount").doc("What the plan hopes for."),
        column("computed", "VND!", "computed").doc("Quantity by unit cost, where both are given."),
        column("allocated", "VND", "allocated").doc("What was granted; only that caps approvals."),
        sql("committed", "VND!", rules::COMMITTED_BY_LINE).doc("Approved against the line."),
        sql("disbursed", "VND!", rules::DISBURSED_BY_LINE).doc("Paid out of the line."),
        column("note", "String", "note").doc("What the plan adds."),
    ],
)
.doc("A line of the plan's money table. `amount` is what the plan hopes for; `allocated` what was granted, and only that caps approvals.");

pub static BENEFIT: Projection = Projection::new(
    "Benefit",
    "benefit",
    Rows::Scoped(Reach::OfHousehold),
    &[
        id(),
        column("version", "Int!", "version").doc("Counts the writes."),
        one("program", "Program!", &PROGRAM, "{c}.id = {t}.program_id").doc("Under which it is granted."),
        one("household", "Household", &HOUSEHOLD, "{c}.id = {t}.household_id").doc("To which household."),
        one("person", "Person", &PERSON, "{c}.id = {t}.person_id").doc("To which of its people; null: to all."),
        column("status", "BenefitStatus!", "status")
            .on_day(
                "COALESCE((SELECT x.to_status FROM benefit_transition x WHERE x.benefit_id = {t}.id \
                 AND x.at <= {day_end} ORDER BY x.id DESC LIMIT 1), {t}.status)",
            )
            .doc("Where it stands."),
        column("amount", "VND", "amount").doc("The whole sum; for a monthly allowance the sum of a month."),
        column("recurrence", "Recurrence!", "recurrence").doc("Once, every month or every year."),
        column("startsOn", "Date", "starts_on").doc("First day of a recurring benefit."),
        column("endsOn", "Date", "ends_on").doc("Last day of a recurring benefit; null while it lasts."),
        many("funding", "[FundingShare!]", &BENEFIT_FUNDING, "{c}.benefit_id = {t}.id", "{c}.id").doc("Whose money it is."),
        column("decidedOn", "Date", "decided_on")
            .on_day("CASE WHEN {t}.decided_on <= {day} THEN {t}.decided_on END")
            .doc("The day of approval or rejection."),
        column("paidAmount", "VND", "paid_amount")
            .on_day("(SELECT COALESCE(sum(y.amount), 0) FROM benefit_payment y WHERE y.benefit_id = {t}.id AND y.paid_on <= {day})")
            .doc("Paid so far."),
        page("payments", "BenefitPaymentConnection", &BENEFIT_PAYMENT, "{c}.benefit_id = {t}.id").doc("In order of entry."),
        many("history", "[BenefitTransition!]", &BENEFIT_TRANSITION, "{c}.benefit_id = {t}.id", "{c}.id")
            .on_day("{c}.benefit_id = {t}.id AND {c}.at <= {day_end}")
            .doc("Every step, oldest first."),
    ],
)
.doc("Support granted to a household, or to one person of it, under a program: once, or every month. Not repaid.")
.guard(P::BenefitRead)
.born("proposed_on");

pub static BENEFIT_FUNDING: Projection =
    funding_share("benefit_funding", Rows::Through { parent: &BENEFIT, column: "benefit_id" }).guard(P::BenefitRead);

pub static BENEFIT_PAYMENT: Projection = Projection::new(
    "BenefitPayment",
    "benefit_payment",
    Rows::Through { parent: &BENEFIT, column: "benefit_id" },
    &[
        id(),
        column("amount", "VND!", "amount").doc("Paid."),
        column("source", "FundingSource!", "source").doc("Whose money."),
        column("paidOn", "Date!", "paid_on").doc("The day of payment."),
        column("reference", "String!", "reference").doc("The payer's voucher; unique for the benefit."),
        one("by", "Agency!", &AGENCY, "{c}.id = {t}.agency_id").doc("The agency that recorded it."),
    ],
)
.doc("A payment of a benefit.")
.guard(P::BenefitRead)
.born("paid_on");

pub static BENEFIT_TRANSITION: Projection = Projection::plain(
    "BenefitTransition",
    "benefit_transition",
    Rows::Through { parent: &BENEFIT, column: "benefit_id" },
    &[
        column("from", "BenefitStatus", "from_status").doc("Null for the first."),
        column("to", "BenefitStatus!", "to_status").doc("The status it came to."),
        instant("at", "DateTime!", "at").doc("When."),
        one("by", "Agency!", &AGENCY, "{c}.id = {t}.agency_id").doc("Which agency."),
        column("note", "String", "note").doc("Why, in the officer's words."),
    ],
)
.doc("A step of a benefit from one status to the next.")
.guard(P::BenefitRead);
