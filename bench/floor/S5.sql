-- Each table once, by district.
SELECT u.code, u.name, h.households, h.poor, h.near_poor, h.newly_escaped, p.persons, p.insured,
       l.outstanding, l.overdue, b.paid
  FROM admin_unit u
  LEFT JOIN (SELECT district_id, count(*) AS households, count(*) FILTER (WHERE class = 'POOR') AS poor,
                    count(*) FILTER (WHERE class = 'NEAR_POOR') AS near_poor,
                    count(*) FILTER (WHERE class = 'NEWLY_ESCAPED') AS newly_escaped
               FROM (SELECT district_id, CASE WHEN next_class_on <= $1 THEN next_class ELSE poverty_class END AS class
                       FROM household WHERE dissolved_on IS NULL) h
              GROUP BY district_id) h ON h.district_id = u.id
  LEFT JOIN (SELECT p.district_id, count(*) AS persons, count(c.person_id) AS insured
               FROM person p
               LEFT JOIN (SELECT DISTINCT person_id FROM insurance_coverage
                           WHERE kind = 'HEALTH' AND valid_from <= $1 AND (valid_to IS NULL OR valid_to >= $1)) c
                 ON c.person_id = p.id
              WHERE p.household_id IS NOT NULL AND p.died_on IS NULL
              GROUP BY p.district_id) p ON p.district_id = u.id
  LEFT JOIN (SELECT district_id, sum(outstanding_principal)::bigint AS outstanding, sum(overdue_principal)::bigint AS overdue
               FROM loan GROUP BY district_id) l ON l.district_id = u.id
  LEFT JOIN (SELECT district_id, sum(paid_amount)::bigint AS paid FROM benefit GROUP BY district_id) b ON b.district_id = u.id
 WHERE u.level = 'DISTRICT' AND COALESCE(u.valid_from <= '2022-12-31', TRUE) AND COALESCE(u.valid_to >= '2022-12-31', TRUE)
 ORDER BY u.code
