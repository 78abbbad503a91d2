//! Whether borrowers can repay: analysed every three years (Decision 976/QĐ-TTg of 1 July 2015; `rules.md` K4). How many years it is
//! is a dated row (`loan_rule`); what an analysis finds is told in the bank's words, since its form was not read.
//!
//! It is due for a loan of which something is owed, counted from the last one, before the first from the first disbursement.

use std::collections::{BTreeSet, HashMap, hash_map::Entry};

use chrono::{Datelike, Months, NaiveDate};
use entity::{
    ids::{AgencyId, LoanId},
    loan, solvency_analysis,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, EntityTrait, QueryFilter,
};
use serde_json::Value;

use super::{
    check, figures,
    input::{RecordSolvencyAnalysesInput, SolvencyAnalysisInput},
    service::{Written, may_keep_books},
    store,
};
use crate::{
    error::{Failure, Result},
    exchange::{
        Write,
        items::{Outcome, check_count},
        once,
    },
    household::number,
    read::{Conditions, compute::Inputs},
    request::Request,
};

/// The day that the next analysis counts from, the years between two, what is owed.
pub const DUE_INPUTS: &[&str] = &[
    "COALESCE((SELECT max(a.analysed_on) FROM solvency_analysis a WHERE a.loan_id = {t}.id AND a.analysed_on <= {day}), \
     CASE WHEN {t}.disbursed_on <= {day} THEN {t}.disbursed_on END)",
    "(SELECT CAST(o.value AS INTEGER) FROM loan_rule o WHERE o.code = 'SOLVENCY_ANALYSIS_YEARS' AND o.effective_from <= {day} \
     AND (o.effective_to IS NULL OR o.effective_to >= {day}))",
    figures::OUTSTANDING_THEN,
];

/// `Loan.solvencyAnalysisDueOn`: none where nothing is owed, and where no rule of the day says how often.
pub fn due_on(inputs: &Inputs<'_>) -> Result<Value> {
    let (Some(last), Some(years)) = (inputs.date(0)?, inputs.integer(1)) else { return Ok(Value::Null) };
    if inputs.integer(2).unwrap_or_default() <= 0 {
        return Ok(Value::Null);
    }
    Ok(due(last, years)?.map_or(Value::Null, |due| Value::from(due.to_string())))
}

fn due(last: NaiveDate, years: i64) -> Result<Option<NaiveDate>> {
    let months = u32::try_from(years.saturating_mul(12)).map_err(Failure::internal)?;
    Ok(last.checked_add_months(Months::new(months)))
}

/// Loans whose analysis is due by a day. Days are compared as numbers, so that both databases add years to a day alike.
pub fn due_by(by: NaiveDate, rows: &mut Conditions<'_>) {
    let condition = concat!(
        "{c}.outstanding_principal > 0 AND ",
        number!(
            "COALESCE((SELECT max(a.analysed_on) FROM solvency_analysis a WHERE a.loan_id = {c}.id), {c}.disbursed_on)"
        ),
        " + 10000 * (SELECT CAST(o.value AS INTEGER) FROM loan_rule o WHERE o.code = 'SOLVENCY_ANALYSIS_YEARS' \
         AND o.effective_from <= {0} AND (o.effective_to IS NULL OR o.effective_to >= {0})) <= {1}"
    );
    rows.add(condition, [by.into(), last_number(by).into()]);
}

/// A day as a number. The last of its month stands for those that the month doesn't have, 29 February say.
fn last_number(by: NaiveDate) -> i64 {
    let of_month = by.succ_opt().is_none_or(|next| next.month() != by.month());
    let day = if of_month { 31 } else { by.day() };
    i64::from(by.year()) * 10_000 + i64::from(by.month()) * 100 + i64::from(day)
}

/// Records analyses. The same again is UNCHANGED; another finding of one day is a conflict.
pub async fn record(request: &Request, input: RecordSolvencyAnalysesInput) -> Result<Vec<Outcome<Written>>> {
    may_keep_books(request)?;
    check_count(request, "input.items", input.items.len())?;
    let key = input.idempotency_key.clone();
    once(request, "recordSolvencyAnalyses", &key, &input, async |write| {
        let mut batch = Batch::load(write, &input.items).await?;
        let taken: Vec<_> = input.items.iter().map(|item| batch.take(item, request)).collect();
        batch.write(write).await?;
        Ok(taken.into_iter().map(|item| item.unwrap_or_else(Outcome::refused)).collect())
    })
    .await
}

struct Batch {
    loans: HashMap<String, loan::Model>,
    /// What was found of a loan on a day.
    known: HashMap<(LoanId, NaiveDate), String>,
    new: Vec<(LoanId, NaiveDate, String)>,
}

impl Batch {
    async fn load(write: &Write<'_>, items: &[SolvencyAnalysisInput]) -> Result<Self> {
        let numbers: BTreeSet<_> = items.iter().map(|item| item.contract_number.clone()).collect();
        let loans = store::loans_numbered(write, numbers).await?;
        let dialect = write.request.db.dialect;
        let of = dialect.one_of_expr("solvency_analysis.loan_id", dialect.numbers(loans.iter().map(|loan| loan.id.0)));
        let known = solvency_analysis::Entity::find().filter(of).all(&write.tx).await?;
        Ok(Self {
            loans: loans.into_iter().map(|loan| (loan.contract_number.clone(), loan)).collect(),
            known: known.into_iter().map(|row| ((row.loan_id, row.analysed_on), row.finding)).collect(),
            new: Vec::new(),
        })
    }

    fn take(&mut self, item: &SolvencyAnalysisInput, request: &Request) -> Result<Outcome<Written>> {
        let loan = self.loans.get(&item.contract_number).ok_or_else(|| Failure::not_found("contractNumber"))?;
        let finding = check::reason(&item.finding, "finding")?;
        let Some(disbursed) = loan.disbursed_on else { return Err(nothing_owed(&item.contract_number)) };
        let on = check::day(item.analysed_on.0, "analysedOn", Some(disbursed), request.today())?;
        match self.known.entry((loan.id, on)) {
            Entry::Occupied(known) if *known.get() == finding => Ok(Outcome::unchanged(Written::loan(loan.id))),
            Entry::Occupied(_) => Err(found_otherwise(&item.contract_number, on)),
            Entry::Vacant(place) => {
                place.insert(finding.clone());
                self.new.push((loan.id, on, finding));
                Ok(Outcome::applied(Written::loan(loan.id)))
            }
        }
    }

    /// Inserts what is new; a loan of which something is takes its next version.
    async fn write(self, write: &mut Write<'_>) -> Result<()> {
        if self.new.is_empty() {
            return Ok(());
        }
        let (now, agency) = (write.request.micros(), AgencyId(write.request.viewer.agency_id));
        let analysed: BTreeSet<LoanId> = self.new.iter().map(|(loan, ..)| *loan).collect();
        let rows = self.new.into_iter().map(|(loan_id, analysed_on, finding)| solvency_analysis::ActiveModel {
            id: NotSet,
            loan_id: Set(loan_id),
            analysed_on: Set(analysed_on),
            finding: Set(finding),
            at: Set(now),
            agency_id: Set(agency),
        });
        store::insert(write, rows.collect()).await?;
        let db = &write.request.db;
        let (among, mark) =
            (db.dialect.one_of("loan.id", &format!("{}1", db.dialect.placeholder())), db.dialect.placeholder());
        let sql = format!(
            "UPDATE loan SET version = loan.version + 1, updated_at = {mark}2, updated_by = {mark}3 WHERE {among}"
        );
        let ids = db.dialect.numbers(analysed.iter().map(|id| id.0));
        write.tx.execute_raw(db.statement(sql, vec![ids, now.into(), agency.0.into()])).await?;
        for loan in self.loans.into_values().filter(|loan| analysed.contains(&loan.id)) {
            let version = loan.version + 1;
            write.updated(store::subject(&loan::Model { version, ..loan }), &["solvencyAnalyses"]);
        }
        Ok(())
    }
}

fn nothing_owed(number: &str) -> Failure {
    Failure::conflict(
        format!("Nothing was paid out of {number}; there is no debt to analyse."),
        format!("Khoản vay {number} chưa giải ngân; chưa có nợ để phân tích."),
    )
    .with_field("contractNumber")
}

fn found_otherwise(number: &str, on: NaiveDate) -> Failure {
    Failure::conflict(
        format!(
            "The analysis of {number} of {on} is recorded with another finding; a later one counts from its own day."
        ),
        format!(
            "Kết quả phân tích khoản vay {number} ngày {on} đã được ghi với nội dung khác; hãy ghi lần phân tích sau."
        ),
    )
    .with_field("analysedOn")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn it_is_due_three_years_after_the_last_one() {
        let due = |last: &str| due(day(last), 3).unwrap().unwrap().to_string();
        assert_eq!([due("2023-11-23"), due("2024-02-29")], ["2026-11-23", "2027-02-28"]);
    }

    proptest! {
        /// The list by a day has those whose own day has come.
        #[test]
        fn the_list_and_the_day_agree(last in 0..20_000_u64, by in 0..20_000_u64, years in 1..10_i64) {
            let (last, by) = (day("1990-01-01") + chrono::Days::new(last), day("1990-01-01") + chrono::Days::new(by));
            let number = i64::from(last.year()) * 10_000 + i64::from(last.month()) * 100 + i64::from(last.day());
            prop_assert_eq!(number + 10_000 * years <= last_number(by), due(last, years).unwrap().unwrap() <= by);
        }
    }
}
