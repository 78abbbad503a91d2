//! The rows that a caller may see, by plain SQL past the service: what the naive executor answers from.

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use serde_json::{Map, Value};

/// Which rows of a table a caller sees.
enum Seen {
    /// All of them.
    All,
    /// Those of the caller's commune or district.
    InScope,
    /// The same, and those of no commune.
    InScopeOrProvincial,
    /// Those whose row in another table is seen: table, column.
    With(&'static str, &'static str),
}

use Seen::{All, InScope, InScopeOrProvincial, With};

const TABLES: &[(&str, Seen)] = &[
    ("admin_unit", All),
    ("admin_unit_successor", All),
    ("agency", All),
    ("agency_successor", All),
    ("poverty_standard", All),
    ("plan", All),
    ("program", All),
    ("program_agency", All),
    ("funding_line", All),
    ("loan_product", All),
    ("household", InScope),
    ("person", InScope),
    ("insurance_coverage", With("person", "person_id")),
    ("poverty_review", With("household", "household_id")),
    ("benefit", InScope),
    ("benefit_funding", With("benefit", "benefit_id")),
    ("benefit_payment", With("benefit", "benefit_id")),
    ("benefit_transition", With("benefit", "benefit_id")),
    ("loan", InScope),
    ("loan_funding", With("loan", "loan_id")),
    ("loan_transaction", With("loan", "loan_id")),
    ("model_project", InScopeOrProvincial),
    ("model_funding", With("model_project", "project_id")),
    ("model_participation", InScope),
    ("participation_funding", With("model_participation", "participation_id")),
];

/// Loans that the bank has not settled with anybody.
const OPEN_LOANS: &str = "FROM loan WHERE status NOT IN ('REJECTED', 'REPAID', 'WRITTEN_OFF')";

/// The households that the bank needs on a day, as sets rather than row by row.
fn households_of_the_bank(today: NaiveDate) -> String {
    let classes = "('POOR', 'NEAR_POOR', 'NEWLY_ESCAPED')";
    format!(
        "SELECT id FROM household WHERE poverty_class IN {classes} OR categories % 2 = 1
         UNION SELECT household_id FROM poverty_review WHERE decided_class IN {classes} AND effective_from <= '{today}'
         UNION SELECT household_id FROM person WHERE categories % 4 <> 0 AND household_id IS NOT NULL
         UNION SELECT household_id {OPEN_LOANS}"
    )
}

/// What of a table with a commune and a district the bank needs; the rest of the agencies need all.
fn needed_by_the_bank(table: &str, today: NaiveDate) -> String {
    let households = households_of_the_bank(today);
    match table {
        "household" => format!("t.id IN ({households})"),
        "person" => format!(
            "(t.household_id IN ({households}) OR t.categories % 4 <> 0 OR t.id IN (SELECT borrower_id {OPEN_LOANS}))"
        ),
        "loan" => "TRUE".to_owned(),
        _ => format!("t.household_id IN ({households})"),
    }
}

/// Who the rows are for.
pub struct Whose<'a> {
    /// The condition on rows `t` with a commune and a district that puts them in scope.
    pub own: &'a str,
    pub bank: bool,
    pub today: NaiveDate,
}

/// Table -> rows.
pub async fn visible(db: &DatabaseConnection, whose: &Whose<'_>) -> Value {
    let mut tables = Map::new();
    for (table, _) in TABLES {
        let query = format!("SELECT {} FROM {table} t WHERE {}", row(db, table).await, condition(table, whose));
        let rows = texts(db, &query).await.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
        tables.insert((*table).to_owned(), Value::Array(rows));
    }
    Value::Object(tables)
}

fn condition(table: &str, whose: &Whose<'_>) -> String {
    let own = whose.own;
    let (_, seen) = TABLES.iter().find(|(name, _)| *name == table).expect("in the list");
    match seen {
        All => "TRUE".to_owned(),
        InScope if whose.bank => format!("{own} AND {}", needed_by_the_bank(table, whose.today)),
        InScope => own.to_owned(),
        InScopeOrProvincial => format!("({own} OR t.commune_id IS NULL)"),
        With(parent, column) => {
            format!("t.{column} IN (SELECT t.id FROM {parent} t WHERE {})", condition(parent, whose))
        }
    }
}

/// The expression for a row of a table, named `t`, as a JSON object of its columns.
async fn row(db: &DatabaseConnection, table: &str) -> String {
    if db.get_database_backend() == DbBackend::Postgres {
        return "row_to_json(t)::text".to_owned();
    }
    let columns = texts(db, &format!("SELECT name FROM pragma_table_info('{table}')")).await;
    let pairs: Vec<_> = columns.iter().map(|column| format!("'{column}', t.{column}")).collect();
    format!("json_object({})", pairs.join(", "))
}

async fn texts(db: &DatabaseConnection, query: &str) -> Vec<String> {
    let statement = Statement::from_string(db.get_database_backend(), query);
    let rows = db.query_all_raw(statement).await.unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
}
