//! Monthly social assistance: what is due by the register's facts and dated rows, and what isn't known.

use serde_json::json;
use tests::{both_databases, service::Service};

use super::*;

const ALL: &str = "on level levelSource grounds coefficient monthlyAmount sources unverified notKnown";

pub async fn of(caller: &Caller, person: &str, on: &str) -> Value {
    let document = format!(
        "query($id: ID!) {{ node(id: $id) {{ ... on Person {{ socialAssistance(on: \"{on}\") {{ {ALL} }} }} }} }}"
    );
    caller.ask(&document, json!({ "id": person })).await.data()["node"]["socialAssistance"].clone()
}

/// Three people of one household, by name.
pub async fn people(t: &Service) -> Vec<String> {
    let members = json!([
        { "fullName": "Lê Thị Một", "relationshipToHead": "HEAD", "dateOfBirth": "1985-05-05" },
        { "fullName": "Lê Văn Hai", "relationshipToHead": "PARENT", "dateOfBirth": "1950-01-01", "categories": ["LONELY_ELDERLY"] },
        { "fullName": "Lê Văn Ba", "relationshipToHead": "CHILD", "dateOfBirth": "2022-06-01", "categories": ["CHILD_NO_SUPPORT"] },
    ]);
    fixture::register_household(t, HERE, "28757-000001", members).await;
    t.sql("UPDATE person SET protected_categories = 2 WHERE full_name = 'Lê Thị Một'").await;
    fixture::classed(t, "TRUE", "POOR").await;
    let reader = fixture::reader(t).await;
    let answer = reader.query("{ household(code: \"28757-000001\") { members { id } } }").await;
    let members = answer.data()["household"]["members"].as_array().unwrap();
    members.iter().map(|member| member["id"].as_str().unwrap().to_owned()).collect()
}

both_databases! {
    async fn what_is_due_goes_by_the_facts_and_the_rows_of_the_day(t: &Service) {
        let people = people(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let severe = of(&officer, &people[0], "2026-11-23").await;
        assert_eq!([&severe["level"], &severe["coefficient"], &severe["monthlyAmount"]], [&json!(500_000), &json!("1.5"), &json!(750_000)]);
        assert_eq!(severe["grounds"], json!(["SEVERE_DISABILITY"]));
        assert_eq!(severe["unverified"], false);
        assert!(severe["sources"][0].as_str().unwrap().contains("art. 6.1.e") && severe["levelSource"].as_str().unwrap().contains("76/2024"), "{severe}");
        assert_eq!(severe["notKnown"], json!(["POOR_WITH_HIV", "POOR_SINGLE_PARENT"]), "never guessed");
        let before = of(&officer, &people[0], "2024-06-30").await;
        assert_eq!([&before["level"], &before["monthlyAmount"]], [&json!(360_000), &json!(540_000)]);
        let earlier = of(&officer, &people[0], "2021-06-30").await;
        assert_eq!([&earlier["level"], &earlier["coefficient"], &earlier["monthlyAmount"]], [&json!(270_000), &json!("0"), &json!(0)]);
        assert!(of(&officer, &people[0], "2012-12-31").await.is_null(), "no level is known");
        let child = of(&officer, &people[2], "2026-05-31").await;
        assert_eq!([&child["coefficient"], &child["monthlyAmount"], &child["unverified"]], [&json!("2.5"), &json!(1_250_000), &json!(true)]);
        let older = of(&officer, &people[2], "2026-06-01").await;
        assert_eq!([&older["grounds"], &older["monthlyAmount"]], [&json!(["NO_SUPPORT_4_TO_15"]), &json!(750_000)]);
        t.sql("UPDATE person SET died_on = '2026-01-02' WHERE full_name = 'Lê Thị Một'").await;
        assert!(of(&officer, &people[0], "2026-11-23").await.is_null());
        assert_eq!(of(&officer, &people[0], "2026-01-01").await["monthlyAmount"], 750_000);
    }

    async fn the_class_of_the_day_decides(t: &Service) {
        let people = people(t).await;
        let reader = fixture::reader(t).await;
        assert_eq!(of(&reader, &people[1], "2026-11-23").await["grounds"], json!(["POOR_LONELY_ELDERLY_60_TO_79"]));
        t.sql("DELETE FROM poverty_review;
            INSERT INTO poverty_review (household_id, standard_id, reviewed_on, area_kind, deprivations, computed_class, decided_class,
                effective_from, effective_to, version, created_at, updated_at)
            SELECT h.id, s.id, '2024-11-01', h.area_kind, 0, 'POOR', 'POOR', '2025-01-01', '2025-12-31', 1, 0, 0
            FROM household h, poverty_standard s WHERE s.effective_to = '2026-12-31';
            INSERT INTO poverty_review (household_id, standard_id, reviewed_on, area_kind, deprivations, computed_class, decided_class,
                effective_from, version, created_at, updated_at)
            SELECT h.id, s.id, '2025-11-01', h.area_kind, 0, 'NEAR_POOR', 'NEAR_POOR', '2026-01-01', 1, 0, 0
            FROM household h, poverty_standard s WHERE s.effective_to = '2026-12-31'").await;
        let then = of(&reader, &people[1], "2025-12-31").await;
        assert_eq!([&then["grounds"], &then["monthlyAmount"]], [&json!(["POOR_LONELY_ELDERLY_60_TO_79"]), &json!(750_000)]);
        let now = of(&reader, &people[1], "2026-01-01").await;
        assert_eq!([&now["grounds"], &now["monthlyAmount"]], [&json!([]), &json!(0)]);
        assert_eq!(now["notKnown"], json!(["ELDERLY_75_TO_79_OF_HARD_AREA", "SOCIAL_PENSION_75"]), "neither the area nor a pension is known");
    }

    async fn disability_is_not_told_by_the_allowance(t: &Service) {
        let people = people(t).await;
        let front = t.as_role("front_officer").await;
        let document = "query($id: ID!) { node(id: $id) { ... on Person { fullName socialAssistance { monthlyAmount } } } }";
        let answer = front.ask(document, json!({ "id": people[0] })).await;
        assert_eq!(answer.partial()["node"]["socialAssistance"], json!(null));
        assert_eq!(answer.body["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
}
