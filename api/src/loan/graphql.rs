//! Root fields on loans and loan products.

use async_graphql::{Context, Object, Result};

use super::{
    DEBT_CLASSIFICATION, LOAN, LOAN_PRODUCT, LOAN_RULE, LOAN_TRANSACTION, LoanFilter, RISK_DEBT_RULE, SAVINGS_GROUP,
    classification, filter::SavingsGroupFilter, projection::LOAN_RATE, rule_projection::LOAN_CEILING,
};
use crate::{
    place::{UnitRef, above_hamlets},
    read::{
        self, Connection, Many, One, PageArgs, Projected,
        projection::{Projection, Sort},
    },
    request::Request,
    schema::scalars::Date,
};

pub struct Loan;
pub struct LoanProduct;
pub struct LoanTransaction;

pub struct SavingsGroup;
pub struct LoanRule;
pub struct RiskDebtRule;
pub struct LoanCeiling;
pub struct LoanRate;
pub struct DebtClassification;

impl Projected for Loan {
    const PROJECTION: &'static Projection = &LOAN;
}

impl Projected for LoanProduct {
    const PROJECTION: &'static Projection = &LOAN_PRODUCT;
}

impl Projected for LoanTransaction {
    const PROJECTION: &'static Projection = &LOAN_TRANSACTION;
}

impl Projected for SavingsGroup {
    const PROJECTION: &'static Projection = &SAVINGS_GROUP;
}

impl Projected for LoanRule {
    const PROJECTION: &'static Projection = &LOAN_RULE;
}

impl Projected for LoanCeiling {
    const PROJECTION: &'static Projection = &LOAN_CEILING;
}

impl Projected for LoanRate {
    const PROJECTION: &'static Projection = &LOAN_RATE;
}

impl Projected for RiskDebtRule {
    const PROJECTION: &'static Projection = &RISK_DEBT_RULE;
}

impl Projected for DebtClassification {
    const PROJECTION: &'static Projection = &DEBT_CLASSIFICATION;
}

/// In force on the day that is bound.
const IN_FORCE: &str = "{c}.effective_from <= {0} AND ({c}.effective_to IS NULL OR {c}.effective_to >= {0})";

#[derive(Default)]
pub struct LoanQuery;

#[Object]
impl LoanQuery {
    /// Products offered on a day; today without one.
    async fn loan_products(&self, ctx: &Context<'_>, on: Option<Date>) -> Result<Option<Many<LoanProduct>>> {
        let day = on.map_or_else(|| Request::of(ctx).today(), |on| on.0);
        read::many(ctx, "{t}.code", |rows| {
            rows.add(IN_FORCE, [day.into()]);
            Ok(())
        })
        .await
    }

    /// Savings and credit groups in the caller's scope, in order of entry.
    async fn savings_groups(
        &self,
        ctx: &Context<'_>,
        filter: Option<SavingsGroupFilter>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Option<Connection<SavingsGroup>>> {
        let page = PageArgs { first, after, last, before };
        read::page(ctx, Sort::BY_ID, page, |rows| filter.unwrap_or_default().conditions(rows)).await
    }

    /// Single numbers that the law sets for policy credit, as of a day; today without one.
    async fn loan_rules(&self, ctx: &Context<'_>, on: Option<Date>) -> Result<Option<Many<LoanRule>>> {
        let day = on.map_or_else(|| Request::of(ctx).today(), |on| on.0);
        read::many(ctx, "{t}.code", |rows| {
            rows.add(IN_FORCE, [day.into()]);
            Ok(())
        })
        .await
    }

    /// What may be done about a risk debt by how much was lost, as of a day; today without one.
    async fn risk_debt_rules(&self, ctx: &Context<'_>, on: Option<Date>) -> Result<Option<Many<RiskDebtRule>>> {
        let day = on.map_or_else(|| Request::of(ctx).today(), |on| on.0);
        read::many(ctx, "{t}.damage_from, {t}.term_from", |rows| {
            rows.add(IN_FORCE, [day.into()]);
            Ok(())
        })
        .await
    }

    /// What stood of policy credit in a commune, a district or the province (without a unit, the caller's own) at the end of
    /// a day, in term, overdue and frozen. 31 December is what the yearly review takes.
    async fn debt_classification(
        &self,
        ctx: &Context<'_>,
        on: Date,
        unit: Option<UnitRef>,
    ) -> Result<Option<One<DebtClassification>>> {
        let request = Request::of(ctx);
        let unit = above_hamlets(request, unit.as_ref(), "unit")?;
        let on = classification::asked_on(on.0, request.today())?;
        read::one_on(ctx, Some(on), |rows| {
            rows.add("{c}.id = {0}", [unit.into()]);
            Ok(())
        })
        .await
    }

    /// The loan with this contract number.
    async fn loan(&self, ctx: &Context<'_>, contract_number: String) -> Result<Option<One<Loan>>> {
        read::one(ctx, |rows| {
            rows.add("{c}.contract_number = {0}", [contract_number.into()]);
            Ok(())
        })
        .await
    }

    /// Loans in the caller's scope, in order of entry.
    async fn loans(
        &self,
        ctx: &Context<'_>,
        filter: Option<LoanFilter>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Option<Connection<Loan>>> {
        let page = PageArgs { first, after, last, before };
        let filter = filter.unwrap_or_default();
        filter.known(Request::of(ctx)).await?;
        read::page(ctx, Sort::BY_ID, page, |rows| filter.conditions(rows)).await
    }
}
