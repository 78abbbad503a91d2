//! What the scenarios ask for, taken from the register before anything is timed.

use chrono::NaiveDate;

use crate::{
    ground::Store,
    trouble::{Result, While},
};

/// Most values of one list. Of more, every n-th is taken, so that they lie over the whole register.
const MOST: i64 = 1_000_000;
/// Households of a page.
const PAGE: i64 = 50;
/// Groups of a register that is too small for such pages: it is for trying out, and each commune needs a token.
const FEW: usize = 12;

/// The unit of a household on the register's day for units is the one that its row names.
const HOUSEHOLDS: &str =
    "SELECT h.code, h.id, u.code FROM household h JOIN admin_unit u ON u.id = h.commune_id WHERE h.id % {step} = 0";
const NUMBERS: &str = "SELECT national_id FROM person WHERE id % {step} = 0 AND national_id IS NOT NULL";
const GROUPS: &str =
    "SELECT u.code, h.poverty_class, count(*) FROM household h JOIN admin_unit u ON u.id = h.commune_id
     WHERE h.poverty_class IS NOT NULL AND h.next_class_on IS NULL GROUP BY u.code, h.poverty_class";

const NAMES: &str = "SELECT full_name FROM person WHERE id % {step} = 0";
/// Loans that a small repayment changes nothing of but the balance.
const LOANS: &str = "SELECT contract_number FROM loan
     WHERE id % {step} = 0 AND status = 'ACTIVE' AND overdue_principal = 0 AND outstanding_principal > 2000000";
/// People who lived through all the days on which they get a coverage, and have none of its kind for good.
const INSURED: &str = "SELECT p.national_id FROM person p
     WHERE p.id % {step} = 0 AND p.national_id IS NOT NULL AND p.date_of_birth < '1985-01-01' AND p.died_on IS NULL
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
    pub async fn load(store: &Store) -> Result<Self> {
        let home = |mut row: Cells| Ok(Home { code: row.next()?, id: row.next()?.parse()?, commune: row.next()? });
        let text = |mut row: Cells| row.next();
        let mut groups = Vec::new();
        for row in store.rows(GROUPS).await? {
            let mut row = Cells(row.into_iter());
            groups.push((Group { commune: row.next()?, class: row.next()? }, row.next()?.parse::<i64>()?));
        }
        let largest = groups.iter().map(|(_, count)| *count).max().unwrap_or_default();
        let page = if largest > PAGE { PAGE } else { (largest / 2).max(1) };
        let mut groups: Vec<_> =
            groups.into_iter().filter(|(_, count)| *count > page).map(|(group, _)| group).collect();
        if page < PAGE {
            groups.truncate(FEW);
        }
        let last_day = store.rows(LAST_DAY).await?.into_iter().flatten().next().flatten();
        let first_day = NaiveDate::from_ymd_opt(1989, 12, 31).unwrap_or_default();
        Ok(Self {
            homes: some(store, HOUSEHOLDS, "household", home).await?,
            numbers: some(store, NUMBERS, "person", text).await?,
            names: some(store, NAMES, "person", text).await?,
            loans: some(store, LOANS, "loan", text).await?,
            insured: some(store, INSURED, "person", text).await?,
            last_day: last_day.map_or(Ok(first_day), |day| day.parse())?,
            groups,
            page,
        })
    }

    /// Codes of the communes, each once.
    pub fn communes(&self) -> Vec<&str> {
        let mut communes: Vec<&str> = self.groups.iter().map(|group| group.commune.as_str()).collect();
        communes.sort_unstable();
        communes.dedup();
        communes
    }
}

/// The cells of a row from the left.
struct Cells(std::vec::IntoIter<Option<String>>);

impl Cells {
    fn next(&mut self) -> Result<String> {
        self.0.next().flatten().during(|| "a cell is missing or null".to_owned())
    }
}

/// The rows of a table, or every n-th.
async fn some<T>(store: &Store, sql: &str, table: &str, read: impl Fn(Cells) -> Result<T>) -> Result<Vec<T>> {
    let count = store.rows(&format!("SELECT count(*) FROM {table}")).await?.into_iter().flatten().next().flatten();
    let step = count.unwrap_or_default().parse::<i64>()? / MOST + 1;
    let rows = store.rows(&sql.replace("{step}", &step.to_string())).await?;
    rows.into_iter().map(|row| read(Cells(row.into_iter()))).collect()
}
