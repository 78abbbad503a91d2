//! PostgreSQL: a person found by a part of the name through the names that there are, of which there are far fewer than persons.
//!
//! `name_part` has each name from each of its words on, `name_word` each word, so a text within a name is the begin of a part whose
//! first word ends with (or has in it) the first word that is looked for. Triggers add the names that are new; the service takes away those
//! that nobody bears any more. Neither table is unique, so that of two who bring the same new name neither waits for the other.
//! SQLite keeps its index of trigrams (`m0010_search`). `docs/decisions/names.md` says why.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Words and parts are in the order of their bytes, whatever the database's own order is: a begin is then a range.
const TABLES: &str = "
SET LOCAL statement_timeout = 0;
CREATE TABLE name_part (part TEXT COLLATE \"C\" NOT NULL, folded TEXT NOT NULL);
CREATE TABLE name_word (word TEXT COLLATE \"C\" NOT NULL);
";

/// The parts of names, the whole name among them; names that aren't known yet; and who brings them.
const FUNCTIONS: [&str; 4] = [
    "CREATE FUNCTION name_parts(names TEXT[]) RETURNS TABLE (part TEXT, folded TEXT) LANGUAGE sql IMMUTABLE AS $$
     SELECT n, n FROM unnest(names) n
      UNION
     SELECT array_to_string(s.words[i:], ' '), s.n
       FROM (SELECT n, string_to_array(n, ' ') AS words FROM unnest(names) n) s, generate_series(1, cardinality(s.words)) i
      WHERE s.words[i] <> '' $$",
    "CREATE FUNCTION learn_names(names TEXT[]) RETURNS void LANGUAGE sql AS $$
     WITH new AS MATERIALIZED (
         SELECT DISTINCT n FROM unnest(names) n
          WHERE NOT EXISTS (SELECT FROM name_part p WHERE p.part = n AND p.folded = n)),
     words AS (
         INSERT INTO name_word (word)
         SELECT DISTINCT w FROM new, unnest(string_to_array(n, ' ')) w
          WHERE w <> '' AND NOT EXISTS (SELECT FROM name_word k WHERE k.word = w))
     INSERT INTO name_part (part, folded) SELECT p.part, p.folded FROM name_parts(ARRAY(SELECT n FROM new)) p $$",
    "CREATE FUNCTION person_named() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     PERFORM learn_names(ARRAY(SELECT DISTINCT name_folded FROM new_rows)); RETURN NULL; END $$",
    "CREATE FUNCTION person_renamed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     PERFORM learn_names(ARRAY[NEW.name_folded]); RETURN NULL; END $$",
];

/// They keep writers out until all names are there.
const TRIGGERS: &str = "
CREATE TRIGGER person_named AFTER INSERT ON person REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION person_named();
CREATE TRIGGER person_renamed AFTER UPDATE OF name_folded ON person
    FOR EACH ROW WHEN (OLD.name_folded IS DISTINCT FROM NEW.name_folded) EXECUTE FUNCTION person_renamed();
";

const FILL: &str = "
INSERT INTO name_part (part, folded)
    SELECT p.part, p.folded FROM (SELECT DISTINCT name_folded FROM person) n, name_parts(ARRAY[n.name_folded]) p;
INSERT INTO name_word (word) SELECT word FROM (SELECT DISTINCT split_part(part, ' ', 1) AS word FROM name_part) w WHERE word <> '';
CREATE INDEX name_part_part ON name_part (part, folded);
CREATE INDEX name_word_word ON name_word (word);
CREATE INDEX name_word_search ON name_word USING gin (word gin_trgm_ops);
CREATE INDEX person_name ON person (name_folded, id) INCLUDE (commune_id, district_id);
ANALYZE name_part, name_word;
";

const DOWN: &str = "
SET LOCAL statement_timeout = 0;
DROP FUNCTION IF EXISTS person_renamed() CASCADE;
DROP FUNCTION IF EXISTS person_named() CASCADE;
DROP FUNCTION IF EXISTS learn_names(TEXT[]);
DROP FUNCTION IF EXISTS name_parts(TEXT[]);
DROP INDEX IF EXISTS person_name;
DROP TABLE IF EXISTS name_word;
DROP TABLE IF EXISTS name_part;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DatabaseBackend::Sqlite {
            return Ok(());
        }
        crate::ddl::run(manager, TABLES).await?;
        for function in FUNCTIONS {
            manager.get_connection().execute_unprepared(function).await?;
        }
        crate::ddl::run(manager, TRIGGERS).await?;
        crate::ddl::run(manager, FILL).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run_on_postgres(manager, DOWN).await
    }
}
