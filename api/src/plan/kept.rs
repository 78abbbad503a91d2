//! The figures that the triggers of the register's tables keep by unit (`m0021_kept_figures`, `m0042_urgent_help`): summed up from time to time,
//! compared with a count of the rows, and counted anew.

use chrono::{Days, NaiveDate};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::{db::Dialect, error::Result, startup::App};

/// So many days back each day is kept apart; nobody asks for a day before.
const APART: Days = Days::new(31);

/// After all days of the register.
const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// Rows of one figure, and those of days that need not be apart, become one. Only rows that this statement takes away
/// are in the sum that it adds, so writers that add rows meanwhile are neither waited for nor lost.
const FOLD_POSTGRES: &str = "
WITH folded AS (
    SELECT unit_id, measure, CASE WHEN day <= $1 THEN DATE '0001-01-01' ELSE day END AS day
      FROM kept_figure WHERE day <= $2 GROUP BY 1, 2, 3 HAVING count(*) > 1),
gone AS (
    DELETE FROM kept_figure k USING folded f
     WHERE k.unit_id = f.unit_id AND k.measure = f.measure
       AND f.day = CASE WHEN k.day <= $1 THEN DATE '0001-01-01' ELSE k.day END
    RETURNING f.unit_id, f.measure, f.day, k.amount)
INSERT INTO kept_figure (unit_id, measure, day, amount)
SELECT unit_id, measure, day, sum(amount) FROM gone GROUP BY unit_id, measure, day HAVING sum(amount) <> 0";

/// One node at a time; neither readers nor writers wait for it.
const ONE_AT_A_TIME: &str = "LOCK TABLE kept_figure IN SHARE UPDATE EXCLUSIVE MODE";

const FOLD_SQLITE: [&str; 2] = [
    "INSERT INTO kept_figure (unit_id, measure, day, amount)
     SELECT unit_id, measure, '0001-01-01', sum(amount) FROM kept_figure WHERE day > '0001-01-01' AND day <= ?1
      GROUP BY unit_id, measure
     ON CONFLICT (unit_id, measure, day) DO UPDATE SET amount = kept_figure.amount + excluded.amount",
    "DELETE FROM kept_figure WHERE day > '0001-01-01' AND day <= ?1",
];

/// Puts what the rows contribute in the place of what was kept.
pub const COUNT_ANEW: &str = "
    DELETE FROM kept_figure;
    INSERT INTO kept_figure (unit_id, measure, day, amount) SELECT unit_id, measure, day, amount FROM counted_figure
        UNION ALL SELECT unit_id, measure, day, amount FROM counted_assistance";

/// Writers of what is counted wait.
const NO_WRITERS: &str = "LOCK TABLE household, person, insurance_coverage, loan, benefit IN SHARE MODE";

/// Both sides of one instant. What differs before today matters by its sum only.
const DIFFERENCES: &str = "
SELECT u.code, f.measure, CAST(f.day AS TEXT), CAST(sum(f.kept) AS BIGINT), CAST(sum(f.counted) AS BIGINT)
  FROM (SELECT unit_id, measure, CASE WHEN day <= {1} THEN {1} ELSE day END AS day, amount AS kept, 0 AS counted
          FROM kept_figure
        UNION ALL
        SELECT unit_id, measure, CASE WHEN day <= {1} THEN {1} ELSE day END, 0, amount
          FROM (SELECT unit_id, measure, day, amount FROM counted_figure
                UNION ALL SELECT unit_id, measure, day, amount FROM counted_assistance) c) f
  JOIN admin_unit u ON u.id = f.unit_id
 GROUP BY u.id, u.code, f.measure, f.day HAVING sum(f.kept) <> sum(f.counted) ORDER BY 1, 2, 3";

/// A figure that is not what a count of the rows gives.
#[derive(Debug)]
pub struct Difference {
    /// Of the district or commune.
    pub unit: String,
    /// Which figure: HOUSEHOLDS, POOR, ….
    pub measure: String,
    /// The day from which on both sides add it; today for all days before.
    pub day: String,
    pub kept: i64,
    pub counted: i64,
}

/// Sums up what was added since the last time to what is read today.
pub async fn fold(app: &App) -> Result<()> {
    fold_until(app, app.clock.today()).await
}

/// The same of all days to come, too, which are many.
pub async fn fold_all(app: &App) -> Result<()> {
    fold_until(app, LAST_DAY).await
}

async fn fold_until(app: &App, day: NaiveDate) -> Result<()> {
    let tx = app.db.begin().await?;
    sum_up(app, &tx, day).await?;
    Ok(tx.commit().await?)
}

async fn sum_up(app: &App, tx: &DatabaseTransaction, until: NaiveDate) -> Result<()> {
    let Some(last) = app.clock.today().checked_sub_days(APART) else { return Ok(()) };
    match app.db.dialect {
        Dialect::Postgres => {
            tx.execute_unprepared(ONE_AT_A_TIME).await?;
            tx.execute_raw(app.db.statement(FOLD_POSTGRES, vec![last.into(), until.into()])).await?;
        }
        Dialect::Sqlite => {
            for statement in FOLD_SQLITE {
                tx.execute_raw(app.db.statement(statement, vec![last.into()])).await?;
            }
        }
    }
    Ok(())
}

/// Counts all rows and tells where the figures of today and of the days to come differ.
pub async fn differences(app: &App) -> Result<Vec<Difference>> {
    let today: NaiveDate = app.clock.today();
    let first = match app.db.dialect {
        Dialect::Postgres => "CAST($1 AS DATE)",
        Dialect::Sqlite => "?1",
    };
    let tx = app.db.begin_snapshot().await?;
    let statement = app.db.statement(DIFFERENCES.replace("{1}", first), vec![today.into()]);
    let mut found = Vec::new();
    for row in tx.query_all_raw(statement).await? {
        found.push(Difference {
            unit: row.try_get_by_index(0)?,
            measure: row.try_get_by_index(1)?,
            day: row.try_get_by_index(2)?,
            kept: row.try_get_by_index(3)?,
            counted: row.try_get_by_index(4)?,
        });
    }
    tx.commit().await?;
    Ok(found)
}

/// Counts all rows and keeps what they give. Writers wait meanwhile.
pub async fn count_anew(app: &App) -> Result<()> {
    let tx = app.db.begin().await?;
    if let Some(unlimited) = app.db.dialect.without_timeout() {
        tx.execute_unprepared(unlimited).await?;
        tx.execute_unprepared(NO_WRITERS).await?;
    }
    tx.execute_unprepared(COUNT_ANEW).await?;
    sum_up(app, &tx, app.clock.today()).await?;
    Ok(tx.commit().await?)
}
