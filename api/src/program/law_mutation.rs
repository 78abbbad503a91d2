//! Mutations that record what the law and the plan set for support, and root fields that show it.

use async_graphql::{Context, Object, Result};
use chrono::NaiveDate;

use super::{
    law,
    law_input::{
        RecordAssistanceCoefficientInput, RecordAssistanceLevelInput, RecordProgramLimitInput,
        RecordUrgentHelpRuleInput,
    },
    law_projection::{ASSISTANCE_COEFFICIENT, ASSISTANCE_LEVEL, URGENT_HELP_RULE},
    projection::PROGRAM_LIMIT,
    urgent_law,
};
use crate::{
    law::Recorded,
    read::{self, Many, One, Projected, Records, projection::Projection},
    request::Request,
    schema::{Warning, scalars::Date},
};

pub struct ProgramLimit;
pub struct AssistanceLevel;
pub struct AssistanceCoefficient;
pub struct UrgentHelpRule;

impl Projected for ProgramLimit {
    const PROJECTION: &'static Projection = &PROGRAM_LIMIT;
}

impl Projected for AssistanceLevel {
    const PROJECTION: &'static Projection = &ASSISTANCE_LEVEL;
}

impl Projected for AssistanceCoefficient {
    const PROJECTION: &'static Projection = &ASSISTANCE_COEFFICIENT;
}

impl Projected for UrgentHelpRule {
    const PROJECTION: &'static Projection = &URGENT_HELP_RULE;
}

#[derive(Default)]
pub struct SupportLawQuery;

#[Object]
impl SupportLawQuery {
    /// Standard levels of monthly social assistance, by day.
    async fn assistance_levels(&self, ctx: &Context<'_>) -> Result<Option<Many<AssistanceLevel>>> {
        read::many(ctx, "{t}.effective_from", |_| Ok(())).await
    }

    /// Coefficients of monthly social assistance by ground, as of a day; today without one.
    async fn assistance_coefficients(
        &self,
        ctx: &Context<'_>,
        on: Option<Date>,
    ) -> Result<Option<Many<AssistanceCoefficient>>> {
        let day = on.map_or_else(|| Request::of(ctx).today(), |on| on.0);
        read::many(ctx, "{t}.code", |rows| {
            rows.add(IN_FORCE, [day.into()]);
            Ok(())
        })
        .await
    }

    /// What urgent social assistance gives by event, as of a day; today without one.
    async fn urgent_help_rules(&self, ctx: &Context<'_>, on: Option<Date>) -> Result<Option<Many<UrgentHelpRule>>> {
        let day = on.map_or_else(|| Request::of(ctx).today(), |on| on.0);
        read::many(ctx, "{t}.code", |rows| {
            rows.add(IN_FORCE, [day.into()]);
            Ok(())
        })
        .await
    }
}

const IN_FORCE: &str = "{c}.effective_from <= {0} AND ({c}.effective_to IS NULL OR {c}.effective_to >= {0})";

#[derive(Default)]
pub struct SupportLawMutation;

#[Object]
impl SupportLawMutation {
    /// Records what a program pays at most from a day on, or corrects it: what was approved stands. The same again changes
    /// nothing. For the administrator of the lead department.
    async fn record_program_limit(
        &self,
        ctx: &Context<'_>,
        input: RecordProgramLimitInput,
    ) -> Result<Option<ProgramLimitPayload>> {
        Ok(Some(ProgramLimitPayload(Written::new(law::record_limit(Request::of(ctx), input).await?))))
    }

    /// Records the standard level of social assistance from a day on, or corrects it. The same again changes nothing. For the
    /// administrator of the lead department.
    async fn record_assistance_level(
        &self,
        ctx: &Context<'_>,
        input: RecordAssistanceLevelInput,
    ) -> Result<Option<AssistanceLevelPayload>> {
        Ok(Some(AssistanceLevelPayload(Written::recorded(law::record_level(Request::of(ctx), input).await?))))
    }

    /// Records how many standard levels a ground gives, or corrects it. The same again changes nothing. For the administrator
    /// of the lead department.
    async fn record_assistance_coefficient(
        &self,
        ctx: &Context<'_>,
        input: RecordAssistanceCoefficientInput,
    ) -> Result<Option<AssistanceCoefficientPayload>> {
        Ok(Some(AssistanceCoefficientPayload(Written::recorded(
            law::record_coefficient(Request::of(ctx), input).await?,
        ))))
    }

    /// Records what urgent social assistance gives after an event, or corrects it: what was approved stands. The same again
    /// changes nothing. For the administrator of the lead department.
    async fn record_urgent_help_rule(
        &self,
        ctx: &Context<'_>,
        input: RecordUrgentHelpRuleInput,
    ) -> Result<Option<UrgentHelpRulePayload>> {
        Ok(Some(UrgentHelpRulePayload(Written::recorded(urgent_law::record(Request::of(ctx), input).await?))))
    }
}

/// A row that was written.
struct Written {
    id: i64,
    previous_ended_on: Option<NaiveDate>,
    warnings: Vec<Warning>,
    records: Records,
}

impl Written {
    fn new(id: i64) -> Self {
        Self { id, previous_ended_on: None, warnings: Vec::new(), records: Records::new([id]) }
    }

    fn recorded(Recorded { id, previous_ended_on, warnings }: Recorded) -> Self {
        Self { previous_ended_on, warnings, ..Self::new(id) }
    }
}

pub struct ProgramLimitPayload(Written);

/// A limit of a program after a write.
#[Object]
impl ProgramLimitPayload {
    /// The limit.
    async fn limit(&self, ctx: &Context<'_>) -> Result<One<ProgramLimit>> {
        self.0.records.written(ctx, self.0.id).await
    }
}

pub struct AssistanceLevelPayload(Written);

/// A standard level after a write.
#[Object]
impl AssistanceLevelPayload {
    /// The level.
    async fn level(&self, ctx: &Context<'_>) -> Result<One<AssistanceLevel>> {
        self.0.records.written(ctx, self.0.id).await
    }

    /// What looks wrong in what was written.
    async fn warnings(&self) -> &[Warning] {
        &self.0.warnings
    }
}

pub struct AssistanceCoefficientPayload(Written);

/// A coefficient after a write.
#[Object]
impl AssistanceCoefficientPayload {
    /// The coefficient.
    async fn coefficient(&self, ctx: &Context<'_>) -> Result<One<AssistanceCoefficient>> {
        self.0.records.written(ctx, self.0.id).await
    }

    /// The last day of the version before, where `endsPrevious` ended it for this one.
    async fn previous_ended_on(&self) -> Option<Date> {
        self.0.previous_ended_on.map(Date)
    }

    /// What looks wrong in what was written.
    async fn warnings(&self) -> &[Warning] {
        &self.0.warnings
    }
}

pub struct UrgentHelpRulePayload(Written);

/// A rule of urgent help after a write.
#[Object]
impl UrgentHelpRulePayload {
    /// The rule.
    async fn rule(&self, ctx: &Context<'_>) -> Result<One<UrgentHelpRule>> {
        self.0.records.written(ctx, self.0.id).await
    }

    /// The last day of the version before, where `endsPrevious` ended it for this one.
    async fn previous_ended_on(&self) -> Option<Date> {
        self.0.previous_ended_on.map(Date)
    }

    /// What looks wrong in what was written.
    async fn warnings(&self) -> &[Warning] {
        &self.0.warnings
    }
}
