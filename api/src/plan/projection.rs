//! How the plan of a year and the statistics of the register are read.

use super::{rules, sponsored, statistics};
use crate::{
    access::{Owned as O, Permission as P},
    place::{ADMIN_UNIT, AGENCY},
    program::{IN_FIVES, PROGRAM},
    read::projection::{Projection, Readers, Rows, boolean, column, computed, embed, id, instant, many, one, sql},
};

pub static PLAN: Projection = Projection::new(
    "Plan",
    "plan",
    Rows::Public,
    &[
        id(),
        column("code", "String!", "code").internal().doc("Number of the document: 2021/KH-UBND."),
        column("year", "Int!", "year").internal().doc("The year it is for."),
        many("indicators", "[Indicator!]!", &INDICATOR, "{c}.plan_id = {t}.id", "{c}.position")
            .internal()
            .doc("What is to be reached."),
        many("programs", "[Program!]!", &PROGRAM, "{c}.plan_id = {t}.id", "{c}.position")
            .internal()
            .doc("The support programs, in the plan's order."),
        embed("funding", "PlanFunding!", &PLAN_FUNDING).internal().doc("Stated and computed totals side by side."),
        many("tasks", "[PlanTask!]!", &PLAN_TASK, "{c}.plan_id = {t}.id", "{c}.number")
            .internal()
            .doc("The implementation tasks."),
        many("reports", "[ReportObligation!]!", &REPORT_OBLIGATION, "{c}.plan_id = {t}.id", "{c}.position")
            .internal()
            .doc("Who owes which report by when."),
        many("discrepancies", "[PlanDiscrepancy!]!", &PLAN_DISCREPANCY, "{c}.plan_id = {t}.id", "{c}.position")
            .internal()
            .doc("Where the plan contradicts itself, both readings kept."),
    ],
)
.doc("The social-security plan of a year.")
.guard(P::PlanRead);

pub static INDICATOR: Projection = Projection::plain(
    "Indicator",
    "indicator",
    Rows::Public,
    &[
        column("code", "String!", "code").internal().doc("Unique in the plan."),
        column("name", "String!", "name").internal().doc("Vietnamese name."),
        column("nameEn", "String!", "name_en").internal().doc("English name."),
        column("unit", "String!", "unit").internal().doc("PERCENT, PERSON, HOUSEHOLD, …"),
        column("comparator", "Comparator!", "comparator")
            .internal()
            .doc("How the actual value is held against the target."),
        column("target", "Decimal", "target").internal().doc("Null where the plan gives no figure."),
        sql("actual", "Decimal", rules::LATEST_VALUE)
            .owned(O::Indicator)
            .internal()
            .doc("The newest reading for the province."),
        sql("asOf", "Date", rules::LATEST_DAY).internal().doc("The day of that reading."),
        computed("met", "Boolean", &["{t}.comparator", "{t}.target", rules::LATEST_VALUE], rules::met)
            .internal()
            .doc("Whether the target is reached; null without target or reading."),
        sql("counted", "Int", sponsored::COUNTED)
            .guard(P::SponsorshipRead)
            .internal()
            .doc("Sponsored households that the register counts today, as far as the caller sees them, to hold the reading against; null for the other indicators."),
        boolean("computed", "Boolean!", "computed").internal().doc("Whether the register computes the value itself."),
        many("leadAgencies", "[Agency!]!", &AGENCY, "{c}i.indicator_id = {t}.id", "{c}i.position")
            .join("JOIN indicator_agency {c}i ON {c}i.agency_id = {c}.id")
            .internal()
            .doc("Who answers for it."),
        column("leadBasis", "Basis!", "lead_basis").internal().doc("Whether the plan names the leads."),
    ],
)
.doc("A figure that the plan wants reached.")
.guard(P::PlanRead);

pub static PLAN_FUNDING: Projection = Projection::embedded(
    "PlanFunding",
    &[
        column("stated", "VND!", "stated_total").internal().doc("The total that the document prints."),
        sql("computed", "VND!", rules::COMPUTED_TOTAL).internal().doc("What its lines add up to."),
        sql("disbursed", "VND!", rules::DISBURSED_TOTAL)
            .without(P::StatisticsLive, IN_FIVES, sql("disbursed", "VND!", rules::DISBURSED_TOTAL_IN_FIVES))
            .internal()
            .doc("Paid out under its programs."),
        many("bySource", "[FundingProgress!]!", &FUNDING_PROGRESS, "{c}.plan_id = {t}.id", "{c}.position")
            .internal()
            .doc("The same for each source."),
    ],
)
.doc("`stated` is what the document prints, `computed` what its lines add up to; they differ, and both are kept.");

pub static FUNDING_PROGRESS: Projection = Projection::plain(
    "FundingProgress",
    "plan_source",
    Rows::Public,
    &[
        column("source", "FundingSource!", "source").internal().doc("Whose money."),
        column("stated", "VND!", "stated").internal().doc("What the document prints."),
        sql("computed", "VND!", rules::COMPUTED_BY_SOURCE).internal().doc("What the lines of the source add up to."),
        sql("disbursed", "VND!", rules::DISBURSED_BY_SOURCE)
            .without(P::StatisticsLive, IN_FIVES, sql("disbursed", "VND!", rules::DISBURSED_BY_SOURCE_IN_FIVES))
            .internal()
            .doc("Paid out of it."),
    ],
)
.doc("A source of money: stated, computed, paid out.");

pub static PLAN_TASK: Projection = Projection::plain(
    "PlanTask",
    "plan_task",
    Rows::Public,
    &[
        column("number", "Int!", "number").internal().doc("From 1."),
        column("name", "String!", "name").internal().doc("Vietnamese name."),
        many("leadAgencies", "[Agency!]!", &AGENCY, "{c}k.task_id = {t}.id AND {c}k.part = 'LEAD'", "{c}k.position")
            .join("JOIN plan_task_agency {c}k ON {c}k.agency_id = {c}.id")
            .internal()
            .doc("Who answers for it."),
        column("startsOn", "Date", "starts_on").internal().doc("Null where the plan says: regularly."),
        column("endsOn", "Date", "ends_on").internal().doc("Null where the plan says: regularly."),
        column("status", "TaskStatus!", "status").internal().doc("Where it stands."),
    ],
)
.doc("One of the plan's implementation tasks.");

pub static REPORT_OBLIGATION: Projection = Projection::new(
    "ReportObligation",
    "report_obligation",
    Rows::Public,
    &[
        id(),
        column("code", "String!", "code").internal().doc("Which report: Q1, H1, Y."),
        column("periodStart", "Date", "period_start").internal().doc("First day of the period."),
        column("periodEnd", "Date", "period_end").internal().doc("Last day of the period."),
        column("dueBefore", "Date", "due_before").internal().doc("The day itself is late."),
        one("reporter", "Agency!", &AGENCY, "{c}.id = {t}.reporter_id").internal().doc("Who owes it."),
        one("reporterUnit", "AdminUnit", &ADMIN_UNIT, "{c}.id = {t}.reporter_unit_id")
            .internal()
            .doc("Which of a collective reporter."),
        instant("submittedAt", "DateTime", "submitted_at").internal().doc("Null until it is in."),
        column("asOf", "Date", "as_of").internal().doc("The day of its figures."),
        boolean("estimated", "Boolean", "estimated").internal().doc("Whether the rest of the period is estimated."),
        computed("late", "Boolean!", rules::LATE_INPUTS, rules::late)
            .internal()
            .doc("Submitted late, or due and not in; never for a period that ended before the plan was issued."),
    ],
)
.doc("One report that one body owes for one period; a collective reporter (the nine districts) is one obligation each.")
.guard(P::PlanRead);

pub static PLAN_DISCREPANCY: Projection = Projection::plain(
    "PlanDiscrepancy",
    "plan_discrepancy",
    Rows::Public,
    &[
        column("code", "String!", "code").internal().doc("D01 and so on."),
        column("topic", "String!", "topic").internal().doc("What it is about."),
        column("statementA", "String!", "statement_a").internal().doc("One reading."),
        column("statementB", "String", "statement_b").internal().doc("The other."),
        column("difference", "String", "difference").internal().doc("By how much they differ."),
    ],
)
.doc("A place where the plan contradicts itself.");

pub static STATISTICS_ROW: Projection = Projection::plain(
    "StatisticsRow",
    "admin_unit",
    Rows::UnitInScope,
    &[
        one("unit", "AdminUnit!", &ADMIN_UNIT, "{c}.id = {t}.id").internal().doc("The district or commune."),
        computed("asOf", "DateTime!", &["{now}"], statistics::as_of)
            .internal()
            .doc("The instant of the figures; of closed ones, the day's last."),
        computed("households", "Int", &[statistics::HOUSEHOLDS], statistics::count)
            .hides(Some(P::HouseholdRead), statistics::FEW)
            .internal()
            .doc("Households that exist."),
        computed("poor", "Int", &[statistics::POOR], statistics::count)
            .hides(Some(P::HouseholdRead), statistics::FEW)
            .internal()
            .doc("Of class POOR today."),
        computed("nearPoor", "Int", &[statistics::NEAR_POOR], statistics::count)
            .hides(Some(P::HouseholdRead), statistics::FEW)
            .internal()
            .doc("Of class NEAR_POOR today."),
        computed("newlyEscaped", "Int", &[statistics::NEWLY_ESCAPED], statistics::count)
            .hides(Some(P::HouseholdRead), statistics::FEW)
            .internal()
            .doc("Of class NEWLY_ESCAPED today."),
        computed("persons", "Int", &[statistics::PERSONS], statistics::count)
            .hides(Some(P::HouseholdRead), statistics::FEW)
            .internal()
            .doc("Living members of households."),
        computed("insuredPersons", "Int", &[statistics::INSURED_PERSONS, statistics::PERSONS], statistics::insured)
            .hides(Some(P::InsuranceRead), statistics::FEW)
            .internal()
            .doc("Of them, with health insurance today."),
        computed("loansOutstanding", "VND", &[statistics::LOANS_OUTSTANDING], statistics::lent)
            .hides(Some(P::LoanRead), "")
            .internal()
            .doc("Outstanding principal."),
        computed("loansOverdue", "VND", &[statistics::LOANS_OVERDUE], statistics::lent)
            .hides(Some(P::LoanRead), "")
            .internal()
            .doc("Overdue principal."),
        computed("benefitsPaid", "VND", &[statistics::BENEFITS_PAID, statistics::ASSISTANCE_PAID], statistics::paid)
            .hides(Some(P::BenefitRead), "")
            .internal()
            .doc("Benefits paid so far, but for monthly and urgent social assistance."),
        computed("assistancePaid", "VND", &[statistics::ASSISTANCE_PAID], statistics::assisted)
            .hides(Some(P::ProtectedCategoryRead), "without benefit:read")
            .internal()
            .doc("Monthly and urgent social assistance paid so far: live, for who may read of disabilities."),
    ],
)
.doc(STATISTICS_DOC)
.read_by(Readers::With(P::StatisticsLive))
.guard(P::StatisticsRead);

/// The same type for those who see statistics only: the last closed day.
pub static CLOSED_STATISTICS: Projection = Projection::plain(
    "StatisticsRow",
    "closed_figure",
    Rows::UnitInScope,
    &[
        one("unit", "AdminUnit!", &ADMIN_UNIT, "{c}.id = {t}.id").internal().doc("The district or commune."),
        instant("asOf", "DateTime!", "as_of").internal().doc("The last instant of the closed day."),
        column("households", "Int", "households").internal().doc("Households that existed."),
        column("poor", "Int", "poor").internal().doc("Of class POOR."),
        column("nearPoor", "Int", "near_poor").internal().doc("Of class NEAR_POOR."),
        column("newlyEscaped", "Int", "newly_escaped").internal().doc("Of class NEWLY_ESCAPED."),
        column("persons", "Int", "persons").internal().doc("Living members of households."),
        column("insuredPersons", "Int", "insured_persons").internal().doc("Of them, with health insurance."),
        column("loansOutstanding", "VND", "loans_outstanding").internal().doc("Outstanding principal."),
        column("loansOverdue", "VND", "loans_overdue").internal().doc("Overdue principal."),
        column("benefitsPaid", "VND", "benefits_paid")
            .internal()
            .doc("Benefits paid so far, but for monthly and urgent social assistance."),
        sql("assistancePaid", "VND", "CAST(NULL AS BIGINT)").internal().doc("No closed figure."),
    ],
)
.doc(STATISTICS_DOC)
.read_by(Readers::Without(P::StatisticsLive))
.guard(P::StatisticsRead);

const STATISTICS_DOC: &str = "One row a district or commune, within the caller's scope: live for officers, each figure for who can look at its \
     records one by one, and null for others. Roles that see statistics only get the closed figures of a day (`asOf`), from \
     which neither subtracting units nor days leads to fewer than five.";
