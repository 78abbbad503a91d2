-- One statement, hence one transaction: the balance, the ledger's entry, the audit entry, the change event.
-- $1 contract, $2 amount, $3 day, $4 reference, $5 instant, $6 agency, $7 client, $8 request.
WITH l AS (
    UPDATE loan SET outstanding_principal = outstanding_principal - $2, version = version + 1, updated_at = $5, updated_by = $6
     WHERE contract_number = $1 AND outstanding_principal >= $2
    RETURNING id, contract_number, status, outstanding_principal, version, commune_id, district_id
), t AS (
    INSERT INTO loan_transaction (loan_id, kind, amount, occurred_on, reference, balance_after, agency_id, recorded_at)
    SELECT id, 'PRINCIPAL_REPAYMENT', $2, $3, $4, outstanding_principal, $6, $5 FROM l
), a AS (
    INSERT INTO audit_entry (at, request_id, client_id, agency_id, roles, operation, subject_type, subject_id, fields, decision)
    SELECT $5, $8, $7, $6, 'bank_officer', 'recordRepayments', 'Loan', id,
           'transactions,status,outstandingPrincipal,overduePrincipal,maturesOn', 'ALLOWED' FROM l
), e AS (
    INSERT INTO change_event (at, operation, subject_type, subject_id, version, agency_id, commune_id, district_id)
    SELECT $5, 'UPDATED', 'Loan', id, version, $6, commune_id, district_id FROM l
)
SELECT contract_number, status, outstanding_principal FROM l
