-- The households of the class are found once, for the page and for the total. A code is unique, so that it is the whole
-- of a place in the order.
WITH m AS MATERIALIZED (
    SELECT id, code, address FROM household
     WHERE commune_id = $1 AND CASE WHEN next_class_on <= $2 THEN next_class ELSE poverty_class END = $3
)
SELECT t.n, h.id, h.code, h.address,
       (SELECT p.full_name FROM person p WHERE p.household_id = h.id AND p.relationship = 'HEAD'),
       (SELECT count(*) FROM loan l WHERE l.household_id = h.id AND l.status IN ('ACTIVE', 'OVERDUE', 'FROZEN'))
  FROM (SELECT count(*) AS n FROM m) t
  LEFT JOIN (SELECT * FROM m WHERE code > $4 ORDER BY code LIMIT $5) h ON TRUE
