//! Sponsors over HTTP: what they promise and give, and the households that they look after.

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use crate::fixture::{DISTRICT_FAR, HERE, register_household, write, written};

const M: i64 = 1_000_000;

async fn front(t: &Service) -> Caller {
    t.as_role("front_officer").await
}

async fn sponsor(t: &Service, code: &str) -> String {
    let input = json!({ "code": code, "name": "Công ty Dừa Xanh", "kind": "ORGANISATION", "contact": "0275 000 000" });
    written(&front(t).await, "registerSponsor", input, "sponsor").await
}

async fn household(t: &Service) -> String {
    let members = json!([{ "fullName": "Lê Thị Lành", "relationshipToHead": "HEAD" }]);
    register_household(t, HERE, "28757-000001", members).await
}

fn pledge(sponsor: &str) -> Value {
    json!({ "sponsorId": sponsor, "programCode": "HOUSING_POOR", "lineCode": "II.2.1", "amount": 50 * M,
        "pledgedOn": "2026-01-05", "dueOn": "2026-12-31", "reference": "CK-1" })
}

fn gift(sponsor: &str) -> Value {
    json!({ "sponsorId": sponsor, "programCode": "HOUSING_POOR", "kind": "MONEY", "amount": 20 * M,
        "givenOn": "2026-02-01", "reference": "BN-1" })
}

fn with(input: &Value, change: Value) -> Value {
    let mut input = input.clone();
    input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    input
}

both_databases! {
    async fn a_promise_is_kept_and_seen_from_all_sides(t: &Service) {
        let (front, sponsor, home) = (front(t).await, sponsor(t, "NTT-1").await, household(t).await);
        let promise = written(&front, "recordPledge", pledge(&sponsor), "pledge").await;
        let kept = with(&gift(&sponsor), json!({ "pledgeId": promise, "householdId": home, "programCode": null }));
        let answer = write(&front, "recordGift", kept, "gift { amount program { code } pledge { givenAmount } } warnings { code }").await;
        assert_eq!(answer.data()["recordGift"], json!({ "warnings": [],
            "gift": { "amount": 20 * M, "program": { "code": "HOUSING_POOR" }, "pledge": { "givenAmount": 20 * M } } }));
        let more = with(&gift(&sponsor), json!({ "pledgeId": promise, "amount": 30 * M + 1, "reference": "BN-2" }));
        let answer = write(&front, "recordGift", more, "gift { id } warnings { code field }").await;
        let warnings = &answer.data()["recordGift"]["warnings"];
        assert_eq!(*warnings, json!([{ "code": "PLEDGE_EXCEEDED", "field": "input.amount" }]));
        let begin = json!({ "sponsorId": sponsor, "householdId": home, "startsOn": "2026-03-01", "note": "20 kg gạo mỗi tháng" });
        written(&front, "beginSponsorship", begin, "sponsorship").await;
        let document = "{ household(code: \"28757-000001\") { gifts(first: 5) { nodes { amount sponsor { code } } }
                sponsorships { startsOn endsOn note sponsor { name } } timeline(first: 5) { nodes { kind amount source } } }
            program(code: \"HOUSING_POOR\") { pledges(first: 5) { nodes { lineCode amount dueOn gifts(first: 5) { totalCount } } } }
            sponsors(first: 5, search: \"dua xanh\") { nodes { gifts(first: 5) { totalCount } } } }";
        assert_eq!(*front.query(document).await.data(), json!({
            "household": {
                "gifts": { "nodes": [{ "amount": 20 * M, "sponsor": { "code": "NTT-1" } }] },
                "sponsorships": [{ "startsOn": "2026-03-01", "endsOn": null, "note": "20 kg gạo mỗi tháng",
                    "sponsor": { "name": "Công ty Dừa Xanh" } }],
                "timeline": { "nodes": [{ "kind": "SPONSORSHIP", "amount": 20 * M, "source": "SOCIAL_MOBILIZATION" }] },
            },
            "program": { "pledges": { "nodes": [{ "lineCode": "II.2.1", "amount": 50 * M, "dueOn": "2026-12-31",
                "gifts": { "totalCount": 2 } }] } },
            "sponsors": { "nodes": [{ "gifts": { "totalCount": 2 } }] },
        }));
    }

    async fn the_same_reference_is_one_record(t: &Service) {
        let (front, sponsor, other) = (front(t).await, sponsor(t, "NTT-1").await, sponsor(t, "NTT-2").await);
        for (mutation, record, input, table) in [
            ("recordPledge", "pledge", pledge(&sponsor), "pledge"),
            ("recordGift", "gift", gift(&sponsor), "gift"),
        ] {
            let first = written(&front, mutation, input.clone(), record).await;
            assert_eq!(written(&front, mutation, input.clone(), record).await, first);
            let changed = with(&input, json!({ "amount": M }));
            write(&front, mutation, changed, &format!("{record} {{ id }}")).await.refused("CONFLICT", "input.reference");
            let elsewhere = with(&input, json!({ "sponsorId": other }));
            assert_ne!(written(&front, mutation, elsewhere, record).await, first, "a reference is the sponsor's own");
            assert_eq!(t.texts(&format!("SELECT CAST(count(*) AS TEXT) FROM {table}")).await, ["2"]);
        }
        let at_once = with(&gift(&sponsor), json!({ "reference": "BN-9" }));
        let (one, two) = tokio::join!(
            written(&front, "recordGift", at_once.clone(), "gift"),
            written(&front, "recordGift", at_once, "gift"),
        );
        assert_eq!(one, two);
    }

    async fn what_cannot_be_is_refused_by_field(t: &Service) {
        let (front, sponsor, other) = (front(t).await, sponsor(t, "NTT-1").await, sponsor(t, "NTT-2").await);
        let promise = written(&front, "recordPledge", pledge(&sponsor), "pledge").await;
        let home = household(t).await;
        let nobody = "SG91c2Vob2xkOjk5OTk5OQ";
        let (pledge, gift) = (with(&pledge(&sponsor), json!({ "reference": "CK-2" })), gift(&sponsor));
        let register = json!({ "code": "NTT-3", "name": "Bà Sương", "kind": "PERSON" });
        let begin = json!({ "sponsorId": sponsor, "householdId": home, "startsOn": "2026-03-01" });
        for (mutation, input, code, field) in [
            ("registerSponsor", with(&register, json!({ "code": "NTT-1" })), "CONFLICT", "input.code"),
            ("registerSponsor", with(&register, json!({ "name": " " })), "BAD_USER_INPUT", "input.name"),
            ("recordPledge", with(&pledge, json!({ "amount": 0 })), "BAD_USER_INPUT", "input.amount"),
            ("recordPledge", with(&pledge, json!({ "pledgedOn": "2026-11-24" })), "BAD_USER_INPUT", "input.pledgedOn"),
            ("recordPledge", with(&pledge, json!({ "dueOn": "2026-01-04" })), "BAD_USER_INPUT", "input.dueOn"),
            ("recordPledge", with(&pledge, json!({ "programCode": "NONE" })), "BAD_USER_INPUT", "input.programCode"),
            ("recordPledge", with(&pledge, json!({ "lineCode": "X.1" })), "BAD_USER_INPUT", "input.lineCode"),
            ("recordPledge", with(&pledge, json!({ "lineCode": "II.2.2a" })), "BAD_USER_INPUT", "input.lineCode"),
            ("recordPledge", with(&pledge, json!({ "sponsorId": home })), "BAD_USER_INPUT", "input.sponsorId"),
            ("recordGift", with(&gift, json!({ "amount": -1 })), "BAD_USER_INPUT", "input.amount"),
            ("recordGift", with(&gift, json!({ "givenOn": "2026-11-24" })), "BAD_USER_INPUT", "input.givenOn"),
            ("recordGift", with(&gift, json!({ "kind": "IN_KIND" })), "BAD_USER_INPUT", "input.description"),
            ("recordGift", with(&gift, json!({ "programCode": null })), "BAD_USER_INPUT", "input.programCode"),
            ("recordGift", with(&gift, json!({ "pledgeId": promise, "programCode": "MOBILISATION" })), "BAD_USER_INPUT", "input.programCode"),
            ("recordGift", with(&gift, json!({ "pledgeId": promise, "givenOn": "2026-01-04" })), "BAD_USER_INPUT", "input.givenOn"),
            ("recordGift", with(&gift, json!({ "pledgeId": promise, "sponsorId": other })), "NOT_FOUND", "input.pledgeId"),
            ("recordGift", with(&gift, json!({ "householdId": nobody })), "NOT_FOUND", "input.householdId"),
            ("beginSponsorship", with(&begin, json!({ "startsOn": "2026-11-24" })), "BAD_USER_INPUT", "input.startsOn"),
            ("beginSponsorship", with(&begin, json!({ "householdId": nobody })), "NOT_FOUND", "input.householdId"),
        ] {
            write(&front, mutation, input.clone(), "__typename").await.refused(code, field);
        }
        let sums = "SELECT CAST((SELECT count(*) FROM sponsor) * 100 + (SELECT count(*) FROM pledge) * 10
            + (SELECT count(*) FROM gift) + (SELECT count(*) FROM sponsorship) AS TEXT)";
        assert_eq!(t.texts(sums).await, ["210"], "nothing is written");
    }

    async fn a_sponsor_is_updated_by_its_version(t: &Service) {
        let (front, sponsor) = (front(t).await, sponsor(t, "NTT-1").await);
        let selection = "sponsor { version name kind contact }";
        let renamed = json!({ "id": sponsor, "expectedVersion": 1, "name": "Công ty Dừa Vàng" });
        let answer = write(&front, "updateSponsor", renamed.clone(), selection).await;
        assert_eq!(answer.data()["updateSponsor"]["sponsor"], json!({ "version": 2, "name": "Công ty Dừa Vàng",
            "kind": "ORGANISATION", "contact": "0275 000 000" }), "what is left out stays");
        write(&front, "updateSponsor", renamed, selection).await.refused("CONFLICT", "expectedVersion");
        let emptied = json!({ "id": sponsor, "expectedVersion": 2, "contact": null });
        let answer = write(&front, "updateSponsor", emptied, selection).await;
        assert_eq!(answer.data()["updateSponsor"]["sponsor"]["contact"], Value::Null, "null empties");
        let found = front.query("{ sponsors(first: 2, search: \"dua vang\") { totalCount } }").await;
        assert_eq!(found.data()["sponsors"]["totalCount"], 1, "it is found by its new name");
    }

    async fn a_sponsorship_runs_once_and_ends_once(t: &Service) {
        let (front, sponsor, other) = (front(t).await, sponsor(t, "NTT-1").await, sponsor(t, "NTT-2").await);
        let home = household(t).await;
        let begin = |who: &str, day: &str| json!({ "sponsorId": who, "householdId": home, "startsOn": day });
        let id = written(&front, "beginSponsorship", begin(&sponsor, "2026-03-01"), "sponsorship").await;
        let again = write(&front, "beginSponsorship", begin(&sponsor, "2026-05-01"), "__typename").await;
        again.refused("CONFLICT", "input.startsOn");
        written(&front, "beginSponsorship", begin(&other, "2026-05-01"), "sponsorship").await;
        let end = |version: i64, day: &str| json!({ "id": id, "expectedVersion": version, "endsOn": day });
        for (input, code, field) in [
            (end(1, "2026-02-28"), "BAD_USER_INPUT", "input.endsOn"),
            (end(1, "2026-11-24"), "BAD_USER_INPUT", "input.endsOn"),
            (end(2, "2026-06-30"), "CONFLICT", "expectedVersion"),
        ] {
            write(&front, "endSponsorship", input, "__typename").await.refused(code, field);
        }
        let answer = write(&front, "endSponsorship", end(1, "2026-06-30"), "sponsorship { version endsOn }").await;
        assert_eq!(answer.data()["endSponsorship"]["sponsorship"], json!({ "version": 2, "endsOn": "2026-06-30" }));
        write(&front, "endSponsorship", end(2, "2026-07-31"), "__typename").await.refused("CONFLICT", "input.id");
        written(&front, "beginSponsorship", begin(&sponsor, "2026-07-01"), "sponsorship").await;
    }

    async fn only_the_front_writes_and_only_in_its_scope(t: &Service) {
        let (sponsor, home) = (sponsor(t, "NTT-1").await, household(t).await);
        let input = with(&gift(&sponsor), json!({ "householdId": home }));
        let no_permission = t.as_role("dolisa_officer").await;
        write(&no_permission, "recordGift", input.clone(), "__typename").await.refused("FORBIDDEN", "");
        let no_owner = t.as_roles_in(&["front_officer"], "DOLISA", "83").await;
        write(&no_owner, "recordGift", input.clone(), "__typename").await.refused("FORBIDDEN", "gift");
        let elsewhere = t.as_role_in("front_officer", DISTRICT_FAR).await;
        write(&elsewhere, "recordGift", input.clone(), "__typename").await.refused("NOT_FOUND", "input.householdId");
        let begin = json!({ "sponsorId": sponsor, "householdId": home, "startsOn": "2026-03-01" });
        let id = written(&front(t).await, "beginSponsorship", begin, "sponsorship").await;
        let end = json!({ "id": id, "expectedVersion": 1, "endsOn": "2026-06-30" });
        write(&elsewhere, "endSponsorship", end, "__typename").await.refused("NOT_FOUND", "input.id");
        written(&front(t).await, "recordGift", input, "gift").await;
    }
}
