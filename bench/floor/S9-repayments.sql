-- As S6, for all items at once. $1 contracts, $2 amounts, $3 references, $4 day, $5 instant, $6 agency, $7 client, $8 request.
WITH i AS (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[]) WITH ORDINALITY AS i (number, principal, reference, place)
), l AS (
    UPDATE loan SET outstanding_principal = loan.outstanding_principal - i.principal, version = loan.version + 1,
           updated_at = $5, updated_by = $6
      FROM i WHERE loan.contract_number = i.number AND loan.outstanding_principal >= i.principal
    RETURNING loan.id, contract_number, status, outstanding_principal, version, commune_id, district_id,
              i.principal, i.reference, i.place
), t AS (
    INSERT INTO loan_transaction (loan_id, kind, amount, occurred_on, reference, balance_after, agency_id, recorded_at)
    SELECT id, 'PRINCIPAL_REPAYMENT', principal, $4, reference, outstanding_principal, $6, $5 FROM l
), a AS (
    INSERT INTO audit_entry (at, request_id, client_id, agency_id, roles, operation, subject_type, subject_id, fields, decision)
    SELECT $5, $8, $7, $6, 'bank_officer', 'recordRepayments', 'Loan', id,
           'transactions,status,outstandingPrincipal,overduePrincipal,maturesOn', 'ALLOWED' FROM l
), e AS (
    INSERT INTO change_event (at, operation, subject_type, subject_id, version, agency_id, commune_id, district_id)
    SELECT $5, 'UPDATED', 'Loan', id, version, $6, commune_id, district_id FROM l
)
SELECT contract_number, status, outstanding_principal FROM l ORDER BY place
