//! Who may not read protected categories finds no trace of monthly social assistance, which tells of a disability by its
//! amount, whatever way is tried.

use crate::walk::global_id;
use ansinh::plan::closing;
use serde_json::json;
use tests::{both_databases, service::Service};

use super::{assistance::people, *};

/// A role of a department that reads all but protected categories.
async fn without(t: &Service) -> Caller {
    let admin = t.as_role("platform_admin").await;
    let permissions = [
        "household:read",
        "benefit:read",
        "benefit:verify",
        "review:read",
        "plan:read",
        "loan:read",
        "modelProject:read",
        "statistics:read",
        "statistics:live",
    ];
    let role = json!({ "input": { "code": "health_desk", "name": "Y tế", "permissions": permissions } });
    admin.ask("mutation($input: CreateRoleInput!) { createRole(input: $input) { role { code } } }", role).await.data();
    t.as_roles_in(&["health_desk"], "DOLISA", "83").await
}

/// Every sum that benefits go into: of units, of programs, of the plan.
async fn sums(caller: &Caller) -> Value {
    let document = "{ statistics(groupBy: COMMUNE) { unit { code } benefitsPaid assistancePaid }
        programs { code progress { approved disbursed disbursedAmount percent bySource { source amount } } fundingLines { code committed disbursed } }
        plan(year: 2022) { funding { disbursed bySource { source disbursed } } } }";
    caller.query(document).await.data().clone()
}

/// What every way in answers, by its name.
async fn tried(caller: &Caller, ids: &[(&str, String)]) -> Vec<(String, Value)> {
    const BENEFIT: &str = "{ totalCount nodes { id status amount person { id } payments(first: 5) { totalCount nodes { amount } } funding { amount } history { to } } }";
    let all = [
        ("list".to_owned(), format!("{{ benefits(first: 50) {BENEFIT} }}")),
        ("by program".to_owned(), format!("{{ benefits(first: 50, filter: {{ programCode: \"SOCIAL_ASSISTANCE\" }}) {BENEFIT} }}")),
        ("last".to_owned(), format!("{{ benefits(last: 50) {BENEFIT} }}")),
        ("count".to_owned(), "{ benefits(first: 1) { totalCount pageInfo { hasNextPage endCursor } } }".to_owned()),
        ("nested".to_owned(), format!("{{ household(code: \"28757-000001\") {{ benefits(first: 50) {BENEFIT} members {{ id fullName }} }} }}")),
        ("then".to_owned(), format!("{{ household(code: \"28757-000001\", on: \"2026-11-23\") {{ benefits(first: 50) {BENEFIT} }} }}")),
        ("timeline".to_owned(), "{ household(code: \"28757-000001\") { timeline(first: 50) { totalCount nodes { id amount on kind subject { ... on Benefit { id } } } } } }".to_owned()),
        ("lists of homes".to_owned(), format!("{{ households(first: 50) {{ nodes {{ code benefits(first: 50) {BENEFIT} }} }} }}")),
    ];
    let mut answers = Vec::new();
    for (name, document) in all {
        answers.push((name, caller.query(&document).await.data().clone()));
    }
    for (kind, id) in ids {
        let document = "query($id: ID!) { node(id: $id) { __typename id } nodes(ids: [$id]) { id } }";
        answers.push((format!("node of {kind}"), caller.ask(document, json!({ "id": id })).await.data().clone()));
    }
    answers
}

async fn last_payment(t: &Service) -> i64 {
    t.number("SELECT max(id) FROM benefit_payment").await
}

both_databases! {
    async fn assistance_leaves_no_trace_for_who_may_not_read_of_disabilities(t: &Service) {
        let (cast, people) = (cast(t).await, people(t).await);
        let home = fixture::reader(t).await.query("{ household(code: \"28757-000001\") { id } }").await.data()["household"]["id"].as_str().unwrap().to_owned();
        // A house stays in sight beside it.
        approved(&cast, 1, vec![house(&home)]).await;
        let assistance = json!({ "programCode": "SOCIAL_ASSISTANCE", "householdId": home, "personId": people[0], "amount": 750_000,
            "recurrence": "MONTHLY", "startsOn": "2026-11-01", "funding": [{ "source": "PROVINCIAL_BUDGET", "amount": 750_000 }] });
        let (front, desk) = (t.as_role("front_officer").await, without(t).await);
        let before = [tried(&front, &[]).await, tried(&desk, &[]).await];
        let id = approved(&cast, 2, vec![assistance]).await.remove(0);
        let paid = batch(&cast.payer, "recordBenefitPayments", 1, vec![payment(&id, "PROVINCIAL_BUDGET", 750_000, "PC-1")], json!({})).await;
        assert_eq!(fates(results(&paid, "recordBenefitPayments")), [APPLIED]);
        let ids = [
            ("Benefit", id.clone()),
            ("BenefitPayment", global_id("BenefitPayment", &last_payment(t).await.to_string())),
            ("MoneyEvent", global_id("MoneyEvent", &format!("BP{}", last_payment(t).await))),
        ];
        for (caller, before) in [&front, &desk].into_iter().zip(before) {
            let seen = tried(caller, &ids).await;
            for ((name, then), (_, now)) in before.iter().zip(&seen) {
                assert_eq!(then, now, "{name}");
            }
            assert!(seen[0].1["benefits"]["totalCount"] == 1, "the house is there: {}", seen[0].1);
            for (name, answer) in seen.iter().skip(before.len()) {
                assert_eq!(*answer, json!({ "node": null, "nodes": [null] }), "{name}");
            }
        }
        // Who may read of them sees all of it.
        let officer = tried(&cast.payer, &ids).await;
        assert_eq!(officer[0].1["benefits"]["totalCount"], 2);
        assert_eq!(officer[1].1["benefits"]["nodes"][0]["id"], json!(id));
        assert_eq!(officer[6].1["household"]["timeline"]["totalCount"], 1);
        assert!(officer.iter().skip(8).all(|(_, answer)| !answer["node"].is_null()), "{officer:?}");
    }

    async fn nor_can_it_be_changed_or_counted_by_them(t: &Service) {
        let (cast, people) = (cast(t).await, people(t).await);
        let home = fixture::reader(t).await.query("{ household(code: \"28757-000001\") { id } }").await.data()["household"]["id"].as_str().unwrap().to_owned();
        let assistance = json!({ "programCode": "SOCIAL_ASSISTANCE", "householdId": home, "personId": people[1], "amount": 750_000,
            "recurrence": "MONTHLY", "startsOn": "2026-11-01", "funding": [{ "source": "PROVINCIAL_BUDGET", "amount": 750_000 }] });
        let id = proposed(&cast, 1, vec![assistance]).await.remove(0);
        let desk = without(t).await;
        let known = "{ household(code: \"28757-000001\") { knownDeprivations { indicator } } }";
        let indicators = async |caller: &Caller| caller.query(known).await.data()["household"]["knownDeprivations"].to_string();
        assert!(!indicators(&desk).await.contains("DEPENDANTS"), "grown-up dependants are known by assistance");
        assert!(indicators(&fixture::reader(t).await).await.contains("DEPENDANTS"));
        // A step with it answers as with a benefit that isn't there.
        let absent = global_id("Benefit", "999999");
        for (key, id) in [(1, &id), (2, &absent)] {
            let answer = batch(&t.as_roles_in(&["health_desk"], "DPC", DISTRICT_HERE).await, "verifyBenefits", key, versioned(std::slice::from_ref(id), 1), json!({})).await;
            assert_eq!(fates(results(&answer, "verifyBenefits")), [("REFUSED", "NOT_FOUND", "id")], "{id}");
        }
        assert_eq!(t.number("SELECT count(*) FROM benefit WHERE status = 'PROPOSED' AND version = 1").await, 1);
        // A program's own sums are the whole province's, and still somebody's.
        let progress = "{ program(code: \"SOCIAL_ASSISTANCE\") { code progress { approved disbursed disbursedAmount } } }";
        assert_eq!(desk.query(progress).await.data()["program"], json!({ "code": "SOCIAL_ASSISTANCE", "progress": null }));
        let officer = cast.payer.query(progress).await.data()["program"]["progress"].clone();
        assert_eq!(officer, json!({ "approved": 0, "disbursed": 0, "disbursedAmount": 0 }));
    }

    async fn nor_is_it_what_sums_have_above_the_benefits_that_are_seen(t: &Service) {
        let (cast, people) = (cast(t).await, people(t).await);
        let home = fixture::reader(t).await.query("{ household(code: \"28757-000001\") { id } }").await.data()["household"]["id"].as_str().unwrap().to_owned();
        let desk = without(t).await;
        let built = approved(&cast, 1, vec![house(&home)]).await.remove(0);
        let paid = batch(&cast.payer, "recordBenefitPayments", 1, vec![payment(&built, "CENTRAL_BUDGET", 30_000_000, "PC-1")], json!({})).await;
        assert_eq!(fates(results(&paid, "recordBenefitPayments")), [APPLIED]);
        let before = sums(&desk).await;
        let assistance = json!({ "programCode": "SOCIAL_ASSISTANCE", "householdId": home, "personId": people[0], "amount": 750_000,
            "recurrence": "MONTHLY", "startsOn": "2026-11-01", "funding": [{ "source": "PROVINCIAL_BUDGET", "amount": 750_000 }] });
        let id = approved(&cast, 2, vec![assistance]).await.remove(0);
        let paid = batch(&cast.payer, "recordBenefitPayments", 2, vec![payment(&id, "PROVINCIAL_BUDGET", 750_000, "PC-2")], json!({})).await;
        assert_eq!(fates(results(&paid, "recordBenefitPayments")), [APPLIED]);
        for caller in [&desk, &t.as_role("front_officer").await] {
            let now = sums(caller).await;
            assert_eq!(now, before, "the sums of units, of programs and of the plan stand still");
            let seen = caller.query("{ benefits(first: 50) { nodes { paidAmount } } }").await;
            let seen: i64 = seen.data()["benefits"]["nodes"].as_array().unwrap().iter().map(|one| one["paidAmount"].as_i64().unwrap()).sum();
            let here = now["statistics"].as_array().unwrap().iter().find(|row| row["unit"]["code"] == HERE).unwrap();
            assert_eq!([&here["benefitsPaid"], &here["assistancePaid"]], [&json!(seen), &Value::Null], "nothing is left to subtract");
            assert_eq!(seen, 30_000_000);
        }
        let officer = sums(&cast.payer).await;
        let here = officer["statistics"].as_array().unwrap().iter().find(|row| row["unit"]["code"] == HERE).unwrap();
        assert_eq!([&here["benefitsPaid"], &here["assistancePaid"]], [&json!(30_000_000), &json!(750_000)]);
        let own = officer["programs"].as_array().unwrap().iter().find(|program| program["code"] == "SOCIAL_ASSISTANCE").unwrap();
        assert_eq!(own["progress"]["disbursedAmount"], 750_000);
        assert_eq!(own["progress"]["bySource"], json!([{ "source": "PROVINCIAL_BUDGET", "amount": 750_000 }]));
    }

    async fn nor_does_a_closed_figure_have_it(t: &Service) {
        let (cast, people) = (cast(t).await, people(t).await);
        let viewer = t.as_role("statistics_viewer").await;
        let home = fixture::reader(t).await.query("{ household(code: \"28757-000001\") { id } }").await.data()["household"]["id"].as_str().unwrap().to_owned();
        let houses = houses(t, 101, 5).await;
        for (key, id) in (1..).zip(approved(&cast, 1, houses).await) {
            let item = payment(&id, "CENTRAL_BUDGET", 10_000_000, &format!("PC-{key}"));
            let paid = batch(&cast.payer, "recordBenefitPayments", key, vec![item], json!({})).await;
            assert_eq!(fates(results(&paid, "recordBenefitPayments")), [APPLIED]);
        }
        let assistance = json!({ "programCode": "SOCIAL_ASSISTANCE", "householdId": home, "personId": people[0], "amount": 750_000,
            "recurrence": "MONTHLY", "startsOn": "2026-11-01", "funding": [{ "source": "PROVINCIAL_BUDGET", "amount": 750_000 }] });
        let id = approved(&cast, 2, vec![assistance]).await.remove(0);
        let paid = batch(&cast.payer, "recordBenefitPayments", 9, vec![payment(&id, "PROVINCIAL_BUDGET", 750_000, "PC-9")], json!({})).await;
        assert_eq!(fates(results(&paid, "recordBenefitPayments")), [APPLIED]);
        t.set_day("2026-11-24");
        assert!(closing::close_yesterday(&t.app).await.is_ok_and(|closed| closed.is_some()));
        let answer = viewer.query("{ statistics(groupBy: COMMUNE) { unit { code } benefitsPaid assistancePaid } }").await;
        let rows = answer.data()["statistics"].as_array().unwrap().clone();
        let here = rows.iter().find(|row| row["unit"]["code"] == HERE).unwrap();
        assert_eq!([&here["benefitsPaid"], &here["assistancePaid"]], [&json!(50_000_000), &Value::Null]);
    }
}
