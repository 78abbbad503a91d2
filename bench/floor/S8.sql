-- By the names that hold what is looked for, where they are few, else through the persons one after the other.
-- $1 the word, $2 what follows it, $3 the end of that, $4 the whole.
WITH k AS MATERIALIZED (
    SELECT p.folded FROM (SELECT DISTINCT word FROM name_word WHERE word LIKE $1) w, LATERAL (
        SELECT folded FROM name_part WHERE part >= w.word || $2 AND part < w.word || $3 ORDER BY part LIMIT 1001) p
     LIMIT 1001
), f AS (
    (SELECT f.id FROM (SELECT DISTINCT folded FROM k) k, LATERAL (
        SELECT id FROM person WHERE name_folded = k.folded ORDER BY id LIMIT 20) f
      WHERE (SELECT count(*) FROM k) <= 1000 ORDER BY f.id LIMIT 20)
    UNION ALL
    (SELECT id FROM person WHERE name_folded LIKE $4 AND (SELECT count(*) FROM k) > 1000 ORDER BY id LIMIT 20)
)
SELECT p.id, p.full_name, p.date_of_birth, h.code
  FROM f JOIN person p ON p.id = f.id LEFT JOIN household h ON h.id = p.household_id
 ORDER BY p.id
