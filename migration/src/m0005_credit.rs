//! Loan products with dated rates, loans, and their ledger, which only grows.

crate::ddl::tables!("loan_product", "loan_rate", "loan", "loan_funding", "loan_transaction", "loan_transition" => "
CREATE TABLE loan_product (
    id {id},
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    max_amount BIGINT NOT NULL,
    max_term_months INTEGER NOT NULL,
    annual_rate TEXT NOT NULL,
    eligible_classes BIGINT NOT NULL,
    eligible_categories BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    basis TEXT NOT NULL,
    source TEXT NOT NULL,
    effective_from {date} NOT NULL,
    effective_to {date},
    UNIQUE (code, effective_from)
);
CREATE TABLE loan_rate (
    id {id},
    product_code TEXT NOT NULL,
    annual_rate TEXT NOT NULL,
    effective_from {date} NOT NULL,
    source TEXT NOT NULL,
    UNIQUE (product_code, effective_from)
);
CREATE TABLE loan (
    id {id},
    contract_number TEXT NOT NULL UNIQUE,
    product_id BIGINT NOT NULL REFERENCES loan_product(id),
    product_code TEXT NOT NULL,
    program_id BIGINT REFERENCES program(id),
    household_id BIGINT NOT NULL REFERENCES household(id),
    borrower_id BIGINT REFERENCES person(id),
    commune_id BIGINT NOT NULL REFERENCES admin_unit(id),
    district_id BIGINT NOT NULL REFERENCES admin_unit(id),
    status TEXT NOT NULL,
    principal BIGINT NOT NULL CHECK (principal > 0),
    term_months INTEGER NOT NULL CHECK (term_months > 0),
    requested_on {date} NOT NULL,
    approved_on {date},
    disbursed_on {date},
    matures_on {date},
    disbursed_amount BIGINT NOT NULL DEFAULT 0 CHECK (disbursed_amount >= 0),
    outstanding_principal BIGINT NOT NULL DEFAULT 0 CHECK (outstanding_principal >= 0),
    overdue_principal BIGINT NOT NULL DEFAULT 0 CHECK (overdue_principal >= 0),
    {bookkeeping}
);
CREATE INDEX loan_household ON loan (household_id);
CREATE INDEX loan_borrower ON loan (borrower_id);
CREATE INDEX loan_commune ON loan (commune_id, id);
CREATE INDEX loan_district ON loan (district_id, id);
CREATE INDEX loan_program ON loan (program_id);
CREATE INDEX loan_updated ON loan (updated_at, id);
CREATE TABLE loan_funding (
    id {id},
    loan_id BIGINT NOT NULL REFERENCES loan(id),
    source TEXT NOT NULL,
    line_id BIGINT REFERENCES funding_line(id),
    amount BIGINT NOT NULL CHECK (amount > 0)
);
CREATE INDEX loan_funding_loan ON loan_funding (loan_id);
CREATE INDEX loan_funding_line ON loan_funding (line_id);
CREATE TABLE loan_transaction (
    id {id},
    loan_id BIGINT NOT NULL REFERENCES loan(id),
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    occurred_on {date} NOT NULL,
    reference TEXT NOT NULL,
    balance_after BIGINT NOT NULL CHECK (balance_after >= 0),
    reverses_id BIGINT UNIQUE REFERENCES loan_transaction(id),
    until_on {date},
    cause TEXT,
    damage_percent TEXT,
    reason TEXT,
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    recorded_at BIGINT NOT NULL,
    UNIQUE (loan_id, reference, kind)
);
CREATE TABLE loan_transition (
    id {id},
    loan_id BIGINT NOT NULL REFERENCES loan(id),
    from_status TEXT,
    to_status TEXT NOT NULL,
    occurred_on {date} NOT NULL,
    at BIGINT NOT NULL,
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    client_id BIGINT,
    note TEXT
);
CREATE INDEX loan_transition_loan ON loan_transition (loan_id, id);
");
