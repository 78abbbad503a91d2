//! What interest is charged by: read and held while it is charged, so that who would correct it waits and then finds what
//! was taken; and where nothing is in force, refused and not guessed.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::loan;
use sea_orm::ConnectionTrait;

use super::{
    law_rules::OVERDUE_RATE,
    ledger::Ledger,
    rules::{self, Basis, Rate, Unknown},
};
use crate::{
    db::Dialect,
    error::{Failure, Result},
    exchange::Write,
};

/// Holds the rates of products and the numbers that interest goes by, in the order in which whoever corrects them locks them.
const HOLD: &str = "WITH rate AS (SELECT r.id FROM loan_rate r WHERE {products} ORDER BY r.id FOR KEY SHARE), \
     rule AS (SELECT o.id FROM loan_rule o ORDER BY o.id FOR KEY SHARE) \
     SELECT (SELECT count(*) FROM rate) + (SELECT count(*) FROM rule)";

const HELD: &str = "SELECT r.product_code, r.effective_from, CAST(NULL AS {date}), r.annual_rate FROM loan_rate r WHERE {products} \
     UNION ALL SELECT NULL, o.effective_from, o.effective_to, o.value FROM loan_rule o WHERE o.code = 'OVERDUE_RATE' ORDER BY 2";

/// The rates of products, and what overdue interest is of them.
#[derive(Debug, Default)]
pub struct Charged {
    rates: HashMap<String, Vec<Rate>>,
    overdue: Vec<Rate>,
}

/// What interest of these products is by, held until the write ends: the same statements however many there are, and none
/// for none. It is read once it is held, since a version may have ended for another meanwhile.
pub async fn hold(write: &Write<'_>, products: impl IntoIterator<Item = String>) -> Result<Charged> {
    let mut products: Vec<_> = products.into_iter().collect();
    products.sort_unstable();
    products.dedup();
    if products.is_empty() {
        return Ok(Charged::default());
    }
    let db = &write.request.db;
    let among = db.dialect.one_of("r.product_code", &format!("{}1", db.dialect.placeholder()));
    let products = db.dialect.texts(products);
    // SQLite has one writer.
    if db.dialect == Dialect::Postgres {
        let hold = HOLD.replace("{products}", &among);
        write.tx.execute_raw(db.statement(hold, vec![products.clone()])).await?;
    }
    let date = if db.dialect == Dialect::Sqlite { "TEXT" } else { "DATE" };
    let held = HELD.replace("{products}", &among).replace("{date}", date);
    let mut rates: HashMap<String, Vec<Rate>> = HashMap::new();
    let mut overdue = Vec::new();
    for row in write.tx.query_all_raw(db.statement(held, vec![products])).await? {
        let (product, from): (Option<String>, NaiveDate) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let percent: String = row.try_get_by_index(3)?;
        let rate = Rate { from, percent: Some(percent.parse().map_err(Failure::internal)?) };
        match product {
            Some(product) => rates.entry(product).or_default().push(rate),
            None => overdue.push((rate, row.try_get_by_index(2)?)),
        }
    }
    Ok(Charged { rates, overdue: rules::lasting(overdue) })
}

impl Charged {
    /// CONFLICT where the law says nothing of one of the days whose interest would be settled by a payment on a day.
    pub fn settles(&self, loan: &loan::Model, ledger: &Ledger, on: NaiveDate) -> Result<()> {
        let overflow = || Failure::internal("a loan's figures overflow");
        let months = u32::try_from(loan.term_months).map_err(Failure::internal)?;
        let basis = Basis { months, rates: self.rates(&loan.product_code), overdue: &self.overdue, support: &[] };
        match rules::interest(&ledger.bearing().ok_or_else(overflow)?, basis, on) {
            Ok(_) => Ok(()),
            Err(Unknown::Rate { on }) => Err(no_rate(&loan.product_code, on)),
            Err(Unknown::OverdueRate { on }) => Err(no_overdue_rate(on)),
            Err(Unknown::Overflow) => Err(overflow()),
        }
    }

    /// CONFLICT where a loan granted on a day would have no rate, or none once it is late.
    pub fn grants(&self, product: &str, on: NaiveDate) -> Result<()> {
        if rules::in_force(self.rates(product), on).is_none() {
            return Err(no_rate(product, on));
        }
        if rules::in_force(&self.overdue, on).is_none() { Err(no_overdue_rate(on)) } else { Ok(()) }
    }

    fn rates(&self, product: &str) -> &[Rate] {
        self.rates.get(product).map_or(&[], Vec::as_slice)
    }
}

fn no_rate(product: &str, on: NaiveDate) -> Failure {
    Failure::conflict(
        format!("{product} has no rate in force on {on}; interest of that day isn't known until one is recorded."),
        format!(
            "{product} không có lãi suất áp dụng vào ngày {on}; chưa xác định được lãi của ngày đó cho đến khi được ghi."
        ),
    )
}

fn no_overdue_rate(on: NaiveDate) -> Failure {
    Failure::conflict(
        format!(
            "No {OVERDUE_RATE} is in force on {on}; what overdue interest of that day is isn't known until one is recorded."
        ),
        format!(
            "Không có quy định {OVERDUE_RATE} áp dụng vào ngày {on}; chưa xác định được lãi quá hạn của ngày đó cho đến khi \
             được ghi."
        ),
    )
}
