//! Support granted under a program: benefits, their funding, payments and history.

crate::ddl::tables!("benefit", "benefit_funding", "benefit_payment", "benefit_transition" => "
CREATE TABLE benefit (
    id {id},
    program_id BIGINT NOT NULL REFERENCES program(id),
    household_id BIGINT NOT NULL REFERENCES household(id),
    person_id BIGINT REFERENCES person(id),
    commune_id BIGINT NOT NULL REFERENCES admin_unit(id),
    district_id BIGINT NOT NULL REFERENCES admin_unit(id),
    status TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    recurrence TEXT NOT NULL,
    starts_on {date},
    ends_on {date},
    proposed_on {date} NOT NULL,
    decided_on {date},
    paid_amount BIGINT NOT NULL DEFAULT 0 CHECK (paid_amount >= 0),
    note TEXT,
    {bookkeeping}
);
CREATE INDEX benefit_household ON benefit (household_id);
CREATE INDEX benefit_person ON benefit (person_id);
CREATE INDEX benefit_program ON benefit (program_id, status);
CREATE INDEX benefit_commune ON benefit (commune_id, id);
CREATE INDEX benefit_district ON benefit (district_id, id);
CREATE INDEX benefit_updated ON benefit (updated_at, id);
CREATE TABLE benefit_funding (
    id {id},
    benefit_id BIGINT NOT NULL REFERENCES benefit(id),
    source TEXT NOT NULL,
    line_id BIGINT REFERENCES funding_line(id),
    amount BIGINT NOT NULL CHECK (amount > 0)
);
CREATE INDEX benefit_funding_benefit ON benefit_funding (benefit_id);
CREATE INDEX benefit_funding_line ON benefit_funding (line_id);
CREATE TABLE benefit_payment (
    id {id},
    benefit_id BIGINT NOT NULL REFERENCES benefit(id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    source TEXT NOT NULL,
    paid_on {date} NOT NULL,
    reference TEXT NOT NULL,
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    recorded_at BIGINT NOT NULL,
    UNIQUE (benefit_id, reference)
);
CREATE TABLE benefit_transition (
    id {id},
    benefit_id BIGINT NOT NULL REFERENCES benefit(id),
    from_status TEXT,
    to_status TEXT NOT NULL,
    at BIGINT NOT NULL,
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    client_id BIGINT,
    note TEXT
);
CREATE INDEX benefit_transition_benefit ON benefit_transition (benefit_id, id);
");
