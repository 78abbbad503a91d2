//! Whose money a sum is, where one source may pay out of several lines: shares checked against a program's lines.

use entity::{
    enums::FundingSource,
    funding_line,
    ids::{FundingLineId, ProgramId},
};

use super::{
    input::FundingShareInput,
    rules::{self, find_line, too_much},
    store,
};
use crate::{
    error::{Failure, Result},
    exchange::Write,
    schema::scalars::Vnd,
};

/// A checked share.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Share {
    pub source: FundingSource,
    pub line_id: Option<FundingLineId>,
    /// Đồng, above 0.
    pub amount: i64,
}

/// The funding lines that shares can name: those of one program; none without a program.
pub struct Lines(Vec<funding_line::Model>);

impl Lines {
    pub async fn of(write: &Write<'_>, program: Option<ProgramId>) -> Result<Self> {
        match program {
            Some(program) => Ok(Self(store::lines_of(write, [program.0]).await?)),
            None => Ok(Self(Vec::new())),
        }
    }

    pub fn ids(&self) -> impl Iterator<Item = FundingLineId> {
        self.0.iter().map(|line| line.id)
    }

    /// The program's line with this code, which must pay from this source.
    pub fn line(&self, code: &str, source: FundingSource, field: &str) -> Result<FundingLineId> {
        Ok(find_line(self.0.iter(), code, Some(source), field)?.id)
    }

    /// The shares, each above 0, no pair of source and line twice; `field` is the list's path.
    pub fn shares(&self, given: &[FundingShareInput], field: &str) -> Result<Vec<Share>> {
        let mut shares: Vec<Share> = Vec::with_capacity(given.len());
        for (index, share) in given.iter().enumerate() {
            let path = format!("{field}.{index}");
            let amount = positive(share.amount, &format!("{path}.amount"))?;
            let code = share.line_code.as_deref();
            let line_id = code.map(|code| self.line(code, share.source, &format!("{path}.lineCode"))).transpose()?;
            if shares.iter().any(|other| other.source == share.source && other.line_id == line_id) {
                return Err(Failure::input(
                    path,
                    "This source and line stand twice; give their sum once.",
                    "Nguồn và dòng kinh phí này được khai hai lần; hãy khai một lần với tổng số.",
                ));
            }
            shares.push(Share { source: share.source, line_id, amount });
        }
        Ok(shares)
    }
}

/// An amount of money that moves: above 0.
pub fn positive(amount: Vnd, field: &str) -> Result<i64> {
    rules::positive(amount.0, field)?;
    Ok(amount.0)
}

/// BAD_USER_INPUT unless the shares come to `expected`.
pub fn add_up(shares: &[Share], expected: i64, field: &str) -> Result<()> {
    let sum =
        shares.iter().try_fold(0_i64, |sum, share| sum.checked_add(share.amount)).ok_or_else(|| too_much(field))?;
    if sum == expected {
        return Ok(());
    }
    Err(Failure::input(
        field,
        format!("The shares come to {sum} đồng; the sum is {expected} đồng."),
        format!("Các phần cộng lại là {sum} đồng; tổng số là {expected} đồng."),
    ))
}
