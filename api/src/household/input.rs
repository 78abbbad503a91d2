//! Inputs of the mutations on households, persons, reviews and coverages.

use async_graphql::{ID, InputObject, MaybeUndefined};
use entity::enums::{
    Basis, Deprivation, HouseholdCategory, InsuranceKind, MembershipEnd, PersonCategory, PovertyClass,
    ProtectedCategory, Relationship, Sex,
};

use crate::schema::scalars::{Date, Vnd};

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

/// Where a household moves, also out of the caller's scope. What is left out is not known of the new place.
#[derive(Clone, InputObject)]
pub struct MoveHouseholdInput {
    /// The household; it keeps its code.
    pub id: ID,
    /// The version that the change is meant for.
    pub expected_version: i32,
    /// The commune that it lives in from then on.
    pub to_commune_code: String,
    /// A hamlet of that commune.
    pub to_hamlet_id: Option<ID>,
    /// House number, street there.
    pub address: Option<String>,
    /// The first day in the new place: not in the future.
    pub moved_on: Date,
}

/// Why and since when a household is no more. Its members leave with it.
#[derive(Clone, InputObject)]
pub struct DissolveHouseholdInput {
    /// The household; no loan and no benefit of it may be open.
    pub id: ID,
    /// The version that the change is meant for.
    pub expected_version: i32,
    /// The first day without it: not in the future.
    pub dissolved_on: Date,
    /// For those who ask later.
    pub reason: String,
}

/// A person who is new in the register, as a member of a household.
#[derive(Clone, InputObject)]
pub struct AddMemberInput {
    /// The household.
    pub household_id: ID,
    /// The household's version that the change is meant for.
    pub expected_version: i32,
    /// The new member.
    pub member: MemberInput,
    /// The first day in the household: not in the future.
    pub joined_on: Date,
}

/// What is left out stays as it is; null empties it, except the name.
#[derive(Clone, InputObject)]
pub struct UpdatePersonInput {
    /// The person.
    pub id: ID,
    /// The version that the change is meant for.
    pub expected_version: i32,
    /// As on the identity card.
    pub full_name: Option<String>,
    /// 12 digits.
    pub national_id: MaybeUndefined<String>,
    /// Null where the papers don't say.
    pub date_of_birth: MaybeUndefined<Date>,
    /// As on the identity card.
    pub sex: MaybeUndefined<Sex>,
    /// Categories that the person gets.
    pub add_categories: Option<Vec<PersonCategory>>,
    /// Categories that the person loses.
    pub remove_categories: Option<Vec<PersonCategory>>,
    /// Protected categories that the person gets. For social protection.
    pub add_protected: Option<Vec<ProtectedCategory>>,
    /// Protected categories that the person loses. For social protection.
    pub remove_protected: Option<Vec<ProtectedCategory>>,
    /// What a value of another agency's field rests on, for its owner to judge; what is written at once needs none.
    pub evidence: Option<String>,
}

/// Where a person moves within the register.
#[derive(Clone, InputObject)]
pub struct MovePersonInput {
    /// The person.
    pub person_id: ID,
    /// The person's version that the change is meant for.
    pub expected_version: i32,
    /// The household that the person joins.
    pub to_household_id: ID,
    /// To the head of that household; HEAD only where it has none.
    pub relationship_to_head: Relationship,
    /// The first day in that household: not in the future.
    pub moved_on: Date,
}

/// Why and since when a person is no member any more.
#[derive(Clone, InputObject)]
pub struct EndMembershipInput {
    /// The person.
    pub person_id: ID,
    /// The person's version that the change is meant for.
    pub expected_version: i32,
    /// Died, moved away, or another reason.
    pub reason: MembershipEnd,
    /// The day of death, or the first day without the membership: not in the future.
    pub ended_on: Date,
}

/// What a review found. The class follows from the income, or from both scores where the income isn't given.
#[derive(Clone, InputObject)]
pub struct ReviewHouseholdInput {
    /// The household.
    pub household_id: ID,
    /// The day of the review: not in the future, and one review a day.
    pub reviewed_on: Date,
    /// The standard that the review was taken under, which must be the one in force on the day; left out, it is that one.
    pub standard_code: Option<String>,
    /// Per person and month.
    pub income_per_capita: Option<Vnd>,
    /// Income score, `điểm A` (Circular 07/2021/TT-BLĐTBXH).
    pub score_a: Option<i32>,
    /// Deprivation score, `điểm B`: 10 points an indicator.
    pub score_b: Option<i32>,
    /// The form that was counted by.
    pub form_version: Option<String>,
    /// Of the twelve indicators, those that the household lacks.
    pub deprivations: Vec<Deprivation>,
}

/// The commune's decision on a review.
#[derive(Clone, InputObject)]
pub struct DecideReviewInput {
    /// The review; it can be decided once.
    pub review_id: ID,
    /// The review's version that the decision is meant for.
    pub expected_version: i32,
    /// As recognised; it may differ from the computed one.
    pub decided_class: PovertyClass,
    /// Number of the paper.
    pub decision_number: String,
    /// First day in force: from the review to a year from today, and later than the decision before.
    pub effective_from: Date,
}

/// A coverage of a person, named by exactly one of `personId` and `nationalId`.
#[derive(Clone, InputObject)]
pub struct InsuranceCoverageInput {
    /// The person.
    pub person_id: Option<ID>,
    /// The person's number, where one person bears it.
    pub national_id: Option<String>,
    /// Health, social or unemployment insurance.
    pub kind: InsuranceKind,
    /// Health: the card's 15 characters or its last 10 digits; else the 10 digits of the social insurance number.
    pub number: Option<String>,
    /// Code of the group: HN poor, CN near-poor.
    pub participant_group: Option<String>,
    /// First day.
    pub valid_from: Date,
    /// Last day; left out while no end is known.
    pub valid_to: Option<Date>,
}

/// Coverages from the insurance's own system.
#[derive(Clone, InputObject)]
pub struct RecordInsuranceInput {
    /// Up to 1,000.
    pub items: Vec<InsuranceCoverageInput>,
    /// A retry with the same key returns the first answer.
    pub idempotency_key: String,
}

/// Why and when a coverage ends earlier than recorded.
#[derive(Clone, InputObject)]
pub struct EndInsuranceInput {
    /// The coverage.
    pub id: ID,
    /// The version that the change is meant for.
    pub expected_version: i32,
    /// The last day, within the coverage's time.
    pub ended_on: Date,
    /// For those who ask later.
    pub reason: String,
}

/// A poverty standard as the decree says it: recorded anew, or in place of the one with the code.
#[derive(Clone, InputObject)]
pub struct RecordPovertyStandardInput {
    /// Unique: ND351-2025.
    pub code: String,
    /// Of the standard that is corrected; left out for a new one.
    pub expected_version: Option<i32>,
    /// The legal act: 351/2025/NĐ-CP.
    pub decree: String,
    /// First day in force.
    pub effective_from: Date,
    /// Last day in force; left out while it isn't known.
    pub effective_to: Option<Date>,
    /// Income per person and month up to which a household of a rural commune is under the line.
    pub rural_line: Vnd,
    /// The same of wards and townships.
    pub urban_line: Vnd,
    /// Up to here a household above the line is AVERAGE; left out where it isn't known.
    pub rural_average_line: Option<Vnd>,
    /// The same of wards and townships.
    pub urban_average_line: Option<Vnd>,
    /// So many of the twelve make a household under the line poor.
    pub deprivations_for_poor: i32,
    /// STATED where the official text was read; INFERRED marks what is still unverified.
    pub basis: Basis,
    /// Where it was read, and how certain that is.
    pub source: String,
    /// The limits of the review form's scores; left out where they aren't known.
    pub scores: Option<StandardScoresInput>,
}

/// The limits of the two scores of the form that goes with a standard.
#[derive(Clone, InputObject)]
pub struct StandardScoresInput {
    /// Score A up to which a household of a rural commune is under the income line.
    pub rural_line: i32,
    /// The same of wards and townships.
    pub urban_line: i32,
    /// Points of score B for one deprivation.
    pub points_a_deprivation: i32,
    /// Score B from which a household under the line is poor: what the deprivations for it come to.
    pub for_poor: i32,
    /// How certain they are.
    pub basis: Basis,
    /// Where they were read.
    pub source: String,
}
