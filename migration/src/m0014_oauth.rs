//! How machines get their tokens: public keys of clients, assertions that were used, and clients as outside issuers name
//! them.

crate::ddl::tables!("client_key", "assertion_use", "client_issuer" => "
CREATE TABLE client_key (
    client_id BIGINT NOT NULL REFERENCES client(id),
    kid TEXT NOT NULL,
    jwk TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, kid)
);
CREATE TABLE assertion_use (
    client_id BIGINT NOT NULL REFERENCES client(id),
    jti_hash TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, jti_hash)
);
CREATE INDEX assertion_use_expiry ON assertion_use (expires_at);
CREATE TABLE client_issuer (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    client_id BIGINT NOT NULL REFERENCES client(id),
    PRIMARY KEY (issuer, subject)
);
");
