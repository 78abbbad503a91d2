//! What the register itself knows of deprivations, and that nobody learns by it what is not theirs to read.

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use super::household;
use crate::fixture::{HERE, register_household};

const CODE: &str = "28757-K";

/// A household of four: grandmother of 70, mother of 30, a child of 8, a baby.
async fn home(t: &Service) {
    let member = |name: &str, relation: &str, born: &str| json!({ "fullName": name, "relationshipToHead": relation, "dateOfBirth": born });
    let members = json!([
        member("Lê Thị Bà", "HEAD", "1956-03-01"),
        member("Lê Thị Mẹ", "CHILD", "1996-11-23"),
        member("Lê Thị Con", "GRANDCHILD", "2018-11-23"),
        member("Lê Văn Út", "GRANDCHILD", "2026-02-01"),
    ]);
    register_household(t, HERE, CODE, members).await;
    t.sql("UPDATE person SET joined_on = '2026-02-01'; UPDATE household SET registered_on = '2026-02-01', history_from = '2026-02-01'").await;
}

async fn known(caller: &Caller, on: Option<&str>) -> Value {
    let document = "query($code: String!, $on: Date) { household(code: $code, on: $on) {
        knownDeprivations { indicator deprived members deprivedMembers unknownMembers agency { code } source } } }";
    let answer = caller.ask(document, json!({ "code": CODE, "on": on })).await;
    answer.data()["household"]["knownDeprivations"].clone()
}

/// Indicator, answer, and the three counts.
async fn brief(caller: &Caller, on: Option<&str>) -> Vec<Value> {
    let known = known(caller, on).await;
    let row = |row: &Value| {
        json!([row["indicator"], row["deprived"], row["members"], row["deprivedMembers"], row["unknownMembers"]])
    };
    known.as_array().unwrap().iter().map(row).collect()
}

/// Insures the member with this name for a time.
async fn insure(t: &Service, name: &str, from: &str, to: &str) {
    t.sql(&format!(
        "INSERT INTO insurance_coverage (person_id, kind, valid_from, valid_to, version, created_at, updated_at)
        SELECT id, 'HEALTH', '{from}', '{to}', 1, 0, 0 FROM person WHERE full_name = '{name}'"
    ))
    .await;
}

/// Grants the member with this name an allowance by the month, paid for the first time on a day.
async fn assist(t: &Service, name: &str, paid_on: &str) {
    t.sql(&format!(
        "UPDATE program SET purpose = 'CASH_ASSISTANCE' WHERE code = 'MOBILISATION';
         INSERT INTO benefit (program_id, household_id, person_id, commune_id, district_id, status, amount, recurrence, starts_on,
                proposed_on, paid_amount, version, created_at, updated_at)
            SELECT g.id, p.household_id, p.id, p.commune_id, p.district_id, 'DISBURSED', 500000, 'MONTHLY', '2026-01-01',
                '2026-01-01', 500000, 1, 0, 0 FROM program g, person p WHERE g.code = 'MOBILISATION' AND p.full_name = '{name}';
         INSERT INTO benefit_payment (benefit_id, amount, source, paid_on, reference, agency_id, recorded_at)
            SELECT b.id, 500000, 'PROVINCIAL_BUDGET', '{paid_on}', 'CT-' || b.id, a.id, 0 FROM benefit b, person p, agency a
            WHERE b.person_id = p.id AND p.full_name = '{name}' AND a.code = 'DOLISA'"
    ))
    .await;
}

both_databases! {
    async fn what_is_known_comes_with_its_source_and_the_rest_is_null(t: &Service) {
        home(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        for (name, to) in [("Lê Thị Bà", "2026-12-31"), ("Lê Thị Mẹ", "2026-11-22"), ("Lê Thị Con", "2026-12-31")] {
            insure(t, name, "2026-01-01", to).await;
        }
        // Half of four are under 16, which is not more than half; the mother's card ended yesterday.
        assert_eq!(brief(&officer, None).await, [
            json!(["DEPENDANTS", false, 4, 2, 0]),
            json!(["NUTRITION", null, 2, 0, 2]),
            json!(["HEALTH_INSURANCE", true, 3, 1, 0]),
            json!(["ADULT_EDUCATION", null, 1, 0, 1]),
            json!(["SCHOOL_ATTENDANCE", null, 1, 0, 1]),
        ]);
        assert_eq!(brief(&officer, Some("2026-11-22")).await[2], json!(["HEALTH_INSURANCE", false, 3, 0, 0]));
        let rows = known(&officer, None).await;
        assert_eq!((&rows[2]["agency"]["code"], &rows[2]["source"]), (&json!("PSI"), &json!("Health insurance coverages of the day")));
        t.sql("UPDATE person SET categories = 256 WHERE full_name = 'Lê Thị Mẹ'").await;
        assert_eq!(brief(&officer, None).await[3], json!(["ADULT_EDUCATION", false, 1, 0, 0]), "she studies");
    }

    async fn dependants_are_children_and_the_old_on_paid_assistance(t: &Service) {
        home(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        assist(t, "Lê Thị Bà", "2026-11-10").await;
        assert_eq!(brief(&officer, None).await[0], json!(["DEPENDANTS", true, 4, 3, 0]));
        assert_eq!(brief(&officer, Some("2026-11-09")).await[0], json!(["DEPENDANTS", false, 4, 2, 0]), "nothing was paid yet");
        // Of an adult on assistance the register doesn't say why.
        t.sql("UPDATE benefit SET person_id = (SELECT id FROM person WHERE full_name = 'Lê Thị Mẹ')").await;
        assert_eq!(brief(&officer, None).await[0], json!(["DEPENDANTS", null, 4, 2, 1]));
    }

    async fn members_are_those_of_the_day(t: &Service) {
        home(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let member = |home: &Value, name: &str| home["members"].as_array().unwrap().iter().find(|one| one["fullName"] == name).unwrap().clone();
        let baby = member(&household(t, CODE).await, "Lê Văn Út");
        let end = "mutation($input: EndMembershipInput!) { endMembership(input: $input) { applied } }";
        let input = json!({ "personId": baby["id"], "expectedVersion": baby["version"], "reason": "DIED", "endedOn": "2026-10-01" });
        officer.ask(end, json!({ "input": input })).await.data();
        assert_eq!(brief(&officer, None).await[0], json!(["DEPENDANTS", false, 3, 1, 0]));
        assert_eq!(brief(&officer, Some("2026-09-30")).await[0], json!(["DEPENDANTS", false, 4, 2, 0]));
        t.sql("UPDATE person SET date_of_birth = NULL WHERE full_name = 'Lê Thị Mẹ'").await;
        let unborn = brief(&officer, None).await;
        assert_eq!(unborn[0], json!(["DEPENDANTS", null, 3, 1, 1]), "her age is not known");
        assert_eq!(unborn[2], json!(["HEALTH_INSURANCE", true, 3, 2, 1]));
    }

    async fn nobody_learns_by_it_what_they_may_not_read(t: &Service) {
        home(t).await;
        assist(t, "Lê Thị Bà", "2026-11-10").await;
        t.sql("INSERT INTO role (code, name, built_in) VALUES ('reviewer', 'X', FALSE);
            INSERT INTO role_permission SELECT id, 'household:read' FROM role WHERE code = 'reviewer';
            INSERT INTO role_permission SELECT id, 'review:read' FROM role WHERE code = 'reviewer'").await;
        let indicators = async |caller: &Caller| {
            let rows = known(caller, None).await;
            rows.as_array().unwrap().iter().map(|row| row["indicator"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let reviewer = t.as_roles_in(&["reviewer"], "DOH", "83").await;
        assert_eq!(indicators(&reviewer).await, ["NUTRITION", "ADULT_EDUCATION", "SCHOOL_ATTENDANCE"]);
        t.sql("INSERT INTO role_permission SELECT id, 'insurance:read' FROM role WHERE code = 'reviewer'").await;
        assert_eq!(indicators(&reviewer).await, ["NUTRITION", "HEALTH_INSURANCE", "ADULT_EDUCATION", "SCHOOL_ATTENDANCE"]);
        for role in ["insurance_officer", "bank_officer", "front_officer"] {
            let answer = t.as_role(role).await.ask("query($code: String!) { household(code: $code) { knownDeprivations { indicator } } }",
                json!({ "code": CODE })).await;
            answer.refused("FORBIDDEN", "");
            assert_eq!(answer.partial()["household"]["knownDeprivations"], json!(null), "{role}");
        }
    }
}
