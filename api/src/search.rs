//! Search in names without marks: trigrams on PostgreSQL, of persons the names that there are; an FTS5 trigram index on SQLite.

use crate::{
    db::Dialect,
    error::{Failure, Result},
    fold::fold,
    read::{ByKeys, Conditions},
};

/// Trigram indexes can't help with less, and everybody's name holds two letters.
const SHORTEST: usize = 3;
const LONGEST: usize = 100;
/// With more names than this so many persons bear one that some are met soon when all are walked through.
const MOST_NAMES: usize = 1_000;
/// What is looked for in names.
const NAME: &str = "name_folded";
/// Above all that follows a word: its end, or the space before the next one.
const END: &str = "!";

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
    let folded = folded(text, field)?;
    rows.add_varying(like(column), format!("%{}%", escaped(&folded)).into());
    Ok(())
}

/// Persons whose name holds the text: by the names that hold it, where those are few (`m0043_names`).
pub fn persons(rows: &mut Conditions<'_>, text: &str, field: &str) -> Result<()> {
    if rows.dialect == Dialect::Sqlite {
        return condition(rows, "person", NAME, text, field);
    }
    let folded = folded(text, field)?;
    let (first, rest) = folded.split_at(folded.find(' ').unwrap_or(folded.len()));
    // Of several words the first ends the word that it is in, and the rest is what follows.
    let word = if rest.is_empty() { format!("%{}%", escaped(first)) } else { format!("%{}", escaped(first)) };
    let beyond = if rest.is_empty() { END.to_owned() } else { above(rest) };
    let keys = ByKeys {
        column: NAME,
        keys: format!(
            "SELECT p.folded AS key FROM (SELECT DISTINCT word FROM name_word WHERE word LIKE {{0}} ESCAPE '\\') w, \
             LATERAL (SELECT folded FROM name_part WHERE part >= w.word || {{1}} AND part < w.word || {{2}} \
             ORDER BY part LIMIT {limit}) p LIMIT {limit}",
            limit = MOST_NAMES + 1
        ),
        values: vec![word.into(), rest.into(), beyond.into()],
        most: MOST_NAMES,
    };
    rows.add_with_keys(like(NAME), format!("%{}%", escaped(&folded)).into(), keys);
    Ok(())
}

/// The first text above all that begin with this one, in the order of their bytes.
fn above(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    while let Some(last) = letters.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            letters.push(next);
            break;
        }
    }
    letters.into_iter().collect()
}

fn like(column: &str) -> String {
    format!("{{c}}.{column} LIKE {{0}} ESCAPE '\\'")
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
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

#[cfg(test)]
mod tests {
    use super::above;

    #[test]
    fn all_that_begin_with_a_text_lie_between_it_and_the_first_above() {
        assert_eq!(above(" thi lan"), " thi lao");
        assert_eq!(above(" \u{d7ff}"), " \u{e000}");
        assert_eq!(above(" a\u{10ffff}\u{10ffff}"), " b");
        for text in [" thi lan", " z", " \u{7f}", " \u{7ff}", " \u{ffff}", " \u{10ffff}"] {
            let end = above(text);
            assert!(end.as_str() > text);
            for further in ["", " ", "a", "\u{10ffff}"] {
                let longer = format!("{text}{further}");
                assert!(longer.as_str() >= text && longer.as_bytes() < end.as_bytes(), "{longer}");
            }
        }
    }
}
