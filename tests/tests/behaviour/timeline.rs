//! One household, one money timeline: every kind of event for who may see it, and of the others no trace.

use std::collections::BTreeSet;

use ansinh::access::roles::BUILT_IN;
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
};

use crate::{
    fixture::{self, FAR, Home},
    walk::global_id,
};

/// Kinds, the permission of each, written down by hand.
const KINDS: &[(&str, &str)] = &[
    ("BENEFIT", "benefit:read"),
    ("INSURANCE_SUBSIDY", "benefit:read"),
    ("LOAN_DISBURSEMENT", "loan:read"),
    ("LOAN_REPAYMENT", "loan:read"),
    ("LOAN_INTEREST", "loan:read"),
    ("MODEL_CAPITAL", "modelProject:read"),
    ("CAPITAL_RECOVERY", "modelProject:read"),
    ("SPONSORSHIP", "sponsorship:read"),
];

/// What the fixture lacks: a recovery, a premium that budget and front pay, a gift whose worth nobody told.
const MORE: &str = "
INSERT INTO capital_movement (participation_id, kind, amount, occurred_on, reference, agency_id, recorded_at)
    SELECT p.id, 'RECOVERY', 1000000, '2026-09-01', 'TH-1', a.id, 0
    FROM model_participation p, agency a WHERE a.code = 'DOLISA';
INSERT INTO benefit (program_id, household_id, commune_id, district_id, status, amount, recurrence, proposed_on, decided_on,
        paid_amount, version, created_at, updated_at)
    SELECT g.id, h.id, h.commune_id, h.district_id, 'COMPLETED', 804600, 'ONCE', '2026-01-10', '2026-01-20', 804600, 1, 0, 0
    FROM household h, program g WHERE g.code = 'HI_NEAR_POOR';
INSERT INTO benefit_payment (benefit_id, amount, source, paid_on, reference, agency_id, recorded_at)
    SELECT b.id, 563220, 'CENTRAL_BUDGET', '2026-05-01', 'BH-1', a.id, 0
    FROM benefit b JOIN program g ON g.id = b.program_id, agency a WHERE g.code = 'HI_NEAR_POOR' AND a.code = 'PSI';
INSERT INTO benefit_payment (benefit_id, amount, source, paid_on, reference, agency_id, recorded_at)
    SELECT b.id, 241380, 'SOCIAL_MOBILIZATION', '2026-05-01', 'BH-2', a.id, 0
    FROM benefit b JOIN program g ON g.id = b.program_id, agency a WHERE g.code = 'HI_NEAR_POOR' AND a.code = 'PSI';
INSERT INTO gift (sponsor_id, program_id, household_id, kind, amount, description, given_on, reference, version, created_at, updated_at)
    SELECT s.id, g.id, h.id, 'IN_KIND', 0, '20 kg gạo', '2026-06-01', 'GAO-' || h.id, 1, 0, 0
    FROM sponsor s, program g, household h WHERE g.code = 'MOBILISATION';
";

const LOANS: &str =
    "DELETE FROM loan_transition; DELETE FROM loan_transaction; DELETE FROM loan_funding; DELETE FROM loan;";

async fn register(t: &Service) -> Home {
    let register = fixture::register(t).await;
    t.sql(MORE).await;
    register.here
}

/// One page: `arguments` of the connection.
async fn page(caller: &Caller, home: &Home, arguments: &str) -> Answer {
    let document = format!(
        "{{ household(code: {:?}) {{ timeline({arguments}) {{ totalCount pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
            edges {{ cursor node {{ id on kind amount source subject {{ __typename id }} }} }} }} }} }}",
        home.code
    );
    caller.query(&document).await
}

fn events(answer: &Answer) -> Vec<Value> {
    let edges = answer.data()["household"]["timeline"]["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

/// Every event, page by page in one direction, with each page's text.
async fn walked(caller: &Caller, home: &Home, (size, forward): (usize, bool)) -> (Vec<Value>, Vec<String>) {
    let (mut all, mut texts, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let arguments = if forward { format!("first: {size}{cursor}") } else { format!("last: {size}{cursor}") };
        let answer = page(caller, home, &arguments).await;
        let mut found = events(&answer);
        texts.push(answer.text.clone());
        let info = &answer.data()["household"]["timeline"]["pageInfo"];
        if forward {
            all.append(&mut found)
        } else {
            all = [found, all].concat()
        }
        let (more, to, name) = if forward {
            (&info["hasNextPage"], &info["endCursor"], "after")
        } else {
            (&info["hasPreviousPage"], &info["startCursor"], "before")
        };
        if *more == json!(false) {
            return (all, texts);
        }
        cursor = format!(", {name}: {to}");
    }
}

both_databases! {
    async fn each_role_sees_the_kinds_that_its_permissions_are_for(t: &Service) {
        let home = register(t).await;
        for role in BUILT_IN {
            let caller = t.as_role(role.code).await;
            let held: BTreeSet<_> = role.permissions.iter().map(|permission| permission.code()).collect();
            if !held.contains("household:read") {
                page(&caller, &home, "first: 50").await.refused("FORBIDDEN", "");
                continue;
            }
            let answer = page(&caller, &home, "first: 50").await;
            let seen = events(&answer);
            let kinds: BTreeSet<_> = seen.iter().map(|event| event["kind"].as_str().unwrap()).collect();
            let expected: BTreeSet<_> = KINDS.iter().filter(|(_, permission)| held.contains(permission)).map(|(kind, _)| *kind).collect();
            assert_eq!(kinds, expected, "{}", role.code);
            assert!(seen.iter().all(|event| !event["subject"]["id"].is_null()), "{}: {seen:?}", role.code);
            let days: Vec<_> = seen.iter().map(|event| event["on"].as_str().unwrap()).collect();
            assert!(days.is_sorted(), "{}: {days:?}", role.code);
            assert_eq!(answer.data()["household"]["timeline"]["totalCount"], seen.len(), "{}", role.code);
            for way in [(1, true), (2, true), (3, false), (1, false)] {
                assert_eq!(walked(&caller, &home, way).await.0, seen, "{} {way:?}", role.code);
            }
        }
    }

    async fn who_pays_what_of_a_premium_is_told_by_source(t: &Service) {
        let home = register(t).await;
        let reader = fixture::reader(t).await;
        let of = |kind: &str, answer: &Answer| events(answer).into_iter().filter(|event| event["kind"] == kind)
            .map(|event| (event["on"].clone(), event["amount"].clone(), event["source"].clone(), event["subject"]["__typename"].clone()))
            .collect::<Vec<_>>();
        let answer = page(&reader, &home, "first: 50").await;
        let may = json!("2026-05-01");
        assert_eq!(of("INSURANCE_SUBSIDY", &answer), [
            (may.clone(), json!(563_220), json!("CENTRAL_BUDGET"), json!("Benefit")),
            (may, json!(241_380), json!("SOCIAL_MOBILIZATION"), json!("Benefit")),
        ], "70 and 30 of 804,600 (rules H6, H7)");
        assert_eq!(of("BENEFIT", &answer).len(), 1, "a premium is no other support");
        let gifts = of("SPONSORSHIP", &answer);
        assert_eq!(gifts.iter().map(|gift| gift.1.as_i64().unwrap()).collect::<Vec<_>>(), [2_000_002, 0], "rice without a price");
        assert_eq!(of("CAPITAL_RECOVERY", &answer), [(json!("2026-09-01"), json!(1_000_000), Value::Null, json!("ModelParticipation"))]);
    }

    async fn who_reads_no_loans_finds_no_trace_of_them(t: &Service) {
        let home = register(t).await;
        let front = t.as_role("front_officer").await;
        let hidden = t.texts(&format!("SELECT id FROM money_event WHERE household_id = {} AND kind LIKE 'LOAN%' ORDER BY id", home.key)).await;
        assert_eq!(hidden.len(), 3);
        let bounds = ["first: 50", "first: 50, from: \"2026-02-01\", to: \"2026-02-01\"", "last: 2, to: \"2026-08-01\"", "first: 1, from: \"2026-08-01\""];
        let all = async || {
            let mut texts = Vec::new();
            for way in [(1, true), (2, true), (3, true), (1, false), (2, false)] {
                texts.extend(walked(&front, &home, way).await.1);
            }
            for arguments in bounds {
                texts.push(page(&front, &home, arguments).await.text);
            }
            // A cursor made up at the very place of a hidden event is a place and nothing else.
            for id in &hidden {
                let cursor = crate::walk::base64(&format!("[\"on\",\"2026-08-01\",{id:?}]"));
                texts.push(page(&front, &home, &format!("first: 2, after: {cursor:?}")).await.text);
                texts.push(page(&front, &home, &format!("last: 2, before: {cursor:?}")).await.text);
                let event = global_id("MoneyEvent", id);
                texts.push(front.query(&format!("{{ node(id: {event:?}) {{ id }} nodes(ids: [{event:?}]) {{ id }} }}")).await.text);
            }
            texts
        };
        let with_loans = all().await;
        assert!(with_loans.iter().all(|text| !text.contains("LOAN")));
        t.sql(LOANS).await;
        assert_eq!(all().await, with_loans);
    }

    async fn nothing_goes_beyond_scope_and_need(t: &Service) {
        let home = register(t).await;
        let elsewhere = t.as_role_in("commune_officer", FAR).await;
        assert_eq!(*page(&elsewhere, &home, "first: 50").await.data(), json!({ "household": null }));
        for id in t.texts(&format!("SELECT id FROM money_event WHERE household_id = {}", home.key)).await {
            let event = global_id("MoneyEvent", &id);
            let answer = elsewhere.query(&format!("{{ node(id: {event:?}) {{ id }} }}")).await;
            assert_eq!(*answer.data(), json!({ "node": null }), "{id}");
        }
        // A household that has left every class: the bank keeps the loan, not the file.
        t.sql(&format!("UPDATE household SET poverty_class = 'BETTER_OFF', categories = 0 WHERE id = {};
            UPDATE person SET categories = 0 WHERE household_id = {}; DELETE FROM poverty_review WHERE household_id = {};
            UPDATE loan SET status = 'REPAID', outstanding_principal = 0 WHERE household_id = {}", home.key, home.key, home.key, home.key)).await;
        let bank = t.as_role("bank_officer").await;
        assert_eq!(page(&bank, &home, "first: 50").await.data()["household"], Value::Null);
        let event = t.texts(&format!("SELECT min(id) FROM money_event WHERE household_id = {} AND kind LIKE 'LOAN%'", home.key)).await.remove(0);
        let answer = bank.query(&format!("{{ node(id: {:?}) {{ id }} }}", global_id("MoneyEvent", &event))).await;
        assert_eq!(*answer.data(), json!({ "node": null }));
    }
}
