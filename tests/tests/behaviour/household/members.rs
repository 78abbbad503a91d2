use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use super::{entries, household, write};
use crate::fixture::{HERE, NEAR, register_household};

const PERSON: &str = "person { fullName relationshipToHead household { code } diedOn } applied warnings { code field }";

/// Two households of one commune, the second of one person alone, and the commune's officer.
async fn neighbours(t: &Service) -> Caller {
    register_household(
        t,
        HERE,
        "28757-A",
        json!([
            { "fullName": "Lê Văn Anh", "relationshipToHead": "HEAD", "nationalId": "083080000001" },
            { "fullName": "Trần Thị Em", "relationshipToHead": "SPOUSE", "dateOfBirth": "1985-02-03" },
        ]),
    )
    .await;
    register_household(t, HERE, "28757-B", json!([{ "fullName": "Phạm Văn Ba", "relationshipToHead": "HEAD" }])).await;
    t.as_role_in("commune_officer", HERE).await
}

fn member(household: &Value, name: &str) -> Value {
    household["members"].as_array().unwrap().iter().find(|member| member["fullName"] == name).unwrap().clone()
}

both_databases! {
    async fn a_member_joins_and_the_household_counts_a_write(t: &Service) {
        let officer = neighbours(t).await;
        let home = household(t, "28757-A").await;
        let input = |version: i32, joined: &str, relation: &str| json!({
            "householdId": home["id"], "expectedVersion": version, "joinedOn": joined,
            "member": { "fullName": "Lê Thị Út", "relationshipToHead": relation, "nationalId": "083080000001", "sex": "FEMALE" } });
        let before = entries(t).await;
        for (input, code, field) in [
            (input(1, "2026-11-24", "CHILD"), "BAD_USER_INPUT", "input.joinedOn"),
            (input(1, "2026-11-22", "CHILD"), "BAD_USER_INPUT", "input.joinedOn"),
            (input(1, "2026-11-23", "HEAD"), "CONFLICT", "input.member.relationshipToHead"),
            (input(2, "2026-11-23", "CHILD"), "CONFLICT", "expectedVersion"),
        ] {
            write(&officer, "addMember", input, PERSON).await.refused(code, field);
        }
        assert_eq!(entries(t).await, before);
        let answer = write(&officer, "addMember", input(1, "2026-11-23", "CHILD"), PERSON).await;
        let payload = &answer.data()["addMember"];
        assert_eq!(payload["person"], json!({ "fullName": "Lê Thị Út", "relationshipToHead": "CHILD",
            "household": { "code": "28757-A" }, "diedOn": null }));
        let field = "input.member.nationalId";
        assert_eq!(payload["warnings"], json!([
            { "code": "NATIONAL_ID_MISMATCH", "field": field }, { "code": "NATIONAL_ID_IN_USE", "field": field } ]));
        let home = household(t, "28757-A").await;
        assert_eq!((&home["version"], home["members"].as_array().unwrap().len()), (&json!(2), 3));
    }

    async fn a_person_moves_between_households_in_scope(t: &Service) {
        let officer = neighbours(t).await;
        register_household(t, NEAR, "28756-C", json!([{ "fullName": "Võ Tư", "relationshipToHead": "HEAD" }])).await;
        t.set_day("2026-12-10");
        let (a, b, c) = (household(t, "28757-A").await, household(t, "28757-B").await, household(t, "28756-C").await);
        let (head, wife) = (member(&a, "Lê Văn Anh"), member(&a, "Trần Thị Em"));
        let input = |person: &Value, to: &Value, relation: &str| json!({ "personId": person["id"],
            "expectedVersion": person["version"], "toHouseholdId": to["id"], "relationshipToHead": relation,
            "movedOn": "2026-12-01" });
        for (input, code, field) in [
            (input(&head, &b, "SIBLING"), "CONFLICT", "input.personId"),
            (input(&wife, &b, "HEAD"), "CONFLICT", "input.relationshipToHead"),
            (input(&wife, &a, "SPOUSE"), "CONFLICT", "input.toHouseholdId"),
            (input(&wife, &c, "SIBLING"), "NOT_FOUND", "input.toHouseholdId"),
        ] {
            write(&officer, "movePerson", input, PERSON).await.refused(code, field);
        }
        let answer = write(&officer, "movePerson", input(&wife, &b, "SIBLING"), PERSON).await;
        assert_eq!(answer.data()["movePerson"]["person"]["household"]["code"], "28757-B");
        let (a, b) = (household(t, "28757-A").await, household(t, "28757-B").await);
        assert_eq!((&a["version"], &b["version"]), (&json!(2), &json!(2)));
        let document = "{ then: household(code: \"28757-A\", on: \"2026-11-30\") { members { fullName relationshipToHead } }
            now: household(code: \"28757-A\") { members { fullName relationshipToHead } } }";
        let head = json!({ "fullName": "Lê Văn Anh", "relationshipToHead": "HEAD" });
        let wife = json!({ "fullName": "Trần Thị Em", "relationshipToHead": "SPOUSE" });
        assert_eq!(officer.query(document).await.data(),
            &json!({ "then": { "members": [head, wife] }, "now": { "members": [head] } }));
    }

    async fn a_membership_ends_and_a_household_without_head_takes_only_a_head(t: &Service) {
        let officer = neighbours(t).await;
        let a = household(t, "28757-A").await;
        let end = |person: &Value, reason: &str, on: &str| json!({ "personId": person["id"],
            "expectedVersion": person["version"], "reason": reason, "endedOn": on });
        let (head, wife) = (member(&a, "Lê Văn Anh"), member(&a, "Trần Thị Em"));
        for (input, code, field) in [
            (end(&head, "DIED", "2026-11-23"), "CONFLICT", "input.personId"),
            (end(&wife, "DIED", "2026-11-24"), "BAD_USER_INPUT", "input.endedOn"),
            (end(&wife, "DIED", "2026-11-22"), "BAD_USER_INPUT", "input.endedOn"),
        ] {
            write(&officer, "endMembership", input, PERSON).await.refused(code, field);
        }
        let died = write(&officer, "endMembership", end(&wife, "DIED", "2026-11-23"), PERSON).await;
        assert_eq!(died.data()["endMembership"], json!({ "person": { "fullName": "Trần Thị Em", "relationshipToHead": null,
            "household": null, "diedOn": "2026-11-23" }, "applied": ["household", "relationshipToHead", "diedOn"], "warnings": [] }));
        let wife = json!({ "id": wife["id"], "version": 2 });
        write(&officer, "endMembership", end(&wife, "OTHER", "2026-11-23"), PERSON).await.refused("CONFLICT", "input.personId");
        // Alone now, the head may go, and somebody else begins the household anew.
        write(&officer, "endMembership", end(&head, "MOVED_AWAY", "2026-11-23"), PERSON).await.data();
        let empty = household(t, "28757-A").await;
        assert_eq!((&empty["head"], &empty["members"]), (&json!(null), &json!([])));
        let add = |relation: &str| json!({ "householdId": empty["id"], "expectedVersion": empty["version"],
            "joinedOn": "2026-11-23", "member": { "fullName": "Hồ Thị Mới", "relationshipToHead": relation } });
        write(&officer, "addMember", add("CHILD"), PERSON).await.refused("CONFLICT", "input.member.relationshipToHead");
        write(&officer, "addMember", add("HEAD"), PERSON).await.data();
        let found = officer.query("{ households(filter: { search: \"ho thi moi\" }, first: 5) { nodes { code } } }").await;
        assert_eq!(found.data()["households"]["nodes"], json!([{ "code": "28757-A" }]));
    }

    async fn two_heads_that_come_at_once_do_not_both_stay(t: &Service) {
        let officer = neighbours(t).await;
        let b = household(t, "28757-B").await;
        let input = json!({ "personId": member(&b, "Phạm Văn Ba")["id"], "expectedVersion": 1, "reason": "MOVED_AWAY",
            "endedOn": "2026-11-23" });
        write(&officer, "endMembership", input, "applied").await.data();
        let add = async |name: &str| {
            let input = json!({ "householdId": b["id"], "expectedVersion": 2, "joinedOn": "2026-11-23",
                "member": { "fullName": name, "relationshipToHead": "HEAD" } });
            write(&officer, "addMember", input, "applied").await
        };
        let (one, other) = tokio::join!(add("Một"), add("Hai"));
        let (won, lost): (Vec<_>, Vec<_>) = [one, other].into_iter().partition(|answer| answer.errors().is_empty());
        assert_eq!(won.len(), 1);
        lost[0].refused("CONFLICT", "expectedVersion");
        assert_eq!(household(t, "28757-B").await["members"].as_array().unwrap().len(), 1);
    }

    async fn people_of_another_commune_are_not_there(t: &Service) {
        neighbours(t).await;
        let stranger = t.as_role_in("commune_officer", NEAR).await;
        let a = household(t, "28757-A").await;
        let wife = member(&a, "Trần Thị Em");
        let end = json!({ "personId": wife["id"], "expectedVersion": 1, "reason": "OTHER", "endedOn": "2026-11-23" });
        write(&stranger, "endMembership", end, PERSON).await.refused("NOT_FOUND", "input.personId");
        let update = json!({ "id": wife["id"], "expectedVersion": 1, "fullName": "X" });
        write(&stranger, "updatePerson", update, PERSON).await.refused("NOT_FOUND", "input.id");
        let add = json!({ "householdId": a["id"], "expectedVersion": 1, "joinedOn": "2026-11-23",
            "member": { "fullName": "X", "relationshipToHead": "CHILD" } });
        write(&stranger, "addMember", add, PERSON).await.refused("NOT_FOUND", "input.householdId");
    }
}
