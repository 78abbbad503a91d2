//! The names that there are, by which PostgreSQL searches persons (`m0043_names`): once a day those that nobody bears any more are
//! forgotten, and those learnt that came past the triggers. A seed has all of them learnt anew.

use sea_orm::ConnectionTrait;

use crate::{
    db::Dialect,
    error::{Code, Failure, Result},
    startup::App,
};

/// Puts the names that persons bear in the place of those that were known. Who writes persons must wait.
pub const LEARN_ANEW: &str = "
    DELETE FROM name_part;
    DELETE FROM name_word;
    INSERT INTO name_part (part, folded)
        SELECT p.part, p.folded FROM (SELECT DISTINCT name_folded FROM person) n, name_parts(ARRAY[n.name_folded]) p;
    INSERT INTO name_word (word)
        SELECT word FROM (SELECT DISTINCT split_part(part, ' ', 1) AS word FROM name_part) w WHERE word <> '';
    ANALYZE name_part;
    ANALYZE name_word";

/// Names that nobody bears, and those that several writers have brought at a time. The first part of a name is the whole of it.
const LEFT: &str = "
    SELECT p.folded FROM name_part p WHERE p.part = p.folded
     GROUP BY p.folded HAVING count(*) > 1 OR NOT EXISTS (SELECT FROM person n WHERE n.name_folded = p.folded)
     LIMIT $1";

/// So that writers wait for no more than a moment.
const AT_A_TIME: i64 = 500;

/// A name is known to whoever brings a person of that name, so nobody may while it goes, nor another node do the same. Nor is anybody
/// waited for: it can go later.
const NO_WRITERS: &str = "LOCK TABLE person IN SHARE ROW EXCLUSIVE MODE NOWAIT";

/// They wait no longer than this, whatever becomes of the work.
const SOON: &str = "SET LOCAL statement_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '5s'";

/// Learns the names of persons who came past the triggers, as from a dump that was restored without them.
const LEARN_MISSING: &str = "
    WITH missing AS MATERIALIZED (
        SELECT DISTINCT name_folded FROM person n
         WHERE NOT EXISTS (SELECT FROM name_part p WHERE p.part = n.name_folded AND p.folded = n.name_folded))
    SELECT count(*), learn_names(ARRAY(SELECT name_folded FROM missing))::text FROM missing";

const FORGET: [&str; 2] = [
    "DELETE FROM name_part p USING name_parts($1) d WHERE p.part = d.part AND p.folded = d.folded",
    "SELECT learn_names(ARRAY(SELECT DISTINCT name_folded FROM person WHERE name_folded = ANY($1)))",
];

/// The same for words: of no name, or there twice.
const FORGET_WORDS: &str = "
    DELETE FROM name_word w WHERE NOT EXISTS (SELECT FROM name_part p WHERE p.part >= w.word AND p.part < w.word || '!')
        OR EXISTS (SELECT FROM name_word o WHERE o.word = w.word AND o.ctid < w.ctid)";

/// Learns those that are missing, and tells how many.
pub async fn learn_missing(app: &App) -> Result<i64> {
    if app.db.dialect == Dialect::Sqlite {
        return Ok(0);
    }
    let tx = app.db.begin_snapshot().await?;
    let learnt = tx.query_one_raw(app.db.statement(LEARN_MISSING, Vec::new())).await?;
    let learnt = learnt.map(|row| row.try_get_by_index(0)).transpose()?;
    tx.commit().await?;
    Ok(learnt.unwrap_or_default())
}

/// Forgets those that nobody bears; false where persons are being written just now, or there are more.
pub async fn forget_left(app: &App) -> Result<bool> {
    if app.db.dialect == Dialect::Sqlite {
        return Ok(true);
    }
    let tx = app.db.begin().await?;
    if let Some(unlimited) = app.db.dialect.without_timeout() {
        tx.execute_unprepared(unlimited).await?;
    }
    let rows = tx.query_all_raw(app.db.statement(LEFT, vec![AT_A_TIME.into()])).await?;
    let names = rows.iter().map(|row| row.try_get_by_index(0)).collect::<std::result::Result<Vec<String>, _>>()?;
    if names.is_empty() {
        return Ok(true);
    }
    match tx.execute_unprepared(NO_WRITERS).await.map_err(Failure::from) {
        Ok(_) => {}
        Err(failure) if failure.code == Code::Timeout => return Ok(false),
        Err(failure) => return Err(failure),
    }
    let list = app.db.dialect.texts(names.iter().cloned());
    tx.execute_unprepared(SOON).await?;
    for statement in FORGET {
        tx.execute_raw(app.db.statement(statement, vec![list.clone()])).await?;
    }
    tx.execute_unprepared(FORGET_WORDS).await?;
    tx.commit().await?;
    Ok(i64::try_from(names.len()).is_ok_and(|names| names < AT_A_TIME))
}
