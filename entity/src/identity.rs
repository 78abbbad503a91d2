//! Clients, roles, tokens.

/// A program of an agency that calls the service.
pub mod client {
    use sea_orm::entity::prelude::*;

    use crate::{
        enums::ClientStatus,
        ids::{AdminUnitId, AgencyId, ClientId},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "client")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: ClientId,
        pub name: String,
        pub agency_id: AgencyId,
        /// The unit whose records it works with.
        pub scope_unit_id: AdminUnitId,
        pub status: ClientStatus,
        /// Null until the first secret is handed out.
        pub secret_hash: Option<String>,
        /// The client that last offered it roles or a scope: that one can't activate it. Null where a command did.
        pub offered_by: Option<i64>,
        /// Why it was shut out or taken into use, in the administrator's words.
        pub status_reason: Option<String>,
        pub version: i32,
        pub created_at: i64,
        pub updated_at: i64,
        pub updated_by: Option<AgencyId>,
        /// It may run the operations that it has registered and no others.
        pub registered_only: bool,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An operation that a client has registered: the text of a document, named by its digest.
pub mod client_operation {
    use sea_orm::entity::prelude::*;

    use crate::ids::ClientId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "client_operation")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub client_id: ClientId,
        /// 64 hexadecimal digits in lower case.
        pub sha256: String,
        /// Of the document's only operation, where it has one and that a name.
        pub name: Option<String>,
        pub document: String,
        pub registered_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A named set of permissions.
pub mod role {
    use sea_orm::entity::prelude::*;

    use crate::{EnumSet, enums::Purpose, ids::RoleId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "role")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: RoleId,
        pub code: String,
        pub name: String,
        /// Comes with the service and can't be changed.
        pub built_in: bool,
        /// Days that a token with this role may live.
        pub longest_token_days: i32,
        pub version: i32,
        /// What it may be used for; none in it: for anything. Null until somebody says.
        pub purposes: Option<EnumSet<Purpose>>,
        /// Whether it reads personal data only for a purpose that the request names.
        pub purpose_required: bool,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A permission of a role.
pub mod role_permission {
    use sea_orm::entity::prelude::*;

    use crate::ids::RoleId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "role_permission")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_id: RoleId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub permission: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A role of a client.
pub mod client_role {
    use sea_orm::entity::prelude::*;

    use crate::ids::{ClientId, RoleId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "client_role")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: ClientId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_id: RoleId,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A token that was issued; the secret itself is stored nowhere.
pub mod token {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AdminUnitId, ClientId, TokenId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "token")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: TokenId,
        pub jti: String,
        pub client_id: ClientId,
        pub label: String,
        pub scope_unit_id: AdminUnitId,
        pub issued_at: i64,
        pub expires_at: i64,
        pub revoked_at: Option<i64>,
        pub revoked_reason: Option<String>,
        pub last_used_at: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A role of a token, which the client must have too.
pub mod token_role {
    use sea_orm::entity::prelude::*;

    use crate::ids::{RoleId, TokenId};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "token_role")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub token_id: TokenId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_id: RoleId,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A public key of a client, by which it authenticates without a secret (RFC 7523).
pub mod client_key {
    use sea_orm::entity::prelude::*;

    use crate::ids::ClientId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "client_key")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: ClientId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kid: String,
        /// The public members as JSON (RFC 7517).
        pub jwk: String,
        pub created_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An assertion of a client that was used. Each is taken once, on whatever node.
pub mod assertion_use {
    use sea_orm::entity::prelude::*;

    use crate::ids::ClientId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "assertion_use")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: ClientId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub jti_hash: String,
        /// After this the assertion is refused by its own period, and the row can go.
        pub expires_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A client as an outside issuer names it.
pub mod client_issuer {
    use sea_orm::entity::prelude::*;

    use crate::ids::ClientId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "client_issuer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub issuer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: String,
        pub client_id: ClientId,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// How often a client asked for a personal number under which it sees nobody, in the hour and the day that run.
pub mod number_look_up {
    use sea_orm::entity::prelude::*;

    use crate::ids::ClientId;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "number_look_up")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: ClientId,
        /// Hours since the Unix epoch.
        pub hour: i64,
        pub in_hour: i64,
        /// Days since the Unix epoch, as they begin in Viet Nam.
        pub day: i64,
        pub in_day: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
