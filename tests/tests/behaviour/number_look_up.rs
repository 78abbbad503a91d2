//! Looking people up by personal number: what finds nobody is counted for each client, and a client that tried too often
//! learns nothing more, be it a hit or a miss, until its hour or its day is over.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
};
use tokio::task::JoinSet;

use crate::{
    fixture::{self, HERE, Register},
    ledger::entries,
};

/// As the defaults of the settings are.
const AN_HOUR: usize = 200;

/// So many numbers that nobody bears.
fn nobodys(from: usize, count: usize) -> Vec<String> {
    (from..from + count).map(|number| format!("08309{number:07}")).collect()
}

async fn several(caller: &Caller, numbers: &[String]) -> Answer {
    let document = "query($n: [String!]!) { personsByNationalId(nationalIds: $n) { nationalId persons { id protectedCategories } } }";
    caller.ask(document, json!({ "n": numbers })).await
}

async fn one(caller: &Caller, number: &str) -> Answer {
    caller
        .ask(
            "query($n: String!) { person(nationalId: $n) { id fullName protectedCategories } }",
            json!({ "n": number }),
        )
        .await
}

async fn insure(caller: &Caller, key: &str, numbers: &[String]) -> Answer {
    let items: Vec<Value> = numbers.iter()
        .map(|number| json!({ "nationalId": number, "kind": "UNEMPLOYMENT", "number": "7914000001", "validFrom": "2026-01-01" })).collect();
    let document = "mutation($input: RecordInsuranceInput!) { recordInsurance(input: $input) { results { status error { code field } } } }";
    caller.ask(document, json!({ "input": { "idempotencyKey": key, "items": items } })).await
}

/// What an answer says beside the number that was asked for and where in the list it stood.
fn said(answer: &Answer, number: &str) -> String {
    answer.text.replace(number, "…")
}

fn child(member: &Value) -> Value {
    let mut child = member.clone();
    child["relationshipToHead"] = "CHILD".into();
    child
}

/// A bank officer who has used up the hour.
async fn exhausted(t: &Service, register: &Register) -> Caller {
    let caller = t.as_role("bank_officer").await;
    several(&caller, &nobodys(0, AN_HOUR)).await;
    several(&caller, &nobodys(0, 1)).await.refused("LIMIT_EXCEEDED", "nationalIds");
    // A refusal is kept for the others: nobody else's hour is touched.
    several(&t.as_role("insurance_officer").await, std::slice::from_ref(&register.here.national_id)).await;
    caller
}

both_databases! {
    async fn over_the_limit_a_hit_and_a_miss_are_refused_alike(t: &Service) {
        let register = fixture::register(t).await;
        let (hit, miss) = (register.here.national_id.clone(), nobodys(5_000, 1).remove(0));
        let caller = t.as_role("bank_officer").await;
        // A whole batch may be missed, and hits cost nothing.
        let within = several(&caller, &nobodys(0, AN_HOUR)).await;
        assert_eq!(within.data()["personsByNationalId"].as_array().unwrap().len(), AN_HOUR);
        assert_eq!(one(&caller, &hit).await.partial()["person"]["fullName"], "Nguyễn Văn Số 2");
        assert_eq!(several(&caller, std::slice::from_ref(&hit)).await.partial()["personsByNationalId"][0]["persons"].as_array().unwrap().len(), 1);
        let beyond = one(&caller, &miss).await;
        beyond.refused("LIMIT_EXCEEDED", "nationalId");
        assert!(beyond.errors()[0]["message"].as_str().unwrap().contains("11:00 23/11/2026"), "{}", beyond.text);
        for number in [&hit, &miss] {
            let before = entries(t).await.len();
            one(&caller, number).await.refused("LIMIT_EXCEEDED", "nationalId");
            let left = entries(t).await.split_off(before);
            assert_eq!(left.iter().map(|entry| &entry[1]).collect::<Vec<_>>(), ["DENIED"], "{left:?}");
            several(&caller, std::slice::from_ref(number)).await.refused("LIMIT_EXCEEDED", "nationalIds");
        }
        // Not a word more of the one than of the other: a field that the role may not read gives itself away neither.
        assert_eq!(said(&one(&caller, &hit).await, &hit), said(&one(&caller, &miss).await, &miss));
        let (hits, misses) = (several(&caller, std::slice::from_ref(&hit)).await, several(&caller, std::slice::from_ref(&miss)).await);
        assert_eq!(said(&hits, &hit), said(&misses, &miss));
        assert_eq!(hits.partial()["personsByNationalId"], Value::Null);
    }

    async fn the_hour_and_the_day_pass_and_other_clients_have_their_own(t: &Service) {
        let register = fixture::register(t).await;
        let hit = register.here.national_id.clone();
        let caller = exhausted(t, &register).await;
        assert_eq!(one(&t.as_role("insurance_officer").await, &hit).await.partial()["person"]["fullName"], "Nguyễn Văn Số 2");
        // The fifth thousand is the last of the day. What was refused had been counted too.
        for hour in 1..=4 {
            one(&caller, &hit).await.refused("LIMIT_EXCEEDED", "nationalId");
            t.clock.advance(TimeDelta::hours(1));
            assert_eq!(one(&caller, &hit).await.partial()["person"]["fullName"], "Nguyễn Văn Số 2", "hour {hour}");
            let asked = several(&caller, &nobodys(hour * 10_000, AN_HOUR)).await;
            assert_eq!(asked.errors().is_empty(), hour < 4, "{}", asked.text.chars().take(300).collect::<String>());
            several(&caller, &nobodys(hour * 10_000, 1)).await.refused("LIMIT_EXCEEDED", "nationalIds");
        }
        t.clock.advance(TimeDelta::hours(1));
        let spent = one(&caller, &hit).await;
        spent.refused("LIMIT_EXCEEDED", "nationalId");
        assert!(spent.errors()[0]["message"].as_str().unwrap().contains("00:00 24/11/2026"), "{}", spent.text);
        t.set_day("2026-11-24");
        assert_eq!(one(&caller, &hit).await.partial()["person"]["fullName"], "Nguyễn Văn Số 2");
    }

    async fn a_miss_is_added_once_though_the_connection_dies(t: &Service) {
        fixture::register(t).await;
        let caller = t.as_role("insurance_officer").await;
        if t.database.backend == DbBackend::Postgres {
            // A sequence keeps what is undone. The sleep ends with the session.
            t.sql("CREATE SEQUENCE tries; CREATE FUNCTION die() RETURNS trigger AS $$ BEGIN
                    PERFORM nextval('tries'), pg_terminate_backend(pg_backend_pid()), pg_sleep(60); RETURN NEW; END $$ LANGUAGE plpgsql;
                CREATE TRIGGER die AFTER INSERT ON number_look_up FOR EACH ROW EXECUTE FUNCTION die()").await;
            one(&caller, &nobodys(0, 1)[0]).await.refused("UNAVAILABLE", "");
            assert_eq!(t.number("SELECT last_value FROM tries").await, 1);
            t.sql("DROP TRIGGER die ON number_look_up").await;
        }
        one(&caller, &nobodys(0, 1)[0]).await.data();
        assert_eq!(t.number("SELECT in_hour FROM number_look_up").await, 1);
    }

    async fn what_is_out_of_reach_counts_as_a_miss(t: &Service) {
        let register = fixture::register(t).await;
        let caller = t.as_role_in("commune_officer", HERE).await;
        let misses = format!("SELECT COALESCE((SELECT in_hour FROM number_look_up k JOIN client c ON c.id = k.client_id WHERE c.name = '{}'), 0)", caller.name);
        // The commune registered the household with its number, which is no look-up.
        let before = t.number(&misses).await;
        assert_eq!(before, 0);
        for (number, counted) in [(&register.here.national_id, 0), (&register.far.national_id, 1), (&nobodys(0, 1)[0], 2), (&register.near.national_id, 3)] {
            one(&caller, number).await;
            assert_eq!(t.number(&misses).await, before + counted, "{number}");
        }
        // Twice in one list is one look-up.
        let far = register.far.national_id.clone();
        several(&caller, &[far.clone(), far, register.here.national_id.clone()]).await;
        assert_eq!(t.number(&misses).await, before + 4);
    }

    async fn batches_at_once_do_not_get_past_the_limit_together(t: &Service) {
        fixture::register(t).await;
        let caller = t.as_role("insurance_officer").await;
        let mut batches = JoinSet::new();
        for batch in 0..10 {
            let caller = caller.clone();
            batches.spawn(async move { several(&caller, &nobodys(batch * 200, 200)).await });
        }
        let answers = batches.join_all().await;
        let limited = |answer: &&Answer| answer.errors().iter().any(|error| error["extensions"]["code"] == "LIMIT_EXCEEDED");
        let answered = answers.len() - answers.iter().filter(limited).count();
        assert_eq!(answered, AN_HOUR / 200);
    }

    async fn a_batch_of_coverages_is_no_way_around(t: &Service) {
        let register = fixture::register(t).await;
        let caller = t.as_role("insurance_officer").await;
        let (hit, miss) = (register.here.national_id.clone(), nobodys(9_000, 1).remove(0));
        let first = insure(&caller, "a", &nobodys(0, AN_HOUR)).await;
        assert_eq!(first.data()["recordInsurance"]["results"][0]["error"], json!({ "code": "NOT_FOUND", "field": "nationalId" }));
        assert_eq!(insure(&caller, "b", std::slice::from_ref(&hit)).await.data()["recordInsurance"]["results"][0]["status"], "APPLIED");
        let beyond = insure(&caller, "c", &[miss.clone(), register.far.national_id.clone()]).await;
        beyond.refused("LIMIT_EXCEEDED", "input.items.nationalId");
        let (hits, misses) = (insure(&caller, "d", std::slice::from_ref(&register.far.national_id)).await, insure(&caller, "e", &[miss]).await);
        hits.refused("LIMIT_EXCEEDED", "input.items.nationalId");
        assert_eq!(hits.text, misses.text);
        assert_eq!(t.number("SELECT count(*) FROM insurance_coverage WHERE kind = 'UNEMPLOYMENT'").await, 1, "what was refused wrote nothing");
        // By id it goes on: nothing is guessed there.
        let head = t.texts(&format!("SELECT CAST(id AS TEXT) FROM person WHERE national_id = '{}'", register.far.national_id)).await.remove(0);
        let items = json!([{ "personId": crate::walk::global_id("Person", &head), "kind": "UNEMPLOYMENT", "number": "7914000002", "validFrom": "2026-01-01" }]);
        let by_id = caller.ask("mutation($input: RecordInsuranceInput!) { recordInsurance(input: $input) { results { status } } }",
            json!({ "input": { "idempotencyKey": "f", "items": items } })).await;
        assert_eq!(by_id.data()["recordInsurance"]["results"][0]["status"], "APPLIED");
    }

    async fn writing_a_number_counts_where_the_warning_tells_of_somebody_out_of_sight(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let head = t.texts(&format!("SELECT CAST(id AS TEXT) FROM person WHERE national_id = '{}'", register.here.national_id)).await.remove(0);
        let id = crate::walk::global_id("Person", &head);
        let update = async |number: &str, version: i64| {
            officer.ask("mutation($input: UpdatePersonInput!) { updatePerson(input: $input) { warnings { code } } }",
                json!({ "input": { "id": id, "expectedVersion": version, "nationalId": number } })).await
        };
        // The numbers of new people tell of nobody while they are free, and do not count: a commune registers all its people.
        assert_eq!(t.number("SELECT count(*) FROM number_look_up").await, 0);
        // A change counts, free or not: one person could be given numbers until the warning comes.
        assert!(!update(&nobodys(8_000, 1)[0], 1).await.text.contains("NATIONAL_ID_IN_USE"));
        assert_eq!(t.number("SELECT in_hour FROM number_look_up").await, 1);
        let warned = update(&register.far.national_id, 2).await;
        assert!(warned.text.contains("NATIONAL_ID_IN_USE"), "{}", warned.text);
        several(&officer, &nobodys(0, AN_HOUR - 1)).await.refused("LIMIT_EXCEEDED", "nationalIds");
        let taken = update(&register.far.national_id, 3).await;
        taken.refused("LIMIT_EXCEEDED", "input.nationalId");
        assert_eq!(taken.text, update(&nobodys(7_000, 1)[0], 3).await.text);
        let home = |number: Option<&str>| json!({ "input": { "code": format!("{HERE}-00077{}", number.map_or(0, str::len)), "communeCode": HERE,
            "members": [{ "fullName": "Phan Văn Mới", "relationshipToHead": "HEAD", "nationalId": number }] } });
        let register_household = "mutation($input: RegisterHouseholdInput!) { registerHousehold(input: $input) { household { code } warnings { code } } }";
        for number in [register.far.national_id.as_str(), &nobodys(7_000, 1)[0]] {
            officer.ask(register_household, home(Some(number))).await.refused("LIMIT_EXCEEDED", "input.members.nationalId");
        }
        let add = |number: &str| json!({ "input": { "householdId": register.here.id, "expectedVersion": 1, "joinedOn": "2026-11-23",
            "member": { "fullName": "Phan Văn Mới", "relationshipToHead": "CHILD", "nationalId": number } } });
        let add_member = "mutation($input: AddMemberInput!) { addMember(input: $input) { warnings { code } } }";
        officer.ask(add_member, add(&register.far.national_id)).await.refused("LIMIT_EXCEEDED", "input.member.nationalId");
        // Who has no number can be registered all the same.
        officer.ask(register_household, home(None)).await.data();
        assert_eq!(t.number(&format!("SELECT count(*) FROM household WHERE code LIKE '{HERE}-00077%'")).await, 1);
    }

    async fn each_way_of_asking_by_number_beyond_the_bounds_is_in_the_ledger(t: &Service) {
        let register = fixture::register(t).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let caller = exhausted(t, &register).await;
        several(&officer, &nobodys(0, AN_HOUR + 1)).await.refused("LIMIT_EXCEEDED", "nationalIds");
        let insurance = t.as_role("insurance_officer").await;
        several(&insurance, &nobodys(0, AN_HOUR + 1)).await.refused("LIMIT_EXCEEDED", "nationalIds");
        let hit = register.here.national_id.clone();
        let head = t.texts(&format!("SELECT CAST(id AS TEXT) FROM person WHERE national_id = '{hit}'")).await.remove(0);
        let (member, person) = (json!({ "fullName": "Phan Văn Mới", "relationshipToHead": "HEAD", "nationalId": hit }), crate::walk::global_id("Person", &head));
        let change = async |name: &str, input: &str, given: Value| {
            officer.ask(&format!("mutation($input: {input}!) {{ {name}(input: $input) {{ __typename }} }}"), json!({ "input": given })).await
        };
        for (operation, field) in [("person", "nationalId"), ("personsByNationalId", "nationalIds"), ("recordInsurance", "input.items.nationalId"),
            ("registerHousehold", "input.members.nationalId"), ("addMember", "input.member.nationalId"), ("updatePerson", "input.nationalId")] {
            let before = entries(t).await.len();
            let answer = match operation {
                "person" => one(&caller, &hit).await,
                "personsByNationalId" => several(&caller, std::slice::from_ref(&hit)).await,
                "recordInsurance" => insure(&insurance, "x", std::slice::from_ref(&hit)).await,
                "registerHousehold" => change(operation, "RegisterHouseholdInput",
                    json!({ "code": format!("{HERE}-000770"), "communeCode": HERE, "members": [member] })).await,
                "addMember" => change(operation, "AddMemberInput", json!({ "householdId": register.here.id, "expectedVersion": 1,
                    "joinedOn": "2026-11-23", "member": child(&member) })).await,
                _ => change(operation, "UpdatePersonInput", json!({ "id": person, "expectedVersion": 1, "nationalId": hit })).await,
            };
            answer.refused("LIMIT_EXCEEDED", field);
            let left = entries(t).await.split_off(before);
            let left: Vec<_> = left.iter().map(|entry| json!([entry[0], entry[1], entry[3]])).collect();
            assert_eq!(left, [json!([operation, "DENIED", {}])], "{operation}");
        }
    }
}
