//! How the levels and coefficients of social assistance are read, and what urgent help gives.

use crate::{
    access::Owned as O,
    law::{EFFECTIVE_FROM, EFFECTIVE_TO, RECORDED_BY, UNVERIFIED, VERSION},
    read::projection::{Field, Projection, Rows, column},
};

const BASIS: Field = column("basis", "Basis!", "basis")
    .public()
    .doc("STATED where the law was read, INFERRED from it, or UNKNOWN: not verified.");
const SOURCE: Field = column("source", "String!", "source").public().doc("Where it was read, and how certain.");

pub static ASSISTANCE_LEVEL: Projection = Projection::plain(
    "AssistanceLevel",
    "assistance_level",
    Rows::Public,
    &[
        column("amount", "VND!", "amount").public().doc("A month."),
        BASIS,
        UNVERIFIED,
        SOURCE,
        column("effectiveFrom", "Date!", "effective_from").public().doc("First day; it holds until the next begins."),
        VERSION,
        RECORDED_BY,
    ],
)
.doc("The standard level of monthly social assistance from a day on.")
.owned(O::SupportLaw);

pub static ASSISTANCE_COEFFICIENT: Projection = Projection::plain(
    "AssistanceCoefficient",
    "assistance_coefficient",
    Rows::Public,
    &[
        column("ground", "AssistanceGround!", "code").public().doc("What it is due for."),
        column("coefficient", "Decimal!", "coefficient").public().doc("Times the standard level, or `level`."),
        column("level", "VND", "level")
            .public()
            .doc("The ground's own amount of a month, as the social pension has; null: of the standard level."),
        BASIS,
        UNVERIFIED,
        SOURCE,
        EFFECTIVE_FROM,
        EFFECTIVE_TO,
        VERSION,
        RECORDED_BY,
    ],
)
.doc("How many standard levels a ground of social assistance gives.")
.owned(O::SupportLaw);

pub static URGENT_HELP_RULE: Projection = Projection::plain(
    "UrgentHelpRule",
    "urgent_help_rule",
    Rows::Public,
    &[
        column("kind", "UrgentHelpKind!", "code").public().doc("After what it helps."),
        column("coefficient", "Decimal", "coefficient")
            .public()
            .doc("Times the standard level of the event's day; null where it is a sum."),
        column("amount", "VND", "amount").public().doc("A sum; null where it is times the standard level."),
        BASIS,
        UNVERIFIED,
        SOURCE,
        EFFECTIVE_FROM,
        EFFECTIVE_TO,
        VERSION,
        RECORDED_BY,
    ],
)
.doc("What urgent social assistance gives once after an event.")
.owned(O::SupportLaw);
