//! The classification of debts on a day, which is taken yearly on 31 December (Decision 976/QĐ-TTg of 2015; `rules.md` K4):
//! what the ledgers of a unit's loans say was owed at the end of the day, and whether it was in term, overdue or frozen.
//!
//! An entry counts from its day, unless it was reversed, whenever that was. A freeze counts to its last day, as for interest, also where nobody lifted it. Days are compared as whole
//! numbers, so that both databases add months to a day alike.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde_json::Value;

use crate::{
    access::Permission as P,
    error::{Failure, Result},
    household::number,
    place::ADMIN_UNIT,
    read::{
        compute::Inputs,
        projection::{Field, Projection, Rows, column, computed, computed_objects, many, one, sql},
    },
};

/// Whether an entry is of the day or before and holds: what is reversed counts as though it had never been, as for interest. The
/// same entered anew for its true day would count twice else.
macro_rules! in_force {
    ($entry:literal) => {
        concat!(
            "(",
            $entry,
            ".occurred_on <= {day} AND NOT EXISTS (SELECT 1 FROM loan_transaction r WHERE r.reverses_id = ",
            $entry,
            ".id))"
        )
    };
}

/// The unit `{t}`, its parts and theirs: one by one, so that the loans of a small one are looked up by their commune.
macro_rules! units {
    () => {
        "(SELECT u.id FROM admin_unit u WHERE u.id = {t}.id UNION ALL SELECT u.id FROM admin_unit u WHERE u.parent_id = {t}.id \
         UNION ALL SELECT u.id FROM admin_unit v JOIN admin_unit u ON u.parent_id = v.id WHERE v.parent_id = {t}.id)"
    };
}

/// What each loan of the unit owed, and its first disbursement, its last extension, its freezes.
macro_rules! owed {
    () => {
        concat!(
            "(SELECT l.id, l.product_code, l.term_months, \
             sum(CASE x.kind WHEN 'DISBURSEMENT' THEN x.amount WHEN 'PRINCIPAL_REPAYMENT' THEN -x.amount \
             WHEN 'WRITE_OFF' THEN -x.amount ELSE 0 END) AS principal, \
             min(CASE x.kind WHEN 'DISBURSEMENT' THEN x.occurred_on END) AS disbursed_on, \
             max(CASE x.kind WHEN 'EXTENSION' THEN x.until_on END) AS extended_to, \
             sum(CASE x.kind WHEN 'FREEZE' THEN 1 ELSE 0 END) AS freezes FROM ",
            units!(),
            " w JOIN loan l ON l.commune_id = w.id JOIN loan_transaction x ON x.loan_id = l.id \
             WHERE x.kind NOT IN ('INTEREST_PAYMENT', 'REVERSAL') AND ",
            in_force!("x"),
            " AND {seen_loan.l} GROUP BY l.id, l.product_code, l.term_months)"
        )
    };
}

/// Whether the loan `d` was frozen: the last that was entered of freezes and their ends is a freeze, whose last day is not
/// over.
macro_rules! frozen {
    () => {
        concat!(
            "d.freezes > 0 AND EXISTS (SELECT 1 FROM loan_transaction f WHERE f.loan_id = d.id AND f.kind = 'FREEZE' AND ",
            in_force!("f"),
            " AND (f.until_on IS NULL OR f.until_on >= {day}) AND NOT EXISTS (SELECT 1 FROM loan_transaction y \
             WHERE y.loan_id = f.loan_id AND y.kind IN ('FREEZE', 'UNFREEZE') AND ",
            in_force!("y"),
            " AND (y.occurred_on > f.occurred_on OR y.occurred_on = f.occurred_on AND y.id > f.id)))"
        )
    };
}

/// So many months after a day as a number: months times 100, and the day of the month. One that its month doesn't have
/// needs no care: the month's last day, which stands for it, is before no day of that month either.
macro_rules! months_after {
    ($day:literal, $months:literal) => {
        concat!(
            "((",
            number!($day),
            " / 10000 * 12 + ",
            number!($day),
            " / 100 % 100 + ",
            $months,
            ") * 100 + ",
            number!($day),
            " % 100)"
        )
    };
}

/// Whether the last day to repay the loan `d` was over.
macro_rules! late {
    () => {
        concat!(
            "CASE WHEN d.extended_to IS NULL THEN ",
            months_after!("d.disbursed_on", "d.term_months"),
            " < ",
            months_after!("{day}", "0"),
            " ELSE d.extended_to < {day} END"
        )
    };
}

/// Class, number of loans, principal and product; one text, so that all is summed at once.
const DEBTS: &str = concat!(
    "(SELECT string_agg(g.class || ':' || CAST(g.loans AS TEXT) || ':' || CAST(g.principal AS TEXT) || ':' || g.product_code, '\n') \
     FROM (SELECT c.class, c.product_code, count(*) AS loans, CAST(sum(c.principal) AS BIGINT) AS principal FROM (SELECT CASE WHEN ",
    frozen!(),
    " THEN 'FROZEN' WHEN ",
    late!(),
    " THEN 'OVERDUE' ELSE 'IN_TERM' END AS class, d.product_code, d.principal FROM ",
    owed!(),
    " d WHERE d.principal > 0) c GROUP BY c.class, c.product_code) g)"
);

/// Units in which there is a loan, whatever became of it.
const PARTS: &str =
    "{c}.parent_id = {t}.id AND EXISTS (SELECT 1 FROM loan p WHERE p.commune_id = {c}.id OR p.district_id = {c}.id)";

const UNIT: Field = one("unit", "AdminUnit!", &ADMIN_UNIT, "{c}.id = {t}.id").internal().doc("Whose borrowers' debts.");
const TOTAL: Field =
    computed_objects("total", "DebtFigures!", &DEBT_FIGURES, &[DEBTS], total).sensitive().doc("All products together.");
const PRODUCTS: Field = computed_objects("products", "[ProductDebts!]!", &PRODUCT_DEBTS, &[DEBTS], products)
    .sensitive()
    .doc("Each product of which something was owed, in the order of their codes.");

pub static DEBT_CLASSIFICATION: Projection = Projection::plain(
    "DebtClassification",
    "admin_unit",
    Rows::UnitInScope,
    &[
        UNIT,
        sql("on", "Date!", "{day}").internal().doc("At the end of this day; today: as they stand now."),
        computed("yearly", "Boolean!", &["{day}"], yearly)
            .internal()
            .doc("Whether the day is 31 December, of which debts are classified yearly."),
        TOTAL,
        PRODUCTS,
        many("parts", "[UnitDebts!]!", &UNIT_DEBTS, PARTS, "{c}.code, {c}.id")
            .internal()
            .doc("The districts of the province or the communes of a district that have loans, which add up to the unit; none of a commune."),
    ],
)
.doc("What stood of policy credit in a commune, a district or the province at the end of a day, by the ledgers of the loans.")
.guard(P::LoanRead);

static UNIT_DEBTS: Projection =
    Projection::plain("UnitDebts", "admin_unit", Rows::UnitInScope, &[UNIT, TOTAL, PRODUCTS])
        .doc("The same of a part of the unit.")
        .guard(P::LoanRead);

/// The figures, after those that say of what they are. In a commune with one loan of a product they are that loan's: sensitive as loans
/// are.
macro_rules! figures {
    ($($of:expr)?) => {
        &[
            $($of,)?
            column("loans", "Int!", "loans").sensitive().doc("Loans of which principal was owed."),
            column("principal", "VND!", "principal").sensitive().doc("The principal owed: the three classes together."),
            column("inTermLoans", "Int!", "in_term_loans").sensitive().doc("Those whose last day to repay, with its extension, was not over."),
            column("inTermPrincipal", "VND!", "in_term_principal").sensitive().doc("Their principal."),
            column("overdueLoans", "Int!", "overdue_loans").sensitive().doc("Those whose last day to repay, with its extension, was over."),
            column("overduePrincipal", "VND!", "overdue_principal").sensitive().doc("Their principal."),
            column("frozenLoans", "Int!", "frozen_loans").sensitive().doc("Those in a freeze, up to its last day, whatever their last day to repay."),
            column("frozenPrincipal", "VND!", "frozen_principal").sensitive().doc("Their principal."),
        ]
    };
}

static DEBT_FIGURES: Projection = Projection::embedded("DebtFigures", figures!()).doc("Debts by class.");

static PRODUCT_DEBTS: Projection = Projection::embedded(
    "ProductDebts",
    figures!(
        column("productCode", "String!", "product_code")
            .sensitive()
            .doc("Of loans of this product, whichever version.")
    ),
)
.doc("Debts of one product by class.");

/// Debts are classified since Decision 976/QĐ-TTg.
const FIRST_YEAR: i32 = 2015;

/// Of a day that has begun.
pub fn asked_on(on: NaiveDate, today: NaiveDate) -> Result<NaiveDate> {
    if on.year() < FIRST_YEAR {
        return Err(Failure::input(
            "on",
            format!("Debts are classified since {FIRST_YEAR} (Decision 976/QĐ-TTg); {on} was given."),
            format!("Nợ được phân loại từ năm {FIRST_YEAR} (Quyết định 976/QĐ-TTg); đã khai {on}."),
        ));
    }
    if on <= today {
        return Ok(on);
    }
    Err(Failure::input(
        "on",
        format!("Debts are classified of a day that has begun; today is {today}, and {on} was given."),
        format!("Chỉ phân loại nợ của ngày đã đến; hôm nay là {today}, đã khai {on}."),
    ))
}

fn yearly(inputs: &Inputs<'_>) -> Result<Value> {
    Ok(Value::Bool(inputs.date(0)?.is_some_and(|day| day.month() == 12 && day.day() == 31)))
}

fn total(inputs: &Inputs<'_>) -> Result<Value> {
    let figures =
        by_product(inputs.text(0).unwrap_or_default())?.into_values().try_fold(Figures::default(), Figures::and)?;
    Ok(Value::Object(figures.fields()?))
}

fn products(inputs: &Inputs<'_>) -> Result<Value> {
    let products = by_product(inputs.text(0).unwrap_or_default())?.into_iter().map(|(code, figures)| {
        let mut fields = figures.fields()?;
        fields.insert("productCode".to_owned(), Value::from(code));
        Ok(Value::Object(fields))
    });
    products.collect()
}

fn by_product(debts: &str) -> Result<BTreeMap<&str, Figures>> {
    let mut products: BTreeMap<&str, Figures> = BTreeMap::new();
    for group in debts.lines() {
        let malformed = || Failure::internal("debts in another shape");
        let mut parts = group.splitn(4, ':');
        let mut part = || parts.next().ok_or_else(malformed);
        let (class, loans, principal, code) = (part()?, part()?, part()?, part()?);
        let number = |text: &str| text.parse::<i64>().map_err(Failure::internal);
        let debts = Debts { loans: number(loans)?, principal: number(principal)? };
        let of = products.entry(code).or_default();
        let of = match class {
            "IN_TERM" => &mut of.in_term,
            "OVERDUE" => &mut of.overdue,
            "FROZEN" => &mut of.frozen,
            _ => return Err(malformed()),
        };
        *of = of.and(debts)?;
    }
    Ok(products)
}

/// Loans and what was owed of them, đồng.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Debts {
    loans: i64,
    principal: i64,
}

impl Debts {
    fn and(self, other: Self) -> Result<Self> {
        let sum =
            |one: i64, other: i64| one.checked_add(other).ok_or_else(|| Failure::internal("sums of debts overflow"));
        Ok(Self { loans: sum(self.loans, other.loans)?, principal: sum(self.principal, other.principal)? })
    }
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Figures {
    in_term: Debts,
    overdue: Debts,
    frozen: Debts,
}

impl Figures {
    fn and(self, other: Self) -> Result<Self> {
        Ok(Self {
            in_term: self.in_term.and(other.in_term)?,
            overdue: self.overdue.and(other.overdue)?,
            frozen: self.frozen.and(other.frozen)?,
        })
    }

    fn fields(self) -> Result<serde_json::Map<String, Value>> {
        let Self { in_term, overdue, frozen } = self;
        let all = in_term.and(overdue)?.and(frozen)?;
        let of = |name: &str, debts: Debts| {
            [(format!("{name}Loans"), debts.loans.into()), (format!("{name}Principal"), debts.principal.into())]
        };
        let whole = [("loans".to_owned(), all.loans.into()), ("principal".to_owned(), all.principal.into())];
        let classes = [("inTerm", in_term), ("overdue", overdue), ("frozen", frozen)];
        Ok(whole.into_iter().chain(classes.into_iter().flat_map(|(name, debts)| of(name, debts))).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn only_a_day_that_has_begun_is_classified() {
        assert!(asked_on(day("2026-12-31"), day("2026-12-31")).is_ok());
        let refused = asked_on(day("2027-01-01"), day("2026-12-31")).unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("on"));
    }

    #[test]
    fn sums_that_no_number_holds_and_classes_that_there_are_not_are_errors() {
        let most = i64::MAX;
        let products = |debts: &str| by_product(debts).map(|products| products.len());
        assert_eq!(
            products("IN_TERM:1:5:A: B\nFROZEN:2:7:A: B\nOVERDUE:1:1:C").unwrap(),
            2,
            "a code may hold anything"
        );
        assert!(products(&format!("IN_TERM:1:{most}:A\nIN_TERM:1:1:A")).is_err());
        assert!(products("LOST:1:1:A").is_err() && products("IN_TERM:1:1").is_err());
        let debts = Debts { loans: 1, principal: most };
        assert!(Figures { in_term: debts, overdue: debts, ..Figures::default() }.fields().is_err());
    }

    proptest! {
        /// Whatever is owed, the three classes make up the whole, and the products the total.
        #[test]
        fn classes_and_products_add_up(debts in prop::collection::vec((0..3_usize, 0..4_u8, 1..9_i64, 1..1_000_000_000_i64), 0..30)) {
            let text: Vec<_> = debts.iter().map(|(class, product, loans, principal)| {
                format!("{}:{loans}:{principal}:P{product}", ["IN_TERM", "OVERDUE", "FROZEN"][*class])
            }).collect();
            let text = text.join("\n");
            let total = by_product(&text).unwrap().into_values().try_fold(Figures::default(), Figures::and).unwrap().fields().unwrap();
            let sum = |of: &[&str]| of.iter().map(|name| total[*name].as_i64().unwrap()).sum::<i64>();
            let (loans, principal): (i64, i64) = debts.iter().fold((0, 0), |sum, debt| (sum.0 + debt.2, sum.1 + debt.3));
            prop_assert_eq!((sum(&["loans"]), sum(&["principal"])), (loans, principal));
            prop_assert_eq!(sum(&["inTermLoans", "overdueLoans", "frozenLoans"]), loans);
            prop_assert_eq!(sum(&["inTermPrincipal", "overduePrincipal", "frozenPrincipal"]), principal);
        }
    }
}
