//! What the scenarios ask for, taken from the register before anything is timed.

use chrono::NaiveDate;
use tokio_postgres::{Client, Row, types::ToSql};

use crate::trouble::Result;

/// Most values of one list. Of more, every n-th is taken, so that they lie over the whole register.
const MOST: i64 = 1_000_000;
/// Households of a page.
const PAGE: i64 = 50;

/// The unit of a household on the register's day for units is the one that its row names.
const HOUSEHOLDS: &str =
    "SELECT h.code, h.id, u.code FROM household h JOIN admin_unit u ON u.id = h.commune_id WHERE h.id % $1 = 0";
const NUMBERS: &str = "SELECT national_id FROM person WHERE id % $1 = 0 AND national_id IS NOT NULL";
const GROUPS: &str =
    "SELECT u.code, h.poverty_class, count(*) FROM household h JOIN admin_unit u ON u.id = h.commune_id
     WHERE h.poverty_class IS NOT NULL AND h.next_class_on IS NULL GROUP BY u.code, h.poverty_class";

const NAMES: &str = "SELECT full_name FROM person WHERE id % $1 = 0";
/// Loans that a small repayment changes nothing of but the balance.
const LOANS: &str = "SELECT contract_number FROM loan
     WHERE id % $1 = 0 AND status = 'ACTIVE' AND overdue_principal = 0 AND outstanding_principal > 2000000";
/// People who lived through all the days on which they get a coverage, and have none of its kind for good.
const INSURED: &str = "SELECT p.national_id FROM person p
     WHERE p.id % $1 = 0 AND p.national_id IS NOT NULL AND p.date_of_birth < '1985-01-01' AND p.died_on IS NULL
       AND NOT EXISTS (SELECT 1 FROM insurance_coverage c
                        WHERE c.person_id = p.id AND c.kind = 'UNEMPLOYMENT' AND c.valid_to IS NULL)";
/// The last day on which a measurement before has insured somebody.
const LAST_DAY: &str = "SELECT max(valid_to) FROM insurance_coverage WHERE kind = 'UNEMPLOYMENT'";

/// A household.
pub struct Home {
    pub code: String,
    pub id: i64,
    pub commune: String,
}

/// The households of a commune and class.
pub struct Group {
    pub commune: String,
    pub class: String,
}

pub struct Lists {
    pub homes: Vec<Home>,
    /// Personal numbers.
    pub numbers: Vec<String>,
    /// Those that fill more than a page.
    pub groups: Vec<Group>,
    /// Of people.
    pub names: Vec<String>,
    /// Contract numbers.
    pub loans: Vec<String>,
    /// Personal numbers of those who get coverages.
    pub insured: Vec<String>,
    /// Coverages begin after this day.
    pub last_day: NaiveDate,
    /// Households of a page: less where the register is too small for a second page of fifty.
    pub page: i64,
}

impl Lists {
    pub async fn load(database: &Client) -> Result<Self> {
        let home = |row: &Row| Ok(Home { code: row.try_get(0)?, id: row.try_get(1)?, commune: row.try_get(2)? });
        let homes = some(database, HOUSEHOLDS, "household", home).await?;
        let text = |row: &Row| Ok(row.try_get(0)?);
        let numbers = some(database, NUMBERS, "person", text).await?;
        let names = some(database, NAMES, "person", text).await?;
        let loans = some(database, LOANS, "loan", text).await?;
        let insured = some(database, INSURED, "person", text).await?;
        let last_day: Option<NaiveDate> = database.query_one(LAST_DAY, &[]).await?.try_get(0)?;
        let last_day = last_day.or(NaiveDate::from_ymd_opt(1989, 12, 31)).unwrap_or_default();
        let mut groups = Vec::new();
        for row in database.query(GROUPS, &[]).await? {
            groups.push((Group { commune: row.try_get(0)?, class: row.try_get(1)? }, row.try_get::<_, i64>(2)?));
        }
        let largest = groups.iter().map(|(_, count)| *count).max().unwrap_or_default();
        let page = if largest > PAGE { PAGE } else { (largest / 2).max(1) };
        let groups = groups.into_iter().filter(|(_, count)| *count > page).map(|(group, _)| group).collect();
        Ok(Self { homes, numbers, names, loans, insured, last_day, groups, page })
    }

    /// Codes of the communes, each once.
    pub fn communes(&self) -> Vec<&str> {
        let mut communes: Vec<&str> = self.groups.iter().map(|group| group.commune.as_str()).collect();
        communes.sort_unstable();
        communes.dedup();
        communes
    }
}

/// The rows of a table, or every n-th.
async fn some<T>(database: &Client, sql: &str, table: &str, read: impl Fn(&Row) -> Result<T>) -> Result<Vec<T>> {
    let count: i64 = database.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?.try_get(0)?;
    let step = count / MOST + 1;
    let values: [&(dyn ToSql + Sync); 1] = [&step];
    database.query(sql, &values).await?.iter().map(read).collect()
}
