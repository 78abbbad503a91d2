//! The way of a participation's capital: from its advance over what came back to every advance that it was lent on to,
//! and so on from those. The trace goes on only through participations that the caller sees: of capital that went out of
//! sight, no more is told than that it was lent on.

use super::MODEL_PARTICIPATION;
use crate::read::projection::{Projection, page, sql};

/// The participation `{t}` and those that its capital went on to, by the day.
macro_rules! trace {
    () => {
        "WITH RECURSIVE trace(id) AS (SELECT {t}.id UNION SELECT p.id FROM trace r \
         JOIN capital_movement m ON m.participation_id = r.id AND m.kind = 'REINVESTMENT' AND m.occurred_on <= {day} \
         JOIN model_participation p ON p.id = m.to_participation_id WHERE {seen.p}) "
    };
}

/// A sum over the movements `m` of the trace.
macro_rules! moved {
    ($amount:literal) => {
        concat!(
            "(",
            trace!(),
            "SELECT CAST(COALESCE(sum(",
            $amount,
            "), 0) AS BIGINT) FROM trace r JOIN capital_movement m ON m.participation_id = r.id AND m.occurred_on <= {day})"
        )
    };
}

const RECOVERABLE: &str = concat!(
    "(",
    trace!(),
    "SELECT CAST(COALESCE(sum(p.recoverable_amount), 0) AS BIGINT) FROM trace r JOIN model_participation p ON p.id = r.id)"
);

/// What was lent on within the trace is no new money.
const NEW_MONEY: &str = moved!(
    "CASE WHEN m.kind = 'ADVANCE' THEN m.amount \
     WHEN m.kind = 'REINVESTMENT' AND m.to_participation_id IN (SELECT id FROM trace) THEN -m.amount ELSE 0 END"
);

pub static CAPITAL_TRACE: Projection = Projection::embedded(
    "CapitalTrace",
    &[
        sql("advanced", "VND!", moved!("CASE m.kind WHEN 'ADVANCE' THEN m.amount ELSE 0 END"))
            .personal()
            .doc("Given to the households of the trace."),
        sql("newMoney", "VND!", NEW_MONEY)
            .personal()
            .doc("Of that, what did not come back from households of the trace before."),
        sql("recoverable", "VND!", RECOVERABLE).personal().doc("To come back from them."),
        sql("recovered", "VND!", moved!("CASE m.kind WHEN 'RECOVERY' THEN m.amount ELSE 0 END"))
            .personal()
            .doc("Come back from them."),
        sql("reinvested", "VND!", moved!("CASE m.kind WHEN 'REINVESTMENT' THEN m.amount ELSE 0 END"))
            .personal()
            .doc("Of that, lent on: within the trace, or out of the caller's sight."),
        sql(
            "atHand",
            "VND!",
            moved!("CASE m.kind WHEN 'RECOVERY' THEN m.amount WHEN 'REINVESTMENT' THEN -m.amount ELSE 0 END"),
        )
        .personal()
        .doc("Come back and not yet lent on: recovered less reinvested."),
        page(
            "participations",
            "ModelParticipationConnection",
            &MODEL_PARTICIPATION,
            concat!("{c}.id IN (", trace!(), "SELECT id FROM trace)"),
        )
        .personal()
        .doc("The first one and those that its capital went on to, in order of entry."),
    ],
)
.doc(
    "Where the capital of one advance went: advanced = new money + what was lent on within the trace; recovered = reinvested + at hand.",
);
