//! Inputs of the mutations on model projects.

use async_graphql::{ID, InputObject};
use entity::enums::{AdminLevel, ModelTrack, ParticipationOutcome};

use crate::{
    place::UnitRef,
    program::FundingShareInput,
    schema::scalars::{Date, Vnd},
};

/// A livelihood model or a pilot site.
#[derive(Clone, InputObject)]
pub struct CreateModelProjectInput {
    /// Unique: MH-2022-014.
    pub code: String,
    /// Vietnamese name.
    pub name: String,
    /// A livelihood model or a pilot site.
    pub track: ModelTrack,
    /// Of a pilot site, and only there: the level that runs it.
    pub level: Option<AdminLevel>,
    /// Where it is.
    pub site: UnitRef,
    /// The plan's program that it counts in.
    pub program_code: Option<String>,
    /// First day; it runs once this day has come.
    pub starts_on: Option<Date>,
    /// Last day.
    pub ends_on: Option<Date>,
    /// Whose money it is; lines are the program's.
    pub funding: Vec<FundingShareInput>,
}

/// Households that join a model project today.
#[derive(Clone, InputObject)]
pub struct EnrolHouseholdsInput {
    /// The project.
    pub project_id: ID,
    /// The version of the project that the batch is meant for.
    pub expected_version: i32,
    /// Up to 1,000.
    pub items: Vec<EnrolmentInput>,
}

/// A household that joins a model project.
#[derive(Clone, InputObject)]
pub struct EnrolmentInput {
    /// Each household once in a project.
    pub household_id: ID,
    /// Capital that is advanced to it; 0 where it gets none.
    pub support_amount: Vnd,
    /// Whose money it is: comes to the support amount. Recovered capital is no new money of a line: it names none.
    pub funding: Vec<FundingShareInput>,
    /// Participations whose recovered capital pays this advance, as far as it goes, in this order.
    pub reinvested_from: Option<Vec<ID>>,
}

/// Capital that a household pays back.
#[derive(Clone, InputObject)]
pub struct RecordCapitalRecoveryInput {
    /// The household's part in the model.
    pub participation_id: ID,
    /// The version that it is meant for.
    pub expected_version: i32,
    /// At most what is still to come back.
    pub amount: Vnd,
    /// The day of payment.
    pub occurred_on: Date,
    /// Of the receipt; unique for the participation.
    pub reference: String,
}

/// The end of a model project.
#[derive(Clone, InputObject)]
pub struct CloseModelProjectInput {
    /// The project.
    pub project_id: ID,
    /// The version that it is meant for.
    pub expected_version: i32,
    /// The day it ended.
    pub closed_on: Date,
    /// What became of each household that still takes part.
    pub outcomes: Vec<OutcomeInput>,
}

/// What became of a household.
#[derive(Clone, InputObject)]
pub struct OutcomeInput {
    /// The household's part in the model.
    pub participation_id: ID,
    /// Any but ONGOING.
    pub outcome: ParticipationOutcome,
}
