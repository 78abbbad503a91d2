//! How clients, roles, tokens and the caller itself are read.

use entity::enums::Purpose;
use serde_json::Value;

use crate::{
    access::Permission as P,
    error::Result,
    place::{ADMIN_UNIT, AGENCY},
    read::{
        compute::Inputs,
        projection::{Field, Projection, Rows, boolean, column, computed, id, instant, many, one, page, set, sql},
    },
};

pub static VIEWER: Projection = Projection::plain(
    "Viewer",
    "token",
    Rows::OwnToken,
    &[
        sql("client", "String!", "(SELECT k.name FROM client k WHERE k.id = {t}.client_id)")
            .internal()
            .doc("Name of the client."),
        one("agency", "Agency!", &AGENCY, "{c}.id = (SELECT k.agency_id FROM client k WHERE k.id = {t}.client_id)")
            .internal()
            .doc("The agency that owns the client."),
        many(
            "roles",
            "[Role!]!",
            &OWN_ROLE,
            "{c}.id IN (SELECT r.role_id FROM token_role r JOIN client_role k ON k.role_id = r.role_id \
             WHERE r.token_id = {t}.id AND k.client_id = {t}.client_id)",
            "{c}.code",
        )
        .internal()
        .doc("That both the token and its client hold."),
        computed("permissions", "[String!]!", &[], permissions).internal().doc("What these roles allow now."),
        instant("expiresAt", "DateTime!", "expires_at").internal().doc("When the token ends."),
        one("scope", "AdminUnit!", &ADMIN_UNIT, "{c}.id = {scope}").internal().doc("The unit whose records are seen."),
    ],
)
.doc("The caller: what its token can do.");

fn permissions(inputs: &Inputs<'_>) -> Result<Value> {
    Ok(inputs.viewer.permissions.iter().map(|permission| Value::from(permission.code())).collect())
}

/// Roles as everybody may read their own.
static OWN_ROLE: Projection = role();

pub static ROLE: Projection = role().guard(P::ClientRead);

const fn role() -> Projection {
    Projection::new("Role", "role", Rows::Public, ROLE_FIELDS).doc("A named set of permissions.")
}

const ROLE_FIELDS: &[Field] = &[
    id(),
    column("code", "String!", "code").internal().doc("Unique: bank_officer."),
    column("name", "String!", "name").internal().doc("Vietnamese name."),
    boolean("builtIn", "Boolean!", "built_in").internal().doc("Comes with the service and can't be changed."),
    computed("permissions", "[String!]!", &[ROLE_PERMISSIONS], role_permissions).internal().doc("What it allows."),
    set("purposes", "[Purpose!]", "purposes", Purpose::NAMES)
        .internal()
        .doc("What it may be used for, as `X-Purpose` names it; null or empty: anything."),
    boolean("purposeRequired", "Boolean!", "purpose_required")
        .internal()
        .doc("Whether it gives nothing on persons to a request that names no purpose."),
    column("longestTokenDays", "Int!", "longest_token_days")
        .internal()
        .doc("Days that a token with this role may live."),
];

/// Permission codes have no comma, so that both databases can join them as text.
const ROLE_PERMISSIONS: &str = "(SELECT string_agg(x.permission, ',') FROM role_permission x WHERE x.role_id = {t}.id)";

fn role_permissions(inputs: &Inputs<'_>) -> Result<Value> {
    let mut codes: Vec<_> = inputs.text(0).unwrap_or_default().split(',').filter(|code| !code.is_empty()).collect();
    codes.sort_unstable();
    Ok(Value::from(codes))
}

/// Ids of keys have no comma.
const CLIENT_KEYS: &str = "(SELECT string_agg(x.kid, ',') FROM client_key x WHERE x.client_id = {t}.id)";

fn client_keys(inputs: &Inputs<'_>) -> Result<Value> {
    let mut ids: Vec<_> = inputs.text(0).unwrap_or_default().split(',').filter(|id| !id.is_empty()).collect();
    ids.sort_unstable();
    Ok(Value::from(ids))
}

pub static CLIENT: Projection = Projection::new(
    "Client",
    "client",
    Rows::OwnAgency { all: P::ClientReadAll },
    &[
        id(),
        column("version", "Int!", "version").internal().doc("Counts the writes."),
        column("name", "String!", "name").internal().doc("Unique."),
        one("agency", "Agency!", &AGENCY, "{c}.id = {t}.agency_id").internal().doc("The agency that owns it."),
        many("roles", "[Role!]!", &ROLE, "{c}r.client_id = {t}.id", "{c}.code")
            .join("JOIN client_role {c}r ON {c}r.role_id = {c}.id")
            .internal()
            .doc("What its tokens may hold."),
        one("scope", "AdminUnit!", &ADMIN_UNIT, "{c}.id = {t}.scope_unit_id")
            .internal()
            .doc("The widest unit of its tokens."),
        column("status", "ClientStatus!", "status").internal().doc("Only an ACTIVE client's tokens work."),
        column("statusReason", "String", "status_reason")
            .internal()
            .doc("Why, in the words of who activated or disabled it."),
        computed("keyIds", "[String!]!", &[CLIENT_KEYS], client_keys)
            .internal()
            .doc("Ids of the public keys by which it gets its tokens."),
        page("tokens", "TokenConnection", &TOKEN, "{c}.client_id = {t}.id")
            .internal()
            .doc("Issued tokens, without their secret."),
        boolean("registeredOnly", "Boolean!", "registered_only")
            .internal()
            .doc("It may run the operations that it has registered and no others."),
        page("operations", "ClientOperationConnection", &CLIENT_OPERATION, "{c}.client_id = {t}.id")
            .internal()
            .doc("The operations that it has registered."),
    ],
)
.doc("A system of an agency that calls the service.")
.guard(P::ClientRead);

const OWNING_AGENCY: &str = "(SELECT k.agency_id FROM client k WHERE k.id = {t}.client_id)";

/// A document may have a person's number or name written into it, so nobody but the agency itself reads it.
fn own_document(inputs: &Inputs<'_>) -> Result<Value> {
    let own = inputs.integer(1) == Some(inputs.viewer.agency_id);
    Ok(if own { inputs.cell(0).clone() } else { Value::Null })
}

pub static CLIENT_OPERATION: Projection = Projection::plain(
    "ClientOperation",
    "client_operation",
    Rows::Through { parent: &CLIENT, column: "client_id" },
    &[
        column("sha256", "String!", "sha256").internal().doc("Of the document's text in UTF-8: 64 hexadecimal digits."),
        column("name", "String", "name")
            .internal()
            .doc("Of the document's operation; null where it has none or several."),
        computed("document", "String", &["{t}.document", OWNING_AGENCY], own_document)
            .guard(P::ClientOperation)
            .hides(None, "of clients of other agencies")
            .internal()
            .doc("The text, as it was registered: for administrators of the agency that owns the client, null for others."),
        instant("registeredAt", "DateTime!", "registered_at").internal().doc("When it was registered."),
    ],
)
.doc("An operation that a client has registered.")
.guard(P::ClientRead);

pub static TOKEN: Projection = Projection::new(
    "Token",
    "token",
    Rows::Through { parent: &CLIENT, column: "client_id" },
    &[
        id(),
        column("label", "String!", "label").internal().doc("What it is for."),
        many("roles", "[Role!]!", &ROLE, "{c}r.token_id = {t}.id", "{c}.code")
            .join("JOIN token_role {c}r ON {c}r.role_id = {c}.id")
            .internal()
            .doc("Of its client's roles."),
        one("scope", "AdminUnit!", &ADMIN_UNIT, "{c}.id = {t}.scope_unit_id").internal().doc("Within its client's."),
        instant("issuedAt", "DateTime!", "issued_at").internal().doc("When it was issued."),
        instant("expiresAt", "DateTime!", "expires_at").internal().doc("When it ends."),
        instant("revokedAt", "DateTime", "revoked_at").internal().doc("When it was revoked; null where it wasn't."),
        column("revokedReason", "String", "revoked_reason").internal().doc("Why it was revoked."),
        instant("lastUsedAt", "DateTime", "last_used_at").internal().doc("Null where it was never used."),
    ],
)
.doc("A bearer token of a client.")
.guard(P::ClientRead);
