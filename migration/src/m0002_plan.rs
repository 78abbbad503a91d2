//! The plan of a year: programs and their funding lines, indicators, tasks, reports, discrepancies.

crate::ddl::tables!(
    "plan", "plan_source", "program", "program_agency", "funding_line", "indicator", "indicator_agency",
    "indicator_reading", "plan_task", "plan_task_agency", "report_obligation", "plan_discrepancy", "program_spending"
=> "
CREATE TABLE plan (
    id {id},
    code TEXT NOT NULL UNIQUE,
    year INTEGER NOT NULL UNIQUE,
    title TEXT NOT NULL,
    title_en TEXT NOT NULL,
    issued_on {date} NOT NULL,
    stated_total BIGINT NOT NULL
);
CREATE TABLE plan_source (
    id {id},
    plan_id BIGINT NOT NULL REFERENCES plan(id),
    source TEXT NOT NULL,
    stated BIGINT NOT NULL,
    position INTEGER NOT NULL,
    UNIQUE (plan_id, source)
);
CREATE TABLE program (
    id {id},
    plan_id BIGINT NOT NULL REFERENCES plan(id),
    code TEXT NOT NULL UNIQUE,
    annex_item TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    unit TEXT NOT NULL,
    purpose TEXT NOT NULL,
    planned_quantity INTEGER,
    planned_amount BIGINT NOT NULL,
    lead_basis TEXT NOT NULL,
    position INTEGER NOT NULL,
    note TEXT
);
CREATE TABLE program_agency (
    program_id BIGINT NOT NULL REFERENCES program(id),
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    part TEXT NOT NULL CHECK (part IN ('LEAD', 'COORDINATING')),
    position INTEGER NOT NULL,
    PRIMARY KEY (program_id, part, agency_id)
);
CREATE TABLE funding_line (
    id {id},
    program_id BIGINT NOT NULL REFERENCES program(id),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    quantity INTEGER,
    unit_cost BIGINT,
    amount BIGINT NOT NULL,
    computed BIGINT NOT NULL,
    allocated BIGINT CHECK (allocated >= 0),
    allocation_decision TEXT,
    allocated_on {date},
    position INTEGER NOT NULL,
    note TEXT,
    UNIQUE (program_id, code)
);
CREATE TABLE indicator (
    id {id},
    plan_id BIGINT NOT NULL REFERENCES plan(id),
    code TEXT NOT NULL,
    indicator_group TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    unit TEXT NOT NULL,
    comparator TEXT NOT NULL,
    target TEXT,
    computed BOOLEAN NOT NULL DEFAULT FALSE,
    lead_basis TEXT NOT NULL,
    position INTEGER NOT NULL,
    note TEXT,
    UNIQUE (plan_id, code)
);
CREATE TABLE indicator_agency (
    indicator_id BIGINT NOT NULL REFERENCES indicator(id),
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    position INTEGER NOT NULL,
    PRIMARY KEY (indicator_id, agency_id)
);
CREATE TABLE indicator_reading (
    id {id},
    indicator_id BIGINT NOT NULL REFERENCES indicator(id),
    value TEXT NOT NULL,
    as_of {date} NOT NULL,
    numerator TEXT,
    denominator TEXT,
    unit_id BIGINT REFERENCES admin_unit(id),
    note TEXT,
    recorded_at BIGINT NOT NULL,
    recorded_by BIGINT NOT NULL REFERENCES agency(id)
);
CREATE INDEX indicator_reading_latest ON indicator_reading (indicator_id, as_of, id);
CREATE TABLE plan_task (
    id {id},
    plan_id BIGINT NOT NULL REFERENCES plan(id),
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    starts_on {date},
    ends_on {date},
    status TEXT NOT NULL DEFAULT 'PLANNED',
    note TEXT,
    UNIQUE (plan_id, number)
);
CREATE TABLE plan_task_agency (
    task_id BIGINT NOT NULL REFERENCES plan_task(id),
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    part TEXT NOT NULL CHECK (part IN ('LEAD', 'COORDINATING')),
    position INTEGER NOT NULL,
    PRIMARY KEY (task_id, part, agency_id)
);
CREATE TABLE report_obligation (
    id {id},
    plan_id BIGINT NOT NULL REFERENCES plan(id),
    code TEXT NOT NULL,
    period_start {date},
    period_end {date},
    due_before {date},
    reporter_id BIGINT NOT NULL REFERENCES agency(id),
    reporter_unit_id BIGINT REFERENCES admin_unit(id),
    submitted_at BIGINT,
    as_of {date},
    estimated BOOLEAN,
    note TEXT,
    position INTEGER NOT NULL
);
CREATE INDEX report_obligation_plan ON report_obligation (plan_id, position);
CREATE TABLE plan_discrepancy (
    id {id},
    plan_id BIGINT NOT NULL REFERENCES plan(id),
    code TEXT NOT NULL,
    topic TEXT NOT NULL,
    statement_a TEXT NOT NULL,
    statement_b TEXT,
    difference TEXT,
    severity TEXT NOT NULL,
    advice TEXT,
    position INTEGER NOT NULL,
    UNIQUE (plan_id, code)
);
CREATE TABLE program_spending (
    id {id},
    program_id BIGINT NOT NULL REFERENCES program(id),
    line_id BIGINT REFERENCES funding_line(id),
    source TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    spent_on {date} NOT NULL,
    quantity INTEGER,
    unit_id BIGINT REFERENCES admin_unit(id),
    description TEXT NOT NULL,
    reference TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by BIGINT NOT NULL REFERENCES agency(id),
    UNIQUE (program_id, reference)
);
CREATE INDEX program_spending_line ON program_spending (line_id);
");
