//! Pilot sites against the plan (II.9): the province and each district want a commune, each commune a hamlet or quarter.
//!
//! Units are those of a day, and a site counts for what its land belongs to on that day: the hamlet of a commune that
//! was merged counts for the commune that took it over. With the districts, what they were to choose is gone since
//! 1 July 2025. A site of another level than the plan's (`PILOT_SITE_LEVEL`) counts for nothing.
//!
//! All is told of one unit, which the row rule holds to the caller's scope; nothing outside it is counted.

use chrono::NaiveDate;

use crate::{
    access::Permission as P,
    error::Result,
    place::ADMIN_UNIT,
    read::{
        Conditions,
        projection::{Projection, Rows, column, many, one, sql},
    },
};

/// The first days of the units' generations: between two of them no unit changes.
macro_rules! generations {
    () => {
        "(SELECT DISTINCT COALESCE(valid_from, '0001-01-01') AS generation FROM admin_unit WHERE level <> 'HAMLET')"
    };
}

/// Each unit in each generation.
const UNIT_BY_GENERATION: &str =
    concat!("(SELECT u.id, u.parent_id, g.generation FROM admin_unit u CROSS JOIN ", generations!(), " g)");

/// The levels that run pilot sites and what a site is: `planned_site` of `rules.rs`.
const LEVEL_BY_UNIT: &str = concat!(
    "(SELECT u.id AS unit_id, u.parent_id, u.valid_from, u.valid_to, g.generation, l.level, l.site_level, l.position \
     FROM admin_unit u CROSS JOIN ",
    generations!(),
    " g CROSS JOIN (SELECT 'PROVINCE' AS level, 'COMMUNE' AS site_level, 1 AS position \
     UNION ALL SELECT 'DISTRICT', 'COMMUNE', 2 UNION ALL SELECT 'COMMUNE', 'HAMLET', 3) l)"
);

/// What becomes of each unit, itself and those that take it over, however many steps later (`later`); and what has become
/// of it by the generation (`become`): one that goes on took others over only when those ended.
macro_rules! later {
    () => {
        "WITH RECURSIVE later(old_id, new_id) AS (SELECT a.id, a.id FROM admin_unit a WHERE a.level <> 'HAMLET' \
         UNION SELECT l.old_id, s.successor_id FROM later l JOIN admin_unit_successor s ON s.unit_id = l.new_id), \
         become(old_id, new_id) AS (SELECT a.id, a.id FROM admin_unit a WHERE a.level <> 'HAMLET' \
         UNION SELECT l.old_id, s.successor_id FROM become l JOIN admin_unit o ON o.id = l.new_id \
         AND o.valid_to < {t}.generation JOIN admin_unit_successor s ON s.unit_id = o.id) "
    };
}

/// Units `u` of the level and generation whose land lies in the unit of `{t}` as a whole: so do all that became it, or that it
/// became, while that unit lasted. What belongs to the province needs no such proof.
macro_rules! wanted {
    () => {
        "admin_unit u WHERE u.level = {t}.level AND (u.valid_from IS NULL OR u.valid_from <= {t}.generation) \
         AND (u.valid_to IS NULL OR u.valid_to >= {t}.generation) AND ({t}.parent_id IS NULL OR u.id IN ( \
         SELECT k.unit_id FROM (SELECT new_id AS unit_id, old_id AS kin_id FROM later \
         UNION SELECT old_id, new_id FROM later) k JOIN admin_unit e ON e.id = k.kin_id \
         WHERE (e.valid_from IS NULL OR {t}.valid_to IS NULL OR e.valid_from <= {t}.valid_to) \
         AND (e.valid_to IS NULL OR {t}.valid_from IS NULL OR e.valid_to >= {t}.valid_from) GROUP BY k.unit_id \
         HAVING min(CASE WHEN e.id = {t}.unit_id OR e.parent_id = {t}.unit_id THEN 1 ELSE 0 END) = 1))"
    };
}

/// Units that have a pilot site of theirs under a condition on the project `m`.
macro_rules! with_site {
    ($when:literal) => {
        concat!(
            "(SELECT k.new_id FROM model_project m JOIN admin_unit x ON x.id = m.site_id AND x.level = {t}.site_level \
             LEFT JOIN admin_unit d ON d.id = m.district_id JOIN become k ON k.old_id = CASE {t}.level \
             WHEN 'COMMUNE' THEN m.commune_id WHEN 'DISTRICT' THEN m.district_id ELSE d.parent_id END \
             WHERE m.track = 'PILOT_SITE' AND m.level = {t}.level AND m.status <> 'CANCELLED' \
             AND (m.closed_on IS NULL OR m.closed_on > {day})",
            $when,
            ")"
        )
    };
}

macro_rules! running {
    () => {
        with_site!(" AND m.starts_on <= {day}")
    };
}

macro_rules! chosen {
    () => {
        with_site!("")
    };
}

const WANTED: &str = concat!("(", later!(), "SELECT count(*) FROM ", wanted!(), ")");
const RUNNING: &str = concat!("(", later!(), "SELECT count(*) FROM ", wanted!(), " AND u.id IN ", running!(), ")");
const PLANNED: &str = concat!(
    "(",
    later!(),
    "SELECT count(*) FROM ",
    wanted!(),
    " AND u.id IN ",
    chosen!(),
    " AND u.id NOT IN ",
    running!(),
    ")"
);
const MISSING: &str =
    concat!("{c}.id IN (", later!(), "SELECT u.id FROM ", wanted!(), " AND u.id NOT IN ", chosen!(), ")");

pub static PILOT_COVERAGE: Projection = Projection::plain(
    "PilotCoverage",
    UNIT_BY_GENERATION,
    Rows::UnitInScope,
    &[
        one("unit", "AdminUnit!", &ADMIN_UNIT, "{c}.id = {t}.id").internal().doc("Of which all is told."),
        sql("on", "Date!", "{day}").internal().doc("The day of the pilot sites."),
        many(
            "levels",
            "[PilotLevel!]!",
            &PILOT_LEVEL,
            "{c}.unit_id = {t}.id AND {c}.generation = {t}.generation",
            "{c}.position",
        )
        .internal()
        .doc("Province, district, commune."),
    ],
)
.doc("How far the plan's pilot sites are chosen: one commune for the province and for each district, one hamlet for each commune.")
.guard(P::ModelProjectRead);

static PILOT_LEVEL: Projection = Projection::plain(
    "PilotLevel",
    LEVEL_BY_UNIT,
    Rows::Through { parent: &PILOT_COVERAGE, column: "unit_id" },
    &[
        column("level", "AdminLevel!", "level").internal().doc("That runs the sites."),
        column("siteLevel", "AdminLevel!", "site_level").internal().doc("What a site is."),
        sql("wanted", "Int!", WANTED)
            .internal()
            .doc("Units of the level within the unit: each wants a site. 0 districts since they were abolished."),
        sql("running", "Int!", RUNNING).internal().doc("Of them, with a site that has begun and has not ended."),
        sql("planned", "Int!", PLANNED).internal().doc("Of the others, with a site that is to begin."),
        many("missing", "[AdminUnit!]!", &ADMIN_UNIT, MISSING, "{c}.code, {c}.id")
            .internal()
            .doc("The units without either."),
    ],
)
.doc("The pilot sites that one level runs: wanted = running + planned + missing.")
.guard(P::ModelProjectRead);

/// The coverage of a unit, by the units of a day.
pub fn of_unit(rows: &mut Conditions<'_>, unit: i64, units_day: NaiveDate) -> Result<()> {
    rows.add("{c}.id = {0}", [unit.into()]);
    rows.add(
        "{c}.generation = (SELECT max(COALESCE(valid_from, '0001-01-01')) FROM admin_unit WHERE level <> 'HAMLET' \
         AND (valid_from IS NULL OR valid_from <= {0}))",
        [units_day.into()],
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use entity::enums::AdminLevel;

    use super::*;
    use crate::model_project::rules;

    #[test]
    fn the_levels_are_those_of_the_rule() {
        for level in AdminLevel::ALL {
            match rules::planned_site(*level) {
                Some(site) => {
                    let (level, site) = (level.as_str(), site.as_str());
                    let row = [format!("'{level}' AS level, '{site}' AS"), format!("SELECT '{level}', '{site}',")];
                    assert!(row.iter().any(|row| LEVEL_BY_UNIT.contains(row)), "{level}");
                }
                None => assert!(!LEVEL_BY_UNIT.contains(&format!("SELECT '{}'", level.as_str()))),
            }
        }
    }
}
