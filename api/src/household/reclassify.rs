//! `rules::reclassified` as SQL: what each standard would make of each household, by its latest review.

use super::{days::number, standing::escaped_on};

/// The day that a dry run of the standard `s` is for: today, or the nearest day of the standard.
macro_rules! day_of {
    () => {
        "CASE WHEN s.effective_from > {today} THEN s.effective_from WHEN s.effective_to < {today} THEN s.effective_to \
         ELSE {today} END"
    };
}

/// How many of the twelve the review `r` has.
macro_rules! deprivations {
    () => {
        "((r.deprivations & 1) + ((r.deprivations >> 1) & 1) + ((r.deprivations >> 2) & 1) \
         + ((r.deprivations >> 3) & 1) + ((r.deprivations >> 4) & 1) + ((r.deprivations >> 5) & 1) \
         + ((r.deprivations >> 6) & 1) + ((r.deprivations >> 7) & 1) + ((r.deprivations >> 8) & 1) \
         + ((r.deprivations >> 9) & 1) + ((r.deprivations >> 10) & 1) + ((r.deprivations >> 11) & 1))"
    };
}

/// The class of the household `h` in force.
macro_rules! class_now {
    () => {
        "CASE WHEN h.next_class_on <= {today} THEN h.next_class ELSE h.poverty_class END"
    };
}

/// A column of the standard by what the household's land is on the day: urban or rural.
macro_rules! by_area {
    ($rural:literal, $urban:literal) => {
        concat!("CASE COALESCE(a.area_kind, h.area_kind) WHEN 'RURAL' THEN s.", $rural, " ELSE s.", $urban, " END")
    };
}

/// What is known of each household `h`: its class, what its latest review `r` found, the lines of the standard `s`. A
/// review without deprivations whose form has points for some doesn't say which they are (`unlisted`).
macro_rules! found {
    () => {
        concat!(
            "SELECT h.id, h.commune_id, h.district_id, s.id AS standard_id, r.id AS review_id, ",
            day_of!(),
            " AS on_day, ",
            class_now!(),
            " AS current_class, r.income_per_capita AS income, ",
            by_area!("rural_line", "urban_line"),
            " AS line, ",
            by_area!("rural_average_line", "urban_average_line"),
            " AS average_line, CASE WHEN ",
            deprivations!(),
            " >= s.deprivations_for_poor THEN 'POOR' ELSE 'NEAR_POOR' END AS under_class, \
             (r.deprivations = 0 AND r.score_b > 0) AS unlisted, (",
            class_now!(),
            " = 'NEWLY_ESCAPED' AND ",
            number!(escaped_on!("h.id", "{today}")),
            " + 30000 >= ",
            number!(day_of!()),
            ") AS newly_escaped FROM poverty_standard s CROSS JOIN household h \
             LEFT JOIN poverty_review r ON r.household_id = h.id AND NOT EXISTS (SELECT 1 FROM poverty_review y \
               WHERE y.household_id = r.household_id \
               AND (y.reviewed_on > r.reviewed_on OR y.reviewed_on = r.reviewed_on AND y.id > r.id)) \
             LEFT JOIN unit_area a ON a.unit_id = h.commune_id AND a.valid_from <= ",
            day_of!(),
            " AND a.valid_to >= ",
            day_of!(),
            " WHERE h.dissolved_on IS NULL"
        )
    };
}

/// With the class that it leads to: null where nothing tells it.
macro_rules! classed {
    () => {
        concat!(
            "SELECT f.*, CASE WHEN f.income <= f.line AND NOT COALESCE(f.unlisted, FALSE) THEN f.under_class \
             WHEN f.income <= f.line THEN NULL \
             WHEN f.income > f.line AND (f.current_class IN ('POOR', 'NEAR_POOR') OR f.newly_escaped) \
               THEN 'NEWLY_ESCAPED' \
             WHEN f.income > f.line AND f.income <= f.average_line THEN 'AVERAGE' \
             WHEN f.income > f.line AND f.income > f.average_line THEN 'BETTER_OFF' END AS new_class FROM (",
            found!(),
            ") f"
        )
    };
}

/// A row for each standard and household. The order of `outcome` decides: who is classed has one.
macro_rules! reclassified {
    () => {
        concat!(
            "(SELECT k.id, k.id AS household_id, k.commune_id, k.district_id, k.standard_id, k.review_id, k.on_day, \
             k.current_class, k.new_class, k.newly_escaped, CASE WHEN k.new_class IS NOT NULL THEN 'CLASSIFIED' \
             WHEN k.review_id IS NULL THEN 'NO_REVIEW' WHEN k.income > k.line THEN 'ABOVE_THE_LINE' \
             ELSE 'INCOMPLETE_REVIEW' END AS outcome FROM (",
            classed!(),
            ") k)"
        )
    };
}

pub const RECLASSIFIED_ROWS: &str = reclassified!();

/// Each standard for each unit.
pub const STANDARD_BY_UNIT: &str = concat!(
    "(SELECT u.id, u.parent_id, s.id AS standard_id, s.code AS standard_code, ",
    day_of!(),
    " AS on_day FROM poverty_standard s CROSS JOIN admin_unit u)"
);

/// The communes of the unit `{t}`, or itself.
macro_rules! communes {
    () => {
        "(SELECT w.id FROM admin_unit w WHERE w.id = {t}.id OR w.parent_id = {t}.id \
         OR w.parent_id IN (SELECT v.id FROM admin_unit v WHERE v.parent_id = {t}.id))"
    };
}

/// Outcome, class now, class then, number of households; one text, so that all is counted at once.
pub const COUNTS: &str = concat!(
    "(SELECT string_agg(g.outcome || ':' || COALESCE(g.current_class, '') || ':' || COALESCE(g.new_class, '') || ':' \
     || CAST(g.n AS TEXT), ' ') FROM (SELECT x.outcome, x.current_class, x.new_class, count(*) AS n FROM ",
    reclassified!(),
    " x WHERE x.standard_id = {t}.standard_id AND x.commune_id IN ",
    communes!(),
    " AND {seen.x} GROUP BY x.outcome, x.current_class, x.new_class) g)"
);

/// The households of the unit whose class would be another one.
pub const FLIPS: &str = concat!(
    "{c}.standard_id = {t}.standard_id AND {c}.commune_id IN ",
    communes!(),
    " AND {c}.new_class <> {c}.current_class"
);

pub(super) use communes;
