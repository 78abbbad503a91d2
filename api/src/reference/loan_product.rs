//! The bank's loan products: dated terms and dated rates.
//!
//! A product without classes and categories is open to every household; otherwise a borrower qualifies by the
//! household's class or by one of the person's categories. One for rural areas is for who lives there. Two products need a ceiling that the law words otherwise:
//! OVERSEAS_WORK lends up to the cost of the contract and STUDENT by the month, and `source` says what stands for it.
//!
//! `source` ends with how certain its facts are: S from the plan, F found in published text, K known and not checked
//! (K+ fairly sure). `basis` is the weakest of them for a version's ceiling, term and first rate: STATED where they
//! were read in the plan or published text, INFERRED where concluded from such text, UNKNOWN where one rests on K.
//! Days on which a version began and the end of the law behind it do not count for it.

use chrono::NaiveDate;
use entity::{
    EnumSet,
    enums::{AreaKind, Basis, PersonCategory, PovertyClass, SupportPurpose},
};
use sea_orm::{DatabaseTransaction, DbErr};
use serde::Deserialize;

use super::upsert::{Row, Table};

const PRODUCTS: Table = Table {
    name: "loan_product",
    key: &["code", "effective_from"],
    columns: &[
        "code",
        "name",
        "max_amount",
        "max_term_months",
        "grace_months",
        "annual_rate",
        "eligible_classes",
        "eligible_categories",
        "eligible_area",
        "purpose",
        "basis",
        "source",
        "effective_from",
        "effective_to",
    ],
    initial: &[],
};

const RATES: Table = Table {
    name: "loan_rate",
    key: &["product_code", "effective_from"],
    columns: &["product_code", "annual_rate", "effective_from", "basis", "source"],
    initial: &[],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    pub code: String,
    pub name: String,
    pub purpose: SupportPurpose,
    #[serde(default)]
    pub classes: Vec<PovertyClass>,
    #[serde(default)]
    pub categories: Vec<PersonCategory>,
    /// Where the household must live.
    pub area: Option<AreaKind>,
    /// Oldest first; each holds until the next begins.
    pub terms: Vec<Terms>,
    /// Oldest first; a new rate applies to balances already outstanding, too.
    pub rates: Vec<Rate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    pub from: NaiveDate,
    /// What a household may borrow, in đồng.
    pub max_amount: i64,
    pub max_term_months: i32,
    /// How long only interest falls due.
    #[serde(default)]
    pub grace_months: i32,
    pub basis: Basis,
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Percent a year, a canonical decimal.
    pub annual_rate: String,
    pub from: NaiveDate,
    /// STATED where the rate was read, INFERRED where it is worked out from one that was, UNKNOWN where it rests on K.
    pub basis: Basis,
    pub source: String,
}

impl Product {
    /// The rate in force on a day.
    pub fn rate_on(&self, day: NaiveDate) -> Option<&Rate> {
        self.rates.iter().rev().find(|rate| rate.from <= day)
    }

    fn rows(&self) -> Result<Vec<Row>, DbErr> {
        let next = self.terms.iter().skip(1).map(|terms| terms.from.pred_opt()).chain([None]);
        self.terms.iter().zip(next).map(|(terms, to)| self.row(terms, to)).collect()
    }

    fn row(&self, terms: &Terms, to: Option<NaiveDate>) -> Result<Row, DbErr> {
        let rate = self.rate_on(terms.from);
        let rate = rate.ok_or_else(|| DbErr::Custom(format!("{}: no rate on {}", self.code, terms.from)))?;
        Ok(vec![
            self.code.as_str().into(),
            self.name.as_str().into(),
            terms.max_amount.into(),
            terms.max_term_months.into(),
            terms.grace_months.into(),
            rate.annual_rate.as_str().into(),
            EnumSet::from(self.classes.as_slice()).into(),
            EnumSet::from(self.categories.as_slice()).into(),
            self.area.into(),
            self.purpose.into(),
            terms.basis.into(),
            terms.source.as_str().into(),
            terms.from.into(),
            to.into(),
        ])
    }

    fn rate_rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.rates.iter().map(|rate| {
            vec![
                self.code.as_str().into(),
                rate.annual_rate.as_str().into(),
                rate.from.into(),
                rate.basis.into(),
                rate.source.as_str().into(),
            ]
        })
    }
}

pub async fn write(tx: &DatabaseTransaction, products: &[Product]) -> Result<(), DbErr> {
    let rows = products.iter().map(Product::rows).collect::<Result<Vec<_>, _>>()?;
    PRODUCTS.write_unrecorded(tx, rows.concat()).await?;
    RATES.write_unrecorded(tx, products.iter().flat_map(Product::rate_rows).collect()).await?;
    Ok(())
}
