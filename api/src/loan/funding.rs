//! Whose money a loan is: shares of its principal, some of them out of funding lines of the plan.

use entity::{
    enums::{FundingSource, SupportPurpose},
    funding_line,
    ids::{FundingLineId, LoanId, ProgramId},
    loan_funding, loan_product, program,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
};

use crate::{
    error::{Failure, Result},
    exchange::Write,
    program::{
        Allocations, FundingShareInput,
        funding::{Share, add_up, positive},
    },
};

pub const fn stored(share: &loan_funding::Model) -> Share {
    Share { source: share.source, line_id: share.line_id, amount: share.amount }
}

pub const fn row(share: &Share, loan: LoanId) -> loan_funding::ActiveModel {
    loan_funding::ActiveModel {
        id: NotSet,
        loan_id: Set(loan),
        source: Set(share.source),
        line_id: Set(share.line_id),
        amount: Set(share.amount),
    }
}

/// What shares commit of funding lines.
pub fn commitments(shares: &[Share]) -> Vec<(FundingLineId, i64)> {
    shares.iter().filter_map(|share| Some((share.line_id?, share.amount))).collect()
}

/// Puts shares in the order in which two lists of them can be compared.
pub fn sort(shares: &mut [Share]) {
    shares.sort_by_key(|share| (share.source.as_str(), share.line_id, share.amount));
}

/// The lines out of which the plan funds a product, where it is the one of a program's purpose: none for production loans,
/// which have a line for each class.
pub async fn planned(write: &Write<'_>, product: &loan_product::Model) -> Result<Vec<funding_line::Model>> {
    if product.purpose != SupportPurpose::OverseasWork {
        return Ok(Vec::new());
    }
    let program = program::Entity::find().filter(program::Column::Purpose.eq(product.purpose)).one(&write.tx).await?;
    let Some(program) = program else { return Ok(Vec::new()) };
    let lines = funding_line::Entity::find().filter(funding_line::Column::ProgramId.eq(program.id));
    Ok(lines.order_by_asc(funding_line::Column::Position).all(&write.tx).await?)
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

    /// Locks the lines until the write ends: nobody else commits their money meanwhile.
    pub async fn lock(&self, write: &Write<'_>) -> Result<Allocations> {
        Allocations::lock(write, self.0.iter().map(|line| line.id)).await
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
            let amount = positive(share.amount, &format!("{path}.amount"))?;
            let mut line_id = None;
            if let Some(code) = &share.line_code {
                let found = self.line(code, share.source, program, &format!("{path}.lineCode"))?;
                program = Some(found.program_id);
                line_id = Some(found.id);
            }
            if shares.iter().any(|other| other.source == share.source && other.line_id == line_id) {
                return Err(Failure::input(
                    path,
                    "This source and line stand twice; give their sum once.",
                    "Nguồn và dòng kinh phí này được khai hai lần; hãy khai một lần với tổng số.",
                ));
            }
            shares.push(Share { source: share.source, line_id, amount });
        }
        if !shares.is_empty() {
            add_up(&shares, principal, field)?;
        }
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
