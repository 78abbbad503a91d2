use serde_json::{Value, json};
use tests::{both_databases, service::Service};

use super::{entries, household, write};
use crate::fixture::{HERE, register_household};

const PERSON: &str = "person { version fullName nationalId dateOfBirth sex categories protectedCategories }
    applied warnings { code field }";

/// A head with papers; its global id.
async fn head(t: &Service) -> Value {
    register_household(
        t,
        HERE,
        "28757-A",
        json!([{ "fullName": "Lê Thị Hoa", "relationshipToHead": "HEAD",
        "nationalId": "083185000123", "sex": "FEMALE", "dateOfBirth": "1985-04-01", "categories": ["STUDENT"] }]),
    )
    .await;
    household(t, "28757-A").await["members"][0]["id"].clone()
}

both_databases! {
    async fn a_name_changes_and_the_household_is_found_by_it(t: &Service) {
        let id = head(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let input = json!({ "id": id, "expectedVersion": 1, "fullName": "Lê Thị Huệ", "dateOfBirth": null,
            "addCategories": ["ORPHAN"], "removeCategories": ["STUDENT"] });
        let answer = write(&officer, "updatePerson", input, PERSON).await;
        assert_eq!(answer.data()["updatePerson"], json!({
            "person": { "version": 2, "fullName": "Lê Thị Huệ", "nationalId": "083185000123", "dateOfBirth": null,
                "sex": "FEMALE", "categories": ["ORPHAN"], "protectedCategories": [] },
            "applied": ["fullName", "dateOfBirth", "categories"], "warnings": [] }));
        for (search, found) in [("le thi hue", json!([{ "code": "28757-A" }])), ("le thi hoa", json!([]))] {
            let document = "query($search: String!) { households(filter: { search: $search }, first: 5) { nodes { code } } }";
            let answer = officer.ask(document, json!({ "search": search })).await;
            assert_eq!(answer.data()["households"]["nodes"], found, "{search}");
        }
    }

    async fn a_number_that_looks_wrong_is_kept_with_a_warning(t: &Service) {
        let id = head(t).await;
        register_household(t, HERE, "28757-B", json!([{ "fullName": "Trần An", "relationshipToHead": "HEAD",
            "nationalId": "083085000999" }])).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let change = |version: i32, number: &str| json!({ "id": id, "expectedVersion": version, "nationalId": number });
        write(&officer, "updatePerson", change(1, "08308500099"), PERSON).await.refused("BAD_USER_INPUT", "input.nationalId");
        let answer = write(&officer, "updatePerson", change(1, "083085000999"), PERSON).await;
        let payload = &answer.data()["updatePerson"];
        assert_eq!(payload["person"]["nationalId"], "083085000999");
        assert_eq!(payload["warnings"], json!([
            { "code": "NATIONAL_ID_MISMATCH", "field": "input.nationalId" },
            { "code": "NATIONAL_ID_IN_USE", "field": "input.nationalId" } ]));
        // A birth that the number contradicts is worth a warning as well.
        let born = json!({ "id": id, "expectedVersion": 2, "sex": "MALE", "dateOfBirth": "1986-01-01" });
        let answer = write(&officer, "updatePerson", born, PERSON).await;
        assert_eq!(answer.data()["updatePerson"]["warnings"][0]["code"], "NATIONAL_ID_MISMATCH");
        let unborn = json!({ "id": id, "expectedVersion": 3, "dateOfBirth": "2026-11-24" });
        write(&officer, "updatePerson", unborn, PERSON).await.refused("BAD_USER_INPUT", "input.dateOfBirth");
    }

    async fn each_agency_writes_its_own_fields(t: &Service) {
        let id = head(t).await;
        let (commune, dolisa) = (t.as_role_in("commune_officer", HERE).await, t.as_role("dolisa_officer").await);
        let before = entries(t).await;
        let both = json!({ "id": id, "expectedVersion": 1, "fullName": "Lê X", "addProtected": ["DISABLED"] });
        let refused = write(&commune, "updatePerson", both.clone(), PERSON).await;
        refused.refused("FORBIDDEN", "protectedCategories");
        assert!(refused.body["errors"][0]["message"].as_str().unwrap().contains("DOLISA"));
        let refused = write(&dolisa, "updatePerson", both, PERSON).await;
        refused.refused("FORBIDDEN", "fullName");
        assert!(refused.body["errors"][0]["message"].as_str().unwrap().contains("CPC"));
        let approver = t.as_role("dolisa_approver").await;
        let protect = json!({ "id": id, "expectedVersion": 1, "addProtected": ["DISABLED", "DV_VICTIM"] });
        write(&approver, "updatePerson", protect.clone(), PERSON).await.refused("FORBIDDEN", "");
        assert_eq!(entries(t).await, before);

        let answer = write(&dolisa, "updatePerson", protect, PERSON).await;
        let payload = &answer.data()["updatePerson"];
        assert_eq!(payload["person"]["protectedCategories"], json!(["DISABLED", "DV_VICTIM"]));
        assert_eq!((&payload["applied"], &payload["person"]["fullName"]), (&json!(["protectedCategories"]), &json!("Lê Thị Hoa")));
        let nothing = json!({ "id": id, "expectedVersion": 1 });
        assert_eq!(write(&commune, "updatePerson", nothing, "applied").await.data()["updatePerson"]["applied"], json!([]));
    }
}
