//! The rows that a caller may see, by plain SQL past the service: what the naive executor answers from.

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

/// Table -> rows. `own`: the condition on rows `t` with a commune and a district that puts them in scope.
pub async fn visible(db: &DatabaseConnection, own: &str) -> Value {
    let mut tables = Map::new();
    for (table, _) in TABLES {
        let query = format!("SELECT {} FROM {table} t WHERE {}", row(db, table).await, condition(table, own));
        let rows = texts(db, &query).await.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
        tables.insert((*table).to_owned(), Value::Array(rows));
    }
    Value::Object(tables)
}

fn condition(table: &str, own: &str) -> String {
    let (_, seen) = TABLES.iter().find(|(name, _)| *name == table).expect("in the list");
    match seen {
        All => "TRUE".to_owned(),
        InScope => own.to_owned(),
        InScopeOrProvincial => format!("({own} OR t.commune_id IS NULL)"),
        With(parent, column) => format!("t.{column} IN (SELECT t.id FROM {parent} t WHERE {})", condition(parent, own)),
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
