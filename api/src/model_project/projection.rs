//! How model projects, the households in them and their revolving capital are read.

use super::trace::CAPITAL_TRACE;
use crate::{
    access::{Owned as O, Permission as P, Reach},
    household::HOUSEHOLD,
    place::ADMIN_UNIT,
    program::{PROGRAM, funding_share},
    read::projection::{Projection, Rows, column, embed, id, many, one, page, sql},
};

pub static MODEL_PROJECT: Projection = Projection::new(
    "ModelProject",
    "model_project",
    Rows::ScopedOrShared { members: &MODEL_PARTICIPATION, column: "project_id" },
    &[
        id(),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        column("code", "String!", "code").internal().doc("Unique."),
        column("name", "String!", "name").internal().doc("Vietnamese name."),
        column("track", "ModelTrack!", "track").internal().doc("A livelihood model or a pilot site."),
        column("level", "AdminLevel", "level").internal().doc("For a pilot site: the level that runs it."),
        one("site", "AdminUnit!", &ADMIN_UNIT, "{c}.id = {t}.site_id").internal().doc("Where it is."),
        column("status", "ModelStatus!", "status").internal().doc("Where it stands."),
        one("program", "Program", &PROGRAM, "{c}.id = {t}.program_id")
            .internal()
            .doc("The plan's program that it counts in."),
        column("startsOn", "Date", "starts_on").internal().doc("First day."),
        column("endsOn", "Date", "ends_on").internal().doc("Last day, as planned."),
        column("closedOn", "Date", "closed_on").internal().doc("The day it was closed; null until then."),
        many("funding", "[FundingShare!]", &MODEL_FUNDING, "{c}.project_id = {t}.id", "{c}.id")
            .internal()
            .doc("Whose money it is."),
        embed("capital", "ModelCapital", &MODEL_CAPITAL)
            .internal()
            .sums()
            .doc("Capital advanced, and what comes back, as far as the caller sees the households."),
        page("participants", "ModelParticipationConnection", &MODEL_PARTICIPATION, "{c}.project_id = {t}.id")
            .personal()
            .doc("The households in it, as far as the caller sees them."),
    ],
)
.doc("A livelihood model of 10 to 12 households, or a pilot site.")
.guard(P::ModelProjectRead)
.owned(O::ModelProject);

pub static MODEL_FUNDING: Projection =
    funding_share("model_funding", Rows::Through { parent: &MODEL_PROJECT, column: "project_id" })
        .guard(P::ModelProjectRead);

pub static MODEL_CAPITAL: Projection = Projection::embedded(
    "ModelCapital",
    &[
        sql("advanced", "VND!", "CAST((SELECT COALESCE(sum(p.support_amount), 0) FROM model_participation p WHERE p.project_id = {t}.id AND {seen.p}) AS BIGINT)")
            .internal().doc("Given to the households."),
        sql("recoverable", "VND!", "CAST((SELECT COALESCE(sum(p.recoverable_amount), 0) FROM model_participation p WHERE p.project_id = {t}.id AND {seen.p}) AS BIGINT)")
            .internal().doc("To come back at the close."),
        sql("recovered", "VND!", "CAST((SELECT COALESCE(sum(p.recovered_amount), 0) FROM model_participation p WHERE p.project_id = {t}.id AND {seen.p}) AS BIGINT)")
            .internal().doc("Come back so far."),
        sql("reinvested", "VND!", "CAST((SELECT COALESCE(sum(p.reinvested_amount), 0) FROM model_participation p WHERE p.project_id = {t}.id AND {seen.p}) AS BIGINT)")
            .internal().doc("Of that, advanced to other households."),
    ],
)
.doc(
    "Capital advanced to the households of a model, and what comes back to be lent on: of those that the caller sees, so \
     that a sum tells no more than the list of participants.",
);

pub static MODEL_PARTICIPATION: Projection = Projection::new(
    "ModelParticipation",
    "model_participation",
    Rows::Scoped(Reach::OfHousehold),
    &[
        id(),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        one("project", "ModelProject!", &MODEL_PROJECT, "{c}.id = {t}.project_id").personal().doc("Which model."),
        one("household", "Household", &HOUSEHOLD, "{c}.id = {t}.household_id").personal().doc("Which household."),
        column("supportAmount", "VND!", "support_amount").personal().doc("Capital given to the household."),
        many("funding", "[FundingShare!]!", &PARTICIPATION_FUNDING, "{c}.participation_id = {t}.id", "{c}.id")
            .personal()
            .doc("Whose money it is."),
        column("recoverableAmount", "VND!", "recoverable_amount")
            .personal()
            .doc("To come back: half of the state money of a livelihood model."),
        column("recoveredAmount", "VND!", "recovered_amount")
            .on_day(
                "(SELECT COALESCE(sum(m.amount), 0) FROM capital_movement m WHERE m.participation_id = {t}.id \
                 AND m.kind = 'RECOVERY' AND m.occurred_on <= {day})",
            )
            .personal()
            .doc("Come back from the household."),
        column("reinvestedAmount", "VND!", "reinvested_amount")
            .personal()
            .doc("Of that, advanced to other households."),
        column("outcome", "ParticipationOutcome!", "outcome")
            .on_day(
                "CASE WHEN (SELECT m.closed_on FROM model_project m WHERE m.id = {t}.project_id) <= {day} \
                 THEN {t}.outcome ELSE 'ONGOING' END",
            )
            .personal()
            .doc("What became of the household."),
        column("enrolledOn", "Date!", "enrolled_on").personal().doc("The day it joined."),
        many("movements", "[CapitalMovement!]", &CAPITAL_MOVEMENT, "{c}.participation_id = {t}.id", "{c}.id")
            .personal()
            .doc("Its capital, from the advance to what was lent on, in order of entry."),
        many("reinvestedFrom", "[CapitalMovement!]", &CAPITAL_MOVEMENT, "{c}.to_participation_id = {t}.id", "{c}.id")
            .personal()
            .doc("What the advance took from capital recovered elsewhere, as far as the caller sees it."),
        embed("capitalTrace", "CapitalTrace!", &CAPITAL_TRACE)
            .personal()
            .doc("Where its capital went: every advance that it was lent on to, and so on from those."),
    ],
)
.doc("A household in a model project.")
.guard(P::ModelProjectRead)
.owned(O::ModelProject)
.born("enrolled_on");

pub static CAPITAL_MOVEMENT: Projection = Projection::plain(
    "CapitalMovement",
    "capital_movement",
    Rows::Through { parent: &MODEL_PARTICIPATION, column: "participation_id" },
    &[
        column("kind", "CapitalMovementKind!", "kind").personal().doc("Advanced, paid back, or lent on."),
        column("amount", "VND!", "amount").personal().doc("How much."),
        column("occurredOn", "Date!", "occurred_on").personal().doc("The day."),
        column("reference", "String!", "reference")
            .personal()
            .doc("Of the receipt; of an advance, the project's code and a number."),
        one("participation", "ModelParticipation!", &MODEL_PARTICIPATION, "{c}.id = {t}.participation_id")
            .personal()
            .doc("Whose capital it was."),
        one("to", "ModelParticipation", &MODEL_PARTICIPATION, "{c}.id = {t}.to_participation_id")
            .personal()
            .doc("Of capital lent on: who got it; null where out of reach."),
    ],
)
.doc("A movement of a model's capital: every đồng from advance to recovery to the next advance.")
.guard(P::ModelProjectRead)
.born("occurred_on");

pub static PARTICIPATION_FUNDING: Projection =
    funding_share("participation_funding", Rows::Through { parent: &MODEL_PARTICIPATION, column: "participation_id" })
        .guard(P::ModelProjectRead);
