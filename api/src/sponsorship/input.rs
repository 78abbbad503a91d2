//! Inputs of the mutations on sponsors, pledges, gifts and sponsored households.

use async_graphql::{ID, InputObject, MaybeUndefined};
use entity::enums::{GiftKind, SponsorKind};

use crate::schema::scalars::{Date, Vnd};

/// An organisation or person that gives.
#[derive(Clone, InputObject)]
pub struct RegisterSponsorInput {
    /// Unique, given by the Fatherland Front.
    pub code: String,
    /// Of the organisation or person.
    pub name: String,
    /// An organisation or a person.
    pub kind: SponsorKind,
    /// How to reach them.
    pub contact: Option<String>,
}

/// What is left out stays as it is; null empties it.
#[derive(Clone, InputObject)]
pub struct UpdateSponsorInput {
    /// The sponsor.
    pub id: ID,
    /// The version that the change is meant for.
    pub expected_version: i32,
    /// Of the organisation or person.
    pub name: Option<String>,
    /// An organisation or a person.
    pub kind: Option<SponsorKind>,
    /// How to reach them.
    pub contact: MaybeUndefined<String>,
}

/// A sponsor's promise for a program.
#[derive(Clone, InputObject)]
pub struct RecordPledgeInput {
    /// Who promised.
    pub sponsor_id: ID,
    /// For which program.
    pub program_code: String,
    /// For which line of it: one of mobilised money.
    pub line_code: Option<String>,
    /// In money or its worth, above 0.
    pub amount: Vnd,
    /// The day of the promise.
    pub pledged_on: Date,
    /// To be given by this day.
    pub due_on: Option<Date>,
    /// Of the letter; unique for the sponsor.
    pub reference: String,
    /// What else was said.
    pub note: Option<String>,
}

/// What a sponsor gave.
#[derive(Clone, InputObject)]
pub struct RecordGiftInput {
    /// Who gave.
    pub sponsor_id: ID,
    /// The sponsor's promise that it keeps; left out for a gift that was not promised.
    pub pledge_id: Option<ID>,
    /// For which program; may be left out with a pledge, whose program it is.
    pub program_code: Option<String>,
    /// For which line of it: one of mobilised money; may be left out with a pledge, whose line it is.
    pub line_code: Option<String>,
    /// To which household; left out for a gift to no single one.
    pub household_id: Option<ID>,
    /// Money or in kind.
    pub kind: GiftKind,
    /// Money, above 0; or the worth of what was given in kind, 0 where nobody told it.
    pub amount: Vnd,
    /// What was given; needed for a gift in kind.
    pub description: Option<String>,
    /// The day.
    pub given_on: Date,
    /// Of the receipt; unique for the sponsor.
    pub reference: String,
}

/// A sponsor begins to look after a household.
#[derive(Clone, InputObject)]
pub struct BeginSponsorshipInput {
    /// Who looks after it.
    pub sponsor_id: ID,
    /// The household.
    pub household_id: ID,
    /// First day.
    pub starts_on: Date,
    /// What was agreed.
    pub note: Option<String>,
}

/// A sponsor no longer looks after a household.
#[derive(Clone, InputObject)]
pub struct EndSponsorshipInput {
    /// The sponsorship.
    pub id: ID,
    /// The version that the change is meant for.
    pub expected_version: i32,
    /// Last day.
    pub ends_on: Date,
}
