SELECT p.id, p.full_name, p.date_of_birth, h.code
  FROM person p LEFT JOIN household h ON h.id = p.household_id
 WHERE p.name_folded LIKE $1
 ORDER BY p.id LIMIT 20
