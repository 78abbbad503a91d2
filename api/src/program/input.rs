//! Inputs of the mutations on support programs and benefits.

use async_graphql::InputObject;
use entity::enums::FundingSource;

use crate::schema::scalars::Vnd;

/// A part of a sum, and whose money it is.
#[derive(Clone, InputObject)]
pub struct FundingShareInput {
    /// Whose money.
    pub source: FundingSource,
    /// A line of the program, of this source; left out for money outside the plan's lines.
    pub line_code: Option<String>,
    /// How much of the sum.
    pub amount: Vnd,
}
