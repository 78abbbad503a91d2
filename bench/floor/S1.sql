-- The household, its members, its open loans and its benefits as tagged rows of one statement.
WITH h AS MATERIALIZED (
    SELECT id, code, version, address,
           CASE WHEN next_class_on <= $2 THEN next_class ELSE poverty_class END AS class
      FROM household WHERE code = $1
)
SELECT 0 AS part, id, code AS a, address AS b, class AS c, NULL::date AS d, version::bigint AS m, NULL::bigint AS n FROM h
UNION ALL
(SELECT 1, p.id, p.full_name, p.sex, p.relationship, p.date_of_birth, NULL, NULL
   FROM h JOIN person p ON p.household_id = h.id ORDER BY p.id)
UNION ALL
(SELECT 2, l.id, l.contract_number, l.status, NULL, l.matures_on, l.principal, l.outstanding_principal
   FROM h JOIN loan l ON l.household_id = h.id
  WHERE l.status IN ('ACTIVE', 'OVERDUE', 'FROZEN') ORDER BY l.id LIMIT 10)
UNION ALL
(SELECT 3, b.id, b.status, NULL, NULL, b.decided_on, b.amount, b.paid_amount
   FROM h JOIN benefit b ON b.household_id = h.id ORDER BY b.id LIMIT 10)
