-- Coverages of persons by number, all items at once, with their audit entries and change events.
-- $1 personal numbers, $2 kinds, $3 numbers of cards, $4 first days, $5 last days, $6 instant, $7 agency, $8 client, $9 request.
WITH i AS (
    SELECT i.*, p.id AS person_id, p.commune_id, p.district_id
      FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::date[]) AS i (national_id, kind, number, valid_from, valid_to)
      JOIN person p ON p.national_id = i.national_id
), c AS (
    INSERT INTO insurance_coverage (person_id, kind, number, valid_from, valid_to, version, created_at, updated_at, updated_by)
    SELECT person_id, kind, number, valid_from, valid_to, 1, $6, $6, $7 FROM i
    RETURNING id, person_id
), a AS (
    INSERT INTO audit_entry (at, request_id, client_id, agency_id, roles, operation, subject_type, subject_id, fields, decision)
    SELECT $6, $9, $8, $7, 'insurance_officer', 'recordInsurance', 'InsuranceCoverage', id,
           'kind,number,participantGroup,validFrom,validTo', 'ALLOWED' FROM c
), e AS (
    INSERT INTO change_event (at, operation, subject_type, subject_id, version, agency_id, commune_id, district_id)
    SELECT $6, 'CREATED', 'InsuranceCoverage', c.id, 1, $7, i.commune_id, i.district_id FROM c JOIN i ON i.person_id = c.person_id
)
SELECT count(*) FROM c
