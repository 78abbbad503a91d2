//! `household(code, on:)`: what was true on a day, also after moves, decisions and departures.

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use crate::fixture;

async fn household_on(caller: &Caller, code: &str, on: Option<&str>) -> Value {
    let document = "query($code: String!, $on: Date) { household(code: $code, on: $on) {
        address areaKind povertyClass categories commune { code } head { fullName relationshipToHead }
        members { fullName relationshipToHead household { code address } }
        loans(first: 5) { nodes { status outstandingPrincipal } } } }";
    caller.ask(document, json!({ "code": code, "on": on })).await.data()["household"].clone()
}

fn names(household: &Value) -> Vec<&str> {
    household["members"].as_array().unwrap().iter().map(|member| member["fullName"].as_str().unwrap()).collect()
}

both_databases! {
    async fn an_address_is_the_one_of_the_day(t: &Service) {
        t.set_day("2026-03-01");
        let register = fixture::register(t).await;
        let code = &register.here.code;
        for (day, version, address) in [("2026-05-10", 1, "5 Ấp 1"), ("2026-08-20", 2, "9 Ấp 2")] {
            t.set_day(day);
            let officer = t.as_role_in("commune_officer", fixture::HERE).await;
            let update = "mutation($input: UpdateHouseholdInput!) { updateHousehold(input: $input) { applied } }";
            let input = json!({ "id": register.here.id, "expectedVersion": version, "address": address });
            officer.ask(update, json!({ "input": input })).await.data();
        }
        let reader = fixture::reader(t).await;
        for (day, address) in [
            (Some("2026-03-01"), "12 Ấp 3"), (Some("2026-05-09"), "12 Ấp 3"), (Some("2026-05-10"), "5 Ấp 1"),
            (Some("2026-08-19"), "5 Ấp 1"), (Some("2026-08-20"), "9 Ấp 2"), (Some("2030-01-01"), "9 Ấp 2"), (None, "9 Ấp 2"),
        ] {
            let household = household_on(&reader, code, day).await;
            assert_eq!(household["address"], address, "{day:?}");
            assert_eq!(household["members"][1]["household"], json!({ "code": code, "address": address }), "{day:?}");
        }
        assert_eq!(household_on(&reader, code, Some("2026-02-28")).await, json!(null), "before it was registered");
    }

    async fn a_head_stays_the_head_of_the_days_before(t: &Service) {
        t.set_day("2026-03-01");
        let register = fixture::register(t).await;
        let code = &register.here.code;
        t.set_day("2026-06-15");
        let officer = t.as_role_in("commune_officer", fixture::HERE).await;
        let find = "query($code: String!) { household(code: $code) { members { id fullName relationshipToHead } } }";
        let found = officer.ask(find, json!({ "code": code })).await.data()["household"]["members"].clone();
        let members = found.as_array().unwrap();
        let other = members.iter().find(|member| member["relationshipToHead"] != "HEAD").unwrap();
        let head = members.iter().find(|member| member["relationshipToHead"] == "HEAD").unwrap();
        let update = "mutation($input: UpdateHouseholdInput!) { updateHousehold(input: $input) { applied } }";
        let input = json!({ "id": register.here.id, "expectedVersion": 1, "headId": other["id"] });
        officer.ask(update, json!({ "input": input })).await.data();
        let reader = fixture::reader(t).await;
        for (day, name) in [
            (Some("2026-06-14"), &head["fullName"]), (Some("2026-06-15"), &other["fullName"]), (None, &other["fullName"]),
        ] {
            let household = household_on(&reader, code, day).await;
            assert_eq!(household["head"]["fullName"], *name, "{day:?}");
            assert_eq!(household["members"].as_array().unwrap().len(), members.len(), "{day:?}");
        }
    }

    async fn a_move_is_seen_from_its_day_on(t: &Service) {
        t.set_day("2026-03-01");
        let register = fixture::register(t).await;
        let code = &register.here.code;
        // What a move writes: the past state, and the new place on every row that is read by scope.
        t.sql(&format!("
            INSERT INTO household_history (household_id, valid_from, valid_to, commune_id, area_kind, address, categories)
                SELECT id, '2026-03-01', '2026-06-30', commune_id, area_kind, address, categories FROM household WHERE code = '{code}';
            UPDATE household SET commune_id = (SELECT commune_id FROM household WHERE code = '{far}'),
                district_id = (SELECT district_id FROM household WHERE code = '{far}'), area_kind = 'RURAL', address = 'Ấp 9',
                history_from = '2026-07-01', version = 2 WHERE code = '{code}';
            UPDATE person SET commune_id = (SELECT commune_id FROM household WHERE code = '{far}'),
                district_id = (SELECT district_id FROM household WHERE code = '{far}')
                WHERE household_id = (SELECT id FROM household WHERE code = '{code}');", far = register.far.code)).await;
        t.set_day("2026-11-23");
        let reader = fixture::reader(t).await;
        for (day, commune, area, address) in [
            (Some("2026-06-30"), fixture::HERE, "URBAN", "12 Ấp 3"), (Some("2026-07-01"), fixture::FAR, "RURAL", "Ấp 9"),
            (None, fixture::FAR, "RURAL", "Ấp 9"),
        ] {
            let household = household_on(&reader, code, day).await;
            let found = [&household["commune"]["code"], &household["areaKind"], &household["address"]];
            assert_eq!(json!(found), json!([commune, area, address]), "{day:?}");
        }
        // Who sees it is decided by where it lives now.
        let old = t.as_role_in("commune_officer", fixture::HERE).await;
        let new = t.as_role_in("commune_officer", fixture::FAR).await;
        assert_eq!(household_on(&old, code, Some("2026-06-30")).await, json!(null));
        assert_eq!(household_on(&new, code, Some("2026-06-30")).await["commune"]["code"], fixture::HERE);
    }

    async fn a_class_is_in_force_from_its_day_to_its_last(t: &Service) {
        t.set_day("2025-01-05");
        let register = fixture::register(t).await;
        let code = &register.here.code;
        t.sql(&format!("
            UPDATE poverty_review SET effective_from = '2025-02-01', effective_to = '2026-12-31' WHERE household_id = {key};
            INSERT INTO poverty_review (household_id, standard_id, reviewed_on, area_kind, deprivations, computed_class, decided_class,
                    decision_number, effective_from, version, created_at, updated_at)
                SELECT household_id, standard_id, '2026-11-10', area_kind, 0, 'NEAR_POOR', 'NEAR_POOR', 'QD-9', '2027-01-01', 1, 0, 0
                FROM poverty_review WHERE household_id = {key};
            UPDATE household SET poverty_class = 'POOR', next_class = 'NEAR_POOR', next_class_on = '2027-01-01' WHERE id = {key};",
            key = register.here.key)).await;
        for today in ["2026-11-23", "2026-12-31", "2027-01-01"] {
            t.set_day(today);
            let reader = fixture::reader(t).await;
            let now = if today < "2027-01-01" { json!("POOR") } else { json!("NEAR_POOR") };
            for (day, class) in [
                (Some("2025-01-31"), json!(null)), (Some("2025-02-01"), json!("POOR")), (Some("2026-12-31"), json!("POOR")),
                (Some("2027-01-01"), json!("NEAR_POOR")), (None, now),
            ] {
                assert_eq!(household_on(&reader, code, day).await["povertyClass"], class, "{day:?} seen on {today}");
            }
        }
    }

    async fn who_left_was_a_member_until_that_day(t: &Service) {
        t.set_day("2026-03-01");
        let register = fixture::register(t).await;
        let (here, far) = (&register.here, &register.far);
        // The spouse moves to another household on 1 July; the head dies on 1 September, a sibling takes over.
        t.sql(&format!("
            INSERT INTO membership_history (person_id, household_id, relationship, joined_on, left_on, reason)
                SELECT id, household_id, relationship, joined_on, '2026-07-01', 'MOVED' FROM person WHERE household_id = {here} AND relationship = 'SPOUSE';
            UPDATE person SET household_id = {far}, relationship = 'SIBLING', joined_on = '2026-07-01',
                commune_id = (SELECT commune_id FROM household WHERE id = {far}), district_id = (SELECT district_id FROM household WHERE id = {far})
                WHERE household_id = {here} AND relationship = 'SPOUSE';
            INSERT INTO membership_history (person_id, household_id, relationship, joined_on, left_on, reason)
                SELECT id, household_id, relationship, joined_on, '2026-09-01', 'DIED' FROM person WHERE household_id = {far} AND relationship = 'HEAD';
            UPDATE person SET household_id = NULL, relationship = NULL, joined_on = NULL, died_on = '2026-09-01'
                WHERE household_id = {far} AND relationship = 'HEAD';", here = here.key, far = far.key)).await;
        t.set_day("2026-11-23");
        let reader = fixture::reader(t).await;
        let before = household_on(&reader, &here.code, Some("2026-06-30")).await;
        assert_eq!(names(&before), ["Nguyễn Văn Số 2", "Trần Thị Số 2"]);
        assert_eq!(before["members"][1]["relationshipToHead"], "SPOUSE", "what she was then");
        assert_eq!(before["members"][1]["household"]["code"], here.code, "where she lived then");
        assert_eq!(names(&household_on(&reader, &here.code, Some("2026-07-01")).await), ["Nguyễn Văn Số 2"]);
        assert_eq!(names(&household_on(&reader, &here.code, None).await), ["Nguyễn Văn Số 2"]);
        assert_eq!(names(&household_on(&reader, &far.code, Some("2026-06-30")).await), ["Nguyễn Văn Số 3", "Trần Thị Số 3"]);
        let between = household_on(&reader, &far.code, Some("2026-08-31")).await;
        let mut found = names(&between);
        found.sort_unstable();
        assert_eq!(found, ["Nguyễn Văn Số 3", "Trần Thị Số 2", "Trần Thị Số 3"]);
        assert_eq!(between["head"], json!({ "fullName": "Nguyễn Văn Số 3", "relationshipToHead": "HEAD" }));
        let after = household_on(&reader, &far.code, Some("2026-09-01")).await;
        assert_eq!((names(&after).len(), &after["head"]), (2, &json!(null)));
    }

    async fn debts_and_payments_are_those_of_the_day(t: &Service) {
        t.set_day("2026-01-01");
        let register = fixture::register(t).await;
        t.set_day("2026-11-23");
        let reader = fixture::reader(t).await;
        for (day, loans) in [
            (Some("2026-01-04"), json!([])),
            (Some("2026-01-31"), json!([0])),
            (Some("2026-02-01"), json!([40_000_002])),
            (Some("2026-07-31"), json!([40_000_002])),
            (Some("2026-08-01"), json!([30_000_002])),
            (None, json!([30_000_002])),
        ] {
            let household = household_on(&reader, &register.here.code, day).await;
            let found: Vec<_> = household["loans"]["nodes"].as_array().unwrap().iter().map(|loan| &loan["outstandingPrincipal"]).collect();
            assert_eq!(json!(found), loans, "{day:?}");
        }
    }

    async fn what_was_there_counts_from_its_first_day(t: &Service) {
        t.set_day("2026-01-01");
        let register = fixture::register(t).await;
        t.set_day("2026-11-23");
        let reader = fixture::reader(t).await;
        let document = "query($code: String!, $on: Date) { household(code: $code, on: $on) {
            reviews { reviewedOn } benefits(first: 5) { totalCount nodes { payments(first: 5) { totalCount } } } participations { supportAmount }
            loans(first: 5) { totalCount } } }";
        for (day, reviews, benefits, payments, participations) in [
            ("2026-01-09", 1, 0, None, 0), ("2026-01-10", 1, 1, Some(0), 0), ("2026-02-28", 1, 1, Some(0), 0), ("2026-03-01", 1, 1, Some(1), 1),
        ] {
            let answer = reader.ask(document, json!({ "code": register.here.code, "on": day })).await;
            let household = &answer.data()["household"];
            let found = (household["reviews"].as_array().unwrap().len(), household["benefits"]["totalCount"].as_u64().unwrap(),
                household["benefits"]["nodes"][0]["payments"]["totalCount"].as_u64(), household["participations"].as_array().unwrap().len());
            assert_eq!(found, (reviews, benefits, payments, participations), "{day}");
        }
    }
}
