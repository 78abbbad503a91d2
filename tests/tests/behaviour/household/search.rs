//! Persons by a part of their name: exactly those whose name holds it, whatever the way to them.

use ansinh::{fold::fold, household::names};
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};
use tests::{
    both::OnDatabase,
    both_databases,
    database::DbBackend,
    service::{Caller, Service},
};
use tokio::task::JoinSet;

use super::{all_pages, household, write};
use crate::fixture::{self, FAR, HERE, NEAR, register_household};

const PAGE: &str = "query($filter: PersonFilter, $first: Int, $after: String, $last: Int, $before: String) {
    persons(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { id fullName } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

/// Names of few and of many, one within another, of one word, with a word twice, with what a pattern means something by.
const NAMES: [&str; 19] = [
    "Nguyễn Thị Lan",
    "Lan",
    "Lan Anh",
    "Bùi Lan Lan",
    "Trần Thị Hoàng Lan Anh",
    "Đặng Thị Lân",
    "Hoàng Thị Lành",
    "Nguyên Thị Lan",
    "Nguyễn Thị Lan Nguyễn",
    "Phạm 100% Đúng",
    "Phạm 100_ Đúng",
    "Lê \\ Gạch",
    "Ngô Ðình",
    "Võ Thị 𠮷",
    "Lan!",
    "Lan! Anh",
    "Y-Lan",
    "O'Nui",
    "Lan, Anh",
];

const TERMS: [&str; 35] = [
    "Nguyễn Thị Lan",
    "nguyen thi lan",
    "thi lan",
    "i lan",
    "guyen thi la",
    "lan",
    "LÂN",
    "lan a",
    "lan lan",
    "an l",
    "n t",
    "anh",
    "nguyen",
    "nguyen ",
    "thi",
    "van so 1",
    "o 11",
    "100%",
    "100_",
    "% d",
    "_ d",
    "\\ g",
    "e \\",
    "thi 𠮷",
    "𠮷  ",
    "ngo dinh",
    "dinh",
    "lan!",
    "lan! a",
    "y-lan",
    "-la",
    "o'n",
    "lan,",
    "xyz",
    "nguyen thi lan nguyen x",
];

/// More names than are looked up one by one.
async fn names_of_many(t: &Service, code: &str) {
    t.sql(&format!(
        "INSERT INTO person (household_id, commune_id, district_id, full_name, name_folded, version, created_at, updated_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
         SELECT h.id, h.commune_id, h.district_id, 'Trần Văn Số ' || n.i, 'tran van so ' || n.i, 1, 0, 0
           FROM n, household h WHERE h.code = '{code}'"
    ))
    .await;
}

async fn everybody(t: &Service) {
    let members = |names: &[&str]| -> Value {
        let relation = |at: usize| if at == 0 { "HEAD" } else { "CHILD" };
        names
            .iter()
            .enumerate()
            .map(|(at, name)| json!({ "fullName": name, "relationshipToHead": relation(at) }))
            .collect()
    };
    for (commune, code) in [(NEAR, "28756-A"), (HERE, "28757-A"), (FAR, "28804-A"), (HERE, "28757-B")] {
        register_household(t, commune, code, members(&NAMES)).await;
    }
    names_of_many(t, "28757-B").await;
    t.sql("UPDATE household SET poverty_class = 'POOR' WHERE code IN ('28757-A', '28804-A')").await;
}

async fn pages(caller: &Caller, filter: &Value, size: u32, backward: bool) -> (Vec<Value>, Value) {
    all_pages(caller, ("persons", PAGE), json!({ "filter": filter }), size, backward).await
}

/// Whoever the caller sees anyway and whose name holds the text.
fn among(all: &[Value], term: &str) -> Vec<Value> {
    let term = fold(term);
    all.iter().filter(|person| fold(person["fullName"].as_str().unwrap()).contains(&term)).cloned().collect()
}

async fn finds_all(caller: &Caller, filter: &Value, all: &[Value], term: &str) {
    let expected = among(all, term);
    let mut filter = filter.clone();
    filter["search"] = json!(term);
    let size = if expected.len() > 100 { 400 } else { 5 };
    for (size, backward) in [(size, false), (size, true), (1_000, false)] {
        let (found, total) = pages(caller, &filter, size, backward).await;
        assert_eq!(found, expected, "{term} by {size}, backward: {backward}, {filter}");
        assert_eq!(total, json!(expected.len()), "{term}, {filter}");
    }
}

async fn finds(t: &Service, term: &str) -> Vec<String> {
    let reader = t.as_role("dolisa_officer").await;
    let (found, total) = pages(&reader, &json!({ "search": term }), 20, false).await;
    assert_eq!(total, json!(found.len()));
    found.iter().map(|person| person["fullName"].as_str().unwrap().to_owned()).collect()
}

async fn forget(t: &Service) -> bool {
    names::forget_left(&t.app).await.unwrap_or_else(|failure| panic!("{}", failure.message))
}

fn family(code: &str, names: &[&str]) -> Value {
    let relation = |at: usize| if at == 0 { "HEAD" } else { "CHILD" };
    let members: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(at, name)| json!({ "fullName": name, "relationshipToHead": relation(at) }))
        .collect();
    json!({ "code": code, "communeCode": HERE, "members": members, "idempotencyKey": code })
}

both_databases! {
    async fn a_search_finds_exactly_who_bears_the_text(t: &Service) {
        everybody(t).await;
        let province = t.as_role("dolisa_officer").await;
        let commune = t.as_role_in("commune_officer", HERE).await;
        let district = t.as_role_in("district_officer", "829").await;
        let bank = t.as_role("bank_officer").await;
        let here = json!({ "unit": { "code": HERE } });
        let poor = json!({ "povertyClasses": ["POOR"] });
        for (caller, filter) in
            [(&province, json!({})), (&province, here.clone()), (&province, poor), (&commune, json!({})), (&district, here), (&bank, json!({}))]
        {
            let (all, _) = pages(caller, &filter, 1_000, false).await;
            assert!(!all.is_empty(), "{} sees somebody", caller.name);
            for term in TERMS {
                if fold(term).chars().count() >= 3 {
                    finds_all(caller, &filter, &all, term).await;
                }
            }
        }
    }

    async fn a_corrected_name_is_found_and_the_old_one_is_not(t: &Service) {
        register_household(t, HERE, "28757-A", json!([
            { "fullName": "Lê Thị Hiếm Hoi", "relationshipToHead": "HEAD" }, { "fullName": "Lê Văn Anh", "relationshipToHead": "CHILD" }])).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let home = household(t, "28757-A").await;
        assert_eq!(finds(t, "hiem hoi").await, ["Lê Thị Hiếm Hoi"]);
        let correct = |version: i32, name: &str| json!({ "id": home["members"][0]["id"], "expectedVersion": version, "fullName": name });
        write(&officer, "updatePerson", correct(1, "Lê Thị Quý"), "applied").await.data();
        assert_eq!((finds(t, "hiem hoi").await, finds(t, "thi quy").await), (vec![], vec!["Lê Thị Quý".to_owned()]));
        // Forgetting the old one changes nothing, and it may come back.
        for name in ["Lê Thị Quý", "Lê Thị Hiếm Hoi"] {
            assert!(forget(t).await);
            assert_eq!(finds(t, "le van").await, ["Lê Văn Anh"]);
            assert_eq!(finds(t, "thi").await, [name]);
            if name == "Lê Thị Quý" {
                write(&officer, "updatePerson", correct(2, "Lê Thị Hiếm Hoi"), "applied").await.data();
            }
        }
        let joins = json!({ "householdId": home["id"], "expectedVersion": household(t, "28757-A").await["version"],
            "joinedOn": "2026-11-23", "member": { "fullName": "Đỗ Mới Vào", "relationshipToHead": "CHILD" } });
        write(&officer, "addMember", joins, "applied").await.data();
        assert_eq!(finds(t, "do moi").await, ["Đỗ Mới Vào"]);
    }

    async fn whoever_comes_by_one_statement_is_found(t: &Service) {
        register_household(t, HERE, "28757-A", json!([{ "fullName": "Lê Thị Một", "relationshipToHead": "HEAD" }])).await;
        names_of_many(t, "28757-A").await;
        assert_eq!(finds(t, "so 1099").await, ["Trần Văn Số 1099"]);
        assert_eq!(finds(t, "so 109").await.len(), 11);
        t.sql("UPDATE person SET full_name = 'Hồ Hai', name_folded = 'ho hai' WHERE name_folded LIKE '%so 109%'").await;
        assert_eq!((finds(t, "so 109").await.len(), finds(t, "ho hai").await.len()), (0, 11));
        t.sql("DELETE FROM person WHERE name_folded = 'ho hai'").await;
        assert!(forget(t).await);
        assert_eq!((finds(t, "ho hai").await.len(), finds(t, "tran van so").await.len()), (0, 1_089));
    }
}

/// What the tables of names hold beside what they should.
async fn names_amiss(t: &Service) -> Vec<String> {
    let left = "SELECT DISTINCT folded FROM name_part WHERE folded NOT IN (SELECT name_folded FROM person)";
    let words = "SELECT 'word ' || word FROM name_word WHERE word NOT IN
        (SELECT w FROM person, unnest(string_to_array(name_folded, ' ')) w)";
    let twice = "SELECT 'twice ' || part FROM name_part GROUP BY part, folded HAVING count(*) > 1
        UNION ALL SELECT 'twice ' || word FROM name_word GROUP BY word HAVING count(*) > 1";
    let unknown =
        "SELECT 'unknown ' || name_folded FROM person WHERE name_folded NOT IN (SELECT folded FROM name_part)";
    t.texts(&[left, words, twice, unknown].join(" UNION ALL ")).await
}

#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn writers_of_the_same_new_names_neither_fail_nor_wait() {
    let t = Service::on(DbBackend::Postgres).await;
    let officer = t.as_role_in("commune_officer", HERE).await;
    let document = "mutation($input: RegisterHouseholdInput!) { registerHousehold(input: $input) { applied } }";
    let mut running = JoinSet::new();
    for n in 0..16 {
        let officer = officer.clone();
        let names =
            if n % 2 == 0 { ["Tô Ất", "Tô Giáp", "Tô Bính"] } else { ["Tô Bính", "Tô Giáp", "Tô Ất"] };
        let input = json!({ "input": family(&format!("28757-{n:06}"), &names) });
        running.spawn(async move { officer.ask(document, input).await });
    }
    for answer in running.join_all().await {
        answer.data();
    }
    for name in ["to at", "to giap", "to binh"] {
        assert_eq!(finds(&t, name).await.len(), 16, "{name}");
    }
    // Two that are still open, one after the other in both orders: each would wait for the other if a name could be there only once.
    let (one, two) = (t.database.connect().await, t.database.connect().await);
    let (one, two) = (one.begin().await.unwrap(), two.begin().await.unwrap());
    let comes = |name: &str| {
        format!(
            "INSERT INTO person (household_id, commune_id, district_id, full_name, name_folded, version, created_at, updated_at)
             SELECT id, commune_id, district_id, '{name}', '{name}', 1, 0, 0 FROM household ORDER BY id LIMIT 1"
        )
    };
    for (writer, name) in [(&one, "ton tai"), (&two, "ton vong"), (&one, "ton vong"), (&two, "ton tai")] {
        writer.execute_unprepared("SET LOCAL lock_timeout = '2s'").await.unwrap();
        writer.execute_unprepared(&comes(name)).await.unwrap();
    }
    assert!(!forget(&t).await || names_amiss(&t).await.is_empty(), "nothing goes while they write");
    one.commit().await.unwrap();
    assert_eq!(finds(&t, "ton ").await.len(), 2);
    two.rollback().await.unwrap();
    assert_eq!(finds(&t, "ton ").await.len(), 2);
    assert!(forget(&t).await);
    assert_eq!((finds(&t, "ton ").await.len(), names_amiss(&t).await), (2, vec![]));
}

#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn a_name_that_comes_back_while_it_would_be_forgotten_stays() {
    let t = Service::on(DbBackend::Postgres).await;
    register_household(&t, HERE, "28757-A", json!([{ "fullName": "Lê Thị Một", "relationshipToHead": "HEAD" }])).await;
    t.sql("UPDATE person SET full_name = 'Lê Thị Hai', name_folded = 'le thi hai'").await;
    let writer = t.database.connect().await.begin().await.unwrap();
    writer.execute_unprepared("UPDATE person SET full_name = 'Lê Thị Một', name_folded = 'le thi mot'").await.unwrap();
    assert!(!forget(&t).await, "somebody writes persons");
    assert_eq!(finds(&t, "thi hai").await, ["Lê Thị Hai"]);
    writer.commit().await.unwrap();
    assert_eq!((finds(&t, "thi hai").await, finds(&t, "thi mot").await), (vec![], vec!["Lê Thị Một".to_owned()]));
    assert!(forget(&t).await);
    assert_eq!((finds(&t, "thi mot").await, names_amiss(&t).await), (vec!["Lê Thị Một".to_owned()], vec![]));
    // Whoever forgets at a time, and whoever writes: nobody is lost.
    let register = fixture::register(&t).await;
    let writing = async {
        for n in 0..40 {
            let (from, to) = if n % 2 == 0 { ("le thi mot", "qui lai") } else { ("qui lai", "le thi mot") };
            t.sql(&format!("UPDATE person SET full_name = '{to}', name_folded = '{to}' WHERE name_folded = '{from}'"))
                .await;
            assert_eq!(finds(&t, to).await.len(), 1, "{to}, {}", register.here.code);
        }
    };
    let forgetting = async {
        for _ in 0..40 {
            forget(&t).await;
        }
    };
    tokio::join!(writing, forgetting);
    assert!(forget(&t).await);
    assert_eq!(names_amiss(&t).await, Vec::<String>::new());
}

/// As from a dump that is restored without triggers.
#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn a_name_that_came_past_the_triggers_is_learnt() {
    let t = Service::on(DbBackend::Postgres).await;
    let reader = fixture::reader(&t).await;
    everybody(&t).await;
    t.sql(
        "ALTER TABLE person DISABLE TRIGGER USER; UPDATE person SET full_name = 'Cù Thị Mới', name_folded = 'cu thi moi' WHERE name_folded = 'lan';
        ALTER TABLE person ENABLE TRIGGER USER",
    )
    .await;
    let found = async || {
        let answer = reader.ask(PAGE, json!({ "filter": { "search": "thi moi" }, "first": 10 })).await;
        answer.data()["persons"]["totalCount"].clone()
    };
    assert_eq!(found().await, json!(0));
    assert_eq!(names::learn_missing(&t.app).await.unwrap(), 1);
    assert_eq!(found().await, json!(4));
    assert_eq!(names::learn_missing(&t.app).await.unwrap(), 0);
}
