//! Whose money a loan is: shares of its principal, some of them out of funding lines of the plan.

use entity::{
    enums::FundingSource,
    funding_line,
    ids::{FundingLineId, LoanId, ProgramId},
    loan_funding,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter,
};

use super::check;
use crate::{
    error::{Failure, Result},
    exchange::Write,
    program::FundingShareInput,
};

/// A share of a loan's principal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    source: FundingSource,
    line: Option<FundingLineId>,
    /// Đồng, above 0.
    amount: i64,
}

impl Share {
    pub const fn of(stored: &loan_funding::Model) -> Self {
        Self { source: stored.source, line: stored.line_id, amount: stored.amount }
    }

    pub const fn row(self, loan: LoanId) -> loan_funding::ActiveModel {
        loan_funding::ActiveModel {
            id: NotSet,
            loan_id: Set(loan),
            source: Set(self.source),
            line_id: Set(self.line),
            amount: Set(self.amount),
        }
    }
}

/// Puts shares in the order in which two lists of them can be compared.
pub fn sort(shares: &mut [Share]) {
    shares.sort_by_key(|share| (share.source.as_str(), share.line, share.amount));
}

/// The funding lines that inputs name by code, of whatever program.
pub struct Lines(Vec<funding_line::Model>);

impl Lines {
    /// One statement for all shares of a write.
    pub async fn named<'a>(write: &Write<'_>, shares: impl Iterator<Item = &'a FundingShareInput>) -> Result<Self> {
        let codes: Vec<_> = shares.filter_map(|share| share.line_code.clone()).collect();
        if codes.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let dialect = write.request.db.dialect;
        let with_codes = dialect.one_of_expr("funding_line.code", dialect.texts(codes));
        Ok(Self(funding_line::Entity::find().filter(with_codes).all(&write.tx).await?))
    }

    /// Checks the shares of a principal, and tells the program that the loan counts in: `program` where one is named,
    /// else the program of the lines.
    pub fn shares(
        &self,
        given: &[FundingShareInput],
        principal: i64,
        mut program: Option<ProgramId>,
        field: &str,
    ) -> Result<(Option<ProgramId>, Vec<Share>)> {
        let mut shares: Vec<Share> = Vec::with_capacity(given.len());
        for (index, share) in given.iter().enumerate() {
            let path = format!("{field}.{index}");
            let amount = check::positive(share.amount.0, &format!("{path}.amount"))?;
            let mut line = None;
            if let Some(code) = &share.line_code {
                let found = self.line(code, share.source, program, &format!("{path}.lineCode"))?;
                program = Some(found.program_id);
                line = Some(found.id);
            }
            if shares.iter().any(|other| other.source == share.source && other.line == line) {
                return Err(Failure::input(
                    path,
                    "This source and line stand twice; give their sum once.",
                    "Nguồn và dòng kinh phí này được khai hai lần; hãy khai một lần với tổng số.",
                ));
            }
            shares.push(Share { source: share.source, line, amount });
        }
        add_up(&shares, principal, field)?;
        sort(&mut shares);
        Ok((program, shares))
    }

    fn line(
        &self,
        code: &str,
        source: FundingSource,
        program: Option<ProgramId>,
        field: &str,
    ) -> Result<&funding_line::Model> {
        let mut lines =
            self.0.iter().filter(|line| line.code == code && program.is_none_or(|id| id == line.program_id));
        let (Some(line), None) = (lines.next(), lines.next()) else {
            return Err(Failure::input(
                field,
                format!("The loan's program has no funding line {code}."),
                format!("Chương trình của khoản vay không có dòng kinh phí {code}."),
            ));
        };
        if line.source == source {
            return Ok(line);
        }
        let (of_line, given) = (line.source.as_str(), source.as_str());
        Err(Failure::input(
            field,
            format!("The funding line {code} is {of_line} money, not {given}."),
            format!("Dòng kinh phí {code} thuộc nguồn {of_line}, không phải {given}."),
        ))
    }
}

fn add_up(shares: &[Share], principal: i64, field: &str) -> Result<()> {
    let sum = shares.iter().try_fold(0_i64, |sum, share| sum.checked_add(share.amount));
    if shares.is_empty() || sum == Some(principal) {
        return Ok(());
    }
    let sum = sum.map_or_else(|| "more than fits".to_owned(), |sum| sum.to_string());
    Err(Failure::input(
        field,
        format!("The shares come to {sum} đồng; the principal is {principal} đồng."),
        format!("Các nguồn vốn cộng lại là {sum} đồng; tiền gốc là {principal} đồng."),
    ))
}
