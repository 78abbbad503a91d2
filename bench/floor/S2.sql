-- One row a benefit of the household; one where there is none.
SELECT p.id, p.full_name, p.date_of_birth, p.sex,
       h.id, h.code, h.address, CASE WHEN h.next_class_on <= $2 THEN h.next_class ELSE h.poverty_class END,
       u.code, u.name,
       b.id, b.status, b.amount, b.paid_amount, b.decided_on, g.code, g.name
  FROM person p
  LEFT JOIN household h ON h.id = p.household_id
  LEFT JOIN admin_unit u ON u.id = h.commune_id
  LEFT JOIN benefit b ON b.household_id = h.id
  LEFT JOIN program g ON g.id = b.program_id
 WHERE p.national_id = $1
 ORDER BY b.id
 LIMIT 20
