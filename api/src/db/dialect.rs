//! What differs between SQLite and PostgreSQL: placeholders, JSON functions, arrays, pools, connection settings.

use std::time::Duration;

use sea_orm::{
    ConnectOptions, DatabaseBackend, IsolationLevel, Statement, Value,
    sea_query::{ArrayType, Expr, SimpleExpr},
    sqlx::{
        Connection,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    pub fn of_url(url: &str) -> Self {
        if url.starts_with("sqlite:") { Self::Sqlite } else { Self::Postgres }
    }

    pub const fn of(backend: DatabaseBackend) -> Self {
        match backend {
            DatabaseBackend::Sqlite => Self::Sqlite,
            _ => Self::Postgres,
        }
    }

    pub const fn backend(self) -> DatabaseBackend {
        match self {
            Self::Sqlite => DatabaseBackend::Sqlite,
            Self::Postgres => DatabaseBackend::Postgres,
        }
    }

    /// SQLite has one writer at a time and reads from few cores; PostgreSQL gets what two nodes may share.
    pub(super) const fn pool_size(self) -> u32 {
        match self {
            Self::Sqlite => 8,
            Self::Postgres => 16,
        }
    }

    /// Lanes of one of so many workers, and connections of its own: together at most as many as the pool has. Where there are
    /// more workers than that, the pool serves them all.
    pub(super) fn lanes(self, workers: usize) -> usize {
        usize::try_from(self.pool_size()).unwrap_or_default() / workers.max(1)
    }

    pub(super) fn configure(self, options: &mut ConnectOptions, statement: Duration, busy: Duration) {
        match self {
            // FULL keeps every acknowledged write over a power failure; WAL alone would lose the last ones.
            Self::Sqlite => options.map_sqlx_sqlite_opts(move |sqlite| {
                sqlite
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(busy)
                    .statement_cache_capacity(256)
            }),
            // synchronous_commit=on, whatever the server's own: what is acknowledged is durable, and an answer's entry in the
            // ledger before the answer. jit=off: the planner's estimates multiply by nesting level and would start the compiler for nothing.
            Self::Postgres => options.map_sqlx_postgres_opts(move |postgres| {
                postgres
                    .options([
                        ("synchronous_commit", "on".to_owned()),
                        ("jit", "off".to_owned()),
                        ("timezone", "UTC".to_owned()),
                        ("datestyle", "ISO".to_owned()),
                        ("statement_timeout", statement.as_millis().to_string()),
                        ("idle_in_transaction_session_timeout", "60000".to_owned()),
                    ])
                    .statement_cache_capacity(256)
            }),
        };
        // A connection would keep the buffer that its longest row came in.
        options.map_sqlx_postgres_pool_opts(|pool| {
            pool.after_release(|connection, _| {
                connection.shrink_buffers();
                Box::pin(async { Ok(true) })
            })
        });
    }

    /// The isolation under which every statement of a transaction sees the same instant; SQLite knows no other.
    pub(super) const fn snapshot(self) -> Option<IsolationLevel> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(IsolationLevel::RepeatableRead),
        }
    }

    /// Lifts the limit on statements for a transaction.
    pub const fn without_timeout(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SET LOCAL statement_timeout = 0"),
        }
    }

    pub fn statement(self, sql: impl Into<String>, values: Vec<Value>) -> Statement {
        Statement::from_sql_and_values(self.backend(), sql, values)
    }

    pub const fn placeholder(self) -> char {
        match self {
            Self::Sqlite => '?',
            Self::Postgres => '$',
        }
    }

    /// Builds a JSON array from its arguments.
    pub const fn json_array(self) -> &'static str {
        match self {
            Self::Sqlite => "json_array(",
            Self::Postgres => "json_build_array(",
        }
    }

    /// Most arguments one call of [`Self::json_array`] may take: PostgreSQL stops at 100.
    pub const JSON_ARGUMENTS: usize = 90;

    /// Around a sub-select's one column `j` and what follows, to gather its rows in their order into a JSON array. SQLite
    /// forgets across a sub-select that a text is JSON. On PostgreSQL an aggregate over a sub-select would cost a tenth more.
    pub const fn json_rows(self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite => ("(SELECT json_group_array(json(r.j)) FROM (SELECT ", ") r)"),
            Self::Postgres => ("array_to_json(ARRAY(SELECT ", "))"),
        }
    }

    /// Around a nested JSON cell.
    pub const fn json_cell(self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite => ("json(", ")"),
            Self::Postgres => ("", ""),
        }
    }

    /// Before a sub-select of WITH that must be worked out once for each row, however often a column of it is used. PostgreSQL
    /// doesn't dissolve one that is sorted or limited.
    pub const fn kept_apart(self) -> &'static str {
        match self {
            Self::Sqlite => "MATERIALIZED ",
            Self::Postgres => "",
        }
    }

    /// The answer's one cell as text.
    pub const fn json_text(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "::text",
        }
    }

    /// `column` is one of the values of the array bound at `placeholder`. One parameter whatever the length, so that
    /// the statement's text stays the same.
    pub fn one_of(self, column: &str, placeholder: &str) -> String {
        match self {
            Self::Sqlite => format!("{column} IN (SELECT value FROM json_each({placeholder}))"),
            Self::Postgres => format!("{column} = ANY({placeholder})"),
        }
    }

    /// The same as an expression for a store's query.
    pub fn one_of_expr(self, column: &str, list: Value) -> SimpleExpr {
        let placeholder = match self {
            Self::Sqlite => "?",
            Self::Postgres => "$1",
        };
        let (condition, value) = self.among(column, placeholder, list);
        Expr::cust_with_values(condition, [value])
    }

    /// The same with what to bind. PostgreSQL would look at the length of each array, and plan anew for it, which often costs more
    /// than to run the statement: a list of one is compared as its value, and of a longer one it isn't shown the length.
    pub fn among(self, column: &str, placeholder: &str, list: Value) -> (String, Value) {
        let Value::Array(ty, Some(values)) = &list else { return (self.one_of(column, placeholder), list) };
        if let [only] = values.as_slice() {
            return (format!("{column} = {placeholder}"), only.clone());
        }
        let ty = if *ty == ArrayType::BigInt { "BIGINT" } else { "TEXT" };
        (format!("{column} = ANY(CAST((SELECT {placeholder}) AS {ty}[]))"), list)
    }

    /// A table of the JSON objects in the list bound at the placeholder with this number, for FROM: its name, and its
    /// columns with their types on PostgreSQL.
    pub fn rows(self, name: &str, placeholder: usize, columns: &[(&str, &str)]) -> String {
        let list = |column: fn(&(&str, &str)) -> String| columns.iter().map(column).collect::<Vec<_>>().join(", ");
        match self {
            Self::Sqlite => {
                let columns = list(|(column, _)| format!("value ->> '{column}' AS {column}"));
                format!("(SELECT {columns} FROM json_each(?{placeholder})) AS {name}")
            }
            Self::Postgres => {
                let columns = list(|(column, ty)| format!("{column} {ty}"));
                format!("json_to_recordset(CAST(${placeholder} AS json)) AS {name}({columns})")
            }
        }
    }

    /// The value to bind for [`Self::rows`].
    pub fn json(self, rows: Vec<serde_json::Value>) -> Value {
        json_text(rows)
    }

    /// The value to bind for [`Self::one_of`] over numbers.
    pub fn numbers(self, numbers: impl IntoIterator<Item = i64>) -> Value {
        match self {
            Self::Sqlite => json_text(numbers.into_iter().collect::<Vec<_>>()),
            Self::Postgres => {
                Value::Array(ArrayType::BigInt, Some(Box::new(numbers.into_iter().map(Value::from).collect())))
            }
        }
    }

    /// The value to bind for [`Self::one_of`] over texts.
    pub fn texts<T: Into<String>>(self, texts: impl IntoIterator<Item = T>) -> Value {
        match self {
            Self::Sqlite => json_text(texts.into_iter().map(Into::into).collect::<Vec<String>>()),
            Self::Postgres => Value::Array(
                ArrayType::String,
                Some(Box::new(texts.into_iter().map(|text| Value::from(text.into())).collect())),
            ),
        }
    }
}

fn json_text(list: impl serde::Serialize) -> Value {
    // A list of numbers or texts always serialises.
    Value::from(serde_json::to_string(&list).unwrap_or_default())
}
