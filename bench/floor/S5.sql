-- The figures that the triggers keep, of each district: one walk of the index for each figure. $1 today.
SELECT u.code, u.name, f.*
  FROM admin_unit u
 CROSS JOIN LATERAL (
    SELECT (sum(amount) FILTER (WHERE measure = 'HOUSEHOLDS'))::bigint, (sum(amount) FILTER (WHERE measure = 'POOR'))::bigint,
           (sum(amount) FILTER (WHERE measure = 'NEAR_POOR'))::bigint, (sum(amount) FILTER (WHERE measure = 'NEWLY_ESCAPED'))::bigint,
           (sum(amount) FILTER (WHERE measure = 'PERSONS'))::bigint, (sum(amount) FILTER (WHERE measure = 'INSURED_PERSONS'))::bigint,
           (sum(amount) FILTER (WHERE measure = 'LOANS_OUTSTANDING'))::bigint,
           (sum(amount) FILTER (WHERE measure = 'LOANS_OVERDUE'))::bigint, (sum(amount) FILTER (WHERE measure = 'BENEFITS_PAID'))::bigint
      FROM kept_figure k
     WHERE k.unit_id = u.id AND k.day <= $1
       AND k.measure = ANY ('{HOUSEHOLDS,POOR,NEAR_POOR,NEWLY_ESCAPED,PERSONS,INSURED_PERSONS,LOANS_OUTSTANDING,LOANS_OVERDUE,BENEFITS_PAID}')
 ) f
 WHERE u.level = 'DISTRICT' AND COALESCE(u.valid_from <= '2022-12-31', TRUE) AND COALESCE(u.valid_to >= '2022-12-31', TRUE)
 ORDER BY u.code
