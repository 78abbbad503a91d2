-- Twenty households after a code, and what belongs to them as tagged rows: household, member with a coverage, loan with
-- an entry of its ledger, benefit.
WITH h AS MATERIALIZED (
    SELECT id, code, address FROM household WHERE commune_id = $1 AND code > $2 ORDER BY code LIMIT 20
)
SELECT 0 AS part, h.id AS household, h.id AS id, h.code AS a, h.address AS b, NULL::text AS c, NULL::text AS d,
       NULL::date AS e, NULL::date AS f, NULL::date AS g, NULL::bigint AS m, NULL::bigint AS n, NULL::bigint AS o, NULL::bigint AS q
  FROM h
UNION ALL
(SELECT 1, h.id, p.id, p.full_name, p.relationship, i.kind, i.number, p.date_of_birth, i.valid_from, i.valid_to,
        NULL, NULL, NULL, NULL
   FROM h JOIN person p ON p.household_id = h.id LEFT JOIN insurance_coverage i ON i.person_id = p.id
  ORDER BY h.code, p.id, i.valid_from, i.id)
UNION ALL
(SELECT 2, h.id, l.id, l.contract_number, l.status, t.kind, t.reference, t.occurred_on, NULL, NULL,
        l.principal, l.outstanding_principal, t.amount, t.balance_after
   FROM h JOIN loan l ON l.household_id = h.id
   LEFT JOIN LATERAL (SELECT * FROM loan_transaction t WHERE t.loan_id = l.id ORDER BY t.id DESC LIMIT 3) t ON TRUE
  ORDER BY h.code, l.id, t.id)
UNION ALL
(SELECT 3, h.id, b.id, b.status, NULL, g.code, g.name, NULL, NULL, NULL, b.amount, b.paid_amount, NULL, NULL
   FROM h JOIN benefit b ON b.household_id = h.id JOIN program g ON g.id = b.program_id
  ORDER BY h.code, b.id)
