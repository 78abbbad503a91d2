//! Clients, roles as named sets of permissions, and the tokens that were issued.

crate::ddl::tables!("client", "role", "role_permission", "client_role", "token", "token_role" => "
CREATE TABLE client (
    id {id},
    name TEXT NOT NULL UNIQUE,
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    scope_unit_id BIGINT NOT NULL REFERENCES admin_unit(id),
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'ACTIVE', 'DISABLED')),
    secret_hash TEXT,
    {bookkeeping}
);
CREATE TABLE role (
    id {id},
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    built_in BOOLEAN NOT NULL
);
CREATE TABLE role_permission (
    role_id BIGINT NOT NULL REFERENCES role(id),
    permission TEXT NOT NULL,
    PRIMARY KEY (role_id, permission)
);
CREATE TABLE client_role (
    client_id BIGINT NOT NULL REFERENCES client(id),
    role_id BIGINT NOT NULL REFERENCES role(id),
    PRIMARY KEY (client_id, role_id)
);
CREATE TABLE token (
    id {id},
    jti TEXT NOT NULL UNIQUE,
    client_id BIGINT NOT NULL REFERENCES client(id),
    label TEXT NOT NULL,
    scope_unit_id BIGINT NOT NULL REFERENCES admin_unit(id),
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_reason TEXT,
    last_used_at BIGINT
);
CREATE INDEX token_client ON token (client_id, id);
CREATE TABLE token_role (
    token_id BIGINT NOT NULL REFERENCES token(id),
    role_id BIGINT NOT NULL REFERENCES role(id),
    PRIMARY KEY (token_id, role_id)
);
");
