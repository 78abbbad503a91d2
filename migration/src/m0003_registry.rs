//! Households, persons, insurance coverages, poverty standards and reviews.
//!
//! `household` and `person` hold what is true now; `household_history` and `membership_history` hold what was true
//! before, for reads as of a day. Commune and district stand on each row that is read by scope, so that the scope is
//! one comparison; a move rewrites them in the same transaction.
//!
//! `poverty_class` is the class in force until `next_class_on`, from which day `next_class` is: a decision may take
//! effect on a later day without anything having to run at midnight.

crate::ddl::tables!(
    "poverty_standard", "household", "household_history", "person", "membership_history", "insurance_coverage",
    "poverty_review"
=> "
CREATE TABLE poverty_standard (
    id {id},
    code TEXT NOT NULL UNIQUE,
    decree TEXT NOT NULL,
    rural_line BIGINT NOT NULL,
    urban_line BIGINT NOT NULL,
    rural_average_line BIGINT,
    urban_average_line BIGINT,
    deprivations_for_poor INTEGER NOT NULL,
    effective_from {date} NOT NULL,
    effective_to {date},
    source TEXT NOT NULL
);
CREATE TABLE household (
    id {id},
    code TEXT NOT NULL UNIQUE,
    commune_id BIGINT NOT NULL REFERENCES admin_unit(id),
    district_id BIGINT NOT NULL REFERENCES admin_unit(id),
    hamlet_id BIGINT REFERENCES admin_unit(id),
    area_kind TEXT NOT NULL,
    address TEXT,
    categories BIGINT NOT NULL DEFAULT 0,
    search_text TEXT NOT NULL,
    poverty_class TEXT,
    next_class TEXT,
    next_class_on {date},
    registered_on {date} NOT NULL,
    history_from {date} NOT NULL,
    dissolved_on {date},
    dissolved_reason TEXT,
    {bookkeeping}
);
CREATE INDEX household_commune ON household (commune_id, code);
CREATE INDEX household_district ON household (district_id, code);
CREATE INDEX household_updated ON household (updated_at, id);
CREATE TABLE household_history (
    id {id},
    household_id BIGINT NOT NULL REFERENCES household(id),
    valid_from {date} NOT NULL,
    valid_to {date} NOT NULL,
    commune_id BIGINT NOT NULL REFERENCES admin_unit(id),
    hamlet_id BIGINT REFERENCES admin_unit(id),
    area_kind TEXT NOT NULL,
    address TEXT,
    categories BIGINT NOT NULL
);
CREATE INDEX household_history_household ON household_history (household_id, valid_from);
CREATE TABLE person (
    id {id},
    household_id BIGINT REFERENCES household(id),
    commune_id BIGINT NOT NULL REFERENCES admin_unit(id),
    district_id BIGINT NOT NULL REFERENCES admin_unit(id),
    full_name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    national_id TEXT,
    date_of_birth {date},
    sex TEXT,
    relationship TEXT,
    joined_on {date},
    categories BIGINT NOT NULL DEFAULT 0,
    protected_categories BIGINT NOT NULL DEFAULT 0,
    died_on {date},
    {bookkeeping}
);
CREATE INDEX person_household ON person (household_id);
CREATE UNIQUE INDEX person_head ON person (household_id) WHERE relationship = 'HEAD';
CREATE INDEX person_national_id ON person (national_id);
CREATE INDEX person_commune ON person (commune_id, id);
CREATE INDEX person_district ON person (district_id, id);
CREATE INDEX person_updated ON person (updated_at, id);
CREATE TABLE membership_history (
    id {id},
    person_id BIGINT NOT NULL REFERENCES person(id),
    household_id BIGINT NOT NULL REFERENCES household(id),
    relationship TEXT NOT NULL,
    joined_on {date} NOT NULL,
    left_on {date} NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX membership_history_person ON membership_history (person_id);
CREATE INDEX membership_history_household ON membership_history (household_id);
CREATE TABLE insurance_coverage (
    id {id},
    person_id BIGINT NOT NULL REFERENCES person(id),
    kind TEXT NOT NULL,
    number TEXT,
    participant_group TEXT,
    valid_from {date} NOT NULL,
    valid_to {date},
    ended_reason TEXT,
    {bookkeeping}
);
CREATE INDEX insurance_coverage_person ON insurance_coverage (person_id, kind, valid_from);
CREATE TABLE poverty_review (
    id {id},
    household_id BIGINT NOT NULL REFERENCES household(id),
    standard_id BIGINT NOT NULL REFERENCES poverty_standard(id),
    reviewed_on {date} NOT NULL,
    area_kind TEXT NOT NULL,
    score_a INTEGER,
    score_b INTEGER,
    form_version TEXT,
    income_per_capita BIGINT,
    deprivations BIGINT NOT NULL,
    computed_class TEXT NOT NULL,
    decided_class TEXT,
    decision_number TEXT,
    effective_from {date},
    effective_to {date},
    {bookkeeping}
);
CREATE INDEX poverty_review_household ON poverty_review (household_id, reviewed_on);
");
