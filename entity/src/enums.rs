//! The closed sets of values, each declared once for the database and for GraphQL.
//!
//! A column holds the text of the GraphQL value. The order of the values is part of the stored form where an enum is
//! kept as a set ([`EnumSet`](crate::EnumSet)): append new values at the end, never reorder. Descriptions give the
//! Vietnamese term of the field.

mod credit;
mod exchange;
mod model_project;
mod plan;
mod registry;
mod support;

pub use credit::{DamageRecordSigner, LoanChange, LoanStatus, LoanTransactionKind, MassOrganisation, RiskDebtCause};
pub use exchange::{
    AccessDecision, ChangeOperation, ClientStatus, HouseholdOrderField, ItemStatus, MoneyEventKind, Purpose,
    SortDirection,
};
pub use model_project::{CapitalMovementKind, GiftKind, ModelStatus, ModelTrack, ParticipationOutcome, SponsorKind};
pub use plan::{AgencyPart, Basis, Comparator, StatisticsGroup, TaskStatus};
pub use registry::{
    AdminLevel, AreaKind, Deprivation, HouseholdCategory, InsuranceKind, MembershipEnd, PersonCategory, PovertyClass,
    ProtectedCategory, ReclassificationOutcome, Relationship, Sex,
};
pub use support::{AssistanceGround, BenefitStatus, FundingSource, Recurrence, SupportPurpose, UrgentHelpKind};

/// Declares enums: a documented name, and documented values beside the text that stands for them everywhere.
macro_rules! enums {
    ($(
        $(#[doc = $enum_doc:literal])+
        $name:ident { $( $(#[doc = $doc:literal])+ $value:ident = $text:literal, )+ }
    )+) => { $(
        $(#[doc = $enum_doc])+
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash,
            sea_orm::EnumIter, sea_orm::DeriveActiveEnum, async_graphql::Enum, serde::Serialize, serde::Deserialize,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        pub enum $name {
            $(
                $(#[doc = $doc])+
                #[sea_orm(string_value = $text)]
                #[graphql(name = $text)]
                #[serde(rename = $text)]
                $value,
            )+
        }

        impl $name {
            /// All values, in the order of the schema.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            /// The texts of all values, in the same order: bit n of a stored set is the n-th.
            pub const NAMES: &[&'static str] = &[$($text),+];

            /// The text in the database, in GraphQL and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $text,)+
                }
            }

            /// The value that `text` stands for; case matters.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$value),)+
                    _ => None,
                }
            }
        }
    )+ };
}
use enums;

#[cfg(test)]
mod tests {
    use async_graphql::resolver_utils::EnumType;
    use sea_orm::{ActiveEnum, Iterable};

    use super::*;

    /// The database, GraphQL, JSON and `as_str` call each value the same, in the same order.
    macro_rules! one_text {
        ($($name:ident)+) => { $(
            let texts: Vec<_> = $name::ALL.iter().map(|value| value.as_str()).collect();
            assert_eq!(texts, $name::items().iter().map(|item| item.name).collect::<Vec<_>>());
            assert_eq!(texts, $name::iter().map(|value| value.to_value()).collect::<Vec<_>>());
            for (value, text) in $name::ALL.iter().copied().zip(texts) {
                assert_eq!($name::parse(text), Some(value));
                assert_eq!($name::try_from_value(&text.to_owned()).unwrap(), value);
                assert_eq!($name::parse(&text.to_lowercase()), None);
                assert_eq!(text, screaming_snake_case(&format!("{value:?}")));
            }
        )+ };
    }

    fn screaming_snake_case(name: &str) -> String {
        let mut text = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !text.is_empty() {
                text.push('_');
            }
            text.push(letter.to_ascii_uppercase());
        }
        text
    }

    #[test]
    fn a_value_has_one_text_everywhere() {
        one_text! {
            AccessDecision AdminLevel AgencyPart AreaKind Basis BenefitStatus CapitalMovementKind ChangeOperation
            ClientStatus Comparator DamageRecordSigner Deprivation FundingSource GiftKind HouseholdCategory HouseholdOrderField
            InsuranceKind ItemStatus LoanChange LoanStatus LoanTransactionKind MassOrganisation MembershipEnd ModelStatus ModelTrack
            MoneyEventKind ParticipationOutcome PersonCategory PovertyClass ProtectedCategory Purpose
            ReclassificationOutcome Recurrence Relationship
            RiskDebtCause Sex SortDirection SponsorKind StatisticsGroup SupportPurpose TaskStatus
        }
    }
}
