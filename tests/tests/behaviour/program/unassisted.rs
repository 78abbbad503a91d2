//! Who is entitled to monthly assistance and gets none: nobody is left out, and nobody is told who may not read of
//! disabilities.

use std::collections::BTreeSet;

use ansinh::seed::{self, SeedPlan, Silent};
use serde_json::json;
use tests::{both_databases, service::Service};

use super::{assistance::people, monthly::monthly, *};

/// All pages of a list: its nodes and its total.
async fn all(caller: &Caller, list: &str, filter: &str, fields: &str) -> Vec<Value> {
    let document = format!(
        "query($after: String) {{ {list}(first: 100, after: $after, filter: {{ {filter} }}) \
         {{ totalCount pageInfo {{ endCursor hasNextPage }} nodes {{ id {fields} }} }} }}"
    );
    let (mut nodes, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = caller.ask(&document, json!({ "after": after })).await;
        let page = answer.data()[list].clone();
        nodes.extend(page["nodes"].as_array().unwrap().iter().cloned());
        if page["pageInfo"]["hasNextPage"] != true {
            assert_eq!(page["totalCount"], nodes.len(), "{list}");
            return nodes;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn ids(nodes: &[Value]) -> BTreeSet<String> {
    nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

const LACKING: &str = "lacksProgramCode: \"SOCIAL_ASSISTANCE\"";

/// Those listed are those to whom something is due and who have no benefit, each and only they.
async fn agree(t: &Service, caller: &Caller, why: &str) -> BTreeSet<String> {
    let everybody = all(caller, "persons", "", "household { id } socialAssistance { monthlyAmount }")
        .await
        .into_iter()
        .filter(|person| {
            !person["household"].is_null()
                && person["socialAssistance"]["monthlyAmount"].as_i64().unwrap_or_default() > 0
        });
    let due: Vec<_> = everybody.collect();
    let serving = "SELECT CAST(b.person_id AS TEXT) FROM benefit b JOIN program g ON g.id = b.program_id
        WHERE g.code = 'SOCIAL_ASSISTANCE' AND b.status NOT IN ('REJECTED', 'CANCELLED')
        AND (b.ends_on IS NULL OR b.ends_on >= '2026-11-23')";
    let served: BTreeSet<_> =
        t.texts(serving).await.into_iter().map(|id| crate::walk::global_id("Person", &id)).collect();
    let expected: Vec<_> = due.into_iter().filter(|person| !served.contains(person["id"].as_str().unwrap())).collect();
    assert_eq!(ids(&all(caller, "persons", LACKING, "").await), ids(&expected), "{why}");
    let homes: BTreeSet<_> =
        expected.iter().map(|person| person["household"]["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids(&all(caller, "households", LACKING, "").await), homes, "{why}");
    ids(&expected)
}

/// A benefit of it for each of so many who are disabled, of a status and with a last day.
fn benefits(from: u32, count: u32, status: &str, ends_on: &str) -> String {
    format!(
        "INSERT INTO benefit (program_id, household_id, person_id, commune_id, district_id, status, amount, recurrence, starts_on,
             ends_on, proposed_on, paid_amount, version, created_at, updated_at)
         SELECT g.id, p.household_id, p.id, p.commune_id, p.district_id, '{status}', 750000, 'MONTHLY', '2026-01-01', {ends_on},
             '2026-01-01', 0, 1, 0, 0
         FROM person p, program g WHERE g.code = 'SOCIAL_ASSISTANCE' AND p.id IN (SELECT id FROM person
             WHERE household_id IS NOT NULL AND died_on IS NULL AND (protected_categories & 6) <> 0 ORDER BY id LIMIT {count} OFFSET {from})"
    )
}

both_databases! {
    async fn the_list_agrees_with_what_is_due_to_each_person(t: &Service) {
        let plan = SeedPlan { households: 800, random_seed: 7, today: t.app.clock.today() };
        seed::run(&t.app.db.connection, plan, &Silent).await.unwrap_or_else(|error| panic!("{error}"));
        t.app.catalog.refresh(&t.app.db).await.unwrap_or_else(|_| panic!("no catalog"));
        let reader = fixture::reader(t).await;
        let first = agree(t, &reader, "as seeded").await;
        assert!(first.len() > 12, "{}", first.len());
        for (from, status, ends_on) in [(0, "PROPOSED", "NULL"), (2, "DISBURSED", "NULL"), (4, "APPROVED", "'2026-11-23'"),
            (6, "DISBURSED", "'2026-11-22'"), (8, "REJECTED", "NULL"), (10, "CANCELLED", "NULL")] {
            t.sql(&benefits(from, 2, status, ends_on)).await;
        }
        let second = agree(t, &reader, "with benefits").await;
        assert!(second.is_subset(&first) && first.len() - second.len() == 6, "{} of {}", second.len(), first.len());
        // Facts of all kinds, at random: degrees, categories, ages, deaths, days of birth that aren't known.
        t.sql("UPDATE person SET protected_categories = id % 8, categories = (id * 37) % 1024 WHERE id % 3 = 0;
            UPDATE person SET categories = 40, date_of_birth = '1940-11-23' WHERE id % 10 = 1;
            UPDATE person SET categories = 296, date_of_birth = '2003-11-24' WHERE id % 10 = 3;
            UPDATE person SET categories = 40, date_of_birth = '2022-11-23' WHERE id % 10 = 5;
            UPDATE person SET categories = 512, date_of_birth = '1955-11-23' WHERE id % 20 = 2;
            UPDATE person SET categories = 512, date_of_birth = '1951-11-23' WHERE id % 20 = 4;
            UPDATE person SET categories = 512, date_of_birth = '1946-11-24' WHERE id % 20 = 6;
            UPDATE person SET date_of_birth = NULL WHERE id % 10 = 7;
            UPDATE person SET died_on = '2026-11-01' WHERE id % 10 = 9 AND died_on IS NULL").await;
        let third = agree(t, &reader, "with facts of all kinds").await;
        assert!(third.len() > 100, "{}", third.len());
        // Without a coefficient nothing is due for a ground, without a level nothing at all.
        t.sql("UPDATE assistance_coefficient SET effective_to = '2026-11-22' WHERE code LIKE 'SEVERE%'").await;
        assert!(agree(t, &reader, "without a coefficient").await.len() < third.len());
        t.sql("UPDATE assistance_level SET effective_from = '2026-11-24' WHERE effective_from = '2024-07-01';
            DELETE FROM assistance_level WHERE effective_from < '2024-07-01'").await;
        assert!(agree(t, &reader, "without a level").await.is_empty());
    }

    async fn it_shrinks_as_they_are_served(t: &Service) {
        let (cast, people) = (cast(t).await, people(t).await);
        let home = fixture::reader(t).await.query("{ household(code: \"28757-000001\") { id } }").await.data()["household"]["id"].as_str().unwrap().to_owned();
        assert_eq!(ids(&all(&cast.commune, "persons", LACKING, "").await).len(), 3);
        let mut listed = Vec::new();
        for (key, (person, amount)) in (1..).zip(people.iter().zip([750_000, 750_000, 750_000])) {
            proposed(&cast, key, vec![monthly(&home, person, amount)]).await;
            let persons = ids(&all(&cast.commune, "persons", LACKING, "").await);
            assert!(!persons.contains(person));
            listed.push((persons.len(), all(&cast.commune, "households", LACKING, "").await.len()));
        }
        assert_eq!(listed, [(2, 1), (1, 1), (0, 0)]);
        t.sql("UPDATE benefit SET status = 'CANCELLED'").await;
        assert_eq!(all(&cast.commune, "persons", LACKING, "").await.len(), 3);
        let elsewhere = t.as_role_in("commune_officer", fixture::FAR).await;
        assert!(all(&elsewhere, "persons", LACKING, "").await.is_empty(), "another commune's");
    }

    async fn nobody_is_told_who_may_not_read_of_disabilities(t: &Service) {
        people(t).await;
        for role in ["front_officer", "bank_officer", "insurance_officer"] {
            let caller = t.as_role(role).await;
            for list in ["persons", "households"] {
                for selected in ["totalCount", "nodes { id }", "pageInfo { hasNextPage }"] {
                    let answer = caller.query(&format!("{{ {list}(first: 5, filter: {{ {LACKING} }}) {{ {selected} }} }}")).await;
                    answer.refused("FORBIDDEN", "filter.lacksProgramCode");
                }
            }
        }
    }
}
