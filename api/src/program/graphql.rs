//! Root fields on support programs and benefits.

use async_graphql::{Context, Object, Result};

use super::{BENEFIT, BENEFIT_PAYMENT, BenefitFilter, FUNDING_LINE, PROGRAM};
use crate::read::{
    self, Connection, Many, One, PageArgs, Projected,
    projection::{Projection, Sort},
};

pub struct Program;
pub struct FundingLine;
pub struct Benefit;
pub struct BenefitPayment;

impl Projected for Program {
    const PROJECTION: &'static Projection = &PROGRAM;
}

impl Projected for FundingLine {
    const PROJECTION: &'static Projection = &FUNDING_LINE;
}

impl Projected for Benefit {
    const PROJECTION: &'static Projection = &BENEFIT;
}

impl Projected for BenefitPayment {
    const PROJECTION: &'static Projection = &BENEFIT_PAYMENT;
}

#[derive(Default)]
pub struct ProgramQuery;

#[Object]
impl ProgramQuery {
    /// Support programs, in the plan's order; of one year's plan, or all. Those of no plan come last.
    async fn programs(&self, ctx: &Context<'_>, plan_year: Option<i32>) -> Result<Option<Many<Program>>> {
        read::many(ctx, "{t}.plan_id IS NULL, {t}.plan_id, {t}.position", |rows| {
            if let Some(year) = plan_year {
                rows.add("{c}.plan_id IN (SELECT id FROM plan WHERE year = {0})", [year.into()]);
            }
            Ok(())
        })
        .await
    }

    /// The program with this code.
    async fn program(&self, ctx: &Context<'_>, code: String) -> Result<Option<One<Program>>> {
        read::one(ctx, |rows| {
            rows.add("{c}.code = {0}", [code.into()]);
            Ok(())
        })
        .await
    }

    /// Benefits in the caller's scope, in order of entry.
    async fn benefits(
        &self,
        ctx: &Context<'_>,
        filter: Option<BenefitFilter>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Option<Connection<Benefit>>> {
        let page = PageArgs { first, after, last, before };
        read::page(ctx, Sort::BY_ID, page, |rows| filter.unwrap_or_default().conditions(rows)).await
    }
}
