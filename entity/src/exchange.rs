//! The audit ledger, the change feed, answers kept for retries.

/// One use of personal data: who, what, which fields of which record.
pub mod audit_entry {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::{AccessDecision, Purpose},
        ids::{AgencyId, AuditEntryId, ClientId, TokenId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_entry")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: AuditEntryId,
        pub at: i64,
        pub request_id: String,
        /// With `agency_id` null where a command on the server did it.
        pub client_id: Option<ClientId>,
        pub token_id: Option<TokenId>,
        pub agency_id: Option<AgencyId>,
        /// The codes of the caller's roles.
        pub roles: String,
        pub operation: String,
        /// With `subject_id` the record that was written; empty where the entry is of a read.
        pub subject_type: String,
        pub subject_id: Option<i64>,
        /// Of a write the record's fields, of a read each with its type: `Household.address,Person.fullName`.
        pub fields: String,
        pub decision: AccessDecision,
        /// What the caller said that it was for.
        pub purpose: Option<Purpose>,
        pub legal_basis: Option<String>,
        /// The records that were read, ids by type: `{"Household":[12],"Person":[31,32]}`. Null where the entry is of a
        /// write.
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub subjects: Option<Json>,
        /// What a use that found or saw no record was aimed at, by argument: `{"code":["28757-000001"]}`.
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub aimed: Option<Json>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// One committed change.
pub mod change_event {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::ChangeOperation,
        ids::{AdminUnitId, AgencyId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "change_event")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        /// Orders the feed by commit on PostgreSQL, where the database sets it; 0 on SQLite.
        pub transaction_id: i64,
        pub at: i64,
        pub operation: ChangeOperation,
        pub subject_type: String,
        pub subject_id: i64,
        /// The record's version after the change.
        pub version: i32,
        pub agency_id: Option<AgencyId>,
        pub commune_id: Option<AdminUnitId>,
        pub district_id: Option<AdminUnitId>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The answer to a request that may come again.
pub mod idempotency_key {
    use sea_orm::entity::prelude::*;

    use crate::ids::ClientId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency_key")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: ClientId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub idempotency_key: String,
        pub operation: String,
        /// The same key with another input is a conflict.
        pub input_hash: String,
        /// JSON; null while the first request runs.
        pub outcome: Option<String>,
        pub created_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
