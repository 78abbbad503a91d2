//! How support programs, their funding lines and the benefits granted under them are read.

use entity::enums::FundingSource;

use super::{
    fives,
    mobilisation::{MOBILISATION, PLEDGED_OF_LINE, RAISED_OF_LINE, TO_COME_OF_LINE},
    rules,
};
use crate::{
    access::{Owned as O, Permission as P, Reach, hidden},
    household::{HOUSEHOLD, PERSON},
    law::{RECORDED_BY, UNVERIFIED},
    place::AGENCY,
    read::projection::{
        Field, Projection, Rows, boolean, column, computed, embed, id, instant, many, one, page, set, sql,
    },
    sponsorship::PLEDGE,
};

pub static PROGRAM: Projection = Projection::new(
    "Program",
    "program",
    Rows::Public,
    &[
        id(),
        column("code", "String!", "code").internal().doc("Unique: HOUSING_MERIT."),
        column("name", "String!", "name").internal().doc("Vietnamese name."),
        column("nameEn", "String!", "name_en").internal().doc("English name."),
        sql("planYear", "Int", "(SELECT y.year FROM plan y WHERE y.id = {t}.plan_id)")
            .internal()
            .doc("Of which year's plan; null: beside the plans, paid every year by law."),
        column("unit", "String!", "unit").internal().doc("What its quantity counts: HOUSE, HOUSEHOLD, PERSON."),
        column("purpose", "SupportPurpose!", "purpose")
            .internal()
            .doc("Two programs with one purpose may not pay for the same thing twice."),
        column("plannedQuantity", "Int", "planned_quantity")
            .internal()
            .doc("Null where the plan has no single quantity, or there is no plan."),
        column("plannedAmount", "VND!", "planned_amount")
            .internal()
            .doc("As the plan states it; the sum of the lines where it states none; 0 beside the plans."),
        many("fundingLines", "[FundingLine!]!", &FUNDING_LINE, "{c}.program_id = {t}.id", "{c}.position")
            .internal()
            .doc("Lines of the plan's money table."),
        many("leadAgencies", "[Agency!]!", &AGENCY, "{c}p.program_id = {t}.id AND {c}p.part = 'LEAD'", "{c}p.position")
            .join("JOIN program_agency {c}p ON {c}p.agency_id = {c}.id")
            .internal()
            .doc("Who answers for it."),
        column("leadBasis", "Basis!", "lead_basis").internal().doc("Whether the plan names the leads."),
        many(
            "coordinatingAgencies",
            "[Agency!]!",
            &AGENCY,
            "{c}p.program_id = {t}.id AND {c}p.part = 'COORDINATING'",
            "{c}p.position",
        )
        .join("JOIN program_agency {c}p ON {c}p.agency_id = {c}.id")
        .internal()
        .doc("Who takes part."),
        many(
            "limits",
            "[ProgramLimit!]!",
            &PROGRAM_LIMIT,
            "{c}.program_code = {t}.code",
            "{c}.rule, {c}.effective_from",
        )
        .internal()
        .doc("What it pays a household or a person at most, by day."),
        page("pledges", "PledgeConnection", &PLEDGE, "{c}.program_id = {t}.id")
            .internal()
            .doc("What sponsors promised for it."),
        embed("mobilisation", "Mobilisation!", &MOBILISATION).internal().doc("What sponsors promised and gave for it."),
        one("progress", "ProgramProgress", &PROGRAM_PROGRESS, "{c}.id = {t}.id").internal().doc(
            "What is approved and paid so far; of SOCIAL_ASSISTANCE and URGENT_HELP for who may read of disabilities, null for others.",
        ),
    ],
)
.doc("A support program, of a plan or beside it.")
.guard(P::PlanRead);

/// Benefits count from the approval; loans and model projects of the program with them.
pub static PROGRAM_PROGRESS: Projection = Projection::plain(
    "ProgramProgress",
    "program",
    Rows::Public,
    &[
        sql(
            "approved",
            "Int!",
            "((SELECT count(*) FROM benefit b WHERE b.program_id = {t}.id AND b.status IN ('APPROVED', 'DISBURSED', 'COMPLETED')) \
             + (SELECT count(*) FROM loan l WHERE l.program_id = {t}.id AND l.approved_on IS NOT NULL AND l.status <> 'REJECTED'))",
        )
        .without(P::StatisticsLive, fives::IN_FIVES, sql("approved", "Int!", fives::APPROVED))
        .internal().doc("Benefits and loans approved."),
        sql(
            "disbursed",
            "Int!",
            "((SELECT count(*) FROM benefit b WHERE b.program_id = {t}.id AND b.paid_amount > 0) \
             + (SELECT count(*) FROM loan l WHERE l.program_id = {t}.id AND l.disbursed_amount > 0))",
        )
        .without(P::StatisticsLive, fives::IN_FIVES, sql("disbursed", "Int!", fives::DISBURSED))
        .internal().doc("Benefits and loans of which something is paid out."),
        sql("disbursedAmount", "VND!", rules::DISBURSED_BY_PROGRAM)
            .without(P::StatisticsLive, fives::IN_FIVES, sql("disbursedAmount", "VND!", fives::DISBURSED_BY_PROGRAM))
            .internal().doc("Paid out: benefits, loans, model capital, spending."),
        many("bySource", "[FundingShare!]!", &PROGRAM_SOURCE, "{c}.program_id = {t}.id", "{c}.source")
            .without(P::StatisticsLive, fives::IN_FIVES, many("bySource", "[FundingShare!]!", &PROGRAM_SOURCE_IN_FIVES, "{c}.program_id = {t}.id", "{c}.source"),
            )
            .internal().doc("The same by whose money it is, as far as it is recorded for each payment."),
        computed("percent", "Decimal!", &[rules::DISBURSED_BY_PROGRAM, "{t}.planned_amount"], rules::percent)
            .without(P::StatisticsLive, fives::IN_FIVES, computed("percent", "Decimal!", &[fives::DISBURSED_BY_PROGRAM, "{t}.planned_amount"], rules::percent),
            )
            .internal().doc("Disbursed over planned amount, as a percentage."),
    ],
)
.doc("How far a program has come. For who sees statistics only, households count in whole fives: fewer are 0, here and in \
     the sums of lines and of the plan.")
.hiding(hidden::ASSISTANCE_SUMS);

/// `FundingShare`, whichever table it stands in.
pub const fn funding_share(table: &'static str, rows: Rows) -> Projection {
    Projection::plain("FundingShare", table, rows, SHARE_FIELDS).doc("A part of a sum, and whose money it is.")
}

const SHARE_FIELDS: &[Field] = &[
    column("source", "FundingSource!", "source").internal().doc("Whose money."),
    sql("lineCode", "String", "(SELECT f.code FROM funding_line f WHERE f.id = {t}.line_id)")
        .internal()
        .doc("The plan's line; null for money outside the plan's lines."),
    column("amount", "VND!", "amount").internal().doc("How much of the sum."),
];

/// Payments of a program by source: a view of sums.
pub static PROGRAM_SOURCE: Projection = funding_share(rules::PAID_BY_SOURCE, Rows::Public);
static PROGRAM_SOURCE_IN_FIVES: Projection = funding_share(fives::PAID_BY_SOURCE, Rows::Public);

pub static FUNDING_LINE: Projection = Projection::plain(
    "FundingLine",
    "funding_line",
    Rows::Public,
    &[
        column("code", "String!", "code").internal().doc("As in the plan's table: VI.1."),
        column("source", "FundingSource!", "source").internal().doc("Whose money."),
        column("quantity", "Int", "quantity").internal().doc("Null where the plan gives none."),
        column("unitCost", "VND", "unit_cost").internal().doc("Null where the plan gives none."),
        column("amount", "VND!", "amount").internal().doc("What the plan hopes for."),
        column("computed", "VND!", "computed").internal().doc("Quantity by unit cost, where both are given."),
        column("allocated", "VND", "allocated").owned(O::Funding).internal().doc("What was granted; only that caps approvals."),
        sql("committed", "VND!", rules::COMMITTED_BY_LINE)
            .without(P::StatisticsLive, fives::IN_FIVES, sql("committed", "VND!", fives::COMMITTED_BY_LINE))
            .internal().doc("Approved against the line."),
        sql("disbursed", "VND!", rules::DISBURSED_BY_LINE)
            .without(P::StatisticsLive, fives::IN_FIVES, sql("disbursed", "VND!", fives::DISBURSED_BY_LINE))
            .internal().doc("Paid out of the line."),
        PLEDGED_OF_LINE,
        RAISED_OF_LINE,
        TO_COME_OF_LINE,
        column("note", "String", "note").internal().doc("What the plan adds."),
    ],
)
.doc("A line of the plan's money table. `amount` is what the plan hopes for; `allocated` what was granted, and only that caps approvals.");

pub static PROGRAM_LIMIT: Projection = Projection::plain(
    "ProgramLimit",
    "program_limit",
    Rows::Public,
    &[
        column("rule", "String!", "rule").internal().doc("Names it within the program: TOTAL, CENTRAL."),
        set("sources", "[FundingSource!]!", "sources", FundingSource::NAMES)
            .internal()
            .doc("Whose money counts; empty: all of it."),
        column("maxAmount", "VND!", "max_amount").internal().doc("At most so much."),
        boolean("perPerson", "Boolean!", "per_person").internal().doc("Of one person; otherwise of a household."),
        boolean("yearly", "Boolean!", "yearly").internal().doc("Of one year; otherwise of all years together."),
        boolean("binding", "Boolean!", "binding").internal().doc("Refuses what exceeds it; otherwise it warns."),
        column("basis", "Basis!", "basis")
            .internal()
            .doc("STATED by the plan, INFERRED from it, or UNKNOWN: not verified."),
        UNVERIFIED,
        column("source", "String!", "source").internal().doc("Where it was read, and how certain."),
        column("effectiveFrom", "Date!", "effective_from")
            .internal()
            .doc("First day; it holds until the next of its rule begins."),
        column("effectiveTo", "Date", "effective_to")
            .internal()
            .doc("Last day, where it was abolished without another: nothing limits after it."),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        RECORDED_BY,
    ],
)
.doc("What a program pays at most.")
.owned(O::SupportLaw);

pub static BENEFIT: Projection = Projection::new(
    "Benefit",
    "benefit",
    Rows::Scoped(Reach::OfHousehold),
    &[
        id(),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        one("program", "Program!", &PROGRAM, "{c}.id = {t}.program_id").personal().doc("Under which it is granted."),
        one("household", "Household", &HOUSEHOLD, "{c}.id = {t}.household_id").personal().doc("To which household."),
        one("person", "Person", &PERSON, "{c}.id = {t}.person_id").personal().doc("To which of its people; null: to all."),
        column("status", "BenefitStatus!", "status")
            .on_day(
                "COALESCE((SELECT x.to_status FROM benefit_transition x WHERE x.benefit_id = {t}.id \
                 AND x.at <= {day_end} ORDER BY x.id DESC LIMIT 1), {t}.status)",
            )
            .personal().doc("Where it stands."),
        column("amount", "VND", "amount").personal().doc("The whole sum; for a monthly allowance the sum of a month."),
        column("recurrence", "Recurrence!", "recurrence").personal().doc("Once, every month or every year."),
        column("startsOn", "Date", "starts_on").personal().doc("First day of a recurring benefit."),
        column("endsOn", "Date", "ends_on").personal().doc("Last day of a recurring benefit; null while it lasts."),
        many("funding", "[FundingShare!]", &BENEFIT_FUNDING, "{c}.benefit_id = {t}.id", "{c}.id").personal().doc("Whose money it is."),
        column("eventKind", "UrgentHelpKind", "event_kind").personal().doc("Of URGENT_HELP: after what it helps; null of other programs."),
        column("eventOn", "Date", "event_on").personal().doc("Of URGENT_HELP: the day on which it happened."),
        column("decidedOn", "Date", "decided_on")
            .on_day("CASE WHEN {t}.decided_on <= {day} THEN {t}.decided_on END")
            .personal().doc("The day of approval or rejection."),
        column("paidAmount", "VND", "paid_amount")
            .on_day("(SELECT COALESCE(sum(y.amount), 0) FROM benefit_payment y WHERE y.benefit_id = {t}.id AND y.paid_on <= {day})")
            .personal().doc("Paid so far."),
        page("payments", "BenefitPaymentConnection", &BENEFIT_PAYMENT, "{c}.benefit_id = {t}.id").personal().doc("In order of entry."),
        many("history", "[BenefitTransition!]", &BENEFIT_TRANSITION, "{c}.benefit_id = {t}.id", "{c}.id")
            .on_day("{c}.benefit_id = {t}.id AND {c}.at <= {day_end}")
            .personal().doc("Every step, oldest first."),
        one("override", "BenefitOverride", &BENEFIT_OVERRIDE, "{c}.benefit_id = {t}.id")
            .on_day("{c}.benefit_id = {t}.id AND {c}.at <= {day_end}")
            .personal().doc("Where it was approved against a rule: by whom and why."),
    ],
)
.doc("Support granted to a household, or to one person of it, under a program: once, or every month. Not repaid.")
.guard(P::BenefitRead)
.hiding(hidden::ASSISTANCE)
.owned(O::Benefit)
.born("proposed_on");

pub static BENEFIT_FUNDING: Projection =
    funding_share("benefit_funding", Rows::Through { parent: &BENEFIT, column: "benefit_id" }).guard(P::BenefitRead);

pub static BENEFIT_PAYMENT: Projection = Projection::new(
    "BenefitPayment",
    "benefit_payment",
    Rows::Through { parent: &BENEFIT, column: "benefit_id" },
    &[
        id(),
        column("amount", "VND!", "amount").personal().doc("Paid."),
        column("source", "FundingSource!", "source").personal().doc("Whose money."),
        column("paidOn", "Date!", "paid_on").personal().doc("The day of payment."),
        column("reference", "String!", "reference").personal().doc("The payer's voucher; unique for the benefit."),
        one("by", "Agency!", &AGENCY, "{c}.id = {t}.agency_id").personal().doc("The agency that recorded it."),
    ],
)
.doc("A payment of a benefit.")
.guard(P::BenefitRead)
.owned(O::Benefit)
.born("paid_on");

pub static BENEFIT_OVERRIDE: Projection = Projection::plain(
    "BenefitOverride",
    "benefit_override",
    Rows::Through { parent: &BENEFIT, column: "benefit_id" },
    &[
        column("rule", "String!", "rule").personal().doc("A fixed word: SAME_PURPOSE."),
        column("note", "String!", "note").personal().doc("Why, in the approver's words."),
        instant("at", "DateTime!", "at").personal().doc("When."),
        one("by", "Agency!", &AGENCY, "{c}.id = {t}.agency_id").personal().doc("Which agency."),
    ],
)
.doc("The leave to pay a household under a second program of one purpose in a year.")
.guard(P::BenefitRead);

pub static BENEFIT_TRANSITION: Projection = Projection::plain(
    "BenefitTransition",
    "benefit_transition",
    Rows::Through { parent: &BENEFIT, column: "benefit_id" },
    &[
        column("from", "BenefitStatus", "from_status").personal().doc("Null for the first."),
        column("to", "BenefitStatus!", "to_status").personal().doc("The status it came to."),
        instant("at", "DateTime!", "at").personal().doc("When."),
        one("by", "Agency!", &AGENCY, "{c}.id = {t}.agency_id").personal().doc("Which agency."),
        column("note", "String", "note").personal().doc("Why, in the officer's words."),
    ],
)
.doc("A step of a benefit from one status to the next.")
.guard(P::BenefitRead);
