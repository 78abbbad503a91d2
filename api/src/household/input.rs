//! Inputs of the mutations on households and persons.

use async_graphql::{ID, InputObject, MaybeUndefined};
use entity::enums::{HouseholdCategory, PersonCategory, Relationship, Sex};

use crate::schema::scalars::Date;

/// A code begins with its commune's, so that a clash can only be in one's own commune.
#[derive(Clone, InputObject)]
pub struct RegisterHouseholdInput {
    /// Begins with the commune's code: 28757-000123.
    pub code: String,
    /// The commune that the household lives in.
    pub commune_code: String,
    /// A hamlet of the commune.
    pub hamlet_id: Option<ID>,
    /// House number, street.
    pub address: Option<String>,
    /// Groups with support of their own.
    pub categories: Option<Vec<HouseholdCategory>>,
    /// Everybody in it, exactly one of them the head.
    pub members: Vec<MemberInput>,
    /// A retry with the same key returns the first answer.
    pub idempotency_key: Option<String>,
}

/// A member of a household.
#[derive(Clone, InputObject)]
pub struct MemberInput {
    /// 12 digits; left out where the person has none.
    pub national_id: Option<String>,
    /// As on the identity card.
    pub full_name: String,
    /// Left out where the papers don't say.
    pub date_of_birth: Option<Date>,
    /// As on the identity card.
    pub sex: Option<Sex>,
    /// To the head; HEAD for the head.
    pub relationship_to_head: Relationship,
    /// Groups with support of their own.
    pub categories: Option<Vec<PersonCategory>>,
}

/// What is left out stays as it is; null empties it.
#[derive(Clone, InputObject)]
pub struct UpdateHouseholdInput {
    /// The household.
    pub id: ID,
    /// The version that the change is meant for.
    pub expected_version: i32,
    /// House number, street.
    pub address: MaybeUndefined<String>,
    /// A hamlet of the household's commune.
    pub hamlet_id: MaybeUndefined<ID>,
    /// Categories that it gets.
    pub add_categories: Option<Vec<HouseholdCategory>>,
    /// Categories that it loses.
    pub remove_categories: Option<Vec<HouseholdCategory>>,
    /// The member who becomes the head.
    pub head_id: Option<ID>,
}
