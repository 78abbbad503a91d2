//! A small register: three households, each with something of every kind that the service knows.
//!
//! Two live in one district, two communes of it, and one in another district, so that every scope has something to see
//! and something to miss.

use ansinh::schema::global_id;
use serde_json::{Value, json};
use tests::service::{Answer, Caller, Service};

/// Phường Phú Tân, thành phố Bến Tre.
pub const HERE: &str = "28757";
/// Phường Phú Khương, another one of the same district.
pub const NEAR: &str = "28756";
/// Xã Tân Thạch, huyện Châu Thành.
pub const FAR: &str = "28804";
pub const DISTRICT_HERE: &str = "829";
pub const DISTRICT_FAR: &str = "831";

/// A household and what hangs on it.
pub struct Home {
    pub commune: &'static str,
    pub code: String,
    /// The row's id.
    pub key: i64,
    /// Global id.
    pub id: String,
    /// Personal number of the head.
    pub national_id: String,
    pub contract_number: String,
    pub project_code: String,
}

/// The three households, in the order of their codes.
pub struct Register {
    pub near: Home,
    pub here: Home,
    pub far: Home,
}

impl Register {
    pub fn homes(&self) -> [&Home; 3] {
        [&self.near, &self.here, &self.far]
    }
}

/// Somebody who may read everything there is, in the whole province.
pub async fn reader(t: &Service) -> Caller {
    t.as_roles_in(&["dolisa_officer", "auditor", "bank_officer"], "DOLISA", "83").await
}

/// Fills the register.
pub async fn register(t: &Service) -> Register {
    t.sql(SPONSOR).await;
    Register { near: home(t, NEAR, 1).await, here: home(t, HERE, 2).await, far: home(t, FAR, 3).await }
}

/// Registers a household with two people through the API, as its commune does; the rest by SQL.
pub async fn home(t: &Service, commune: &'static str, number: u32) -> Home {
    let code = format!("{commune}-{number:06}");
    let national_id = format!("083080{number:06}");
    let members = json!([
        { "fullName": format!("Nguyễn Văn Số {number}"), "relationshipToHead": "HEAD", "sex": "MALE",
          "dateOfBirth": "1980-05-17", "nationalId": national_id, "categories": ["PERSON_WITH_MERIT"] },
        { "fullName": format!("Trần Thị Số {number}"), "relationshipToHead": "SPOUSE", "sex": "FEMALE" },
    ]);
    let id = register_household(t, commune, &code, members).await;
    let Some((_, key)) = global_id::decode(&id) else { panic!("{id}") };
    let (contract_number, project_code) = (format!("HD-{code}"), format!("MH-{code}"));
    t.sql(&ROWS.replace("{code}", &code).replace("{n}", &number.to_string())).await;
    Home { commune, code, key: key.parse().unwrap(), id, national_id, contract_number, project_code }
}

/// Registers a household as its commune and returns its global id.
pub async fn register_household(t: &Service, commune: &str, code: &str, members: Value) -> String {
    let officer = t.as_role_in("commune_officer", commune).await;
    let input = json!({ "code": code, "communeCode": commune, "address": "12 Ấp 3", "members": members,
        "categories": ["MERIT", "CLIMATE_AFFECTED"] });
    let document = "mutation($input: RegisterHouseholdInput!) {
        registerHousehold(input: $input) { household { id code } } }";
    let answer = officer.ask(document, json!({ "input": input })).await;
    let household = &answer.data()["registerHousehold"]["household"];
    assert_eq!(household["code"], code);
    household["id"].as_str().unwrap().to_owned()
}

/// A decision on the class of a household, in force from a day on; those before it end there.
pub async fn decided(t: &Service, code: &str, class: &str, from: &str) {
    let day: chrono::NaiveDate = from.parse().unwrap();
    let last = day.pred_opt().unwrap();
    t.sql(&format!(
        "UPDATE poverty_review SET effective_to = '{last}' WHERE effective_to IS NULL
             AND household_id = (SELECT id FROM household WHERE code = '{code}');
         INSERT INTO poverty_review (household_id, standard_id, reviewed_on, area_kind, score_a, score_b, form_version,
             income_per_capita, deprivations, computed_class, decided_class, decision_number, effective_from, version, created_at, updated_at)
         SELECT h.id, s.id, '{last}', h.area_kind, 110, 40, 'B1', 1200000, 7, '{class}', '{class}', 'QD-{class}', '{from}', 1, 0, 0
         FROM household h, poverty_standard s WHERE h.code = '{code}' AND s.effective_to = '2026-12-31';
         UPDATE household SET poverty_class = '{class}' WHERE code = '{code}'"
    ))
    .await;
}

/// A decision on the class of the households that a condition picks, in force since long ago, in place of others on them.
pub async fn classed(t: &Service, which: &str, class: &str) {
    t.sql(&format!(
        "DELETE FROM poverty_review WHERE household_id IN (SELECT h.id FROM household h WHERE {which});
         INSERT INTO poverty_review (household_id, standard_id, reviewed_on, area_kind, deprivations, computed_class,
             decided_class, decision_number, effective_from, version, created_at, updated_at)
         SELECT h.id, s.id, '2021-11-01', h.area_kind, 0, '{class}', '{class}', 'QD-{class}', '2022-01-01', 1, 0, 0
         FROM household h, poverty_standard s WHERE s.effective_to = '2026-12-31' AND {which};
         UPDATE household SET poverty_class = '{class}', next_class = NULL, next_class_on = NULL
             WHERE id IN (SELECT h.id FROM household h WHERE {which})"
    ))
    .await;
}

const SPONSOR: &str = "
INSERT INTO sponsor (code, name, name_folded, kind, contact, version, created_at, updated_at)
    VALUES ('NTT-1', 'Công ty Dừa Xanh', 'cong ty dua xanh', 'ORGANISATION', '0275 000 000', 1, 0, 0);
INSERT INTO pledge (sponsor_id, program_id, line_id, amount, pledged_on, due_on, reference, version, created_at, updated_at)
    SELECT s.id, l.program_id, l.id, 50000000, '2026-01-05', '2026-12-31', 'CK-1', 1, 0, 0
    FROM sponsor s, funding_line l WHERE l.code = 'I.2.1';
INSERT INTO gift (sponsor_id, pledge_id, program_id, kind, amount, description, given_on, reference, version, created_at, updated_at)
    SELECT s.id, p.id, p.program_id, 'IN_KIND', 3000000, '200 phần quà', '2026-01-20', 'BN-0', 1, 0, 0
    FROM sponsor s, pledge p;
";

/// What hangs on the household `{code}`. The amounts tell the households apart by `{n}`.
const ROWS: &str = "
UPDATE household SET poverty_class = 'POOR' WHERE code = '{code}';
UPDATE person SET protected_categories = 1 WHERE national_id = '083080' || substr('{code}', 7);
INSERT INTO insurance_coverage (person_id, kind, number, participant_group, valid_from, valid_to, version, created_at, updated_at)
    SELECT p.id, 'HEALTH', 'HN' || p.id, 'HN', '2026-01-01', '2026-12-31', 1, 0, 0
    FROM person p JOIN household h ON h.id = p.household_id WHERE h.code = '{code}';
INSERT INTO poverty_review (household_id, standard_id, reviewed_on, area_kind, score_a, score_b, form_version,
        income_per_capita, deprivations, computed_class, decided_class, decision_number, effective_from, version, created_at, updated_at)
    SELECT h.id, s.id, '2025-11-01', h.area_kind, 110, 40, 'B1', 1200000 + {n}, 7, 'POOR', 'POOR', 'QD-{n}', '2026-01-01', 1, 0, 0
    FROM household h, poverty_standard s WHERE h.code = '{code}' AND s.effective_to = '2026-12-31';
INSERT INTO benefit (program_id, household_id, person_id, commune_id, district_id, status, amount, recurrence, starts_on,
        proposed_on, decided_on, paid_amount, version, created_at, updated_at)
    SELECT g.id, h.id, p.id, h.commune_id, h.district_id, 'DISBURSED', 50000000 + {n}, 'ONCE', '2026-02-01', '2026-01-10',
        '2026-01-20', 20000000, 1, 0, 0
    FROM household h JOIN person p ON p.household_id = h.id AND p.relationship = 'HEAD', program g
    WHERE h.code = '{code}' AND g.code = 'HOUSING_MERIT';
INSERT INTO benefit_funding (benefit_id, source, line_id, amount)
    SELECT b.id, 'CENTRAL_BUDGET', l.id, b.amount FROM benefit b JOIN household h ON h.id = b.household_id, funding_line l
    WHERE h.code = '{code}' AND l.code = 'I.2.1';
INSERT INTO benefit_payment (benefit_id, amount, source, paid_on, reference, agency_id, recorded_at)
    SELECT b.id, 20000000, 'CENTRAL_BUDGET', '2026-03-01', 'PC-1', a.id, 0
    FROM benefit b JOIN household h ON h.id = b.household_id, agency a WHERE h.code = '{code}' AND a.code = 'DOLISA';
INSERT INTO benefit_transition (benefit_id, to_status, at, agency_id, note)
    SELECT b.id, 'PROPOSED', 1768000000000000, a.id, 'đề nghị'
    FROM benefit b JOIN household h ON h.id = b.household_id, agency a WHERE h.code = '{code}' AND a.code = 'CPC';
INSERT INTO loan (contract_number, product_id, product_code, program_id, household_id, borrower_id, commune_id, district_id,
        status, principal, term_months, requested_on, approved_on, disbursed_on, matures_on, disbursed_amount,
        outstanding_principal, overdue_principal, version, created_at, updated_at)
    SELECT 'HD-{code}', d.id, d.code, g.id, h.id, p.id, h.commune_id, h.district_id, 'ACTIVE', 40000000 + {n}, 36, '2026-01-05',
        '2026-01-15', '2026-02-01', '2029-02-01', 40000000 + {n}, 30000000 + {n}, 0, 1, 0, 0
    FROM household h JOIN person p ON p.household_id = h.id AND p.relationship = 'HEAD', program g, loan_product d
    WHERE h.code = '{code}' AND g.code = 'CREDIT_PRODUCTION' AND d.code = 'POOR';
INSERT INTO savings_group (code, name, organisation, commune_id, district_id, members, version, created_at, updated_at)
    SELECT 'TO-{code}', 'Tổ Ấp 3', 'WOMEN', h.commune_id, h.district_id, 20 + {n}, 1, 0, 0 FROM household h WHERE h.code = '{code}';
UPDATE loan SET group_id = (SELECT id FROM savings_group WHERE code = 'TO-{code}') WHERE contract_number = 'HD-{code}';
INSERT INTO loan_funding (loan_id, source, amount) SELECT id, 'VBSP_CREDIT', principal FROM loan WHERE contract_number = 'HD-{code}';
INSERT INTO loan_transaction (loan_id, kind, amount, occurred_on, reference, balance_after, agency_id, recorded_at)
    SELECT l.id, 'DISBURSEMENT', l.principal, '2026-02-01', 'GN-1', l.principal, a.id, 0
    FROM loan l, agency a WHERE l.contract_number = 'HD-{code}' AND a.code = 'VBSP';
INSERT INTO loan_transaction (loan_id, kind, amount, occurred_on, reference, balance_after, agency_id, recorded_at)
    SELECT l.id, 'PRINCIPAL_REPAYMENT', 10000000, '2026-08-01', 'TN-1', 30000000 + {n}, a.id, 0
    FROM loan l, agency a WHERE l.contract_number = 'HD-{code}' AND a.code = 'VBSP';
INSERT INTO loan_transaction (loan_id, kind, amount, occurred_on, reference, balance_after, agency_id, recorded_at)
    SELECT l.id, 'INTEREST_PAYMENT', 600000, '2026-08-01', 'TN-1', 30000000 + {n}, a.id, 0
    FROM loan l, agency a WHERE l.contract_number = 'HD-{code}' AND a.code = 'VBSP';
INSERT INTO model_project (code, name, track, site_id, commune_id, district_id, status, program_id, starts_on, version, created_at, updated_at)
    SELECT 'MH-{code}', 'Nuôi dê', 'LIVELIHOOD', h.commune_id, h.commune_id, h.district_id, 'ACTIVE', g.id, '2026-03-01', 1, 0, 0
    FROM household h, program g WHERE h.code = '{code}' AND g.code = 'LIVELIHOOD_MODELS';
INSERT INTO model_funding (project_id, source, amount) SELECT id, 'PROVINCIAL_BUDGET', 500000000 FROM model_project WHERE code = 'MH-{code}';
INSERT INTO model_participation (project_id, household_id, commune_id, district_id, support_amount, recoverable_amount,
        recovered_amount, outcome, enrolled_on, version, created_at, updated_at)
    SELECT m.id, h.id, h.commune_id, h.district_id, 15000000 + {n}, 7500000, 1000000, 'ONGOING', '2026-03-01', 1, 0, 0
    FROM household h JOIN model_project m ON m.code = 'MH-{code}' WHERE h.code = '{code}';
INSERT INTO participation_funding (participation_id, source, amount)
    SELECT p.id, 'PROVINCIAL_BUDGET', p.support_amount FROM model_participation p JOIN household h ON h.id = p.household_id
    WHERE h.code = '{code}';
INSERT INTO capital_movement (participation_id, kind, amount, occurred_on, reference, agency_id, recorded_at)
    SELECT p.id, 'ADVANCE', p.support_amount, '2026-03-01', 'UV-1', a.id, 0
    FROM model_participation p JOIN household h ON h.id = p.household_id, agency a WHERE h.code = '{code}' AND a.code = 'DOLISA';
INSERT INTO gift (sponsor_id, program_id, household_id, kind, amount, given_on, reference, version, created_at, updated_at)
    SELECT s.id, g.id, h.id, 'MONEY', 2000000 + {n}, '2026-04-01', 'BN-{n}', 1, 0, 0
    FROM sponsor s, program g, household h WHERE g.code = 'MOBILISATION' AND h.code = '{code}';
INSERT INTO sponsorship (sponsor_id, household_id, starts_on, version, created_at, updated_at)
    SELECT s.id, h.id, '2026-04-01', 1, 0, 0 FROM sponsor s, household h WHERE h.code = '{code}';
";

/// One mutation; its input type bears its name.
pub async fn write(caller: &Caller, mutation: &str, input: Value, selection: &str) -> Answer {
    let (first, rest) = mutation.split_at(1);
    let document = format!(
        "mutation($input: {}{rest}Input!) {{ {mutation}(input: $input) {{ {selection} }} }}",
        first.to_uppercase()
    );
    caller.ask(&document, json!({ "input": input })).await
}

/// The global id of what a mutation wrote.
pub async fn written(caller: &Caller, mutation: &str, input: Value, record: &str) -> String {
    let answer = write(caller, mutation, input, &format!("{record} {{ id }}")).await;
    answer.data()[mutation][record]["id"].as_str().unwrap().to_owned()
}
