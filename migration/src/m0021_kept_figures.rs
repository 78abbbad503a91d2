//! Figures of the register by unit, kept in step with the rows by triggers, so that reading them counts nothing.
//!
//! Each row of the register *contributes*: a living member of a household is 1 person in its commune and its district.
//! `counted_figure` is what all rows contribute, counted anew; `kept_figure` is the same, kept: of a unit and a figure,
//! what is added to it from a day on. Summed up to today it is today's figure, so that a class or a coverage that begins
//! or ends by itself needs nothing to run at midnight.
//!
//! The rules stand once (`households` to `sums`), as SQL over a source of rows: the tables for the view, the rows that a
//! statement changed for the triggers. `docs/decisions/kept-figures.md` says why it is built so.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables that contribute, and the figures that hang on each.
const TABLES: [(&str, &str); 5] = [
    ("household", "'HOUSEHOLDS', 'POOR', 'NEAR_POOR', 'NEWLY_ESCAPED'"),
    ("person", "'PERSONS', 'INSURED_PERSONS'"),
    ("insurance_coverage", "'INSURED_PERSONS'"),
    ("loan", "'LOANS_OUTSTANDING', 'LOANS_OVERDUE'"),
    ("benefit", "'BENEFITS_PAID'"),
];

/// A household that exists, its class in force, and the turn from that class to the next.
fn households(source: &str) -> String {
    format!(
        "SELECT commune_id, district_id, measure, day, amount FROM (
           SELECT h.commune_id, h.district_id,
                  CASE k.part WHEN 1 THEN 'HOUSEHOLDS' WHEN 4 THEN h.next_class ELSE h.poverty_class END AS measure,
                  CASE WHEN k.part <= 2 THEN {{always}} ELSE h.next_class_on END AS day,
                  CASE k.part WHEN 3 THEN -1 ELSE 1 END AS amount
             FROM {source} h
            CROSS JOIN (SELECT 1 AS part UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) k
            WHERE h.dissolved_on IS NULL) parts
         WHERE day IS NOT NULL AND measure IN ('HOUSEHOLDS', 'POOR', 'NEAR_POOR', 'NEWLY_ESCAPED')"
    )
}

/// A living member of a household.
fn persons(source: &str) -> String {
    format!(
        "SELECT p.commune_id, p.district_id, 'PERSONS' AS measure, {{always}} AS day, 1 AS amount
           FROM {source} p WHERE p.household_id IS NOT NULL AND p.died_on IS NULL"
    )
}

/// A living member of a household while any health insurance covers them. Coverages may overlap: in the order of their
/// first days, each counts from where those before it end (`reach`), if it goes beyond.
fn insured(persons: &str, coverages: &str) -> String {
    format!(
        "SELECT p.commune_id, p.district_id, 'INSURED_PERSONS' AS measure,
                CASE k.begins WHEN 0 THEN c.until WHEN 1 THEN
                    CASE WHEN c.reach > c.valid_from THEN c.reach ELSE c.valid_from END END AS day,
                CASE k.begins WHEN 0 THEN -1 ELSE 1 END AS amount
           FROM {persons} p
           JOIN (SELECT s.person_id, s.valid_from, s.until,
                        max(s.until) OVER (PARTITION BY s.person_id ORDER BY s.valid_from, s.id
                                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
                   FROM (SELECT v.id, v.person_id, v.valid_from, COALESCE({{after_valid_to}}, {{never}}) AS until
                           FROM {coverages} v WHERE v.kind = 'HEALTH') s
                  WHERE s.until > s.valid_from) c ON c.person_id = p.id
          CROSS JOIN (SELECT 1 AS begins UNION ALL SELECT 0) k
          WHERE p.household_id IS NOT NULL AND p.died_on IS NULL
            AND (c.reach IS NULL OR c.until > c.reach) AND (k.begins = 1 OR c.until < {{never}})"
    )
}

/// What is owed of a loan, and what was paid of a benefit.
fn sums(table: &str, source: &str) -> String {
    let of = |measure: &str, amount: &str| {
        format!(
            "SELECT commune_id, district_id, '{measure}' AS measure, {{always}} AS day, {amount} AS amount
               FROM {source} s WHERE {amount} <> 0"
        )
    };
    match table {
        "benefit" => of("BENEFITS_PAID", "paid_amount"),
        _ => [of("LOANS_OUTSTANDING", "outstanding_principal"), of("LOANS_OVERDUE", "overdue_principal")]
            .join("\n UNION ALL "),
    }
}

/// What rows of a table contribute; of an insurance coverage, what its persons' coverages do together.
fn contributions(table: &str, source: &str, persons_of: &str, coverages_of: &str) -> String {
    match table {
        "household" => households(source),
        "person" => format!("{}\n UNION ALL {}", persons(source), insured(source, coverages_of)),
        "insurance_coverage" => insured(persons_of, coverages_of),
        _ => sums(table, source),
    }
}

/// Contributions for the commune and for the district, each under `unit_id`.
fn by_unit(contributions: &str) -> String {
    format!(
        "SELECT CASE o.own WHEN 1 THEN r.commune_id ELSE r.district_id END AS unit_id, r.measure, r.day, r.amount
           FROM ({contributions}) r CROSS JOIN (SELECT 1 AS own UNION ALL SELECT 0) o"
    )
}

fn view() -> String {
    let of = |table| contributions(table, table, "person", "insurance_coverage");
    let all = ["household", "person", "loan", "benefit"].map(of).join("\n UNION ALL ");
    format!(
        "CREATE VIEW counted_figure AS
         SELECT unit_id, measure, day, CAST(sum(amount) AS BIGINT) AS amount FROM ({}) c
          GROUP BY unit_id, measure, day HAVING sum(amount) <> 0",
        by_unit(&all)
    )
}

const FILL: &str = "INSERT INTO kept_figure (unit_id, measure, day, amount) \
     SELECT unit_id, measure, day, amount FROM counted_figure";

/// Words that differ between the two databases.
fn in_words_of(sqlite: bool, script: &str) -> String {
    let (always, never, after) = match sqlite {
        true => ("'0001-01-01'", "'9999-12-31'", "date(v.valid_to, '+1 day')"),
        false => ("DATE '0001-01-01'", "DATE '9999-12-31'", "v.valid_to + 1"),
    };
    script.replace("{always}", always).replace("{never}", never).replace("{after_valid_to}", after)
}

/// SQLite: one row for each figure of a unit and day. Around each row's change: what it contributed before goes, what it
/// contributes then comes. There is one writer at a time, so nobody waits for a row.
mod sqlite {
    use super::{TABLES, by_unit, contributions};

    pub const TABLE: &str = "CREATE TABLE kept_figure (
        unit_id BIGINT NOT NULL, measure TEXT NOT NULL, day date_text NOT NULL, amount BIGINT NOT NULL,
        PRIMARY KEY (unit_id, measure, day)) WITHOUT ROWID";

    /// What a row (`old` or `new`) contributes, and the coverages of persons (ids, in SQL).
    fn change(table: &str, row: &str, persons: &str, sign: &str) -> String {
        let source = format!("(SELECT * FROM {table} WHERE id = {row}.id)");
        let persons_of = format!("(SELECT * FROM person WHERE id IN ({persons}))");
        let coverages_of = format!("(SELECT * FROM insurance_coverage WHERE person_id IN ({persons}))");
        format!(
            "INSERT INTO kept_figure (unit_id, measure, day, amount)
             SELECT unit_id, measure, day, {sign}sum(amount) FROM ({}) c GROUP BY unit_id, measure, day
             ON CONFLICT (unit_id, measure, day) DO UPDATE SET amount = kept_figure.amount + excluded.amount;",
            by_unit(&contributions(table, &source, &persons_of, &coverages_of))
        )
    }

    /// Columns that a contribution depends on.
    fn columns(table: &str) -> &'static str {
        match table {
            "household" => "commune_id, district_id, dissolved_on, poverty_class, next_class, next_class_on",
            "person" => "commune_id, district_id, household_id, died_on",
            "insurance_coverage" => "person_id, kind, valid_from, valid_to",
            "loan" => "commune_id, district_id, outstanding_principal, overdue_principal",
            _ => "commune_id, district_id, paid_amount",
        }
    }

    pub fn triggers() -> Vec<String> {
        let mut made = Vec::new();
        for (table, _) in TABLES {
            let mut trigger = |name: &str, when: &str, body: String| {
                made.push(format!("CREATE TRIGGER kept_{table}_{name} {when} ON {table} BEGIN {body} END"));
            };
            let update_of = format!("UPDATE OF {}", columns(table));
            let (before, after) = (format!("BEFORE {update_of}"), format!("AFTER {update_of}"));
            if table == "insurance_coverage" {
                // What the person's coverages did together before, and do together then.
                let (new, old) = ("new.person_id", "old.person_id");
                let either = "old.person_id, new.person_id";
                trigger("before_insert", "BEFORE INSERT", change(table, "new", new, "-"));
                trigger("insert", "AFTER INSERT", change(table, "new", new, ""));
                trigger("delete", "BEFORE DELETE", change(table, "old", old, "-"));
                trigger("after_delete", "AFTER DELETE", change(table, "old", old, ""));
                trigger("before_update", &before, change(table, "old", either, "-"));
                trigger("update", &after, change(table, "new", either, ""));
            } else {
                trigger("insert", "AFTER INSERT", change(table, "new", "new.id", ""));
                trigger("delete", "BEFORE DELETE", change(table, "old", "old.id", "-"));
                trigger("before_update", &before, change(table, "old", "old.id", "-"));
                trigger("update", &after, change(table, "new", "new.id", ""));
            }
        }
        made
    }

    pub fn drops() -> Vec<String> {
        let names = ["before_insert", "after_delete", "insert", "delete", "before_update", "update"];
        let of = |table: &str| names.map(|name| format!("DROP TRIGGER IF EXISTS kept_{table}_{name}"));
        TABLES.iter().flat_map(|(table, _)| of(table)).collect()
    }
}

/// PostgreSQL: writers only add rows, so that none waits for another; `ansinh` sums them up from time to time. After each
/// statement: what its new rows contribute, less what its old ones did.
mod postgres {
    use super::{TABLES, by_unit, contributions};

    pub const TABLE: &str = "CREATE TABLE kept_figure (
        unit_id BIGINT NOT NULL, measure TEXT NOT NULL, day DATE NOT NULL, amount BIGINT NOT NULL)";
    pub const INDEX: &str = "CREATE INDEX kept_figure_unit ON kept_figure (unit_id, measure, day) INCLUDE (amount)";

    /// Sources of the rows after and before a statement; none where there are no such rows.
    struct Sides {
        after: Option<[String; 3]>,
        before: Option<[String; 3]>,
    }

    const LIVING: &str = "id, commune_id, district_id, household_id, died_on";

    /// Of persons only those are looked at whose part changes: their coverages have to be read.
    fn of_persons(event: &str) -> Sides {
        let side = |rows: String| {
            let covers = format!("(SELECT * FROM insurance_coverage WHERE person_id IN (SELECT id FROM {rows} x))");
            [rows, String::new(), covers]
        };
        let rows = |one: &str, other: &str| match event {
            "update" => format!("(SELECT {LIVING} FROM {one} EXCEPT SELECT {LIVING} FROM {other})"),
            _ => one.to_owned(),
        };
        Sides {
            after: (event != "delete").then(|| side(rows("new_rows", "old_rows"))),
            before: (event != "insert").then(|| side(rows("old_rows", "new_rows"))),
        }
    }

    /// The persons' coverages as they are, and as they were: without the new rows, with the old.
    fn of_coverages(event: &str) -> Sides {
        let touched = match event {
            "insert" => "SELECT person_id FROM new_rows",
            "delete" => "SELECT person_id FROM old_rows",
            _ => "SELECT person_id FROM new_rows UNION SELECT person_id FROM old_rows",
        };
        let persons = format!("(SELECT * FROM person WHERE id IN ({touched}))");
        let now = format!("SELECT * FROM insurance_coverage WHERE person_id IN ({touched})");
        let then = match event {
            "insert" => format!("{now} AND id NOT IN (SELECT id FROM new_rows)"),
            "delete" => format!("{now} UNION ALL SELECT * FROM old_rows"),
            _ => format!("{now} AND id NOT IN (SELECT id FROM new_rows) UNION ALL SELECT * FROM old_rows"),
        };
        let side = |coverages: &str| Some([String::new(), persons.clone(), format!("({coverages})")]);
        Sides { after: side(&now), before: side(&then) }
    }

    fn sides(table: &str, event: &str) -> Sides {
        let plain = |rows: &str| [rows.to_owned(), String::new(), String::new()];
        match table {
            "person" => of_persons(event),
            "insurance_coverage" => of_coverages(event),
            _ => Sides {
                after: (event != "delete").then(|| plain("new_rows")),
                before: (event != "insert").then(|| plain("old_rows")),
            },
        }
    }

    /// Two that write coverages of one person at a time don't see each other's: the second waits and looks again.
    fn lock(table: &str, event: &str) -> String {
        let touched = match (table, event) {
            ("insurance_coverage", "insert") => "SELECT person_id FROM new_rows",
            ("insurance_coverage", "delete") => "SELECT person_id FROM old_rows",
            ("insurance_coverage", _) => "SELECT person_id FROM new_rows UNION SELECT person_id FROM old_rows",
            _ => return String::new(),
        };
        format!("PERFORM id FROM person WHERE id IN ({touched}) ORDER BY id FOR NO KEY UPDATE;")
    }

    fn trigger(table: &str, event: &str) -> [String; 2] {
        let Sides { after, before } = sides(table, event);
        let signed = |side: Option<[String; 3]>, sign: &str| {
            let [rows, persons, coverages] = side?;
            let rows = by_unit(&contributions(table, &rows, &persons, &coverages));
            Some(format!("SELECT unit_id, measure, day, {sign}amount AS amount FROM ({rows}) s"))
        };
        let changes: Vec<_> = [signed(after, ""), signed(before, "-")].into_iter().flatten().collect();
        let rows = match event {
            "insert" => "NEW TABLE AS new_rows",
            "delete" => "OLD TABLE AS old_rows",
            _ => "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        };
        let function = format!(
            "CREATE FUNCTION kept_{table}_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} \
             INSERT INTO kept_figure (unit_id, measure, day, amount) \
             SELECT unit_id, measure, day, sum(amount) FROM ({}) c \
              GROUP BY unit_id, measure, day HAVING sum(amount) <> 0; RETURN NULL; END $$",
            lock(table, event),
            changes.join(" UNION ALL ")
        );
        let trigger = format!(
            "CREATE TRIGGER kept_{table}_{event} AFTER {event} ON {table} REFERENCING {rows} \
             FOR EACH STATEMENT EXECUTE FUNCTION kept_{table}_{event}()"
        );
        [function, trigger]
    }

    pub fn triggers() -> Vec<String> {
        let mut made = Vec::new();
        for (table, measures) in TABLES {
            for event in ["insert", "update", "delete"] {
                made.extend(trigger(table, event));
            }
            made.push(format!(
                "CREATE FUNCTION kept_{table}_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 DELETE FROM kept_figure WHERE measure IN ({measures}); RETURN NULL; END $$"
            ));
            made.push(format!(
                "CREATE TRIGGER kept_{table}_truncate AFTER TRUNCATE ON {table} \
                 FOR EACH STATEMENT EXECUTE FUNCTION kept_{table}_truncate()"
            ));
        }
        made
    }

    pub fn drops() -> Vec<String> {
        let of = |table: &str| {
            ["insert", "update", "delete", "truncate"]
                .map(|event| format!("DROP FUNCTION IF EXISTS kept_{table}_{event}() CASCADE"))
        };
        TABLES.iter().flat_map(|(table, _)| of(table)).collect()
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sqlite = manager.get_database_backend() == DatabaseBackend::Sqlite;
        // Triggers first: they keep writers out until the rows are counted.
        let mut steps = match sqlite {
            true => vec![sqlite::TABLE.to_owned()],
            // A count of a large register outlasts the limit of a statement.
            false => vec!["SET LOCAL statement_timeout = 0".to_owned(), postgres::TABLE.to_owned()],
        };
        steps.extend(if sqlite { sqlite::triggers() } else { postgres::triggers() });
        steps.extend([view(), FILL.to_owned()]);
        if !sqlite {
            steps.extend([postgres::INDEX.to_owned(), "ANALYZE kept_figure".to_owned()]);
        }
        for step in steps {
            manager.get_connection().execute_unprepared(&in_words_of(sqlite, &step)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sqlite = manager.get_database_backend() == DatabaseBackend::Sqlite;
        let mut steps = if sqlite { sqlite::drops() } else { postgres::drops() };
        steps.push("DROP VIEW IF EXISTS counted_figure".to_owned());
        for step in steps {
            manager.get_connection().execute_unprepared(&step).await?;
        }
        crate::ddl::drop_tables(manager, &["kept_figure"]).await
    }
}
