//! How loan products, loans and their ledger are read.

use entity::enums::{DamageRecordSigner, PersonCategory, PovertyClass};

use super::{figures, rule_projection::LOAN_CEILING, solvency};
use crate::{
    access::{Owned as O, Permission as P, Reach},
    household::{HOUSEHOLD, PERSON},
    law::RECORDED_BY,
    place::{ADMIN_UNIT, AGENCY},
    program::{PROGRAM, funding_share},
    read::projection::{
        Arg, Projection, Rows, column, computed, computed_objects, id, instant, many, one, page, set, sql,
    },
};

pub static LOAN_PRODUCT: Projection = Projection::new(
    "LoanProduct",
    "loan_product",
    Rows::Public,
    &[
        id(),
        column("code", "String!", "code").public().doc("Unique on a day; a new ceiling begins a new version."),
        column("name", "String!", "name").public().doc("Vietnamese name."),
        column("maxAmount", "VND!", "max_amount").public().doc("Ceiling of one loan."),
        column("maxTermMonths", "Int!", "max_term_months").public().doc("Longest term."),
        column("graceMonths", "Int!", "grace_months")
            .public()
            .doc("How long only interest falls due; 0 where principal does from the first month on."),
        sql("annualRate", "Decimal!", figures::RATE_AT_FIRST)
            .public()
            .doc("Percent a year, on the first day; `Loan.rates` has what came later."),
        set("eligibleClasses", "[PovertyClass!]!", "eligible_classes", PovertyClass::NAMES)
            .public()
            .doc("Whose households may borrow; empty: any."),
        set("eligibleCategories", "[PersonCategory!]!", "eligible_categories", PersonCategory::NAMES)
            .public()
            .doc("Who may borrow whatever the class."),
        column("eligibleArea", "AreaKind", "eligible_area")
            .public()
            .doc("Where the household must live; null: anywhere."),
        many("ceilings", "[LoanCeiling!]!", &LOAN_CEILING, "{c}p.product_code = {t}.code", "{c}.effective_from")
            .join("JOIN loan_ceiling_product {c}p ON {c}p.ceiling_id = {c}.id")
            .public()
            .doc("Ceilings of a household over this product and others."),
        column("purpose", "SupportPurpose!", "purpose").public().doc("What the money is for."),
        column("basis", "Basis!", "basis").public().doc("Whether the law was read or the figures come from elsewhere."),
        column("source", "String!", "source").public().doc("The legal act, and how certain."),
        column("effectiveFrom", "Date!", "effective_from").public().doc("First day of this version."),
        column("effectiveTo", "Date", "effective_to").public().doc("Last day of this version; null while it lasts."),
        many("rates", "[LoanRate!]!", &LOAN_RATE, "{c}.product_code = {t}.code", "{c}.effective_from")
            .public()
            .doc("The product's, whatever the version."),
        column("version", "Int!", "version").public().doc("Counts the writes."),
        RECORDED_BY,
    ],
)
.doc("A kind of policy credit with its ceiling, term and rate.")
.owned(O::CreditLaw);

pub static LOAN: Projection = Projection::new(
    "Loan",
    "loan",
    Rows::Scoped(Reach::Loan),
    &[
        id(),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        column("contractNumber", "String!", "contract_number").sensitive().doc("The bank's; a request's own number until the bank gives one."),
        one("product", "LoanProduct!", &LOAN_PRODUCT, "{c}.id = {t}.product_id").sensitive().doc("As it was when the loan was asked for."),
        one("program", "Program", &PROGRAM, "{c}.id = {t}.program_id").sensitive().doc("The plan's program that it counts in."),
        one("household", "Household", &HOUSEHOLD, "{c}.id = {t}.household_id").sensitive().doc("The borrowing household."),
        one("borrower", "Person", &PERSON, "{c}.id = {t}.borrower_id").sensitive().doc("Who signed for the household."),
        one("group", "SavingsGroup", &SAVINGS_GROUP, "{c}.id = {t}.group_id").sensitive().doc("The savings and credit group that vetted it."),
        column("status", "LoanStatus!", "status")
            .on_day(figures::STATUS_THEN)
            .sensitive().doc("Where it stands."),
        column("principal", "VND", "principal").sensitive().doc("As approved; as asked for before that."),
        many("rates", "[LoanRate!]", &LOAN_RATE, "{c}.product_code = {t}.product_code", "{c}.effective_from")
            .sensitive().doc("Dated: a rate can change under a running loan."),
        column("termMonths", "Int!", "term_months").sensitive().doc("Months from the disbursement."),
        column("graceMonths", "Int!", "grace_months").sensitive().doc("Those of them in which only interest falls due; 0 until approved."),
        column("approvedOn", "Date", "approved_on")
            .on_day("CASE WHEN {t}.approved_on <= {day} THEN {t}.approved_on END")
            .sensitive().doc("Null until approved."),
        column("disbursedOn", "Date", "disbursed_on").on_day(figures::DISBURSED_THEN).sensitive().doc("The first disbursement; null before it."),
        column("maturesOn", "Date", "matures_on")
            .on_day("CASE WHEN {t}.disbursed_on <= {day} THEN {t}.matures_on END")
            .sensitive().doc("The last day to repay."),
        column("outstandingPrincipal", "VND", "outstanding_principal")
            .on_day(figures::OUTSTANDING_THEN)
            .sensitive().doc("Principal paid out and not yet repaid."),
        column("overduePrincipal", "VND", "overdue_principal")
            .on_day("CAST(NULL AS BIGINT)")
            .sensitive().doc("The part of it that is past its day; not kept for past days."),
        computed("accruedInterest", "VND", figures::INTEREST_INPUTS, figures::accrued_interest)
            .args(&[Arg { name: "on", ty: "Date", doc: "Up to this day; today without it." }])
            .sensitive().doc("Interest from the last interest payment to the day, by actual days over 365, half a đồng of each charge rounded up; overdue interest is in it. Null where nothing in force says how much for one of the days."),
        computed("overdueInterest", "VND", figures::INTEREST_INPUTS, figures::overdue_interest)
            .args(&[Arg { name: "on", ty: "Date", doc: "Up to this day; today without it." }])
            .sensitive().doc("The part of it since the maturity, at 130% of the rate (`loanRules`: OVERDUE_RATE); null as it is."),
        computed("interestSupport", "VND", figures::INTEREST_INPUTS, figures::interest_support)
            .args(&[Arg { name: "on", ty: "Date", doc: "Up to this day; today without it." }])
            .sensitive().doc("What the State pays of the interest in term, taken off `accruedInterest` already (`loanRules`: INTEREST_SUPPORT, unverified); null as it is."),
        one("override", "LoanOverride", &LOAN_OVERRIDE, "{c}.loan_id = {t}.id")
            .on_day("{c}.loan_id = {t}.id AND {c}.at <= {day_end}")
            .sensitive().doc("Where it was granted against a rule: by whom and why."),
        many("funding", "[FundingShare!]", &LOAN_FUNDING, "{c}.loan_id = {t}.id", "{c}.id").sensitive().doc("Whose money it is."),
        computed_objects("schedule", "[Instalment!]", &INSTALMENT, figures::SCHEDULE_INPUTS, figures::schedule)
            .sensitive().doc("Every month from the disbursement, equal instalments of the principal after the grace; what is paid counts from the first of them."),
        many("solvencyAnalyses", "[SolvencyAnalysis!]", &SOLVENCY_ANALYSIS, "{c}.loan_id = {t}.id", "{c}.analysed_on")
            .on_day("{c}.loan_id = {t}.id AND {c}.analysed_on <= {day}")
            .sensitive().doc("What was found of whether the borrower can repay, in order of their days."),
        computed("solvencyAnalysisDueOn", "Date", solvency::DUE_INPUTS, solvency::due_on)
            .sensitive().doc("When that is to be analysed next: so many years (`loanRules`: SOLVENCY_ANALYSIS_YEARS) after the last analysis, before the first one after the first disbursement. Null where nothing is owed."),
        page("transactions", "LoanTransactionConnection", &LOAN_TRANSACTION, "{c}.loan_id = {t}.id")
            .sensitive().doc("The ledger, in order of entry."),
    ],
)
.doc("A policy loan of the Social Policy Bank to a household.")
.guard(P::LoanRead)
.owned(O::Loan)
.born("requested_on");

pub static SAVINGS_GROUP: Projection = Projection::new(
    "SavingsGroup",
    "savings_group",
    Rows::Scoped(Reach::Loan),
    &[
        id(),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        column("code", "String!", "code").internal().doc("Unique."),
        column("name", "String!", "name").internal().doc("Vietnamese name."),
        column("organisation", "MassOrganisation!", "organisation")
            .internal()
            .doc("The mass organisation that runs it."),
        one("commune", "AdminUnit!", &ADMIN_UNIT, "{c}.id = {t}.commune_id").internal().doc("Where it is."),
        one("hamlet", "AdminUnit", &ADMIN_UNIT, "{c}.id = {t}.hamlet_id").internal().doc("The hamlet of its members."),
        column("members", "Int!", "members").internal().doc("Members, as the organisation counts them: 5 to 60."),
        page("loans", "LoanConnection", &LOAN, "{c}.group_id = {t}.id")
            .sensitive()
            .doc("Loans that it vetted, as far as the caller sees them."),
    ],
)
.doc("A savings and credit group (tổ tiết kiệm và vay vốn): it vets requests, and a mass organisation runs it.")
.guard(P::LoanRead)
.owned(O::SavingsGroup);

pub static LOAN_RATE: Projection = Projection::plain(
    "LoanRate",
    "loan_rate",
    Rows::Public,
    &[
        column("annualRate", "Decimal!", "annual_rate").public().doc("Percent a year."),
        column("from", "Date!", "effective_from").public().doc("First day of the rate."),
        column("basis", "Basis!", "basis").public().doc("Whether the law was read or the rate comes from elsewhere."),
        column("source", "String!", "source").public().doc("The legal act, and how certain."),
        column("version", "Int!", "version").public().doc("Counts the writes."),
        RECORDED_BY,
    ],
)
.doc("The rate of a product from a day on, for balances already outstanding too.")
.owned(O::CreditLaw);

pub static LOAN_FUNDING: Projection =
    funding_share("loan_funding", Rows::Through { parent: &LOAN, column: "loan_id" }).guard(P::LoanRead);

pub static LOAN_OVERRIDE: Projection = Projection::plain(
    "LoanOverride",
    "loan_override",
    Rows::Through { parent: &LOAN, column: "loan_id" },
    &[
        column("rule", "String!", "rule").sensitive().doc("A fixed word: SAME_PURPOSE."),
        column("note", "String!", "note").sensitive().doc("Why, in the bank's words."),
        instant("at", "DateTime!", "at").sensitive().doc("When."),
        one("by", "Agency!", &AGENCY, "{c}.id = {t}.agency_id").sensitive().doc("Which agency."),
    ],
)
.doc("The leave to lend to a household for what a program pays it in the same year.")
.guard(P::LoanRead);

pub static SOLVENCY_ANALYSIS: Projection = Projection::plain(
    "SolvencyAnalysis",
    "solvency_analysis",
    Rows::Through { parent: &LOAN, column: "loan_id" },
    &[
        column("analysedOn", "Date!", "analysed_on").sensitive().doc("The day of it."),
        column("finding", "String!", "finding").sensitive().doc("What was found, in the bank's words."),
        instant("at", "DateTime!", "at").sensitive().doc("When it was recorded."),
        one("by", "Agency!", &AGENCY, "{c}.id = {t}.agency_id").sensitive().doc("By which agency."),
    ],
)
.doc("What the bank found of whether a borrower can repay, which it analyses every three years (Decision 976/QĐ-TTg 2015).")
.guard(P::LoanRead);

pub static INSTALMENT: Projection = Projection::embedded(
    "Instalment",
    &[
        sql("number", "Int!", "").sensitive().doc("From 1."),
        sql("dueOn", "Date!", "").sensitive().doc("Due on this day."),
        sql("principal", "VND!", "").sensitive().doc("Principal due."),
        sql("interest", "VND!", "").sensitive().doc("Interest of the time since the instalment before."),
        sql("paid", "VND!", "").sensitive().doc("Principal of it that is paid."),
    ],
)
.doc("One part of a loan, due on a day.");

pub static LOAN_TRANSACTION: Projection = Projection::new(
    "LoanTransaction",
    "loan_transaction",
    Rows::Through { parent: &LOAN, column: "loan_id" },
    &[
        id(),
        column("kind", "LoanTransactionKind!", "kind").sensitive().doc("What happened."),
        column("amount", "VND!", "amount").sensitive().doc("Always positive; the kind tells the direction."),
        column("occurredOn", "Date!", "occurred_on").sensitive().doc("The day it happened."),
        column("reference", "String!", "reference")
            .sensitive()
            .doc("The bank's own receipt; one receipt can carry principal and interest."),
        column("balanceAfter", "VND!", "balance_after").sensitive().doc("Outstanding principal after it."),
        column("until", "Date", "until_on").sensitive().doc("The last day of an extension or a freeze."),
        column("cause", "RiskDebtCause", "cause").sensitive().doc("What made the debt a risk debt."),
        column("damagePercent", "Decimal", "damage_percent").sensitive().doc("How much was lost, 0 to 100."),
        column("reason", "String", "reason").sensitive().doc("Why, in the bank's words."),
        column("damageRecord", "String", "damage_record").sensitive().doc("The number of the record of the damage."),
        column("damageRecordedOn", "Date", "damage_recorded_on").sensitive().doc("The day of that record."),
        set("damageSignedBy", "[DamageRecordSigner!]!", "damage_signed_by", DamageRecordSigner::NAMES)
            .sensitive()
            .doc("Who signed that record."),
        one("reverses", "LoanTransaction", &LOAN_TRANSACTION, "{c}.id = {t}.reverses_id")
            .sensitive()
            .doc("What a REVERSAL undoes."),
    ],
)
.doc("An entry of a loan's ledger. Append-only; a mistake is undone by a REVERSAL that names it.")
.guard(P::LoanRead)
.owned(O::Loan)
.born("occurred_on");
