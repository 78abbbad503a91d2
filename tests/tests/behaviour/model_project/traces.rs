//! Every đồng from the advance over what came back to the next advance, whoever writes at once.

use async_graphql::futures_util::future::join_all;
use serde_json::json;
use tests::{both_databases, service::Service};

use super::*;
use crate::fixture::{self, DISTRICT_HERE, FAR};

fn reinvesting(household: &str, amount: i64, from: &[&str]) -> Value {
    let mut item = advance(household, amount);
    item["reinvestedFrom"] = json!(from);
    item
}

/// The trace of a participation: the sums, then the ids of the participations.
async fn trace(caller: &Caller, participation: &str) -> (Vec<i64>, Vec<String>) {
    let document = "query($id: ID!) { node(id: $id) { ... on ModelParticipation { capitalTrace {
        advanced newMoney recoverable recovered reinvested atHand participations(first: 50) { nodes { id } } } } } }";
    let answer = caller.ask(document, json!({ "id": participation })).await;
    let trace = &answer.data()["node"]["capitalTrace"];
    let sums = ["advanced", "newMoney", "recoverable", "recovered", "reinvested", "atHand"]
        .map(|name| trace[name].as_i64().unwrap());
    let ids =
        trace["participations"]["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned());
    (sums.to_vec(), ids.collect())
}

/// What no row may ever say: the movements and the sums of the rows differ, somebody paid back more than is due or lent
/// on what did not come back, an advance took more than it is, or a household holds more than the ceiling.
const WRONG: &str = "SELECT p.id || ' ' || p.recoverable_amount || ' ' || p.recovered_amount || ' ' || p.reinvested_amount
    FROM model_participation p WHERE p.recovered_amount > p.recoverable_amount OR p.reinvested_amount > p.recovered_amount
    OR p.recovered_amount <> (SELECT COALESCE(sum(m.amount), 0) FROM capital_movement m WHERE m.participation_id = p.id AND m.kind = 'RECOVERY')
    OR p.reinvested_amount <> (SELECT COALESCE(sum(m.amount), 0) FROM capital_movement m WHERE m.participation_id = p.id AND m.kind = 'REINVESTMENT')
    OR p.support_amount <> (SELECT COALESCE(sum(m.amount), 0) FROM capital_movement m WHERE m.participation_id = p.id AND m.kind = 'ADVANCE')
    OR p.support_amount < (SELECT COALESCE(sum(m.amount), 0) FROM capital_movement m WHERE m.to_participation_id = p.id)
    OR 30000000 < (SELECT sum(q.support_amount) FROM model_participation q WHERE q.household_id = p.household_id AND q.outcome = 'ONGOING')";

both_databases! {
    async fn an_advance_is_traced_to_the_next_and_the_sums_agree(t: &Service) {
        let (homes, first, next) = (households(t, HERE, 4).await, project(t, "MH-1").await, project(t, "MH-2").await);
        let officer = officer(t).await;
        let one = joined(t, &first, 1, advance(&homes[0], 30 * M)).await;
        let beside = joined(t, &first, 2, advance(&homes[1], 10 * M)).await;
        assert_eq!(trace(&officer, &one).await, (vec![30 * M, 30 * M, 15 * M, 0, 0, 0], vec![one.clone()]));
        recover(t, &one, 1, 12 * M, "TH-1").await.data();
        recover(t, &beside, 1, 5 * M, "TH-1").await.data();
        // 10 of the 12 that came back, and 4 of the neighbour's, with 6 new.
        let two = joined(t, &next, 1, reinvesting(&homes[2], 10 * M, &[&one])).await;
        recover(t, &two, 1, 5 * M, "TH-1").await.data();
        let three = joined(t, &next, 2, reinvesting(&homes[3], 13 * M, &[&two, &one, &beside])).await;
        let (sums, ids) = trace(&officer, &one).await;
        assert_eq!(ids, [one.as_str(), &two, &three]);
        // 30 + 10 + 13 given; of that 10, then 5 and 2 came back from the three before; 6 are new or the neighbour's.
        assert_eq!(sums, [53 * M, 36 * M, 26 * M + 500_000, 17 * M, 17 * M, 0]);
        assert_eq!(trace(&officer, &beside).await, (vec![23 * M, 18 * M, 11 * M + 500_000, 5 * M, 5 * M, 0], vec![beside.clone(), three.clone()]));
        assert_eq!(trace(&officer, &three).await.1, [three.as_str()]);
    }

    async fn a_trace_ends_where_the_callers_sight_does(t: &Service) {
        let (homes, first, next) = (households(t, HERE, 2).await, project(t, "MH-1").await, project(t, "MH-2").await);
        let far = fixture::register_household(t, FAR, &format!("{FAR}-000077"), json!([{ "fullName": "Lê Thị Hoa", "relationshipToHead": "HEAD" }])).await;
        fixture::classed(t, "TRUE", "POOR").await;
        let one = joined(t, &first, 1, advance(&homes[0], 30 * M)).await;
        recover(t, &one, 1, 15 * M, "TH-1").await.data();
        let away = joined(t, &next, 1, reinvesting(&far, 20 * M, &[&one])).await;
        recover(t, &away, 1, 10 * M, "TH-1").await.data();
        let back = joined(t, &next, 2, reinvesting(&homes[1], 10 * M, &[&away])).await;
        assert_eq!(trace(&officer(t).await, &one).await, (vec![60 * M, 35 * M, 30 * M, 25 * M, 25 * M, 0], vec![one.clone(), away.clone(), back.clone()]));
        let inside = t.as_role_in("district_officer", DISTRICT_HERE).await;
        assert_eq!(trace(&inside, &one).await, (vec![30 * M, 30 * M, 15 * M, 15 * M, 15 * M, 0], vec![one.clone()]), "nor beyond it");
        assert_eq!(trace(&inside, &back).await, (vec![10 * M, 10 * M, 5 * M, 0, 0, 0], vec![back]));
        for role in ["bank_officer", "insurance_officer"] {
            let document = "query($id: ID!) { node(id: $id) { ... on ModelParticipation { capitalTrace { advanced } } } }";
            let answer = t.as_role(role).await.ask(document, json!({ "id": one })).await;
            assert_eq!((&answer.partial()["node"], answer.code(0)), (&Value::Null, "FORBIDDEN"), "{role}");
        }
    }

    async fn recovered_capital_is_not_taken_from_a_line_again(t: &Service) {
        let (homes, first, next) = (households(t, HERE, 2).await, project(t, "MH-1").await, project(t, "MH-2").await);
        let one = joined(t, &first, 1, advance(&homes[0], 30 * M)).await;
        recover(t, &one, 1, 15 * M, "TH-1").await.data();
        let item = |line: i64| {
            let mut item = reinvesting(&homes[1], 20 * M, &[&one]);
            item["funding"] = json!([{ "source": "CENTRAL_BUDGET", "lineCode": "V.1.2", "amount": line },
                { "source": "CENTRAL_BUDGET", "amount": 20 * M - line }]);
            item
        };
        let refused = enrol(&officer(t).await, &next, 1, &[item(5 * M + 1)]).await;
        let error = &refused.data()["enrolHouseholds"]["results"][0]["error"];
        assert_eq!(*error, json!({ "code": "BAD_USER_INPUT", "field": "funding" }));
        joined(t, &next, 1, item(5 * M)).await;
    }

    async fn whoever_writes_at_once_no_dong_is_lent_twice(t: &Service) {
        let homes = households(t, HERE, 14).await;
        let officer = officer(t).await;
        let (source, mut projects) = (project(t, "MH-0").await, Vec::new());
        for number in 1..=6 {
            projects.push(project(t, &format!("MH-{number}")).await);
        }
        let one = joined(t, &source, 1, advance(&homes[0], 30 * M)).await;
        let two = joined(t, &source, 2, advance(&homes[1], 30 * M)).await;
        recover(t, &one, 1, 9 * M, "TH-0").await.data();
        recover(t, &two, 1, 9 * M, "TH-0").await.data();
        // Six models draw on both at once, in either order, and want the same two households, while more comes back.
        let enrolments = projects.iter().enumerate().map(|(index, project)| {
            let (officer, homes, one, two) = (&officer, &homes, &one, &two);
            async move {
                let sources: [&str; 2] = if index % 2 == 0 { [one, two] } else { [two, one] };
                let items = [reinvesting(&homes[2 + index], 7 * M, &sources), advance(&homes[12 + index % 2], 11 * M)];
                enrol(officer, project, 1, &items).await
            }
        });
        let receipts = [(&one, "TH-1"), (&one, "TH-2"), (&two, "TH-1"), (&two, "TH-2")];
        let receipts = receipts.into_iter().map(|(part, reference)| async move {
            for _ in 0..20 {
                let version = t.number(&format!("SELECT CAST(version AS BIGINT) FROM model_participation WHERE id = {}", ansinh::schema::global_id::decode(part).unwrap().1)).await;
                let answer = recover(t, part, version, 3 * M, reference).await;
                if answer.errors().is_empty() || answer.code(0) != "CONFLICT" {
                    return;
                }
            }
        });
        let (answers, _) = tokio::join!(join_all(enrolments), join_all(receipts));
        let statuses: Vec<_> = answers.iter().flat_map(|answer| {
            let results = answer.data()["enrolHouseholds"]["results"].as_array().unwrap().clone();
            results.into_iter().map(|result| (result["index"].as_i64().unwrap(), result["status"].as_str().unwrap().to_owned(), result["error"]["field"].clone()))
        }).collect();
        let held: Vec<_> = statuses.iter().filter(|(index, status, _)| *index == 1 && status == "APPLIED").collect();
        assert_eq!(held.len(), 4, "two of 11 M in each of two households, of 30: {statuses:?}");
        assert!(t.texts(WRONG).await.is_empty(), "{statuses:?}");
        let sums = t.texts("SELECT CAST(sum(recovered_amount) AS TEXT) || ' ' || CAST(sum(reinvested_amount) AS TEXT) FROM model_participation").await;
        let drawn = t.number("SELECT CAST(sum(amount) AS BIGINT) FROM capital_movement WHERE to_participation_id IS NOT NULL").await;
        let (recovered, reinvested) = sums[0].split_once(' ').unwrap();
        assert_eq!((recovered, reinvested.parse::<i64>().unwrap()), ("30000000", drawn));
        assert!(drawn >= 14 * M, "two of them find enough: {drawn}");
    }
}
