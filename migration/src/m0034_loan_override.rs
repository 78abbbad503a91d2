//! Whether a loan was granted against a rule, by whom and why.

crate::ddl::tables!("loan_override" => "
CREATE TABLE loan_override (
    id {id},
    loan_id BIGINT NOT NULL UNIQUE REFERENCES loan(id),
    rule TEXT NOT NULL,
    note TEXT NOT NULL,
    collided_type TEXT NOT NULL,
    collided_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    client_id BIGINT
);
");
