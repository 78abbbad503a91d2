//! The closed figures of each day, for those who see statistics only, and what the next closing has to remember.
//!
//! `closed_statistics` is what was published of a day; `closed_cell` each value that a part of it (the poor of one
//! commune, say) took, on the day on which it took it; `closed_contribution` what the sum of money that a part shows
//! was made of. `closed_figure` is the last closed day beside its units, as it is read.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
CREATE TABLE closed_day (
    day {date} PRIMARY KEY,
    as_of BIGINT NOT NULL,
    closed_at BIGINT NOT NULL
);
CREATE TABLE closed_statistics (
    day {date} NOT NULL REFERENCES closed_day(day),
    unit_id BIGINT NOT NULL REFERENCES admin_unit(id),
    households BIGINT,
    poor BIGINT,
    near_poor BIGINT,
    newly_escaped BIGINT,
    persons BIGINT,
    insured_persons BIGINT,
    loans_outstanding BIGINT,
    loans_overdue BIGINT,
    benefits_paid BIGINT,
    PRIMARY KEY (day, unit_id)
);
CREATE TABLE closed_cell (
    unit_id BIGINT NOT NULL REFERENCES admin_unit(id),
    cell TEXT NOT NULL,
    day {date} NOT NULL REFERENCES closed_day(day),
    value BIGINT NOT NULL,
    PRIMARY KEY (unit_id, cell, day)
);
CREATE TABLE closed_contribution (
    cell TEXT NOT NULL,
    unit_id BIGINT NOT NULL REFERENCES admin_unit(id),
    record_id BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (cell, unit_id, record_id)
);
CREATE VIEW closed_figure AS
SELECT u.id, u.code, u.level, u.parent_id, u.valid_from, u.valid_to, d.as_of, s.households, s.poor, s.near_poor,
       s.newly_escaped, s.persons, s.insured_persons, s.loans_outstanding, s.loans_overdue, s.benefits_paid
  FROM closed_statistics s
  JOIN closed_day d ON d.day = s.day
  JOIN admin_unit u ON u.id = s.unit_id
 WHERE s.day = (SELECT MAX(c.day) FROM closed_day c);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP VIEW IF EXISTS closed_figure").await?;
        let tables = ["closed_day", "closed_statistics", "closed_cell", "closed_contribution"];
        crate::ddl::drop_tables(manager, &tables).await
    }
}
