//! Model projects, the households in them, and the capital that is advanced, recovered and advanced again.

crate::ddl::tables!(
    "model_project", "model_funding", "model_participation", "participation_funding", "capital_movement"
=> "
CREATE TABLE model_project (
    id {id},
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    track TEXT NOT NULL,
    level TEXT,
    site_id BIGINT NOT NULL REFERENCES admin_unit(id),
    commune_id BIGINT REFERENCES admin_unit(id),
    district_id BIGINT REFERENCES admin_unit(id),
    status TEXT NOT NULL,
    program_id BIGINT REFERENCES program(id),
    starts_on {date},
    ends_on {date},
    closed_on {date},
    {bookkeeping}
);
CREATE INDEX model_project_commune ON model_project (commune_id, id);
CREATE INDEX model_project_district ON model_project (district_id, id);
CREATE TABLE model_funding (
    id {id},
    project_id BIGINT NOT NULL REFERENCES model_project(id),
    source TEXT NOT NULL,
    line_id BIGINT REFERENCES funding_line(id),
    amount BIGINT NOT NULL CHECK (amount > 0)
);
CREATE INDEX model_funding_project ON model_funding (project_id);
CREATE TABLE model_participation (
    id {id},
    project_id BIGINT NOT NULL REFERENCES model_project(id),
    household_id BIGINT NOT NULL REFERENCES household(id),
    commune_id BIGINT NOT NULL REFERENCES admin_unit(id),
    district_id BIGINT NOT NULL REFERENCES admin_unit(id),
    support_amount BIGINT NOT NULL CHECK (support_amount >= 0),
    recoverable_amount BIGINT NOT NULL DEFAULT 0 CHECK (recoverable_amount >= 0),
    recovered_amount BIGINT NOT NULL DEFAULT 0 CHECK (recovered_amount >= 0),
    reinvested_amount BIGINT NOT NULL DEFAULT 0 CHECK (reinvested_amount >= 0),
    outcome TEXT NOT NULL,
    enrolled_on {date} NOT NULL,
    {bookkeeping},
    UNIQUE (project_id, household_id)
);
CREATE INDEX model_participation_household ON model_participation (household_id);
CREATE TABLE participation_funding (
    id {id},
    participation_id BIGINT NOT NULL REFERENCES model_participation(id),
    source TEXT NOT NULL,
    line_id BIGINT REFERENCES funding_line(id),
    amount BIGINT NOT NULL CHECK (amount > 0)
);
CREATE INDEX participation_funding_participation ON participation_funding (participation_id);
CREATE INDEX participation_funding_line ON participation_funding (line_id);
CREATE TABLE capital_movement (
    id {id},
    participation_id BIGINT NOT NULL REFERENCES model_participation(id),
    kind TEXT NOT NULL CHECK (kind IN ('ADVANCE', 'RECOVERY', 'REINVESTMENT')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    occurred_on {date} NOT NULL,
    reference TEXT NOT NULL,
    to_participation_id BIGINT REFERENCES model_participation(id),
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    recorded_at BIGINT NOT NULL,
    UNIQUE (participation_id, kind, reference)
);
");
