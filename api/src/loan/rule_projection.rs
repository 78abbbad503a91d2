//! How the dated rules of policy credit are read.

use crate::{
    access::Owned as O,
    law::{EFFECTIVE_FROM, EFFECTIVE_TO, RECORDED_BY, UNVERIFIED, VERSION},
    read::projection::{Field, Projection, Rows, boolean, column, many},
};

const BASIS: Field =
    column("basis", "Basis!", "basis").public().doc("Whether the law was read or it comes from elsewhere.");
const SOURCE: Field = column("source", "String!", "source").public().doc("The legal act, and how certain.");

pub static LOAN_CEILING: Projection = Projection::plain(
    "LoanCeiling",
    "loan_ceiling",
    Rows::Public,
    &[
        column("code", "String!", "code").public().doc("Unique on a day."),
        column("name", "String!", "name").public().doc("Vietnamese name."),
        column("maxAmount", "VND!", "max_amount")
            .public()
            .doc("What a household may owe and have been granted in its products together."),
        BASIS,
        UNVERIFIED,
        SOURCE,
        EFFECTIVE_FROM,
        EFFECTIVE_TO,
        boolean("abolished", "Boolean!", "abolished")
            .public()
            .doc("Whether nothing holds its products together after the last day; otherwise nothing is lent of them until another begins."),
        many(
            "products",
            "[LoanCeilingProduct!]!",
            &LOAN_CEILING_PRODUCT,
            "{c}.ceiling_id = {t}.id",
            "{c}.product_code",
        )
        .public()
        .doc("Those whose debts count together."),
        VERSION,
        RECORDED_BY,
    ],
)
.doc("A ceiling of a household over several products.")
.owned(O::CreditLaw);

pub static LOAN_CEILING_PRODUCT: Projection = Projection::plain(
    "LoanCeilingProduct",
    "loan_ceiling_product",
    Rows::Public,
    &[column("code", "String!", "product_code").public().doc("The product's.")],
)
.doc("A product that counts against a ceiling.");

pub static LOAN_RULE: Projection = Projection::plain(
    "LoanRule",
    "loan_rule",
    Rows::Public,
    &[
        column("code", "String!", "code").public().doc("OVERDUE_RATE, say; unique on a day."),
        column("name", "String!", "name").public().doc("Vietnamese name, with what the value is in."),
        column("value", "Decimal!", "value").public().doc("The number."),
        BASIS,
        UNVERIFIED,
        SOURCE,
        EFFECTIVE_FROM,
        EFFECTIVE_TO,
        VERSION,
        RECORDED_BY,
    ],
)
.doc("A number that the law sets for policy credit.")
.owned(O::CreditLaw);

pub static RISK_DEBT_RULE: Projection = Projection::plain(
    "RiskDebtRule",
    "risk_debt_rule",
    Rows::Public,
    &[
        column("code", "String!", "code").public().doc("Unique on a day."),
        column("change", "LoanChange!", "change").public().doc("What may be done."),
        column("damageFrom", "Int!", "damage_from").public().doc("From a damage of so many percent on."),
        column("damageBelow", "Int", "damage_below").public().doc("Below so many percent; null: to the whole."),
        column("termFrom", "Int!", "term_from").public().doc("For loans of so many months and more."),
        column("termTo", "Int", "term_to").public().doc("For loans of so many months and fewer; null: any."),
        column("maxMonths", "Int", "max_months").public().doc("The longest time."),
        column("maxShareOfTerm", "Int", "max_term_percent")
            .public()
            .doc("The longest time, as percent of the loan's term."),
        BASIS,
        UNVERIFIED,
        SOURCE,
        EFFECTIVE_FROM,
        EFFECTIVE_TO,
        VERSION,
        RECORDED_BY,
    ],
)
.doc("What may be done about a debt by how much the borrower lost for objective causes.")
.owned(O::CreditLaw);
