//! A poverty standard is recorded and corrected by the lead department, and never so that an old class would come out
//! otherwise.

use async_graphql::futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
};

use super::{entries, write};
use crate::fixture::{DISTRICT_HERE, HERE, register_household};

const STANDARD: &str =
    "standard { id version code decree ruralLine urbanLine ruralAverageLine urbanAverageLine deprivationsForPoor
    basis source ruralScoreLine scoreForPoor scoreBasis scoreSource effectiveFrom effectiveTo recordedBy { code } }";

async fn admin(t: &Service) -> Caller {
    t.as_role("agency_admin").await
}

fn with(input: &Value, change: Value) -> Value {
    let mut input = input.clone();
    input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    input
}

/// Decree 351/2025 as the reference data have it.
fn next() -> Value {
    json!({ "code": "ND351-2025", "decree": "351/2025/NĐ-CP", "effectiveFrom": "2027-01-01", "effectiveTo": "2030-12-31",
        "ruralLine": 2_200_000, "urbanLine": 2_800_000, "deprivationsForPoor": 3, "basis": "INFERRED",
        "source": "Nghị định 351/2025/NĐ-CP (30/12/2025): lines and period; F; three deprivations as before; average lines unknown" })
}

/// Decree 07/2021 as the reference data have it.
fn now() -> Value {
    json!({ "code": "ND07-2021", "decree": "07/2021/NĐ-CP", "effectiveFrom": "2022-01-01", "effectiveTo": "2026-12-31",
        "ruralLine": 1_500_000, "urbanLine": 2_000_000, "ruralAverageLine": 2_250_000, "urbanAverageLine": 3_000_000,
        "deprivationsForPoor": 3, "basis": "STATED",
        "source": "Nghị định 07/2021/NĐ-CP art. 3, to 31/12/2026 by Nghị định 351/2025/NĐ-CP; F",
        "scores": { "ruralLine": 140, "urbanLine": 175, "pointsADeprivation": 10, "forPoor": 30, "basis": "STATED",
            "source": "Thông tư 07/2021/TT-BLĐTBXH (18/07/2021) annexes III and IV; F; whether Thông tư 02/2022/TT-BLĐTBXH left the limits as they were is not checked" } })
}

/// One of years that the reference data don't know.
fn earlier() -> Value {
    json!({ "code": "TINH-2021", "decree": "15/2020/NQ-HĐND", "effectiveFrom": "2016-01-01", "effectiveTo": "2021-12-31",
        "ruralLine": 700_000, "urbanLine": 900_000, "ruralAverageLine": 1_000_000, "urbanAverageLine": 1_300_000,
        "deprivationsForPoor": 3, "basis": "INFERRED", "source": "bản tin của tỉnh; K" })
}

async fn record(caller: &Caller, input: Value) -> Answer {
    write(caller, "recordPovertyStandard", input, STANDARD).await
}

async fn home(t: &Service, number: u32) -> String {
    let members = json!([{ "fullName": format!("Lê Thị Số {number}"), "relationshipToHead": "HEAD" }]);
    register_household(t, HERE, &format!("{HERE}-{number:06}"), members).await
}

async fn review(caller: &Caller, household: &str, on: &str, income: i64) -> Answer {
    let input = json!({ "householdId": household, "reviewedOn": on, "incomePerCapita": income,
        "deprivations": ["EMPLOYMENT", "DEPENDANTS", "NUTRITION"] });
    write(caller, "reviewHousehold", input, "review { computedClass standard { code version } }").await
}

both_databases! {
    async fn a_standard_is_recorded_and_shown_with_how_certain_it_is(t: &Service) {
        let admin = admin(t).await;
        let answer = record(&admin, earlier()).await;
        let standard = &answer.data()["recordPovertyStandard"]["standard"];
        assert_eq!((&standard["version"], &standard["basis"], &standard["source"], &standard["recordedBy"]),
            (&json!(1), &json!("INFERRED"), &json!("bản tin của tỉnh; K"), &json!({ "code": "DOLISA" })));
        assert_eq!((&standard["scoreBasis"], &standard["ruralScoreLine"]), (&json!("UNKNOWN"), &Value::Null));
        let before = entries(t).await;
        assert_eq!(record(&admin, earlier()).await.data()["recordPovertyStandard"]["standard"], *standard, "the same again");
        assert_eq!(entries(t).await, before);
        let shown = t.as_role("statistics_viewer").await.query("{ povertyStandards { code version basis recordedBy { code } } }").await;
        assert_eq!(shown.data()["povertyStandards"], json!([
            { "code": "TINH-2021", "version": 1, "basis": "INFERRED", "recordedBy": { "code": "DOLISA" } },
            { "code": "ND07-2021", "version": 1, "basis": "STATED", "recordedBy": null },
            { "code": "ND351-2025", "version": 1, "basis": "INFERRED", "recordedBy": null } ]));
        assert_eq!(record(&admin, next()).await.data()["recordPovertyStandard"]["standard"]["recordedBy"], Value::Null,
            "what the row says already is no correction");
        let known = with(&next(), json!({ "expectedVersion": 1, "ruralAverageLine": 3_300_000, "urbanAverageLine": 4_200_000,
            "basis": "STATED", "source": "Công báo" }));
        let corrected = record(&admin, known.clone()).await;
        let standard = &corrected.data()["recordPovertyStandard"]["standard"];
        assert_eq!((&standard["version"], &standard["ruralAverageLine"], &standard["basis"]), (&json!(2), &json!(3_300_000), &json!("STATED")));
        record(&admin, with(&known, json!({ "ruralLine": 2_300_000 }))).await.refused("CONFLICT", "expectedVersion");
        let written = t.texts("SELECT operation || ' ' || fields FROM audit_entry WHERE subject_type = 'PovertyStandard' AND subjects IS NULL ORDER BY id").await;
        assert_eq!(written[1], "recordPovertyStandard ruralAverageLine,urbanAverageLine,basis,source");
        assert_eq!(t.texts("SELECT operation || ' ' || version FROM change_event WHERE subject_type = 'PovertyStandard' ORDER BY id").await, ["CREATED 1", "UPDATED 2"]);
    }

    async fn every_node_goes_by_it_at_once(t: &Service) {
        let other = t.another_node(|_| ()).await;
        let (admin, home) = (admin(t).await, home(t, 1).await);
        let commune = t.as_role_in("commune_officer", HERE).await;
        let there = other.with_token(commune.token());
        let tried = async |code: &str| {
            let document = format!("{{ reclassificationImpact(standardCode: {code:?}) {{ standard {{ version urbanLine }} counts {{ outcome newClass households }} }} }}");
            there.query(&document).await
        };
        tried("TINH-2021").await.refused("BAD_USER_INPUT", "standardCode");
        record(&admin, earlier()).await.data();
        review(&commune, &home, "2026-11-20", 3_100_000).await.data();
        assert_eq!(tried("TINH-2021").await.data()["reclassificationImpact"]["standard"]["urbanLine"], 900_000);
        let unknown = json!([{ "outcome": "ABOVE_THE_LINE", "newClass": null, "households": 1 }]);
        assert_eq!(tried("ND351-2025").await.data()["reclassificationImpact"]["counts"], unknown);
        record(&admin, with(&next(), json!({ "expectedVersion": 1, "urbanAverageLine": 4_200_000 }))).await.data();
        let average = json!([{ "outcome": "CLASSIFIED", "newClass": "AVERAGE", "households": 1 }]);
        assert_eq!(tried("ND351-2025").await.data()["reclassificationImpact"]["counts"], average);
        record(&admin, with(&earlier(), json!({ "expectedVersion": 1, "urbanLine": 950_000 }))).await.data();
        let answer = review(&there, &home, "2021-10-01", 950_000).await;
        assert_eq!(answer.data()["reviewHousehold"]["review"],
            json!({ "computedClass": "POOR", "standard": { "code": "TINH-2021", "version": 2 } }));
    }

    async fn an_old_class_never_comes_out_otherwise(t: &Service) {
        let (admin, home) = (admin(t).await, home(t, 1).await);
        let commune = t.as_role_in("commune_officer", HERE).await;
        review(&commune, &home, "2025-11-01", 1_900_000).await.data();
        review(&commune, &home, "2026-11-01", 1_900_000).await.data();
        let version = json!({ "expectedVersion": 1 });
        let now = with(&now(), version);
        let mut scores = now["scores"].clone();
        scores["urbanLine"] = json!(180);
        for (change, field) in [
            (json!({ "urbanLine": 2_100_000 }), "input.urbanLine"),
            (json!({ "ruralAverageLine": null }), "input.ruralAverageLine"),
            (json!({ "scores": scores }), "input.scores.urbanLine"),
            (json!({ "effectiveFrom": "2025-11-02" }), "input.effectiveFrom"),
            (json!({ "effectiveTo": "2026-10-31" }), "input.effectiveTo"),
        ] {
            record(&admin, with(&now, change)).await.refused("CONFLICT", field);
        }
        assert_eq!(t.number("SELECT CAST(max(version) AS BIGINT) FROM poverty_standard").await, 1);
        // Where it was read may be set right, and its end as far as the reviews reach.
        let checked = with(&now, json!({ "source": "Công báo số 123", "effectiveTo": "2026-11-01" }));
        let answer = record(&admin, checked).await;
        assert_eq!(answer.data()["recordPovertyStandard"]["standard"]["effectiveTo"], "2026-11-01");
        let reviews = "{ household(code: \"28757-000001\") { reviews { computedClass standard { urbanLine source } } } }";
        let found = json!({ "computedClass": "POOR", "standard": { "urbanLine": 2_000_000, "source": "Công báo số 123" } });
        assert_eq!(commune.query(reviews).await.data()["household"]["reviews"], json!([found, found]));
    }

    async fn what_contradicts_itself_or_another_is_refused(t: &Service) {
        let admin = admin(t).await;
        let (new, known) = (earlier(), with(&next(), json!({ "expectedVersion": 1 })));
        let scores = json!({ "ruralLine": 140, "urbanLine": 175, "pointsADeprivation": 10, "forPoor": 40, "basis": "INFERRED", "source": "báo" });
        let before = entries(t).await;
        for (input, code, field) in [
            (with(&new, json!({ "code": " " })), "BAD_USER_INPUT", "input.code"),
            (with(&new, json!({ "decree": "" })), "BAD_USER_INPUT", "input.decree"),
            (with(&new, json!({ "source": "" })), "BAD_USER_INPUT", "input.source"),
            (with(&new, json!({ "effectiveTo": "2015-12-31" })), "BAD_USER_INPUT", "input.effectiveTo"),
            (with(&new, json!({ "ruralLine": 0 })), "BAD_USER_INPUT", "input.ruralLine"),
            (with(&new, json!({ "urbanLine": 1_300_000 })), "BAD_USER_INPUT", "input.urbanAverageLine"),
            (with(&new, json!({ "deprivationsForPoor": 13 })), "BAD_USER_INPUT", "input.deprivationsForPoor"),
            (with(&new, json!({ "scores": scores })), "BAD_USER_INPUT", "input.scores.forPoor"),
            (with(&new, json!({ "expectedVersion": 1 })), "BAD_USER_INPUT", "input.code"),
            (with(&new, json!({ "effectiveTo": "2022-01-01" })), "CONFLICT", "input.effectiveTo"),
            (with(&new, json!({ "effectiveTo": null })), "CONFLICT", "input.effectiveTo"),
            (with(&new, json!({ "effectiveFrom": "2026-12-31", "effectiveTo": null })), "CONFLICT", "input.effectiveFrom"),
            (with(&next(), json!({ "urbanLine": 2_900_000 })), "CONFLICT", "input.code"),
            (with(&known, json!({ "expectedVersion": 2, "urbanLine": 2_900_000 })), "CONFLICT", "expectedVersion"),
            (with(&known, json!({ "effectiveFrom": "2026-12-31" })), "CONFLICT", "input.effectiveFrom"),
        ] {
            record(&admin, input).await.refused(code, field);
        }
        assert_eq!((entries(t).await, t.number("SELECT count(*) FROM poverty_standard").await), (before, 2), "nothing is written");
    }

    async fn only_the_lead_departments_administrator_writes_law(t: &Service) {
        for role in ["dolisa_officer", "dolisa_approver", "commune_officer", "bank_officer", "platform_admin", "statistics_viewer"] {
            record(&t.as_role(role).await, earlier()).await.refused("FORBIDDEN", "");
        }
        let bank = t.as_roles_in(&["agency_admin"], "VBSP", "83").await;
        record(&bank, earlier()).await.refused("FORBIDDEN", "povertyStandard");
        let district = t.as_role_in("agency_admin", DISTRICT_HERE).await;
        record(&district, earlier()).await.refused("FORBIDDEN", "");
        assert_eq!(t.number("SELECT count(*) FROM poverty_standard").await, 2);
    }

    async fn of_two_at_once_one_applies_on_a_day(t: &Service) {
        let admin = admin(t).await;
        let other = with(&earlier(), json!({ "code": "TINH-2020", "effectiveFrom": "2020-01-01" }));
        let (one, two) = tokio::join!(record(&admin, earlier()), record(&admin, other));
        let refused: Vec<_> = [&one, &two].into_iter().filter(|answer| !answer.errors().is_empty()).collect();
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].code(0), "CONFLICT");
        let corrected = |line: i64| with(&next(), json!({ "expectedVersion": 1, "urbanLine": line }));
        let (one, two) = tokio::join!(record(&admin, corrected(2_900_000)), record(&admin, corrected(3_000_000)));
        let lost = [&one, &two].into_iter().find(|answer| !answer.errors().is_empty()).unwrap();
        lost.refused("CONFLICT", "expectedVersion");
        assert_eq!(t.number("SELECT count(*) FROM poverty_standard").await, 3);
    }

    async fn a_review_at_once_is_taken_by_what_the_standard_then_says(t: &Service) {
        let (admin, commune) = (admin(t).await, t.as_role_in("commune_officer", HERE).await);
        let mut homes = Vec::new();
        for number in 1..=8 {
            homes.push(home(t, number).await);
        }
        // By the old line AVERAGE, by the new one POOR.
        let correct = with(&now(), json!({ "expectedVersion": 1, "urbanLine": 2_100_000 }));
        let reviews = join_all(homes.iter().map(|home| review(&commune, home, "2026-11-20", 2_050_000)));
        let (reviews, corrected) = tokio::join!(reviews, record(&admin, correct));
        let class = if corrected.errors().is_empty() { "POOR" } else { "AVERAGE" };
        for answer in reviews {
            assert_eq!(answer.data()["reviewHousehold"]["review"]["computedClass"], class, "{}", corrected.text);
        }
        let wrong = "SELECT r.computed_class FROM poverty_review r JOIN poverty_standard s ON s.id = r.standard_id
            WHERE r.computed_class <> CASE WHEN r.income_per_capita <= s.urban_line THEN 'POOR' ELSE 'AVERAGE' END";
        assert!(t.texts(wrong).await.is_empty());
    }
}
