//! Search in names without marks: trigrams on PostgreSQL, an FTS5 trigram index on SQLite.

use crate::{
    db::Dialect,
    error::{Failure, Result},
    fold::fold,
    read::Conditions,
};

/// Trigram indexes can't help with less, and everybody's name holds two letters.
const SHORTEST: usize = 3;
const LONGEST: usize = 100;

/// Rows of `table` whose folded `column` holds the folded text, by the table's trigram index.
pub fn condition(rows: &mut Conditions<'_>, table: &str, column: &str, text: &str, field: &str) -> Result<()> {
    if rows.dialect == Dialect::Postgres {
        return plain(rows, column, text, field);
    }
    let phrase = format!("\"{}\"", folded(text, field)?.replace('"', "\"\""));
    rows.add_varying(
        format!("{{c}}.id IN (SELECT rowid FROM {table}_search WHERE {table}_search MATCH {{0}})"),
        phrase.into(),
    );
    Ok(())
}

/// The same without an index of its own, for short tables.
pub fn plain(rows: &mut Conditions<'_>, column: &str, text: &str, field: &str) -> Result<()> {
    let escaped = folded(text, field)?.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    rows.add_varying(format!("{{c}}.{column} LIKE {{0}} ESCAPE '\\'"), format!("%{escaped}%").into());
    Ok(())
}

fn folded(text: &str, field: &str) -> Result<String> {
    let folded = fold(text);
    if (SHORTEST..=LONGEST).contains(&folded.chars().count()) {
        return Ok(folded);
    }
    Err(Failure::input(
        field,
        format!("A search needs {SHORTEST} to {LONGEST} letters or digits."),
        format!("Từ khóa tìm kiếm cần từ {SHORTEST} đến {LONGEST} ký tự."),
    ))
}
