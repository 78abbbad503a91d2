//! Sponsors, what they pledge, what they give, and the households they look after.

crate::ddl::tables!("sponsor", "pledge", "gift", "sponsorship" => "
CREATE TABLE sponsor (
    id {id},
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ORGANISATION', 'PERSON')),
    contact TEXT,
    {bookkeeping}
);
CREATE TABLE pledge (
    id {id},
    sponsor_id BIGINT NOT NULL REFERENCES sponsor(id),
    program_id BIGINT NOT NULL REFERENCES program(id),
    line_id BIGINT REFERENCES funding_line(id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    pledged_on {date} NOT NULL,
    due_on {date},
    reference TEXT NOT NULL,
    note TEXT,
    {bookkeeping},
    UNIQUE (sponsor_id, reference)
);
CREATE INDEX pledge_program ON pledge (program_id);
CREATE TABLE gift (
    id {id},
    sponsor_id BIGINT NOT NULL REFERENCES sponsor(id),
    pledge_id BIGINT REFERENCES pledge(id),
    program_id BIGINT NOT NULL REFERENCES program(id),
    household_id BIGINT REFERENCES household(id),
    kind TEXT NOT NULL CHECK (kind IN ('MONEY', 'IN_KIND')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    description TEXT,
    given_on {date} NOT NULL,
    reference TEXT NOT NULL,
    {bookkeeping},
    UNIQUE (sponsor_id, reference)
);
CREATE INDEX gift_pledge ON gift (pledge_id);
CREATE INDEX gift_household ON gift (household_id);
CREATE INDEX gift_program ON gift (program_id);
CREATE TABLE sponsorship (
    id {id},
    sponsor_id BIGINT NOT NULL REFERENCES sponsor(id),
    household_id BIGINT NOT NULL REFERENCES household(id),
    starts_on {date} NOT NULL,
    ends_on {date},
    note TEXT,
    {bookkeeping},
    UNIQUE (sponsor_id, household_id, starts_on)
);
CREATE INDEX sponsorship_household ON sponsorship (household_id);
");
