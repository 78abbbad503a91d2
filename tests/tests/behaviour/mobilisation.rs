//! What was planned, promised, given and spent, side by side; and the sponsored households of the plan.

use migration::{Migrator, MigratorTrait};
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use crate::{
    fixture::{DISTRICT_FAR, DISTRICT_HERE, FAR, HERE, classed, register_household, write, written},
    walk::global_id,
};

const M: i64 = 1_000_000;

async fn sponsor(front: &Caller) -> String {
    let input = json!({ "code": "NTT-1", "name": "Công ty Dừa Xanh", "kind": "ORGANISATION" });
    written(front, "registerSponsor", input, "sponsor").await
}

async fn households(t: &Service, commune: &str, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 1..=count {
        let members = json!([{ "fullName": format!("Lê Thị Số {number}"), "relationshipToHead": "HEAD" }]);
        ids.push(register_household(t, commune, &format!("{commune}-{number:06}"), members).await);
    }
    classed(t, "TRUE", "POOR").await;
    ids
}

fn gift(sponsor: &str, amount: i64, reference: &str, more: Value) -> Value {
    let mut input = json!({ "sponsorId": sponsor, "programCode": "HOUSING_POOR", "kind": "MONEY", "amount": amount,
        "givenOn": "2026-02-01", "reference": reference });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

/// The figures of line II.2.1, then of its program.
async fn raised(caller: &Caller) -> (Value, Value) {
    let document = "{ program(code: \"HOUSING_POOR\") { mobilisation { pledged raised toCome }
        fundingLines { code source amount pledged raised toCome disbursed } } }";
    let answer = caller.query(document).await;
    let program = &answer.partial()["program"];
    let line = program["fundingLines"].as_array().unwrap().iter().find(|line| line["code"] == "II.2.1").unwrap();
    let of =
        |figures: &Value, names: &[&str]| json!(names.iter().map(|name| figures[*name].clone()).collect::<Vec<_>>());
    let figures = ["pledged", "raised", "toCome"];
    (of(line, &["pledged", "raised", "toCome", "disbursed"]), of(&program["mobilisation"], &figures))
}

/// The two indicators: target, reading, what the register counts.
async fn sponsored(caller: &Caller) -> Value {
    let answer = caller.query("{ plan(year: 2022) { indicators { code target actual counted met } } }").await;
    let indicators = answer.partial()["plan"]["indicators"].as_array().unwrap().clone();
    let of = |code: &str| {
        indicators
            .iter()
            .find(|indicator| indicator["code"] == code)
            .map(|indicator| {
                [&indicator["target"], &indicator["actual"], &indicator["counted"], &indicator["met"]].map(Clone::clone)
            })
            .unwrap()
    };
    json!([of("SPONSORED_MERIT_POOR"), of("SPONSORED_SP_POOR"), of("POVERTY_RATE")[2]])
}

both_databases! {
    async fn what_was_raised_counts_once_in_its_line(t: &Service) {
        let front = t.as_role("front_officer").await;
        let (sponsor, homes) = (sponsor(&front).await, households(t, HERE, 6).await);
        let pledge = |line: Value, amount: i64, reference: &str| json!({ "sponsorId": sponsor, "programCode": "HOUSING_POOR",
            "lineCode": line, "amount": amount, "pledgedOn": "2026-01-05", "reference": reference });
        let of_line = written(&front, "recordPledge", pledge(json!("II.2.1"), 50 * M, "CK-1"), "pledge").await;
        let of_none = written(&front, "recordPledge", pledge(Value::Null, 10 * M, "CK-2"), "pledge").await;
        assert_eq!(raised(&front).await, (json!([50 * M, 0, 50 * M, 0]), json!([60 * M, 0, 60 * M])));
        // A gift for the pledge counts in the pledge's line; a free one in the line that it names; one of neither in none.
        let given = gift(&sponsor, 20 * M, "BN-1", json!({ "pledgeId": of_line, "householdId": homes[0] }));
        let answer = write(&front, "recordGift", given.clone(), "gift { lineCode amount }").await;
        assert_eq!(answer.data()["recordGift"]["gift"], json!({ "lineCode": "II.2.1", "amount": 20 * M }));
        write(&front, "recordGift", given, "gift { id }").await.data();
        write(&front, "recordGift", gift(&sponsor, 3 * M, "BN-2", json!({ "lineCode": "II.2.1" })), "gift { id }").await.data();
        write(&front, "recordGift", gift(&sponsor, 4 * M, "BN-3", json!({})), "gift { id }").await.data();
        write(&front, "recordGift", gift(&sponsor, 12 * M, "BN-4", json!({ "pledgeId": of_none })), "gift { id }").await.data();
        assert_eq!(raised(&front).await, (json!([50 * M, 23 * M, 30 * M, 0]), json!([60 * M, 39 * M, 30 * M])), "2 M too much make up for nothing");
        let spent = json!({ "programCode": "HOUSING_POOR", "lineCode": "II.2.1", "source": "SOCIAL_MOBILIZATION", "amount": 5 * M,
            "spentOn": "2026-03-01", "description": "Sửa nhà", "reference": "PC-1" });
        write(&front, "recordProgramSpending", spent, "program { id }").await.data();
        assert_eq!(raised(&front).await.0, json!([50 * M, 23 * M, 30 * M, 5 * M]), "spent is another look at it");
        for (more, code, field) in [
            (json!({ "lineCode": "II.2.2a" }), "BAD_USER_INPUT", "input.lineCode"),
            (json!({ "lineCode": "I.2.1" }), "BAD_USER_INPUT", "input.lineCode"),
            (json!({ "lineCode": "X.1", "pledgeId": of_line, "programCode": null }), "BAD_USER_INPUT", "input.lineCode"),
            (json!({ "amount": 0 }), "BAD_USER_INPUT", "input.amount"),
            (json!({ "amount": -1, "kind": "IN_KIND", "description": "gạo" }), "BAD_USER_INPUT", "input.amount"),
        ] {
            write(&front, "recordGift", gift(&sponsor, M, "BN-9", more), "gift { id }").await.refused(code, field);
        }
        let rice = gift(&sponsor, 0, "BN-5", json!({ "kind": "IN_KIND", "description": "20 kg gạo", "householdId": homes[1] }));
        let answer = write(&front, "recordGift", rice, "gift { amount description }").await;
        assert_eq!(answer.data()["recordGift"]["gift"], json!({ "amount": 0, "description": "20 kg gạo" }), "its worth isn't made up");
        // Who doesn't see the household doesn't see the gift, nor in a sum; who reads no gifts has households in fives.
        let elsewhere = t.as_role_in("commune_officer", FAR).await;
        assert_eq!(raised(&elsewhere).await, (json!([50 * M, 3 * M, 50 * M, 5 * M]), json!([60 * M, 19 * M, 50 * M])));
        let finance = t.as_role("finance_viewer").await;
        assert_eq!(raised(&finance).await, (json!([50 * M, 3 * M, null, 5 * M]), json!([60 * M, 19 * M, null])));
        for (index, home) in homes.iter().enumerate() {
            let more = json!({ "lineCode": "II.2.1", "householdId": home });
            write(&front, "recordGift", gift(&sponsor, M, &format!("BN-1{index}"), more), "gift { id }").await.data();
        }
        // First gifts: 20 of the first household, 1 of each of the other five, in whole fives of the oldest.
        assert_eq!(raised(&finance).await.0, json!([50 * M, 27 * M, null, 5 * M]));
        assert_eq!(raised(&front).await.0, json!([50 * M, 29 * M, 30 * M, 5 * M]));
    }

    async fn gifts_go_through_the_steps_of_the_migrations(t: &Service) {
        let front = t.as_role("front_officer").await;
        let (sponsor, homes) = (sponsor(&front).await, households(t, HERE, 1).await);
        let promise = json!({ "sponsorId": sponsor, "programCode": "HOUSING_POOR", "lineCode": "II.2.1", "amount": 50 * M,
            "pledgedOn": "2026-01-05", "reference": "CK-1" });
        let pledge = written(&front, "recordPledge", promise, "pledge").await;
        let first = written(&front, "recordGift", gift(&sponsor, 20 * M, "BN-1", json!({ "pledgeId": pledge })), "gift").await;
        let rice = json!({ "kind": "IN_KIND", "description": "20 kg gạo", "householdId": homes[0], "lineCode": "II.2.1" });
        written(&front, "recordGift", gift(&sponsor, 0, "BN-2", rice), "gift").await;
        let rows = "SELECT g.id || ' ' || g.kind || ' ' || g.amount || ' ' || g.reference || ' ' || COALESCE(g.description, '') || ' ' || g.version FROM gift g ORDER BY g.id";
        let database = t.database.connect().await;
        let later = Migrator::migrations().iter().rev().take_while(|step| step.name() != "m0029_timeline_kinds").count();
        Migrator::down(&database, u32::try_from(later + 1).ok()).await.unwrap();
        let before = ["1 MONEY 20000000 BN-1  1", "2 IN_KIND 1 BN-2 20 kg gạo 1"];
        assert_eq!(t.texts(rows).await, before, "the release before knows no gift without a worth");
        Migrator::up(&database, None).await.unwrap();
        assert_eq!(t.texts(rows).await, before);
        let line = "SELECT COALESCE(f.code, '') FROM gift g LEFT JOIN funding_line f ON f.id = g.line_id ORDER BY g.id";
        assert_eq!(t.texts(line).await, ["II.2.1", ""], "a gift for a pledge counts in the pledge's line");
        let next = written(&front, "recordGift", gift(&sponsor, M, "BN-3", json!({})), "gift").await;
        assert_eq!((first, next), (global_id("Gift", "1"), global_id("Gift", "3")), "no id comes back");
        assert_eq!(raised(&front).await.0, json!([50 * M, 20 * M, 30 * M, 0]));
    }

    async fn sponsored_households_are_counted_beside_the_reading(t: &Service) {
        let front = t.as_role("front_officer").await;
        let (sponsor, here, far) = (sponsor(&front).await, households(t, HERE, 3).await, households(t, FAR, 1).await);
        // Merit and climate by the fixture; the second of social protection too, the third not poor.
        t.sql(&format!("UPDATE household SET categories = 3 WHERE code = '{HERE}-000002'")).await;
        classed(t, &format!("h.code = '{HERE}-000003'"), "NEAR_POOR").await;
        assert_eq!(sponsored(&front).await, json!([["125", null, 0, null], ["3291", null, 0, null], null]));
        let mut begun = Vec::new();
        for home in here.iter().chain(&far) {
            let input = json!({ "sponsorId": sponsor, "householdId": home, "startsOn": "2026-03-01" });
            begun.push(written(&front, "beginSponsorship", input, "sponsorship").await);
        }
        let reading = json!({ "code": "SPONSORED_MERIT_POOR", "planYear": 2022, "value": "130", "asOf": "2026-06-30" });
        let officer = t.as_role("dolisa_officer").await;
        write(&officer, "recordIndicator", reading, "indicator { met }").await.data();
        assert_eq!(sponsored(&front).await, json!([["125", "130", 3, true], ["3291", null, 1, null], null]), "read 130, counted 3");
        let end = json!({ "id": begun[0], "expectedVersion": 1, "endsOn": "2026-11-22" });
        write(&front, "endSponsorship", end, "sponsorship { id }").await.data();
        assert_eq!(sponsored(&front).await, json!([["125", "130", 2, true], ["3291", null, 1, null], null]));
        for (district, counted) in [(DISTRICT_HERE, [1, 1]), (DISTRICT_FAR, [1, 0])] {
            let district = t.as_role_in("district_officer", district).await;
            let seen = sponsored(&district).await;
            assert_eq!([&seen[0][2], &seen[1][2]], [&json!(counted[0]), &json!(counted[1])], "its own");
        }
        assert_eq!(sponsored(&t.as_role("finance_viewer").await).await[0], json!(["125", "130", null, true]));
    }
}
