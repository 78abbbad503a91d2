use serde_json::json;
use tests::{both_databases, service::Service};

use super::{entries, household, write};
use crate::fixture::{self, FAR, HERE, NEAR};

const MOVED: &str = "household { code commune { code } areaKind address } applied";
const DISSOLVED: &str = "household { dissolvedOn members { id } } applied";

both_databases! {
    async fn a_household_moves_with_everything_that_hangs_on_it(t: &Service) {
        let home = fixture::register(t).await.here;
        t.set_day("2026-12-10");
        let (old, new) = (t.as_role_in("commune_officer", HERE).await, t.as_role_in("commune_officer", FAR).await);
        let events = t.number("SELECT count(*) FROM change_event WHERE operation = 'UPDATED'").await;
        let input = json!({ "id": home.id, "expectedVersion": 1, "toCommuneCode": FAR, "address": "5 Ấp Mới",
            "movedOn": "2026-12-05" });
        let answer = write(&old, "moveHousehold", input, MOVED).await;
        assert_eq!(answer.data()["moveHousehold"], json!({ "household": null,
            "applied": ["commune", "hamlet", "address", "areaKind"] }));

        let document = "query($code: String!, $contract: String!) { loan(contractNumber: $contract) { version }
            household(code: $code) { version commune { code } areaKind address members { version }
            loans(first: 9) { totalCount } benefits(first: 9) { totalCount } participations { version } } }";
        let variables = json!({ "code": home.code, "contract": home.contract_number });
        assert_eq!(old.ask(document, variables.clone()).await.data(), &json!({ "loan": null, "household": null }));
        assert_eq!(new.ask(document, variables).await.data(), &json!({ "loan": { "version": 2 }, "household": {
            "version": 2, "commune": { "code": FAR }, "areaKind": "RURAL", "address": "5 Ấp Mới",
            "members": [{ "version": 2 }, { "version": 2 }],
            "loans": { "totalCount": 1 }, "benefits": { "totalCount": 1 }, "participations": [{ "version": 2 }] } }));
        let now = t.number("SELECT count(*) FROM change_event WHERE operation = 'UPDATED'").await;
        assert_eq!(now - events, 6, "household, two persons, loan, benefit, participation");

        let reader = t.as_role("dolisa_officer").await;
        let then = "query($code: String!) { before: household(code: $code, on: \"2026-12-04\") { commune { code } address }
            after: household(code: $code, on: \"2026-12-05\") { commune { code } address } }";
        assert_eq!(reader.ask(then, json!({ "code": home.code })).await.data(), &json!({
            "before": { "commune": { "code": HERE }, "address": "12 Ấp 3" },
            "after": { "commune": { "code": FAR }, "address": "5 Ấp Mới" } }));
    }

    async fn a_move_is_refused_where_it_does_not_fit(t: &Service) {
        let home = fixture::register(t).await.here;
        t.set_day("2026-12-10");
        let officer = t.as_role_in("commune_officer", HERE).await;
        let input = |version: i32, to: &str, on: &str| {
            json!({ "id": home.id, "expectedVersion": version, "toCommuneCode": to, "movedOn": on })
        };
        let before = entries(t).await;
        for (input, code, field) in [
            (input(1, FAR, "2026-12-11"), "BAD_USER_INPUT", "input.movedOn"),
            (input(1, FAR, "2026-11-22"), "BAD_USER_INPUT", "input.movedOn"),
            (input(1, "99999", "2026-12-01"), "BAD_USER_INPUT", "input.toCommuneCode"),
            (input(2, FAR, "2026-12-01"), "CONFLICT", "expectedVersion"),
        ] {
            write(&officer, "moveHousehold", input, MOVED).await.refused(code, field);
        }
        let neighbour = t.as_role_in("commune_officer", NEAR).await;
        let fine = input(1, NEAR, "2026-12-01");
        write(&neighbour, "moveHousehold", fine.clone(), MOVED).await.refused("NOT_FOUND", "input.id");
        let bank = t.as_role("bank_officer").await;
        write(&bank, "moveHousehold", fine, MOVED).await.refused("FORBIDDEN", "");
        assert_eq!(entries(t).await, before);
    }

    async fn of_two_moves_of_one_version_one_wins(t: &Service) {
        let home = fixture::register(t).await.here;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let go = async |to: &str| {
            let input = json!({ "id": home.id, "expectedVersion": 1, "toCommuneCode": to, "movedOn": "2026-11-23" });
            write(&officer, "moveHousehold", input, MOVED).await
        };
        let (one, other) = tokio::join!(go(FAR), go(NEAR));
        let (won, lost): (Vec<_>, Vec<_>) = [one, other].into_iter().partition(|answer| answer.errors().is_empty());
        assert_eq!((won.len(), lost.len()), (1, 1));
        // The loser finds another version, or no household any more: the winner took it out of the commune.
        assert!(["CONFLICT", "NOT_FOUND"].contains(&lost[0].code(0)), "{}", lost[0].body);
        assert_eq!(household(t, &home.code).await["version"], 2);
    }

    async fn a_household_ends_once_nothing_of_it_is_open(t: &Service) {
        let home = fixture::register(t).await.here;
        t.set_day("2026-12-10");
        let officer = t.as_role_in("commune_officer", HERE).await;
        let input = |on: &str| json!({ "id": home.id, "expectedVersion": 1, "dissolvedOn": on, "reason": "Chuyển đi nước ngoài" });
        write(&officer, "dissolveHousehold", input("2026-12-01"), DISSOLVED).await.refused("CONFLICT", "input.id");
        t.sql("UPDATE loan SET status = 'REPAID', outstanding_principal = 0").await;
        write(&officer, "dissolveHousehold", input("2026-12-01"), DISSOLVED).await.refused("CONFLICT", "input.id");
        t.sql("UPDATE benefit SET status = 'COMPLETED'").await;
        for wrong in ["2026-12-11", "2026-11-22"] {
            write(&officer, "dissolveHousehold", input(wrong), DISSOLVED).await.refused("BAD_USER_INPUT", "input.dissolvedOn");
        }
        let answer = write(&officer, "dissolveHousehold", input("2026-12-01"), DISSOLVED).await;
        assert_eq!(answer.data()["dissolveHousehold"], json!({
            "household": { "dissolvedOn": "2026-12-01", "members": [] }, "applied": ["dissolvedOn", "members"] }));

        let document = "query($code: String!, $number: String!) {
            household(code: $code, on: \"2026-11-30\") { members { fullName } head { fullName } }
            person(nationalId: $number) { version relationshipToHead household { code } } }";
        let then = officer.ask(document, json!({ "code": home.code, "number": home.national_id })).await;
        assert_eq!(then.data()["household"]["members"].as_array().unwrap().len(), 2);
        assert_eq!(then.data()["household"]["head"]["fullName"], "Nguyễn Văn Số 2");
        assert_eq!(then.data()["person"], json!({ "version": 2, "relationshipToHead": null, "household": null }));
        let again = json!({ "id": home.id, "expectedVersion": 2, "address": "1" });
        write(&officer, "updateHousehold", again, "applied").await.refused("CONFLICT", "input.id");
    }
}
