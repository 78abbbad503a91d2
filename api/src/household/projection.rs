//! How households and their people, coverages and poverty reviews are read.

use entity::enums::{Deprivation, HouseholdCategory, PersonCategory, ProtectedCategory};

use super::{filter, known::KNOWN_DEPRIVATION, standing};
use crate::{
    access::{Owned as O, Permission as P, Reach, hidden},
    loan::LOAN,
    model_project::MODEL_PARTICIPATION,
    place::{ADMIN_UNIT, AGENCY},
    program::{
        BENEFIT,
        assistance_due::{self, SOCIAL_ASSISTANCE},
    },
    read::projection::{
        Arg, History, Projection, Rows, Sort, SortKind, column, computed, computed_objects, filtered, id, instant,
        many, one, one_of, page, set, sql,
    },
    sponsorship::{GIFT, SPONSORSHIP},
};

/// The class in force on a day: a decision may take effect later than it was made.
pub const CLASS_NOW: &str = "CASE WHEN {t}.next_class_on <= {day} THEN {t}.next_class ELSE {t}.poverty_class END";

/// Members of a household on a day: those of now who had joined, and those who have left since.
const MEMBERS_THEN: &str = "{c}.id IN (SELECT id FROM person WHERE household_id = {t}.id AND joined_on <= {day} \
     UNION SELECT person_id FROM membership_history WHERE household_id = {t}.id AND joined_on <= {day} \
     AND left_on > {day})";

pub static HOUSEHOLD: Projection = Projection::new(
    "Household",
    "household",
    Rows::Scoped(Reach::Household),
    &[
        id(),
        column("code", "String!", "code").personal().doc("Begins with the code of the commune that registered it."),
        column("version", "Int!", "version")
            .internal()
            .doc("Counts the writes; an update names the version it was meant for."),
        column("address", "String", "address").personal().doc("House number, street, hamlet."),
        one("commune", "AdminUnit!", &ADMIN_UNIT, "{c}.id = {t.commune_id}")
            .owned(O::Registry)
            .personal()
            .doc("Where the household lives."),
        one("hamlet", "AdminUnit", &ADMIN_UNIT, "{c}.id = {t.hamlet_id}")
            .owned(O::Registry)
            .personal()
            .doc("Hamlet or urban quarter."),
        column("areaKind", "AreaKind!", "area_kind").personal().doc("Which poverty line applies."),
        sql("povertyClass", "PovertyClass", CLASS_NOW)
            .on_day(
                "(SELECT r.decided_class FROM poverty_review r WHERE r.household_id = {t}.id \
                 AND r.decided_class IS NOT NULL AND r.effective_from <= {day} \
                 AND (r.effective_to IS NULL OR r.effective_to >= {day}) \
                 ORDER BY r.effective_from DESC, r.id DESC LIMIT 1)",
            )
            .personal()
            .doc("The class in force today (or on `on` of the query); null where the household was never reviewed."),
        sql("escapedOn", "Date", standing::ESCAPED_ON)
            .personal()
            .doc("Since when it is off the list of the poor and near-poor; null while it is on it, or never was."),
        computed("newlyEscapedUntil", "Date", &[standing::ESCAPED_ON], standing::newly_escaped_until)
            .personal()
            .doc("The last day on which it counts as newly escaped for credit: three years."),
        set("categories", "[HouseholdCategory!]", "categories", HouseholdCategory::NAMES)
            .personal()
            .doc("Groups with support of their own."),
        one("head", "Person", &PERSON, "{c}.household_id = {t}.id AND {c}.relationship = 'HEAD'")
            .on_day(HEAD_THEN)
            .owned(O::Registry)
            .personal()
            .doc("The head of the household."),
        many("members", "[Person!]!", &PERSON, "{c}.household_id = {t}.id", "{c}.id")
            .on_day(MEMBERS_THEN)
            .owned(O::Registry)
            .personal()
            .doc("Everybody in the household, the head included."),
        many("reviews", "[PovertyReview!]", &POVERTY_REVIEW, "{c}.household_id = {t}.id", "{c}.reviewed_on, {c}.id")
            .personal()
            .doc("Poverty reviews, oldest first."),
        many(
            "knownDeprivations",
            "[KnownDeprivation!]",
            &KNOWN_DEPRIVATION,
            "{c}.household_id = {t}.id",
            "{c}.position",
        )
        .sensitive()
        .doc("What other agencies' records tell of the twelve indicators on the day of the read."),
        page("benefits", "BenefitConnection", &BENEFIT, "{c}.household_id = {t}.id")
            .filter(&filtered("BenefitFilter"), crate::program::benefit_filter)
            .personal()
            .doc("Support granted to the household or to one of its people."),
        page("loans", "LoanConnection", &LOAN, "{c}.household_id = {t}.id")
            .filter(&filtered("LoanFilter"), crate::loan::loan_filter)
            .sensitive()
            .doc("Policy credit."),
        many("participations", "[ModelParticipation!]", &MODEL_PARTICIPATION, "{c}.household_id = {t}.id", "{c}.id")
            .personal()
            .doc("Model projects that the household takes part in."),
        page("gifts", "GiftConnection", &GIFT, "{c}.household_id = {t}.id").personal().doc("What sponsors gave to it."),
        many("sponsorships", "[Sponsorship!]", &SPONSORSHIP, "{c}.household_id = {t}.id", "{c}.starts_on, {c}.id")
            .personal()
            .doc("The sponsors that look after it, or did."),
        page("timeline", "MoneyEventConnection", &MONEY_EVENT, "{c}.household_id = {t}.id")
            .arguments(TIMELINE_ARGS, filter::timeline)
            .sort(Sort::by("on", "occurred_on", SortKind::Date))
            .personal()
            .doc("Every đồng in and out that the caller may see, in date order."),
        column("dissolvedOn", "Date", "dissolved_on").personal().doc("The day it ended; null while it lasts."),
        instant("updatedAt", "DateTime!", "updated_at").internal().doc("When it was last written."),
        one("updatedBy", "Agency", &AGENCY, "{c}.id = {t}.updated_by").internal().doc("The agency that last wrote it."),
    ],
)
.doc("People who live together, as the commune registers them.")
.guard(P::HouseholdRead)
.owned(O::Registry)
.born("registered_on")
.history(History {
    table: "household_history",
    of: "household_id",
    on: "{h}.valid_from <= {day} AND {h}.valid_to >= {day}",
    columns: &["commune_id", "hamlet_id", "area_kind", "address", "categories"],
});

/// The head of a household on a day.
const HEAD_THEN: &str = "{c}.id IN (SELECT id FROM person WHERE household_id = {t}.id AND joined_on <= {day} AND relationship = 'HEAD' \
     UNION SELECT person_id FROM membership_history WHERE household_id = {t}.id AND joined_on <= {day} \
     AND left_on > {day} AND relationship = 'HEAD')";

const TIMELINE_ARGS: &[Arg] = &[
    Arg { name: "from", ty: "Date", doc: "From this day on." },
    Arg { name: "to", ty: "Date", doc: "To this day, included." },
    Arg { name: "first", ty: "Int", doc: "The first so many, at most 1,000." },
    Arg { name: "after", ty: "String", doc: "After this cursor." },
    Arg { name: "last", ty: "Int", doc: "The last so many, at most 1,000." },
    Arg { name: "before", ty: "String", doc: "Before this cursor." },
];

pub static PERSON: Projection = Projection::new(
    "Person",
    "person",
    Rows::Scoped(Reach::Person),
    &[
        id(),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        column("fullName", "String!", "full_name").personal().doc("As on the identity card."),
        column("nationalId", "String", "national_id")
            .guard(P::NationalIdRead)
            .personal()
            .doc("12-digit personal number; null where the person has none."),
        computed("nationalIdMasked", "String", &["{t}.national_id"], filter::masked)
            .guard(P::NationalIdMaskedRead)
            .personal()
            .doc("The last three digits only, for roles that compare papers and don't need the number."),
        column("dateOfBirth", "Date", "date_of_birth").personal().doc("Null where the papers don't say."),
        column("sex", "Sex", "sex").personal().doc("As on the identity card."),
        column("relationshipToHead", "Relationship", "relationship")
            .personal()
            .doc("Null for a person of no household."),
        one("household", "Household", &HOUSEHOLD, "{c}.id = {t.household_id}")
            .personal()
            .doc("Null for a person of no household."),
        set("categories", "[PersonCategory!]", "categories", PersonCategory::NAMES)
            .personal()
            .doc("Groups with support of their own."),
        set("protectedCategories", "[ProtectedCategory!]", "protected_categories", ProtectedCategory::NAMES)
            .guard(P::ProtectedCategoryRead)
            .owned(O::ProtectedCategories)
            .sensitive()
            .doc("Sensitive ones, kept apart because other roles read them."),
        column("diedOn", "Date", "died_on").personal().doc("Null while the person lives."),
        many(
            "insurance",
            "[InsuranceCoverage!]",
            &INSURANCE_COVERAGE,
            "{c}.person_id = {t}.id",
            "{c}.valid_from, {c}.id",
        )
        .arguments(
            &[
                Arg { name: "on", ty: "Date", doc: "Valid on this day." },
                Arg { name: "kinds", ty: "[InsuranceKind!]", doc: "Of these kinds." },
            ],
            filter::coverage,
        )
        .personal()
        .doc("Coverages valid on the day; all of them without an argument."),
        computed_objects(
            "socialAssistance",
            "SocialAssistance",
            &SOCIAL_ASSISTANCE,
            assistance_due::INPUTS,
            assistance_due::social_assistance,
        )
        .args(&[Arg { name: "on", ty: "Date", doc: "On this day; today without it." }])
        .guard(P::ProtectedCategoryRead)
        .sensitive()
        .doc("Monthly social assistance due by what the register knows; null where no level was in force, or after death."),
    ],
)
.doc("A person, known by a personal number for life where there is one.")
.guard(P::HouseholdRead)
.owned(O::Registry)
.history(History {
    table: "membership_history",
    of: "person_id",
    on: "{h}.joined_on <= {day} AND {h}.left_on > {day}",
    columns: &["household_id", "relationship"],
});

pub static INSURANCE_COVERAGE: Projection = Projection::new(
    "InsuranceCoverage",
    "insurance_coverage",
    Rows::Through { parent: &PERSON, column: "person_id" },
    &[
        id(),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        column("kind", "InsuranceKind!", "kind").personal().doc("Health, social or unemployment insurance."),
        column("number", "String", "number").personal().doc("Card or book number."),
        column("participantGroup", "String", "participant_group")
            .sensitive()
            .doc("Code of the group: HN poor, CN near-poor."),
        column("validFrom", "Date!", "valid_from").personal().doc("First day."),
        column("validTo", "Date", "valid_to").personal().doc("Last day; null while it lasts."),
    ],
)
.doc("One coverage of a person over a time.")
.guard(P::InsuranceRead)
.owned(O::Insurance)
.born("valid_from");

pub static POVERTY_REVIEW: Projection = Projection::new(
    "PovertyReview",
    "poverty_review",
    Rows::Through { parent: &HOUSEHOLD, column: "household_id" },
    &[
        id(),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        one("standard", "PovertyStandard!", &POVERTY_STANDARD, "{c}.id = {t}.standard_id")
            .internal()
            .doc("In force on the day of the review."),
        column("reviewedOn", "Date!", "reviewed_on").personal().doc("The day of the review."),
        column("areaKind", "AreaKind!", "area_kind")
            .personal()
            .doc("Whose lines applied: urban or rural, as the commune was on that day."),
        column("scoreA", "Int", "score_a").personal().doc("Income score, `điểm A` (Circular 07/2021/TT-BLĐTBXH)."),
        column("scoreB", "Int", "score_b").personal().doc("Deprivation score, `điểm B`: 10 points an indicator."),
        column("formVersion", "String", "form_version")
            .internal()
            .doc("The form that was counted by; never recomputed under a later one."),
        column("incomePerCapita", "VND", "income_per_capita").personal().doc("Per person and month."),
        set("deprivations", "[Deprivation!]", "deprivations", Deprivation::NAMES)
            .sensitive()
            .doc("Of the twelve indicators."),
        sql("computedClass", "PovertyClass!", "{t}.computed_class")
            .personal()
            .doc("By the standard, from income and deprivations."),
        column("decidedClass", "PovertyClass", "decided_class")
            .owned(O::PovertyDecision)
            .personal()
            .doc("By the commune's decision; null until decided."),
        column("decisionNumber", "String", "decision_number")
            .owned(O::PovertyDecision)
            .personal()
            .doc("The commune's decision."),
        column("effectiveFrom", "Date", "effective_from")
            .owned(O::PovertyDecision)
            .personal()
            .doc("Null until decided."),
        column("effectiveTo", "Date", "effective_to")
            .owned(O::PovertyDecision)
            .personal()
            .doc("Last day in force; null while it lasts."),
    ],
)
.doc("One yearly or monthly review of a household under one dated poverty standard.")
.guard(P::ReviewRead)
.owned(O::PovertyReview)
.born("reviewed_on");

pub static POVERTY_STANDARD: Projection = Projection::new(
    "PovertyStandard",
    "poverty_standard",
    Rows::Public,
    &[
        id(),
        column("version", "Int!", "version").public().doc("Counts the writes."),
        column("code", "String!", "code").public().doc("Unique."),
        column("decree", "String!", "decree").public().doc("The legal act."),
        column("ruralLine", "VND!", "rural_line").public().doc("Income per person and month."),
        column("urbanLine", "VND!", "urban_line").public().doc("Income per person and month."),
        column("ruralAverageLine", "VND", "rural_average_line")
            .public()
            .doc("Up to here a household above the line is AVERAGE; null where it isn't known."),
        column("urbanAverageLine", "VND", "urban_average_line")
            .public()
            .doc("Up to here a household above the line is AVERAGE; null where it isn't known."),
        column("deprivationsForPoor", "Int!", "deprivations_for_poor")
            .public()
            .doc("So many of the twelve make a household poor."),
        column("basis", "Basis!", "basis").public().doc("Whether all of this was read in published text."),
        column("source", "String!", "source").public().doc("Where it was read; ends with how certain it is."),
        column("ruralScoreLine", "Int", "rural_score_line").public().doc(
            "Score A up to which a household is under the line; null, like the others, where the form isn't known.",
        ),
        column("urbanScoreLine", "Int", "urban_score_line").public().doc("The same in wards and townships."),
        column("pointsADeprivation", "Int", "points_a_deprivation").public().doc("Of score B."),
        column("scoreForPoor", "Int", "score_for_poor")
            .public()
            .doc("Score B from which a household under the line is poor."),
        column("scoreBasis", "Basis!", "score_basis").public().doc("How certain the scores' limits are."),
        column("scoreSource", "String", "score_source").public().doc("Where they were read."),
        column("effectiveFrom", "Date!", "effective_from").public().doc("First day in force."),
        column("effectiveTo", "Date", "effective_to").public().doc("Last day in force; null while it lasts."),
        one("recordedBy", "Agency", &AGENCY, "{c}.id = {t}.recorded_by")
            .public()
            .doc("The agency that recorded or corrected it; null for what came with the service."),
    ],
)
.doc("Lines and indicators by which poverty is measured, with the days they are in force.")
.owned(O::Standard);

pub static MONEY_EVENT: Projection = Projection::new(
    "MoneyEvent",
    "money_event",
    Rows::ScopedByKind {
        column: "kind",
        kinds: &[
            ("BENEFIT", P::BenefitRead),
            ("INSURANCE_SUBSIDY", P::BenefitRead),
            ("LOAN_DISBURSEMENT", P::LoanRead),
            ("LOAN_REPAYMENT", P::LoanRead),
            ("LOAN_INTEREST", P::LoanRead),
            ("MODEL_CAPITAL", P::ModelProjectRead),
            ("CAPITAL_RECOVERY", P::ModelProjectRead),
            ("SPONSORSHIP", P::SponsorshipRead),
        ],
    },
    &[
        id(),
        column("on", "Date!", "occurred_on").sensitive().doc("The day the money moved."),
        column("kind", "MoneyEventKind!", "kind").sensitive().doc("What moved."),
        column("amount", "VND!", "amount").sensitive().doc("Always positive; the kind tells the direction."),
        column("source", "FundingSource", "source")
            .sensitive()
            .doc("Whose money; null where it isn't recorded for the movement."),
        one_of("subject", "Node", "subject_type", "subject_id", &[&BENEFIT, &LOAN, &MODEL_PARTICIPATION, &GIFT])
            .sensitive()
            .doc("The benefit, loan, participation or gift that it belongs to."),
    ],
)
.doc("A movement of money into or out of a household.")
.guard(P::HouseholdRead)
.hiding(hidden::ASSISTANCE_PAID)
.lettered()
.born("occurred_on");
