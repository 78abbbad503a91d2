-- As S3, of the households that the bank needs to know: a class that opens the file, merit, a decided review, a loan
-- under way, a person of merit.
WITH m AS MATERIALIZED (
    SELECT h.id, h.code, h.address FROM household h
     WHERE h.commune_id = $1 AND CASE WHEN h.next_class_on <= $2 THEN h.next_class ELSE h.poverty_class END = $3
       AND (h.poverty_class IN ('POOR', 'NEAR_POOR', 'NEWLY_ESCAPED')
            OR (h.categories & 1) <> 0
            OR (SELECT TRUE FROM poverty_review r WHERE r.household_id = h.id
                 AND r.decided_class IN ('POOR', 'NEAR_POOR', 'NEWLY_ESCAPED') AND r.effective_from <= $2 LIMIT 1)
            OR (SELECT TRUE FROM loan l WHERE l.household_id = h.id
                 AND l.status NOT IN ('REJECTED', 'REPAID', 'WRITTEN_OFF') LIMIT 1)
            OR (SELECT TRUE FROM person p WHERE p.household_id = h.id AND (p.categories & 3) <> 0 LIMIT 1))
)
SELECT t.n, h.id, h.code, h.address,
       (SELECT p.full_name FROM person p WHERE p.household_id = h.id AND p.relationship = 'HEAD'),
       (SELECT count(*) FROM loan l WHERE l.household_id = h.id AND l.status IN ('ACTIVE', 'OVERDUE', 'FROZEN'))
  FROM (SELECT count(*) AS n FROM m) t
  LEFT JOIN (SELECT * FROM m WHERE code > $4 ORDER BY code LIMIT $5) h ON TRUE
