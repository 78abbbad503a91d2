//! Mutations that record what the law sets for policy credit.

use async_graphql::{Context, Object, Result};
use chrono::NaiveDate;

use super::{
    graphql::{LoanCeiling, LoanProduct, LoanRate, LoanRule, RiskDebtRule},
    law,
    law_input::{
        RecordLoanCeilingInput, RecordLoanProductInput, RecordLoanRateInput, RecordLoanRuleInput,
        RecordRiskDebtRuleInput,
    },
};
use crate::{
    law::Recorded,
    read::{One, Records},
    request::Request,
    schema::scalars::Date,
};

#[derive(Default)]
pub struct LoanLawMutation;

#[Object]
impl LoanLawMutation {
    /// Records one of the numbers that the law sets, or corrects it: overdue interest that was taken by it stands. The same
    /// again changes nothing. For the administrator of the bank.
    async fn record_loan_rule(&self, ctx: &Context<'_>, input: RecordLoanRuleInput) -> Result<Option<LoanRulePayload>> {
        Ok(Some(LoanRulePayload(Written::recorded(law::record_rule(Request::of(ctx), input).await?))))
    }

    /// Records a version of a product with its rate, or corrects it: it goes on allowing the loans that were asked for under
    /// it. The same again changes nothing. For the administrator of the bank.
    async fn record_loan_product(
        &self,
        ctx: &Context<'_>,
        input: RecordLoanProductInput,
    ) -> Result<Option<LoanProductPayload>> {
        Ok(Some(LoanProductPayload(Written::recorded(law::record_product(Request::of(ctx), input).await?))))
    }

    /// Records a product's rate from a day on, or corrects it: interest that was taken by it stands. The same again changes
    /// nothing. For the administrator of the bank.
    async fn record_loan_rate(&self, ctx: &Context<'_>, input: RecordLoanRateInput) -> Result<Option<LoanRatePayload>> {
        Ok(Some(LoanRatePayload(Written::new(law::record_rate(Request::of(ctx), input).await?))))
    }

    /// Records a ceiling over several products, or corrects it: what was granted stands. The same again changes nothing. For
    /// the administrator of the bank.
    async fn record_loan_ceiling(
        &self,
        ctx: &Context<'_>,
        input: RecordLoanCeilingInput,
    ) -> Result<Option<LoanCeilingPayload>> {
        Ok(Some(LoanCeilingPayload(Written::recorded(law::record_ceiling(Request::of(ctx), input).await?))))
    }

    /// Records what may be done about a risk debt by how much was lost, or corrects it: what was done stands. The same again
    /// changes nothing. For the administrator of the bank.
    async fn record_risk_debt_rule(
        &self,
        ctx: &Context<'_>,
        input: RecordRiskDebtRuleInput,
    ) -> Result<Option<RiskDebtRulePayload>> {
        Ok(Some(RiskDebtRulePayload(Written::recorded(law::record_risk_debt_rule(Request::of(ctx), input).await?))))
    }
}

/// A row that was written.
struct Written {
    id: i64,
    previous_ended_on: Option<NaiveDate>,
    records: Records,
}

impl Written {
    fn new(id: i64) -> Self {
        Self { id, previous_ended_on: None, records: Records::new([id]) }
    }

    fn recorded(Recorded { id, previous_ended_on, .. }: Recorded) -> Self {
        Self { previous_ended_on, ..Self::new(id) }
    }
}

pub struct LoanRulePayload(Written);

/// A number of the law after a write.
#[Object]
impl LoanRulePayload {
    /// The number.
    async fn rule(&self, ctx: &Context<'_>) -> Result<One<LoanRule>> {
        self.0.records.written(ctx, self.0.id).await
    }

    /// The last day of the version before, where `endsPrevious` ended it for this one.
    async fn previous_ended_on(&self) -> Option<Date> {
        self.0.previous_ended_on.map(Date)
    }
}

pub struct LoanProductPayload(Written);

/// A version of a product after a write.
#[Object]
impl LoanProductPayload {
    /// The version.
    async fn product(&self, ctx: &Context<'_>) -> Result<One<LoanProduct>> {
        self.0.records.written(ctx, self.0.id).await
    }

    /// The last day of the version before, where `endsPrevious` ended it for this one.
    async fn previous_ended_on(&self) -> Option<Date> {
        self.0.previous_ended_on.map(Date)
    }
}

pub struct LoanRatePayload(Written);

/// A product's rate after a write.
#[Object]
impl LoanRatePayload {
    /// The rate.
    async fn rate(&self, ctx: &Context<'_>) -> Result<One<LoanRate>> {
        self.0.records.written(ctx, self.0.id).await
    }
}

pub struct LoanCeilingPayload(Written);

/// A ceiling after a write.
#[Object]
impl LoanCeilingPayload {
    /// The ceiling.
    async fn ceiling(&self, ctx: &Context<'_>) -> Result<One<LoanCeiling>> {
        self.0.records.written(ctx, self.0.id).await
    }

    /// The last day of the version before, where `endsPrevious` ended it for this one.
    async fn previous_ended_on(&self) -> Option<Date> {
        self.0.previous_ended_on.map(Date)
    }
}

pub struct RiskDebtRulePayload(Written);

/// A rule on risk debts after a write.
#[Object]
impl RiskDebtRulePayload {
    /// The rule.
    async fn rule(&self, ctx: &Context<'_>) -> Result<One<RiskDebtRule>> {
        self.0.records.written(ctx, self.0.id).await
    }

    /// The last day of the version before, where `endsPrevious` ended it for this one.
    async fn previous_ended_on(&self) -> Option<Date> {
        self.0.previous_ended_on.map(Date)
    }
}
