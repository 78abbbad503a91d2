//! Administrative units with their validity, and the agencies.

crate::ddl::tables!("admin_unit", "admin_unit_successor", "agency", "agency_successor" => "
CREATE TABLE admin_unit (
    id {id},
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('PROVINCE', 'DISTRICT', 'COMMUNE', 'HAMLET')),
    unit_type TEXT NOT NULL,
    area_kind TEXT CHECK (area_kind IN ('RURAL', 'URBAN')),
    parent_id BIGINT REFERENCES admin_unit(id),
    valid_from {date},
    valid_to {date},
    mapping_status TEXT,
    note TEXT
);
CREATE UNIQUE INDEX admin_unit_code ON admin_unit (code, COALESCE(valid_from, '0001-01-01'));
CREATE INDEX admin_unit_parent ON admin_unit (parent_id);
CREATE TABLE admin_unit_successor (
    unit_id BIGINT NOT NULL REFERENCES admin_unit(id),
    successor_id BIGINT NOT NULL REFERENCES admin_unit(id),
    position INTEGER NOT NULL,
    PRIMARY KEY (unit_id, successor_id)
);
CREATE TABLE agency (
    id {id},
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    short_name TEXT,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    name_basis TEXT NOT NULL CHECK (name_basis IN ('STATED', 'INFERRED', 'UNKNOWN')),
    section_number INTEGER,
    valid_to {date}
);
CREATE TABLE agency_successor (
    agency_id BIGINT NOT NULL REFERENCES agency(id),
    successor_id BIGINT NOT NULL REFERENCES agency(id),
    position INTEGER NOT NULL,
    PRIMARY KEY (agency_id, successor_id)
);
");
